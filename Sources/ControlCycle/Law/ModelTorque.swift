public import RigidBody

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
  private let content: Content
  private let model: ModelKernel
  private let workspace: Workspace
  /// Four vectors of the model's size: position, velocity, acceleration, torque.
  private var vectors: InlineArray<256, Double>

  /// A model torque over a fixed-base model; both handles must outlive it.
  public init(_ content: Content, model: ModelKernel, workspace: Workspace) {
    precondition(
      !model.isFloating && model.positionCount <= Capacity.joints && model.velocityCount <= Capacity.joints,
      "the cycle's model has a fixed base and at most 64 degrees of freedom")
    self.content = content
    self.model = model
    self.workspace = workspace
    vectors = InlineArray(repeating: 0)
  }

  /// Torque at a velocity index [N.m]. Writer: `evaluate`.
  subscript(index: Int) -> Double {
    @_noLocks get { vectors[3 * Capacity.joints + index] }
  }

  /// Takes what the torque at a velocity index depends on: the state for gravity, the motion for inverse dynamics.
  ///
  /// One joint at a time, since a whole array handed over is copied each time it is looked into.
  @_noLocks mutating func take(_ index: Int, state: JointState, motion: CommandedMotion) {
    switch content {
    case .none: return
    case .gravity: vectors[index] = state.position
    case .inverseDynamics:
      vectors[index] = motion.position
      vectors[Capacity.joints + index] = motion.velocity
      vectors[2 * Capacity.joints + index] = motion.acceleration
    }
  }

  /// Computes the torque of all joints from what was taken.
  @_noLocks mutating func evaluate() {
    let size = Capacity.joints
    let (content, model, workspace) = (content, model, workspace)
    unsafe withUnsafeMutablePointer(to: &vectors) {
      let q = unsafe $0.numbers
      switch content {
      case .none: return
      case .gravity: unsafe RigidBody.gravity(model, workspace, q: q, into: q + 3 * size)
      case .inverseDynamics:
        unsafe inverseDynamics(model, workspace, q: q, v: q + size, a: q + 2 * size, into: q + 3 * size)
      }
    }
  }
}

extension UnsafeMutablePointer<InlineArray<256, Double>> {
  /// The first number, for the kernels.
  fileprivate var numbers: UnsafeMutablePointer<Double> {
    @_noLocks get { unsafe UnsafeMutableRawPointer(self).assumingMemoryBound(to: Double.self) }
  }
}
