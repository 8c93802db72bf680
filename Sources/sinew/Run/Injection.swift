import JointControl
import Simulation

/// A fault asked for on the command line: a bus or joint, what happens to it, and how much or since when.
///
///     BUS lost [at SECONDS]   BUS loses PROBABILITY   BUS delayed SECONDS   BUS jitters SECONDS
///     BUS bus-off|unplugged|warning|passive|full|babbles [at SECONDS [until SECONDS]]
///     JOINT watchdog off
///
/// Times count from the simulation's start, bring-up included.
struct Injection {
  /// What the simulator does.
  enum Effect: Equatable {
    /// Something goes wrong on a bus.
    case bus(BusFault)
    /// The watchdog of a joint's drive never fires.
    case watchdogOff(joint: Int)
  }
  let effect: Effect

  /// Parses `text`, naming what is not understood.
  init(_ text: String, robot: Robot) throws {
    let words = text.split(separator: " ").map(String.init)
    let refuse = { (message: String) in
      Failure(
        kind: "usage", location: "--inject '\(text)'", message: message,
        fix: "write for example '\(robot.buses.first?.name ?? "can0") lost at 1'; see sinew run --help",
        code: Failure.badDescription)
    }
    guard words.count >= 2 else { throw refuse("not a target and a fault") }
    if words.dropFirst() == ["watchdog", "off"] {
      guard let joint = robot.joints.firstIndex(where: { $0.name == words[0] }) else {
        throw refuse("no joint '\(words[0])'")
      }
      effect = .watchdogOff(joint: joint)
      return
    }
    guard let bus = robot.buses.firstIndex(where: { $0.name == words[0] }) else {
      throw refuse("no bus '\(words[0])'; the buses are \(robot.buses.map(\.name).joined(separator: ", "))")
    }
    func number(_ word: String, _ what: String, upTo limit: Double) throws -> Double {
      guard let value = Double(word), value >= 0, value <= limit else {
        throw refuse("'\(word)' is not a \(what)")
      }
      return value
    }
    let nanoseconds = { (seconds: Double) in Int64((seconds * 1e9).rounded()) }
    let kind: BusFault.Kind
    switch (words[1], words.count) {
    case ("lost", 2): kind = .loseAll(from: 0)
    case ("lost", 4) where words[2] == "at":
      let start = nanoseconds(try number(words[3], "time in seconds", upTo: 1e6))
      kind = .loseAll(from: start)
    case ("loses", 3):
      kind = .lose(probability: try number(words[2], "probability in 0...1", upTo: 1))
    case ("delayed", 3):
      kind = .delay(nanoseconds(try number(words[2], "time in seconds, 1 at most", upTo: 1)))
    case ("jitters", 3):
      kind = .jitter(upTo: nanoseconds(try number(words[2], "time in seconds, 1 at most", upTo: 1)))
    case ("bus-off", _), ("unplugged", _), ("warning", _), ("passive", _), ("full", _), ("babbles", _):
      kind = try Self.span(
        words, nanoseconds: nanoseconds, number: { try number($0, $1, upTo: $2) }, refuse: refuse)
    default:
      throw refuse(
        "'\(words.dropFirst().joined(separator: " "))' is no fault; a bus can be lost, loses, delayed, "
          + "jitters, bus-off, unplugged, warning, passive, full, babbles"
      )
    }
    effect = .bus(BusFault(bus: bus, kind: kind))
  }

  /// A fault with a beginning and an end: `BUS FAULT [at SECONDS [until SECONDS]]`.
  private static func span(
    _ words: [String], nanoseconds: (Double) -> Int64, number: (String, String, Double) throws -> Double,
    refuse: (String) -> Failure
  ) throws -> BusFault.Kind {
    var (from, until) = (Int64(0), Int64.max)
    switch words.count {
    case 2: break
    case 4 where words[2] == "at": from = nanoseconds(try number(words[3], "time in seconds", 1e6))
    case 6 where words[2] == "at" && words[4] == "until":
      from = nanoseconds(try number(words[3], "time in seconds", 1e6))
      until = nanoseconds(try number(words[5], "time in seconds", 1e6))
      if until <= from { throw refuse("'until \(words[5])' is not after 'at \(words[3])'") }
    default: throw refuse("'\(words.dropFirst(2).joined(separator: " "))' is not at SECONDS [until SECONDS]")
    }
    switch words[1] {
    case "bus-off": return .busOff(from: from, until: until)
    case "unplugged": return .unplugged(from: from, until: until)
    case "warning": return .errorState(.warning, from: from, until: until)
    case "passive": return .errorState(.passive, from: from, until: until)
    case "full": return .queueFull(from: from, until: until)
    default: return .babbling(from: from, until: until)
    }
  }

  /// The bus's fault; nil where the effect is another.
  var fault: BusFault? { if case .bus(let fault) = effect { fault } else { nil } }
}

extension SimulatedRobot {
  /// A simulated robot with what was asked for broken.
  convenience init(
    _ robot: Robot, seed: UInt64, injections: [Injection], pace: Pace, hostQueueDepth: Int = 64,
    spinTail: Int64 = 0, stand: Stand? = nil
  ) {
    self.init(
      robot, seed: seed, faults: injections.compactMap(\.fault), pace: pace, hostQueueDepth: hostQueueDepth,
      spinTail: spinTail, stand: stand)
    for injection in injections {
      if case .watchdogOff(let joint) = injection.effect { breakWatchdog(of: joint) }
    }
  }
}
