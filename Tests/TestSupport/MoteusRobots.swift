import ControlCycle
public import JointControl

extension SampleRobots {
  /// `arm` with moteus drives of ids 7 and 8 on one bus, bare motors with a reducer of nine; or with RobStride RS02, to
  /// compare with.
  public static func moteusArm(isRobStride: Bool = false) -> Robot {
    let arm = arm(losses: .planetary)
    let joints = arm.joints.enumerated().map { index, old in
      var configuration = old.configuration
      var model = rs02
      var drive = DriveConfiguration(
        family: .robstride, bus: 1, id: UInt16(index + 1), masterID: 0xFD, isFlexibleDataRate: false,
        range: model.range)
      if !isRobStride {
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
