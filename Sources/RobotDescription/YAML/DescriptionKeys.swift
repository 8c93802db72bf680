import JointControl

/// The keys that a mapping of a robot or motion file may hold: the reader accepts these and no others.
///
/// `Robots/robot.schema.json` and `Robots/motion.schema.json` list the same keys; a test compares them.
package struct DescriptionKeys: Sendable {
  /// Name of the mapping, as in the schema's `$defs`.
  package let name: String
  /// Keys that must be there.
  package let required: [String]
  /// Keys that may be there.
  package let optional: [String]

  /// All keys.
  package var all: [String] { required + optional }

  init(_ name: String, required: [String] = [], optional: [String] = []) {
    self.name = name
    self.required = required
    self.optional = optional
  }

  static let robot = DescriptionKeys(
    "robot", required: ["robot", "urdf", "update_rate", "buses", "actuators", "joints"],
    optional: [
      "base", "feedforward", "command_timeout", "on_bus_loss", "schedule", "defaults", "locked_joints",
      "contacts", "supply", "poses", "gains_override", "collision",
    ])
  static let collision = DescriptionKeys("collision", required: ["level"], optional: ["stop"])
  static let schedule = DescriptionKeys("schedule", optional: ["budgets", "telemetry", "misses"])
  static let budgets = DescriptionKeys("budgets", optional: Stage.allCases.map(\.name))
  static let telemetry = DescriptionKeys("telemetry", optional: ["every", "phase", "budget"])
  static let misses = DescriptionKeys("misses", optional: ["limit", "window"])
  static let bus = DescriptionKeys(
    "bus", required: ["interface", "bitrate"],
    optional: ["dbitrate", "sample_point", "dsample_point", "confirm", "adapter"])
  static let adapter = DescriptionKeys("adapter", optional: ["serial", "path", "channel"])
  static let actuator = DescriptionKeys(
    "actuator", required: ["family", "model"],
    optional: ["profile", "fd", "mode", "eds", "dcf", "range", "watchdog", "motor", "reducer"])
  static let range = DescriptionKeys(
    "range", optional: ["position", "velocity", "torque", "stiffness", "damping"])
  static let motor = DescriptionKeys(
    "motor",
    optional: [
      "rotor_inertia", "peak_torque", "knee_velocity", "no_load_velocity", "encoder_counts", "rated_torque",
      "torque_constant",
    ])
  static let reducer = DescriptionKeys(
    "reducer",
    optional: ["ratio", "sign", "offset", "coulomb_friction", "viscous_friction", "efficiency"])
  static let defaults = DescriptionKeys("defaults", optional: ["gains", "limits", "staleness", "law"])
  static let joint = DescriptionKeys(
    "joint", required: ["actuator", "bus", "id"],
    optional: [
      "master_id", "family", "model", "profile", "fd", "mode", "eds", "dcf", "range", "watchdog", "motor",
      "reducer",
      "gains", "limits",
      "staleness", "home", "homing", "law",
    ])
  static let homing = DescriptionKeys(
    "homing", required: ["method"],
    optional: ["at", "direction", "torque", "speed", "travel", "time", "back_off"])
  /// Those of a homing that are numbers.
  static let homingNumbers = DescriptionKeys(
    "homing", optional: ["at", "torque", "speed", "travel", "time", "back_off"])
  static let gains = DescriptionKeys("gains", optional: ["stiffness", "damping"])
  static let limits = DescriptionKeys(
    "limits",
    optional: [
      "min_position", "max_position", "max_velocity", "max_acceleration", "max_effort",
      "has_position_limits", "has_velocity_limits", "has_acceleration_limits", "has_effort_limits",
      "has_deceleration_limits", "has_jerk_limits", "has_soft_limits",
    ])
  static let supply = DescriptionKeys(
    "supply", required: ["voltage", "resistance"], optional: ["capacitance", "chopper", "buses"])
  /// Those of a supply that are numbers.
  static let supplyNumbers = DescriptionKeys(
    "supply", optional: ["voltage", "resistance", "capacitance", "chopper"])
  static let staleness = DescriptionKeys("staleness", optional: ["policy", "max_age"])
  static let motion = DescriptionKeys("motion", required: ["motion", "joint_names", "points"])
  static let point = DescriptionKeys(
    "point", required: ["time_from_start", "positions"], optional: ["velocities", "accelerations"])
  static let duration = DescriptionKeys("duration", required: ["sec"], optional: ["nanosec"])
  /// A JointTrajectory of ROS as it is written by other tools.
  static let jointTrajectory = DescriptionKeys(
    "motion", required: ["joint_names", "points"], optional: ["motion", "header"])
  static let trajectoryPoint = DescriptionKeys(
    "point", required: ["time_from_start", "positions"], optional: ["velocities", "accelerations", "effort"])
  static let program = DescriptionKeys("program", required: ["program", "moves"], optional: ["rise_time"])
  static let move = DescriptionKeys(
    "move", required: ["verb"],
    optional: [
      "to", "sync", "speed", "at", "for", "category", "motion", "via", "link", "from", "points", "by",
      "blend",
      "velocity", "targets", "watchdog", "level", "orientation", "joints",
    ])

  static let profile = DescriptionKeys(
    "profile", required: ["actuator", "vendor", "reducer", "sources", "printed"],
    optional: ["motor", "thermal", "friction", "encoder", "output_encoder", "estimates"])
  static let profileMotor = DescriptionKeys(
    "motor",
    required: [
      "resistance", "inductance", "torque_constant", "pole_pairs", "rotor_inertia", "peak_current",
      "peak_torque",
      "current_bandwidth", "supply_voltage",
    ], optional: ["winding", "saturation_knee", "iron_drag", "modulation"])
  static let profileThermal = DescriptionKeys(
    "thermal",
    required: [
      "winding_capacity", "winding_to_housing", "housing_capacity", "housing_to_ambient", "derate", "trip",
    ], optional: ["coil_capacity", "coil_resistance", "tooth_capacity", "tooth_resistance", "ambient"])
  static let profileReducer = DescriptionKeys(
    "reducer", required: ["kind"],
    optional: [
      "stages", "carrier_inertias", "stage_efficiency", "mesh_stiffness", "backlash", "ratio", "stiffness",
      "torques", "hysteresis_loss", "accuracy", "input_inertia", "efficiency", "ratchet_torque", "lobes",
      "ripple",
      "damping", "shaft_stiffness",
    ])
  static let profileFriction = DescriptionKeys(
    "friction", required: ["coulomb"],
    optional: [
      "breakaway", "stribeck_velocity", "viscous", "temperature_rate", "bristle_stiffness", "bristle_damping",
    ])
  static let profileEncoder = DescriptionKeys(
    "encoder", required: ["counts"], optional: ["noise", "offset", "latency", "turns", "eccentricity"])
  static let profilePrinted = DescriptionKeys(
    "printed", required: ["quantity", "value", "tolerance"], optional: ["at"])

  /// The mappings of an actuator's profile.
  package static let actuatorFile = [
    profile, profileMotor, profileThermal, profileReducer, profileFriction, profileEncoder, profilePrinted,
  ]
  /// The mappings of a robot file.
  package static let robotFile = [
    robot, schedule, budgets, telemetry, misses, bus, adapter, actuator, range, motor, reducer, defaults,
    joint, homing, gains, limits, staleness, supply, collision,
  ]
  /// The mappings of a program file.
  package static let programFile = [program, move]
  /// The mappings of a motion file.
  package static let motionFile = [motion, point, duration]

  /// What to do about keys that other tools know and this one does not apply.
  static let unsupported: [String: String] = [
    "max_deceleration": "max_acceleration bounds deceleration too; remove this key",
    "max_jerk": "jerk is not limited yet; remove this key",
    "soft_lower_limit": "soft limits come from the URDF's <safety_controller>; remove this key",
    "soft_upper_limit": "soft limits come from the URDF's <safety_controller>; remove this key",
    "<<": "merge keys are not read; share values through actuators and defaults",
    "kp": "write stiffness [N.m/rad]", "kd": "write damping [N.m.s/rad]",
    "p": "write stiffness [N.m/rad]", "d": "write damping [N.m.s/rad]",
    "ki": "the impedance law has no integral part; remove this key",
    "can_id": "write id", "mst_id": "write master_id", "data_bitrate": "write dbitrate",
  ]
}
