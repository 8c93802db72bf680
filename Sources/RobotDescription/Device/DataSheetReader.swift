/// Reads the text of an EDS or DCF, line by line; what is malformed is an error in its line and never stops the program.
struct DataSheetReader {
  /// Most mistakes that are reported of one file.
  private static let most = 20

  private let path: String
  private let log: DiagnosticLog
  private var sheet: DataSheet
  private var problems = 0
  /// The section that is being read, in small letters.
  private var section = ""
  private var sectionLine = 0
  private var keys: [String: (text: String, line: Int)] = [:]
  private var sections: [String: Int] = [:]
  /// Objects that are lists of equal sub-indices, written once (CompactSubObj).
  private var compact: [(index: UInt16, count: Int)] = []
  /// Values of such lists, which a DCF writes in a section of their own.
  private var listValues: [(index: UInt16, keys: [String: (text: String, line: Int)])] = []

  private init(path: String, log: DiagnosticLog) {
    self.path = path
    self.log = log
    sheet = DataSheet(path: path)
  }

  /// The sheet in `bytes`; mistakes are noted in `log`.
  static func read(_ bytes: [UInt8], path: String, log: DiagnosticLog) -> DataSheet {
    var reader = DataSheetReader(path: path, log: log)
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    var line = 0
    for part in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == 0x0A }) {
      line += 1
      guard reader.problems < most else { break }
      reader.take(part, line: line)
    }
    reader.endSection()
    reader.expand()
    if reader.sheet.entries.isEmpty && reader.problems == 0 {
      reader.report(
        0, "the file describes no object of a CANopen device", fix: "name an EDS or DCF (CiA 306)")
    }
    return reader.sheet
  }

  private mutating func report(_ line: Int, _ message: String, fix: String) {
    problems += 1
    guard problems <= Self.most else { return }
    log.report(SourceLocation(file: path, line: line, column: line > 0 ? 1 : 0), message, fix: fix)
  }

  /// Without blanks and the carriage return at either end.
  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
    var rest = bytes
    while let first = rest.first, isBlank(first) { rest.removeFirst() }
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return rest
  }

  private mutating func take(_ raw: ArraySlice<UInt8>, line: Int) {
    let bytes = Self.trimmed(raw)
    // CiA 306 writes comments with a semicolon; a number sign is what many tools take as well.
    guard let first = bytes.first, first != UInt8(ascii: ";"), first != UInt8(ascii: "#") else { return }
    if first == UInt8(ascii: "[") {
      guard bytes.last == UInt8(ascii: "]"), bytes.count > 2 else {
        return report(line, "a section is not closed", fix: "write it as [NAME] on a line of its own")
      }
      endSection()
      section = String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self).lowercased()
      sectionLine = line
      if let other = sections[section] {
        report(
          line, "the section [\(section.prefix(40))] is there already, in line \(other)",
          fix: "remove one of the two")
      }
      sections[section] = line
      return
    }
    guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")), equals > bytes.startIndex else {
      return report(line, "neither [SECTION] nor KEY=VALUE", fix: "correct the line, or begin it with ;")
    }
    guard sectionLine > 0 else {
      return report(line, "a key before the first [SECTION]", fix: "put it below one")
    }
    let key = String(decoding: Self.trimmed(bytes[..<equals]), as: UTF8.self).lowercased()
    keys[key] = (String(decoding: Self.trimmed(bytes[(equals + 1)...]), as: UTF8.self), line)
  }

  /// What the finished section says.
  private mutating func endSection() {
    defer { keys = [:] }
    guard sectionLine > 0 else { return }
    if let index = Self.index(section[...]) {
      return takeObject(index, 0, isWhole: true)
    }
    if section.hasSuffix("value"), let index = Self.index(section.dropLast(5)) {
      return listValues.append((index, keys))
    }
    if let range = section.firstRange(of: "sub"), let index = Self.index(section[..<range.lowerBound]) {
      guard let subindex = UInt8(section[range.upperBound...], radix: 16) else {
        return report(
          sectionLine, "[\(section.prefix(40))] names no sub-index from 0 to FF",
          fix: "write it as [1018sub1]")
      }
      return takeObject(index, subindex, isWhole: false)
    }
    sheet.information[section] = keys
  }

  /// An index of four hexadecimal digits.
  private static func index(_ text: Substring) -> UInt16? {
    text.utf8.count == 4 && text.allSatisfy(\.isHexDigit) ? UInt16(text, radix: 16) : nil
  }

  private mutating func takeObject(_ index: UInt16, _ subindex: UInt8, isWhole: Bool) {
    var entry = DataSheet.Entry(index: index, subindex: subindex, line: sectionLine)
    entry.name = keys["parametername"]?.text ?? ""
    func text(_ key: String) -> String? { keys[key].flatMap { $0.text.isEmpty ? nil : $0.text } }
    let objectType = number("objecttype", or: 7)
    let isList = isWhole && (objectType == 8 || objectType == 9)
    if let listed = text("compactsubobj").flatMap({ DataSheet.number($0, node: 0) }), isList {
      guard (0...254).contains(listed) else {
        return report(sectionLine, "CompactSubObj is \(listed), not from 0 to 254", fix: "correct it")
      }
      compact.append((index, Int(listed)))
    } else if isList {
      return
    }
    guard let type = number("datatype", or: -1) else { return }
    // A domain may do without; every other object says its type.
    guard (0...0xFFFF).contains(type) || objectType == 2 else {
      return report(
        sectionLine, "[\(section)] has no DataType",
        fix: "add it, such as DataType=0x0007 for 32 bits without sign")
    }
    entry.dataType = UInt16(truncatingIfNeeded: max(0, type))
    if let access = text("accesstype")?.lowercased() {
      guard ["ro", "wo", "rw", "rwr", "rww", "const"].contains(access) else {
        return report(
          keys["accesstype"]?.line ?? sectionLine, "AccessType '\(access.prefix(20))' is none of CiA 306",
          fix: "write ro, wo, rw, rwr, rww or const")
      }
      entry.access = access
    }
    entry.isMappable = number("pdomapping", or: 0) == 1
    entry.defaultValue = text("defaultvalue")
    entry.parameterValue = text("parametervalue")
    entry.valueLine = keys["parametervalue"]?.line ?? 0
    entry.limits = (text("lowlimit"), text("highlimit"))
    sheet.entries[UInt32(index) << 8 | UInt32(subindex)] = entry
  }

  /// A number at a key; `missing` where it is empty or not there; nil, with a note, when it is none.
  private mutating func number(_ key: String, or missing: Int64) -> Int64? {
    guard let value = keys[key], !value.text.isEmpty else { return missing }
    if let number = DataSheet.number(value.text, node: 0) { return number }
    report(
      value.line, "\(key) is '\(value.text.prefix(40))', which is no number",
      fix: "write it in decimal, or as 0x and hexadecimal digits")
    return nil
  }

  /// Writes out the lists that stand there once.
  private mutating func expand() {
    for list in compact {
      guard var entry = sheet.entries.removeValue(forKey: UInt32(list.index) << 8) else { continue }
      var count = entry
      (count.dataType, count.access, count.isMappable) = (5, "ro", false)
      (count.defaultValue, count.parameterValue) = (String(list.count), nil)
      sheet.entries[UInt32(list.index) << 8] = count
      let values = listValues.first { $0.index == list.index }?.keys ?? [:]
      for subindex in 1...max(1, list.count) where subindex <= list.count {
        entry.subindex = UInt8(subindex)
        entry.parameterValue = values["\(subindex)"]?.text
        entry.valueLine = values["\(subindex)"]?.line ?? 0
        let place = UInt32(list.index) << 8 | UInt32(subindex)
        if sheet.entries[place] == nil { sheet.entries[place] = entry }
      }
    }
  }
}
