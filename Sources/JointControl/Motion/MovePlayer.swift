public import ControlCycle
import LaneMath

/// Plays a program of moves, cycle by cycle; verbs are planned in the cycle in which they begin, from the motion under way.
///
/// A new target may come in any cycle. Where the way to it would pass a position limit, because the joint is too fast to turn
/// before, the joints first come to rest, each as fast as its limits allow, and go to the target from there. A stop from a
/// motion that ends within the limits stays within them.
///
/// Nothing allocates after `init`.
public struct MovePlayer: ~Copyable {
  /// What the joints follow.
  enum Mode: BitwiseCopyable {
    case still
    case planned
    case sampled
    case cruising
  }
  enum Kind: BitwiseCopyable {
    case joints, motion, stopOne, stopTwo, wait, lock, unlock, servo, speed, collision, teach
  }
  /// A step in a form that the cycle reads without counting references.
  struct Prepared: BitwiseCopyable {
    var kind: Kind
    var start: Double
    var speed: Double
    var wait = 0.0
    var synchronization = JointSynchronization.time
    /// Number of the motion, or of the stream.
    var trajectory = 0
    /// Joints that are led.
    var led = JointSet()
  }

  let jointCount: Int
  let limits: [JointLimits]
  let riseTime: Double
  let steps: [Prepared]
  /// Targets by step, then joint; not a number where there is none.
  let targets: [Double]
  let trajectories: TrajectoryList
  let streams: StreamList
  /// Plans how a joint that moves at a velocity would stop.
  var probe: TrajectoryGenerator
  var generator: TrajectoryGenerator
  /// Where each joint is, or goes to, when nothing new comes.
  var goals: InlineArray<64, Double>
  var mode = Mode.still
  /// When the motion under way began [s].
  var began = 0.0
  /// The motion that is followed when the joints have come to its start.
  var trajectory = 0
  /// The step under way; the number of steps when all are over.
  var step = -1
  var isStoppingFirst = false
  var isLocked = false
  /// Part of the torque limits from which a torque from outside is a collision; nil where no step said so.
  private(set) var collisionLevel: Double?
  var isRefused = false
  var streaming = Streaming()
  var teaching = Teaching()
  /// What a stream wants of each joint [rad, or rad/s].
  var wanted: InlineArray<64, Double>
  /// State of each joint in the cycle before, from which it can stop within its limits.
  var last: InlineArray<64, KinematicState>
  /// Where each joint is measured to be [rad].
  var measured: InlineArray<64, Double>
  var isMeasured = false
  /// Where each joint is commanded to be after the cycle before [rad].
  var commanded: InlineArray<64, Double>
  /// What was led.
  let lesson: Lesson
  // Not an array: whether one is shared would be looked at with each change.
  let history: UnsafeMutablePointer<Record>

  /// What became of each step.
  public var records: [Record] { steps.indices.map { history[$0] } }

  /// A player of a program that has no objections for the robot.
  public init(_ program: MoveProgram, robot: Robot) {
    jointCount = robot.joints.count
    limits = robot.joints.map(\.configuration.limits)
    riseTime = program.riseTime
    var steps: [Prepared] = []
    var targets: [Double] = []
    var motions: [Motion] = []
    var streams: [TargetStream] = []
    var lessons: [HandTeaching] = []
    for step in program.steps {
      var prepared = Prepared(kind: .wait, start: step.start ?? .nan, speed: step.speed)
      var row = [Double](repeating: .nan, count: robot.joints.count)
      switch step.verb {
      case .joints(let wanted, let synchronization):
        prepared.kind = .joints
        prepared.synchronization = synchronization
        for (joint, target) in wanted.enumerated() { row[joint] = target ?? .nan }
      case .motion(let motion):
        prepared.kind = .motion
        prepared.trajectory = motions.count
        motions.append(motion)
      case .stream(let stream):
        prepared.kind = stream.quantity == .position ? .servo : .speed
        prepared.trajectory = streams.count
        prepared.wait = stream.patience
        streams.append(stream)
      case .stop(.one): prepared.kind = .stopOne
      case .stop(.two): prepared.kind = .stopTwo
      case .wait(let time): prepared.wait = time
      case .lock: prepared.kind = .lock
      case .unlock: prepared.kind = .unlock
      case .collision(let level):
        prepared.kind = .collision
        prepared.wait = level
      case .teach(let teaching):
        prepared.kind = .teach
        prepared.wait = teaching.time
        for joint in robot.joints.indices where teaching.leads(joint) { prepared.led.insert(joint) }
        lessons.append(teaching)
      }
      steps.append(prepared)
      targets += row
    }
    self.steps = steps
    self.targets = targets
    trajectories = TrajectoryList(motions, jointCount: robot.joints.count)
    self.streams = StreamList(streams)
    generator = TrajectoryGenerator(jointCount: max(1, robot.joints.count))
    probe = TrajectoryGenerator(jointCount: max(1, robot.joints.count))
    goals = InlineArray(repeating: 0)
    wanted = InlineArray(repeating: 0)
    measured = InlineArray(repeating: 0)
    commanded = InlineArray(repeating: 0)
    lesson = Lesson(lessons, jointCount: robot.joints.count)
    last = InlineArray(repeating: KinematicState())
    history = .allocate(capacity: max(1, program.steps.count))
    history.initialize(repeating: Record(), count: max(1, program.steps.count))
  }

  deinit { history.deallocate() }

  /// Begins at rest where the joints of a robot are commanded to be.
  public mutating func begin(from control: borrowing ControlCycle) {
    for joint in 0..<jointCount { goals[joint] = control.motions[joint].position }
    mode = .still
  }

  /// Begins at rest at positions [rad], one a joint.
  public mutating func begin(at positions: [Double]) {
    precondition(positions.count == jointCount)
    for joint in 0..<jointCount { goals[joint] = positions[joint] }
    mode = .still
  }

  /// Takes note of where the joints are measured to be.
  public mutating func look(at control: borrowing ControlCycle) {
    for joint in 0..<jointCount {
      measured[joint] = control.states[joint].position
      commanded[joint] = control.motions[joint].position
    }
    isMeasured = true
    watchReturn(control)
  }

  /// Says that nothing goes on after a time [s]: the step under way stays as far as it came.
  public mutating func cutOff(at time: Double) {
    guard step >= 0 && step < steps.count else { return }
    dropTeaching(at: time)
    note(step, at: time)
  }

  /// Ends the program: the joints come to rest together, and nothing follows.
  mutating func halt(at time: Double) {
    cutOff(at: time)
    step = steps.count
    stop(.two, at: time)
  }

  /// Sets the setpoints at a time since the begin [s], which must not go back.
  ///
  /// - Returns: whether every step is over, or one was refused, and all joints rest.
  public mutating func next(at time: Double, into setpoints: inout SetpointBuffer) -> Bool {
    if step >= 0 && step < steps.count { follow(at: time) }
    teach(at: time)
    while advance(at: time) {}
    for joint in 0..<jointCount {
      let state = state(joint, at: time)
      setpoints.joints[joint] = JointSetpoint(
        position: state.position, velocity: state.velocity, acceleration: state.acceleration)
    }
    askLaws(into: &setpoints)
    return step >= steps.count && isOver(at: time)
  }

  /// State of a joint at a time of the motion under way.
  // Out of line: a switch that is moved out of a caller's loop ends in a jump that Scripts/proof cannot tell from a call.
  @inline(never) func state(_ joint: Int, at time: Double) -> KinematicState {
    if isTeaching && teaching.led.contains(joint) { return KinematicState(position: goals[joint]) }
    let elapsed = time - began
    switch mode {
    case .still: return KinematicState(position: goals[joint])
    case .planned:
      if elapsed >= generator.duration { return KinematicState(position: goals[joint]) }
      return generator.state(joint, at: elapsed)
    case .sampled:
      if elapsed < generator.duration { return generator.state(joint, at: elapsed) }
      let point = trajectories.setpoint(of: trajectory, joint: joint, at: elapsed - generator.duration)
      return KinematicState(
        position: point.position, velocity: point.velocity, acceleration: point.acceleration)
    case .cruising: return generator.state(joint, at: elapsed)
    }
  }

  /// Whether the motion under way has come to its end.
  func isOver(at time: Double) -> Bool {
    switch mode {
    case .still: true
    case .planned: time - began >= generator.duration
    case .sampled: time - began >= generator.duration + trajectories.duration(of: trajectory)
    case .cruising: false
    }
  }
}

// MARK: Steps

extension MovePlayer {
  /// Moves on to what is due; whether something changed, so that more may be due.
  private mutating func advance(at time: Double) -> Bool {
    guard step < steps.count else { return false }
    if isStoppingFirst && isOver(at: time) {
      isStoppingFirst = false
      make(step, at: time)
      return true
    }
    let following = step + 1
    let isDue = following < steps.count && steps[following].start <= time
    if isTeaching {
      // The next step waits until what was led is held again.
      if isDue { teaching.isCutShort = true }
      return false
    }
    let isDone =
      step < 0
      || (isOver(at: time) && !isStoppingFirst && time >= waitEnd && !isStreaming && !teaching.isCutShort)
    guard isDue || (isDone && !(following < steps.count && !steps[following].start.isNaN)) else {
      return false
    }
    if step >= 0 {
      history[step].outcome = isDone ? (streaming.isSilent ? .silent : .done) : .replaced
      note(step, at: time)
    }
    isStoppingFirst = false
    streaming = Streaming()
    teaching.isCutShort = false
    step = following
    guard step < steps.count else { return false }
    history[step].outcome = .running
    history[step].begin = time
    make(step, at: time)
    return true
  }

  /// When a wait is over; in the past for every other step.
  private var waitEnd: Double {
    switch steps[step].kind {
    case .wait: history[step].begin + steps[step].wait
    default: 0
    }
  }

  private mutating func make(_ index: Int, at time: Double) {
    let prepared = steps[index]
    switch prepared.kind {
    case .joints, .motion:
      if isLocked { return refuse(.locked, joint: 0, at: time) }
      takeStarts(at: time, speed: prepared.speed)
      aim(index, prepared)
      let verdict = generator.plan(prepared.synchronization)
      switch verdict {
      case .planned:
        began = time
        settle(prepared)
        add(generator.duration, to: index)
        if mode == .sampled { add(trajectories.duration(of: trajectory), to: index) }
      case .exceedsPositionLimit:
        history[index].stoppedFirst = true
        isStoppingFirst = true
        stop(.one, at: time)
      default: refuse(.unplannable, joint: generator.decidingJoint, at: time)
      }
    case .stopOne: stop(.one, at: time)
    case .stopTwo: stop(.two, at: time)
    case .lock:
      isLocked = true
      stop(.two, at: time)
    case .unlock: isLocked = false
    case .collision: collisionLevel = prepared.wait
    case .wait: add(prepared.wait, to: index)
    case .teach:
      if isLocked { return refuse(.locked, joint: 0, at: time) }
      beginTeaching(prepared, at: time)
    case .servo, .speed:
      if isLocked { return refuse(.locked, joint: 0, at: time) }
      beginStream(prepared, at: time)
    }
  }

  /// Notes that a step takes some time more.
  func add(_ time: Double, to index: Int) {
    history[index].planned = (history[index].planned ?? 0) + time
  }

  /// Notes where a step ended.
  private func note(_ index: Int, at time: Double) {
    history[index].end = time
    guard isMeasured else { return }
    var error = -1.0
    for joint in 0..<jointCount where abs(measured[joint] - goals[joint]) > error {
      error = abs(measured[joint] - goals[joint])
      history[index].errorJoint = joint
    }
    history[index].error = max(0, error)
  }

  /// The states and limits with which a motion begins.
  mutating func takeStarts(at time: Double, speed: Double) {
    for joint in 0..<jointCount {
      let limit = limits[joint]
      let acceleration = limit.acceleration * speed
      generator.limits[joint] = KinematicLimits(
        velocity: limit.velocity * speed, acceleration: acceleration, jerk: acceleration / riseTime,
        minPosition: limit.minPosition, maxPosition: limit.maxPosition)
      let now = state(joint, at: time)
      generator.starts[joint] = now
    }
  }

  private mutating func aim(_ index: Int, _ prepared: Prepared) {
    for joint in 0..<jointCount {
      var target = targets[index * jointCount + joint]
      switch prepared.kind {
      case .motion:
        target = trajectories.setpoint(of: prepared.trajectory, joint: joint, at: 0).position
      default: if target.isNaN { target = goals[joint] }
      }
      generator.targets[joint] = KinematicState(position: target)
    }
  }

  /// What holds once the motion that was planned is over.
  private mutating func settle(_ prepared: Prepared) {
    switch prepared.kind {
    case .motion:
      mode = .sampled
      trajectory = prepared.trajectory
      let end = trajectories.duration(of: trajectory)
      for joint in 0..<jointCount {
        goals[joint] = trajectories.setpoint(of: trajectory, joint: joint, at: end).position
      }
    default:
      mode = .planned
      for joint in 0..<jointCount { goals[joint] = generator.targets[joint].position }
    }
  }

  /// Brings all joints to rest with their whole acceleration.
  mutating func stop(_ category: StopCategory, at time: Double) {
    takeStarts(at: time, speed: 1)
    guard generator.planStop(category).isPlanned else {
      // Not seen: every start came from a plan. The joints are told to be where they are; the limiter below brakes.
      for joint in 0..<jointCount { goals[joint] = generator.starts[joint].position }
      mode = .still
      return
    }
    for joint in 0..<jointCount { goals[joint] = generator.state(joint, at: generator.duration).position }
    began = time
    mode = .planned
    if step >= 0 && step < steps.count && !isStream { add(generator.duration, to: step) }
  }

  private mutating func refuse(_ refusal: Refusal, joint: Int, at time: Double) {
    history[step].outcome = .refused(refusal, joint: joint)
    note(step, at: time)
    isRefused = true
    step = steps.count
    stop(.two, at: time)
  }
}
