import ControlCycle
import JointControl
import RobotDescription
import Testing

/// `law` in robot.yaml.
@Suite struct LawDescriptionTests {
  /// Two joints, the second without a law of its own.
  private func load(mode: String = "torque", law: String, defaults: String = "") throws -> Robot {
    let directory = try write(mode: mode, law: law, defaults: defaults)
    return try withExtendedLifetime(directory) { try RobotDescription.load(directory.path) }
  }

  private func write(mode: String, law: String, defaults: String = "") throws -> RobotDirectory {
    let yaml = """
      robot: arm
      urdf: leg.urdf
      update_rate: 1000
      buses:
        upper: {interface: can0, bitrate: 1000000}
      actuators:
        drive:
          family: damiao
          model: DM4340
          motor: {rotor_inertia: 2.0e-05, peak_torque: 27, knee_velocity: 4, no_load_velocity: 8}
          mode: \(mode)
      defaults:
        gains: {stiffness: 50, damping: 2}
        limits: {max_acceleration: 40, max_velocity: 4, max_effort: 27}
        \(defaults)
      joints:
        shoulder: {actuator: drive, bus: upper, id: 1, master_id: 0x11\(law)}
        elbow: {actuator: drive, bus: upper, id: 2, master_id: 0x12}
      """ + "\n"
    let link = { (name: String) in
      """
      <link name="\(name)"><inertial><origin xyz="0 0 -0.2"/><mass value="1"/>
        <inertia ixx="0.05" ixy="0" ixz="0" iyy="0.05" iyz="0" izz="0.01"/></inertial></link>
      """
    }
    let joint = { (name: String, parent: String, child: String) in
      """
      <joint name="\(name)" type="revolute"><parent link="\(parent)"/><child link="\(child)"/>
        <axis xyz="0 1 0"/><limit lower="-1" upper="1" velocity="8" effort="90"/></joint>
      """
    }
    let urdf =
      "<robot name=\"arm\"><link name=\"base\"/>" + link("upper") + link("lower")
      + joint("shoulder", "base", "upper") + joint("elbow", "upper", "lower") + "</robot>"
    return try RobotDirectory(yaml: yaml, urdf: urdf)
  }

  @Test(arguments: [
    ("impedance", JointLaw.impedance), ("torque", .torque), ("hand_guiding", .handGuiding),
    ("damping", .damping),
  ])
  func aJointBeginsWithItsLaw(word: String, law: JointLaw) throws {
    let robot = try load(mode: "impedance", law: ", law: \(word)")
    #expect(robot.joints[0].configuration.law.code == law.code)
    #expect(robot.joints[1].configuration.law.code == JointLaw.impedance.code)
  }

  @Test func defaultsGoForJointsWithoutOne() throws {
    let robot = try load(mode: "impedance", law: ", law: impedance", defaults: "law: damping")
    #expect(robot.joints[0].configuration.law.code == JointLaw.impedance.code)
    #expect(robot.joints[1].configuration.law.code == JointLaw.damping.code)
  }

  @Test func aScenarioIsRefusedWhoseLawItsDriveCannotFollow() throws {
    let scenario = """
      scenario: led
      robot: robot.yaml
      for: 1
      laws:
        - {at: 0.2, joints: [elbow], law: impedance, damping: 0.5}
        - {at: 0.5, joints: [elbow], law: damping}
      expect: [no_fault]
      """ + "\n"
    let torque = try write(mode: "impedance", law: "")
    let laws = try RobotDescription.loadScenario(try torque.write(scenario, "scenario.yaml")).points[0].laws
    #expect(laws.map(\.joint) == [1, 1] && laws[1].choice.law.code == JointLaw.damping.code)
    let position = try write(mode: "position", law: "")
    let path = try position.write(scenario, "scenario.yaml")
    let error = try #require(throws: DescriptionError.self) { try RobotDescription.loadScenario(path) }
    #expect(error.diagnostics.count == 1)
    #expect("\(error)".contains("scenario.yaml:6:") && "\(error)".contains("cannot follow the law damping"))
  }

  @Test(arguments: [
    ("impedance", ", law: floppy", "floppy"),
    ("position", ", law: hand_guiding", "cannot follow the law hand_guiding"),
  ])
  func aLawThatIsNotThereIsRefused(mode: String, law: String, says: String) throws {
    do {
      _ = try load(mode: mode, law: law)
      Issue.record("taken: \(law)")
    } catch let error as DescriptionError {
      #expect("\(error)".contains(says), "\(error)")
    }
  }
}
