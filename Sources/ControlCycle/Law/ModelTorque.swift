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

  /// Computes the torque of all joints: gravity at `states`, or inverse dynamics of `motions`.
  @_noLocks mutating func evaluate(
    joints: borrowing InlineArray<64, JointConfiguration>, count: Int,
    states: borrowing InlineArray<64, JointState>, motions: borrowing InlineArray<64, CommandedMotion>
  ) {
    let size = Capacity.joints
    let (model, workspace) = (model, workspace)
    switch content {
    case .none: return
    case .gravity:
      for joint in 0..<count { vectors[joints[joint].velocityIndex] = states[joint].position }
      unsafe withUnsafeMutablePointer(to: &vectors) {
        unsafe RigidBody.gravity(model, workspace, q: $0.numbers, into: $0.numbers + 3 * size)
      }
    case .inverseDynamics:
      for joint in 0..<count {
        let index = joints[joint].velocityIndex
        vectors[index] = motions[joint].position
        vectors[size + index] = motions[joint].velocity
        vectors[2 * size + index] = motions[joint].acceleration
      }
      unsafe withUnsafeMutablePointer(to: &vectors) {
        let q = unsafe $0.numbers
        unsafe inverseDynamics(
          model, workspace, q: q, v: q + size, a: q + 2 * size, into: q + 3 * size)
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
