import CServoWire
import ControlCycle

/// What ODrives tell when asked with an empty frame. Nothing is written: settings are endpoints, whose numbers change with
/// each build of the firmware, and what the other messages set cannot be read back.
extension DriveParameter {
  /// Firmware 0.6.
  static let oDrive: [DriveParameter] =
    answers(source: "odrive_can DBC 0.6.10") + [
      message(ODRIVE_COMMAND_GET_VERSION, 0, "version_hardware", .unsigned(bits: 32), "", .identity),
      message(ODRIVE_COMMAND_GET_VERSION, 1, "version_firmware", .unsigned(bits: 32), "", .identity),
      message(ODRIVE_COMMAND_GET_ERROR, 0, "active_errors", .unsigned(bits: 32), "", .condition),
      message(ODRIVE_COMMAND_GET_ERROR, 1, "disarm_reason", .unsigned(bits: 32), "", .condition),
      message(ODRIVE_COMMAND_GET_TEMPERATURE, 0, "fet_temperature", .float, "degC", .condition),
      message(ODRIVE_COMMAND_GET_TEMPERATURE, 1, "motor_temperature", .float, "degC", .condition),
      message(ODRIVE_COMMAND_GET_TORQUES, 0, "torque_target", .float, "N.m", .condition),
      message(ODRIVE_COMMAND_GET_TORQUES, 1, "torque_estimate", .float, "N.m", .condition),
    ]

  /// Firmware 0.5.
  static let oDrive05: [DriveParameter] = answers(source: "odrive_can DBC 0.5.6")

  private static func answers(source: String) -> [DriveParameter] {
    [
      message(ODRIVE_COMMAND_GET_ENCODER_ESTIMATES, 0, "pos_estimate", .float, "rev", .condition),
      message(ODRIVE_COMMAND_GET_ENCODER_ESTIMATES, 1, "vel_estimate", .float, "rev/s", .condition),
      message(ODRIVE_COMMAND_GET_IQ, 0, "iq_setpoint", .float, "A", nil),
      message(ODRIVE_COMMAND_GET_IQ, 1, "iq_measured", .float, "A", nil),
      message(ODRIVE_COMMAND_GET_BUS_VOLTAGE_CURRENT, 0, "bus_voltage", .float, "V", .condition),
      message(ODRIVE_COMMAND_GET_BUS_VOLTAGE_CURRENT, 1, "bus_current", .float, "A", nil),
    ].map { parameter in
      var parameter = parameter
      parameter.source = source
      return parameter
    }
  }

  private static func message(
    _ command: odrive_command, _ word: Int, _ name: String, _ form: Form, _ unit: String, _ group: Group?
  ) -> DriveParameter {
    DriveParameter(
      name, .message(UInt8(command.rawValue), word: word), form, unit, group: group,
      source: "odrive_can DBC 0.6.10")
  }
}
