import ControlCycle

/// ODrives with the vendor's motors. Nothing on the wire is scaled: torque is torque constant x current limit.
extension DriveModel {
  /// A motor of the vendor's shop: torque constant [N.m/A], peak current [A], speed constant [rpm/V].
  ///
  /// From the vendor's page of motors as a public presets table quotes it (0.083, 0.055 and 0.031 N.m/A, which is
  /// 8.27 / KV); not read at the source.
  private struct VendorMotor {
    var name: String
    var torqueConstant: Double
    var peakCurrent: Double
    var speedConstant: Double
  }
  private static let motors = [
    VendorMotor(name: "M8325s", torqueConstant: 0.083, peakCurrent: 80, speedConstant: 100),
    VendorMotor(name: "D6374", torqueConstant: 0.055, peakCurrent: 90, speedConstant: 150),
    VendorMotor(name: "D5065", torqueConstant: 0.031, peakCurrent: 85, speedConstant: 270),
  ]

  /// Firmware 0.6: S1, 40 A with heat spreader, 48 V; Pro, 80 A with cooling, 58 V (vendor's data sheets).
  static let oDrive = motors.flatMap { motor in
    [
      oDrive(motor, on: "S1", family: .odrive, current: 40, voltage: 48),
      oDrive(motor, on: "Pro", family: .odrive, current: 80, voltage: 58),
    ]
  }

  /// Firmware 0.5: v3.6, 60 A, the current range it asks of its amplifiers as delivered, 56 V (from memory).
  static let oDrive05 = motors.map { oDrive($0, on: "v3.6", family: .odrive05, current: 60, voltage: 56) }

  private static func oDrive(
    _ motor: VendorMotor, on drive: String, family: DriveFamily, current: Double, voltage: Double
  ) -> DriveModel {
    let range = DriveRange(
      position: ODrive.positionRange, velocity: motor.speedConstant * voltage * .pi / 30,
      torque: motor.torqueConstant * min(current, motor.peakCurrent), stiffness: .infinity, damping: .infinity
    )
    return DriveModel(
      name: "\(drive)_\(motor.name)", family: family, range: range, builtInRatio: 1,
      source: "vendor's data sheet of the drive; vendor's page of motors, quoted",
      torqueConstant: motor.torqueConstant, firmware: family == .odrive ? "0.6" : "0.5",
      rounding: .singlePrecision)
  }
}
