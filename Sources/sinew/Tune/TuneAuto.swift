import ControlCycle
import Foundation
import JointControl
import Tuning

/// From experiments to gains, joint by joint: identify, design, try on the twin, apply, look again, go back where that failed.
struct TuneAuto {
  /// Experiments that gains are made of; inertia is done twice.
  static let experiments: [Experiment.Kind] = [.friction, .inertia, .chirp, .delay]

  let run: TuneRun
  let wanted: GainDesign.Wanted
  /// Whether gains that pass on the twin are tried on the robot, and kept as its trial where they pass there too.
  var applies = false

  var robot: Robot { run.robot }

  /// Tunes joints, one after another, and says what came of it.
  ///
  /// - Parameters:
  ///   - joints: their indices.
  ///   - task: what the result is called.
  /// - Throws: `Failure` where experiments cannot come out well, or something could not do what was asked; `ExitCode` where it did not
  ///   come out well.
  func tune(_ joints: [Int], task: String) throws {
    var result = try run.begin(task)
    let files = try run.openFiles()
    let open = joints.filter { !isDone($0, in: result) }
    let plans = open.flatMap(firstPlan)
    try TuneSession.check(plans, for: robot)
    try run.ask(plans)
    var last: TuneSession.Outcome?
    for index in open {
      let outcome = try tune(index, in: &result, files: files)
      try files?.write(result)
      if let outcome { last = outcome }
      if last?.signal != nil || last?.fault != nil { break }
    }
    try run.finish(result, files, last)
  }

  /// Tunes one joint, in the place of what was found of it before.
  ///
  /// - Parameters:
  ///   - index: the joint.
  ///   - result: where everything that was found goes.
  ///   - files: directory of the recordings; nil for none.
  /// - Returns: the last run of the loop on the robot.
  /// - Throws: `Failure` where something could not do what was asked.
  func tune(_ index: Int, in result: inout TuneResult, files: TuneFiles?) throws -> TuneSession.Outcome? {
    var joint = TuneResult.Joint(name: robot.joints[index].name)
    try TuneSession.check(firstPlan(index), for: robot)
    let outcome = try tune(index, &joint, &result, files)
    result.replace(joint)
    return outcome
  }

  /// Whether a result that is gone on with has the joint already.
  private func isDone(_ index: Int, in result: TuneResult) -> Bool {
    guard let joint = result.joints.first(where: { $0.name == robot.joints[index].name }), joint.passed else {
      return false
    }
    return joint.outcome == .applied || joint.outcome == .kept || (joint.outcome == .designed && !applies)
  }

  /// Tunes one joint.
  ///
  /// - Returns: the last run of the loop on the robot.
  private func tune(
    _ index: Int, _ joint: inout TuneResult.Joint, _ result: inout TuneResult, _ files: TuneFiles?
  ) throws -> TuneSession.Outcome? {
    joint.outcome = .refused
    // What is found with the description's numbers says how hard the joint may be excited.
    let first = try run.perform(firstPlan(index), run.session(), recordingTo: run.record(&result, files))
    try run.keep(first, in: &joint, &result, files)
    guard first.isWhole else { return first }
    let rough = TunedPlant(robot.joints[index], robot, first.traces)
    let plan = secondPlan(index, rough)
    if let objection = Self.objection(plan, to: robot) {
      joint.fail("identify", "the joint can be excited enough to identify it", objection)
      return first
    }
    let (second, traces) = try measure(plan, in: &joint, &result, files)
    guard second.isWhole else { return second }
    let found = TunedPlant(robot.joints[index], robot, first.traces + traces)
    joint.parameters = found.parameters(joint.findings)
    guard let gains = design(found, traces, &joint) else { return second }
    if case .stiffest = wanted, joint.keepsGainsInUse() {
      joint.outcome = .kept
      return second
    }
    let verification = TuneVerification(auto: self, index: index, gains: gains, found: found)
    guard try verification.passesOnTwin(&joint) else { return second }
    joint.outcome = .designed
    guard applies else { return second }
    return try verification.apply(&joint, &result, files)
  }

  // MARK: Experiments

  /// Runs a plan. What leaves its envelope ends in damping, as ever, and is tried again with half of the amplitude: how far a torque
  /// moves a joint is known for sure only when it has moved.
  ///
  /// - Returns: the last run, and what was measured by all of them.
  private func measure(
    _ plan: [Experiment], in joint: inout TuneResult.Joint, _ result: inout TuneResult, _ files: TuneFiles?,
    tries: Int = 4
  ) throws -> (TuneSession.Outcome, [ExperimentTrace]) {
    let outcome = try run.perform(plan, run.session(), recordingTo: run.record(&result, files))
    try run.keep(outcome, in: &joint, &result, files) { $0 == .step ? .before : .measure }
    let whole = outcome.traces.filter { $0.abort == nil }
    guard tries > 1, let again = Self.again(plan, after: outcome), Self.objection(again, to: robot) == nil
    else {
      return (outcome, whole)
    }
    let (last, more) = try measure(again, in: &joint, &result, files, tries: tries - 1)
    return (last, whole + more)
  }

  /// What of a plan is tried again with half of the amplitude; nil where it came to its end, or ended for anything but its envelope.
  static func again(_ plan: [Experiment], after outcome: TuneSession.Outcome) -> [Experiment]? {
    guard let abort = outcome.abort, abort.isEnvelope, outcome.fault == nil, outcome.signal == nil else {
      return nil
    }
    var open = Array(plan.dropFirst(outcome.traces.count { $0.abort == nil }))
    // A step is as large as its joint's stiffness and travel say: once more it would end as before.
    guard open.first?.isExcited == true else { return nil }
    for place in open.indices where open[place].isExcited { open[place].amplitude *= 0.5 }
    return open
  }

  private func usual(_ kind: Experiment.Kind, _ index: Int) -> Experiment {
    Experiment.usual(kind, joint: index, of: robot, share: run.options.share)
  }

  /// Friction and inertia, with numbers that suit the joint as it is described.
  private func firstPlan(_ index: Int) -> [Experiment] {
    [usual(.friction, index), usual(.inertia, index)]
  }

  /// Inertia, chirp and delay as large as what was found allows, and a step with the gains in use.
  private func secondPlan(_ index: Int, _ rough: TunedPlant) -> [Experiment] {
    var inertial = usual(.inertia, index)
    var chirp = usual(.chirp, index)
    var binary = usual(.delay, index)
    let gains = robot.joints[index].configuration.gains
    if let size = rough.excitation(envelope: inertial.envelope, gains: gains), gains.stiffness > 0 {
      let highest = inertial.highestFrequency(robot)
      let natural = (gains.stiffness / size.inertia).squareRoot() / (2 * .pi)
      let tones = min(0.8 * natural, 0.3 * highest)...min(2 * natural, 0.8 * highest)
      inertial.band = tones
      inertial.duration = 9
      inertial.amplitude = size.amplitude(in: tones)
      var careful = size
      careful.way *= 0.8
      let wide = min(2, 0.1 * highest)...min(30, 0.8 * highest)
      chirp.band = wide.lowerBound...highest
      chirp.amplitude = careful.amplitude(in: wide)
      binary.duration = 8
      binary.amplitude = 0.6 * careful.amplitude(in: wide)
    }
    return [inertial, chirp, binary, usual(.step, index)]
  }

  /// What keeps experiments from coming out well, in a line; nil where nothing does.
  static func objection(_ experiments: [Experiment], to robot: Robot) -> String? {
    let all = experiments.flatMap { $0.objections(for: robot) }
    return all.first.map { "\($0.message); \($0.fix)" }
  }

  // MARK: Gains

  /// Gains for the joint, with a check for each thing they have to keep; nil where there are none.
  private func design(
    _ found: TunedPlant, _ traces: [ExperimentTrace], _ joint: inout TuneResult.Joint
  ) -> ImpedanceGains? {
    if let objection = found.objection {
      joint.fail("identified", "what gains need is identified", objection)
      return nil
    }
    guard let plant = found.plant else { return nil }
    let chirp = traces.last { $0.experiment.kind == .chirp && $0.abort == nil }
    let measured = chirp.flatMap { MeasuredGains($0, of: robot) }
    do throws(DesignRefusal) {
      let search = GainSearch(
        plant: plant, limits: found.limits, wanted: wanted, measured: measured.map { $0.loop })
      let (design, margins) = try search.gains()
      let inUse = found.joint.configuration.gains
      let review = try GainDesign.review(
        stiffness: inUse.stiffness, damping: inUse.damping, plant: plant, limits: found.limits)
      joint.design = TuneDesign(design, before: inUse, with: review.margins, wanted: wanted)
      joint.note(margins, of: design)
      return joint.checks.allSatisfy(\.passed) ? design.gains : nil
    } catch {
      joint.fail("design", "gains that keep every limit", error.text)
      return nil
    }
  }
}

extension TuneSession.Outcome {
  /// Whether every experiment came to its end, and nothing else happened.
  var isWhole: Bool { abort == nil && fault == nil && signal == nil }
}

extension ExperimentAbort {
  /// Whether the joint went farther, faster or harder than it was allowed to: less torque may do.
  var isEnvelope: Bool {
    switch self {
    case .position, .velocity, .torque, .trackingError: true
    case .temperature, .released, .stopped, .fault, .inconclusive: false
    }
  }
}

extension Experiment {
  /// Whether torque shakes the joint beside its impedance.
  fileprivate var isExcited: Bool { [.inertia, .chirp, .delay, .multisine].contains(kind) }

  /// Highest frequency that it may excite [Hz]: with room below half the cycle's.
  func highestFrequency(_ robot: Robot) -> Double { min(300, 0.3e9 / Double(robot.period)) }
}

extension TuneResult.Joint {
  /// Notes something that does not hold.
  mutating func fail(_ key: String, _ title: String, _ note: String) {
    checks.append(TuneCheck(key: key, title: title, value: nil, unit: "", note: note, passed: false))
  }
}
