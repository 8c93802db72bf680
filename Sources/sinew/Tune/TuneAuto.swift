import ControlCycle
import Foundation
import JointControl
import Simulation
import Tuning

/// From experiments to gains, joint by joint: identify, design, try on the twin, apply, look again, go back where that failed.
struct TuneAuto {
  /// Experiments that gains are made of.
  static let experiments: [Experiment.Kind] = [.friction, .inertia, .chirp, .delay]
  /// Least phase margin of the measured loop [deg], and least gain margin [dB].
  static let leastPhaseMargin = 45.0
  static let leastGainMargin = 6.0
  /// Highest overshoot of a step [%].
  static let mostOvershoot = 25.0
  /// Part of its torque limit that a step of the size of an experiment may take.
  static let mostTorqueShare = 0.5

  let run: TuneRun
  let wanted: GainDesign.Wanted

  private var robot: Robot { run.robot }

  /// What is run on a joint to begin with.
  private func plan(_ index: Int) -> [Experiment] {
    (Self.experiments + [.step]).map {
      Experiment.usual($0, joint: index, of: robot, share: run.options.share)
    }
  }

  /// Tunes joints, one run of the loop after another, and says what came of it.
  ///
  /// - Parameters:
  ///   - joints: their indices.
  ///   - task: what the result is called.
  /// - Throws: `Failure` where experiments cannot come out well, or something could not do what was asked; `ExitCode` where it did not
  ///   come out well.
  func tune(_ joints: [Int], task: String) throws {
    var result = try run.begin(task)
    let files = try run.openFiles()
    try run.ask(run.open(joints.flatMap(plan), in: result))
    var last: TuneSession.Outcome?
    for joint in joints {
      let outcome = try tune(joint, in: &result, files: files)
      if let outcome { last = outcome }
      try files?.write(result)
      if last?.signal != nil || last?.fault != nil { break }
    }
    try run.finish(result, files, last)
  }

  /// Tunes one joint.
  ///
  /// - Parameters:
  ///   - index: the joint.
  ///   - result: where everything that was found goes.
  ///   - files: directory of the recordings; nil for none.
  /// - Returns: the last run of the loop on the robot; nil where none was needed.
  /// - Throws: `Failure` where something could not do what was asked.
  func tune(_ index: Int, in result: inout TuneResult, files: TuneFiles?) throws -> TuneSession.Outcome? {
    let name = robot.joints[index].name
    let outcome = try run.runOpen(plan(index), in: &result, files: files)
    guard var joint = result.joints.first(where: { $0.name == name }) else { return outcome }
    defer { result.replace(joint) }
    let plant = TunedPlant(joint.findings, joint: robot.joints[index])
    joint.parameters = plant.parameters
    joint.checks = []
    joint.outcome = .refused
    guard outcome?.abort == nil, outcome?.fault == nil else { return outcome }
    guard let gains = design(plant, &joint) else { return outcome }
    guard try tryOnTwin(index, gains, plant, &joint) else { return outcome }
    joint.outcome = .designed
    return outcome
  }

  /// Gains for the joint, with a check for each thing they have to keep; nil where there are none.
  private func design(_ plant: TunedPlant, _ joint: inout TuneResult.Joint) -> ImpedanceGains? {
    guard let model = plant.plant else {
      joint.checks.append(
        TuneCheck(
          key: "identified", title: "what gains need is identified", value: nil, unit: "",
          note: plant.objection ?? "", passed: false))
      return nil
    }
    do throws(DesignRefusal) {
      let design = try GainDesign(plant: model, wanted: wanted, limits: plant.limits)
      joint.design = TuneDesign(design, before: plant.joint.configuration.gains, wanted: wanted)
      let gains = ImpedanceGains(stiffness: design.stiffness, damping: design.damping)
      measureMargins(gains, &joint)
      return joint.checks.allSatisfy(\.passed) ? gains : nil
    } catch {
      joint.checks.append(
        TuneCheck(
          key: "design", title: "gains that keep every limit", value: nil, unit: "", note: error.text,
          passed: false))
      return nil
    }
  }

  /// The margins that the new gains have on the measured frequency response, not on the fit.
  private func measureMargins(_ gains: ImpedanceGains, _ joint: inout TuneResult.Joint) {
    guard let place = joint.findings.lastIndex(where: { $0.kind == "chirp" && $0.stage == .measure }),
      let plant = joint.findings[place].responses.first(where: { $0.key == "plant" })
    else { return }
    let points = plant.points.map {
      FrequencyResponse.Point(
        frequency: 2 * .pi * $0.frequency, gain: $0.gain, angle: $0.phase * .pi / 180, coherence: $0.coherence
      )
    }
    guard let described = robot.joints.first(where: { $0.name == joint.name }) else { return }
    let loop = ExperimentAnalysis.loop(FrequencyResponse(points), gains, described)
    let margins = LoopMargins(of: loop.trusted(TuneResponse.leastCoherence))
    let response = TuneResponse(
      "loop_new", "open loop with the new gains", loop, isMeasured: true, margins: margins)
    joint.findings[place].responses.removeAll { $0.key == response.key }
    joint.findings[place].responses.append(response)
    // A margin that lies beyond the frequencies that can be trusted cannot be looked at; the design's own stands.
    let phase = response.margins?.phase
    joint.checks.append(
      TuneCheck(
        key: "measured_phase_margin",
        title: "phase margin of the measured loop, at least \(Int(Self.leastPhaseMargin)) deg",
        value: phase, unit: "deg",
        note: phase == nil ? "the gain crosses one outside the frequencies that can be trusted" : "",
        passed: phase.map { $0 >= Self.leastPhaseMargin } ?? true))
    let gain = response.margins?.gain
    joint.checks.append(
      TuneCheck(
        key: "measured_gain_margin",
        title: "gain margin of the measured loop, at least \(Int(Self.leastGainMargin)) dB",
        value: gain, unit: "dB",
        note: gain == nil ? "the phase crosses half a turn outside the frequencies that can be trusted" : "",
        passed: gain.map { $0 >= Self.leastGainMargin } ?? true))
  }

  /// The step with the new gains on a simulated robot whose joint is as it was identified.
  private func tryOnTwin(
    _ index: Int, _ gains: ImpedanceGains, _ plant: TunedPlant, _ joint: inout TuneResult.Joint
  ) throws -> Bool {
    guard let identified = plant.identified else { return false }
    let changed = robot.with(gains: [index: gains])
    var session = TuneSession(changed, at: run.path, on: run.place)
    session.target = .sim
    session.pace = .fast
    session.plant = changed.twin([index: identified])
    session.isQuiet = true
    let step = Experiment.usual(.step, joint: index, of: changed, share: run.options.share)
    if let objection = step.objections(for: changed).first {
      joint.checks.append(
        TuneCheck(
          key: "twin_completed", title: "the step on the twin comes to its end", value: nil, unit: "",
          note: "\(objection.message); \(objection.fix)", passed: false))
      return false
    }
    let outcome = try session.run([step])
    guard let trace = outcome.traces.first else { return false }
    let finding = TuneFinding(trace, of: changed, stage: .twin)
    joint.keep(finding)
    joint.checks += Self.checks(of: finding, outcome, "on the twin", key: "twin")
    return joint.checks.allSatisfy(\.passed)
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
          key: "\(key)_\(word)",
          title: "\(title) \(place), at most \(Markup.number(most, digits: 3)) \(figure?.unit ?? "")",
          value: value, unit: figure?.unit ?? "", note: value == nil ? figure?.reason ?? "not measured" : "",
          passed: value.map { $0 <= most } ?? false))
    }
    guard reason == nil else { return checks }
    check("overshoot", "overshoot", step.figure("overshoot_percent"), most: mostOvershoot)
    check(
      "torque", "torque of the limit", step.settings.first { $0.key == "peak_torque_share_percent" },
      most: 100 * mostTorqueShare)
    return checks
  }
}

extension TuneResult {
  /// Puts a joint in the place of the one of its name.
  mutating func replace(_ joint: Joint) {
    if let place = joints.firstIndex(where: { $0.name == joint.name }) {
      joints[place] = joint
    } else {
      joints.append(joint)
    }
  }
}

extension TuneResult.Joint {
  /// Takes an experiment, in the place of the same one from before.
  mutating func keep(_ finding: TuneFinding) {
    if let place = findings.firstIndex(where: { $0.kind == finding.kind && $0.stage == finding.stage }) {
      findings[place] = finding
    } else {
      findings.append(finding)
    }
  }
}
