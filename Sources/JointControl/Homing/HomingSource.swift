public import ControlCycle

/// Says whether a joint is on or beyond its mark: a switch, an index pulse that somebody keeps, a light barrier. Looked at on the
/// loop's thread, so it must not block or allocate.
public protocol HomingMarks: ~Copyable {
  /// Whether a joint is on or beyond its mark in this cycle.
  mutating func isOnMark(_ joint: Int) -> Bool
}

/// Marks that nobody has.
public struct NoMarks: HomingMarks {
  /// None.
  public init() {}
  /// Never.
  public mutating func isOnMark(_: Int) -> Bool { false }
}

/// The setpoints of a robot that searches: arms, lets one joint after the other search while the others hold, weighs what it
/// holds, and switches off. Whatever fails ends in damping and then in drives that are off.
public struct HomingSource<Marks: HomingMarks & ~Copyable>: SetpointSource, ~Copyable {
  /// What the source is doing.
  public enum Phase: BitwiseCopyable, Sendable {
    /// Drives off; what they read is noted.
    case reading
    /// Waiting for the drives to be on.
    case arming
    /// A joint searches.
    case searching
    /// All stand; torques are noted.
    case weighing
    /// Braking.
    case stopping
    /// Damping only.
    case relaxing
    /// Off.
    case finished
  }

  /// Cycles in which readings are taken before anything is switched on.
  static var readings: Int64 { 50 }
  /// Time that all stand before torques count [s].
  static var restTime: Double { 0.5 }
  /// Time in which they do [s].
  static var weighTime: Double { 0.5 }

  /// What the source is doing.
  public private(set) var phase = Phase.reading
  /// The searches, in the order of `order`.
  public private(set) var searches: [HomingSearch]
  /// Joint of each search.
  public let order: [Int]
  /// Set to end early, in damping.
  public var isStopRequested = false
  /// What the drives read while they were off, by joint [rad, as believed].
  public private(set) var readings: [Double]
  /// Whether each joint was read.
  public private(set) var isRead: [Bool]
  /// Means while all stood, by joint [rad, as believed].
  public private(set) var restPositions: [Double]
  /// Means while all stood, by joint [N.m].
  public private(set) var restTorques: [Double]
  /// Whether all searches are done and all torques were noted.
  public private(set) var isComplete = false

  private let onlyReads: Bool
  private var marks: Marks
  private var holds: [Double]
  private var current = 0
  private var samples = 0.0
  private var since: Int64 = 0
  /// What the joint that searches is asked for; the others hold.
  private var asked = JointSetpoint()
  private var askedJoint = -1

  /// A source.
  ///
  /// - Parameters:
  ///   - robot: the robot as it searches.
  ///   - plans: a plan for each joint that is to be homed.
  ///   - marks: what tells the marks.
  ///   - onlyReads: whether it ends after reading, with nothing switched on.
  public init(_ robot: Robot, plans: [HomingPlan?], marks: consuming Marks, onlyReads: Bool = false) {
    precondition(plans.count == robot.joints.count)
    let count = robot.joints.count
    order = plans.indices.filter { index in plans[index].map { $0.method != .saved } ?? false }
    searches = order.compactMap { index in
      plans[index].map { HomingSearch($0, stiffness: robot.joints[index].configuration.gains.stiffness) }
    }
    self.marks = marks
    self.onlyReads = onlyReads
    readings = Array(repeating: 0, count: count)
    isRead = Array(repeating: false, count: count)
    restPositions = readings
    restTorques = readings
    holds = readings
  }

  /// The search that failed, if any.
  public var failed: Int? { searches.indices.first { searches[$0].failure != nil } }

  /// Gives the setpoints of the phase, and goes on to the next phase when that is over.
  public mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if since == 0 { since = cycle.time }
    if isStopRequested || control.safety.fault.isLatched { end(cycle) }
    let elapsed = Double(cycle.time - since) * 1e-9
    switch phase {
    case .reading: return read(cycle, control)
    case .arming:
      if control.safety.state == .armed {
        for joint in holds.indices { holds[joint] = control.motions[joint].position }
        enter(searches.isEmpty ? .weighing : .searching, cycle)
      }
      return Directive(.arm)
    case .searching:
      search(cycle, control)
      hold(into: &setpoints)
      return Directive(.arm)
    case .weighing:
      weigh(elapsed, control, cycle)
      hold(into: &setpoints)
      return Directive(.arm)
    case .stopping:
      if RunEnding.stands(elapsed, control) { enter(.relaxing, cycle) }
      return Directive(.stop)
    case .relaxing:
      if RunEnding.isRelaxed(elapsed) { enter(.finished, cycle) }
      return Directive(.relax)
    case .finished: return RunEnding.off(elapsed, cycle)
    }
  }

  private mutating func enter(_ next: Phase, _ cycle: Cycle) {
    phase = next
    since = cycle.time
  }

  /// From whatever it is doing to the end, by way of damping.
  private mutating func end(_ cycle: Cycle) {
    switch phase {
    case .reading: enter(.finished, cycle)
    case .arming, .searching, .weighing: enter(.stopping, cycle)
    case .stopping, .relaxing, .finished: break
    }
  }

  private mutating func read(_ cycle: Cycle, _ control: borrowing ControlCycle) -> Directive {
    for joint in readings.indices where control.samples[joint].exists {
      readings[joint] = control.samples[joint].state.position
      isRead[joint] = true
    }
    if cycle.time - since > Int64(Double(Self.readings) * cycle.period * 1e9) {
      enter(onlyReads ? .finished : .arming, cycle)
    }
    return Directive(.disarm)
  }

  private mutating func search(_ cycle: Cycle, _ control: borrowing ControlCycle) {
    let joint = order[current]
    let state = control.samples[joint].state
    let reading = HomingSearch.Reading(
      position: state.position, velocity: state.velocity, torque: state.torque,
      isOnMark: marks.isOnMark(joint))
    asked = searches[current].next(reading, period: cycle.period, from: holds[joint])
    askedJoint = joint
    holds[joint] = asked.position
    guard searches[current].isOver else { return }
    if searches[current].failure != nil { return end(cycle) }
    askedJoint = -1
    current += 1
    if current == searches.count { enter(.weighing, cycle) }
  }

  private func hold(into setpoints: inout SetpointBuffer) {
    for joint in holds.indices {
      setpoints.joints[joint] = joint == askedJoint ? asked : JointSetpoint(position: holds[joint])
    }
    setpoints.sequence += 1
  }

  private mutating func weigh(_ elapsed: Double, _ control: borrowing ControlCycle, _ cycle: Cycle) {
    if elapsed < Self.restTime { return }
    samples += 1
    for joint in holds.indices {
      let state = control.samples[joint].state
      restPositions[joint] += (state.position - restPositions[joint]) / samples
      restTorques[joint] += (state.torque - restTorques[joint]) / samples
    }
    if elapsed >= Self.restTime + Self.weighTime {
      isComplete = true
      enter(.stopping, cycle)
    }
  }
}
