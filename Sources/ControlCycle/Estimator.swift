/// One accepted sample of a joint and when it was taken.
public struct JointSample: BitwiseCopyable, Sendable {
  /// The sample, joint side; its age counts cycles since it arrived.
  public var state: JointState
  /// End of the frame that carried it [ns, the loop's clock].
  public var time: Int64
  /// The parts of the next sample so far, at the drive's shaft, where it comes in more than one frame.
  public var parts: MotorState
  /// Power stage and faults of the drive at the sample.
  public var mode: DriveMode
  /// What the drive's newest sample says is wrong.
  public var faults: DriveFaults
  /// What the drive reported apart from its samples since it was last disarmed.
  public var reportedFaults: DriveFaults
  /// Hottest temperature the drive reports [degree Celsius].
  public var temperature: Double
  /// Frames that looked like samples and were refused: malformed, or a jump no joint can make.
  public var rejected: Int64
  /// Samples in a row that are the same to the bit, torque and all, while the motion goes away from them; up to 255.
  var repeats: UInt8
  /// Cycles with two answers that no one joint gives, less those without any, lately.
  var surplus: Int8
  /// Answers in this cycle, accepted or refused, up to 3, or 4 once two of them differed.
  var answers: UInt8
  /// Position that the newest answer of this cycle said, at the joint [rad].
  var answered: Double

  /// A joint that was never sampled.
  @_noLocks public init() {
    state = JointState()
    time = 0
    parts = MotorState()
    parts.position = .nan
    mode = .disabled
    faults = DriveFaults()
    reportedFaults = DriveFaults()
    temperature = 0
    rejected = 0
    repeats = 0
    surplus = 0
    answers = 0
    answered = 0
  }

  /// Whether the joint was sampled at all.
  public var exists: Bool { @_noLocks get { state.age != Int32.max } }

  /// Counts an answer of this cycle; two are of one drive when the joint can have moved by `reach` [rad] between them.
  @_noLocks @inline(__always) mutating func countAnswer(_ position: Double, reach: Double) {
    if answers > 0 && magnitude(position - answered) > reach {
      if answers < 4 && surplus < 127 { surplus &+= 1 }
      answers = 4
    } else if answers < 3 {
      answers &+= 1
    }
    answered = position
  }

  /// Ends the counting of a cycle: one without an answer makes room for a late one, a single answer forgets. A delay
  /// that ends brings many answers at once, which count as one cycle.
  @_noLocks @inline(__always) mutating func settleAnswers() {
    if answers == 0 {
      surplus = surplus > -4 ? surplus &- 1 : -4
    } else if answers == 1 && surplus != 0 {
      surplus = surplus > 0 ? surplus &- 1 : surplus &+ 1
    }
    answers = 0
  }
}

/// From samples to the state at the cycle's instant.
///
/// The drive filters velocity at its own, faster rate, so position and velocity are taken as reported and carried
/// forward with constant velocity over the sample's age. Nothing differentiates a sample.
public enum Estimator {
  /// Room a sample's position has beyond what the velocity limit allows [rad]: encoder steps and compliance.
  static var jumpMargin: Double { @_noLocks get { 0.05 } }

  /// Takes a motor state into a joint's sample, or refuses its motion as a jump.
  ///
  /// A position that the joint could only have reached at more than twice its velocity limit is an encoder or
  /// transmission error (a corrupted payload passes the CRC once in a while), not a motion. What the drive says
  /// of itself counts all the same: a failed encoder sends garbage and its fault in one frame.
  @_noLocks @inline(__always) static func accept(
    _ motor: MotorState, at time: Int64, age: Int32, joint: JointConfiguration,
    into sample: inout JointSample, period: Double
  ) -> Bool {
    sample.mode = motor.mode
    sample.faults = motor.faults
    sample.temperature = motor.temperature
    var state = joint.transmission.jointState(of: motor)
    state.age = age
    guard state.position.isFinite, state.velocity.isFinite, state.torque.isFinite else {
      sample.rejected &+= 1
      return false
    }
    sample.countAnswer(state.position, reach: joint.limits.velocity * period)
    if sample.exists {
      let between = Double(time - sample.time) * 1e-9
      let elapsed = between < period ? period : between
      let reach = 2 * joint.limits.velocity * elapsed + jumpMargin
      if magnitude(state.position - sample.state.position) > reach {
        sample.rejected &+= 1
        return false
      }
    }
    if state.position != sample.state.position || state.velocity != sample.state.velocity
      || state.torque != sample.state.torque
    {
      sample.repeats = 0
    } else if sample.repeats < 255 {
      sample.repeats &+= 1
    }
    sample.state = state
    sample.time = time
    return true
  }

  /// The joint's state at `cycle`, carried forward from its sample.
  @_noLocks static func state(of sample: JointSample, at cycle: Cycle) -> JointState {
    var state = sample.state
    guard sample.exists else { return state }
    let elapsed = Double(cycle.time - sample.time) * 1e-9
    let horizon = cycle.period * Double(StalenessPolicy.lossAge)
    let bounded = elapsed < 0 ? 0 : (elapsed > horizon ? horizon : elapsed)
    state.position += state.velocity * bounded
    return state
  }
}
