import ArgumentParser
import Foundation
import JointControl
import RobotDescription
import Simulation

/// How many times faster than real time actuators are simulated.
struct ActuatorBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "actuators",
    abstract: "Time the simulation of actuators: motors at 20 kHz, heat, friction, reducers.",
    discussion: """
      The processor time of one thread, so that other programs disturb it less. Mechanics step at --rate, the motors'
      currents at 20 kHz.

      EXAMPLES
        sinew bench actuators Robots/actuators/rs03.yaml
        sinew bench actuators Robots/actuators/tree-orange.yaml --rate 20000 --json
      """)

  @Argument(help: "The actuator's profile.")
  var profile: String

  @Option(help: ArgumentHelp("Actuators.", valueName: "number"))
  var joints = 34

  @Option(help: ArgumentHelp("Mechanical steps a second.", valueName: "hertz"))
  var rate = 4000

  @Option(name: .customLong("for"), help: ArgumentHelp("Simulated time.", valueName: "seconds"))
  var duration = 5.0

  @Flag(help: "Print one JSON object instead of a line.")
  var json = false

  func validate() throws {
    guard (1...64).contains(joints) else { throw ValidationError("--joints takes 1 to 64.") }
    guard [1000, 2000, 4000, 5000, 10_000, 20_000].contains(rate) else {
      throw ValidationError("--rate takes 1000, 2000, 4000, 5000, 10000 or 20000.")
    }
    guard duration > 0 && duration <= 1000 else { throw ValidationError("--for takes up to 1000 seconds.") }
  }

  func run() throws {
    do {
      let part: ActuatorProfile
      do { part = try RobotDescription.loadActuator(profile) } catch { throw Failure(error) }
      guard let model = part.actuator else {
        throw Failure(
          kind: "usage", location: profile, message: "\(part.name) is a reducer without a motor",
          fix: "name a profile that has a motor", code: Failure.badDescription)
      }
      var fleet = ActuatorFleet(
        model, count: joints, step: 1 / Double(rate), substeps: 20_000 / rate, load: 0.5)
      let steps = Int(duration * Double(rate))
      _ = fleet.advance(steps: min(steps, rate / 10))
      let start = clock()
      let sum = fleet.advance(steps: steps)
      let time = Double(clock() - start) / Double(CLOCKS_PER_SEC)
      let nanoseconds = time * 1e9 / Double(steps * joints)
      if json {
        print(
          JSONValue.object([
            ("schema", "sinew.bench.actuators/1"), ("actuator", .string(part.name)),
            ("joints", .integer(Int64(joints))), ("rate_hz", .integer(Int64(rate))),
            ("current_rate_hz", 20_000), ("simulated_s", .number(duration)), ("cpu_s", .number(time)),
            ("real_time_factor", .number(duration / time)), ("joint_step_ns", .number(nanoseconds)),
            ("positions_sum_rad", .number(sum)),
          ]).text)
      } else {
        print(
          "\(joints) x \(part.vendor) \(part.name), mechanics at \(rate) Hz, currents at 20 kHz: "
            + "\(RunReport.fixed(duration / time, 1)) times real time, \(RunReport.fixed(nanoseconds, 0)) ns a joint and step"
        )
      }
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }
}
