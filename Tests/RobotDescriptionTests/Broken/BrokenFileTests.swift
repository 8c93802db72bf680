import Foundation
import RobotDescription
import Testing

/// Files that are broken as a whole.
@Suite struct BrokenFileTests {
  private func only(_ diagnostics: [Diagnostic]) throws -> Diagnostic {
    #expect(diagnostics.count == 1, "\(diagnostics.map(\.description))")
    return try #require(diagnostics.first)
  }

  @Test func truncatedXMLIsRefusedAtItsEnd() throws {
    let cut = try #require(GoodRobot.urdf.range(of: #"<mass value="3.0"/>"#)).lowerBound
    let urdf = String(GoodRobot.urdf[..<cut])
    let mistake = try only(RobotDirectory(urdf: urdf).diagnostics())
    #expect(mistake.location.line == urdf.line(of: urdf))
    #expect(mistake.location.column == 7)
    #expect(mistake.message.contains("ends inside <inertial>"))
    #expect(mistake.fix.contains("</inertial> is missing"))
  }

  @Test func xmlCutInsideATagIsRefusedAtItsEnd() throws {
    let cut = try #require(GoodRobot.urdf.range(of: #"<mass value="3."#)).upperBound
    let urdf = String(GoodRobot.urdf[..<cut])
    let mistake = try only(RobotDirectory(urdf: urdf).diagnostics())
    #expect(mistake.location.line == urdf.line(of: urdf))
    #expect(mistake.message.contains("ends inside <inertial>"))
  }

  @Test func aMistakeInTheOnlyLineIsNoTruncation() throws {
    let urdf = "<robot name=\"a\"><link name=b/><link name=\"c\"/></robot>"
    let mistake = try only(RobotDirectory(urdf: urdf).diagnostics())
    #expect(mistake.location.line == 1)
    #expect((18...30).contains(mistake.location.column))
    #expect(mistake.message.contains("not well-formed"))
  }

  @Test func truncatedYAMLIsRefusedWhereItEnds() throws {
    let cut = try #require(GoodRobot.yaml.range(of: "policy: damp,")).upperBound
    let yaml = String(GoodRobot.yaml[..<cut])
    let mistake = try only(RobotDirectory(yaml: yaml).diagnostics())
    let last = try #require(yaml.line(of: "policy: damp,"))
    #expect(mistake.location.line == last)
    #expect(mistake.message.contains("line \(last)"))
    #expect(mistake.fix.contains("cut off"))
  }

  @Test(arguments: ["robot.yaml", "leg.urdf"])
  func anEmptyFileIsRefused(_ name: String) throws {
    for text in ["", " \n\t\n", "\u{FEFF}\n"] {
      let robot = try RobotDirectory()
      try robot.write(text, name)
      let mistake = try only(robot.diagnostics())
      #expect(mistake.location.file.hasSuffix(name))
      #expect(mistake.message.contains("is empty"))
    }
  }

  @Test func commentsAloneAreNoRobot() throws {
    let mistake = try only(RobotDirectory(yaml: "# nothing here\n").diagnostics())
    #expect(mistake.message.contains("holds no value"))
  }

  @Test(arguments: ["robot.yaml", "leg.urdf"])
  func bytesThatAreNotUTF8AreRefusedInTheirLine(_ name: String) throws {
    let robot = try RobotDirectory()
    let good = name == "robot.yaml" ? GoodRobot.yaml : GoodRobot.urdf
    var bytes = Array(good.utf8)
    let line = 5
    let start = try #require(bytes.indices.filter { bytes[$0] == 0x0A }.dropFirst(line - 2).first) + 3
    bytes[start] = 0xFF
    try robot.write(bytes, name)
    let mistake = try only(robot.diagnostics())
    #expect(mistake.location.line == line)
    #expect(mistake.location.column == 3)
    #expect(mistake.message.contains("not UTF-8"))
    #expect(mistake.fix.contains("iconv"))
  }

  @Test func aDirectoryWithoutARobotFileIsRefused() throws {
    let robot = try RobotDirectory()
    try FileManager.default.removeItem(atPath: robot.path + "/robot.yaml")
    let mistake = try only(robot.diagnostics())
    #expect(mistake.location.file == robot.path)
    #expect(mistake.message.contains("no robot.yaml"))
  }

  @Test(arguments: ["/nowhere/at/all.yaml", "/dev/zero", "/proc/self/mem"])
  func aPathThatIsNoReadableFileIsRefused(_ path: String) throws {
    #expect(throws: DescriptionError.self) { try RobotDescription.load(path) }
    #expect(throws: DescriptionError.self) { try URDF.load(path) }
  }

  @Test func deepXMLIsRefused() throws {
    let nested = String(repeating: "<a>", count: 100_000)
    let urdf = try #require(GoodRobot.urdf.editing(#"<link name="toe"/>"#, to: nested))
    let mistake = try only(RobotDirectory(urdf: urdf).diagnostics())
    #expect(mistake.message.contains("64 deep"))
    #expect(mistake.location.line == urdf.line(of: "<a>"))
  }

  @Test func deepYAMLIsRefused() throws {
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
      let nested = String(repeating: open, count: 20_000) + String(repeating: close, count: 20_000)
      let yaml = try #require(GoodRobot.yaml.editing("home: 0.3", to: "home: \(nested)"))
      #expect(try !RobotDirectory(yaml: yaml).diagnostics().isEmpty)
    }
  }

  @Test func anEntityBombIsRefusedBeforeItIsParsed() throws {
    var bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE robot [\n<!ENTITY a0 \"ha\">\n"
    for level in 1..<40 { bomb += "<!ENTITY a\(level) \"&a\(level - 1);&a\(level - 1);\">\n" }
    bomb += "]>\n<robot name=\"&a39;\"/>\n"
    let mistake = try only(RobotDirectory(urdf: bomb).diagnostics())
    #expect(mistake.location.line == 2)
  }

  @Test func anAliasBombIsRefused() throws {
    var bomb = "a0: &a0 [x, x]\n"
    for level in 1..<40 { bomb += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    bomb += "? *a39\n: x\n"
    let mistake = try only(RobotDirectory(yaml: bomb).diagnostics())
    #expect(mistake.location.line == 1)
  }

  @Test func anExternalEntityIsNeverRead() throws {
    let urdf = try #require(
      GoodRobot.urdf.editing(
        "<!-- A leg", to: "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><!-- A leg"))
    let mistake = try only(RobotDirectory(urdf: urdf).diagnostics())
    #expect(mistake.message.contains("refused"))
  }

  @Test func everyMistakeIsReportedAtOnceInTheOrderOfTheText() throws {
    var yaml = GoodRobot.yaml
    for (old, new) in [
      ("base: gantry", "base: gentry"), ("can1, bitrate: 1000000", "can1, bitrate: 1"),
      ("ratio: 18", "ratio: 0"), ("max_age: 4", "max_age: 40"), ("bus: lower", "bus: lowre"),
      ("home: 0.3", "home: .nan"), ("policy: hold", "policy: holt"),
      ("    id: 2\n", "    id: 2\n    id: 3\n"),
    ] {
      yaml = try #require(yaml.editing(old, to: new))
    }
    let urdf = try #require(GoodRobot.urdf.editing(#"value="6.0""#, to: #"value="-6.0""#))
    let found = try RobotDirectory(yaml: yaml, urdf: urdf).diagnostics()
    #expect(found.count == 9, "\(found.map(\.description))")
    let inYAML = found.filter { $0.location.file.hasSuffix("robot.yaml") }.map(\.location.line)
    #expect(inYAML == inYAML.sorted() && inYAML.count == 8)
  }
}
