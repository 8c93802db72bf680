import ArgumentParser
import ControlCycle
import JointControl

/// Gives a drive another identifier.
struct DriveSetIDCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set-id",
    abstract: "Give a drive another id on its bus; asks first.",
    discussion: """
      Looks first whether somebody answers at the new id, and refuses ids that the description gives to another drive, ids
      out of range, and MST_ID 0. Only while the drive is off. Damiao, RobStride, CyberGear, moteus and ODrive 0.6; CANopen,
      MIT and ODrive 0.5 take theirs from their vendor's tool. Write the new id into robot.yaml, then save.

      EXAMPLES
        sinew drive set-id Robots/navigator Elbow_L 7 --master-id 0x17
        sinew drive set-id Robots/navigator Knee_L 3 --yes --json
      """)

  @OptionGroup var drive: DriveOfJoint

  @Argument(help: "The new id; decimal, or hexadecimal behind 0x.")
  var id: String

  @Option(
    name: .customLong("master-id"),
    help: ArgumentHelp("Damiao: the new identifier of its answers, MST_ID.", valueName: "number"))
  var masterID: String?

  @OptionGroup var question: DriveQuestion

  func run() throws {
    let (new, joint, _) = try drive.perform { joint in
      let drive = joint.configuration.drive
      var wanted = drive
      wanted.id = try Self.number(id, "id")
      if let masterID { wanted.masterID = try Self.number(masterID, "--master-id") }
      if masterID != nil && drive.family != .damiao {
        throw Failure(
          kind: "usage", location: "--master-id", message: "only Damiao drives have an MST_ID",
          fix: "leave it out",
          code: Failure.badDescription)
      }
      return try SetIDTask(drive: drive, wanted: wanted) {
        try question.ask(
          "Moves \(joint.name)'s drive from id \(drive.id) to \(wanted.id)"
            + (drive.family == .damiao ? ", answering to \(wanted.masterID)" : "") + ".", command: "set-id")
      }
    }
    if drive.buses.json {
      print(
        JSONValue.object([
          ("schema", "sinew.drive.set-id/1"), ("joint", .string(joint.name)),
          ("before", .integer(Int64(joint.configuration.drive.id))), ("after", .integer(Int64(new.id))),
          ("master_id", .integer(Int64(new.masterID))),
        ]).text)
    } else {
      print("\(joint.name): answers at id \(new.id). Write it into robot.yaml, then sinew drive save.")
    }
  }

  private static func number(_ text: String, _ what: String) throws -> UInt16 {
    let isHexadecimal = text.lowercased().hasPrefix("0x")
    guard let number = UInt16(isHexadecimal ? text.dropFirst(2) : text[...], radix: isHexadecimal ? 16 : 10)
    else {
      throw Failure(
        kind: "usage", location: what, message: "'\(text)' is no identifier",
        fix: "write a number such as 7 or 0x17",
        code: Failure.badDescription)
    }
    return number
  }
}

private struct SetIDTask: DriveTask {
  let drive: DriveConfiguration
  let wanted: DriveConfiguration
  let ask: () throws -> Void

  init(drive: DriveConfiguration, wanted: DriveConfiguration, ask: @escaping () throws -> Void) throws {
    (self.drive, self.wanted, self.ask) = (drive, wanted, ask)
  }

  func run<LoopTarget: Target & ~Copyable>(
    _ link: inout DriveLink<LoopTarget>, _ robot: Robot
  ) throws -> DriveConfiguration {
    let neighbours = robot.drives(onBus: drive.bus).filter { $0 != drive && $0.family == drive.family }
    let others = Set(neighbours.map(\.id) + (drive.family == .damiao ? neighbours.map(\.masterID) : []))
    // What is wrong with the numbers is said before anybody is asked.
    try DriveRules.requireIdentifiers(wanted, from: drive, others: others)
    try ask()
    return try link.setID(wanted.id, masterID: wanted.masterID, of: drive, others: others)
  }
}
