import ControlCycle
import Foundation
import JointControl
import RobotDescription
import Testing

/// What a good robot file means, number by number.
@Suite struct GoodRobotTests {
  private func load() throws -> Robot {
    let directory = try RobotDirectory()
    return try RobotDescription.load(directory.path)
  }

  private func joint(_ name: String) throws -> RobotJoint {
    try #require(try load().joints.first { $0.name == name })
  }

  @Test func theRobotAsAWhole() throws {
    let robot = try load()
    #expect(robot.name == "leg")
    #expect(robot.period == 1_000_000)
    #expect(robot.commandTimeout == 50_000_000)
    #expect(robot.feedforward == .gravity && robot.onBusLoss == .limb)
    #expect(robot.model.jointNames == ["hip", "knee", "ankle"])
    #expect(robot.joints.map(\.name) == robot.model.jointNames)
    #expect(robot.joints.map(\.configuration.velocityIndex) == [0, 1, 2])
    #expect(robot.model.mass == 10)
    #expect(
      robot.buses == [
        BusConfiguration(
          name: "upper", interface: "can0", bitRate: 1_000_000, dataBitRate: 5_000_000, samplePoint: 0.8,
          dataSamplePoint: 0.75),
        BusConfiguration(name: "lower", interface: "can1", bitRate: 1_000_000),
      ])
  }

  @Test func theAdaptersOfItsBuses() throws {
    let yaml = try #require(
      GoodRobot.yaml.editing(
        "lower: {interface: can1, bitrate: 1000000}",
        to: "lower: {interface: can_left, bitrate: 1000000, adapter: {serial: \"00123\", channel: 1}}")?
        .editing(
          "dsample_point: 0.75}", to: "dsample_point: 0.75, adapter: {path: pci-0000:00:14.0-usb-0:1.2:1.0}}")
    )
    let directory = try RobotDirectory(yaml: yaml)
    let buses = try withExtendedLifetime(directory) { try RobotDescription.load(directory.path).buses }
    #expect(buses[0].adapter == AdapterSelector(.path("pci-0000:00:14.0-usb-0:1.2:1.0")))
    #expect(buses[1].adapter == AdapterSelector(.serial("00123"), channel: 1))
    #expect(try load().buses.allSatisfy { $0.adapter == nil })
  }

  @Test func aBusIsConfirmedWhereItSaysSo() throws {
    let directory = try RobotDirectory()
    let text = try String(contentsOfFile: directory.path + "/robot.yaml", encoding: .utf8)
    try text.replacing("can1, bitrate: 1000000", with: "can1, bitrate: 1000000, confirm: true")
      .write(toFile: directory.path + "/robot.yaml", atomically: true, encoding: .utf8)
    let buses = try RobotDescription.load(directory.path).buses
    #expect(buses.map(\.confirms) == [false, true])
  }

  @Test func theSchedule() throws {
    let schedule = try load().schedule
    #expect(schedule.tick == 1_000_000 && schedule.overruns == Schedule.OverrunPolicy(limit: 2, window: 50))
    #expect(schedule.budget(of: .wakeUp) == 150_000 && schedule.budget(of: .dynamics) == 100_000)
    #expect(schedule.budget(of: .send) == 100_000, "a tenth of the period when the file says nothing")
    #expect(
      schedule.tasks.last
        == Schedule.Task(name: "telemetry", every: 20, phase: 3, budget: 30_000, deadline: 20_000_000))
  }

  @Test func aFileIsAsGoodAsItsDirectory() throws {
    let directory = try RobotDirectory()
    for path in [directory.path, directory.path + "/", directory.path + "/robot.yaml"] {
      #expect(try RobotDescription.load(path).name == "leg")
    }
  }

  @Test func theDamiaoJointWithItsExtraReducer() throws {
    let hip = try joint("hip")
    let configuration = hip.configuration
    #expect(hip.driveModel.name == "DM8009" && hip.driveModel.builtInRatio == 9)
    #expect(configuration.transmission == Transmission(ratio: 2, sign: -1, offset: 0.1))
    #expect(configuration.drive.family == .damiao)
    #expect(configuration.drive.bus == 0 && configuration.drive.id == 1 && configuration.drive.masterID == 17)
    #expect(configuration.drive.isFlexibleDataRate)
    #expect(
      configuration.drive.range
        == DriveRange(position: 12.5, velocity: 45, torque: 54, stiffness: 500, damping: 5))
    #expect(configuration.gains == ImpedanceGains(stiffness: 200, damping: 8))
    #expect(configuration.staleness == StalenessPolicy(reaction: .damp, maxAge: 4))
    #expect(hip.driveWatchdog_us == 20_000)
    #expect(hip.actuator.reducer.ratio == 18)
    #expect(hip.actuator.armature == 18 * 18 * 1.0e-4)
    #expect(hip.actuator.motor.encoderCounts == 16384)
    #expect(configuration.coulombFriction == 0.3 && configuration.viscousFriction == 0.05)
    #expect(
      configuration.limits
        == JointLimits(minPosition: -1.2, maxPosition: 1.2, velocity: 8, acceleration: 100, torque: 70))
    #expect(hip.home == 0)
  }

  @Test func theRobStrideJointTakesTheTightestLimits() throws {
    let knee = try joint("knee")
    let configuration = knee.configuration
    #expect(configuration.transmission == Transmission(ratio: 1, sign: 1, offset: 0))
    #expect(
      configuration.drive.bus == 1 && configuration.drive.id == 4 && configuration.drive.masterID == 0xFD)
    #expect(!configuration.drive.isFlexibleDataRate)
    // Positions by the URDF's safety controller, velocity by its limit (the default of 12 is wider), effort here.
    #expect(
      configuration.limits
        == JointLimits(minPosition: 0.05, maxPosition: 2.1, velocity: 11, acceleration: 100, torque: 50))
    #expect(configuration.gains == ImpedanceGains(stiffness: 100, damping: 3))
    // Friction by the URDF's dynamics, as the file gives none.
    #expect(configuration.coulombFriction == 0.2 && configuration.viscousFriction == 0.7)
    #expect(
      knee.actuator.reducer == Reducer(ratio: 9, coulombFriction: 0.2, viscousFriction: 0.7, efficiency: 1))
    #expect(knee.driveWatchdog_us == 30_000)
    #expect(knee.actuator.motor.encoderCounts == 4096)
    #expect(knee.home == 0.3)
  }

  @Test func theContinuousJointGoesAsFarAsItsDriveCounts() throws {
    let ankle = try joint("ankle")
    #expect(ankle.configuration.limits.minPosition == -6.25)
    #expect(ankle.configuration.limits.maxPosition == 6.25)
    #expect(ankle.configuration.staleness == StalenessPolicy(reaction: .hold, maxAge: 4))
  }

  @Test func whatIsLeftOutHasItsDefault() throws {
    var yaml = GoodRobot.yaml
    for line in [
      "base: gantry\n", "feedforward: gravity\n", "on_bus_loss: limb\n", "command_timeout: 0.05\n",
      "    watchdog: 0.02\n",
      "  staleness: {policy: damp, max_age: 4}\n", "    staleness: {policy: hold}\n", "    master_id: 0xFD\n",
    ] {
      yaml = try #require(yaml.editing(line, to: ""))
    }
    let directory = try RobotDirectory(yaml: yaml)
    let robot = try RobotDescription.load(directory.path)
    #expect(robot.feedforward == .inverseDynamics && robot.onBusLoss == .body)
    #expect(robot.commandTimeout == 50_000_000)
    #expect(robot.joints[0].driveWatchdog_us == 20_000)
    #expect(robot.joints[0].configuration.staleness == StalenessPolicy(reaction: .stop, maxAge: 5))
    #expect(robot.joints[1].configuration.drive.masterID == 0xFD)
  }

  @Test func aFloatingBaseHangsInTheGantry() throws {
    let urdf = try #require(
      GoodRobot.urdf.editing(
        "  <link name=\"pelvis\"/>",
        to: "  <link name=\"world\"/><link name=\"pelvis\"/><joint name=\"free\" type=\"floating\">"
          + "<parent link=\"world\"/><child link=\"pelvis\"/></joint>"))
    let directory = try RobotDirectory(urdf: urdf)
    let robot = try RobotDescription.load(directory.path)
    #expect(robot.model.base == .fixed && robot.model.jointNames == ["hip", "knee", "ankle"])
    try directory.write(try #require(GoodRobot.yaml.editing("base: gantry", to: "base: fixed")), "robot.yaml")
    #expect(directory.diagnostics().map(\.message) == ["joint 'free' floats, but the robot's base is fixed"])
  }

  /// The robot that ships whole, with all of its motions.
  @Test func navigatorLoads() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let robot = try RobotDescription.load(root + "/Robots/navigator")
    #expect(robot.joints.count == 34)
    let folder = root + "/Robots/navigator/motions"
    let motions = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
    #expect(motions.count >= 3)
    for motion in motions {
      #expect(try !RobotDescription.loadMotion(folder + "/" + motion, for: robot).points.isEmpty)
    }
  }

  @Test func ros2ControlsFlagsAreAccepted() throws {
    let yaml = try #require(
      GoodRobot.yaml.editing(
        "{max_effort: 50}",
        to: "{has_effort_limits: true, max_effort: 50, has_position_limits: true, has_jerk_limits: false}"))
    let directory = try RobotDirectory(yaml: yaml)
    #expect(try RobotDescription.load(directory.path).joints[1].configuration.limits.torque == 50)
  }

  @Test func aJointOverridesItsActuator() throws {
    let yaml = try #require(
      GoodRobot.yaml.editing(
        "    master_id: 18\n",
        to: "    master_id: 18\n    fd: false\n    model: DM10010\n    watchdog: 0.1\n"
          + "    range: {torque: 150, velocity: 25}\n    reducer: {ratio: 10}\n"))
    let directory = try RobotDirectory(yaml: yaml)
    let robot = try RobotDescription.load(directory.path)
    let ankle = robot.joints[2]
    #expect(!ankle.configuration.drive.isFlexibleDataRate)
    #expect(ankle.driveModel.name == "DM10010")
    #expect(
      ankle.configuration.drive.range
        == DriveRange(position: 12.5, velocity: 25, torque: 150, stiffness: 500, damping: 5))
    #expect(ankle.configuration.transmission.ratio == 1)
    #expect(ankle.configuration.coulombFriction == 0.3)
    #expect(ankle.driveWatchdog_us == 100_000)
    #expect(robot.joints[0].driveModel.name == "DM8009")
  }

  @Test(arguments: DriveFamily.allCases)
  func everyDriveModelIsComplete(_ family: DriveFamily) {
    let models = DriveModel.all(family)
    #expect(!models.isEmpty && Set(models.map(\.name)).count == models.count)
    for model in models {
      #expect(DriveModel.named(model.name, family: family) == model)
      #expect(model.family == family && model.builtInRatio >= 1 && !model.source.isEmpty)
      let range = model.range
      #expect(min(range.position, range.velocity, range.torque, range.stiffness, range.damping) > 0)
    }
    #expect(DriveModel.named("none", family: family) == nil)
  }
}
