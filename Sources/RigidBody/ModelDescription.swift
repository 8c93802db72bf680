/// How a link may move against its parent.
public enum JointKind: String, Sendable, Equatable, CaseIterable {
  /// Not at all.
  case fixed
  /// Turns about an axis, between limits.
  case revolute
  /// Turns about an axis, without limits.
  case continuous
  /// Slides along an axis.
  case prismatic
  /// Moves in the plane across an axis and turns about it. Along the z axis x and y of the plane are those of the joint's
  /// frame; along any other axis they are chosen, with z the axis.
  case planar
  /// Moves freely. Between a massless root (a world) and its only child it says that the child is the base.
  case floating
}

extension JointKind {
  /// Whether the joint moves along or about one axis.
  public var hasOneCoordinate: Bool {
    switch self {
    case .revolute, .continuous, .prismatic: true
    case .fixed, .planar, .floating: false
    }
  }
}

/// Whether the root link is fixed to the world or moves freely in it.
public enum Base: String, Sendable, Equatable {
  /// The root link's frame is the world frame.
  case fixed
  /// The root link moves freely: seven more positions, six more velocities.
  case floating
}

/// A joint that follows another: position = multiplier x (position of `joint`) + offset.
public struct Mimic: Sendable, Equatable {
  /// Name of the joint followed.
  public var joint: String
  /// Units of this joint per unit of the other: rad/rad, m/rad, rad/m or m/m.
  public var multiplier: Double
  /// Position when the other joint is at zero [rad or m].
  public var offset: Double

  /// A rule of its parts.
  public init(joint: String, multiplier: Double = 1, offset: Double = 0) {
    self.joint = joint
    self.multiplier = multiplier
    self.offset = offset
  }
}

/// A rigid body of the tree, before compilation.
public struct LinkDescription: Sendable, Equatable {
  /// Unique name.
  public var name: String
  /// Inertia in the link frame; nil for a massless frame.
  public var inertia: SpatialInertia?

  /// A link of its parts.
  public init(name: String, inertia: SpatialInertia? = nil) {
    self.name = name
    self.inertia = inertia
  }
}

/// A connection of two links, before compilation. The frame of the child link is the joint's frame, as in
/// URDF.
public struct JointDescription: Sendable, Equatable {
  /// Unique name.
  public var name: String
  /// How the child may move.
  public var kind: JointKind
  /// Name of the link nearer to the root.
  public var parent: String
  /// Name of the link that this joint moves.
  public var child: String
  /// `parentFromJoint`: pose of the joint's frame in the parent link's frame [m].
  public var origin: RigidTransform
  /// Axis of motion in the joint's frame, any length but zero; the normal of a planar joint's plane.
  public var axis: Vector3
  /// Inertia of the rotor as felt at the joint, ratio^2 x rotor inertia [kg.m2, kg for a prismatic joint]; zero for a
  /// joint that has not one coordinate.
  public var armature: Double
  /// The joint that this one follows, if any.
  public var mimic: Mimic?

  /// A joint of its parts.
  public init(
    name: String, kind: JointKind, parent: String, child: String, origin: RigidTransform = .identity,
    axis: Vector3 = Vector3(x: 1, y: 0, z: 0), armature: Double = 0, mimic: Mimic? = nil
  ) {
    self.name = name
    self.kind = kind
    self.parent = parent
    self.child = child
    self.origin = origin
    self.axis = axis
    self.armature = armature
    self.mimic = mimic
  }
}
