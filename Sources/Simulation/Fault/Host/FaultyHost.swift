public import ControlCycle
public import JointControl

/// The host of a simulated robot as faults make it: a loop that wakes late, takes too long, stands still or is gone, and a
/// clock that is off. Without such faults it is the robot alone, to the bit.
///
/// Time does not wait for the loop, yet no clock of this machine is read: how late a cycle is follows from the faults and
/// the seed. A late cycle is told to the core as on a real robot, as deadlines missed, and buses and drives go on meanwhile.
public struct FaultyHost: Target, ~Copyable {
  /// The robot.
  public let robot: SimulatedRobot
  /// Whether nothing is sent any more: the loop was killed.
  public private(set) var isKilled = false
  private let period: Int64
  private let clock: HostClock
  /// Instant of the world, for the host; the robot may be behind it until something is sent [ns].
  private var time: Int64
  /// When the running cycle began [ns].
  private var cycleStart: Int64
  private let killedAt: Int64
  private var hangs: [(start: Int64, length: Int64)]
  private let lates: [(interval: FaultInterval, part: Double)]
  private var wakes: [(interval: FaultInterval, bound: Int64, random: RandomStream)]
  private var steps: [(start: Int64, size: Int64)]
  private var lastReceive: Int64
  private var inbox = FrameBuffer(capacity: ReceiveRoom.loop)

  /// The host of a robot from its present instant on; `injections` of other layers change nothing.
  public init(_ robot: SimulatedRobot, injections: [Injection], period: Int64, seed: UInt64) {
    self.robot = robot
    self.period = period
    clock = HostClock(injections, period: period)
    time = robot.now
    cycleStart = robot.now
    lastReceive = robot.now
    func nanoseconds(_ seconds: Double) -> Int64 { Int64((seconds * 1e9).rounded()) }
    killedAt = injections.filter { $0.kind == .killed }.map(\.start).min() ?? .max
    hangs = injections.filter { $0.kind == .hangs }.map { ($0.start, nanoseconds($0.intensity)) }
      .sorted { $0.0 < $1.0 }
    lates = injections.filter { $0.kind == .late }.map { ($0.interval(period: period), $0.intensity) }
    wakes = injections.filter { $0.kind == .wakesLate }.map {
      ($0.interval(period: period), nanoseconds($0.intensity), $0.stream(seed: seed, place: 0))
    }
    steps = injections.filter { $0.kind == .steps }.map { ($0.start, nanoseconds($0.intensity)) }
      .sorted { $0.0 < $1.0 }
  }

  /// Time does not wait.
  public var waitsForLoop: Bool { false }

  /// What the host's clock says [ns].
  public var now: Int64 { clock.reading(at: time) }

  /// Sleeps until the host's clock says `due`, and lets everything happen up to the last instant of a cycle that has passed
  /// by the time it wakes [ns].
  public mutating func wait(until due: Int64) -> Int64 {
    let wanted = clock.instant(of: due)
    var woken = max(wanted, time)
    for index in wakes.indices where wakes[index].interval.contains(wanted) {
      woken += wakes[index].random.integer(upTo: wakes[index].bound)
    }
    while let hang = hangs.first, hang.start <= woken {
      woken = max(woken, hang.start + hang.length)
      hangs.removeFirst()
    }
    let missed = (clock.reading(at: woken) - due) / period
    let last = missed > 0 ? clock.instant(of: due + missed * period) : min(wanted, woken)
    if last > robot.now { _ = robot.wait(until: last) }
    time = woken
    cycleStart = woken
    return clock.reading(at: woken)
  }

  /// Appends every frame that reached the host since the last call, stamped by the host's clock.
  public mutating func receive(into frames: inout FrameBuffer) {
    inbox.removeAll()
    robot.receive(into: &inbox)
    var step: Int64 = 0
    while let first = steps.first, first.start <= time {
      step += first.size
      steps.removeFirst()
    }
    for index in 0..<inbox.count {
      var frame = inbox[index]
      // The kernel stamps with the time of day, which is carried over by what both clocks say when it is asked: a step
      // between the two shifts the stamp, which is kept between the last call and this one.
      frame.time = step == 0 ? frame.time : max(lastReceive, min(time, frame.time - step))
      frame.time = clock.reading(at: frame.time)
      frames.append(frame)
    }
    for bus in 0..<Capacity.buses where inbox.troubledBuses & (1 << UInt32(bus)) != 0 {
      frames.note(inbox.condition(ofBus: bus), ofBus: bus)
    }
    lastReceive = time
  }

  /// Queues frames at the host's interfaces, when the cycle has come that far.
  public mutating func send(_ frames: borrowing FrameBuffer) {
    for late in lates where late.interval.contains(cycleStart) {
      time = max(time, cycleStart + Int64((late.part * Double(period)).rounded()))
    }
    if time >= killedAt { isKilled = true }
    guard !isKilled else { return }
    if time > robot.now { _ = robot.wait(until: time) }
    robot.send(frames)
  }
}

extension FaultyHost: RecoverableTarget {
  /// The state of the host's controller on a bus.
  public func state(ofBus bus: Int) -> BusState { robot.state(ofBus: bus) }

  /// Drops what waits in the host's queue.
  public func purge(bus: Int) -> RecoveryAnswer { robot.purge(bus: bus) }

  /// Starts the host's controller again, which works once what took it off the bus is over.
  public func restart(bus: Int) -> RecoveryAnswer { robot.restart(bus: bus) }
}
