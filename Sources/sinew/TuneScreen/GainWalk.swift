import ControlCycle
import Foundation
import JointControl
import Tuning

/// Gains found by hand, as those who know a drive do it: raise, feel, back off. Each round is a step with the gains of it.
struct GainWalk {
  /// One round.
  struct Round {
    var gains: ImpedanceGains
    /// The step.
    var finding: TuneFinding
    /// Torque that goes on when the joint should rest, RMS [N.m].
    var ripple: Double
  }

  /// What a person asks for.
  enum Move {
    case stiffer, softer, moreDamping, lessDamping, backOff, undo, again
  }

  /// Factor of a raise, and of going down again.
  static let factor = 1.5
  /// Overshoot from which it rings [%].
  static let ringing = 25.0
  /// Part of the torque limit from which a torque at rest is a buzz.
  static let buzzing = 0.02

  let joint: RobotJoint
  private(set) var rounds: [Round] = []
  /// Gains that can be gone back to, the present ones last.
  private var trail: [ImpedanceGains] = []

  /// A walk of one joint.
  init(_ joint: RobotJoint) { self.joint = joint }

  /// Takes a step.
  mutating func take(_ finding: TuneFinding, _ trace: ExperimentTrace?, gains: ImpedanceGains) {
    if trail.count > 1, trail[trail.count - 2] == gains {
      trail.removeLast()
    } else if trail.last != gains {
      trail.append(gains)
    }
    rounds.append(
      Round(gains: gains, finding: finding, ripple: trace?.record.map(Self.ripple) ?? 0))
  }

  /// The gains of the next round; nil where there is nothing to go back to.
  func gains(after move: Move) -> ImpedanceGains? {
    guard var gains = rounds.last?.gains else { return nil }
    switch move {
    case .stiffer: gains.stiffness = Self.rounded(gains.stiffness * Self.factor)
    case .softer: gains.stiffness = Self.rounded(gains.stiffness / Self.factor)
    case .moreDamping: gains.damping = Self.rounded(gains.damping * Self.factor)
    case .lessDamping: gains.damping = Self.rounded(gains.damping / Self.factor)
    case .backOff: gains.damping = Self.rounded(gains.damping / 2)
    case .undo:
      guard trail.count > 1 else { return nil }
      return trail[trail.count - 2]
    case .again: break
    }
    return gains
  }

  /// What the last round says.
  var advice: String {
    guard let round = rounds.last else { return "" }
    if let abort = round.finding.abort {
      return "it ended early, \(abort.text): u goes back to the gains before"
    }
    if isBuzzing(round) { return "it buzzes, \(Self.short(round.ripple)) N.m at rest: b halves the damping" }
    guard let overshoot = round.finding.figure("overshoot_percent")?.value else {
      return "friction holds it: + makes it stiffer"
    }
    if overshoot > Self.ringing { return "it rings, \(Self.short(overshoot)) %: > adds damping" }
    return "quiet: + makes it stiffer, t keeps these gains as the trial"
  }

  /// Whether torque goes on when the joint should rest.
  func isBuzzing(_ round: Round) -> Bool {
    round.ripple > Self.buzzing * joint.configuration.limits.torque
  }

  /// One word of a round.
  func word(_ round: Round) -> String {
    if round.finding.abort != nil { return "ended early" }
    if isBuzzing(round) { return "buzzes" }
    guard let overshoot = round.finding.figure("overshoot_percent")?.value else { return "held" }
    return overshoot > Self.ringing ? "rings" : "quiet"
  }

  /// A round in one line, and the columns of its table.
  func row(_ index: Int) -> [String] {
    let round = rounds[index]
    func number(_ key: String, _ scale: Double) -> String {
      round.finding.figure(key)?.value.map { Self.short($0 * scale) } ?? "-"
    }
    return [
      "\(index + 1)", Self.short(round.gains.stiffness), Self.short(round.gains.damping),
      number("rise_time_s", 1000), number("overshoot_percent", 1), number("settling_time_s", 1000),
      Self.short(round.ripple), word(round),
    ]
  }

  static let header = ["round", "N.m/rad", "N.m.s/rad", "rise ms", "over %", "settled ms", "rest N.m", ""]

  /// For machines.
  var json: JSONValue {
    .array(
      rounds.map { round in
        let value = { (key: String) in
          round.finding.figure(key)?.value.map(JSONValue.number) ?? .null
        }
        return .object([
          ("gains", round.gains.json), ("rise_time_s", value("rise_time_s")),
          ("overshoot_percent", value("overshoot_percent")), ("settling_time_s", value("settling_time_s")),
          ("ripple_nm", .number(round.ripple)), ("says", .string(word(round))),
        ])
      })
  }

  /// RMS of the measured torque about its mean in the last fifth of each part, the worst part [N.m].
  private static func ripple(_ record: JointRecord) -> Double {
    record.runs.map { run in
      let tail = record.torques[(run.rows.upperBound - max(run.rows.count / 5, 1))..<run.rows.upperBound]
      let mean = tail.reduce(0, +) / Double(tail.count)
      return (tail.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(tail.count)).squareRoot()
    }.max() ?? 0
  }

  /// Three digits: nobody feels the fourth.
  private static func rounded(_ value: Double) -> Double { Double(String(format: "%.3g", value)) ?? value }

  /// Three digits of what was measured.
  private static func short(_ value: Double) -> String { Markup.measured(value, digits: 3) }
}
