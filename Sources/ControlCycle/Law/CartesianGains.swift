import CRealMath
public import RigidBody

extension CartesianImpedance {
  /// Stiffness, damping and speeds of a Cartesian impedance.
  public struct Gains: BitwiseCopyable, Sendable {
    /// K of translations, along the target's axes [N/m].
    public var translation: Vector3
    /// K of rotations, about the target's axes [N.m/rad].
    public var rotation: Vector3
    /// Damping ratio of every direction of the frame, and of the posture.
    public var dampingRatio = 0.7
    /// Stiffness of the posture, at every joint [N.m/rad].
    public var posture = 0.0
    /// Least damping of any motion, as a part of its momentum [1/s]; for motions that no spring holds.
    public var leastDamping = 2.0
    /// Time by which torques are late: from the measurement to the middle of the period over which they are held [s].
    public var delay = 0.0
    /// Most energy that the posture's spring may give before damping has to refill it [J]; 0 leaves it off.
    public var reserve = 1.0
    /// Most speed with which the spring's other end goes to a new target [m/s].
    public var linearSpeed = 0.5
    /// Most angular speed of it [rad/s].
    public var angularSpeed = 1.5

    /// Gains; what is not given keeps the values above.
    @_noLocks public init(translation: Vector3, rotation: Vector3) {
      self.translation = translation
      self.rotation = rotation
    }

    /// Whether every number can be used; others are not taken.
    public var isUsable: Bool {
      @_noLocks get {
        translation.areGains && rotation.areGains && isGain(posture) && isGain(reserve)
          && isGain(linearSpeed) && isGain(angularSpeed) && dampingRatio >= 0 && dampingRatio <= 10
          && leastDamping >= 0 && leastDamping <= 1000 && delay >= 0 && delay <= 0.1
      }
    }

    /// The damping of the frame's directions and of the posture.
    public var modalDamping: ModalDamping {
      @_noLocks get { ModalDamping(ratio: dampingRatio, delay: delay, least: leastDamping) }
    }

    /// Whether nothing differs.
    @_noLocks func isSame(as other: Gains) -> Bool {
      translation.isSame(as: other.translation) && rotation.isSame(as: other.rotation)
        && dampingRatio == other.dampingRatio && posture == other.posture
        && leastDamping == other.leastDamping && delay == other.delay && reserve == other.reserve
        && linearSpeed == other.linearSpeed && angularSpeed == other.angularSpeed
    }
  }
}

extension Vector3 {
  /// The other vector, each component times that of this one.
  @_noLocks @inline(__always) func scaling(_ other: Vector3) -> Vector3 {
    Vector3(x: x * other.x, y: y * other.y, z: z * other.z)
  }

  @_noLocks fileprivate func isSame(as other: Vector3) -> Bool {
    x == other.x && y == other.y && z == other.z
  }

  fileprivate var areGains: Bool { @_noLocks get { isGain(x) && isGain(y) && isGain(z) } }
}

extension RigidTransform {
  /// Whether a law can work with a pose: numbers, and a rotation to rounding.
  var isPose: Bool {
    @_noLocks get {
      let (a, b, c) = (rotation.columnX, rotation.columnY, rotation.columnZ)
      return isSignal(translation.x) && isSignal(translation.y) && isSignal(translation.z)
        && magnitude(a.squaredLength - 1) < 1e-6 && magnitude(b.squaredLength - 1) < 1e-6
        && magnitude(a.dot(b)) < 1e-6 && (a.cross(b) - c).squaredLength < 1e-12
    }
  }

  /// The pose on the way to another, as far as two steps [m, rad] go; this one where the other is no pose.
  @_noLocks func approaching(_ target: RigidTransform, linear: Double, angular: Double) -> RigidTransform {
    guard target.isPose else { return self }
    let left = PoseError(from: self, to: target)
    let (distance, angle) = (left.distance, left.angle)
    var next = target
    if distance > linear { next.translation = translation + left.translation * (linear / distance) }
    if angle > angular {
      let turn = SineCosine(of: 0.5 * angular)
      let axis = left.rotation * (turn.sine / angle)
      let step = Quaternion(w: turn.cosine, x: axis.x, y: axis.y, z: axis.z)
      next.rotation = (step * Quaternion(rotation: rotation)).normalized.rotation
    }
    return next
  }
}
