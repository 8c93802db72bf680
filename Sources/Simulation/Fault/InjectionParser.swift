public import JointControl

/// Why a text is no fault of a robot.
public struct InjectionError: Error, Equatable {
  /// What was read.
  public var text: String
  /// What is wrong with it.
  public var message: String
  /// What to write.
  public var fix: String
}

extension Injection {
  /// Reads `[inject] <target> <fault> [at t] [for d | until t] [intensity x]`.
  ///
  /// A target is the name of a bus, joint or link, `all` or `robot`, `host`, `clock` or `disk`. The name of a bus stands
  /// for its joints where the fault is one of joints. A number behind the fault is its intensity.
  ///
  /// - Throws: `InjectionError`, which names the word that is not understood and lists what is possible, or says why the
  ///   fault would do nothing to its target.
  public init(_ text: String, robot: Robot) throws(InjectionError) {
    var parser = InjectionParser(text, robot: robot)
    self = try parser.parse()
  }
}

private struct InjectionParser {
  let text: String
  let robot: Robot
  private var words: ArraySlice<String>
  /// Longest time that is taken [s].
  static let longest = 1e6

  init(_ text: String, robot: Robot) {
    self.text = text
    self.robot = robot
    words = text.split(whereSeparator: \.isWhitespace).map(String.init)[...]
    if words.first == "inject" { words.removeFirst() }
  }

  mutating func parse() throws(InjectionError) -> Injection {
    guard let name = words.popFirst() else { throw refuse("not a target and a fault", example) }
    let places = self.places(of: name)
    guard !places.isEmpty else {
      let near = suggestion(for: name, among: names, what: "target")
      throw refuse(
        "no target '\(name)'; the buses are \(robot.buses.map(\.name).joined(separator: ", "))", near)
    }
    guard var word = words.popFirst() else { throw refuse("no fault for target '\(name)'", example) }
    if word == "watchdog" && words.first == "off" {
      words.removeFirst()
      word = Injection.Kind.watchdogOff.rawValue
    }
    let kinds = places.map(\.kind)
    let possible = kinds.reduce(into: [String]()) { list, kind in
      list += FaultCatalogue.names(for: kind).filter { !list.contains($0) }
    }
    guard let kind = kind(word, on: kinds), let place = place(for: kind, among: places) else {
      throw refuse(
        "'\(word)' is no fault of \(kinds.map(\.rawValue).joined(separator: " or ")) '\(name)'",
        suggestion(for: word, among: possible, what: "fault") + "; possible are "
          + possible.joined(separator: ", "))
    }
    var injection = Injection(kind, on: Injection.Target(name: name, place: place))
    try parseOptions(of: &injection)
    if let objection = injection.objection(in: robot) {
      throw refuse(
        "'\(word)' would do nothing: \(objection)",
        "choose another target, or give it the part that is missing")
    }
    return injection
  }

  private mutating func parseOptions(of injection: inout Injection) throws(InjectionError) {
    let entry = injection.entry
    var given: Set<String> = []
    var end: (word: String, time: Int64)?
    while let word = words.popFirst() {
      let isOption = Self.options.contains(word)
      // The number behind the fault, or what stands where it should.
      let isBare = Double(word) != nil || (entry.intensity != nil && given.isEmpty && !isOption)
      let option = isBare ? "intensity" : word
      guard isBare || isOption else {
        throw refuse(
          "'\(word)' is not at, for, until or intensity", "write \(entry.form), or leave '\(word)' out")
      }
      guard given.insert(option).inserted else { throw refuse("'\(option)' is there twice", "leave one out") }
      guard let value = isBare ? word : words.popFirst() else {
        throw refuse("'\(option)' without a number", "write \(entry.form)")
      }
      switch option {
      case "at": injection.start = try time(value, "at", of: entry)
      case "for":
        injection.duration = try time(value, "for", of: entry)
        if injection.duration == 0 { throw refuse("'for 0' is no time", "give a time over 0, in seconds") }
      case "until": end = (value, try time(value, "until", of: entry))
      default: injection.intensity = try intensity(value, of: entry)
      }
    }
    try check(entry, given)
    guard let end else { return }
    if given.contains("for") { throw refuse("'until' and 'for' together", "leave one out") }
    guard end.time > injection.start else {
      throw refuse(
        "'until \(end.word)' is not after 'at \(Injection.seconds(injection.start))'",
        "give a later time; until is an instant, for a duration")
    }
    injection.duration = end.time - injection.start
  }

  private func check(_ entry: FaultEntry, _ given: Set<String>) throws(InjectionError) {
    switch entry.span {
    case .lasting, .cycle: break
    case .moment:
      if given.contains("for") || given.contains("until") {
        throw refuse("'\(entry.name)' happens at an instant and has no duration", "write \(entry.form)")
      }
    case .powerUp:
      if let word = ["at", "for", "until"].first(where: given.contains) {
        throw refuse(
          "'\(entry.name)' is there from power-up on; '\(word)' says nothing", "write \(entry.form)")
      }
    }
  }

  private static let options = ["at", "for", "until", "intensity"]

  private func kind(_ word: String, on targets: [FaultTarget]) -> Injection.Kind? {
    if word == "full" && targets == [.disk] { return .diskFull }
    return Injection.Kind(rawValue: word)
  }

  /// Everything that a name may stand for, the likeliest first.
  private func places(of name: String) -> [Injection.Place] {
    switch name {
    case "all", "robot":
      return [.joints(Array(robot.joints.indices)), .buses(Array(robot.buses.indices))]
    case "host": return [.host]
    case "clock": return [.clock]
    case "disk": return [.disk]
    default: break
    }
    var found: [Injection.Place] = []
    if let joint = robot.joints.firstIndex(where: { $0.name == name }) { found.append(.joints([joint])) }
    if let bus = robot.buses.firstIndex(where: { $0.name == name }) {
      found.append(.buses([bus]))
      let joints = robot.joints.indices.filter { robot.joints[$0].configuration.drive.bus == bus }
      if !joints.isEmpty && found.count == 1 { found.append(.joints(joints)) }
    }
    if let link = robot.model.linkIndex(of: name) { found.append(.link(link)) }
    return found
  }

  private var names: [String] {
    robot.buses.map(\.name) + robot.joints.map(\.name) + robot.model.linkNames
      + ["all", "robot", "host", "clock", "disk"]
  }

  private func place(for kind: Injection.Kind, among places: [Injection.Place]) -> Injection.Place? {
    let targets = FaultCatalogue.entry(of: kind).targets
    return places.first { targets.contains($0.kind) }
  }

  private func time(_ word: String, _ option: String, of entry: FaultEntry) throws(InjectionError) -> Int64 {
    guard let value = Double(word), value >= 0, value <= Self.longest else {
      throw refuse(
        "'\(word)' is not a time in seconds", "write \(option) with 0 to 1000000, as in \(entry.form)")
    }
    return Int64((value * 1e9).rounded())
  }

  private func intensity(_ word: String, of entry: FaultEntry) throws(InjectionError) -> Double {
    guard let allowed = entry.intensity else {
      throw refuse("'\(entry.name)' has no intensity", "leave '\(word)' out: \(entry.form)")
    }
    guard let value = Double(word), allowed.bounds.contains(value) else {
      let (low, high) = (allowed.bounds.lowerBound, allowed.bounds.upperBound)
      let unit = allowed.unit.isEmpty ? "" : " in \(allowed.unit)"
      throw refuse(
        "'\(word)' is not a \(allowed.meaning)\(unit)",
        "give a number from \(Injection.text(of: low)) to \(Injection.text(of: high))")
    }
    return value
  }

  private var example: String { "write for example '\(robot.buses.first?.name ?? "can0") lost at 1'" }

  private func refuse(_ message: String, _ fix: String) -> InjectionError {
    InjectionError(text: text, message: message, fix: fix)
  }
}

extension FaultEntry {
  /// What is written, as a pattern.
  public var form: String {
    let times =
      switch span {
      case .lasting, .cycle: " [at T] [for D]"
      case .moment: " [at T]"
      case .powerUp: ""
      }
    return "'TARGET \(name)\(times)\(intensity == nil ? "" : " [intensity X]")'"
  }
}
