public import ControlCycle

/// The models that are known by name.
///
/// A model stands here only with a full scale and a built-in ratio that a source states. So RS01, RS05, RS06 and
/// EL05 are missing (no source for the ratio).
extension DriveModel {
  /// Every known model of a family, in the vendor's order.
  public static func all(_ family: DriveFamily) -> [DriveModel] {
    switch family {
    case .canopen: return canopen
    case .damiao: return damiao
    case .mit: return mit
    case .odrive: return oDrive
    case .odrive05: return oDrive05
    case .moteus: return moteus
    case .myactuator: return myActuator
    case .robstride: return robstride
    }
  }

  /// The model of that name; nil when the family has none.
  public static func named(_ name: String, family: DriveFamily) -> DriveModel? {
    all(family).first { $0.name == name }
  }

  /// Damiao: P, V and T are what the registers PMAX, VMAX and TMAX (21 to 23) hold as delivered.
  ///
  /// KP and KD have fixed scales of 500 and 5. The digits after the stator diameter in a J model's name are its
  /// reduction ratio (DM-J8006-2EC manual, naming conventions); register 20 reports it. H models are hub motors
  /// without a reducer.
  private static let damiao: [DriveModel] = [
    // openarm_can; other drivers print 12.566/50/5 and 12.5/30/10.
    damiao("DM3507", 12.5, 50, 5, ratio: 7, source: "openarm_can; vendor's naming convention"),
    damiao("DM4310", 12.5, 30, 10, ratio: 10),
    damiao("DM4310_48V", 12.5, 50, 10, ratio: 10),
    // openarm_can and damiao-motor 1.0.6 print V = 10; a drive's register 22 decides.
    damiao("DM4340", 12.5, 8, 28, ratio: 40),
    damiao("DM4340_48V", 12.5, 10, 28, ratio: 40),
    damiao("DM6006", 12.5, 45, 20, ratio: 6),
    damiao("DM8006", 12.5, 45, 40, ratio: 6),
    damiao("DM8009", 12.5, 45, 54, ratio: 9),
    damiao("DM10010L", 12.5, 25, 200, ratio: 10),
    damiao("DM10010", 12.5, 20, 200, ratio: 10),
    damiao("DM6248P", 12.566, 20, 120, ratio: 48, source: "damiao-motor 1.0.6; vendor's naming convention"),
    damiao("DMH3510", 12.5, 280, 1, ratio: 1),
    damiao("DMH6215", 12.5, 45, 10, ratio: 1),
    damiao("DMH6220", 12.5, 45, 10, ratio: 1),
  ]

  /// RobStride, private protocol; full scales from the manuals of 2026-04-28.
  private static let robstride: [DriveModel] = [
    // Firmware before 0.0.2.6 has P = 12.5.
    robstride("RS00", 33, 14, 500, 5, ratio: 10),
    robstride("RS02", 44, 17, 500, 5, ratio: 7.75),
    robstride("RS03", 20, 60, 5000, 100, ratio: 9),
    robstride("RS04", 15, 120, 5000, 100, ratio: 9),
    cyberGear,
  ]

  private static func damiao(
    _ name: String, _ position: Double, _ velocity: Double, _ torque: Double, ratio: Double,
    source: String = "vendor's DM_CAN.py, pydamiao 0.1.4; vendor's naming convention"
  ) -> DriveModel {
    let range = DriveRange(
      position: position, velocity: velocity, torque: torque, stiffness: 500, damping: 5)
    return DriveModel(name: name, family: .damiao, range: range, builtInRatio: ratio, source: source)
  }

  private static func robstride(
    _ name: String, _ velocity: Double, _ torque: Double, _ stiffness: Double, _ damping: Double,
    ratio: Double
  ) -> DriveModel {
    let range = DriveRange(
      position: 12.57, velocity: velocity, torque: torque, stiffness: stiffness, damping: damping)
    return DriveModel(
      name: name, family: .robstride, range: range, builtInRatio: ratio,
      source: "\(name) user manual 260428: private protocol ranges, reduction ratio")
  }
}
