public import ControlCycle
public import JointControl

extension SampleRobots {
  /// The sample arm with two drives of a model on one bus; moteus drives with a reducer of 9 behind a bare motor, or
  /// RobStride without, to compare with.
  public static func moteusArm(_ family: DriveFamily = .moteus) -> Robot {
    let arm = Self.arm(losses: .planetary)
    let joints = arm.joints.enumerated().map { index, old in
      var configuration = old.configuration
      var model = rs02
      var drive = DriveConfiguration(
        family: .robstride, bus: 1, id: UInt16(index + 1), masterID: 0xFD, isFlexibleDataRate: false,
        range: model.range)
      if case .moteus = family {
        model = DriveModel.all(.moteus)[0]
        let range = DriveRange(
          position: model.range.position, velocity: model.range.velocity, torque: 2, stiffness: 2,
          damping: 0.04)
        drive = DriveConfiguration(
          family: .moteus, bus: 0, id: UInt16(index + 7), masterID: 0, isFlexibleDataRate: true, range: range)
        configuration.transmission.ratio = 9
      }
      configuration.drive = drive
      return RobotJoint(
        name: old.name, configuration: configuration, driveModel: model, driveWatchdog_us: 20_000,
        actuator: old.actuator, home: old.home)
    }
    return Robot(
      name: arm.name, period: arm.period, buses: arm.buses, joints: joints, model: arm.model,
      feedforward: arm.feedforward, commandTimeout: arm.commandTimeout)
  }
}
