public import ControlCycle

/// What a run is judged by: tracking, limits, timing, freshness; updated once a cycle without allocation.
///
/// The sample read in cycle k answers the command sent in k-1, so the tracking error of cycle k is the position
/// commanded in k-1 minus the position sampled in k. Only armed cycles with a fresh sample count.
public struct RunStatistics: CycleRecorder, ~Copyable {
  /// Figures of one joint.
  public struct Joint: BitwiseCopyable, Sendable {
    /// Sum of squared tracking errors [rad^2].
    var squares = 0.0
    /// Armed cycles with a fresh sample.
    public var count: Int64 = 0
    /// Largest tracking error [rad].
    public var peak = 0.0
    /// Largest torque reported [N.m].
    public var peakTorque = 0.0
    /// Armed cycles in which the torque was limited.
    public var saturated: Int64 = 0
    /// Armed cycles in which a position, velocity or acceleration limit changed the setpoint.
    public var limited: Int64 = 0
    /// Armed cycles in which the answer to the last command had not come.
    public var late: Int64 = 0
    /// Oldest sample used while armed [cycles].
    public var worstAge: Int32 = 0
    /// Lowest and highest position sampled while armed [rad].
    public var minPosition = Double.infinity
    /// Highest position sampled while armed [rad].
    public var maxPosition = -Double.infinity
    /// Highest speed sampled while armed [rad/s].
    public var peakVelocity = 0.0
    /// Root mean square of the tracking error [rad].
    public var rms: Double { count == 0 ? 0 : (squares / Double(count)).squareRoot() }
  }

  /// What a bus said of itself.
  public struct Bus: BitwiseCopyable, Sendable {
    /// Cycles in which an error counter was at 96 or more, and nothing worse.
    public var warning: Int64 = 0
    /// Cycles in which the controller was error-passive.
    public var passive: Int64 = 0
    /// Cycles in which the bus was off, down or gone.
    public var lost: Int64 = 0
    /// Commands that found the queue full; they were dropped.
    public var refused: Int64 = 0
    /// Received frames for which there was no room.
    public var overflowed: Int64 = 0

    mutating func take(_ condition: BusCondition) {
      switch condition.state {
      case .errorActive: break
      case .warning: warning += 1
      case .passive: passive += 1
      case .busOff, .down, .gone: lost += 1
      }
      refused += Int64(condition.refused)
      overflowed += Int64(condition.overflowed)
    }
  }

  /// What each bus said of itself; entries beyond the robot's buses are unused.
  public private(set) var buses: InlineArray<16, Bus>
  /// Figures of each joint, in the robot's order; entries beyond its joints are unused.
  public private(set) var joints: InlineArray<64, Joint>
  /// Time of each stage, by `Stage`.
  public private(set) var stages: InlineArray<8, LatencyHistogram>
  /// Cycles in which a stage took longer than its budget, by `Stage`.
  public private(set) var overBudget: InlineArray<8, Int64>
  /// Longest time a stage may take [ns], by `Stage`.
  public let budgets: InlineArray<8, Int64>
  /// Time from receive to send.
  public private(set) var busy = LatencyHistogram()
  /// Time between the oldest and the newest of the samples that an armed cycle goes by, over all joints and buses.
  public private(set) var skew = LatencyHistogram()
  /// Deadlines missed, over all cycles.
  public private(set) var missed: Int64 = 0
  /// Cycles left out because the loop woke too late; their deadlines are among the missed ones.
  public private(set) var skipped: Int64 = 0
  /// Cycles run.
  public private(set) var cycles: Int64 = 0
  /// Cycles run while armed.
  public private(set) var armedCycles: Int64 = 0
  private var commanded: InlineArray<64, Double>
  private var wasArmed = false

  /// Statistics of no cycle, judged by a schedule's budgets, if there is one.
  public init(_ schedule: Schedule? = nil) {
    stages = InlineArray { _ in LatencyHistogram() }
    overBudget = InlineArray(repeating: 0)
    budgets = InlineArray { schedule?.budget(of: Stage.allCases[$0]) ?? .max }
    buses = InlineArray(repeating: Bus())
    joints = InlineArray(repeating: Joint())
    commanded = InlineArray(repeating: 0)
  }

  /// Takes a cycle into account.
  public mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    cycles += 1
    missed += record.missed
    skipped += record.skipped
    busy.add(record.busy)
    // The first cycle's last stage, record, is not over yet.
    for stage in 0..<(cycles == 1 ? Stage.record.rawValue : Stage.count) {
      let time = record.stages[stage]
      stages[stage].add(time)
      if time > budgets[stage] { overBudget[stage] += 1 }
    }
    if received.troubledBuses != 0 {
      for bus in 0..<Capacity.buses { buses[bus].take(received.condition(ofBus: bus)) }
    }
    let isArmed = control.safety.state == .armed
    if isArmed {
      armedCycles += 1
      noteSkew(control)
    }
    for joint in 0..<control.jointCount {
      if isArmed { take(control, joint: joint) }
      commanded[joint] = control.motions[joint].position
    }
    wasArmed = isArmed
  }

  /// A joint whose answer is late goes by its last sample, and so counts with that.
  private mutating func noteSkew(_ control: borrowing ControlCycle) {
    var (oldest, newest) = (Int64.max, Int64.min)
    for joint in 0..<control.jointCount where control.samples[joint].exists {
      let time = control.samples[joint].time
      oldest = min(oldest, time)
      newest = max(newest, time)
    }
    if newest >= oldest { skew.add(newest - oldest) }
  }

  private mutating func take(_ control: borrowing ControlCycle, joint: Int) {
    let sample = control.samples[joint].state
    var figures = joints[joint]
    figures.worstAge = max(figures.worstAge, sample.age)
    figures.peakTorque = max(figures.peakTorque, abs(sample.torque))
    if wasArmed && sample.age > 1 { figures.late += 1 }
    if control.torqueLimited.contains(joint) { figures.saturated += 1 }
    if control.motionLimited.contains(joint) { figures.limited += 1 }
    if wasArmed && sample.age == 1 {
      let error = commanded[joint] - sample.position
      figures.squares += error * error
      figures.count += 1
      figures.peak = max(figures.peak, abs(error))
      figures.minPosition = min(figures.minPosition, sample.position)
      figures.maxPosition = max(figures.maxPosition, sample.position)
      figures.peakVelocity = max(figures.peakVelocity, abs(sample.velocity))
    }
    joints[joint] = figures
  }
}

/// Percentiles of every stage while the loop runs, for other threads.
public struct LiveTimes: BitwiseCopyable, Sendable {
  /// Times of one stage [ns].
  public struct Row: BitwiseCopyable, Sendable {
    /// Half of all cycles took no longer.
    public var median: Int64 = 0
    /// 99 of 100 cycles took no longer.
    public var p99: Int64 = 0
    /// Longest of all cycles.
    public var max: Int64 = 0
  }
  /// By `Stage`, and last the time from receive to send.
  public var rows = InlineArray<9, Row>(repeating: Row())
  /// The time from receive to send.
  public var busy: Row { rows[Stage.count] }
  private var next = 0

  /// Times of no cycle.
  public init() {}

  /// Brings one row up to date, the next one each time: to look through a histogram takes a microsecond.
  mutating func refresh(_ row: (Int) -> Row) {
    rows[next] = row(next)
    next = (next + 1) % 9
  }
}

extension RunStatistics {
  /// Brings one row of `times` up to date; nine calls refresh all of them.
  public func refresh(_ times: inout LiveTimes) {
    times.refresh { row in
      row < Stage.count ? Self.row(stages[row]) : Self.row(busy)
    }
  }

  private static func row(_ histogram: borrowing LatencyHistogram) -> LiveTimes.Row {
    LiveTimes.Row(
      median: histogram.percentile(0.5), p99: histogram.percentile(0.99), max: histogram.max)
  }
}
