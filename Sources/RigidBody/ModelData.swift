/// What the kernels know about one body at one instant. All vectors along world axes, about the body's own
/// origin.
struct BodyState: BitwiseCopyable {
  /// `worldFromBody`: rotation, and origin of the body in the world [m]. Written by `forwardKinematics`.
  var rotation: Matrix3
  var position: Vector3
  /// From the parent's origin to this body's [m]. Written by `forwardKinematics`.
  var offset: Vector3
  /// Angular velocity [rad/s]. Written by `inverseDynamics`, `forwardDynamics`, `kineticEnergy`.
  var angularVelocity: Vector3
  /// Velocity of the origin [m/s]. Written by `kineticEnergy`.
  var linearVelocity: Vector3
  /// Angular acceleration [rad/s2]. Written by `inverseDynamics`, `forwardDynamics`.
  var angularAcceleration: Vector3
  /// Acceleration of the origin less gravity [m/s2]: d/dt of its velocity, not the spatial acceleration.
  /// Written by `inverseDynamics`, `forwardDynamics`.
  var linearAcceleration: Vector3
  /// Moment about the origin [N.m] that the parent exerts. Written by `inverseDynamics`, `forwardDynamics`.
  var moment: Vector3
  /// Force [N] that the parent exerts. Written by `inverseDynamics`, `forwardDynamics`.
  var force: Vector3
  /// First moment of mass of the body and its descendants [kg.m]. Written by `gravity`, `centreOfMass`,
  /// `massMatrix`.
  var subtreeMoment: Vector3
  /// Rotational inertia of the body and its descendants [kg.m2]. Written by `massMatrix`.
  var subtreeInertia: SymmetricMatrix3
}

/// What the articulated-body algorithm keeps of one body. Written by `forwardDynamics`.
struct ArticulatedBody: BitwiseCopyable {
  /// Inertia of the body and all that hangs on it with free joints.
  var inertia: ArticulatedInertia
  /// Moment [N.m] and force [N] at zero acceleration.
  var biasMoment: Vector3
  var biasForce: Vector3
  /// Acceleration at zero joint acceleration, relative to the parent's [rad/s2, m/s2].
  var biasAngular: Vector3
  var biasLinear: Vector3
  /// Moment [N.m s2/rad] and force [N s2/rad] per joint acceleration: I^A S.
  var columnMoment: Vector3
  var columnForce: Vector3
  /// 1 / (S^T I^A S + armature) [1/(kg.m2) or 1/kg].
  var inverseInertia: Double
  /// Joint torque left for acceleration [N.m or N].
  var freeTorque: Double
}

/// The workspace as the kernels see it: a trivial handle, copied without reference counting.
///
/// Valid as long as its `ModelData` lives, for the model that it was made for, on one thread at a time.
public struct Workspace: BitwiseCopyable, @unchecked Sendable {
  /// One state a body. Its writers are named at each field.
  let bodies: UnsafeMutablePointer<BodyState>
  /// One articulated inertia a body. Written by `forwardDynamics`.
  let articulated: UnsafeMutablePointer<ArticulatedBody>
  /// Square matrix, row-major, velocityCount^2 (36 at least). Written by `forwardDynamics`.
  let matrix: UnsafeMutablePointer<Double>
  /// velocityCount numbers (6 at least). Written by `forwardDynamics`.
  let vector: UnsafeMutablePointer<Double>

  @_noLocks init(
    bodies: UnsafeMutablePointer<BodyState>, articulated: UnsafeMutablePointer<ArticulatedBody>,
    matrix: UnsafeMutablePointer<Double>, vector: UnsafeMutablePointer<Double>
  ) {
    self.bodies = bodies
    self.articulated = articulated
    self.matrix = matrix
    self.vector = vector
  }
}

/// Everything that the kernels write: one object per model and thread, allocated once as one arena.
public final class ModelData {
  /// The handle for the kernels; valid while this object lives.
  public let workspace: Workspace
  private let arena: UnsafeMutableRawPointer

  /// A workspace for `model`.
  public init(_ model: Model) {
    let bodyCount = model.kernel.bodyCount
    let order = model.velocityCount < 6 ? 6 : model.velocityCount
    let states = bodyCount * MemoryLayout<BodyState>.stride
    let articulated = bodyCount * MemoryLayout<ArticulatedBody>.stride
    let matrix = order * order * MemoryLayout<Double>.stride
    let vector = order * MemoryLayout<Double>.stride
    let size = states + articulated + matrix + vector
    arena = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    arena.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    workspace = Workspace(
      bodies: arena.bindMemory(to: BodyState.self, capacity: bodyCount),
      articulated: (arena + states).bindMemory(to: ArticulatedBody.self, capacity: bodyCount),
      matrix: (arena + states + articulated).bindMemory(to: Double.self, capacity: order * order),
      vector: (arena + states + articulated + matrix).bindMemory(to: Double.self, capacity: order))
  }

  deinit { arena.deallocate() }
}
