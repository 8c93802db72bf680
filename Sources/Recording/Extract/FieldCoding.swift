/// Walks over the fields of a value, in or out of flat bytes: one description of a layout serves both directions.
///
/// Every field is a little-endian word of eight bytes, or text with its length before it.
protocol FieldCoder {
  /// Whether everything so far made sense.
  var isValid: Bool { get set }
  mutating func code(_ word: inout UInt64)
  mutating func code(_ text: inout String)
}

extension FieldCoder {
  /// A real number as its bit pattern.
  mutating func code(_ number: inout Double) {
    var word = number.bitPattern
    code(&word)
    number = Double(bitPattern: word)
  }

  /// An integer of any width; one that does not fit its field makes the whole invalid.
  mutating func code<Value: FixedWidthInteger>(integer: inout Value) {
    var word = UInt64(truncatingIfNeeded: integer)
    code(&word)
    let value = Value(truncatingIfNeeded: word)
    if UInt64(truncatingIfNeeded: value) != word { isValid = false }
    integer = value
  }

  mutating func code(flag: inout Bool) {
    var word: UInt64 = flag ? 1 : 0
    code(&word)
    if word > 1 { isValid = false }
    flag = word == 1
  }

  /// A list with its length before it, at most `limit` long; `blank` is what an element is before it is read.
  mutating func code<Element>(
    _ list: inout [Element], blank: Element, limit: Int, _ element: (inout Element, inout Self) -> Void
  ) {
    var count = list.count
    code(integer: &count)
    if count < 0 || count > limit { isValid = false }
    guard isValid else { return }
    while list.count < count { list.append(blank) }
    for index in 0..<count { element(&list[index], &self) }
  }
}

/// Fields to bytes.
struct FieldWriter: FieldCoder {
  var isValid = true
  private(set) var bytes = ByteWriter()

  mutating func code(_ word: inout UInt64) { bytes.append(word) }
  mutating func code(_ text: inout String) { bytes.append(text) }
}

/// Bytes to fields; past the end, zeros and invalid.
struct FieldReader: FieldCoder {
  var isValid = true
  private var bytes: ByteReader

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = ByteReader(bytes) }

  /// Whether every byte was read.
  var isAtEnd: Bool { bytes.remaining == 0 }

  mutating func code(_ word: inout UInt64) {
    if let value = bytes.integer(UInt64.self) { word = value } else { (word, isValid) = (0, false) }
  }

  mutating func code(_ text: inout String) {
    if let value = bytes.string() { text = value } else { (text, isValid) = ("", false) }
  }
}
