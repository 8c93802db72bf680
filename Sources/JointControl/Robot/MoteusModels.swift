import ControlCycle

extension DriveModel {
  /// moteus controllers r4, c1, n1 and x1 alike: what limits and gains they have is configuration, so the description says
  /// it in `range` and bring-up reads the gains back. These are the values as delivered.
  static let moteus: [DriveModel] = [
    DriveModel(
      name: "moteus", family: .moteus,
      range: DriveRange(
        // 500 rev/s: the drive gives no torque beyond. 100 N.m: what a command has that names no maximum.
        position: Moteus.positionRange, velocity: 500 * Moteus.revolution, torque: 100,
        stiffness: 4 / Moteus.revolution, damping: 0.05 / Moteus.revolution),
      builtInRatio: 1,
      source: "mjbots/moteus firmware, bldc_servo_structs.h: max_velocity, max_torque_Nm, pid_position",
      firmware: "db1a762, register map 5", rounding: .singlePrecision, watchdogUnit: .seconds)
  ]
}
