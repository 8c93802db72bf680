import ControlCycle
import JointControl

/// What holds in every cycle of every run, whatever goes wrong; asserted without being asked.
///
/// It is written from the outside, from what the core shows after a cycle, and shares no code with what it watches.
struct InvariantMonitor {
  /// What must hold.
  enum Invariant: String, CaseIterable {
    /// Stiffness and feed-forward of every joint are nothing while drives are off or being switched on.
    case unarmedIsLimp = "unarmed_is_limp"
    /// Every command is a finite number.
    case commandsAreFinite = "commands_are_finite"
    /// The commanded position stays within its limits.
    case positionWithinLimits = "position_within_limits"
    /// The commanded velocity stays within its limit.
    case velocityWithinLimits = "velocity_within_limits"
    /// The commanded acceleration stays within its limit.
    case accelerationWithinLimits = "acceleration_within_limits"
    /// The torque that a command asks for stays within its limit.
    case torqueWithinLimits = "torque_within_limits"
    /// A robot with a latched fault does not follow setpoints.
    case faultStops = "fault_stops"
    /// A latched fault is forgotten on request alone.
    case faultStaysLatched = "fault_stays_latched"
    /// After a fault nothing arms without a request to recover.
    case nothingRearms = "nothing_rearms"
    /// A request to disarm is obeyed in its cycle.
    case disarmIsObeyed = "disarm_is_obeyed"
    /// A joint whose sample is older than its policy allows counts as stale, and a lost one stops it.
    case oldSamplesAreStale = "old_samples_are_stale"
    /// No frame is dropped for want of room, and none is missing.
    case everyJointIsCommanded = "every_joint_is_commanded"
  }

  private struct Joint: BitwiseCopyable {
    var position = 0.0
    var velocity = 0.0
    /// Cycles in a row in which the motion went on without a jump that is allowed.
    var steady = 0
  }
  private var joints: [Joint]
  private var violations: [(time: Double, joint: Int, figure: Double, bound: Double)?]
  private var wasLatched = false
  /// Whether the state was armed or stopping in the cycle before.
  private var wasHeld = false
  private var wasStopped = false

  init(jointCount: Int) {
    joints = Array(repeating: Joint(), count: jointCount)
    violations = Array(repeating: nil, count: Invariant.allCases.count)
  }

  private mutating func require(
    _ holds: Bool, _ invariant: Int, _ time: Double, joint: Int = -1, figure: Double = .nan,
    bound: Double = .nan
  ) {
    if !holds && violations[invariant] == nil { violations[invariant] = (time, joint, figure, bound) }
  }

  /// Takes a cycle.
  mutating func take(
    _ record: CycleRecord, time: Double, transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    let safety = control.safety
    let isOff = safety.state == .disarmed || (safety.state == .arming && safety.isSwitchingOn)
    let isHeld = safety.state.isHeld
    for joint in joints.indices {
      takeCommand(joint, time: time, isOff: isOff, isHeld: isHeld, control: control)
      takeMotion(joint, time: time, period: record.cycle.period, isHeld: isHeld, control: control)
      takeAge(joint, time: time, control: control)
    }
    let isLatched = safety.fault.isLatched
    require(!isLatched || (safety.state != .armed && safety.state != .arming), 6, time)
    let mayForget = record.request == .reset || record.request == .recover
    require(!wasLatched || isLatched || mayForget, 7, time)
    if mayForget { wasStopped = false }
    let isArming = safety.state == .arming || safety.state == .armed
    require(!wasStopped || !isArming, 8, time)
    require(record.request != .disarm || safety.state == .disarmed, 9, time)
    require(transmitted.dropped == 0 && transmitted.count >= joints.count, 11, time)
    wasLatched = isLatched
    if isLatched { wasStopped = true }
    wasHeld = isHeld
  }

  private mutating func takeCommand(
    _ joint: Int, time: Double, isOff: Bool, isHeld: Bool, control: borrowing ControlCycle
  ) {
    let (state, command) = (control.states[joint], control.commands[joint])
    let limits = control.joints[joint].limits
    // Damping that would ask for more than the limit is taken back by a torque against it, here as everywhere.
    let isLimp = command.stiffness == 0 && (command.torque == 0 || control.torqueLimited.contains(joint))
    if isOff { require(isLimp, 0, time, joint: joint) }
    let sum = command.position + command.velocity + command.stiffness + command.damping + command.torque
    require(sum.isFinite, 1, time, joint: joint, figure: sum)
    guard !isOff else { return }
    let torque =
      command.stiffness * (command.position - state.position)
      + command.damping * (command.velocity - state.velocity) + command.torque
    require(
      torque.magnitude <= limits.torque * (1 + 1e-9) + 1e-9, 5, time, joint: joint, figure: torque.magnitude,
      bound: limits.torque)
    guard isHeld && control.activations[joint] > 0 else { return }
    let outside = max(limits.minPosition - command.position, command.position - limits.maxPosition)
    require(outside <= 1e-9, 2, time, joint: joint, figure: outside, bound: 0)
    require(
      command.velocity.magnitude <= limits.velocity * (1 + 1e-9), 3, time, joint: joint,
      figure: command.velocity.magnitude, bound: limits.velocity)
  }

  /// The commanded acceleration, from three commanded positions. A motion may jump where a joint has no stiffness, and that of
  /// a drive that holds a position itself follows the joint while it is damped.
  private mutating func takeMotion(
    _ joint: Int, time: Double, period: Double, isHeld: Bool, control: borrowing ControlCycle
  ) {
    let position = control.motions[joint].position
    let velocity = (position - joints[joint].position) / period
    let isFollowing = control.joints[joint].drive.mode.holdsPosition && control.activations[joint] < 1
    let isSteady = isHeld && control.activations[joint] > 0 && !isFollowing
    joints[joint].steady = isSteady ? joints[joint].steady + 1 : 0
    if joints[joint].steady > 2 {
      let acceleration = (velocity - joints[joint].velocity).magnitude / period
      let limit = control.joints[joint].limits.acceleration
      require(
        acceleration <= limit * (1 + 1e-6) + 1e-6, 4, time, joint: joint, figure: acceleration, bound: limit)
    }
    joints[joint].position = position
    joints[joint].velocity = velocity
  }

  private mutating func takeAge(_ joint: Int, time: Double, control: borrowing ControlCycle) {
    let age = control.states[joint].age
    let safety = control.safety
    guard safety.state == .armed else { return }
    let policy = control.joints[joint].staleness
    require(
      age <= policy.maxAge || control.stale.contains(joint), 10, time, joint: joint, figure: Double(age),
      bound: Double(policy.maxAge))
    require(
      age < StalenessPolicy.lossAge || safety.isolated.contains(joint), 10, time, joint: joint,
      figure: Double(age), bound: Double(StalenessPolicy.lossAge))
  }

  /// One verdict for each invariant.
  func verdicts(robot: Robot) -> [Verdict] {
    Invariant.allCases.enumerated().map { index, invariant in
      guard let violation = violations[index] else {
        return Verdict(invariant.rawValue, passed: true, message: "held in every cycle")
      }
      let joint = violation.joint >= 0 ? robot.joints[violation.joint].name : nil
      let figures =
        violation.figure.isNaN
        ? "" : ", \(figureText(violation.figure)) where \(figureText(violation.bound)) is allowed"
      return Verdict(
        invariant.rawValue, passed: false, figure: violation.figure.isNaN ? nil : violation.figure,
        bound: violation.bound.isNaN ? nil : violation.bound, joint: joint, time: violation.time,
        message: "violated" + (joint.map { " by \($0)" } ?? "")
          + " at \(figureText(violation.time)) s\(figures)")
    }
  }
}
