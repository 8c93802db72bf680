public import ControlCycle
public import JointControl

/// A source of setpoints that can be asked to end in a controlled stop.
public protocol StoppableSource: SetpointSource, ~Copyable {
  /// Set to end with a controlled stop; looked at every cycle.
  var isStopRequested: Bool { get set }
}

extension MotionPlayer: StoppableSource {}
extension ExperimentSource: StoppableSource {}

/// Setpoints that go wrong between where they come from and the loop: host faults of a program that asks for the wrong thing.
///
/// What the source asks for is kept apart, so that a fault that is over leaves nothing behind.
public struct FaultySource<Source: StoppableSource & ~Copyable>: SetpointSource, ~Copyable {
  /// Where setpoints come from.
  public var source: Source
  /// Whether the loop was killed; it ended then, and nothing is to be sent any more.
  public private(set) var isKilled = false
  private let faults: [Fault]
  private let limits: [JointLimits]
  private var asked = SetpointBuffer()
  /// Fresh sets so far: the source's, without those that were held back.
  private var sequence: Int64 = 0
  private var seen: Int64 = 0

  private struct Fault {
    let kind: Injection.Kind
    /// Joints that it happens to.
    let joints: [Int]
    let interval: FaultInterval
    let intensity: Double
  }

  /// A source whose setpoints go wrong as injected; `injections` of other layers change nothing.
  public init(_ source: consuming Source, injections: [Injection], robot: Robot) {
    self.source = source
    limits = robot.joints.map(\.configuration.limits)
    faults = injections.compactMap { injection in
      switch injection.kind {
      case .setpointNaN, .setpointFrozen, .setpointJumps, .setpointHuge, .killed, .stops: break
      default: return nil
      }
      let joints = injection.target.place == .host ? Array(robot.joints.indices) : injection.joints
      return Fault(
        kind: injection.kind, joints: joints, interval: injection.interval(period: robot.period),
        intensity: injection.intensity)
    }
  }

  /// Gives the source back.
  public consuming func finish() -> Source { source }

  /// What the source asks for, as the faults that hold in this cycle leave it.
  public mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    for fault in faults where fault.kind == .stops && fault.interval.contains(cycle.time) {
      source.isStopRequested = true
    }
    asked.forgetChoices()
    var directive = source.next(cycle, control: control, into: &asked)
    // Below zero: made between two sets, to be followed but not fresh.
    let isBetween = asked.sequence < 0
    let isFresh = asked.sequence != seen
    seen = asked.sequence
    var isFrozen = false
    for fault in faults where fault.interval.contains(cycle.time) {
      if fault.kind == .setpointFrozen { isFrozen = true }
      if fault.kind == .killed { isKilled = true }
    }
    if isKilled { directive.isFinished = true }
    if isFrozen { return directive }
    for joint in limits.indices {
      if let choice = asked.choice(for: joint) { setpoints.ask(choice, for: joint) }
    }
    guard isFresh || isBetween else { return directive }
    if !isBetween { sequence += 1 }
    setpoints.sequence = isBetween ? -sequence : sequence
    for joint in limits.indices {
      setpoints.joints[joint] = asked.joints[joint]
      for fault in faults where fault.interval.contains(cycle.time) && fault.joints.contains(joint) {
        Self.spoil(&setpoints.joints[joint], fault, limits[joint])
      }
    }
    return directive
  }

  private static func spoil(_ setpoint: inout JointSetpoint, _ fault: Fault, _ limits: JointLimits) {
    switch fault.kind {
    case .setpointNaN: setpoint.position = .nan
    case .setpointJumps: setpoint.position += fault.intensity
    case .setpointHuge:
      setpoint = JointSetpoint(
        position: fault.intensity * max(limits.maxPosition.magnitude, limits.minPosition.magnitude),
        velocity: fault.intensity * limits.velocity, acceleration: fault.intensity * limits.acceleration,
        torque: fault.intensity * limits.torque)
    default: break
    }
  }
}
