/// A CANopen device as its electronic data sheet (EDS) or device configuration file (DCF) describes it, CiA 306.
package struct DataSheet {
  /// One object, or one sub-index of it.
  package struct Entry {
    /// Index of the object.
    package var index: UInt16
    /// Sub-index; 0 for an object that has none.
    package var subindex: UInt8
    /// ParameterName.
    package var name = ""
    /// DataType of CiA 301, such as 7 for 32 bits without sign; 0 for an object that has sub-indices.
    package var dataType: UInt16 = 0
    /// AccessType in small letters: ro, wo, rw, rwr, rww, const.
    package var access = "rw"
    /// Whether the object may be mapped into a PDO.
    package var isMappable = false
    /// DefaultValue as written; nil where it is empty or not there.
    package var defaultValue: String?
    /// ParameterValue as written, which a DCF has; nil where it is empty or not there.
    package var parameterValue: String?
    /// LowLimit and HighLimit as written.
    package var limits: (low: String?, high: String?) = (nil, nil)
    /// Line of the section.
    package var line: Int
    /// Line of the ParameterValue.
    package var valueLine = 0
  }

  /// Path of the file.
  package var path: String
  /// Entries by index << 8 | sub-index.
  package var entries: [UInt32: Entry] = [:]
  /// Keys of the sections that are no objects, by section and key in small letters, with their lines.
  package var information: [String: [String: (text: String, line: Int)]] = [:]

  /// The entry of a sub-index; for an object without sub-indices, 0.
  package func entry(_ index: UInt16, _ subindex: UInt8 = 0) -> Entry? {
    entries[UInt32(index) << 8 | UInt32(subindex)]
  }

  /// The entries in the order of the dictionary.
  package var sorted: [Entry] { entries.keys.sorted().compactMap { entries[$0] } }

  /// A number of `DeviceInfo`; nil where it is empty, not there, or none.
  func number(_ key: String, in section: String = "deviceinfo") -> Int64? {
    information[section]?[key.lowercased()].flatMap { Self.number($0.text, node: 0) }
  }
}

extension DataSheet.Entry {
  /// Length of the value; nil for a text, a domain and whatever CiA 301 leaves open.
  package var bits: UInt8? {
    switch dataType {
    case 0x01, 0x02, 0x05: 8
    case 0x03, 0x06: 16
    case 0x10, 0x16: 24
    case 0x04, 0x07, 0x08: 32
    case 0x12, 0x18: 40
    case 0x13, 0x19: 48
    case 0x14, 0x1A: 56
    case 0x11, 0x15, 0x1B: 64
    default: nil
    }
  }

  /// Whether the host may write it.
  var isWritable: Bool { access != "ro" && access != "const" }
  /// Whether the host may read it.
  var isReadable: Bool { access != "wo" }

  /// The pattern of a value of at most 32 bits; nil when the text is no value of the entry's type.
  package func pattern(_ text: String, node: UInt8) -> UInt32? {
    guard let bits, bits <= 32 else { return nil }
    if dataType == 0x08 {
      if let whole = DataSheet.number(text, node: node) { return Float(whole).bitPattern }
      guard let value = Float(text), value.isFinite else { return nil }
      return value.bitPattern
    }
    guard let value = DataSheet.number(text, node: node) else { return nil }
    // A value without sign in all bits of a signed type is how some files write it.
    let span = Int64(1) << Int64(bits)
    let isSigned = [0x02, 0x03, 0x04, 0x10].contains(dataType)
    guard value < span, value >= (isSigned ? -span / 2 : 0) else { return nil }
    return UInt32(truncatingIfNeeded: value & (span - 1))
  }
}

extension DataSheet {
  /// A number of CiA 306: decimal, 0x and hexadecimal digits, 0 and octal digits, `$NODEID` in a sum; nil when it is none.
  package static func number(_ text: String, node: UInt8) -> Int64? {
    let terms = text.split(separator: "+", omittingEmptySubsequences: false)
    guard (1...2).contains(terms.count) else { return nil }
    var sum: Int64 = 0
    for term in terms {
      let trimmed = term.filter { !$0.isWhitespace }.lowercased()
      guard let value = trimmed == "$nodeid" ? Int64(node) : literal(trimmed) else { return nil }
      sum += value
    }
    return sum
  }

  /// One literal, of at most 32 bits or so: sums cannot overflow.
  private static func literal(_ text: String) -> Int64? {
    let isNegative = text.hasPrefix("-")
    let body = isNegative ? text.dropFirst() : Substring(text)
    guard let first = body.utf8.first, (0x30...0x39).contains(first), body.utf8.count <= 18 else {
      return nil
    }
    let value: Int64?
    if body.hasPrefix("0x") {
      value = Int64(body.dropFirst(2), radix: 16)
    } else if body.count > 1 && body.hasPrefix("0") {
      value = Int64(body.dropFirst(), radix: 8)
    } else {
      value = Int64(body, radix: 10)
    }
    guard let value, value >= 0, value < 1 << 60 else { return nil }
    return isNegative ? -value : value
  }
}
