import LaneMath

/// What a joint's torque is made of: the parts, 0...1, in which all laws of `JointLaw` are linear.
///
///     torque = stiffness K e + damping D e' + model m + asked a + lead f + wall w
public struct LawShares: BitwiseCopyable, Sendable {
  /// Part of the configured stiffness.
  public internal(set) var stiffness: Double
  /// Part of the configured damping.
  public internal(set) var damping: Double
  /// Part of the model torque.
  public internal(set) var model: Double
  /// Part of the asked torque, and of the friction along the commanded motion.
  public internal(set) var asked: Double
  /// Part of the friction along the measured motion.
  public internal(set) var lead: Double
  /// Part of the walls before the position limits.
  public internal(set) var wall: Double

  @_noLocks init(
    stiffness: Double, damping: Double, model: Double, asked: Double, lead: Double, wall: Double = 0
  ) {
    self.stiffness = stiffness
    self.damping = damping
    self.model = model
    self.asked = asked
    self.lead = lead
    self.wall = wall
  }

  /// The torque of these parts [N.m].
  @_noLocks func torque(_ signals: LawSignals) -> Double {
    stiffness * signals.stiffness + damping * signals.damping + model * signals.model + asked * signals.asked
      + lead * signals.friction + wall * signals.wall
  }
}

/// What the parts of a law multiply.
struct LawSignals: BitwiseCopyable {
  /// K e, of the configured stiffness from the joint to the commanded motion [N.m].
  var stiffness: Double
  /// D e', of the configured damping [N.m].
  var damping: Double
  /// m, of the rigid-body model [N.m].
  var model: Double
  /// a, of the setpoint, and friction of the commanded motion [N.m].
  var asked: Double
  /// f, friction of the measured motion [N.m].
  var friction: Double
  /// w, of the walls: their springs, and their damping times e' [N.m].
  var wall: Double

  @_noLocks init(
    stiffness: Double, damping: Double, model: Double, asked: Double, friction: Double, wall: Double
  ) {
    self.stiffness = stiffness
    self.damping = damping
    self.model = model
    self.asked = asked
    self.friction = friction
    self.wall = wall
  }
}

/// The law of one joint, and its way from one law to the next.
///
/// Each part goes to where the chosen law has it within `LawOutput.fadeTime`, and slower where that would change the
/// torque, at the signals of the cycle, by more than
///
///     2 x torque limit x period / fadeTime
///
/// so that this is the most a change of law or gains adds to the torque from one cycle to the next. What the signals'
/// own changes do comes on top.
public struct LawBlend: BitwiseCopyable, Sendable {
  /// The law that is chosen.
  public internal(set) var choice: LawChoice
  /// The parts in use.
  public internal(set) var shares: LawShares
  /// Whether the commanded motion goes with the joint. Its velocity then counts for nothing; it begins and ends at rest.
  public internal(set) var isGuided: Bool

  /// The law, in force at once.
  @_noLocks init(_ choice: LawChoice) { self.init(choice, keeping: choice) }

  /// A law that is in force, beside the one that is chosen.
  @_noLocks init(_ inForce: LawChoice, keeping choice: LawChoice) {
    self.choice = choice
    shares = inForce.shares
    isGuided = inForce.law.follows
  }

  /// Takes the parts one cycle towards those of a law.
  ///
  /// - Parameters:
  ///   - target: the parts of that law.
  ///   - signals: what they multiply in this cycle.
  ///   - limit: torque limit of the joint [N.m].
  ///   - period: time since the cycle before [s].
  @_noLocks mutating func approach(
    _ target: LawShares, signals: LawSignals, limit: Double, period: Double
  ) {
    let part = smaller(period / LawOutput.fadeTime, 1)
    let change = LawShares(
      stiffness: LawBlend.step(shares.stiffness, target.stiffness, part),
      damping: LawBlend.step(shares.damping, target.damping, part),
      model: LawBlend.step(shares.model, target.model, part),
      asked: LawBlend.step(shares.asked, target.asked, part),
      lead: LawBlend.step(shares.lead, target.lead, part),
      // As fast as the damping that it replaces, so that both together never exceed the configured damping.
      wall: LawBlend.step(shares.wall, target.wall, part / LimitWall.dampingShare))
    let torque = magnitude(change.torque(signals))
    // Signals that are no numbers: the command is refused further on, and no part follows them.
    guard torque.isFinite else { return }
    let most = 2 * LawOutput.bound(limit) * part
    let share = torque <= most ? 1 : most / torque
    shares.stiffness += share * change.stiffness
    shares.damping += share * change.damping
    shares.model += share * change.model
    shares.asked += share * change.asked
    shares.lead += share * change.lead
    shares.wall += share * change.wall
  }

  /// From one number towards another, at most so far.
  @_noLocks private static func step(_ from: Double, _ to: Double, _ most: Double) -> Double {
    clamp(to - from, -most, most)
  }
}

extension ControlCycle {
  /// Lets a joint follow another law, or the same with other gains, from the next cycle on; without a step in its torque
  /// (`LawBlend`). While the robot stops, is frozen or in a fault, all joints follow `impedance`, where they are.
  ///
  /// - Parameters:
  ///   - choice: the law and its gains.
  ///   - joint: index of the joint.
  /// - Returns: false, and nothing changes, where there is no such joint, the gains are not usable, or the joint's drive
  ///   closes a position or velocity loop of its own, so that only `impedance` is there for it.
  @_noLocks public mutating func choose(_ choice: LawChoice, for joint: Int) -> Bool {
    guard joint >= 0 && joint < jointCount && choice.isUsable else { return false }
    guard !choice.law.follows || joints[joint].drive.mode.takesTorque else { return false }
    laws[joint].choice = choice
    return true
  }

  /// Takes over the laws that are asked for in this cycle.
  @_noLocks mutating func takeChoices(_ asked: borrowing SetpointBuffer) {
    refusedLaws = JointSet()
    if asked.chosen.isEmpty { return }
    for joint in 0..<jointCount {
      guard let choice = asked.choice(for: joint) else { continue }
      if !choose(choice, for: joint) { refusedLaws.insert(joint) }
    }
  }

  /// The choice that is in force: what stops or is frozen holds where it is, whatever was chosen.
  @_noLocks func effectiveChoice(_ joint: Int) -> LawChoice {
    let isFree = safety.state.isArming || safety.state.isArmed && !safety.isFrozen
    return isFree ? laws[joint].choice : LawChoice(.impedance)
  }

  /// Advances the commanded motion of a joint whose law lets it go with the joint, or which comes back from there.
  ///
  /// It brakes from the setpoints' motion; once it rests and no stiffness is left it follows the joint, within all limits;
  /// before it takes setpoints again it comes to rest once more. So the velocity that counts never jumps.
  ///
  /// - Returns: false where the setpoints lead the motion.
  @_noLocks mutating func guide(_ joint: Int, limits: JointLimits, period: Double) -> Bool {
    let follows = effectiveChoice(joint).law.follows
    guard follows || laws[joint].isGuided else { return false }
    if follows && laws[joint].isGuided {
      _ = MotionLimiter.advance(
        &motions[joint], towards: JointSetpoint(position: states[joint].position), limits: limits,
        period: period)
    } else {
      brake(joint, limits: limits, period: period)
    }
    return true
  }

  /// Brakes the commanded motion of a joint, and changes at rest between following the joint and not.
  ///
  /// - Returns: whether the motion rests.
  @discardableResult
  @_noLocks mutating func brake(_ joint: Int, limits: JointLimits, period: Double) -> Bool {
    let isResting = MotionLimiter.brake(&motions[joint], limits: limits, period: period)
    guard isResting && motions[joint].acceleration == 0 else { return isResting }
    let follows = effectiveChoice(joint).law.follows
    if !follows {
      laws[joint].isGuided = false
    } else if laws[joint].shares.stiffness == 0 {
      laws[joint].isGuided = true
    }
    return isResting
  }

  /// The commanded motion as laws see it: at rest where it only goes with the joint.
  @_noLocks func shownMotion(_ joint: Int) -> CommandedMotion {
    laws[joint].isGuided ? CommandedMotion(restingAt: motions[joint].position) : motions[joint]
  }

  /// The effort of one joint, one cycle further on the way to its law.
  @_noLocks mutating func blend(_ joint: Int, torque: Double, over period: Double) -> JointEffort {
    let motion = shownMotion(joint)
    let state = states[joint]
    let modelTorque = dynamics[joints[joint].velocityIndex]
    let measuredFriction =
      joints[joint].coulombFriction * smoothSign(state.velocity, width: JointImpedance.frictionWidth)
      + joints[joint].viscousFriction * state.velocity
    let choice = effectiveChoice(joint)
    let target = choice.shares
    let gains = joints[joint].gains
    var reach = LimitWall.Reach()
    if target.wall > 0 || laws[joint].shares.wall > 0 {
      reach = LimitWall(joints[joint], period: period).reach(at: state.position)
    }
    let wallDamping = reach.share * LimitWall.dampingShare * gains.damping
    // Coming back from the joint's own motion, nothing changes until that is at rest.
    if choice.law.follows || !laws[joint].isGuided {
      let signals = LawSignals(
        stiffness: gains.stiffness * (motion.position - state.position),
        damping: gains.damping * (motion.velocity - state.velocity),
        model: modelTorque, asked: torque + JointImpedance.friction(along: motion, joint: joints[joint]),
        friction: measuredFriction,
        wall: reach.torque + wallDamping * (motion.velocity - state.velocity))
      laws[joint].approach(
        target, signals: signals, limit: joints[joint].limits.torque, period: period)
    }
    let shares = laws[joint].shares
    var effort = JointImpedance.effort(
      motion: motion, torque: shares.asked * torque, modelTorque: shares.model * modelTorque,
      frictionShare: shares.asked, joint: joints[joint])
    effort.stiffness = shares.stiffness * gains.stiffness
    effort.damping = shares.damping * gains.damping + shares.wall * wallDamping
    if shares.lead > 0 { effort.torque += shares.lead * measuredFriction }
    if shares.wall > 0 { effort.torque += shares.wall * reach.torque }
    return effort
  }
}
