public import ControlCycle

/// A CiA 402 drive is made for any motor, so its scale is no matter of a model: the encoder's increments and the motor's
/// rated torque are in the description (`encoder_counts`, `rated_torque`) and in the drive, and bring-up compares them.
extension DriveModel {
  /// The one model, with the scale of the device that `sinew_402.eds` describes.
  static let canopen = [
    DriveModel(
      name: "CiA402", family: .canopen, range: CANopen.range(encoderCounts: 65536, ratedTorque: 1),
      builtInRatio: 1, source: "CiA 402; sinew_402.eds: 608F and 6076", firmware: "of the CiA 402 profile",
      rounding: .nearest, watchdogUnit: .steps(microseconds: 1000))
  ]
}

extension CANopen {
  /// Value and exponent of 60C2 for a period [ns]; nil where no two bytes say it.
  public static func interpolation(period: Int64) -> (value: UInt8, exponent: Int8)? {
    var unit: Int64 = 1_000_000_000
    for exponent in stride(from: Int8(0), through: -9, by: -1) {
      if period >= unit, period % unit == 0, period / unit <= 255 { return (UInt8(period / unit), exponent) }
      unit /= 10
    }
    return nil
  }
}

extension DriveFamily {
  /// The modes in which the driver runs a drive of the family.
  public var modes: [ControlMode] {
    switch self {
    case .canopen: [.torque, .position, .velocity]
    case .damiao: [.impedance, .position, .velocity, .positionForce]
    case .mit, .moteus, .robstride: [.impedance]
    case .myactuator, .odrive, .odrive05: [.torque]
    }
  }
}
