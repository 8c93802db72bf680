/// Reads little-endian CDR, the encoding of ROS 2 messages, out of bytes that nobody vouches for.
struct CDRReader {
  private var reader: ByteReader

  /// Most elements of one list.
  static let mostElements = 200_000

  /// A reader behind the encapsulation's header; nil where that is not of little-endian CDR.
  init?(_ data: UnsafeRawBufferPointer) {
    reader = ByteReader(data)
    guard reader.integer(UInt32.self) == 0x0000_0100 else { return nil }
  }

  /// An integer on its own boundary.
  mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
    reader.align(to: MemoryLayout<Value>.size, from: 4) ? reader.integer(type) : nil
  }

  /// Seconds and nanoseconds, as a time or a duration is written [s].
  mutating func seconds() -> Double? {
    guard let seconds = integer(Int32.self), let nanoseconds = integer(UInt32.self) else { return nil }
    return Double(seconds) + Double(nanoseconds) * 1e-9
  }

  /// A string.
  mutating func text() -> String? {
    guard let count = integer(UInt32.self), let bytes = reader.take(Int(count)), bytes.last == 0 else {
      return nil
    }
    return String(validating: bytes.dropLast(), as: UTF8.self)
  }

  /// Strings.
  mutating func texts() -> [String]? {
    guard let count = count() else { return nil }
    var found: [String] = []
    for _ in 0..<count {
      guard let text = text() else { return nil }
      found.append(text)
    }
    return found
  }

  /// Numbers.
  mutating func numbers() -> [Double]? {
    guard let count = count() else { return nil }
    if count > 0 && !reader.align(to: 8, from: 4) { return nil }
    var found: [Double] = []
    for _ in 0..<count {
      guard let number = reader.double() else { return nil }
      found.append(number)
    }
    return found
  }

  /// The number of a list's elements.
  mutating func count() -> Int? {
    guard let count = integer(UInt32.self), Int(count) <= Self.mostElements, Int(count) <= reader.remaining
    else { return nil }
    return Int(count)
  }
}
