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
  private var stages = StageClock()
  /// Number and instant of the last cycle that was run; nil before the first.
  private var last: (number: Int64, time: Int64)?
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
    received = FrameBuffer(capacity: ReceiveRoom.loop)
    transmit = FrameBuffer(capacity: 2 * Capacity.joints)
    setpoints = SetpointBuffer()
    history = History(capacity: 50)
  }

  /// Ends the loop and gives its target back.
  consuming func close() -> LoopTarget { target }

  /// Runs until the source is finished.
  ///
  /// - Throws: `ControlFault` when the run ended in a fault stop, with the last cycles before it.
  public mutating func run<Source: SetpointSource & ~Copyable, Recorder: CycleRecorder & ~Copyable>(
    from source: inout Source, recording recorder: inout Recorder
  ) throws(ControlFault) {
    var law = NoLaw()
    try run(from: &source, applying: &law, recording: &recorder)
  }

  /// Runs with a law of the user's until the source is finished. It may run again: the core goes on from where it is.
  ///
  /// - Throws: `ControlFault` when the run ended in a fault stop, with the last cycles before it.
  public mutating func run<
    Source: SetpointSource & ~Copyable, UserLaw: Law & ~Copyable, Recorder: CycleRecorder & ~Copyable
  >(
    from source: inout Source, applying law: inout UserLaw, recording recorder: inout Recorder
  ) throws(ControlFault) {
    let start = target.now + robot.period
    // Numbers go on where the last run of the loop ended, as far as time went on.
    let first = last.map { $0.number + max(1, (start - $0.time) / robot.period) } ?? 0
    var timeline = Timeline(
      start: start, period: robot.period, waitsForLoop: target.waitsForLoop, first: first)
    while !turn(&timeline, from: &source, applying: &law, recording: &recorder) {}
    if control.safety.fault.isLatched {
      throw ControlFault(control.safety.fault, robot: robot, history: history.snapshots)
    }
  }

  /// One turn of the loop: wait, receive, step, send, record; true when the source is finished.
  ///
  /// All that runs in real time is here. Never inlined, so that the audit of the linked binary finds it by name.
  @inline(never)
  private mutating func turn<
    Source: SetpointSource & ~Copyable, UserLaw: Law & ~Copyable, Recorder: CycleRecorder & ~Copyable
  >(
    _ timeline: inout Timeline, from source: inout Source, applying law: inout UserLaw,
    recording recorder: inout Recorder
  ) -> Bool {
    let (cycle, lateness) = timeline.wake(at: target.wait(until: timeline.due))
    stages.wake(lateness: lateness)
    receive()
    last = (cycle.number, cycle.time)
    let directive = step(cycle, from: &source, applying: &law)
    send()
    // Where time stands still for the loop, a cycle is late when it starts late, and never at full speed.
    timeline.finish(after: timeline.waitsForLoop ? lateness : target.now - cycle.time)
    let record = CycleRecord(
      cycle: cycle, request: directive.request, stages: stages.times, busy: stages.busy,
      skipped: timeline.skipped, missed: timeline.missed)
    self.record(record, into: &recorder)
    return directive.isFinished
  }

  private mutating func receive() {
    received.removeAll()
    target.receive(into: &received)
    stages.end(.receive)
  }

  /// `ControlCycle.step`, in its parts so that each is timed.
  private mutating func step<Source: SetpointSource & ~Copyable, UserLaw: Law & ~Copyable>(
    _ cycle: Cycle, from source: inout Source, applying law: inout UserLaw
  ) -> Directive {
    setpoints.forgetChoices()
    let directive = source.next(cycle, control: control, into: &setpoints)
    stages.end(.setpoints)
    control.sense(cycle, received: received, setpoints: setpoints, request: directive.request)
    stages.end(.sense)
    control.computeDynamics()
    stages.end(.dynamics)
    control.command(cycle, law: &law)
    stages.end(.laws)
    return directive
  }

  private mutating func send() {
    transmit.removeAll()
    control.encode(into: &transmit)
    target.send(transmit)
    stages.end(.send)
  }

  private mutating func record<Recorder: CycleRecorder & ~Copyable>(
    _ record: CycleRecord, into recorder: inout Recorder
  ) {
    recorder.record(record, received: received, setpoints: setpoints, transmitted: transmit, control: control)
    if !control.safety.fault.isLatched || control.safety.fault.cycle == record.cycle.number {
      history.append(record, control: control)
    }
    stages.end(.record)
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
    var thresholds = SafetyThresholds(commandTimeout: Double(robot.commandTimeout) * 1e-9)
    thresholds.missLimit = Int32(robot.schedule.overruns.limit)
    thresholds.missWindow = Int32(robot.schedule.overruns.window)
    thresholds.isolatesBuses = robot.onBusLoss == .limb
    self.init(
      joints: robot.joints.map(\.configuration),
      dynamics: ModelTorque(content, model: robot.model.kernel, workspace: data.workspace),
      thresholds: thresholds, frameLimits: robot.frameLimits)
  }
}
