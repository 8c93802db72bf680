import ControlCycle
import JointControl
import RobotDescription
import Testing

/// Gains of loops that the host closes, against the bound of a sampled loop.
@Suite struct GainBoundDescriptionTests {
  /// One pendulum behind a torque-mode ODrive at a rate, with the rotor of a G1 hip and gains; and what is added.
  private func load(
    rate: Int, gains: String = "{stiffness: 99.0984, damping: 6.3088}", adding extra: String = ""
  ) throws -> Robot {
    let yaml = """
      robot: hip
      urdf: leg.urdf
      update_rate: \(rate)
      buses:
        upper: {interface: can0, bitrate: 1000000}
      actuators:
        host:
          family: odrive
          model: S1_M8325s
          watchdog: 0.1
          motor: {rotor_inertia: 4.95840494e-05, peak_torque: 139, knee_velocity: 10, no_load_velocity: 20}
          reducer: {ratio: 22.5, coulomb_friction: 0.4, viscous_friction: 0.04, efficiency: 1}
      defaults:
        gains: \(gains)
        limits: {max_acceleration: 100, max_velocity: 8, max_effort: 60}
      joints:
        hip: {actuator: host, bus: upper, id: 1}
      \(extra)
      """ + "\n"
    let urdf = """
      <robot name="hip">
        <link name="base"/>
        <link name="leg"><inertial><origin xyz="0 0 -0.2"/><mass value="3"/>
          <inertia ixx="0.05" ixy="0" ixz="0" iyy="0.05" iyz="0" izz="0.01"/></inertial></link>
        <joint name="hip" type="revolute"><parent link="base"/><child link="leg"/><axis xyz="0 1 0"/>
          <limit lower="-1" upper="1" velocity="8" effort="90"/></joint>
      </robot>
      """
    let directory = try RobotDirectory(yaml: yaml, urdf: urdf)
    return try RobotDescription.load(directory.path)
  }

  @Test func aHipFromTheHostAtOneKilohertzIsTaken() throws {
    let robot = try load(rate: 1000)
    #expect(robot.joints[0].isClosedOnHost && robot.joints[0].gainBound.delay == 1)
    #expect(abs(robot.joints[0].gainBound.inertia - 0.025101925) < 1e-8)
  }

  @Test func atTwoHundredHertzItIsRefusedWithTheBound() throws {
    do {
      _ = try load(rate: 200)
      Issue.record("gains that are unstable on the bare rotor were taken")
    } catch let error as DescriptionError {
      let text = "\(error)"
      #expect(error.diagnostics.count == 1, "\(text)")
      #expect(
        text.contains("joint 'hip': stiffness 99.1") || text.contains("joint 'hip': stiffness 99.0984"),
        "\(text)")
      #expect(text.contains("unstable closed at 200 Hz") && text.contains("gains_override"), "\(text)")
      #expect(text.contains("damping between"), "\(text)")
    }
  }

  @Test func aReasonThatIsNotNeededSaysNothing() throws {
    let robot = try load(
      rate: 1000, adding: "gains_override: {hip: a flywheel of 0.2 kg.m^2 is bolted to the joint}")
    #expect(robot.joints[0].gainsOverride == nil)
  }

  @Test func aNamedReasonIsTakenAndTold() throws {
    let robot = try load(
      rate: 200, adding: "gains_override: {hip: a flywheel of 0.2 kg.m^2 is bolted to the joint}")
    #expect(robot.joints[0].gainsOverride != nil)
    #expect(robot.warnings.contains { $0.subject == "joint hip" && $0.message.contains("flywheel") })
  }

  @Test(arguments: [
    (200, "gains_override: {hip: because}", "gives no reason"),
    (200, "gains_override: {hop: a flywheel of 0.2 kg.m^2 is bolted to it}", "which has no drive"),
  ])
  func anOverrideHasToMeanSomething(rate: Int, extra: String, says: String) throws {
    do {
      _ = try load(rate: rate, adding: extra)
      Issue.record("taken: \(extra)")
    } catch let error as DescriptionError {
      #expect("\(error)".contains(says), "\(error)")
    }
  }

  @Test func aStiffnessThatFrictionCannotHoldIsTold() throws {
    let robot = try load(rate: 1000)
    let most = robot.joints[0].quantisedStiffness
    #expect(most > 0)
    let told = robot.warnings.contains { $0.message.contains("may not come to rest") }
    #expect(told == (99.0984 > most))
  }
}
