import ControlCycle
public import JointControl

extension SampleRobots {
  /// `arm` on one classic bus at 500 Hz: CANopen drives of nodes 1 and 2 with seven to one reducers, or RobStride RS02
  /// without, to compare with. In another mode than torque the drives are given the described gains.
  public static func canopenArm(
    ratedTorque: Double = 2, encoderCounts: Double = 65536, isRobStride: Bool = false, host: UInt16 = 0x7F,
    mode: ControlMode = .torque, feedforward: UInt32 = 0
  ) -> Robot {
    let arm = arm(period: 2_000_000)
    let range =
      isRobStride ? rs02.range : CANopen.range(encoderCounts: encoderCounts, ratedTorque: ratedTorque)
    let model =
      isRobStride
      ? rs02
      : DriveModel(name: "CiA402", family: .canopen, range: range, builtInRatio: 1, source: "made for a test")
    var joints = arm.joints
    for index in joints.indices {
      joints[index].configuration.drive = DriveConfiguration(
        family: model.family, bus: 0, id: UInt16(index + 1), masterID: isRobStride ? 0xFD : host,
        isFlexibleDataRate: false, range: range)
      if !isRobStride { joints[index].configuration.drive.mode = mode }
      joints[index].driveModel = model
      let ratio = isRobStride ? 1.0 : 7
      joints[index].configuration.transmission.ratio = ratio
      joints[index].actuator.reducer.ratio = ratio * model.builtInRatio
      joints[index].actuator.motor.rotorInertia =
        armature / (ratio * ratio * model.builtInRatio * model.builtInRatio)
      // The drive's own gains make the described ones at the joint: damping 1.5 N.m.s/rad behind seven to one.
      if mode != .torque {
        joints[index].objects.writes = [(1, UInt32(40_000)), (2, 30_612), (3, feedforward)].map {
          DeviceObjects.Write(
            address: 0x2000_0020 | UInt32($0.0) << 8, value: $0.1, name: "gain \($0.0)",
            place: "arm.dcf:\($0.0)")
        }
      }
    }
    return Robot(
      name: "arm", period: arm.period,
      buses: [BusConfiguration(name: "only", interface: "can0", bitRate: 1_000_000)], joints: joints,
      model: arm.model, feedforward: arm.feedforward, commandTimeout: arm.commandTimeout)
  }
}
