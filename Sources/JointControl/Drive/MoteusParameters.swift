import ControlCycle

extension DriveParameter {
  /// Registers to read, and what the console's `conf` knows that matters here; writing goes through the console alone.
  static let moteus: [DriveParameter] = {
    let registers = "mjbots/moteus docs/protocol/registers.md"
    let firmware = "mjbots/moteus firmware at db1a762"
    func register(
      _ index: UInt32, _ name: String, _ form: Form, _ unit: String = "", _ group: Group? = nil
    ) -> DriveParameter {
      DriveParameter(name, .address(index), form, unit, group: group, source: registers)
    }
    func setting(
      _ name: String, _ unit: String = "", _ access: Access = .whileOff,
      in bounds: ClosedRange<Double>? = nil,
      _ group: Group? = nil
    ) -> DriveParameter {
      DriveParameter(name, .console, .float, unit, access, in: bounds, group: group, source: firmware)
    }
    let word = Form.unsigned(bits: 32)
    return [
      register(0x000, "mode", .float, "", .condition), register(0x001, "position", .float, "rev"),
      register(0x002, "velocity", .float, "rev/s"), register(0x003, "torque", .float, "N.m"),
      register(0x00D, "voltage", .float, "V", .condition), register(0x00E, "temperature", .float, "degC"),
      register(0x00F, "fault", .float, "", .condition),
      register(0x027, "watchdog_timeout", .float, "s", .watchdog),
      register(0x100, "model_number", word, "", .identity),
      register(0x101, "firmware_version", word, "", .identity),
      register(0x102, "map_version", word, "", .identity), register(0x120, "serial_1", word, "", .identity),
      register(0x121, "serial_2", word, "", .identity), register(0x122, "serial_3", word, "", .identity),
      setting(
        "id.id", "",
        .hazard(
          "it moves the drive to another identifier",
          fix: "use sinew drive set-id, which looks who is there already"),
        in: 1...127, .identity),
      setting("servo.pid_position.kp", "N.m/rev", in: 0...1e5, .scale),
      setting("servo.pid_position.kd", "N.m.s/rev", in: 0...1e4, .scale),
      setting("servo.pid_position.ilimit", "N.m", in: 0...1e3, .scale),
      setting("servo.timeout_mode", "", in: 0...15, .watchdog),
      setting("servo.default_timeout_s", "s", in: 0.001...10, .watchdog),
      setting("servo.timeout_max_torque_Nm", "N.m", in: 0...1e3, .watchdog),
      setting("motor_position.rotor_to_output_ratio", "", in: 1e-4...1e3, .scale),
    ]
  }()
}
