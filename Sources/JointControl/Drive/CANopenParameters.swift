import ControlCycle

extension DriveParameter {
  /// Objects of CiA 301 and CiA 402 that tell or set something outside the loop.
  ///
  /// What moves a drive, changes its process data or means something else to a vendor is here with the reason why it is
  /// not written.
  static let canopen: [DriveParameter] = {
    let profile = "DSP 402 V2.0"
    let stack = "CANopenNode; CiA 301 from memory"
    func object(
      _ index: UInt16, _ subindex: UInt8, _ name: String, _ form: Form, _ unit: String = "",
      _ access: Access = .readOnly, in bounds: ClosedRange<Double>? = nil, _ group: Group? = nil,
      _ source: String? = nil
    ) -> DriveParameter {
      DriveParameter(
        name, .address(CANopen.Object.address(index, subindex)), form, unit, access, in: bounds, group: group,
        source: source ?? profile)
    }
    let motion = Access.hazard(
      "it switches the power stage or moves the drive", fix: "move the robot with sinew run")
    let homing = Access.hazard(
      "homing objects are used for other things by vendors: 6099:1 is RobStride's watchdog, mode 6 sets its zero",
      fix: "home the drive with its vendor's tool")
    let word = Form.unsigned(bits: 32)
    let short = Form.unsigned(bits: 16)
    return [
      object(0x1000, 0, "device_type", word, "", .readOnly, .identity, stack),
      object(0x1001, 0, "error_register", .unsigned(bits: 8), "", .readOnly, .condition, stack),
      object(
        0x1010, 1, "store_parameters", word, "",
        .hazard("it writes flash", fix: "use sinew drive save, which asks first"), nil, stack),
      object(
        0x1011, 1, "restore_defaults", word, "",
        .hazard("it forgets every setting of the drive", fix: "use the vendor's tool"), nil, stack),
      object(0x1016, 1, "heartbeat_consumer", word, "node << 16 | ms", .whileOff, .watchdog, stack),
      object(0x1018, 1, "vendor_id", word, "", .readOnly, .identity, stack),
      object(0x1018, 2, "product_code", word, "", .readOnly, .identity, stack),
      object(0x1018, 3, "revision", word, "", .readOnly, .identity, stack),
      object(0x1018, 4, "serial_number", word, "", .readOnly, .identity, stack),
      object(0x1029, 1, "error_behaviour", .unsigned(bits: 8), "", .whileOff, in: 0...2, .watchdog, stack),
      object(0x6007, 0, "abort_connection", .signed(bits: 16), "", .whileOff, in: 0...3, .watchdog),
      object(0x603F, 0, "error_code", short, "", .readOnly, .condition),
      object(0x6040, 0, "controlword", short, "", motion),
      object(0x6041, 0, "statusword", short, "", .readOnly, .condition),
      // Its mode 6 is homing; others here would be of no use to the loop.
      object(0x6060, 0, "mode", .signed(bits: 8), "", .whileOff, in: 8...10),
      object(0x6061, 0, "mode_display", .signed(bits: 8), "", .readOnly, .condition),
      object(0x6064, 0, "position_actual", .signed(bits: 32), "increments", .readOnly, .condition),
      object(0x606C, 0, "velocity_actual", .signed(bits: 32), "increments/s", .readOnly, .condition),
      object(0x6071, 0, "target_torque", .signed(bits: 16), "1/1000 rated", motion),
      object(0x6072, 0, "max_torque", short, "1/1000 rated", .always, in: 0...65535, .scale),
      object(0x6076, 0, "rated_torque", word, "mN.m", .readOnly, .scale),
      object(0x6077, 0, "torque_actual", .signed(bits: 16), "1/1000 rated", .readOnly, .condition),
      object(0x607A, 0, "target_position", .signed(bits: 32), "increments", motion),
      object(0x607C, 0, "home_offset", .signed(bits: 32), "increments", homing),
      object(0x608F, 1, "encoder_increments", word, "", .readOnly, .scale),
      object(0x608F, 2, "encoder_revolutions", word, "", .readOnly, .scale),
      object(0x6091, 1, "gear_motor_revolutions", word, "", .readOnly),
      object(0x6091, 2, "gear_shaft_revolutions", word, "", .readOnly),
      object(0x6092, 1, "feed", word, "", .readOnly),
      object(0x6092, 2, "feed_revolutions", word, "", .readOnly),
      object(0x6098, 0, "homing_method", .signed(bits: 8), "", homing),
      object(0x6099, 1, "homing_speed_switch", word, "", homing),
      object(0x6099, 2, "homing_speed_zero", word, "", homing),
      object(0x609A, 0, "homing_acceleration", word, "", homing),
      object(0x60B2, 0, "torque_offset", .signed(bits: 16), "1/1000 rated", motion),
      object(0x60FF, 0, "target_velocity", .signed(bits: 32), "increments/s", motion),
      object(0x6502, 0, "supported_modes", word, "", .readOnly, .condition),
    ]
  }()
}
