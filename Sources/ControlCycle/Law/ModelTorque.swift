import LaneMath
import RigidBody

/// Torque that the rigid-body model asks for, computed once a cycle for all joints.
public struct ModelTorque: ~Copyable {
  /// Which torque is computed.
  public enum Content: BitwiseCopyable, Sendable {
    /// None: zero.
    case none
    /// Gravity at the estimated pose.
    case gravity
    /// Inverse dynamics of the commanded motion.
    case inverseDynamics
  }
  let content: Content
  let model: ModelKernel
  let workspace: Workspace
  // By velocity index of the model.
  var position: FixedArray<Double>
  var velocity: FixedArray<Double>
  var acceleration: FixedArray<Double>
  var torque: FixedArray<Double>

  /// Torque at a velocity index [N.m]. Writer: `evaluate`.
  subscript(index: Int) -> Double { @_noLocks get { torque[index] } }

  /// Takes what the torque at a velocity index depends on: the state for gravity, the motion for inverse dynamics.
  @_noLocks mutating func take(_ index: Int, state: JointState, motion: CommandedMotion) {
    switch content {
    case .none: return
    case .gravity: position[index] = state.position
    case .inverseDynamics:
      position[index] = motion.position
      velocity[index] = motion.velocity
      acceleration[index] = motion.acceleration
    }
  }

  /// Computes the torque of all joints from what was taken.
  @_noLocks mutating func evaluate() {
    switch content {
    case .none: return
    case .gravity: unsafe gravity(model, workspace, q: position.elements, into: torque.mutableElements)
    case .inverseDynamics:
      unsafe inverseDynamics(
        model, workspace, q: position.elements, v: velocity.elements, a: acceleration.elements,
        into: torque.mutableElements)
    }
  }
}
