public import ControlCycle

/// Takes the gains of some joints from those of the description to others along a line, while the robot is armed.
///
/// It begins in the cycle in which the robot is armed and goes back over the same time when it stops, so that braking and damping
/// are the description's. What is stable at both ends is stable between, as the stable stiffness of a sampled loop is a concave
/// function of damping (`GainBound`). A law that keeps a part of the configured gains, such as one of an experiment without stiffness,
/// keeps that part of the others. All of it follows from cycles and states, so that a recorded run is replayed by the same ramp.
public struct GainRamp: Law, ~Copyable {
  /// Time that a ramp takes unless another is asked for [s].
  public static var usualTime: Double { 0.3 }

  /// 0 at the gains of the description, 1 at the others.
  public private(set) var share = 0.0
  /// Time from one end to the other [s].
  public let time: Double
  private let joints: JointSet
  private var stiffness: InlineArray<64, Double>
  private var damping: InlineArray<64, Double>
  private var last: Int64 = -1

  /// A ramp.
  ///
  /// - Parameters:
  ///   - robot: the robot as it is run.
  ///   - gains: the other gains, finite and not below zero, by index of the joint.
  ///   - time: time that it takes [s]; 0 changes them in one cycle.
  public init(_ robot: Robot, to gains: [Int: ImpedanceGains], within time: Double = usualTime) {
    precondition(time >= 0 && time.isFinite, "a ramp takes a time of 0 s or more")
    self.time = time
    var joints = JointSet()
    stiffness = InlineArray(repeating: 0)
    damping = InlineArray(repeating: 0)
    for (index, wanted) in gains {
      precondition(robot.joints.indices.contains(index), "the robot has no joint \(index)")
      precondition(
        wanted.stiffness >= 0 && wanted.damping >= 0 && wanted.stiffness.isFinite && wanted.damping.isFinite,
        "gains are finite and not below zero")
      let described = robot.joints[index].configuration.gains
      joints.insert(index)
      stiffness[index] = wanted.stiffness - described.stiffness
      damping[index] = wanted.damping - described.damping
    }
    self.joints = joints
  }

  /// Puts the gains of this cycle into the efforts.
  @_noLocks public mutating func update(
    _ cycle: Cycle, control: borrowing ControlCycle, efforts: inout JointEfforts
  ) {
    let cycles = last < 0 || cycle.number <= last ? 1 : cycle.number - last
    last = cycle.number
    var isArmed = false
    if case .armed = control.safety.state { isArmed = true }
    let step = time > 0 ? Double(cycles) * cycle.period / time : 1
    // Counting up by parts ends a rounding error below the end.
    if isArmed {
      share = share + step > 1 - 1e-9 ? 1 : share + step
    } else {
      share = share - step < 1e-9 ? 0 : share - step
    }
    if share == 0 { return }
    for joint in 0..<control.jointCount where joints.contains(joint) {
      let parts = control.laws[joint].shares
      efforts[joint].stiffness += share * parts.stiffness * stiffness[joint]
      efforts[joint].damping += share * parts.damping * damping[joint]
      // The difference of two numbers that are not below zero may be, by a rounding error.
      if efforts[joint].stiffness < 0 { efforts[joint].stiffness = 0 }
      if efforts[joint].damping < 0 { efforts[joint].damping = 0 }
    }
  }
}
