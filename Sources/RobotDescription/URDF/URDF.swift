public import RigidBody

/// A robot as its URDF says it: links and joints, checked to be one tree.
///
/// Visuals, collisions and the extensions of simulators are skipped. Files by `xacro` must be expanded first.
public struct URDF: Sendable {
  /// The robot's name.
  public let name: String
  /// The links in the order of the file; inertia is nil where the file gives none.
  public let links: [LinkDescription]
  /// The joints in the order of the file.
  public let joints: [URDFJoint]
  /// Name of the link that is no joint's child.
  public let rootLink: String
  /// The file, as it was opened.
  public let path: String
  /// Where each link stands.
  let linkLocations: [String: SourceLocation]

  /// Largest file that is read [bytes].
  public static let sizeLimit = 64 << 20

  /// Reads a URDF file; throws every mistake in it at once.
  public static func load(_ path: String) throws(DescriptionError) -> URDF {
    try URDF(SourceText.read(path, what: "URDF", limit: sizeLimit))
  }

  init(_ source: SourceText) throws(DescriptionError) {
    let root = try XMLTreeElement.parse(source)
    let log = DiagnosticLog()
    let reader = URDFReader(log: log)
    let contents = reader.robot(root)
    try log.throwIfAny()
    name = contents.name
    links = contents.links.map(\.value)
    joints = contents.joints
    path = source.path
    linkLocations = Dictionary(contents.links.map { ($0.value.name, $0.location) }) { first, _ in first }
    rootLink = try checkTree(links: contents.links, joints: joints, robot: root.location)
  }

  /// The joint of that name.
  public func joint(_ name: String) -> URDFJoint? { joints.first { $0.name == name } }
}

/// One joint of a URDF.
public struct URDFJoint: Sendable {
  /// The joint's name.
  public var name: String
  /// What moves.
  public var kind: JointKind
  /// The link it hangs on.
  public var parent: String
  /// The link it carries.
  public var child: String
  /// Pose of the joint's frame in the parent link's frame, parentFromJoint [m].
  public var origin: RigidTransform
  /// Unit axis in the joint's frame.
  public var axis: Vector3
  /// `<limit>`; nil where the file has none.
  public var limits: URDFLimits?
  /// `<dynamics>`; nil where the file has none.
  public var dynamics: URDFDynamics?
  /// `<mimic>`; nil for an independent joint.
  public var mimic: Mimic?
  /// `<safety_controller>`; nil where the file has none.
  public var safetyController: URDFSafetyController?
  /// Where the joint stands.
  public var location: SourceLocation
}

/// A joint's `<limit>`; nil where an attribute is missing.
public struct URDFLimits: Sendable, Equatable {
  /// Lowest position [rad or m].
  public var lower: Double?
  /// Highest position [rad or m].
  public var upper: Double?
  /// Highest speed [rad/s or m/s].
  public var velocity: Double?
  /// Highest torque or force [N.m or N].
  public var effort: Double?
  /// Where the element stands.
  public var location: SourceLocation
}

/// A joint's `<dynamics>`.
public struct URDFDynamics: Sendable, Equatable {
  /// Viscous friction [N.m.s/rad or N.s/m].
  public var damping: Double
  /// Coulomb friction [N.m or N].
  public var friction: Double
}

/// A joint's `<safety_controller>`; nil where an attribute is missing.
public struct URDFSafetyController: Sendable, Equatable {
  /// Lowest position the safety controller lets pass [rad or m].
  public var softLowerLimit: Double?
  /// Highest position the safety controller lets pass [rad or m].
  public var softUpperLimit: Double?
  /// Slope of the velocity bound near a position limit [1/s].
  public var positionGain: Double?
  /// Slope of the effort bound near the velocity bound [N.m.s/rad or N.s/m].
  public var velocityGain: Double?
  /// Where the element stands.
  public var location: SourceLocation
}
