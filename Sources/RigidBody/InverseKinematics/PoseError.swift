import CRealMath
import LaneMath

/// How far a frame is from its target.
public struct PoseError: BitwiseCopyable, Sendable {
  /// What turns the frame to the target: axis times angle, along world axes [rad]; the angle is at most pi.
  public var rotation: Vector3
  /// From the frame's origin to the target's, along world axes [m].
  public var translation: Vector3

  /// The error of a pose.
  ///
  /// The logarithm of SE(3) taken as R^3 x SO(3): log(R* R^T) and p* - p. The Jacobian in world axes at the frame's origin maps
  /// velocities to minus its rate along the error itself, so that J^T e is the exact gradient of |e|^2 / 2, and the origin
  /// moves along a line; the logarithm of the screw has neither. Both vanish together, and agree to first order. (Bullo and
  /// Murray, "Proportional derivative control on the Euclidean group", 1995; Lynch and Park, Modern Robotics, 3.2.3 and 6.2.)
  @_noLocks public init(from pose: RigidTransform, to target: RigidTransform) {
    translation = target.translation - pose.translation
    let turn = Quaternion(rotation: target.rotation * pose.rotation.transposed)
    let squared = turn.x * turn.x + turn.y * turn.y + turn.z * turn.z
    let sine = real_sqrt(squared)
    // Of a small angle the quotient is 2 within rounding.
    let scale = sine < 1e-9 ? 2 : 2 * arctangent(sine, turn.w) / sine
    rotation = Vector3(x: turn.x, y: turn.y, z: turn.z) * scale
  }

  /// The error of a frame that cannot be said.
  static var undefined: PoseError {
    @_noLocks get {
      var error = PoseError(from: .identity, to: .identity)
      error.rotation = Vector3(x: .nan, y: .nan, z: .nan)
      error.translation = error.rotation
      return error
    }
  }

  /// Distance of the origins [m].
  public var distance: Double { @_noLocks get { real_sqrt(translation.squaredLength) } }
  /// Angle between the frames [rad].
  public var angle: Double { @_noLocks get { real_sqrt(rotation.squaredLength) } }
}
