import ControlCycle

/// Models whose full scale no host can ask of the drive; see Firmware-Interfaces/Protocols/mit.md.
extension DriveModel {
  /// MIT: full scales by model and firmware, as sources print them; a V or T that is wrong is a wrong velocity and
  /// damping, so that a robot's description says in `range` what was measured.
  ///
  /// Answers of V1 firmware have 6 bytes, of V2 8. The digits after the dash of an AK name are its reduction ratio.
  /// Models whose axis turns the other way (DFKI) take `sign: -1`.
  static let mit: [DriveModel] = [
    // Torque: the value limits of the robot's SPIne board (leg_message.h); the firmware computes it of its own settings.
    mit(
      "mini-cheetah", 65, 18, ratio: 6, .voltage,
      source: "bgkatz motorcontrol; Cheetah SPIne leg_message.h; Katz 2018"),
    mit(
      "Hobbyking_Cheetah", 65, 18, ratio: 6, .standard,
      source: "bgkatz Hobbyking_Cheetah; Cheetah SPIne leg_message.h; Katz 2018"),
    mit("AK10-9_V1.1", 50, 65, ratio: 9, .standard, source: dfki),
    mit("AK10-9", 50, 65, ratio: 9, .error),
    // tmotorcancontrol 1.2.6 prints V = 50.
    mit("AK60-6", 45, 15, ratio: 6, .error),
    mit("AK70-10_V1.1", 50, 24, ratio: 10, .standard, source: dfki),
    mit("AK70-10", 50, 25, ratio: 10, .error),
    mit("AK80-6_V1.1", 22.5, 12, ratio: 6, .standard, source: dfki),
    // Users measured V = 21.5, 22.5, 38.2 and 45 on boards that print V2.0.
    mit("AK80-6", 76, 12, ratio: 6, .error),
    mit("AK80-9_V1.1", 22.5, 18, ratio: 9, .standard, source: dfki),
    // DFKI prints V = 25.64 for V2.
    mit("AK80-9", 50, 18, ratio: 9, .error),
    mit("AK80-64", 8, 144, ratio: 64, .error),
    forceAK60,
  ]

  /// AK60-6 of V3, in force control: torque constant is rated torque over rated current, at the output.
  private static let forceAK60 = {
    var model = DriveModel(
      name: "AK60-6_V3", family: .mit,
      range: DriveRange(
        position: 12.56, velocity: 60, torque: 12, stiffness: MIT.stiffnessRange, damping: MIT.dampingRange),
      builtInRatio: 6, dialect: .force,
      source: "motor-python 0.0.11, which quotes the manual's table and the vendor's page of the motor",
      torqueConstant: 3 / 3.8, firmware: firmware(.force))
    model.polePairs = 14
    return model
  }()

  private static let dfki = "mini-cheetah-motor-driver-socketcan 0.4.3; vendor's naming convention"

  private static func mit(
    _ name: String, _ velocity: Double, _ torque: Double, ratio: Double, _ dialect: DriveDialect,
    source: String = "CubeMars AK manual V1.0.8, page 50; vendor's naming convention"
  ) -> DriveModel {
    let range = DriveRange(
      position: 12.5, velocity: velocity, torque: torque, stiffness: MIT.stiffnessRange,
      damping: MIT.dampingRange)
    return DriveModel(
      name: name, family: .mit, range: range, builtInRatio: ratio, dialect: dialect, source: source,
      firmware: firmware(dialect))
  }

  /// The generation, which the length of an answer tells.
  private static func firmware(_ dialect: DriveDialect) -> String {
    switch dialect {
    case .voltage: "bgkatz motorcontrol, answers of 7 bytes"
    case .error: "V2, answers of 8 bytes"
    case .force: "V3, answers of 29 bits"
    case .standard, .cyberGear: "first generation, answers of 6 bytes"
    }
  }
}
