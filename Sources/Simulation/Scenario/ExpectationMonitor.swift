import ControlCycle
import JointControl

/// Watches a run for one expectation; everything it needs is allocated before.
struct ExpectationMonitor {
  let expectation: ScenarioExpectation
  /// Samples of a bounded quantity, by joint; one for a quantity of the robot.
  private var summaries: [SampleSummary] = []
  /// When what is waited for was first seen, and by which joints.
  private var seenAt: Double?
  private var seen = JointSet()
  /// The first instant at which what should hold throughout did not, and how it was then.
  private var brokenAt: Double?
  private var brokenBy = SafetyState.disarmed
  private var looked: Int64 = 0
  private var stop: StopWatch?

  init(_ expectation: ScenarioExpectation, jointCount: Int) {
    self.expectation = expectation
    switch expectation.kind {
    case .bound(let quantity, _, _, _):
      summaries = Array(repeating: SampleSummary(), count: quantity.isOfJoint ? jointCount : 1)
    case .stop(_, let speed, _): stop = StopWatch(jointCount: jointCount, speed: speed)
    default: break
    }
  }

  /// Takes a cycle.
  mutating func take(
    _ signals: CycleSignals, control: borrowing ControlCycle, robot: SimulatedRobot
  ) {
    let time = signals.time
    guard expectation.window.contains(time) else { return }
    switch expectation.kind {
    case .bound(let quantity, _, _, _):
      for joint in summaries.indices where !quantity.isOfJoint || expectation.joints.contains(joint) {
        let value = signals.value(quantity, joint: joint)
        if !value.isNaN { summaries[joint].add(value, at: time) }
      }
    case .state(let wanted, let deadline):
      looked += 1
      let isSo = control.safety.state == wanted
      if let deadline {
        if isSo { note(time, from: deadline) }
      } else if !isSo && brokenAt == nil {
        brokenAt = time
        brokenBy = control.safety.state
      }
    case .isolated(let deadline):
      let isolated = control.safety.isolated
      if isolated.contains(all: expectation.joints) { note(time, from: deadline) }
    case .stale(let deadline):
      if control.stale.contains(all: expectation.joints) { note(time, from: deadline) }
    case .slowed(let deadline):
      let isSlowed =
        control.safety.isSlowed
        || (expectation.namesJoints
          ? control.derated.contains(all: expectation.joints) : !control.derated.isEmpty)
      if isSlowed { note(time, from: deadline) }
    case .frozen(let deadline): if control.safety.isFrozen { note(time, from: deadline) }
    case .fault(let kind, let deadline):
      if isLatched(kind, control) { note(time, from: deadline, evenBefore: true) }
    case .drivesOff(let deadline): takeDrives(at: time, from: deadline, of: robot, control.jointCount)
    case .stop(let deadline, _, _):
      stop?.take(signals, control: control, joints: expectation.joints, after: deadline.after)
    case .noFault, .refused: break
    }
  }

  /// Takes an instant at which the loop is gone: all that happens then is that drives let go.
  mutating func takeSilence(at time: Double, control: borrowing ControlCycle, robot: SimulatedRobot) {
    guard expectation.window.contains(time), case .drivesOff(let deadline) = expectation.kind else { return }
    takeDrives(at: time, from: deadline, of: robot, control.jointCount)
  }

  private mutating func takeDrives(
    at time: Double, from deadline: ScenarioExpectation.Deadline, of robot: SimulatedRobot, _ jointCount: Int
  ) {
    for joint in 0..<jointCount where expectation.joints.contains(joint) {
      if robot.firmware(of: joint).isObeying { return }
    }
    note(time, from: deadline)
  }

  /// Notes that what is waited for is so; what was so before it was waited for counts only where it is latched.
  private mutating func note(
    _ time: Double, from deadline: ScenarioExpectation.Deadline, evenBefore: Bool = false
  ) {
    guard seenAt == nil, evenBefore || time >= deadline.after - 1e-9 else { return }
    seenAt = time
  }

  /// Whether a fault of a kind is latched by all joints that are named, for the robot or for a bus that was given up.
  private func isLatched(_ kind: FaultKind?, _ control: borrowing ControlCycle) -> Bool {
    let fault = control.safety.fault
    if fault.isLatched && (kind == nil || kind == fault.kind)
      && (!expectation.namesJoints || fault.joints.contains(all: expectation.joints))
    {
      return true
    }
    guard !control.safety.isolated.isEmpty else { return false }
    if expectation.namesJoints && !control.safety.isolated.contains(all: expectation.joints) { return false }
    for bus in 0..<Capacity.buses {
      let cause = control.buses[bus].cause
      if cause.isFault && (kind == nil || kind == cause) { return true }
    }
    return false
  }
}

// MARK: Verdicts

extension ExpectationMonitor {
  /// What became of the expectation in a run that ended so.
  func verdict(_ ending: ScenarioEnding, robot: Robot, isolated: JointSet) -> Verdict {
    if case .refused(let words) = expectation.kind { return refusal(ending, words) }
    if case .refused(let error) = ending {
      return failure("bring-up refused the robot: \(error.problems.first?.message ?? "")")
    }
    switch expectation.kind {
    case .bound(let quantity, let statistic, let above, let below):
      return bounded(quantity, statistic, above: above, below: below, robot: robot)
    case .state(let wanted, let deadline):
      guard let deadline else {
        guard let brokenAt else {
          return looked > 0
            ? Verdict(expectation.name, passed: true, message: "\(wanted.name) throughout")
            : failure("the run was over before it was looked for")
        }
        return failure("\(brokenBy.name) at \(Self.text(brokenAt)) s, not \(wanted.name)", time: brokenAt)
      }
      return reached("\(wanted.name)", deadline)
    case .fault(let kind, let deadline):
      let what = kind.map { "fault \(ControlFault.name(of: $0))" } ?? "a fault"
      let all = expectation.namesJoints ? " of every joint that is named" : ""
      return reached(what + all, deadline, ending)
    case .isolated(let deadline): return reached("given up", deadline)
    case .drivesOff(let deadline): return reached("let go", deadline)
    case .slowed(let deadline): return reached("slowed", deadline)
    case .frozen(let deadline): return reached("frozen", deadline)
    case .stale(let deadline): return reached("stale", deadline)
    case .stop(let deadline, _, let distance):
      return stopped(deadline, distance: distance, robot: robot)
    case .noFault:
      if case .fault(let fault) = ending {
        return failure("fault \(fault.kindName) in cycle \(fault.fault.cycle)", joint: fault.joints.first)
      }
      guard isolated.isEmpty else {
        let joint = robot.joints.indices.first { isolated.contains($0) }.map { robot.joints[$0].name }
        return failure("a bus was given up", joint: joint)
      }
      return Verdict(expectation.name, passed: true, message: "no fault")
    case .refused: return failure("not refused")
    }
  }

  private func failure(_ message: String, joint: String? = nil, time: Double? = nil) -> Verdict {
    Verdict(expectation.name, passed: false, joint: joint, time: time, message: message)
  }

  private func refusal(_ ending: ScenarioEnding, _ words: [String]) -> Verdict {
    guard case .refused(let error) = ending else { return failure("bring-up refused nothing") }
    let reasons = error.description
    if let missing = words.first(where: { !reasons.contains($0) }) {
      return failure("bring-up refused, but its reasons do not hold '\(missing)': \(reasons)")
    }
    return Verdict(expectation.name, passed: true, message: reasons)
  }

  private func reached(
    _ what: String, _ deadline: ScenarioExpectation.Deadline, _ ending: ScenarioEnding? = nil
  )
    -> Verdict
  {
    guard let seenAt else {
      var instead = ""
      if case .fault(let fault) = ending {
        let joints = fault.joints.joined(separator: ", ")
        instead =
          "; the run ended with fault \(fault.kindName)" + (joints.isEmpty ? "" : " of \(joints)")
      }
      return failure("never \(what)\(instead)")
    }
    let took = seenAt - deadline.after
    let passed = took >= -1e-9 && took <= deadline.within + 1e-9
    return Verdict(
      expectation.name, passed: passed, figure: took, bound: deadline.within, unit: "s", time: seenAt,
      message: "\(what) \(Self.text(took)) s after \(Self.text(deadline.after)) s, "
        + "bound \(Self.text(deadline.within)) s")
  }

  private func bounded(
    _ quantity: Quantity, _ statistic: Statistic, above: Double?, below: Double?, robot: Robot
  ) -> Verdict {
    var (worst, joint): ((value: Double, time: Double, bound: Double, excess: Double)?, Int?) = (nil, nil)
    for index in summaries.indices where !quantity.isOfJoint || expectation.joints.contains(index) {
      guard let figure = summaries[index].figure(statistic) else {
        let name = quantity.isOfJoint ? robot.joints[index].name : nil
        return failure("no sample of \(quantity.rawValue)", joint: name)
      }
      // How far beyond its bound, of its bound; more than nothing fails.
      let over = below.map { (figure.value - $0, $0) }
      let under = above.map { ($0 - figure.value, $0) }
      for (excess, bound) in [over, under].compactMap({ $0 }) where excess > worst?.excess ?? -.infinity {
        worst = (figure.value, figure.time, bound, excess)
        joint = quantity.isOfJoint ? index : nil
      }
    }
    guard let worst else { return failure("no joint to look at") }
    let name = joint.map { robot.joints[$0].name }
    let unit = quantity.unit
    return Verdict(
      expectation.name, passed: !(worst.excess > 0) && worst.value.isFinite, figure: worst.value,
      bound: worst.bound, unit: unit, joint: name, time: worst.time,
      message: "\(Self.text(worst.value)) \(unit)".trimmed + (name.map { " of \($0)" } ?? "")
        + " at \(Self.text(worst.time)) s, bound \(Self.text(worst.bound)) \(unit)".trimmed)
  }

  private func stopped(_ deadline: ScenarioExpectation.Deadline, distance: Double?, robot: Robot) -> Verdict {
    guard let stop, stop.hasBegun else { return failure("the run was over before \(deadline.after) s") }
    guard let (begin, end) = stop.stopping else { return failure("the robot never began to stop") }
    guard begin - deadline.after <= deadline.within + 1e-9 else {
      return failure(
        "the robot began to stop \(Self.text(begin - deadline.after)) s after \(Self.text(deadline.after)) s, "
          + "bound \(Self.text(deadline.within)) s", time: begin)
    }
    let moving = stop.slowest(among: expectation.joints)
    let name = robot.joints[moving.joint].name
    guard moving.isOver else {
      return failure("still moving when the stop was over", joint: name, time: end)
    }
    let took = moving.time - deadline.after
    guard took <= deadline.within + 1e-9 else {
      return Verdict(
        expectation.name, passed: false, figure: took, bound: deadline.within, unit: "s", joint: name,
        time: moving.time,
        message: "\(name) moved for \(Self.text(took)) s, bound \(Self.text(deadline.within)) s")
    }
    guard let distance else {
      return Verdict(
        expectation.name, passed: true, figure: max(0, took), bound: deadline.within, unit: "s", joint: name,
        time: moving.time, message: "stopped within \(Self.text(max(0, took))) s")
    }
    let far = stop.farthest(among: expectation.joints)
    let path = robot.joints[far.joint].name
    return Verdict(
      expectation.name, passed: far.distance <= distance, figure: far.distance, bound: distance, unit: "rad",
      joint: path, time: end,
      message: "\(path) moved \(Self.text(far.distance)) rad, bound \(Self.text(distance)) rad, "
        + "in \(Self.text(max(0, took))) s")
  }

  /// A number for people.
  static func text(_ value: Double) -> String { figureText(value) }
}

extension String {
  /// Without blanks at the end.
  fileprivate var trimmed: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}

extension JointSet {
  /// Whether every joint of `other` belongs to the set.
  func contains(all other: JointSet) -> Bool { other.bits & ~bits == 0 }
}
