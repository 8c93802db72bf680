import ArgumentParser
import ControlCycle
import Foundation
import JointControl
import RobotDescription

/// Frames of one drive as text: what a command looks like on the bus, and what a frame says.
struct FrameCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frame",
    abstract: "Translate between a drive's commands and frames.",
    discussion: """
      Reads one JSON object a line from standard input, or a line of candump -L, and writes one a line. A line that
      makes no sense is told with its number on standard error; the others go on, and the exit code is 1.

      EXAMPLES
        echo '{"command": "mit", "p": 0.5, "kp": 20, "kd": 1}' | sinew frame encode --family damiao --model DM4310 --id 1
        candump -L can0 | sinew frame decode --family robstride --model RS04 --id 4 --master-id 253
      """, subcommands: [Encode.self, Decode.self])

  struct Encode: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Commands and requests to frames.",
      discussion: """
        {"command": "mit", "p": rad, "v": rad/s, "kp": N.m/rad, "kd": N.m.s/rad, "t_ff": N.m}; what is missing is zero.
        {"command": "enable"}, "disable", "clear_fault", "set_zero", "identify", "start";
        {"command": "read", "index": 9}, {"command": "write", "index": 9, "value": 400} or "float": 1.5.
        A request that depends on the drive's own status word takes "status".
        """)

    @OptionGroup var drive: DriveOptions

    @Flag(help: "Write lines of candump -L instead of JSON.")
    var candump = false

    func run() throws {
      let configuration = try drive.configuration()
      try FrameLines.translate { line in
        let frame = try FrameRequest(line).frame(for: configuration)
        return candump ? FrameText.candump(frame) : FrameText.json(frame).text
      }
    }
  }

  struct Decode: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Frames to what they say.",
      discussion: """
        {"id": 17, "extended": false, "fd": false, "data": "..."}, or a line of candump -L.
        Frames of other nodes are told as "kind": "foreign"; one that differs in the format alone, CAN FD or not, with
        a "note". Without "fd" a frame has the drive's format. moteus: the frames of the loop; of one register its value.
        """)

    @OptionGroup var drive: DriveOptions

    func run() throws {
      let configuration = try drive.configuration()
      try FrameLines.translate { line in
        let frame = try FrameText.frame(line, for: configuration)
        return FrameReply.json(frame, of: configuration).text
      }
    }
  }
}

/// Which drive the frames belong to.
struct DriveOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Drive family: \(DriveFamily.names.joined(separator: ", ")).", valueName: "family"))
  var family: String

  @Option(help: ArgumentHelp("Model, a name of the family's table.", valueName: "model"))
  var model: String

  @Option(help: ArgumentHelp("Identifier of the drive.", valueName: "number"))
  var id: UInt16 = 1

  @Option(
    name: .customLong("master-id"),
    help: ArgumentHelp("Identifier the drive answers to, where the family has one.", valueName: "number"))
  var masterID: UInt16 = 0

  @Option(
    help: ArgumentHelp(
      "Which loop the drive closes, as in robot.yaml: impedance, torque, position, velocity, position_force.",
      valueName: "mode"))
  var mode: String?

  @Flag(help: "CAN FD frames; moteus speaks nothing else.")
  var fd = false

  @Option(
    help: ArgumentHelp(
      "moteus: watchdog time that its commands carry; 0 is the drive's own.", valueName: "seconds"))
  var watchdog: Double?

  @Option(
    help: ArgumentHelp(
      "Full scales that replace the model's: position,velocity,torque,stiffness,damping.",
      valueName: "numbers"))
  var range: String?

  func configuration() throws -> DriveConfiguration {
    guard let family = DriveFamily(name: family) else {
      throw ValidationError("--family takes \(DriveFamily.names.joined(separator: ", ")).")
    }
    guard let known = DriveModel.named(model, family: family) else {
      let names = DriveModel.all(family).map(\.name).joined(separator: ", ")
      throw ValidationError("--model \(model) is not in the family's table: \(names).")
    }
    var drive = DriveConfiguration(
      family: family, bus: 0, id: id, masterID: masterID,
      isFlexibleDataRate: try isFlexible(family), range: try scales() ?? known.range)
    drive.watchdog_us = try watchdog(of: family)
    drive.dialect = known.dialect
    drive.electricalRatio = Double(known.polePairs) * known.builtInRatio
    drive.torqueConstant = known.torqueConstant
    if let mode {
      let words = family.modes.map { ($0.word, $0) }
      guard let known = words.first(where: { $0.0 == mode }) else {
        throw ValidationError("--mode takes \(words.map(\.0).joined(separator: ", ")) for this family.")
      }
      drive.mode = known.1
    }
    drive.velocityLimit = drive.range.velocity
    drive.currentLimit = 1
    return drive
  }

  /// Which format a family's frames have; those of the others are refused rather than never understood.
  private func isFlexible(_ family: DriveFamily) throws -> Bool {
    switch family {
    case .moteus: return true
    case .damiao: return fd
    case .canopen, .mit, .myactuator, .odrive, .odrive05, .robstride:
      if fd { throw ValidationError("--fd goes with damiao and moteus; \(self.family) speaks classic CAN.") }
      return false
    }
  }

  private func watchdog(of family: DriveFamily) throws -> UInt32 {
    guard let watchdog else { return 0 }
    guard family == .moteus else {
      throw ValidationError("--watchdog goes with moteus; the commands of \(self.family) carry none.")
    }
    guard watchdog >= 0, watchdog <= 10 else { throw ValidationError("--watchdog takes 0 to 10 seconds.") }
    return UInt32((watchdog * 1e6).rounded())
  }

  private func scales() throws -> DriveRange? {
    guard let range else { return nil }
    let numbers = range.split(separator: ",").map { Double($0) }
    guard numbers.count == 5, let values = numbers as? [Double], values.allSatisfy({ $0 > 0 && $0.isFinite })
    else {
      throw ValidationError("--range takes five positive numbers with commas between them.")
    }
    return DriveRange(
      position: values[0], velocity: values[1], torque: values[2], stiffness: values[3], damping: values[4])
  }
}

/// Standard input, line by line.
enum FrameLines {
  /// A line that cannot be read, and why.
  struct Problem: Error {
    var message: String
  }

  static func translate(_ translation: (String) throws -> String) throws {
    var number = 0
    var failed = 0
    while let line = readLine() {
      number += 1
      guard line.contains(where: { !$0.isWhitespace }) else { continue }
      do { print(try translation(line)) } catch {
        failed += 1
        printError("line \(number): \((error as? Problem)?.message ?? "\(error)")")
      }
    }
    if failed > 0 { throw ExitCode(Failure.checkFailed) }
  }
}
