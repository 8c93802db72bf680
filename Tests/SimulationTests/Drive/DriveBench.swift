import ControlCycle
import JointControl
import TestSupport

@testable import Simulation

/// A simulated robot of drives of one kind, the link to it, and every frame that the bus carried.
final class DriveBench {
  let robot: Robot
  let simulated: SimulatedRobot
  var link: DriveLink<SimulatedRobot>
  private(set) var frames: [CANFrame] = []

  init(_ robot: Robot, faults: [BusFault] = []) {
    self.robot = robot
    simulated = SimulatedRobot(robot, seed: 1, faults: faults)
    link = DriveLink(simulated, period: 1_000_000)
    simulated.tap = { [unowned self] in frames.append($0) }
  }

  /// The drive of a joint as described.
  func drive(_ joint: Int = 0) -> DriveConfiguration { robot.joints[joint].configuration.drive }

  /// Frames that the host sent since `count` frames.
  func sent(since count: Int = 0) -> [CANFrame] {
    frames.dropFirst(count).filter { frame in
      !robot.joints.contains { DriveCodec.answers(frame, $0.configuration.drive) }
    }
  }

  /// What a call is refused with; nil when it is not.
  func refusal(_ call: (inout DriveLink<SimulatedRobot>) throws -> Void) -> DriveError? {
    do {
      try call(&link)
      return nil
    } catch { return error as? DriveError }
  }

  static func model(_ name: String, _ family: DriveFamily) -> DriveModel {
    guard let model = DriveModel.named(name, family: family) else { preconditionFailure("no model \(name)") }
    return model
  }

  /// Robots of two drives each, one for every family and dialect.
  static let robots: [Robot] = [
    SampleRobots.arm(of: model("DM4310", .damiao)), SampleRobots.arm(of: model("RS03", .robstride)),
    SampleRobots.arm(of: model("CyberGear", .robstride)), SampleRobots.arm(of: model("AK80-9", .mit)),
    SampleRobots.canopenArm(), SampleRobots.oDriveArm(.odrive), SampleRobots.oDriveArm(.odrive05), moteus,
    SampleRobots.arm(of: model("X8-90", .myactuator)),
  ]

  static func robot(_ family: DriveFamily, cyberGear: Bool = false) -> Robot {
    guard
      let robot = robots.first(where: {
        let drive = $0.joints[0].configuration.drive
        return drive.family == family && drive.dialect.isCyberGear == cyberGear
      })
    else { preconditionFailure("no robot of \(family)") }
    return robot
  }

  /// moteus speaks CAN FD.
  private static let moteus: Robot = {
    let arm = SampleRobots.arm(of: DriveModel.all(.moteus)[0])
    var joints = arm.joints
    for index in joints.indices { joints[index].configuration.drive.isFlexibleDataRate = true }
    var bus = arm.buses[0]
    bus.dataBitRate = 5_000_000
    joints = joints.map {
      RobotJoint(
        name: $0.name, configuration: $0.configuration, driveModel: $0.driveModel, driveWatchdog_us: 20_000,
        actuator: $0.actuator, home: $0.home)
    }
    return Robot(
      name: "moteus", period: arm.period, buses: [bus], joints: joints, model: arm.model,
      feedforward: arm.feedforward, commandTimeout: arm.commandTimeout)
  }()
}
