import LaneMath

// Layout. Links joined by fixed joints become one body, so a body count is a joint count plus one. Bodies are
// numbered depth-first, parents first; every joint axis is the z axis of its body. The model compiler assigns the
// bodies to waves (WaveSchedule.swift): bodies of different limbs that run in the lanes of one vector register.
// Nothing of that is seen outside: q, v and all results are in the order of the joints.

/// The constants of a robot: immutable, shared by any number of threads. State lives in `ModelData`.
///
/// q = base position in the world [m], base quaternion w x y z (both only with a floating base), joint
/// positions [rad or m]. v = base angular, then linear velocity in the base's own axes [rad/s, m/s], joint
/// velocities. A floating joint has seven and six numbers like the base, against its parent; a planar joint has x, y
/// [m] and its angle [rad] in q, its angular and then its linear velocity x, y along the child's axes in v. Spatial
/// vectors are angular first everywhere.
public final class Model: Sendable {
  /// Name of the robot.
  public let name: String
  /// Names of all links in the order of the description; their indices are link indices.
  public let linkNames: [String]
  /// Names of the joints that own coordinates, in their order; one each, `coordinates(of:)` has their ranges.
  public let jointNames: [String]
  /// What the model was compiled from, so that it can be compiled again elsewhere, to the same bits.
  public let links: [LinkDescription]
  /// The joints it was compiled from, fixed ones included.
  public let joints: [JointDescription]
  private let coordinates: [JointCoordinates]
  /// Whether the base floats.
  public let base: Base
  /// The handle for the kernels; valid while this object lives.
  public let kernel: ModelKernel

  /// Names of the joints in each wave, nil for an idle lane: what the kernels work on at once. Mimic joints are among
  /// them, and every axis of a planar or floating joint.
  public let waves: [[String?]]
  /// Number of bodies that the kernels work on at once.
  public let laneWidth: LaneWidth

  /// Length of q.
  public var positionCount: Int { kernel.positionCount }
  /// Length of v.
  public var velocityCount: Int { kernel.velocityCount }
  /// Mass of everything [kg].
  public var mass: Double { kernel.mass }
  /// Acceleration of gravity in the world [m/s2].
  public var gravity: Vector3 { kernel.gravity }

  /// Compiles a tree of links and joints; `gravity` in the world [m/s2].
  ///
  /// Published models hold inertias that no body has; with `requiresPhysicalInertia` false they pass, and so do
  /// joints that move no mass, whose accelerations are then not finite.
  ///
  /// `laneWidth` nil chooses what is fastest for the tree and the processor of this build; the results have the same
  /// bits at every width.
  ///
  /// Throws the first of `Model.problems`.
  public init(
    name: String, links: [LinkDescription], joints: [JointDescription], base: Base,
    gravity: Vector3 = Vector3(x: 0, y: 0, z: -9.81), requiresPhysicalInertia: Bool = true,
    laneWidth: LaneWidth? = nil
  ) throws(ModelError) {
    var problems: [ModelError] = []
    let compiled = ModelCompiler.compile(
      links: links, joints: joints, base: base, gravity: gravity,
      requiresPhysicalInertia: requiresPhysicalInertia, problems: &problems)
    guard let compiled else { throw problems.first ?? ModelError(.model, .noLinks) }
    self.name = name
    self.base = base
    self.links = links
    self.joints = joints
    linkNames = links.map { $0.name }
    jointNames = compiled.jointNames
    coordinates = compiled.coordinates

    let bodies = UnsafeMutablePointer<BodyConstants>.allocate(capacity: compiled.bodies.count)
    bodies.initialize(from: compiled.bodies, count: compiled.bodies.count)
    let frames = UnsafeMutablePointer<LinkConstants>.allocate(capacity: links.count)
    frames.initialize(from: compiled.links, count: links.count)
    let isFloating = base == .floating
    let freeJoints = UnsafeMutablePointer<FreeJoint>.allocate(capacity: compiled.freeJoints.count)
    freeJoints.initialize(from: compiled.freeJoints, count: compiled.freeJoints.count)
    let waves = WaveCompiler.compile(bodies: compiled.bodies, base: isFloating ? 6 : 0, width: laneWidth)
    self.waves = waves.order.map { $0.map { $0 < 0 ? nil : compiled.bodyNames[$0] } }
    self.laneWidth = LaneWidth(rawValue: waves.tree.width) ?? .one
    kernel = ModelKernel(
      bodies: bodies, bodyCount: compiled.bodies.count, links: frames, linkCount: links.count,
      tree: waves.tree, slots: waves.slots,
      pattern: InertiaPattern(compiled.bodies, base: isFloating ? 6 : 0, hasMimic: compiled.hasMimic),
      freeJoints: freeJoints, freeJointCount: compiled.freeJoints.count,
      positionCount: compiled.positionCount, velocityCount: compiled.velocityCount, isFloating: isFloating,
      hasMimic: compiled.hasMimic, gravity: gravity)
  }

  deinit {
    kernel.bodies.deallocate()
    kernel.links.deallocate()
    kernel.slots.deallocate()
    kernel.tree.deallocate()
    kernel.pattern.deallocate()
    kernel.freeJoints.deallocate()
  }

  /// Every mistake in a description; empty when it makes a model. Mistakes of the tree's shape are named
  /// first, and those of masses only once the rest is right.
  public static func problems(
    links: [LinkDescription], joints: [JointDescription], base: Base,
    gravity: Vector3 = Vector3(x: 0, y: 0, z: -9.81), requiresPhysicalInertia: Bool = true
  ) -> [ModelError] {
    var problems: [ModelError] = []
    _ = ModelCompiler.compile(
      links: links, joints: joints, base: base, gravity: gravity,
      requiresPhysicalInertia: requiresPhysicalInertia, problems: &problems)
    return problems
  }

  /// Index of the link of this name, for the kernels; nil when there is none.
  public func linkIndex(of name: String) -> Int? { linkNames.firstIndex(of: name) }

  /// Where the numbers of a joint stand in q and v; nil when it has no coordinates of its own.
  public func coordinates(of joint: String) -> JointCoordinates? {
    jointNames.firstIndex(of: joint).map { coordinates[$0] }
  }

  /// A q of zeros; the quaternions of a floating base and of floating joints are the identity.
  public var zeroPosition: [Double] {
    var q = [Double](repeating: 0, count: positionCount)
    if base == .floating { q[3] = 1 }
    for joint in coordinates where joint.positions.count == 7 { q[joint.positions.lowerBound + 3] = 1 }
    return q
  }
}

/// Where the numbers of one joint stand.
public struct JointCoordinates: Sendable, Equatable {
  /// In q.
  public let positions: Range<Int>
  /// In v, accelerations and generalised forces.
  public let velocities: Range<Int>
}
