import JointControl
import Simulation

/// A fault asked for on the command line: a bus, what happens to it, and how much or since when.
///
///     BUS lost [at SECONDS]   BUS loses PROBABILITY   BUS delayed SECONDS   BUS jitters SECONDS
///
/// Times count from the simulation's start, bring-up included.
struct Injection {
  /// What the simulator does.
  let fault: BusFault

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
    switch (words[1], words.count) {
    case ("lost", 2): fault = BusFault(bus: bus, kind: .loseAll(from: 0))
    case ("lost", 4) where words[2] == "at":
      let start = nanoseconds(try number(words[3], "time in seconds", upTo: 1e6))
      fault = BusFault(bus: bus, kind: .loseAll(from: start))
    case ("loses", 3):
      fault = BusFault(
        bus: bus, kind: .lose(probability: try number(words[2], "probability in 0...1", upTo: 1)))
    case ("delayed", 3):
      fault = BusFault(
        bus: bus, kind: .delay(nanoseconds(try number(words[2], "time in seconds, 1 at most", upTo: 1))))
    case ("jitters", 3):
      fault = BusFault(
        bus: bus,
        kind: .jitter(upTo: nanoseconds(try number(words[2], "time in seconds, 1 at most", upTo: 1))))
    default:
      throw refuse(
        "'\(words.dropFirst().joined(separator: " "))' is no fault; a bus can be lost, loses, delayed, jitters"
      )
    }
  }
}
