internal import CServoBus
public import ControlCycle
public import RigidBody

/// Runs the control cycle of a robot on a target, real or simulated.
///
/// `run` is five verbs: wait, receive, step, send, record. Everything is allocated in `init`.
public struct ControlLoop<LoopTarget: Target & ~Copyable>: ~Copyable {
  /// The robot that is controlled.
  public let robot: Robot
  /// The pure core.
  public private(set) var control: ControlCycle
  /// The buses and the clock.
  public var target: LoopTarget
  private var received: FrameBuffer
  private var transmit: FrameBuffer
  private var setpoints: SetpointBuffer
  private var history: History
  /// Frames from drives, and commands to them, for which there was no room.
  public var droppedFrames: Int { received.dropped + transmit.dropped }
  // Keeps the memory behind the core's dynamics handles alive.
  private let modelData: ModelData

  /// A loop at rest, disarmed.
  public init(_ robot: Robot, on target: consuming LoopTarget) {
    self.robot = robot
    self.target = target
    modelData = ModelData(robot.model)
    control = ControlCycle(robot: robot, data: modelData)
    received = FrameBuffer(capacity: 8 * Capacity.joints)
    transmit = FrameBuffer(capacity: 2 * Capacity.joints)
    setpoints = SetpointBuffer()
    history = History(capacity: 50)
  }

  /// Runs until the source is finished.
  ///
  /// - Throws: `ControlFault` when the run ended in a fault stop, with the last cycles before it.
  public mutating func run<Source: SetpointSource & ~Copyable, Recorder: CycleRecorder & ~Copyable>(
    from source: inout Source, recording recorder: inout Recorder
  ) throws(ControlFault) {
    var law = NoLaw()
    try run(from: &source, applying: &law, recording: &recorder)
  }

  /// Runs with a law of the user's until the source is finished.
  ///
  /// - Throws: `ControlFault` when the run ended in a fault stop, with the last cycles before it.
  public mutating func run<
    Source: SetpointSource & ~Copyable, UserLaw: Law & ~Copyable, Recorder: CycleRecorder & ~Copyable
  >(
    from source: inout Source, applying law: inout UserLaw, recording recorder: inout Recorder
  ) throws(ControlFault) {
    let start = target.now + robot.period
    var number: Int64? = 0
    while let next = number {
      let cycle = Cycle(
        number: next, time: start + next * robot.period, period: Double(robot.period) * 1e-9)
      number = turn(cycle, from: &source, applying: &law, recording: &recorder)
    }
    if control.safety.fault.isLatched {
      throw ControlFault(control.safety.fault, robot: robot, history: history.snapshots)
    }
  }

  /// One turn of the loop; returns the number of the next cycle, nil when the source is finished.
  ///
  /// All that runs in real time is here. Never inlined, so that the audit of the linked binary finds it by name.
  @inline(never)
  private mutating func turn<
    Source: SetpointSource & ~Copyable, UserLaw: Law & ~Copyable, Recorder: CycleRecorder & ~Copyable
  >(
    _ cycle: Cycle, from source: inout Source, applying law: inout UserLaw, recording recorder: inout Recorder
  ) -> Int64? {
    let woken = target.wait(until: cycle.time)
    let begin = servo_clock_now()

    received.removeAll()
    target.receive(into: &received)

    let directive = source.next(cycle, control: control, into: &setpoints)
    transmit.removeAll()
    control.step(
      cycle, received: received, setpoints: setpoints, request: directive.request, law: &law, into: &transmit)

    target.send(transmit)

    // No catch-up burst after a late wake-up: go on with the next instant that is still ahead.
    let lateness = woken - cycle.time
    let skipped = target.waitsForLoop ? 0 : max(0, lateness / robot.period)
    let record = CycleRecord(
      cycle: cycle, request: directive.request, lateness: lateness, busy: servo_clock_now() - begin,
      skipped: skipped)
    recorder.record(record, received: received, setpoints: setpoints, transmitted: transmit, control: control)
    if !control.safety.fault.isLatched || control.safety.fault.cycle == cycle.number {
      history.append(record, control: control)
    }
    return directive.isFinished ? nil : cycle.number + 1 + skipped
  }
}

extension ControlCycle {
  /// The cycle of a robot, with its dynamics computed in `data`, which must outlive the cycle.
  public init(robot: Robot, data: ModelData) {
    let content: ModelTorque.Content =
      switch robot.feedforward {
      case .none: .none
      case .gravity: .gravity
      case .inverseDynamics: .inverseDynamics
      }
    self.init(
      joints: robot.joints.map(\.configuration),
      dynamics: ModelTorque(content, model: robot.model.kernel, workspace: data.workspace),
      thresholds: SafetyThresholds(commandTimeout: Double(robot.commandTimeout) * 1e-9))
  }
}
