import ControlCycle
public import JointControl

extension SampleRobots {
  /// The sample arm with drives of one model on both joints, ids 1 and 2, on one classic bus.
  ///
  /// The torque limit of 11 N.m fits every small model, so that arms of different drives can be compared.
  public static func arm(of model: DriveModel, watchdog_us: Int = 20_000) -> Robot {
    let arm = arm(losses: .planetary)
    var joints = arm.joints
    for index in joints.indices {
      let id = UInt16(index + 1)
      let master: UInt16 =
        switch model.family {
        case .damiao: 0x10 + id
        case .canopen: 127
        case .mit, .moteus, .myactuator, .odrive, .odrive05: 0
        case .robstride: 0xFD
        }
      var drive = DriveConfiguration(
        family: model.family, bus: 0, id: id, masterID: master, isFlexibleDataRate: false, range: model.range)
      drive.dialect = model.dialect
      drive.torqueConstant = model.torqueConstant
      drive.electricalRatio = Double(model.polePairs) * model.builtInRatio
      joints[index].configuration.drive = drive
      joints[index].configuration.limits.torque = 11
      joints[index].driveModel = model
      joints[index].driveWatchdog_us = watchdog_us
    }
    return Robot(
      name: model.name, period: arm.period, buses: [arm.buses[1]], joints: joints, model: arm.model,
      feedforward: arm.feedforward, commandTimeout: arm.commandTimeout)
  }
}
