import ArgumentParser
import Foundation
import JointControl
import RobotDescription

/// A robot for other tools.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a robot's buses for other tools.",
    discussion: """
      EXAMPLES
        sinew export dbc Robots/navigator --output dbc
      """, subcommands: [DBCCommand.self])
}

/// One DBC a bus, with the robot's own identifiers and scales.
struct DBCCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dbc",
    abstract: "Describe a robot's buses as DBC files, for cantools, SavvyCAN and others.",
    discussion: """
      A message a drive and direction, named after the joint, with the drive's identifiers and the scales of its range: a
      trace of the robot then reads in rad, rad/s and N.m at the shafts that the drives report. What a DBC cannot say, such
      as the torque in a RobStride's identifier or the registers of a moteus frame, is said in comments. One bus goes to
      standard output, several into files BUS.dbc of a directory.

      EXAMPLES
        sinew export dbc Robots/navigator --bus left_arm > left_arm.dbc
        sinew export dbc Robots/navigator --output dbc
      """)

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Option(help: ArgumentHelp("Only this bus.", valueName: "name"))
  var bus: String?

  @Option(help: ArgumentHelp("Directory for the files; is made where it is missing.", valueName: "directory"))
  var output: String?

  func run() throws {
    do {
      let robot = try loadRobot(at: robot)
      let chosen = try buses(of: robot)
      guard let output else {
        guard chosen.count == 1 else {
          throw Failure(
            kind: "usage", location: "sinew export dbc",
            message: "\(robot.name) has \(chosen.count) buses, and a DBC describes one",
            fix: "name one with --bus, or a directory with --output", code: Failure.badDescription)
        }
        return print(DBCMessages.file(bus: chosen[0], of: robot).text, terminator: "")
      }
      for bus in chosen { try write(bus, of: robot, into: output) }
    } catch let failure as Failure {
      throw failure.report(json: false)
    }
  }

  private func buses(of robot: Robot) throws -> [Int] {
    guard let bus else { return Array(robot.buses.indices) }
    guard let index = robot.buses.firstIndex(where: { $0.name == bus }) else {
      throw Failure(
        kind: "usage", location: "--bus \(bus)", message: "this robot has no such bus",
        fix: suggestion(for: bus, among: robot.buses.map(\.name), what: "bus"), code: Failure.badDescription)
    }
    return [index]
  }

  private func write(_ bus: Int, of robot: Robot, into directory: String) throws {
    let path = "\(directory)/\(robot.buses[bus].name).dbc"
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      try Data(DBCMessages.file(bus: bus, of: robot).text.utf8).write(to: URL(fileURLWithPath: path))
    } catch {
      throw Failure(
        kind: "output", location: path, message: "cannot be written: \(error.localizedDescription)",
        fix: "choose a writable directory", code: Failure.hostFault)
    }
    printError("\(path)")
  }
}
