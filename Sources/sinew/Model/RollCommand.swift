import ArgumentParser
import JointControl

extension ModelCommand {
  /// `sinew model roll`.
  struct Roll: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let a robot's body go, without drives and loop, and print where its joints are.",
      discussion: """
        The plant of the simulator alone: links, rotors, friction, stops, and the actuators' physics where the robot
        names profiles. --states has the format of sinew model eval: q and v are where a roll starts, tau is what the
        motors give throughout, as far as they can; without it the robot starts at its homes, at rest, motors off.
        Tests/Interop/compare_mujoco.py compares the course with MuJoCo's.

        EXAMPLES
          sinew model roll Robots/navigator --for 1
          sinew model roll Robots/navigator --states states.json --for 2 --step 125e-6 --every 0.05 --json
        """)

    @Argument(help: "Directory with a robot.yaml, or the file itself.")
    var robot: String

    @Option(help: "JSON file with the states to start from, a roll each.")
    var states: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("Simulated time.", valueName: "seconds"))
    var duration = 2.0

    @Option(help: ArgumentHelp("Time of one step, in whole nanoseconds.", valueName: "seconds"))
    var step = 250e-6

    @Option(help: ArgumentHelp("Time between two samples, in whole steps.", valueName: "seconds"))
    var every: Double?

    @Flag(
      help: "Let the base float, in free flight without a ground; states may hold base and base_velocity.")
    var free = false

    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    private static let most = 100_000_000.0

    func validate() throws {
      guard step >= 1e-6 && step <= 0.01 && Self.isWhole(step * 1e9) else {
        throw ValidationError("--step takes 1e-6 to 0.01 seconds, in whole nanoseconds.")
      }
      guard duration > 0 && duration / step <= Self.most && Self.isWhole(duration / step) else {
        throw ValidationError("--for takes whole steps, at most \(Int(Self.most)).")
      }
      if let every {
        guard every > 0 && Self.isWhole(every / step) && Self.isWhole(duration / every) else {
          throw ValidationError("--every takes whole steps, and a whole part of --for.")
        }
      }
    }

    func run() throws {
      do {
        let robot = try loadRobot(at: robot)
        let starts = try ModelRoll.starts(states, of: robot, isFree: free)
        let samples = every.map { Int((duration / $0).rounded()) } ?? 1
        let steps = Int((duration / step).rounded())
        let roll = ModelRoll(
          robot: robot, step: Int64((step * 1e9).rounded()), stride: steps / samples, samples: samples,
          isFree: free)
        let courses = starts.map(roll.course)
        print(json ? roll.json(courses).text : roll.text(courses), terminator: json ? "\n" : "")
      } catch let failure as Failure {
        throw failure.report(json: json)
      }
    }

    /// Whether a number is a whole one but for rounding, and at least 1.
    private static func isWhole(_ value: Double) -> Bool {
      value >= 0.5 && (value - value.rounded()).magnitude <= 1e-9 * value
    }
  }
}
