import LaneMath
import RigidBody

/// Momentum observer: the torque that somebody else exerts on every joint, without accelerations and without a force
/// sensor; and what a collision asks for.
///
///     p = M(q) v,   r = Ko (p - integral of (torque + C^T v - g + r)),   r = Ko / (s + Ko) of the external torque
///
/// De Luca, Albu-Schäffer, Haddadin, Hirzinger, IROS 2006, 1623-1630; Haddadin, De Luca, Albu-Schäffer, IEEE Trans. Robotics
/// 33 (2017) 1292-1312. The integral steps by the trapezoidal rule, and from increments, so that a change of Ko moves nothing.
public struct MomentumObserver: ~Copyable {
  /// Bandwidth, and when contact is a collision.
  public struct Gains: BitwiseCopyable, Sendable {
    /// Ko [1/s].
    public var bandwidth: Double
    /// Part of a joint's threshold from which there is contact.
    public var contactShare: Double
    /// Cycles in a row above the threshold that make a collision.
    public var confirmation: Int32

    /// Gains.
    @_noLocks public init(bandwidth: Double, contactShare: Double = 0.5, confirmation: Int32 = 2) {
      self.bandwidth = bandwidth
      self.contactShare = contactShare
      self.confirmation = confirmation
    }

    /// Whether every number can be used; others are not taken.
    public var isUsable: Bool {
      @_noLocks get {
        bandwidth > 0 && bandwidth <= 1e5 && contactShare > 0 && contactShare <= 1 && confirmation > 0
      }
    }
  }

  /// What the residuals ask for.
  public enum Reflex: UInt8, BitwiseCopyable, Sendable {
    /// Nobody touches the robot.
    case none
    /// Somebody does.
    case contact
    /// Harder than the threshold: stays until `acknowledge`, and is the caller's to react to.
    case collision
  }

  /// What the observer remembers, beside the residuals.
  public struct State: BitwiseCopyable, Sendable {
    /// Gains in use: the newest usable ones.
    public internal(set) var gains: Gains
    /// What the residuals ask for.
    public internal(set) var reflex = Reflex.none
    /// Joints, by velocity index, that somebody touches now.
    public internal(set) var touched = JointSet()
    /// Joints, by velocity index, that met a collision since it was last acknowledged.
    public internal(set) var collided = JointSet()
    /// Updates whose inputs made no sense and were passed over.
    public internal(set) var rejected: Int32 = 0
    /// Whether there is a momentum to compare with.
    var hasRun = false
  }

  /// What one joint has.
  struct Joint: BitwiseCopyable {
    var torque = 0.0
    var threshold = Double.infinity
    var momentum = 0.0
    /// Momentum of the update before.
    var lastMomentum = 0.0
    /// C^T v - g of the update before.
    var push = 0.0
    var residual = 0.0
    var above: Int32 = 0
  }

  /// The gains that are wanted; taken over in the next update.
  public var gains: Gains
  /// What the observer remembers.
  public internal(set) var state: State
  let model: ModelKernel
  let workspace: Workspace
  var joints: FixedArray<Joint>
  var positions: FixedArray<Double>
  var velocities: FixedArray<Double>
  var gravityTorques: FixedArray<Double>
  var coriolis: FixedArray<Double>

  /// Estimated external torque at a velocity index [N.m]. Writer: `update`.
  public subscript(index: Int) -> Double { @_noLocks get { joints[index].residual } }

  /// Sets from where on an external torque is a collision, at a velocity index [N.m]; infinite for never.
  @_noLocks public mutating func setThreshold(_ index: Int, _ torque: Double) {
    joints[index].threshold = torque > 0 ? torque : Double.infinity
  }

  /// Takes a joint's state, and the torque that acted on it since the update before: the motor's less friction, as far as
  /// it is known [rad, rad/s, N.m]. `index` is a velocity index.
  @_noLocks public mutating func take(_ index: Int, position: Double, velocity: Double, torque: Double) {
    positions[index] = position
    velocities[index] = velocity
    joints[index].torque = torque
  }

  /// Forgets a collision.
  @_noLocks public mutating func acknowledge() {
    state.collided = JointSet()
    state.reflex = state.touched.isEmpty ? .none : .contact
  }

  /// One update, from what was taken of every joint; where any of it is no usable number, residuals stay as they are.
  ///
  /// - Parameter period: time since the update before [s].
  @_noLocks public mutating func update(over period: Double) {
    if gains.isUsable { state.gains = gains }
    var isSound = isPeriod(period)
    for index in 0..<model.velocityCount {
      isSound =
        isSound && isSignal(positions[index]) && isSignal(velocities[index]) && isSignal(joints[index].torque)
    }
    guard isSound else {
      if state.rejected < Int32.max { state.rejected += 1 }
      state.hasRun = false
      return
    }
    let hasRun = state.hasRun
    state.hasRun = true
    computeMomenta()
    for index in 0..<model.velocityCount {
      advance(index, hasRun: hasRun, period: period)
      judge(index)
    }
    if !state.collided.isEmpty {
      state.reflex = .collision
    } else {
      state.reflex = state.touched.isEmpty ? .none : .contact
    }
  }

  /// M v, C and g at what was taken.
  @_noLocks private mutating func computeMomenta() {
    let count = model.velocityCount
    let mass = unsafe massMatrix(model, workspace, q: positions.elements)
    for row in 0..<count {
      var sum = 0.0
      for column in 0..<count { sum += unsafe mass[row * count + column] * velocities[column] }
      joints[row].lastMomentum = joints[row].momentum
      joints[row].momentum = sum
    }
    unsafe coriolisMatrix(
      model, workspace, q: positions.elements, v: velocities.elements, into: coriolis.mutableElements)
    unsafe gravity(model, workspace, q: positions.elements, into: gravityTorques.mutableElements)
  }

  /// The residual of one joint after a period.
  @_noLocks private mutating func advance(_ index: Int, hasRun: Bool, period: Double) {
    let count = model.velocityCount
    let momentum = joints[index].momentum
    var push = -gravityTorques[index]
    for row in 0..<count { push += coriolis[row * count + index] * velocities[row] }
    if hasRun {
      let gain = state.gains.bandwidth
      let before = joints[index].residual
      let known = joints[index].torque + 0.5 * (push + joints[index].push) + 0.5 * before
      let next =
        (before + gain * (momentum - joints[index].lastMomentum - period * known)) / (1 + 0.5 * gain * period)
      joints[index].residual = clamp(next, -mostUsable, mostUsable)
    }
    joints[index].push = push
  }

  /// Whether one joint is touched, or was hit.
  @_noLocks private mutating func judge(_ index: Int) {
    let size = magnitude(joints[index].residual)
    let threshold = joints[index].threshold
    let bit: UInt64 = 1 &<< UInt64(index)
    if size > state.gains.contactShare * threshold {
      state.touched.bits |= bit
    } else {
      state.touched.bits &= ~bit
    }
    if size > threshold {
      if joints[index].above < Int32.max { joints[index].above += 1 }
      if joints[index].above >= state.gains.confirmation { state.collided.bits |= bit }
    } else {
      joints[index].above = 0
    }
  }
}
