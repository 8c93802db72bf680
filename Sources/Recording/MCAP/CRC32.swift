import Glibc

/// CRC-32 of zlib and MCAP (reflected polynomial 0xEDB88320).
///
/// By the system's `libdeflate.so.0` where there is one, which multiplies carry-less and is ten times as fast; otherwise
/// sixteen bytes a step. Slicing: M. Kounavis, F. Berry, "A systematic approach to building high performance software-based CRC
/// generators", ISCC 2005.
struct CRC32 {
  private var state: UInt32 = 0xFFFF_FFFF

  /// The sum of the bytes so far.
  var value: UInt32 { ~state }

  /// The sum of some bytes.
  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var sum = CRC32()
    sum.update(bytes)
    return sum.value
  }

  /// Takes more bytes in.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    if let library = Self.library {
      state = ~library(~state, base, bytes.count)
    } else {
      slice(base, count: bytes.count)
    }
  }

  private typealias Function = @convention(c) (UInt32, UnsafeRawPointer?, Int) -> UInt32
  private static let library: Function? = dlopen("libdeflate.so.0", RTLD_NOW | RTLD_LOCAL)
    .flatMap { dlsym($0, "libdeflate_crc32") }.map { unsafeBitCast($0, to: Function.self) }

  /// Takes more bytes in without the library.
  mutating func slice(_ base: UnsafeRawPointer, count: Int) {
    let table = Self.tables.entries
    var sum = state
    var offset = 0
    while offset + 16 <= count {
      let a = base.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian ^ sum
      let b = base.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self).littleEndian
      let c = base.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self).littleEndian
      let d = base.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self).littleEndian
      sum =
        Self.fold(a, table + 12 * 256) ^ Self.fold(b, table + 8 * 256) ^ Self.fold(c, table + 4 * 256)
        ^ Self.fold(d, table)
      offset += 16
    }
    while offset < count {
      sum = table[Int((sum ^ UInt32(base.load(fromByteOffset: offset, as: UInt8.self))) & 0xFF)] ^ (sum >> 8)
      offset += 1
    }
    state = sum
  }

  /// Four bytes of which the first has three more behind it within these four.
  @inline(__always)
  private static func fold(_ word: UInt32, _ table: UnsafePointer<UInt32>) -> UInt32 {
    table[3 * 256 + Int(word & 0xFF)] ^ table[2 * 256 + Int(word >> 8 & 0xFF)]
      ^ table[256 + Int(word >> 16 & 0xFF)] ^ table[Int(word >> 24)]
  }

  private static let tables = Tables()

  /// Table k holds the sum of a byte followed by k zero bytes.
  private struct Tables: @unchecked Sendable {
    let entries: UnsafePointer<UInt32>

    init() {
      let table = UnsafeMutablePointer<UInt32>.allocate(capacity: 16 * 256)
      for byte in 0..<256 {
        var sum = UInt32(byte)
        for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        table[byte] = sum
      }
      for index in 256..<16 * 256 {
        let sum = table[index - 256]
        table[index] = sum >> 8 ^ table[Int(sum & 0xFF)]
      }
      entries = UnsafePointer(table)
    }
  }
}
