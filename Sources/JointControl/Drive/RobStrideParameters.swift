import ControlCycle

extension DriveParameter {
  /// Parameters 0x7005 to 0x702E of a RobStride; limits end at the model's full scale.
  static func robstride(_ drive: DriveConfiguration) -> [DriveParameter] {
    let manual = "RobStride user manuals 260428"
    return shared(drive, source: manual) + [
      parameter(0x7021, "spd_filt_gain", .float, "", .whileOff, in: 0...1, source: manual),
      parameter(0x7022, "acc_rad", .float, "rad/s^2", .always, in: 0...1e5, source: manual),
      parameter(0x7024, "vel_max", .float, "rad/s", .always, in: 0...drive.range.velocity, source: manual),
      parameter(0x7025, "acc_set", .float, "rad/s^2", .always, in: 0...1e5, source: manual),
      // Only 1 and above mean a time: 10 ms and 5 ms more a step.
      parameter(
        0x7026, "EPScan_time", .unsigned(bits: 16), "5 ms, 1 is 10 ms", .always, in: 1...65535, source: manual
      ),
      parameter(
        0x7028, "canTimeout", .unsigned(bits: 32), "50 us", .always, group: .watchdog, source: manual),
      parameter(0x7029, "zero_sta", .unsigned(bits: 8), "", .whileOff, in: 0...1, source: manual),
      parameter(0x702A, "damper", .float, source: manual),
      parameter(0x702B, "add_offset", .float, "rad", source: manual),
      parameter(0x702C, "cogging", .float, source: manual),
      parameter(0x702D, "iq_test", .float, source: manual),
      parameter(0x702E, "dcc_set", .float, source: manual),
    ]
  }

  /// Parameters of a CyberGear: nothing above 0x7020, and turns of its own.
  static func cyberGear(_ drive: DriveConfiguration) -> [DriveParameter] {
    let manual = "Xiaomi CyberGear manual"
    return shared(drive, source: manual) + [
      parameter(0x701D, "rotation", .signed(bits: 16), "turns", group: .identity, source: manual)
    ]
  }

  private static func parameter(
    _ index: UInt32, _ name: String, _ form: Form, _ unit: String = "", _ access: Access = .readOnly,
    in bounds: ClosedRange<Double>? = nil, group: Group? = nil, source: String
  ) -> DriveParameter {
    DriveParameter(name, .address(index), form, unit, access, in: bounds, group: group, source: source)
  }

  private static func shared(_ drive: DriveConfiguration, source: String) -> [DriveParameter] {
    let reference = Access.hazard(
      "it is a reference, and writing it moves the drive as soon as it is on",
      fix: "move the robot with sinew run")
    let current = drive.dialect.isCyberGear ? 23.0 : 90.0
    return [
      parameter(
        0x7005, "run_mode", .unsigned(bits: 8), "", .whileOff, in: 0...(drive.dialect.isCyberGear ? 3 : 5),
        group: .condition, source: source),
      parameter(0x7006, "iq_ref", .float, "A", reference, source: source),
      parameter(0x700A, "spd_ref", .float, "rad/s", reference, source: source),
      parameter(
        0x700B, "limit_torque", .float, "N.m", .always, in: 0...drive.range.torque, group: .scale,
        source: source),
      parameter(0x7010, "cur_kp", .float, "", .whileOff, in: 0...1e3, source: source),
      parameter(0x7011, "cur_ki", .float, "", .whileOff, in: 0...1e3, source: source),
      parameter(0x7014, "cur_filt_gain", .float, "", .whileOff, in: 0...1, source: source),
      parameter(0x7016, "loc_ref", .float, "rad", reference, source: source),
      parameter(0x7017, "limit_spd", .float, "rad/s", .always, in: 0...drive.range.velocity, source: source),
      parameter(0x7018, "limit_cur", .float, "A", .always, in: 0...current, source: source),
      parameter(0x7019, "mechPos", .float, "rad", group: .condition, source: source),
      parameter(0x701A, "iqf", .float, "A", source: source),
      parameter(0x701B, "mechVel", .float, "rad/s", source: source),
      parameter(0x701C, "VBUS", .float, "V", group: .condition, source: source),
      parameter(0x701E, "loc_kp", .float, "", .whileOff, in: 0...1e4, source: source),
      parameter(0x701F, "spd_kp", .float, "", .whileOff, in: 0...1e4, source: source),
      parameter(0x7020, "spd_ki", .float, "", .whileOff, in: 0...1e4, source: source),
    ]
  }
}
