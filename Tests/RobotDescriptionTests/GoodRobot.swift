import Foundation
import JointControl
import RobotDescription

/// A leg that loads without a complaint: three driven joints of both families, a fixed, a mimic and a locked one.
enum GoodRobot {
  static let yaml = """
    # yaml-language-server: $schema=../robot.schema.json
    robot: leg
    urdf: leg.urdf
    base: gantry
    update_rate: 1000
    schedule:
      budgets: {wake_up: 1.5e-4, dynamics: 0.0001}
      telemetry: {every: 20, phase: 3, budget: 3.0e-5}
      misses: {limit: 2, window: 50}
    feedforward: gravity
    on_bus_loss: limb
    command_timeout: 0.05
    buses:
      upper: {interface: can0, bitrate: 1000000, dbitrate: 5000000, sample_point: 0.8, dsample_point: 0.75}
      lower: {interface: can1, bitrate: 1000000}
    actuators:
      dm:
        family: damiao
        model: DM8009
        range: {position: 12.5, velocity: 45, torque: 54}
        watchdog: 0.02
        motor: {rotor_inertia: 1.0e-4, peak_torque: 80, knee_velocity: 8, no_load_velocity: 16}
        reducer: {ratio: 18, coulomb_friction: 0.3, viscous_friction: 0.05, efficiency: 0.95}
      rs:
        family: robstride
        model: RS03
        watchdog: 0.03
        motor: {rotor_inertia: 2.0e-4, peak_torque: 60, knee_velocity: 12, no_load_velocity: 20, encoder_counts: 4096}
    defaults:
      gains: {stiffness: 100, damping: 3}
      limits: {max_acceleration: 100, max_velocity: 12}
      staleness: {policy: damp, max_age: 4}
    joints:
      hip:
        actuator: dm
        bus: upper
        id: 0x01
        master_id: 0x11
        reducer: {sign: -1, offset: 0.1}
        gains: {stiffness: 200, damping: 8}
        limits: {min_position: -1.2, max_position: 1.2, max_velocity: 8, max_effort: 70}
      knee:
        actuator: rs
        bus: lower
        id: 4
        master_id: 0xFD
        limits: {max_effort: 50}
        home: 0.3
      ankle:
        actuator: dm
        bus: upper
        id: 2
        master_id: 18
        staleness: {policy: hold}
        limits: {max_effort: 20}
    contacts:
      foot: [[0.1, 0.04, -0.05], [-0.06, 0, -0.05]]
    supply:
      battery: {voltage: 48, resistance: 0.05, capacitance: 0.01, chopper: 56, buses: [upper]}
      other: {voltage: 24, resistance: 0}
    locked_joints: {toe_spread: 0.2}
    """ + "\n"

  static let urdf = """
    <?xml version="1.0" encoding="utf-8"?>
    <!-- A leg & nothing else: <link> in a comment, "quotes", 5 > 4. -->
    <robot name="leg">
      <material name="grey"><color rgba="0.5 0.5 0.5 1"/></material>
      <link name="pelvis"/>
      <link name="thigh">
        <inertial>
          <origin xyz="0 0 -0.2" rpy="0.1 0 0"/>
          <mass value="6.0"/>
          <inertia ixx="0.1" ixy="0" ixz="0" iyy="0.1" iyz="0" izz="0.02"/>
        </inertial>
        <visual><geometry><box size="0.1 0.1 0.4"/></geometry></visual>
      </link>
      <link name="shank">
        <inertial>
          <origin xyz="0 0 -0.2"/>
          <mass value="3.0"/>
          <inertia ixx="0.05" ixy="0" ixz="0" iyy="0.05" iyz="0" izz="0.01"/>
        </inertial>
      </link>
      <link name="foot">
        <inertial>
          <mass value="1.0"/>
          <inertia ixx="0.003" ixy="0" ixz="0" iyy="0.004" iyz="0" izz="0.004"/>
        </inertial>
      </link>
      <link name="sole"/>
      <link name="toe"/>
      <link name="heel"/>
      <joint name="hip" type="revolute">
        <origin xyz="0 0.1 0" rpy="0 0 0"/>
        <parent link="pelvis"/>
        <child link="thigh"/>
        <axis xyz="0 1 0"/>
        <limit lower="-1.5" upper="1.5" velocity="10" effort="90"/>
        <dynamics damping="0.7" friction="0.2"/>
      </joint>
      <joint name="knee" type="revolute">
        <origin xyz="0 0 -0.4"/>
        <parent link="thigh"/>
        <child link="shank"/>
        <axis xyz="0 2 0"/>
        <limit lower="0" upper="2.2" velocity="11" effort="100"/>
        <dynamics damping="0.7" friction="0.2"/>
        <safety_controller soft_lower_limit="0.05" soft_upper_limit="2.1" k_position="20" k_velocity="5"/>
      </joint>
      <joint name="ankle" type="continuous">
        <origin xyz="0 0 -0.4"/>
        <parent link="shank"/>
        <child link="foot"/>
        <axis xyz="0 1 0"/>
      </joint>
      <joint name="sole_fix" type="fixed">
        <parent link="foot"/>
        <child link="sole"/>
      </joint>
      <joint name="toe_spread" type="prismatic">
        <parent link="sole"/>
        <child link="toe"/>
        <axis xyz="1 0 0"/>
        <limit lower="0" upper="0.3" velocity="1" effort="10"/>
      </joint>
      <joint name="heel_lift" type="revolute">
        <parent link="foot"/>
        <child link="heel"/>
        <axis xyz="0 1 0"/>
        <limit lower="-1" upper="1" velocity="10" effort="10"/>
        <mimic joint="ankle" multiplier="-0.5" offset="0.1"/>
      </joint>
      <transmission name="t"><joint name="hip"/></transmission>
    </robot>
    """ + "\n"

  static let motion = """
    motion: step
    joint_names: [knee, hip]
    points:
      - {time_from_start: 0.0, positions: [0.3, 0.0]}
      - {time_from_start: {sec: 1, nanosec: 500000000}, positions: [1.0, -0.5], velocities: [0.1, 0.2]}
      - time_from_start: 2
        positions: [0.5, 0.5]
        velocities: [0, 0]
        accelerations: [0, 0]
    """ + "\n"
}

/// A robot's directory for the time of one test.
final class RobotDirectory {
  let path: String

  init(yaml: String = GoodRobot.yaml, urdf: String = GoodRobot.urdf) throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("robot-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try write(yaml, "robot.yaml")
    try write(urdf, "leg.urdf")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult func write(_ text: String, _ name: String) throws -> String {
    try write(Array(text.utf8), name)
  }

  @discardableResult func write(_ bytes: [UInt8], _ name: String) throws -> String {
    let file = path + "/" + name
    let folder = (file as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  /// The mistakes of loading it; empty when it loads.
  func diagnostics() -> [Diagnostic] {
    do {
      _ = try RobotDescription.load(path)
      return []
    } catch {
      return error.diagnostics
    }
  }
}

extension String {
  /// Number of the line on which the first occurrence of `text` ends, from 1.
  func line(of text: String) -> Int? {
    range(of: text).map { self[..<$0.upperBound].count { $0 == "\n" } + (text.hasSuffix("\n") ? 0 : 1) }
  }

  /// This text with the only occurrence of one text replaced by another; nil when it is not there exactly once.
  func editing(_ old: String, to new: String) -> String? {
    let parts = components(separatedBy: old)
    return parts.count == 2 ? parts.joined(separator: new) : nil
  }
}
