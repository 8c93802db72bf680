/// Reads little-endian values out of bytes that nobody vouches for: past the end there is nil.
struct ByteReader {
  let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  var remaining: Int { bytes.count - offset }

  mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
    let size = MemoryLayout<Value>.size
    guard remaining >= size else { return nil }
    defer { offset += size }
    return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
  }

  mutating func double() -> Double? { integer(UInt64.self).map { Double(bitPattern: $0) } }

  /// The next bytes, in place.
  mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
    guard count >= 0 && count <= remaining else { return nil }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  /// The next bytes, as many as the integer before them says.
  mutating func counted<Count: FixedWidthInteger>(_ type: Count.Type) -> UnsafeRawBufferPointer? {
    guard let count = integer(type), let size = Int(exactly: count) else { return nil }
    return take(size)
  }

  /// A string with its length before it.
  mutating func string() -> String? {
    counted(UInt32.self).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// A map of strings.
  mutating func map() -> [(String, String)]? {
    guard let content = counted(UInt32.self) else { return nil }
    var reader = ByteReader(content)
    var map: [(String, String)] = []
    while reader.remaining > 0 {
      guard let key = reader.string(), let value = reader.string() else { return nil }
      map.append((key, value))
    }
    return map
  }

  /// Skips to a multiple of `alignment`, counted from `origin`; false past the end.
  mutating func align(to alignment: Int, from origin: Int) -> Bool {
    let excess = (offset - origin) % alignment
    guard excess != 0 else { return true }
    return take(alignment - excess) != nil
  }
}
