import ArgumentParser
import Foundation

/// Motions without a robot: what a trajectory would be.
struct MotionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "motion", abstract: "Plan motions without a robot.", subcommands: [Profile.self])

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
      var isRefused = false
      try FrameLines.translate { line in
        let answer = try ProfileRequest(line).answer()
        if !answer.isPlanned { isRefused = true }
        return answer.json.text
      }
      if isRefused { throw ExitCode(Failure.checkFailed) }
    }
  }
}
