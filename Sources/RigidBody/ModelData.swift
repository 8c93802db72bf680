import LaneMath

/// Pose and motion of one body, unpacked from the waves for what is not worked on in lanes.
struct BodyState: BitwiseCopyable {
  /// `worldFromBody`: rotation, and origin of the body from the base's origin, along world axes [m]. Written by
  /// `forwardKinematics`.
  var rotation: Matrix3
  var position: Vector3
  /// Angular velocity [rad/s] and velocity of the origin [m/s], along world axes. Written by `kineticEnergy`,
  /// `regressor`.
  var angularVelocity: Vector3
  var linearVelocity: Vector3
  /// Spatial velocity about the base's origin, along world axes. Written by `jacobianRate`.
  var spatialAngular: Vector3
  var spatialLinear: Vector3
  /// Angular acceleration [rad/s2], and acceleration of the origin less gravity [m/s2]. Written by `regressor`.
  var angularAcceleration: Vector3
  var linearAcceleration: Vector3
  /// Wrench about the origin, along world axes. Written by `externalForces`.
  var moment: Vector3
  var force: Vector3
}

/// The workspace as the kernels see it: a trivial handle, copied without reference counting.
///
/// Valid as long as its `ModelData` lives, for the model that it was made for, on one thread at a time.
public struct Workspace: BitwiseCopyable, @unchecked Sendable {
  /// What the wave kernels write.
  let waves: WaveMemory
  /// One state a body. Its writers are named at each field.
  let bodies: UnsafeMutablePointer<BodyState>
  /// Base position in the world [m]. Written by `forwardKinematics`.
  let basePosition: UnsafeMutablePointer<Vector3>
  /// Joint-space inertia numbered by body, row-major, with room for four numbers behind it. Written by `massMatrix`.
  let inertia: UnsafeMutablePointer<Double>
  /// Derivatives of inverse dynamics, as `inertia`. Written by `inverseDynamicsDerivatives`, `coriolisMatrix`.
  let byPosition: UnsafeMutablePointer<Double>
  let byVelocity: UnsafeMutablePointer<Double>
  /// Three matrices over v, row-major: what mimic joints leave of `inertia`, `byPosition`, `byVelocity`.
  let reduced: UnsafeMutablePointer<Double>
  /// Factors of M: packed rows of L, and the reciprocals of D. Written by `factorInertia`.
  let factor: UnsafeMutablePointer<Double>
  let pivots: UnsafeMutablePointer<Double>
  /// Right-hand sides of a panel, a row each coordinate. Written by `solveInertias`.
  let sides: UnsafeMutablePointer<Double>
  /// velocityCount numbers. Written by `forwardDynamics` of models with mimic joints, `forwardDynamicsDerivatives`.
  let vector: UnsafeMutablePointer<Double>
  /// 32 numbers: what the limbs hand to the base. Written by every sweep to it.
  let sums: UnsafeMutablePointer<Double>
}

/// Everything that the kernels write: one object per model and thread, allocated once as one arena.
public final class ModelData {
  /// The handle for the kernels; valid while this object lives.
  public let workspace: Workspace
  private let arena: UnsafeMutableRawPointer

  /// A workspace for `model`.
  public init(_ model: Model) {
    let m = model.kernel
    // Whole cache lines, so that what follows is aligned for the widest lane.
    let waves = (WaveMemory.size(count: m.tree.count, width: m.tree.width) + 7) & ~7
    let inertia = m.bodyOrder * m.bodyOrder + 4
    let order = m.velocityCount
    let factors = m.pattern.packedCount
    let sides = order * 3 * m.pattern.widest
    let reduced = m.hasMimic ? 3 * order * order : 0
    let constants = m.freeJointCount == 0 ? 0 : m.tree.constantCount
    let doubles = waves + constants + factors + sides + 3 * inertia + 2 * order + 32 + reduced
    let states = m.bodyCount * MemoryLayout<BodyState>.stride
    let size = doubles * MemoryLayout<Double>.stride + states + MemoryLayout<Vector3>.stride
    arena = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    arena.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    let numbers = arena.bindMemory(to: Double.self, capacity: doubles)
    let rest = arena + doubles * MemoryLayout<Double>.stride
    let ownConstants = UnsafeMutableRawPointer(numbers + waves)
    ownConstants.copyMemory(from: m.tree.constants, byteCount: constants * MemoryLayout<Double>.stride)
    let factor = numbers + waves + constants
    let square = factor + factors + sides
    let pivots = square + 3 * inertia
    workspace = Workspace(
      waves: WaveMemory(
        numbers, count: m.tree.count, width: m.tree.width,
        constants: m.freeJointCount == 0 ? m.tree.constants : UnsafeRawPointer(ownConstants)),
      bodies: rest.bindMemory(to: BodyState.self, capacity: m.bodyCount),
      basePosition: (rest + states).bindMemory(to: Vector3.self, capacity: 1),
      inertia: square, byPosition: square + inertia, byVelocity: square + 2 * inertia,
      reduced: pivots + 2 * order + 32, factor: factor, pivots: pivots, sides: factor + factors,
      vector: pivots + order, sums: pivots + 2 * order)
  }

  deinit { arena.deallocate() }
}
