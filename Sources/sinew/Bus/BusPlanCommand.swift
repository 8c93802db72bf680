import ArgumentParser
import Foundation
import JointControl
import RobotDescription

/// What the buses of a robot, or a set of messages, carry at worst.
struct BusPlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Prove that buses carry what they must, message by message, and say what would be better.",
    discussion: """
      For a robot: how late each command, question, SYNC, heartbeat, answer and report can end, from worst-case frame lengths,
      the host's first-in-first-out queue and the assumed latencies; then what would be better: order of commands, phases
      of buses, the highest rate, drives on other buses. `worst` goes by order and priorities, `sufficient` by the sum of
      all that the bus carries. A bus that cannot carry the rate is refused with the first message that does not fit and the
      microseconds that are missing. --rate plans for another rate. --svg draws one cycle.

      For a file that ends in .json: response times of Davis, Burns, Bril and Lukkien (2007) for messages of unknown
      phases, exact and by the sufficient test.
        {"bitrate": 1000000, "data_bitrate": 5000000, "messages": [{"name": "a", "id": 291, "extended": false,
         "bytes": 8, "fd": false, "brs": false, "period_us": 1000, "deadline_us": 1000, "jitter_us": 0}]}
      Without data_bitrate, fd, brs, extended, deadline_us and jitter_us: classic CAN, 11 bits, the period, 0.

      Exit codes: 0 all fits, 1 something does not, 2 usage or a bad file.

      EXAMPLES
        sinew bus plan Robots/navigator --svg cycle.svg
        sinew bus plan Robots/g1 --rate 1200
        sinew bus plan messages.json --json
      """)

  @Argument(help: "Directory with a robot.yaml, that file, or a .json file with messages.")
  var robot: String

  @Option(help: "Plan for this rate instead of the robot's [Hz].")
  var rate: Int?

  @Option(help: "Also draw one cycle of a robot's buses into an SVG file.")
  var svg: String?

  @Flag(help: "Print one JSON object instead of tables.")
  var json = false

  func validate() throws {
    if let rate, !(1...PlanProposals.rateLimit).contains(rate) {
      throw ValidationError("--rate is from 1 to \(PlanProposals.rateLimit) Hz")
    }
    if robot.hasSuffix(".json") && (rate != nil || svg != nil) {
      throw ValidationError("--rate and --svg are for a robot; a set of messages has its own periods")
    }
  }

  func run() throws {
    do {
      if robot.hasSuffix(".json") { try planSet() } else { try planRobot() }
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }

  private func planSet() throws {
    let report = MessageSetReport(try MessageSet.load(robot))
    show(report.json, report.table)
    let late = report.problems
    if !late.isEmpty { throw Failure(problems: late, code: Failure.checkFailed) }
  }

  private func planRobot() throws {
    let loaded: Robot
    do throws(DescriptionError) {
      // What does not fit is this command's own answer, with what would be better.
      loaded = try RobotDescription.load(robot, plansBuses: false)
    } catch { throw Failure(error) }
    let report = BusPlanReport(loaded, rate: rate)
    if let svg { try Self.write(BusPlanTimeline(report.plan).svg(title: loaded.name), to: svg) }
    show(report.json, report.table)
    let refusals = report.problems(at: robot)
    if !refusals.isEmpty { throw Failure(problems: refusals, code: Failure.checkFailed) }
  }

  private func show(_ value: JSONValue, _ table: String) {
    print(json ? value.text : table, terminator: json ? "\n" : "")
  }

  private static func write(_ text: String, to path: String) throws {
    do { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) } catch {
      throw Failure(
        kind: "output", location: path, message: "cannot be written: \(error.localizedDescription)",
        fix: "choose a writable file", code: Failure.hostFault)
    }
  }
}
