/// Bytes under construction, little-endian.
struct ByteWriter {
  var bytes: [UInt8] = []

  var count: Int { bytes.count }

  /// Nothing yet, with room for some bytes.
  init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ raw: UnsafeRawBufferPointer) { bytes.append(contentsOf: raw) }

  mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

  /// A string with its length before it, as MCAP has them.
  mutating func append(_ text: String) {
    let utf8 = Array(text.utf8)
    append(UInt32(utf8.count))
    bytes.append(contentsOf: utf8)
  }

  /// A map of strings with its length in bytes before it.
  mutating func append(_ map: [(String, String)]) {
    var content = ByteWriter()
    for (key, value) in map {
      content.append(key)
      content.append(value)
    }
    append(UInt32(content.count))
    append(content.bytes)
  }

  /// Zeros up to a multiple of `alignment`, counted from `origin`.
  mutating func align(to alignment: Int, from origin: Int = 0) {
    while (bytes.count - origin) % alignment != 0 { bytes.append(0) }
  }

  mutating func patch<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    withUnsafeBytes(of: value.littleEndian) { source in
      for index in source.indices { bytes[offset + index] = source[index] }
    }
  }

  /// Lets `body` change the bytes that are there already.
  mutating func write(_ body: (UnsafeMutableRawBufferPointer) -> Void) {
    bytes.withUnsafeMutableBytes { body($0) }
  }

  /// Appends what `body` writes over `bound` zeros, as many bytes of it as it says.
  mutating func append(atMost bound: Int, _ body: (UnsafeMutableRawPointer) -> Int) {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: bound))
    let used = bytes.withUnsafeMutableBytes { all in
      all.baseAddress.map { body($0 + start) } ?? 0
    }
    bytes.removeLast(bound - used)
  }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}
