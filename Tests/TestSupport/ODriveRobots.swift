import ControlCycle
public import JointControl

extension SampleRobots {
  /// `arm` with ODrives and seven to one reducers on one classic bus, node ids 1 and 2.
  public static func oDriveArm(
    _ family: DriveFamily, losses: Losses = .none, home: [Double] = [0.4, -0.3]
  ) -> Robot {
    let name = family == .odrive ? "S1_M8325s" : "v3.6_M8325s"
    guard let model = DriveModel.named(name, family: family) else {
      preconditionFailure("a model is missing")
    }
    return uniformArm(losses: losses, home: home) { index in
      var drive = DriveConfiguration(
        family: family, bus: 0, id: UInt16(index + 1), masterID: 0, isFlexibleDataRate: false,
        range: model.range)
      drive.torqueConstant = model.torqueConstant
      return (drive, model, 7)
    }
  }

  /// `arm` with RobStride RS02 alone on one classic bus, to compare with.
  public static func robStrideArm(
    losses: Losses = .none, home: [Double] = [0.4, -0.3], period: Int64 = 1_000_000
  ) -> Robot {
    uniformArm(losses: losses, home: home, period: period) { index in
      let drive = DriveConfiguration(
        family: .robstride, bus: 0, id: UInt16(index + 1), masterID: 0xFD, isFlexibleDataRate: false,
        range: rs02.range)
      return (drive, rs02, 1)
    }
  }

  /// `arm` with MyActuator X8-25 on one classic bus at 500 Hz, ids 1 and 32.
  public static func myActuatorArm(losses: Losses = .none, home: [Double] = [0.4, -0.3]) -> Robot {
    guard let model = DriveModel.named("X8-25", family: .myactuator) else {
      preconditionFailure("a model is missing")
    }
    return uniformArm(losses: losses, home: home, period: 2_000_000) { index in
      var drive = DriveConfiguration(
        family: .myactuator, bus: 0, id: index == 0 ? 1 : 32, masterID: 0, isFlexibleDataRate: false,
        range: model.range)
      drive.torqueConstant = model.torqueConstant
      return (drive, model, 1.5)
    }
  }

  private static func uniformArm(
    losses: Losses, home: [Double], period: Int64 = 1_000_000,
    drive: (Int) -> (DriveConfiguration, DriveModel, ratio: Double)
  ) -> Robot {
    let names = ["shoulder", "elbow"]
    return Robot(
      name: "arm", period: period,
      buses: [BusConfiguration(name: "only", interface: "can0", bitRate: 1_000_000)],
      joints: names.indices.map { index in
        let (configuration, model, ratio) = drive(index)
        let transmission = Transmission(
          ratio: ratio, sign: index == 0 ? 1 : -1, offset: index == 0 ? 0 : 0.25)
        return joint(
          names[index], drive: configuration, model: model, transmission: transmission, losses: losses,
          home: home[index], index: index)
      }, model: model(names: names), feedforward: .gravity, commandTimeout: 50_000_000)
  }
}
