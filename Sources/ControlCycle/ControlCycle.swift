/// The pure core of the controller: frames and setpoints in, frames out. **Start here.**
///
/// One value of fixed capacity holds all of its state. `step` opens nothing, reads no clock, allocates nothing,
/// takes no lock and throws nothing; the compiler checks that (`@_noLocks`). The same inputs give the same bytes.
/// Frames read in cycle k answer the commands sent in k-1.
public struct ControlCycle: ~Copyable {
  /// Number of driven joints; entries of the per-joint storage beyond it are unused.
  public let jointCount: Int
  /// What is known of each joint.
  public let joints: InlineArray<64, JointConfiguration>
  /// How the safety monitor judges.
  public internal(set) var thresholds: SafetyThresholds

  /// Newest accepted sample of each joint. Writer: `decode`.
  public internal(set) var samples: InlineArray<64, JointSample>
  /// State of each joint at the cycle's instant. Writer: `estimate`.
  public internal(set) var states: InlineArray<64, JointState>
  /// Motion of each joint within its limits. Writer: `shape`.
  public internal(set) var motions: InlineArray<64, CommandedMotion>
  /// Command of each joint, joint side, after every law and limit. Writers: `applyLaws`, `limit`.
  public internal(set) var commands: InlineArray<64, JointCommand>
  /// Joints whose setpoint a motion limit changed in this cycle. Writer: `shape`.
  public internal(set) var motionLimited: JointSet
  /// Joints whose torque was limited in this cycle. Writer: `limit`.
  public internal(set) var torqueLimited: JointSet
  /// Joints whose samples are older than their policy allows. Writer: `inspect`.
  public internal(set) var stale: JointSet
  /// Setpoints in use, the last finite ones. Writer: `inspect`.
  public internal(set) var setpoints: InlineArray<64, JointSetpoint>
  /// Where the robot stands. Writer: `inspect`.
  public internal(set) var safety: SafetyMonitor
  /// Frames received that belong to no joint. Writer: `decode`.
  public internal(set) var strangers: Int64
  /// Gravity or inverse dynamics. Writer: `applyLaws`.
  var dynamics: ModelTorque

  /// The cycle of a robot's joints.
  ///
  /// - Parameters:
  ///   - list: the joints, at most 64, in the order of setpoints and states; all drives' buses below 16.
  ///   - dynamics: what computes the model torque; it refers to a model that must outlive the cycle.
  ///   - thresholds: how the safety monitor judges.
  public init(
    joints list: [JointConfiguration], dynamics: consuming ModelTorque, thresholds: SafetyThresholds
  ) {
    precondition(!list.isEmpty && list.count <= Capacity.joints, "a robot has 1...64 driven joints")
    precondition(list.allSatisfy { Int($0.drive.bus) < Capacity.buses }, "a robot has at most 16 buses")
    jointCount = list.count
    joints = InlineArray { list[$0 < list.count ? $0 : 0] }
    self.thresholds = thresholds
    self.dynamics = dynamics
    samples = InlineArray(repeating: JointSample())
    states = InlineArray(repeating: JointState())
    motions = InlineArray(repeating: CommandedMotion(restingAt: 0))
    commands = InlineArray(repeating: JointCommand())
    setpoints = InlineArray(repeating: JointSetpoint())
    motionLimited = JointSet()
    torqueLimited = JointSet()
    stale = JointSet()
    safety = SafetyMonitor()
    strangers = 0
  }

  /// One cycle, in the order data flows.
  ///
  /// - Parameters:
  ///   - cycle: number, instant and period.
  ///   - received: every frame that arrived since the last cycle.
  ///   - asked: setpoints of all joints.
  ///   - request: what the shell wants of the safety state.
  ///   - transmit: receives one frame a drive.
  @_noLocks public mutating func step(
    _ cycle: Cycle, received: borrowing FrameBuffer, setpoints asked: borrowing SetpointBuffer,
    request: Request, into transmit: inout FrameBuffer
  ) {
    sense(cycle, received: received, setpoints: asked, request: request)
    computeDynamics()
    command()
    encode(into: &transmit)
  }

  /// First part of `step`: what the drives say, whether the robot may go on, and which motion the limits allow.
  @_noLocks public mutating func sense(
    _ cycle: Cycle, received: borrowing FrameBuffer, setpoints asked: borrowing SetpointBuffer,
    request: Request
  ) {
    decode(received, at: cycle)
    estimate(at: cycle)
    inspect(asked, request: request, at: cycle)
    shape(at: cycle)
  }

  /// Second part of `step`: the model torque of the commanded motion.
  @_noLocks public mutating func computeDynamics() {
    dynamics.evaluate(joints: joints, count: jointCount, states: states, motions: motions)
  }

  /// Third part of `step`: the laws and the torque limits. `encode` is the last.
  @_noLocks public mutating func command() {
    applyLaws()
    limit()
  }

  /// Drives to samples, motor side to joint side.
  @_noLocks mutating func decode(_ received: borrowing FrameBuffer, at cycle: Cycle) {
    // More than one cycle where some were left out.
    let since = cycle.number &- safety.decided
    let elapsed = Int32(truncatingIfNeeded: since < 1 ? 1 : (since > 1000 ? 1000 : since))
    for joint in 0..<jointCount where samples[joint].exists && samples[joint].state.age < Int32.max - 1000 {
      samples[joint].state.age &+= elapsed
    }
    for index in 0..<received.count {
      let frame = received[index]
      var isKnown = false
      for joint in 0..<jointCount where DriveCodec.answers(frame, joints[joint].drive) {
        isKnown = true
        switch DriveCodec.decode(frame, for: joints[joint].drive) {
        case .feedback(let motor):
          if Estimator.accept(
            motor, at: frame.time, joint: joints[joint], into: &samples[joint], period: cycle.period)
          {
            samples[joint].state.age = 1
          }
        case .malformed: samples[joint].rejected &+= 1
        case .faultReport(let faults): samples[joint].faults.insert(faults)
        case .parameter, .identity: break
        }
        break
      }
      if !isKnown { strangers &+= 1 }
    }
  }

  /// Samples to states at the cycle's instant.
  @_noLocks mutating func estimate(at cycle: Cycle) {
    for joint in 0..<jointCount {
      states[joint] = Estimator.state(of: samples[joint], at: cycle)
    }
  }

  /// Setpoints to a commanded motion that keeps every limit.
  @_noLocks mutating func shape(at cycle: Cycle) {
    motionLimited = JointSet()
    var isMoving = false
    for joint in 0..<jointCount {
      var limits = joints[joint].limits
      if safety.isSlowed { limits.velocity *= thresholds.slowFactor }
      switch safety.state {
      case .disarmed, .arming: break
      case .armed:
        isMoving = true
        if safety.isFrozen || (stale.contains(joint) && joints[joint].staleness.reaction.isHold) {
          _ = MotionLimiter.brake(&motions[joint], limits: limits, period: cycle.period)
        } else if MotionLimiter.advance(
          &motions[joint], towards: setpoints[joint], limits: limits, period: cycle.period)
        {
          motionLimited.insert(joint)
        }
      case .stopping, .fault:
        if !MotionLimiter.brake(&motions[joint], limits: limits, period: cycle.period) { isMoving = true }
      }
    }
    safety.isAtRest = !isMoving
  }

  /// Commanded motion to commands.
  @_noLocks mutating func applyLaws() {
    let activation = safety.activation
    for joint in 0..<jointCount {
      let isDamped =
        safety.isRelaxed || safety.state.isFault
        || (stale.contains(joint)
          && (safety.state.isStopping || joints[joint].staleness.reaction.isDamp))
      if isDamped {
        commands[joint] = JointImpedance.damping(at: states[joint], joint: joints[joint])
      } else {
        commands[joint] = JointImpedance.update(
          motion: motions[joint], torque: safety.state.isArmed ? setpoints[joint].torque : 0,
          modelTorque: dynamics[joints[joint].velocityIndex], joint: joints[joint],
          activation: activation)
      }
    }
  }

  /// Commands within torque limits; a command that is not finite becomes damping.
  @_noLocks mutating func limit() {
    torqueLimited = JointSet()
    for joint in 0..<jointCount {
      if !commands[joint].isFinite {
        commands[joint] = JointImpedance.damping(at: states[joint], joint: joints[joint])
        torqueLimited.insert(joint)
      }
      if TorqueLimiter.apply(
        to: &commands[joint], state: states[joint], limit: joints[joint].limits.torque)
      {
        torqueLimited.insert(joint)
      }
    }
  }

  /// Commands to frames, joint side to motor side.
  @_noLocks public mutating func encode(into transmit: inout FrameBuffer) {
    for joint in 0..<jointCount {
      let drive = joints[joint].drive
      switch safety.state {
      case .disarmed:
        transmit.append(DriveCodec.encode(DriveRequest.disable, for: drive))
      case .arming where safety.isSwitchingOn && !samples[joint].mode.isEnabled:
        transmit.append(DriveCodec.encode(DriveRequest.enable, for: drive))
      default:
        transmit.append(
          DriveCodec.encode(joints[joint].transmission.motorCommand(of: commands[joint]), for: drive))
      }
    }
  }
}
