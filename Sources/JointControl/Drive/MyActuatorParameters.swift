import CServoWire
import ControlCycle

extension DriveParameter {
  /// Questions of protocol V3 that are answered in bytes 4 to 7.
  ///
  /// Nothing is written, as what a MyActuator drive takes it stores; and its watchdog is no parameter at all, as asking for it
  /// with the command that sets it would switch it off for good.
  static let myActuator: [DriveParameter] = [
    question(MYACTUATOR_COMMAND_READ_ENCODER, "encoder", .signed(bits: 32)),
    question(MYACTUATOR_COMMAND_READ_RAW_ENCODER, "raw_encoder", .signed(bits: 32)),
    question(MYACTUATOR_COMMAND_READ_ZERO_OFFSET, "zero_offset", .signed(bits: 32)),
    question(MYACTUATOR_COMMAND_READ_RUNTIME, "runtime", .unsigned(bits: 32), "ms", .condition),
  ]

  private static func question(
    _ command: myactuator_command, _ name: String, _ form: Form, _ unit: String = "", _ group: Group? = nil
  ) -> DriveParameter {
    DriveParameter(
      name, .address(command.rawValue), form, unit, group: group, source: "2b-t/myactuator_rmd")
  }
}
