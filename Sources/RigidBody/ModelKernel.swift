import LaneMath

/// What one moving body is made of; written once by the model compiler, then constant.
///
/// Body 0 is the base. Every other body has one joint to an earlier body; its frame is the joint's frame
/// turned so that the axis of motion is z.
struct BodyConstants: BitwiseCopyable {
  /// `parentFromJoint` in the bodies' own frames: rotation, and translation [m].
  var rotation = Matrix3.identity
  var translation = Vector3.zero
  /// Mass of the body and of every link fixed to it [kg].
  var mass = 0.0
  /// First moment of mass in the body frame [kg.m].
  var firstMoment = Vector3.zero
  /// Rotational inertia about the body's origin, along its axes [kg.m2].
  var inertia = SymmetricMatrix3.zero
  /// Mass of the body and all its descendants [kg].
  var subtreeMass = 0.0
  /// Rotor inertia as felt at the joint [kg.m2 or kg].
  var armature = 0.0
  /// Joint position = multiplier x coordinate + offset; 1 and 0 unless the joint mimics another.
  var multiplier = 1.0
  var offset = 0.0
  /// Body that this one hangs on; always a lower index. -1 for the base.
  var parent: Int32 = -1
  /// Whether the joint slides along z instead of turning about it.
  var isPrismatic = false
  /// The last axis of the joint, whose body moves with all of them: this body itself unless the joint is free.
  var carrier: Int32 = 0
  /// Where the joint's coordinate stands in q, -1 for an axis of a free joint; and its rate in v.
  var positionIndex: Int32 = 0
  var velocityIndex: Int32 = 0
}

/// Where a link of the description sits; written once by the model compiler.
struct LinkConstants: BitwiseCopyable {
  /// `bodyFromLink`.
  var bodyFromLink: RigidTransform
  /// The body that carries the link; -1 for the world.
  var body: Int32
}

/// The model as the kernels see it: a trivial handle, copied without reference counting.
///
/// Valid as long as its `Model` lives; whoever takes it into a loop keeps the model alive around the loop.
public struct ModelKernel: BitwiseCopyable, @unchecked Sendable {
  /// One record a body, parents first.
  let bodies: UnsafePointer<BodyConstants>
  /// One record a link, in the order of the description.
  let links: UnsafePointer<LinkConstants>
  /// The bodies in waves, and the slot of each body.
  let tree: WaveTree
  let slots: UnsafePointer<Int32>
  /// Entries of the factors of M.
  let pattern: InertiaPattern
  /// The planar and floating joints, in the order of their coordinates.
  let freeJoints: UnsafePointer<FreeJoint>
  let freeJointCount: Int
  /// Number of bodies, the base included.
  let bodyCount: Int
  /// Acceleration of gravity in the world [m/s2].
  let gravity: Vector3
  /// Whether two joints share a coordinate.
  let hasMimic: Bool
  /// Number of links: bound of link indices.
  public let linkCount: Int
  /// Length of q.
  public let positionCount: Int
  /// Length of v, of accelerations and of generalised forces.
  public let velocityCount: Int
  /// Whether q and v begin with the base's 7 and 6 numbers.
  public let isFloating: Bool
  /// Mass of everything [kg].
  public let mass: Double

  @_noLocks init(
    bodies: UnsafePointer<BodyConstants>, bodyCount: Int, links: UnsafePointer<LinkConstants>,
    linkCount: Int,
    tree: WaveTree, slots: UnsafePointer<Int32>, pattern: InertiaPattern,
    freeJoints: UnsafePointer<FreeJoint>, freeJointCount: Int, positionCount: Int, velocityCount: Int,
    isFloating: Bool, hasMimic: Bool, gravity: Vector3
  ) {
    self.bodies = bodies
    self.bodyCount = bodyCount
    self.links = links
    self.linkCount = linkCount
    self.tree = tree
    self.slots = slots
    self.pattern = pattern
    self.freeJoints = freeJoints
    self.freeJointCount = freeJointCount
    self.positionCount = positionCount
    self.velocityCount = velocityCount
    self.isFloating = isFloating
    self.hasMimic = hasMimic
    self.gravity = gravity
    self.mass = bodies[0].subtreeMass
  }

  /// Whether joint i - 1 does not always have coordinate i - 1: some share one, or have several.
  var isIndexed: Bool { @_noLocks get { hasMimic || freeJointCount > 0 } }
  /// Velocities of the base: 6 or 0.
  var baseCount: Int { @_noLocks get { isFloating ? 6 : 0 } }
  /// Length of v if no joint followed another: order of matrices that are numbered by body.
  var bodyOrder: Int { @_noLocks get { baseCount + bodyCount - 1 } }
}
