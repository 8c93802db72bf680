import ControlCycle
import Foundation
import JointControl

/// New gains of one joint, taken to the robot: ramped in, the step once more, kept on trial where it comes out well.
///
/// The robot is armed with the gains in use. The joint is taken to the new ones along a ramp at the cycle's boundary and back when it
/// stops, so that a run which fails, whatever it fails by, ends with gains that are known; nothing of the new ones is on file by then.
struct GainApplication {
  /// The run, on the robot with the gains in use.
  let run: TuneRun
  /// The joint.
  let index: Int
  let gains: ImpedanceGains
  /// What applies them, for their provenance.
  let command: String

  /// Part by which a step's rise may differ between the robot and the twin.
  static let likeness = 0.3
  /// How keys of its checks begin.
  static let key = "applied"

  private var changed: Robot { run.robot.with(gains: [index: gains]) }
  private var step: Experiment {
    Experiment.usual(.step, joint: index, of: changed, share: run.options.share)
  }

  /// Takes the robot's joint to the new gains, repeats the step, and keeps the gains as the robot's trial where it comes out well. Where
  /// it does not, nothing is kept, and the next run has the gains of before.
  ///
  /// - Parameters:
  ///   - joint: what is known of it, with the twin's step; gets the finding, the checks and the outcome.
  ///   - result: where everything that was found goes.
  ///   - files: directory of the result; nil for none.
  /// - Returns: the run on the robot.
  /// - Throws: `Failure` where the robot may not have these gains, where host, bus or drive could not, or the trial cannot be written.
  func apply(
    _ joint: inout TuneResult.Joint, _ result: inout TuneResult, _ files: TuneFiles?
  ) throws -> TuneSession.Outcome {
    let store = try GainStore(run.path)
    // A robot that refuses these gains never sees them.
    try store.checkTrial([joint.name: gains])
    var session = try run.session()
    session.gains = [index: gains]
    let outcome = try run.perform([step], session, recordingTo: run.record(&result, files))
    joint.checks.removeAll { $0.key.hasPrefix(Self.key) }
    let twin = joint.findings.last { $0.stage == .twin }
    try run.keep(outcome, in: &joint, &result, files) { _ in .after }
    if outcome.traces.isEmpty {
      let why = outcome.abort.map { TuneFinding.Abort($0).text } ?? "it never began"
      joint.fail("\(Self.key)_completed", "the step on the robot comes to its end", why)
    }
    if let finding = joint.findings.last(where: { $0.stage == .after }), !outcome.traces.isEmpty {
      joint.checks += TuneVerification.checks(of: finding, outcome, "on the robot", key: Self.key)
      joint.checks.append(alike(finding, twin))
    }
    guard joint.checks.allSatisfy(\.passed) else {
      joint.outcome = .rolledBack
      return outcome
    }
    var provenance = GainProvenance.now(by: command)
    provenance.target = result.target
    if !joint.drive.isEmpty { provenance.firmware = [joint.name: joint.drive] }
    provenance.logHash = result.recordings.last?.hash
    provenance.report = files.map { URL(fileURLWithPath: $0.path(TunePage.file)).path }
    try store.setTrial([joint.name: gains], provenance: provenance)
    joint.outcome = .applied
    return outcome
  }

  /// Whether the robot's step is the twin's: gains that act otherwise than was foreseen are not kept.
  private func alike(_ step: TuneFinding, _ twin: TuneFinding?) -> TuneCheck {
    let rises = [step, twin].map { $0?.figure("rise_time_s")?.value }
    let ratio = rises[0].flatMap { mine in rises[1].flatMap { $0 > 0 ? mine / $0 : nil } }
    return TuneCheck(
      key: "\(Self.key)_as_twin",
      title: "rise on the robot over that on the twin, within \(Int(100 * Self.likeness)) %",
      value: ratio, unit: "", note: ratio == nil ? "not measured" : "",
      passed: ratio.map { ($0 - 1).magnitude <= Self.likeness } ?? false)
  }
}
