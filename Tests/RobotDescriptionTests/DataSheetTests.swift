import Foundation
import TestSupport
import Testing

@testable import RobotDescription

/// EDS and DCF files: numbers, sections, and text that is none.
@Suite struct DataSheetTests {
  static let ownText: String = {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Firmware-Interfaces/Protocols/sinew_402.eds").standardized
    return (try? String(contentsOf: url, encoding: .utf8)) ?? ""
  }()

  private func diagnostics(_ text: String) -> [Diagnostic] {
    do { _ = try DataSheet(Array(text.utf8), path: "d.eds") } catch { return error.diagnostics }
    return []
  }

  @Test(arguments: [
    ("0", Int64(0)), ("10", 10), ("0x1F", 31), ("0X1f", 31), ("010", 8), ("00", 0), ("-3", -3),
    ("-0x10", -16),
    ("$NODEID", 5), ("$NODEID+0x180", 0x185), ("0x180 + $NODEID", 0x185), ("$nodeid+384", 389),
    ("0x80000000", 0x8000_0000), ("4294967295", 4_294_967_295),
  ]) func numbers(text: String, value: Int64) { #expect(DataSheet.number(text, node: 5) == value) }

  @Test(arguments: [
    "", "x", "0x", "09", "1.5", "0x1G", "$NODE", "1+", "+1", "1+2+3", "--1", "0x-1", "1 2x",
    "99999999999999999999",
    "0xFFFFFFFFFFFFFFFF", "\u{0661}",
  ]) func noNumbers(text: String) { #expect(DataSheet.number(text, node: 5) == nil) }

  @Test func patternsAreThoseOfTheType() {
    func entry(_ type: UInt16) -> DataSheet.Entry {
      var entry = DataSheet.Entry(index: 0x2000, subindex: 0, line: 1)
      entry.dataType = type
      return entry
    }
    for (type, text, pattern) in [
      (UInt16(2), "-3", UInt32(0xFD)), (2, "0xFD", 0xFD), (3, "-32768", 0x8000), (4, "-1", 0xFFFF_FFFF),
      (5, "255", 255), (6, "0xFFFF", 0xFFFF), (7, "$NODEID+0x80", 0x85), (8, "1.5", Float(1.5).bitPattern),
      (8, "-2", Float(-2).bitPattern), (1, "1", 1),
    ] { #expect(entry(type).pattern(text, node: 5) == pattern, "\(type) \(text)") }
    for (type, text) in [
      (UInt16(5), "256"), (5, "-1"), (6, "65536"), (2, "-129"), (2, "256"), (7, "0x100000000"), (8, "nan"),
      (8, "inf"), (9, "text"), (0x15, "1"), (0x0F, "1"),
    ] { #expect(entry(type).pattern(text, node: 5) == nil, "\(type) \(text)") }
  }

  @Test func ourOwn() throws {
    let sheet = try DataSheet(Array(Self.ownText.utf8), path: "d.eds")
    let position = try #require(sheet.entry(0x607A))
    #expect(position.bits == 32 && position.isMappable && position.access == "rww" && position.dataType == 4)
    #expect(sheet.entry(0x1800, 1)?.pattern(sheet.entry(0x1800, 1)?.defaultValue ?? "", node: 5) == 0x185)
    #expect(sheet.entry(0x2000, 1)?.defaultValue == "40000" && sheet.entry(0x1018)?.defaultValue == "4")
    #expect(sheet.number("ProductNumber") == 0x402 && sheet.number("NrOfTXPDO") == 2)
  }

  @Test func listsWrittenOnceAreWrittenOut() throws {
    let text = """
      [2100]
      ParameterName=Table
      ObjectType=0x8
      DataType=0x0006
      AccessType=rw
      CompactSubObj=3
      [2100Value]
      NrOfEntries=1
      2=0x22
      """
    let sheet = try DataSheet(Array(text.utf8), path: "d.dcf")
    #expect(sheet.entry(0x2100)?.defaultValue == "3" && sheet.entry(0x2100)?.dataType == 5)
    #expect((1...3).allSatisfy { sheet.entry(0x2100, $0)?.bits == 16 } && sheet.entry(0x2100, 4) == nil)
    #expect(sheet.entry(0x2100, 2)?.parameterValue == "0x22" && sheet.entry(0x2100, 2)?.valueLine == 9)
    #expect(sheet.entry(0x2100, 1)?.parameterValue == nil)
  }

  @Test(arguments: [
    ("[6040\nA=1", 1, "not closed"), ("[6040]\nDataType=7\nAccessType", 3, "neither [SECTION] nor KEY=VALUE"),
    ("; a comment\nA=1", 2, "before the first"), ("[6040]\nDataType=0x\n", 2, "no number"),
    ("[6040]\nDataType=7\n[6040]\nDataType=7", 3, "already, in line 1"),
    ("[6040]\nAccessType=rw", 1, "has no DataType"), ("[6040subXY]\nDataType=7", 1, "no sub-index"),
    ("[6040]\nDataType=7\nAccessType=maybe", 3, "AccessType 'maybe'"),
    ("[2100]\nObjectType=8\nDataType=7\nCompactSubObj=300", 1, "not from 0 to 254"),
    ("\r\n\r\n", 0, "describes no object"), ("[FileInfo]\nFileName=x", 0, "describes no object"),
  ]) func malformed(text: String, line: Int, message: String) throws {
    let found = diagnostics(text)
    let first = try #require(found.first)
    #expect(first.location.line == line && first.message.contains(message), "\(found)")
  }

  @Test func windowsLinesBlanksAndOtherAlphabets() throws {
    let text = "[6040]\r\n ParameterName = Dr\u{e9}hzahl \r\nDataType=0x0006\r\nDefaultValue=\r\n"
    // Latin-1, as many vendors write it.
    let bytes = text.unicodeScalars.map { UInt8($0.value) }
    let entry = try #require(try DataSheet(bytes, path: "d.eds").entry(0x6040))
    #expect(entry.bits == 16 && entry.defaultValue == nil && entry.name.hasPrefix("Dr"))
  }

  /// Whatever is in the file, reading it ends, with a sheet or with errors in lines that are there.
  @Test func noTextTraps() {
    var generator = SeededGenerator(seed: 61)
    let own = Array(Self.ownText.utf8)
    #expect(own.count > 10_000)
    var refused = 0
    for round in 0..<60 {
      var bytes = own
      if round % 3 == 0 {
        bytes = (0..<3000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      } else {
        for _ in 0..<40 {
          let place = Int.random(in: 0..<bytes.count, using: &generator)
          switch Int.random(in: 0..<4, using: &generator) {
          case 0: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
          case 1: bytes.remove(at: place)
          case 2:
            bytes.insert(
              [0x5B, 0x5D, 0x3D, 0x0A, 0x2B, 0x24].randomElement(using: &generator) ?? 0, at: place)
          default: bytes.removeSubrange(place..<min(bytes.count, place + 300))
          }
        }
      }
      do {
        let sheet = try DataSheet(bytes, path: "d.eds")
        for entry in sheet.sorted { _ = entry.defaultValue.map { entry.pattern($0, node: 127) } }
      } catch {
        refused += 1
        let lines = bytes.count { $0 == 0x0A } + 1
        #expect(error.diagnostics.allSatisfy { (0...lines).contains($0.location.line) })
        #expect(error.diagnostics.count <= 20)
      }
    }
    #expect(refused > 20)
  }

  /// A device that lists its 512 PDOs has a file of 2 MB.
  @Test func aLargeFileIsFine() throws {
    var text = ""
    for index in 0x2000..<0x2F00 {
      text += "[\(String(index, radix: 16))]\nParameterName=A list\nObjectType=0x9\nSubNumber=4\n\n"
      for sub in 1...4 {
        text +=
          "[\(String(index, radix: 16))sub\(sub)]\nParameterName=Entry \(sub)\nObjectType=0x7\n"
          + "DataType=0x0007\nAccessType=rw\nDefaultValue=$NODEID+0x\(sub)00\nPDOMapping=0\n\n"
      }
    }
    #expect(text.utf8.count > 1_900_000)
    let sheet = try DataSheet(Array(text.utf8), path: "d.eds")
    #expect(sheet.entries.count == 0xF00 * 4)
  }
}
