public import ControlCycle

/// The setpoints of a robot whose joints are experimented on, one experiment after another: arms, excites one joint while the
/// others hold, and ends in damping and then in drives that are off, whatever happens.
///
///     reading --> arming --> settling --> exciting --> returning --> stopping --> relaxing --> finished
///                               ^                          |
///                               +------ next experiment ---+
///
/// Before each cycle's command it looks at the envelope; what leaves it, a key that is let go, a request to stop and any fault of
/// the core end the sequence by way of `stopping`. Memory is reserved in `init`; the loop's thread never allocates. Run it on
/// `robot.bounded(by:)`, so that the core keeps the envelope's limits below it.
public struct ExperimentSource: SetpointSource, ~Copyable {
  /// What the source is doing.
  public enum Phase: BitwiseCopyable, Sendable {
    /// Drives off; where joints stand is read, and the key is waited for.
    case reading
    /// Waiting for the drives to be on.
    case arming
    /// The joint stands, before its experiment.
    case settling
    /// The experiment.
    case exciting
    /// Full gains again, until the joint stands.
    case returning
    /// Braking.
    case stopping
    /// Damping only.
    case relaxing
    /// Off.
    case finished
  }

  /// Time in which joints are read before anything is switched on [s].
  static var readTime: Double { 0.05 }
  /// Time that a joint stands before its experiment [s].
  static var settleTime: Double { 0.4 }
  /// Time that a joint has to stand after its experiment, and longest time that is waited for [s].
  static var returnTime: Double { 0.3 }
  static var longestReturn: Double { 2 }
  /// Speed below which a joint stands [rad/s].
  static var stillSpeed: Double { 0.05 }

  /// What is done, in this order.
  public let experiments: [Experiment]
  /// What the source is doing.
  public private(set) var phase = Phase.reading
  /// Set to end early, in damping.
  public var isStopRequested = false
  /// Why the sequence ended before its end; nil while it did not.
  public private(set) var abort: ExperimentAbort?
  /// Experiments that came to their end.
  public private(set) var completed = 0

  private let lead: Double
  private let period: Double
  private let guards: [ExperimentGuard]
  private let points: [ExcitationPoint]
  private let firstPoint: [Int]
  private var samples: [ExperimentSample]
  private let firstSample: [Int]
  private var sampleCounts: [Int]
  private let durations: [Double]
  private var answering: [AnsweringExcitation]
  private let isAnswering: [Bool]
  private var watch: HoldWatch
  private var holds: [Double]
  private var current = 0
  private var hasBegun = false
  private var since: Int64 = 0
  private var before: Int64 = 0
  /// Where the joint was measured when its experiment began [rad].
  private var start = 0.0
  /// Part of what was sent in the cycle before, and when that was sent; nil where that is no sample.
  private var sent: (part: Int32, time: Int64)?
  private var still = 0.0

  /// A source.
  ///
  /// - Parameters:
  ///   - robot: the robot as it is run, see `bounded(by:)`.
  ///   - experiments: what is done, in this order; without `objections(for:)`.
  ///   - hold: what has to be held meanwhile; nil where nothing is asked for.
  ///   - lead: time before the first experiment beside that of settling, for gains that are ramped in [s].
  public init(
    _ robot: Robot, _ experiments: [Experiment], hold: HoldToRun? = nil, lead: Double = 0
  ) {
    precondition(experiments.allSatisfy { robot.joints.indices.contains($0.joint) })
    self.experiments = experiments
    self.lead = max(0, lead)
    let period = Double(robot.period) * 1e-9
    self.period = period
    guards = experiments.map { ExperimentGuard($0) }
    let tables = experiments.map { Excitation.points($0, of: robot) }
    let isAnswering = tables.map(\.isEmpty)
    let durations = zip(experiments, tables).map { experiment, table in
      table.isEmpty ? AnsweringExcitation.longest(experiment) : Double(table.count) * period
    }
    points = tables.flatMap { $0 }
    firstPoint = Self.starts(tables.map(\.count))
    let room = durations.map { Excitation.count($0, period) + 8 }
    firstSample = Self.starts(room)
    samples = Array(repeating: ExperimentSample(), count: room.reduce(0, +))
    sampleCounts = Array(repeating: 0, count: experiments.count)
    self.durations = durations
    self.isAnswering = isAnswering
    answering = experiments.map {
      AnsweringExcitation($0, quantum: robot.joints[$0.joint].measuredQuantum)
    }
    watch = HoldWatch(hold)
    holds = Array(repeating: 0, count: robot.joints.count)
  }

  private static func starts(_ counts: [Int]) -> [Int] {
    var sum = 0
    return counts.map { count in
      defer { sum += count }
      return sum
    } + [sum]
  }

  /// What was run so far, the experiment under way as far as it is; for after the run, as it copies.
  public var traces: [ExperimentTrace] {
    let begun = min(
      experiments.count, completed + (sampleCounts.indices.contains(completed) && hasBegun ? 1 : 0))
    return (0..<begun).map { index in
      let first = firstSample[index]
      return ExperimentTrace(
        experiment: experiments[index], period: period,
        samples: Array(samples[first..<first + sampleCounts[index]]),
        abort: index == completed ? abort : nil)
    }
  }

  /// How far it is.
  public var progress: ExperimentProgress {
    var progress = ExperimentProgress()
    progress.phase = phase
    progress.completed = completed
    progress.isAborted = abort != nil
    guard !experiments.isEmpty else { return progress }
    let index = min(current, experiments.count - 1)
    progress.experiment = index
    progress.experimentCount = experiments.count
    progress.kind = experiments[index].kind
    progress.joint = experiments[index].joint
    let count = sampleCounts[index]
    progress.sampleCount = count
    if count > 0 { progress.sample = samples[firstSample[index] + count - 1] }
    let done = durations[index] > 0 ? progress.sample.time / durations[index] : 1
    progress.share = completed > index ? 1 : min(max(count > 0 ? done : 0, 0), 1)
    return progress
  }

  /// Gives the setpoints of the phase, and goes on to the next phase when that is over.
  public mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if since == 0 {
      since = cycle.time
      before = cycle.time
    }
    watch.look(after: Double(cycle.time - before) * 1e-9)
    before = cycle.time
    inspect(cycle, control, &setpoints)
    let elapsed = Double(cycle.time - since) * 1e-9
    switch phase {
    case .reading: return read(elapsed, cycle, control)
    case .arming:
      if control.safety.state == .armed {
        for joint in holds.indices { holds[joint] = control.motions[joint].position }
        enter(experiments.isEmpty ? .stopping : .settling, cycle)
      }
      return Directive(.arm)
    case .settling:
      hold(into: &setpoints)
      setpoints.ask(LawChoice(.impedance), for: experiments[current].joint)
      if elapsed >= Self.settleTime + (current == 0 ? lead : 0) {
        begin(cycle, control)
        excite(cycle, control, into: &setpoints)
      }
      return Directive(.arm)
    case .exciting:
      excite(cycle, control, into: &setpoints)
      return Directive(.arm)
    case .returning:
      hold(into: &setpoints)
      setpoints.ask(LawChoice(.impedance), for: experiments[current].joint)
      rest(elapsed, cycle, control)
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
    still = 0
  }

  // MARK: - The end

  /// Everything that ends the sequence, from whatever it is doing.
  private mutating func inspect(
    _ cycle: Cycle, _ control: borrowing ControlCycle, _ setpoints: inout SetpointBuffer
  ) {
    switch phase {
    case .stopping, .relaxing, .finished: return
    case .reading, .arming, .settling, .exciting, .returning: break
    }
    var reason: ExperimentAbort?
    if isStopRequested { reason = .stopped }
    if watch.isReleased { reason = .released }
    if control.safety.fault.isLatched { reason = .fault(control.safety.fault.kind) }
    if reason == nil { reason = leaving(control) }
    guard let reason else { return }
    end(reason, cycle, &setpoints)
  }

  /// What of the envelope is left.
  private func leaving(_ control: borrowing ControlCycle) -> ExperimentAbort? {
    switch phase {
    case .settling: return guards[current].verdict(control, start: nil)
    case .exciting, .returning: return guards[current].verdict(control, start: start)
    case .reading, .arming, .stopping, .relaxing, .finished: return nil
    }
  }

  private mutating func end(_ reason: ExperimentAbort, _ cycle: Cycle, _ setpoints: inout SetpointBuffer) {
    abort = reason
    switch phase {
    case .reading: enter(.finished, cycle)
    default:
      // A joint that had no stiffness brakes with all of it.
      if experiments.indices.contains(current) {
        setpoints.ask(LawChoice(.impedance), for: experiments[current].joint)
      }
      enter(.stopping, cycle)
    }
  }

  // MARK: - Phases

  private mutating func read(_ elapsed: Double, _ cycle: Cycle, _ control: borrowing ControlCycle)
    -> Directive
  {
    guard elapsed >= Self.readTime && watch.hasBegun else { return Directive(.disarm) }
    for index in guards.indices {
      let sample = control.samples[guards[index].joint]
      // Nothing is switched on where a joint stands outside what its experiments may use.
      if sample.exists && !guards[index].envelope.positions.contains(sample.state.position) {
        abort = .position(sample.state.position)
        enter(.finished, cycle)
        return Directive(.disarm)
      }
    }
    enter(.arming, cycle)
    return Directive(.arm)
  }

  private mutating func begin(_ cycle: Cycle, _ control: borrowing ControlCycle) {
    start = control.samples[experiments[current].joint].state.position
    hasBegun = true
    sent = nil
    enter(.exciting, cycle)
  }

  /// Notes the cycle before, and asks for what is next.
  private mutating func excite(
    _ cycle: Cycle, _ control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) {
    note(cycle, control)
    let joint = experiments[current].joint
    let elapsed = Double(cycle.time - since) * 1e-9
    var point = ExcitationPoint()
    var isOver = false
    if isAnswering[current] {
      let offset = control.samples[joint].state.position - start
      setpoints.ask(LawChoice(.impedance, stiffness: 0), for: joint)
      point = answering[current].next(offset, period: cycle.period)
      isOver = answering[current].isDone || elapsed > durations[current]
      if answering[current].isInconclusive || (isOver && !answering[current].isDone) {
        end(.inconclusive, cycle, &setpoints)
      }
    } else {
      // By time and not by cycles, so that a cycle that was left out shifts nothing.
      let index = Int(elapsed / period + 0.5)
      isOver = index >= firstPoint[current + 1] - firstPoint[current]
      if !isOver { point = points[firstPoint[current] + index] }
    }
    hold(into: &setpoints)
    switch phase {
    case .exciting: break
    default: return
    }
    if isOver {
      completed += 1
      hasBegun = false
      sent = nil
      return enter(.returning, cycle)
    }
    setpoints.joints[joint] = JointSetpoint(
      position: holds[joint] + point.offset, velocity: point.velocity, acceleration: point.acceleration,
      torque: point.torque)
    sent = (point.part, cycle.time)
  }

  /// The cycle before: what was commanded, and the measurement that it had.
  private mutating func note(_ cycle: Cycle, _ control: borrowing ControlCycle) {
    guard let sent, sampleCounts[current] < firstSample[current + 1] - firstSample[current] else { return }
    let joint = experiments[current].joint
    let (command, taken) = (control.commands[joint], control.samples[joint])
    var sample = ExperimentSample()
    sample.time = Double(sent.time - since) * 1e-9
    sample.position = command.position
    sample.velocity = command.velocity
    sample.stiffness = command.stiffness
    sample.damping = command.damping
    sample.torque = command.torque
    sample.excitation = control.setpoints[joint].torque
    sample.measuredPosition = taken.state.position
    sample.measuredVelocity = taken.state.velocity
    sample.measuredTorque = taken.state.torque
    sample.temperature = taken.temperature
    sample.age = Double(sent.time - taken.time) * 1e-9 / cycle.period
    sample.part = sent.part
    samples[firstSample[current] + sampleCounts[current]] = sample
    sampleCounts[current] += 1
  }

  /// Waits for the joint to stand, then goes on to the next experiment.
  private mutating func rest(_ elapsed: Double, _ cycle: Cycle, _ control: borrowing ControlCycle) {
    let speed = control.samples[experiments[current].joint].state.velocity.magnitude
    still = speed < Self.stillSpeed ? still + cycle.period : 0
    guard still >= Self.returnTime || elapsed >= Self.longestReturn else { return }
    current += 1
    enter(current < experiments.count ? .settling : .stopping, cycle)
  }

  /// All joints where they were when the robot was armed.
  private func hold(into setpoints: inout SetpointBuffer) {
    for joint in holds.indices { setpoints.joints[joint] = JointSetpoint(position: holds[joint]) }
    setpoints.sequence += 1
  }
}
