import Foundation
import JointControl

/// What a person is told and asked before a real robot moves: which joints, how far, how hard.
struct Confirmation {
  let robot: Robot
  let motion: Motion?
  let runTime: Double?
  /// Command port that the motion comes through; nil for none.
  var port: String?
  /// What comes before; nil for nothing.
  var homing: HomingProcedure?

  /// What will happen.
  var text: String {
    let what =
      motion.map { "plays \($0.name)" } ?? port.map { "does what comes through the command port \($0)" }
      ?? "holds the pose it is in"
    let time = runTime.map { " for \(RunReport.fixed($0, 1)) s" } ?? (port == nil ? " once" : "")
    var table = TextTable(["joint", "bus", "moves rad", "limit rad", "rad/s", "N.m"])
    for (index, joint) in robot.joints.enumerated() {
      let limits = joint.configuration.limits
      let positions = motion?.points.map { $0.positions[index] } ?? []
      let range = { (low: Double, high: Double) in
        "\(RunReport.fixed(low, 3))...\(RunReport.fixed(high, 3))"
      }
      var moves = port == nil ? "holds" : "anywhere"
      if let low = positions.min(), let high = positions.max() { moves = range(low, high) }
      table.append([
        joint.name, robot.buses[Int(joint.configuration.drive.bus)].name, moves,
        range(limits.minPosition, limits.maxPosition), RunReport.fixed(limits.velocity, 1),
        RunReport.fixed(limits.torque, 1),
      ])
    }
    let first = homing.map { "Homes first:\n\n\(HomeReport.plan(robot, $0.plans, json: false))\nThen " } ?? ""
    return "\(first)\(robot.name) \(what)\(time), for real:\n\n\(table.text)\n"
      + "Keep out of reach, and keep the emergency stop at hand.\n"
  }

  /// Asks on the terminal.
  ///
  /// - Throws: `Failure` when there is no terminal, or the answer is not yes.
  func ask() throws { try Self.ask(text) }

  /// Asks whether what a text says is to happen.
  ///
  /// - Throws: `Failure` when there is no terminal, or the answer is not yes.
  static func ask(_ text: String) throws {
    guard isatty(STDIN_FILENO) == 1 else {
      throw Failure(
        kind: "confirmation", location: "--target real",
        message: "a real robot moves only after somebody was asked, and standard input is no terminal",
        fix: "run it in a terminal, or add --yes", code: Failure.badDescription)
    }
    FileHandle.standardError.write(Data((text + "Type yes to go on: ").utf8))
    guard readLine()?.trimmingCharacters(in: .whitespaces).lowercased() == "yes" else {
      throw Failure(
        kind: "confirmation", location: "--target real", message: "not confirmed, nothing was sent",
        fix: "type yes, or add --yes", code: Failure.checkFailed)
    }
  }
}
