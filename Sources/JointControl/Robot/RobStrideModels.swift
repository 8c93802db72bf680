import ControlCycle

extension DriveModel {
  /// RobStride, private protocol; full scales from the manuals of 2026-04-28.
  static let robstride: [DriveModel] = [
    // Before that P = 12.5.
    robstride("RS00", 33, 14, 500, 5, ratio: 10, firmware: "0.0.2.6 and later"),
    robstride("RS02", 44, 17, 500, 5, ratio: 7.75),
    robstride("RS03", 20, 60, 5000, 100, ratio: 9),
    robstride("RS04", 15, 120, 5000, 100, ratio: 9),
    cyberGear,
  ]

  /// Xiaomi CyberGear: RobStride's private protocol, no watchdog that a host can set.
  static let cyberGear = DriveModel(
    name: "CyberGear", family: .robstride,
    range: DriveRange(position: 12.5, velocity: 30, torque: 12, stiffness: 500, damping: 5),
    builtInRatio: 7.75, dialect: .cyberGear,
    source: "Xiaomi CyberGear manual: ranges; the reduction ratio from memory, not verified",
    firmware: "as its manual")

  private static func robstride(
    _ name: String, _ velocity: Double, _ torque: Double, _ stiffness: Double, _ damping: Double,
    ratio: Double, firmware: String = "of the manuals of 2026-04-28"
  ) -> DriveModel {
    let range = DriveRange(
      position: 12.57, velocity: velocity, torque: torque, stiffness: stiffness, damping: damping)
    return DriveModel(
      name: name, family: .robstride, range: range, builtInRatio: ratio,
      source: "\(name) user manual 260428: private protocol ranges, reduction ratio", firmware: firmware,
      watchdogUnit: .steps(microseconds: 50))
  }
}
