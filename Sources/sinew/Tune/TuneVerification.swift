import ControlCycle
import Foundation
import JointControl
import Simulation

/// New gains of one joint, tried: on the twin, then on the robot, where they are kept on trial or gone back from.
struct TuneVerification {
  let auto: TuneAuto
  let index: Int
  let gains: ImpedanceGains
  let found: TunedPlant

  /// Highest overshoot of a step [%].
  static let mostOvershoot = 25.0
  /// Part of its torque limit that a step of the size of an experiment may take [%].
  static let mostTorque = 50.0
  /// Part by which a step's rise may differ between the robot and the twin.
  static let likeness = 0.3

  private var robot: Robot { auto.robot }
  private var changed: Robot { robot.with(gains: [index: gains]) }
  private var step: Experiment {
    Experiment.usual(.step, joint: index, of: changed, share: auto.run.options.share)
  }

  /// Makes the step with the new gains on a simulated robot whose joint is as it was identified.
  ///
  /// - Parameter joint: gets the finding and the checks.
  /// - Returns: whether every check passed.
  /// - Throws: `Failure` where the simulation could not be run.
  func passesOnTwin(_ joint: inout TuneResult.Joint) throws -> Bool {
    guard let identified = found.identified else { return false }
    if let objection = TuneAuto.objection([step], to: changed) {
      joint.fail("twin_completed", "the step on the twin comes to its end", objection)
      return false
    }
    var session = try auto.run.session()
    session.target = .sim
    session.pace = .fast
    session.isQuiet = true
    session.homing = nil
    session.gains = [index: gains]
    session.plant = robot.twin([index: identified])
    let outcome = try session.run([step])
    guard let trace = outcome.traces.first else { return false }
    let finding = TuneFinding(trace, of: changed, stage: .twin)
    joint.keep(finding)
    joint.checks += Self.checks(of: finding, outcome, "on the twin", key: "twin")
    return joint.checks.allSatisfy(\.passed)
  }

  /// Takes the robot's joint to the new gains along a ramp, repeats the step, and keeps the gains as the robot's trial where it comes out
  /// well. Where it does not, nothing is kept: the run ended in damping, and the next one has the gains of before.
  ///
  /// - Returns: the run on the robot.
  /// - Throws: `Failure` where host, bus or drive could not, or the trial cannot be written.
  func apply(
    _ joint: inout TuneResult.Joint, _ result: inout TuneResult, _ files: TuneFiles?
  ) throws -> TuneSession.Outcome {
    var session = try auto.run.session()
    session.gains = [index: gains]
    let outcome = try auto.run.perform([step], session, recordingTo: auto.run.record(&result, files))
    let twin = joint.findings.last { $0.stage == .twin }
    var checks: [TuneCheck] = []
    if let trace = outcome.traces.first {
      let finding = TuneFinding(trace, of: changed, stage: .after)
      try auto.run.keep(outcome, in: &joint, &result, files) { _ in .after }
      checks = Self.checks(of: finding, outcome, "on the robot", key: "applied")
      checks.append(alike(finding, twin))
    } else {
      let why = outcome.abort.map { TuneFinding.Abort($0).text } ?? "it never began"
      joint.fail("applied_completed", "the step on the robot comes to its end", why)
    }
    joint.checks += checks
    guard joint.checks.allSatisfy(\.passed) else {
      joint.outcome = .rolledBack
      return outcome
    }
    var provenance = GainProvenance.now(by: "tune auto --apply")
    provenance.target = result.target
    if !joint.drive.isEmpty { provenance.firmware = [joint.name: joint.drive] }
    provenance.logHash = result.recordings.last?.hash
    provenance.report = files.map { URL(fileURLWithPath: $0.path(TunePage.file)).path }
    try GainStore(auto.run.path).setTrial([joint.name: gains], provenance: provenance)
    joint.outcome = .applied
    return outcome
  }

  /// Whether the robot's step is the twin's: gains that act otherwise than was foreseen are not kept.
  private func alike(_ step: TuneFinding, _ twin: TuneFinding?) -> TuneCheck {
    let rises = [step, twin].map { $0?.figure("rise_time_s")?.value }
    let ratio = rises[0].flatMap { mine in rises[1].flatMap { $0 > 0 ? mine / $0 : nil } }
    return TuneCheck(
      key: "applied_as_twin",
      title: "rise on the robot over that on the twin, within \(Int(100 * Self.likeness)) %",
      value: ratio, unit: "", note: ratio == nil ? "not measured" : "",
      passed: ratio.map { ($0 - 1).magnitude <= Self.likeness } ?? false)
  }

  /// What has to hold of a step with new gains.
  static func checks(
    of step: TuneFinding, _ outcome: TuneSession.Outcome, _ place: String, key: String
  ) -> [TuneCheck] {
    let reason = step.abort?.text ?? outcome.fault.map { "\($0)" }
    var checks = [
      TuneCheck(
        key: "\(key)_completed", title: "the step \(place) comes to its end", value: nil, unit: "",
        note: reason ?? "", passed: reason == nil)
    ]
    func check(_ word: String, _ title: String, _ figure: TuneFigure?, most: Double) {
      let value = figure?.value
      checks.append(
        TuneCheck(
          key: "\(key)_\(word)", title: "\(title) \(place), at most \(Markup.number(most, digits: 3)) %",
          value: value, unit: "%", note: value == nil ? figure?.reason ?? "not measured" : "",
          passed: value.map { $0 <= most } ?? false))
    }
    guard reason == nil else { return checks }
    check("overshoot", "overshoot", step.figure("overshoot_percent"), most: mostOvershoot)
    let share = step.settings.first { $0.key == "peak_torque_share_percent" }
    check("torque", "torque of the limit", share, most: mostTorque)
    return checks
  }
}
