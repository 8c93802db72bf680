import ControlCycle

/// MyActuator RMD-X of protocol V3: reduction ratio, rated speed, current and torque as a driver of others quotes the vendor.
///
/// Torque of one ampere is rated torque over rated current, at the output; for models whose page prints a torque
/// constant of the motor alone the driver says the same. Nothing on the wire is scaled by a model but that. Peak torque
/// and no-load speed are not in the source for all of them: full scale is what is rated, and `range` may say more.
/// Models V2 are missing: they have an older protocol.
extension DriveModel {
  static let myActuator: [DriveModel] = [
    myActuator("X4_V3", ratio: 6, speed: 400, current: 3, torque: 1.2),
    myActuator("X4-3", ratio: 6, speed: 200, current: 2, torque: 1.5),
    myActuator("X4-24", ratio: 36, speed: 100, current: 3.5, torque: 9),
    myActuator("X6_V3", ratio: 8, speed: 310, current: 3.6, torque: 4.5),
    myActuator("X6-7", ratio: 6, speed: 400, current: 4, torque: 3.5),
    myActuator("X6-8", ratio: 8, speed: 310, current: 3.6, torque: 4.5),
    myActuator("X6-40", ratio: 36, speed: 90, current: 5.2, torque: 18),
    myActuator("X8-S2_V3", ratio: 36, speed: 40, current: 3.2, torque: 25),
    myActuator("X8-H_V3", ratio: 6.2, speed: 190, current: 3.5, torque: 6),
    myActuator("X8-Pro-H_V3", ratio: 6.2, speed: 160, current: 3.75, torque: 8),
    myActuator("X8-20", ratio: 6, speed: 190, current: 5.2, torque: 10),
    myActuator("X8-25", ratio: 9, speed: 110, current: 3.2, torque: 10),
    myActuator("X8-60", ratio: 36, speed: 40, current: 4, torque: 30),
    myActuator("X8-90", ratio: 18, speed: 130, current: 10, torque: 25),
    myActuator("X10_V3", ratio: 7, speed: 170, current: 5.3, torque: 12),
    myActuator("X10-S2_V3", ratio: 35, speed: 50, current: 6.7, torque: 50),
    myActuator("X10-40", ratio: 7, speed: 165, current: 6.5, torque: 15),
    myActuator("X10-100", ratio: 35, speed: 50, current: 6.7, torque: 50),
    myActuator("X12-150", ratio: 12, speed: 100, current: 15, torque: 50),
    myActuator("X15-400", ratio: 11.4, speed: 80, current: 23, torque: 130),
  ]

  /// `speed` in revolutions a minute at the output.
  private static func myActuator(
    _ name: String, ratio: Double, speed: Double, current: Double, torque: Double
  ) -> DriveModel {
    let range = DriveRange(
      position: MyActuator.positionRange, velocity: speed * .pi / 30, torque: torque, stiffness: .infinity,
      damping: .infinity)
    return DriveModel(
      name: name, family: .myactuator, range: range, builtInRatio: ratio,
      source: "2b-t/myactuator_rmd, actuator_constants.hpp at a399c29, after the vendor's product pages",
      torqueConstant: torque / current, firmware: "of protocol V3", rounding: .nearest,
      watchdogUnit: .steps(microseconds: 1000))
  }
}
