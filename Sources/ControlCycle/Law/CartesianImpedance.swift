import LaneMath
public import RigidBody

/// Cartesian impedance: a frame hangs on a spring and a damper at a pose, and what is left of the joints' freedom on a
/// spring at a posture.
///
///     torque = J^T (-K x - D(q) J v) + gravity + N^T k (q0 - q) - M N d v
///
/// D(q) gives every direction of the frame its damping ratio, by double diagonalisation of the frame's inertia and K
/// (`OperationalSpace.setDamping`). The orientation's spring is the exact gradient of 2 e^T K e, e the vector part of the
/// quaternion from the target: no direction of turning is left out and none turns the long way round (Caccavale, Siciliano,
/// Villani, IEEE/ASME Trans. Mechatronics 4 (1999) 258-268). Ott, Cartesian Impedance Control of Redundant and Flexible-Joint
/// Robots, Springer 2008; Albu-Schäffer, Ott, Hirzinger, Int. J. Robotics Research 26 (2007) 23-39.
///
/// The projection of the posture's spring does not store what it takes from the frame. What it gives back therefore comes out
/// of a reserve that damping fills, and it fades as that runs out (Dietrich, Ott, Stramigioli, IEEE Robotics and Automation
/// Letters 1 (2016) 1-8, on such energy tanks). The law is then passive at the frame, but for what sampling makes of it:
/// `Gains.frequencyBound`.
///
/// Each cycle: `take` for all joints of the model, `update`, then the torques by `subscript`. They hold gravity and leave
/// inertia as it is; other joints are held by laws of their own.
public struct CartesianImpedance: ~Copyable {
  /// What the law remembers, beside the joints' outputs.
  public struct State: BitwiseCopyable, Sendable {
    /// Gains in use: the newest usable ones.
    public internal(set) var gains: Gains
    /// Whether the law is on in this cycle.
    public internal(set) var isOn = false
    /// Pose of the frame in the world.
    public internal(set) var pose = RigidTransform.identity
    /// Where the spring's other end is: on its way to the newest usable target.
    public internal(set) var reference = RigidTransform.identity
    /// Moment and force of the spring on the frame, along world axes [N.m, N].
    public internal(set) var springMoment = Vector3.zero
    /// Force of the spring [N].
    public internal(set) var springForce = Vector3.zero
    /// Moment of the damper on the frame, along world axes [N.m].
    public internal(set) var dampingMoment = Vector3.zero
    /// Force of the damper [N].
    public internal(set) var dampingForce = Vector3.zero
    /// Energy in the frame's spring [J].
    public internal(set) var springEnergy = 0.0
    /// Energy that the posture's spring may still give [J].
    public internal(set) var reserve = 0.0
    /// Highest natural frequency of the frame on its spring [rad/s].
    public internal(set) var frequency = 0.0
    /// Least singular value of the frame's Jacobian, angular rows times the space's length [m/rad].
    public internal(set) var leastSingularValue = 0.0
    /// Whether the frame is losing a direction: its spring then is as stiff as it was, its damper and the projection are
    /// those of a slightly lighter frame.
    public internal(set) var singularity = Singularity.at
    /// Whether a torque was cut to its limit.
    public internal(set) var isSaturated = false
    /// Updates whose inputs made no sense and were passed over.
    public internal(set) var rejected: Int32 = 0
  }

  /// What one joint of the chain has.
  struct Joint: BitwiseCopyable {
    var limit = 0.0
    var posture = 0.0
    var output = LawOutput()
    /// Parts of the newest torque [N.m].
    var task = 0.0
    var damping = 0.0
    var postureSpring = 0.0
    var postureDamping = 0.0
  }

  /// The gains that are wanted; taken over in the next update.
  public var gains: Gains
  /// Where the frame is wanted, in the world. What is no pose is not taken.
  public var target: RigidTransform
  /// Whether the law is wanted. Off it asks for no torque, gravity's neither. When it comes on, its spring begins where the
  /// frame is, and its posture where the joints are.
  public var isOn = false
  /// What the law remembers.
  public internal(set) var state: State
  /// Chain and frame.
  public internal(set) var space: OperationalSpace
  let model: ModelKernel
  let workspace: Workspace
  var joints: FixedArray<Joint>
  var positions: FixedArray<Double>
  var velocities: FixedArray<Double>
  var gravityTorques: FixedArray<Double>
  /// One number a joint of the chain: room for torques.
  var scratch: FixedArray<Double>

  /// Torque of a joint of the chain, by its place among those named [N.m]. Writer: `update`.
  public subscript(joint: Int) -> Double { @_noLocks get { joints[joint].output.value } }

  /// Sets the most torque of a joint of the chain, either way [N.m].
  @_noLocks public mutating func setLimit(_ joint: Int, _ torque: Double) { joints[joint].limit = torque }

  /// Sets where the posture's spring holds a joint of the chain [rad]; what is no number is not taken.
  @_noLocks public mutating func setPosture(_ joint: Int, _ position: Double) {
    if isSignal(position) { joints[joint].posture = position }
  }

  /// Lets a joint's torque begin from that of another law [N.m]; the difference is passed over in `LawOutput.fadeTime`.
  @_noLocks public mutating func takeOver(_ joint: Int, from torque: Double) {
    joints[joint].output.takeOver(from: torque)
  }

  /// Takes the state of a joint of the model [rad, rad/s]; `index` is its index in v.
  @_noLocks public mutating func take(_ index: Int, position: Double, velocity: Double) {
    positions[index] = position
    velocities[index] = velocity
  }

  /// One update, from what was taken of every joint. Where any of it is no usable number, torques go to nothing in
  /// `LawOutput.fadeTime`, and begin anew after that.
  ///
  /// - Parameter period: time since the update before [s].
  @_noLocks public mutating func update(over period: Double) {
    var isSound = isPeriod(period)
    for index in 0..<model.velocityCount {
      isSound = isSound && isSignal(positions[index]) && isSignal(velocities[index])
    }
    guard isSound else {
      if state.rejected < Int32.max { state.rejected += 1 }
      state.isOn = false
      for joint in 0..<space.count {
        _ = joints[joint].output.pass(limit: joints[joint].limit, period: period)
      }
      return
    }
    var isChanged = adopt()
    unsafe space.update(model, workspace, q: positions.elements, v: velocities.elements)
    unsafe gravity(model, workspace, q: positions.elements, into: gravityTorques.mutableElements)
    state.pose = space.pose
    state.singularity = space.singularity
    state.leastSingularValue = space.manipulability.leastSingularValue
    if isOn != state.isOn {
      isChanged = true
      state.isOn = isOn
      begin()
    }
    if state.isOn { setTorques(over: period) }
    settle(over: period, isChanged: isChanged)
  }
}

extension CartesianImpedance {
  /// Takes the wanted gains; whether outputs have to fade over.
  @_noLocks private mutating func adopt() -> Bool {
    guard gains.isUsable && !gains.isSame(as: state.gains) else { return false }
    state.gains = gains
    state.reserve = smaller(state.reserve, gains.reserve)
    return state.isOn
  }

  /// Springs begin where frame and joints are, the reserve full.
  @_noLocks private mutating func begin() {
    state.reference = space.pose
    state.reserve = state.gains.reserve
    for joint in 0..<space.count {
      let (limit, posture, output) = (
        joints[joint].limit, positions[space.places[joint]], joints[joint].output
      )
      joints[joint] = Joint()
      joints[joint].limit = limit
      joints[joint].posture = posture
      joints[joint].output = output
    }
    if !state.isOn {
      (state.springMoment, state.springForce) = (.zero, .zero)
      (state.dampingMoment, state.dampingForce) = (.zero, .zero)
      state.springEnergy = 0
    }
  }

  /// The parts of all torques.
  @_noLocks private mutating func setTorques(over period: Double) {
    state.reference = state.reference.approaching(
      target, linear: state.gains.linearSpeed * period, angular: state.gains.angularSpeed * period)
    setSpring()
    space.setDamping(
      translation: state.gains.translation, rotation: state.gains.rotation, axes: state.reference.rotation,
      state.gains.modalDamping)
    state.frequency = space.frequencies.highest
    (state.dampingMoment, state.dampingForce) = space.dampingWrench()
    unsafe space.torques(
      moment: state.springMoment, force: state.springForce, into: scratch.mutableElements)
    for joint in 0..<space.count { joints[joint].task = scratch[joint] }
    unsafe space.torques(
      moment: state.dampingMoment, force: state.dampingForce, into: scratch.mutableElements)
    for joint in 0..<space.count { joints[joint].damping = scratch[joint] }
    setPosture(over: period)
  }

  /// Moment, force and energy of the frame's spring.
  @_noLocks private mutating func setSpring() {
    let axes = state.reference.rotation
    let stiffness = state.gains
    let apart = axes.transposedTimes(state.pose.translation - state.reference.translation)
    let pull = stiffness.translation.scaling(apart)
    let turn = Quaternion(rotation: axes.transposed * state.pose.rotation)
    let vector = Vector3(x: turn.x, y: turn.y, z: turn.z)
    let scaled = stiffness.rotation.scaling(vector)
    state.springForce = axes * (-pull)
    state.springMoment = axes * ((scaled * turn.w + vector.cross(scaled)) * -2)
    state.springEnergy = 0.5 * pull.dot(apart) + 2 * scaled.dot(vector)
  }

  /// Spring and damper of the posture, the former as far as the reserve goes.
  @_noLocks private mutating func setPosture(over period: Double) {
    account(over: period)
    let gains = state.gains
    let share = gains.reserve > 0 ? smaller(4 * state.reserve / gains.reserve, 1) : 0
    for joint in 0..<space.count {
      scratch[joint] =
        share * gains.posture * (joints[joint].posture - positions[space.places[joint]])
    }
    unsafe space.projectTorque(scratch.mutableElements)
    for joint in 0..<space.count { joints[joint].postureSpring = scratch[joint] }
    for joint in 0..<space.count { scratch[joint] = velocities[space.places[joint]] }
    unsafe space.projectMomentum(scratch.mutableElements)
    let damping = gains.modalDamping.damping(ofSquare: gains.posture * space.nullSquare())
    for joint in 0..<space.count { joints[joint].postureDamping = -damping * scratch[joint] }
  }

  /// What the torques of the update before did meanwhile: the posture's spring takes from the reserve what it gives, and
  /// most of what damping took goes in; the rest is left for what sampling adds.
  @_noLocks private mutating func account(over period: Double) {
    var (given, taken) = (0.0, 0.0)
    for joint in 0..<space.count {
      let step = velocities[space.places[joint]] * period
      given += joints[joint].postureSpring * step
      taken -= (joints[joint].damping + joints[joint].postureDamping) * step
    }
    state.reserve = clamp(state.reserve - given + 0.8 * larger(taken, 0), 0, state.gains.reserve)
  }

  /// The torques that come out.
  @_noLocks private mutating func settle(over period: Double, isChanged: Bool) {
    state.isSaturated = false
    for joint in 0..<space.count {
      let part = joints[joint]
      let raw =
        state.isOn
        ? gravityTorques[space.places[joint]] + part.task + part.damping + part.postureSpring
          + part.postureDamping : 0
      _ = joints[joint].output.settle(raw, limit: part.limit, period: period, isChanged: isChanged)
      state.isSaturated = state.isSaturated || joints[joint].output.isSaturated
    }
  }
}
