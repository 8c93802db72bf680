public import JointControl
public import RigidBody

/// What a simulated body stands in: what holds its base, and the ground below it.
///
/// The controller's model knows nothing of it: its base is fixed, as in a gantry. Its inverse dynamics are then those of a
/// robot that hangs; a robot on its feet is held by its gains.
public struct Surroundings: Sendable, Equatable {
  /// What holds the base.
  public enum Base: Sendable, Equatable {
    /// It cannot move, as robot.yaml says (`base: gantry` and `base: fixed` alike).
    case held
    /// Nothing: it stands on the ground, or falls.
    case floating
    /// A rope from above, and a harness.
    case gantry(Gantry)
  }

  /// What holds the base.
  public var base: Base
  /// The ground; nil for none.
  public var ground: Ground?

  /// Surroundings; a held base and no ground when nothing is said.
  public init(base: Base = .held, ground: Ground? = nil) {
    self.base = base
    self.ground = ground
  }

  /// A robot that stands on its feet.
  public static var standing: Surroundings { Surroundings(base: .floating, ground: Ground()) }

  /// A robot that hangs just above the ground.
  public static var hanging: Surroundings { Surroundings(base: .gantry(Gantry()), ground: Ground()) }

  /// Why a robot cannot stand in these surroundings, with what to do; nil when it can.
  public func objection(for robot: Robot) -> String? {
    guard isFree, ground != nil, robot.contacts.isEmpty else { return nil }
    return "robot '\(robot.name)' touches the ground nowhere: add contacts: to its robot.yaml"
  }

  var isFree: Bool {
    switch base {
    case .held: false
    case .floating, .gantry: true
    }
  }

  var gantry: Gantry? {
    switch base {
    case .held, .floating: nil
    case .gantry(let gantry): gantry
    }
  }
}

/// A level plane that the robot's contact points (`Robot.contacts`) cannot pass, point by point:
///
///     normal force = k d (1 + c d'), never negative          (Hunt and Crossley 1975, with exponent 1)
///     friction = -(kt s + ct v) across, never above mu x normal force
///
/// with d the depth of the point below the plane and s what a bristle between point and ground has been sheared since it
/// touched; where friction is at its bound the bristle slips along. A point that stands stays where it is, without creep.
/// The force is taken at the beginning of a step, as all forces of the plant are. Stiffness and damping are such that this
/// is stable at the plant's steps up to 250 us for a foot of half a kilogram on four points; a robot of 60 kg on eight
/// points sinks in by 0.7 mm. Contact is dissipative as long as no point sinks faster than a few metres a second.
public struct Ground: BitwiseCopyable, Sendable, Equatable {
  /// Height of the plane [m]; nil puts it below the robot as it starts, `Gantry.clearance` deep under one that hangs.
  public var height: Double?
  /// Coefficient of friction, at rest and sliding.
  public var friction = 0.8
  /// Normal stiffness of a point [N/m].
  public var stiffness = 1e5
  /// Damping c of the normal force [s/m].
  public var dissipation = 1.0
  /// Stiffness of a bristle [N/m].
  public var shearStiffness = 5e4
  /// Damping of a bristle [N.s/m].
  public var shearDamping = 200.0

  /// Ground of rubber on concrete, right below the robot.
  public init(height: Double? = nil, friction: Double = 0.8) {
    self.height = height
    self.friction = friction
  }
}

/// A rope that pulls, never pushes, from a hook above, and a harness that keeps the base upright and does not let it spin.
///
/// The rope hangs from the hook down to a point of the base's link; it starts tight with the robot's whole weight on it.
public struct Gantry: BitwiseCopyable, Sendable, Equatable {
  /// The point that the rope holds, in the frame of the base's link [m].
  public var point = Vector3.zero
  /// Length of the rope [m].
  public var length = 1.0
  /// Stiffness of the rope [N/m].
  public var stiffness = 3e4
  /// Damping of the rope [N.s/m].
  public var damping = 3e3
  /// Stiffness of the harness [N.m/rad]; zero for a bare rope.
  public var uprightStiffness = 1000.0
  /// Damping of the harness [N.m.s/rad].
  public var uprightDamping = 150.0
  /// Distance of the lowest contact point from the ground as it starts [m].
  public var clearance = 0.05

  /// A gantry; `clearance` says how high the robot hangs [m].
  public init(clearance: Double = 0.05) { self.clearance = clearance }
}
