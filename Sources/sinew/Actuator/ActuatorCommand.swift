import ArgumentParser
import Foundation
import JointControl
import RobotDescription
import Simulation

/// What the models of actuators give beside what their data sheets print.
struct ActuatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "actuator",
    abstract: "Read actuator profiles and compare their models with the printed numbers.",
    discussion: """
      A profile holds a part's motor, heat, reducer, friction and encoders, the sources of its numbers, and numbers that a
      data sheet prints, each with how far the model may be off. What is wrong with a file is reported as file:line:column.
      Exit code 1 when a model is further off than its profile allows.
      --markdown prints the pages of Documentation/Actuators.md.

      EXAMPLES
        sinew actuator Robots/actuators/rs03.yaml
        sinew actuator Robots/actuators --json
        sinew actuator Robots/actuators --markdown
      """)

  @Argument(help: "Profiles, or directories of them.")
  var paths: [String]

  @Flag(help: "Print pages in Markdown instead of tables.")
  var markdown = false

  @Flag(help: "Print one JSON object instead of tables.")
  var json = false

  func validate() throws {
    if markdown && json { throw ValidationError("--markdown and --json exclude each other.") }
    if paths.isEmpty { throw ValidationError("name a profile, such as Robots/actuators/rs03.yaml.") }
  }

  func run() throws {
    do {
      let parts = try files().map { path in
        do {
          let profile = try RobotDescription.loadActuator(path)
          return ActuatorPage(path: path, profile: profile, validation: ActuatorValidation(profile))
        } catch let error as DescriptionError { throw Failure(error) }
      }
      if json {
        print(
          JSONValue.object([
            ("schema", "sinew.actuator/1"), ("actuators", .array(parts.map(\.document))),
          ]).text)
      } else if markdown {
        print(ActuatorPage.document(of: parts), terminator: "")
      } else {
        print(parts.map(\.table).joined(separator: "\n"), terminator: "")
      }
      if parts.contains(where: { !$0.isWithin }) { throw ExitCode(Failure.checkFailed) }
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }

  /// The files that the arguments stand for, those of a directory by name.
  private func files() throws -> [String] {
    try paths.flatMap { path -> [String] in
      var isDirectory: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue
      else { return [path] }
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter {
        $0.hasSuffix(".yaml")
      }
      if names.isEmpty {
        throw Failure(
          kind: "usage", location: path, message: "the directory holds no profile",
          fix: "name a directory of .yaml files, such as Robots/actuators", code: Failure.badDescription)
      }
      return names.sorted().map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }
  }
}
