import ControlCycle
import Foundation
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// What the safety layer makes of each fault of the table, as measured, beside what the table asks for.
@Suite("Reactions to faults, and the page that shows them")
struct ReactionTests {
  /// What is seen.
  enum Outcome: Equatable {
    /// Bring-up refuses the robot.
    case refused
    /// The robot stops for a reason, so many cycles after the fault began.
    case stops(FaultKind, Int64)
    /// It goes on to the end, with the oldest sample that was used so many cycles old.
    case goesOn(age: Int32)
    /// The loop ends, and every drive has let go within its watchdog's time after the last frame.
    case released
  }
  /// One row of the page.
  struct Row {
    var number: Int
    var text: String
    /// What is asked for, and within which time of cycles T.
    var asked: String
    var outcome: Outcome
    /// Where what is done differs from what is asked for.
    var note = ""
  }

  static let rows: [Row] = [
    Row(
      number: 1, text: "elbow answers-lost at 1.0001 for 0.001", asked: "extrapolate, 1T",
      outcome: .goesOn(age: 2)),
    Row(
      number: 2, text: "elbow answers-lost at 1.0001 for 0.004", asked: "extrapolate, 2T",
      outcome: .goesOn(age: 5)),
    Row(
      number: 3, text: "elbow answers-lost at 1.0001 for 0.006", asked: "isolate the joint, 5T",
      outcome: .stops(.sampleLost, 5), note: "the whole robot stops"),
    Row(
      number: 4, text: "elbow answers-lost at 1.0001", asked: "damp the limb, 20T",
      outcome: .stops(.sampleLost, 5),
      note: "stops at 5T already"),
    Row(
      number: 5, text: "elbow commands-lost at 1.0001", asked: "drive by its watchdog, host within it and 2T",
      outcome: .stops(.sampleLost, 5), note: "a drive that is not asked does not answer, which is seen first"),
    Row(
      number: 6, text: "lower duplicates 1 at 1.0001", asked: "tolerate, 0T",
      outcome: .stops(.busOverloaded, 10), note: "every frame twice is more than the plan has room for"),
    Row(
      number: 7, text: "lower reorders 0.2 at 1.0001 for 0.3", asked: "drop the older one, 0T",
      outcome: .stops(.sampleLost, 63),
      note: "an identifier that carries torque seldom comes again: its command is held for all of 20 ms"),
    Row(
      number: 8, text: "lower delayed 0.001 at 1.0001", asked: "by age, 1T", outcome: .goesOn(age: 3),
      note: "an answer bears no number: the gap when the delay begins is seen, a delay that stays is not"),
    Row(
      number: 9, text: "elbow answers-frozen at 1.0001", asked: "isolate the joint, 20T",
      outcome: .stops(.feedbackFrozen, 63),
      note: "the whole robot stops, 20T after the motion is 0.04 rad away"),
    Row(
      number: 10, text: "elbow answers-corrupt 0.2 at 1.0001 for 0.1", asked: "drop, 1T; 2 of 5 isolate, 5T",
      outcome: .goesOn(age: 2), note: "single jumps are dropped; nothing counts two of five"),
    Row(
      number: 11, text: "elbow answers-short 0.2 at 1.0001 for 0.1", asked: "drop, 0T; 10 a second stop",
      outcome: .goesOn(age: 4), note: "counted as unknown frames; by age"),
    Row(
      number: 12, text: "lower strangers 500 at 1.0001", asked: "count, 0T; over 5 % stop, 100T",
      outcome: .goesOn(age: 1), note: "counted; stops only where the bus is flooded"),
    Row(
      number: 13, text: "elbow twin at 1.0001", asked: "stop, 2T", outcome: .stops(.identifierShared, 26),
      note: "once the two are further apart than a joint moves in a cycle"),
    Row(
      number: 14, text: "lower babbles at 1.0001", asked: "stop, 10T", outcome: .stops(.busOverloaded, 10)),
    Row(number: 15, text: "lower warning at 1.0001", asked: "alarm, 1T", outcome: .goesOn(age: 1)),
    Row(
      number: 16, text: "lower passive at 1.0001", asked: "slow to 25 %, 1T; stop, 100T",
      outcome: .stops(.busPassive, 101)),
    Row(number: 17, text: "lower bus-off at 1.0001", asked: "stop, 2T", outcome: .stops(.busLost, 1)),
    Row(number: 18, text: "lower open at 1.0001", asked: "stop, 5T", outcome: .stops(.busLost, 5)),
    Row(
      number: 19, text: "lower full at 1.0001", asked: "count, 0T; 3 in a row stop, 3T",
      outcome: .stops(.busQueueFull, 4), note: "what a cycle's send met is told in the next one"),
    Row(
      number: 20, text: "lower overflows 0.1 at 1.0001 for 0.1", asked: "count, by age, 1T",
      outcome: .goesOn(age: 3)),
    Row(
      number: 22, text: "lower jitters 0.0005 at 1.0001", asked: "alarm over 10 %, 100T",
      outcome: .goesOn(age: 2)),
    Row(number: 23, text: "lower unplugged at 1.0001", asked: "stop, 1T", outcome: .stops(.busLost, 1)),
    Row(number: 24, text: "lower swapped", asked: "refuse", outcome: .refused),
    Row(number: 25, text: "lower wrong-bitrate", asked: "refuse, 100T", outcome: .refused),
    Row(
      number: 26, text: "elbow reboots at 1.0001", asked: "isolate, 2T", outcome: .stops(.driveDisabled, 2)),
    Row(number: 27, text: "elbow missing", asked: "refuse, 500 ms", outcome: .refused),
    Row(number: 29, text: "elbow watchdog-off", asked: "refuse", outcome: .refused),
    Row(number: 30, text: "shoulder scale-differs 1.5", asked: "refuse", outcome: .refused),
    Row(
      number: 31, text: "elbow encoder-jumps 0.5 at 1.0001", asked: "drop, 1T",
      outcome: .stops(.overspeed, 3), note: "the drive's velocity jumps as well, and that is not dropped"),
    Row(
      number: 38, text: "elbow hardware-fault at 1.0001", asked: "isolate, 2T",
      outcome: .stops(.driveFault, 2)),
    Row(
      number: 40, text: "elbow setpoint-nan at 1.0001", asked: "hold, 0T; 3 stop",
      outcome: .stops(.setpointNotFinite, 3)),
    Row(
      number: 41, text: "elbow setpoint-huge 1000 at 1.0001 for 0.1", asked: "limit, 0T",
      outcome: .stops(.overspeed, 13),
      note:
        "position and velocity are limited; the torque asked for is limited to the joint's, which makes it too fast"
    ),
    Row(number: 42, text: "elbow setpoint-jumps 0.5 at 1.0001", asked: "limit, 0T", outcome: .goesOn(age: 1)),
    Row(
      number: 43, text: "host setpoint-frozen at 1.0001", asked: "freeze, 50T; stop at three times",
      outcome: .stops(.commandTimeout, 151)),
    Row(
      number: 50, text: "elbow winding-overtemperature at 1.0001", asked: "isolate, 100T",
      outcome: .stops(.driveFault, 2)),
    Row(
      number: 52, text: "elbow undervoltage at 1.0001", asked: "freeze, 5T", outcome: .stops(.driveFault, 2)),
    Row(
      number: 54, text: "elbow overcurrent at 1.0001", asked: "isolate, 2T", outcome: .stops(.driveFault, 2)),
    Row(
      number: 61, text: "host late 1.5 at 1.0001 for 0.0005", asked: "hold and count, 1T",
      outcome: .goesOn(age: 1)),
    Row(
      number: 62, text: "host late 1.5 at 1.0001", asked: "slow, then stop, 1T after the m-th",
      outcome: .stops(.deadlineMissed, 8)),
    Row(
      number: 63, text: "host hangs 0.05 at 1.0001", asked: "guardian within 5T and 2T",
      outcome: .stops(.deadlineMissed, 50),
      note: "no guardian: the drives' watchdogs, then the loop when it is back"),
    Row(number: 64, text: "clock steps 3600 at 1.0001", asked: "tolerate, 1T", outcome: .goesOn(age: 1)),
    Row(number: 69, text: "host stops at 1.0001", asked: "stop in profile, exit", outcome: .goesOn(age: 1)),
    Row(number: 70, text: "host killed at 1.0001", asked: "drives by their watchdogs", outcome: .released),
    Row(number: 79, text: "clock drifts 500", asked: "tolerate", outcome: .goesOn(age: 1)),
  ]

  private func seen(_ run: FaultRun) -> Outcome {
    if run.refusal != nil { return .refused }
    if run.isKilled {
      let areReleased = run.robot.joints.indices.allSatisfy { joint in
        let bound = Int64(run.robot.joints[joint].driveWatchdog_us) * 1000 + 250_000
        return run.simulated.contact(of: joint).letGoAfter.map { $0 <= bound } ?? false
      }
      return areReleased ? .released : .goesOn(age: 0)
    }
    if let fault = run.fault { return .stops(fault.fault.kind, run.reaction ?? -1) }
    return .goesOn(age: run.joints.map(\.worstAge).max() ?? 0)
  }

  @Test("Every reaction is as the page says, to the cycle", arguments: rows.indices)
  func reaction(row: Int) throws {
    let row = Self.rows[row]
    let outcome = seen(try FaultRun([row.text], runTime: 1))
    #expect(outcome == row.outcome, "F\(row.number): \(row.text): \(outcome)")
  }

  @Test("Every row is of a number that its fault produces")
  func numbers() throws {
    let robot = SampleRobots.arm(losses: .planetary)
    for row in Self.rows {
      let entry = try Injection(row.text, robot: robot).entry
      #expect(entry.numbers.contains(row.number), "\(row.text)")
    }
  }

  /// The page between its first table's mark and its end.
  static var tables: String {
    var text = FaultCatalogue.markdown + "\n## What is not produced\n\n" + FaultCatalogue.notProducedMarkdown
    text += "\n## Reactions\n\n" + reactionsHead
    text += "| number | injection | asked for | seen | difference |\n|---|---|---|---|---|\n"
    for row in rows {
      text +=
        "| \(FaultCatalogue.number(row.number)) | `\(row.text)` | \(row.asked) | \(words(row.outcome)) |"
      text += row.note.isEmpty ? " |\n" : " \(row.note) |\n"
    }
    return text
  }

  private static let reactionsHead = """
    Measured on two joints with cycles of T = 1 ms, drive watchdogs of 20 ms and lost samples that stop after 5 cycles, in the
    middle of a motion, just behind the start of a cycle. Each row is a test, exact to the cycle. `asked for` is the goal; where less is done, it is said.


    """

  private static func words(_ outcome: Outcome) -> String {
    switch outcome {
    case .refused: "refused by bring-up"
    case .stops(let kind, let cycles): "stops (\(kind)) after \(cycles)T"
    case .goesOn(let age): "goes on, samples up to \(age)T old"
    case .released: "every drive lets go within its watchdog's time"
    }
  }

  @Test("Documentation/Faults.md holds the tables as they are")
  func page() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: root.appendingPathComponent("Documentation/Faults.md"), encoding: .utf8)
    let mark = "<!-- tables: as `FaultCatalogue` and the tests of reactions give them -->\n\n"
    let parts = page.components(separatedBy: mark)
    try #require(parts.count == 2, "the mark is there once")
    if parts[1] != Self.tables {
      let fresh = root.appendingPathComponent(".build/Faults.md")
      try (parts[0] + mark + Self.tables).write(to: fresh, atomically: true, encoding: .utf8)
      Issue.record("the tables differ; copy .build/Faults.md to Documentation/Faults.md")
    }
  }
}
