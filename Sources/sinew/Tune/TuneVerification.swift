import ControlCycle
import JointControl
import Simulation

/// New gains of one joint, tried on the twin, and then taken to the robot.
struct TuneVerification {
  let auto: TuneAuto
  let index: Int
  let gains: ImpedanceGains
  let found: TunedPlant

  /// Highest overshoot of a step [%].
  static let mostOvershoot = 25.0
  /// Part of its torque limit that a step of the size of an experiment may take [%].
  static let mostTorque = 50.0

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
    session.stage = .twin
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

  /// Takes the gains to the robot, and keeps them on trial where its step comes out well.
  ///
  /// - Returns: the run on the robot.
  /// - Throws: `Failure` as `GainApplication`.
  func apply(
    _ joint: inout TuneResult.Joint, _ result: inout TuneResult, _ files: TuneFiles?
  ) throws -> TuneSession.Outcome {
    try GainApplication(run: auto.run, index: index, gains: gains, command: "tune auto --apply")
      .apply(&joint, &result, files)
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
