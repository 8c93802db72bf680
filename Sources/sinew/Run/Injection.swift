import JointControl
import Simulation

/// A fault asked for on the command line: `TARGET FAULT [at SECONDS]`.
struct Injection {
  /// What the simulator does.
  let fault: BusFault

  /// Parses `text`, naming what is not understood.
  init(_ text: String, robot: Robot) throws {
    let words = text.split(separator: " ").map(String.init)
    func refuse(_ message: String) -> Failure {
      Failure(
        kind: "usage", location: "--inject '\(text)'", message: message,
        fix: "write 'BUS lost at SECONDS', for example '\(robot.buses.first?.name ?? "can0") lost at 1'",
        code: Failure.badDescription)
    }
    guard words.count == 2 || (words.count == 4 && words[2] == "at") else {
      throw refuse("not a target and a fault")
    }
    guard let bus = robot.buses.firstIndex(where: { $0.name == words[0] }) else {
      throw refuse("no bus '\(words[0])'; the buses are \(robot.buses.map(\.name).joined(separator: ", "))")
    }
    guard words[1] == "lost" else { throw refuse("unknown fault '\(words[1])'; known: lost") }
    var start: Int64 = 0
    if words.count == 4 {
      guard let seconds = Double(words[3]), seconds >= 0, seconds < 1e9 else {
        throw refuse("'\(words[3])' is not a time in seconds")
      }
      start = Int64((seconds * 1e9).rounded())
    }
    fault = BusFault(bus: bus, kind: .loseAll(from: start))
  }
}
