import ControlCycle

extension DriveModel {
  /// Damiao: P, V and T are what the registers PMAX, VMAX and TMAX (21 to 23) hold as delivered.
  ///
  /// KP and KD have fixed scales of 500 and 5. The digits after the stator diameter in a J model's name are its
  /// reduction ratio (DM-J8006-2EC manual, naming conventions); register 20 reports it. H models are hub motors
  /// without a reducer.
  static let damiao: [DriveModel] = [
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

  private static func damiao(
    _ name: String, _ position: Double, _ velocity: Double, _ torque: Double, ratio: Double,
    source: String = "vendor's DM_CAN.py, pydamiao 0.1.4; vendor's naming convention"
  ) -> DriveModel {
    let range = DriveRange(
      position: position, velocity: velocity, torque: torque, stiffness: 500, damping: 5)
    return DriveModel(
      name: name, family: .damiao, range: range, builtInRatio: ratio, source: source,
      firmware: "as delivered; registers 21 to 23 decide", watchdogUnit: .steps(microseconds: 50))
  }
}
