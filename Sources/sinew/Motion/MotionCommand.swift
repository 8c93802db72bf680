import ArgumentParser
import Foundation

/// Motions without a robot: what a trajectory would be.
struct MotionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "motion", abstract: "Plan motions without a robot.", subcommands: [Profile.self, Path.self])

  struct Profile: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The fastest jerk-limited motion between two states, of one joint or many.",
      discussion: """
        Reads one JSON object a line from standard input and writes one a line. A line that makes no sense is told with
        its number on standard error; then, and when a motion is refused, the exit code is 1.

          {"joints": {"elbow": {"start": [p, v, a], "target": [p, v, a], "velocity": 2, "acceleration": [-8, 8],
           "jerk": 100, "position": [-1, 2]}, ...}, "synchronization": "time", "goal": "position",
           "least_duration_s": 0, "sample_period_s": 0.01}

        Positions in rad, times in s. What is missing of start and target is zero. A limit is one number for both
        directions or a pair; without "jerk" the acceleration jumps, which makes a trapezoid of velocity. The rest may
        be missing: "synchronization" is time, phase or none, "goal" is position or velocity. With "sample_period_s"
        the answer holds positions, velocities and accelerations at these times.

        EXAMPLES
          sinew motion profile < requests.jsonl
          echo '{"joints": {"elbow": {"target": [1], "velocity": 1, "acceleration": 1, "jerk": 1}}}' | sinew motion profile
        """)

    func run() throws {
      try MotionCommand.answerLines { line in
        let answer = try ProfileRequest(line).answer()
        return (answer.json.text, answer.isPlanned)
      }
    }
  }

  struct Path: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The fastest motion along a curve through points, within limits of each joint.",
      discussion: """
        Reads one JSON object a line from standard input and writes one a line, as profile does.

          {"joints": {"elbow": {"points": [0, 0.5, 0.2], "velocity": 2, "acceleration": 8, "jerk": 100}, ...},
           "parameter": [0, 1, 2], "spline": "natural", "grid": 200, "sample_period_s": 0.01}

        The curve is a cubic spline through the points [rad], at rest at both ends. "parameter" says where on it each point lies;
        without it that is the length of the lines between them. "spline" is natural or not-a-knot, "grid" the number of pieces in
        which the curve is looked at. The answer says "fastest_s", the least time if acceleration may jump, and "duration_s"
        with jerk limits; with "sample_period_s" it holds positions, velocities and accelerations of that motion.

        EXAMPLES
          sinew motion path < requests.jsonl
          echo '{"joints": {"elbow": {"points": [0, 1, 0.5], "velocity": 2, "acceleration": 8, "jerk": 100}}}' | sinew motion path
        """)

    func run() throws {
      try MotionCommand.answerLines { line in
        let answer = try PathRequest(line).answer()
        return (answer.json.text, answer.isPlanned)
      }
    }
  }

  /// Answers each line of standard input; ends with 1 where a motion could not be planned.
  private static func answerLines(_ answer: (String) throws -> (text: String, isPlanned: Bool)) throws {
    var isRefused = false
    try FrameLines.translate { line in
      let (text, isPlanned) = try answer(line)
      if !isPlanned { isRefused = true }
      return text
    }
    if isRefused { throw ExitCode(Failure.checkFailed) }
  }
}
