import ControlCycle
import Foundation
import JointControl
import RobotDescription
import TestSupport
import Testing

/// Gains are written into a robot file in place: random files in every layout, read back, all other bytes the same.
@Suite struct RobotFileTextTests {
  private typealias Numbers = [String: (stiffness: String?, damping: String?)]

  /// How one file is laid out.
  private struct Layout {
    var seed: UInt64
    var lineBreak: String
    var endsInLineBreak: Bool
    var hasByteOrderMark: Bool
    var hasDefaultGains: Bool
    var isFlow: [Bool]
    var gainsAreFlow: [Bool]

    init(_ random: inout SeededGenerator) {
      seed = random.next()
      lineBreak = Bool.random(using: &random) ? "\n" : "\r\n"
      endsInLineBreak = Bool.random(using: &random)
      hasByteOrderMark = Int.random(in: 0..<4, using: &random) == 0
      hasDefaultGains = Bool.random(using: &random)
      isFlow = (0..<3).map { _ in Bool.random(using: &random) }
      gainsAreFlow = (0..<3).map { _ in Bool.random(using: &random) }
    }

    static let names = ["hip", "knee", "ankle"]
    private static let fixed = [
      [
        "actuator: dm", "bus: upper", "id: 0x01", "master_id: 0x11", "reducer: {sign: -1, offset: 0.1}",
        "limits: {min_position: -1.2, max_position: 1.2, max_velocity: 8, max_effort: 70}",
      ],
      ["actuator: rs", "bus: lower", "id: 4", "master_id: 0xFD", "limits: {max_effort: 50}", "home: 0.3"],
      ["actuator: 'dm'", "\"bus\": upper", "id: 2", "master_id: 18", "limits: {max_effort: 20}"],
    ]
    private static let remarks = ["", "", "  # as is", "\t# é, \u{1F9BE}, it's {not} a: key", "   "]

    /// The file with numbers; the same layout gives the same text beside them.
    func text(_ numbers: Numbers) -> [UInt8] {
      var random = SeededGenerator(seed: seed)
      let before = GoodRobot.yaml.components(separatedBy: "joints:\n")[0]
        .replacing(
          "  gains: {stiffness: 100, damping: 3}\n",
          with: hasDefaultGains ? "  gains: {stiffness: 90, damping: 2.5}\n" : "")
      var lines = before.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
      lines.append("joints: # the driven ones")
      for index in Self.names.indices { lines += joint(index, numbers[Self.names[index]], &random) }
      lines += ["locked_joints: {toe_spread: 0.2}", "# the end"]
      let body = lines.joined(separator: lineBreak) + (endsInLineBreak ? lineBreak : "")
      return (hasByteOrderMark ? [0xEF, 0xBB, 0xBF] : []) + Array(body.utf8)
    }

    private func joint(
      _ index: Int, _ gains: (stiffness: String?, damping: String?)?, _ random: inout SeededGenerator
    ) -> [String] {
      func remark() -> String { Self.remarks.randomElement(using: &random) ?? "" }
      var parts = Self.fixed[index].shuffled(using: &random)
      var pairs: [String] = []
      if let stiffness = gains?.stiffness { pairs.append("stiffness: \(stiffness)") }
      if let damping = gains?.damping { pairs.append("damping: \(damping)") }
      if Bool.random(using: &random) { pairs.reverse() }
      let place = Int.random(in: 0...parts.count, using: &random)
      let wide = String(repeating: " ", count: Int.random(in: 3...6, using: &random))
      let title = Bool.random(using: &random) ? Self.names[index] : "\"\(Self.names[index])\""
      if isFlow[index] {
        if gains != nil { parts.insert("gains: {\(pairs.joined(separator: ", "))}", at: place) }
        let cut = Int.random(in: 1..<parts.count, using: &random)
        return [
          "  \(title):\(remark())", "\(wide){\(parts[..<cut].joined(separator: ", ")),\(remark())",
          "\(wide) \(parts[cut...].joined(separator: ",  "))}\(remark())",
        ]
      }
      if gains != nil {
        if gainsAreFlow[index] || pairs.isEmpty {
          parts.insert("gains: {\(pairs.joined(separator: " , "))}", at: place)
        } else {
          let inner = ([""] + pairs).joined(separator: "\u{0}\(wide)  ")
          parts.insert("gains:\(inner)", at: place)
        }
      }
      return ["  \(title):\(remark())"]
        + parts.flatMap { part in
          part.split(separator: "\u{0}").map { line in
            "\(line.first == " " ? "" : wide)\(line)\(remark())"
          }
        }
    }
  }

  /// The text as it may have been before a pair was added: beside a comma, or on a line of its own.
  private static func without(_ pair: String, in text: String, lineBreak: String) -> [String] {
    guard let range = text.range(of: pair) else { return [] }
    let (before, after) = (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
    var found = [before + after]
    if before.hasSuffix(", ") { found.append(before.dropLast(2) + after) }
    if after.hasPrefix(", ") { found.append(before + after.dropFirst(2)) }
    var above = Substring(before)
    while above.last == " " { above.removeLast() }
    if above.hasSuffix(lineBreak) { found.append(above.dropLast() + after) }
    if after.hasPrefix(lineBreak) { found.append(before + after.dropFirst().drop { $0 == " " }) }
    return found
  }

  @Test func everyLayoutIsChangedInPlaceAndInNothingElse() throws {
    var random = SeededGenerator(seed: 9)
    let directory = try RobotDirectory()
    var added = 0
    for _ in 0..<80 {
      let layout = Layout(&random)
      var numbers: Numbers = [:]
      for name in Layout.names {
        let stiffness = ["100", "120.0", "1.5e2", "80.25"].randomElement(using: &random) ?? ""
        let damping = ["3", "2.50", "4e0", "+3.5"].randomElement(using: &random) ?? ""
        let kind = layout.hasDefaultGains ? Int.random(in: 0..<5, using: &random) : 0
        switch kind {
        case 1: numbers[name] = (stiffness, nil)
        case 2: numbers[name] = (nil, damping)
        case 3: numbers[name] = (nil, nil)
        case 4: break
        default: numbers[name] = (stiffness, damping)
        }
      }
      let old = layout.text(numbers)
      let path = try directory.write(old, "robot.yaml")
      let text = try RobotFileText(directory.path)
      let robot = try text.load()

      let name = Layout.names.randomElement(using: &random) ?? ""
      let wanted = ImpedanceGains(
        stiffness: (Double.random(in: 60...200, using: &random) * 1000).rounded() / 1000 + 0.0005,
        damping: (Double.random(in: 2...4.5, using: &random) * 1000).rounded() / 1000 + 0.0005)
      let changed = try text.setting([name: wanted])
      for (joint, before) in zip(try changed.load().joints, robot.joints) {
        #expect(joint.configuration.gains == (joint.name == name ? wanted : before.configuration.gains))
      }
      var kept = numbers
      let (stiffness, damping) = ("\(wanted.stiffness)", "\(wanted.damping)")
      let own = numbers[name]
      if let own {
        kept[name] = (own.stiffness.map { _ in stiffness }, own.damping.map { _ in damping })
      }
      let expected = String(decoding: layout.text(kept), as: UTF8.self)
      var found = [String(decoding: changed.bytes, as: UTF8.self)]
      var pairs: [String] = []
      if own == nil {
        pairs.append("gains: {stiffness: \(stiffness), damping: \(damping)}")
      } else if own?.stiffness == nil && own?.damping == nil {
        pairs.append("stiffness: \(stiffness), damping: \(damping)")
      } else if own?.stiffness == nil {
        pairs.append("stiffness: \(stiffness)")
      } else if own?.damping == nil {
        pairs.append("damping: \(damping)")
      }
      if !pairs.isEmpty {
        added += 1
        let whole = found[0]
        found = pairs.flatMap { Self.without($0, in: whole, lineBreak: layout.lineBreak) }
      }
      #expect(
        found.contains(expected), "\(expected)\n=====\n\(String(decoding: changed.bytes, as: UTF8.self))")
      // What is there already is not written again.
      #expect(try changed.setting([name: wanted]).bytes == changed.bytes)
      #expect(try RobotFileText(path).bytes == old)
    }
    #expect(added > 20)
  }

  @Test(arguments: [
    "Robots/navigator", "Robots/navigator/mixed.yaml", "Robots/rig", "Robots/rig/homing.yaml",
  ])
  func allJointsOfAShippedRobotThereAndBack(_ path: String) throws {
    let root = (#filePath as NSString).deletingLastPathComponent + "/../.."
    let text = try RobotFileText("\(root)/\(path)")
    let robot = try text.load()
    let old = robot.joints.reduce(into: [String: ImpedanceGains]()) { $0[$1.name] = $1.configuration.gains }
    let lower = old.mapValues { ImpedanceGains(stiffness: $0.stiffness * 0.5, damping: $0.damping * 0.75) }
    let changed = try text.setting(lower)
    for joint in try changed.load().joints { #expect(joint.configuration.gains == lower[joint.name]) }
    let blocks = text.difference(to: changed)
    #expect(blocks.reduce(0) { $0 + $1.removed.count } >= robot.joints.count)
    for line in blocks.flatMap(\.removed) { #expect(line.contains("gains:") || line.contains("stiffness:")) }
    let back = try changed.setting(old)
    for joint in try back.load().joints { #expect(joint.configuration.gains == old[joint.name]) }
  }

  @Test(arguments: [
    ("    gains: &a {stiffness: 200, damping: 8}", "anchors"),
    ("    gains: {stiffness: \"200\", damping: 8}", "plain number"),
    ("    gains: {stiffness: !!float 200, damping: 8}", "plain number"),
    ("    gains: [200, 8]", "no mapping"),
  ])
  func whatIsNotWrittenPlainlyIsRefusedWithItsPlace(_ gains: String, _ words: String) throws {
    let yaml = try #require(
      GoodRobot.yaml.editing("    gains: {stiffness: 200, damping: 8}", to: gains))
    let text = try RobotFileText(path: "leg/robot.yaml", bytes: Array(yaml.utf8))
    do {
      _ = try text.setting(["hip": ImpedanceGains(stiffness: 150, damping: 7)])
      Issue.record("it was written")
    } catch {
      let line = yaml.line(of: gains)
      #expect(
        error.diagnostics.count == 1 && error.diagnostics[0].message.contains(words)
          && error.diagnostics[0].location.line == line, "\(error)")
    }
  }

  @Test func anUnknownJointAndANumberThatIsNoneAreRefused() throws {
    let text = try RobotFileText(path: "leg/robot.yaml", bytes: Array(GoodRobot.yaml.utf8))
    do {
      _ = try text.setting(["kne": ImpedanceGains(stiffness: 150, damping: 7)])
      Issue.record("it was written")
    } catch { #expect("\(error)".contains("'kne'") && "\(error)".contains("knee"), "\(error)") }
    for wrong in [Double.nan, .infinity, -1] {
      #expect(throws: DescriptionError.self) {
        try text.setting(["hip": ImpedanceGains(stiffness: 100, damping: wrong)])
      }
    }
  }
}
