import Glibc

/// Zstandard from the system's `libzstd.so.1`, found when the program runs; recordings are uncompressed without it.
final class Zstandard: @unchecked Sendable {
  private typealias Create = @convention(c) () -> OpaquePointer?
  private typealias Bound = @convention(c) (Int) -> Int
  private typealias Compress =
    @convention(c) (
      OpaquePointer?, UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int, Int32
    ) -> Int
  private typealias Decompress = @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int) -> Int
  private typealias IsError = @convention(c) (Int) -> UInt32
  private typealias Free = @convention(c) (OpaquePointer?) -> Int

  private let context: OpaquePointer
  private let bound: Bound
  private let compressFunction: Compress
  private let decompressFunction: Decompress
  private let isError: IsError
  private let free: Free
  /// A third of the size at twice the speed of level 1; see ARCHITECTURE.md.
  static let level: Int32 = -5

  /// The library, with a context of its own; nil when the system has none.
  init?() {
    guard let library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL) else { return nil }
    guard let create = dlsym(library, "ZSTD_createCCtx"), let bound = dlsym(library, "ZSTD_compressBound"),
      let compress = dlsym(library, "ZSTD_compressCCtx"), let decompress = dlsym(library, "ZSTD_decompress"),
      let isError = dlsym(library, "ZSTD_isError"), let free = dlsym(library, "ZSTD_freeCCtx"),
      let context = unsafeBitCast(create, to: Create.self)()
    else { return nil }
    self.context = context
    self.bound = unsafeBitCast(bound, to: Bound.self)
    compressFunction = unsafeBitCast(compress, to: Compress.self)
    decompressFunction = unsafeBitCast(decompress, to: Decompress.self)
    self.isError = unsafeBitCast(isError, to: IsError.self)
    self.free = unsafeBitCast(free, to: Free.self)
  }

  deinit { _ = free(context) }

  /// The bytes, compressed; nil when the library refuses.
  func compress(_ bytes: [UInt8]) -> [UInt8]? {
    let capacity = bound(bytes.count)
    var isGood = true
    let result = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
      let size = bytes.withUnsafeBytes {
        compressFunction(context, target.baseAddress, capacity, $0.baseAddress, $0.count, Self.level)
      }
      isGood = isError(size) == 0
      count = isGood ? size : 0
    }
    return isGood ? result : nil
  }

  /// The bytes, which must be `size` long once decompressed; nil when they are not or are damaged.
  func decompress(_ bytes: UnsafeRawBufferPointer, size: Int) -> [UInt8]? {
    var isGood = true
    let result = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      let made = decompressFunction(target.baseAddress, size, bytes.baseAddress, bytes.count)
      isGood = isError(made) == 0 && made == size
      count = isGood ? made : 0
    }
    return isGood ? result : nil
  }
}
