import ControlCycle

extension DriveParameter {
  /// Registers 0 to 81; names as in the vendor's DM_CAN.py, bounds where the manual prints them.
  static let damiao: [DriveParameter] = {
    let manual = "DM-H3510 manual, 2025-01"
    let sample = "vendor's DM_CAN.py"
    let peers = "damiao-motor 1.0.6"
    let float = Form.float
    let word = Form.unsigned(bits: 32)
    let identifier = Access.hazard(
      "it moves the drive to another identifier",
      fix: "use sinew drive set-id, which looks who is there already")
    func register(
      _ number: UInt32, _ name: String, _ form: Form, _ unit: String = "", _ access: Access = .readOnly,
      in bounds: ClosedRange<Double>? = nil, _ group: Group? = nil, _ source: String? = nil
    ) -> DriveParameter {
      DriveParameter(
        name, .address(number), form, unit, access, in: bounds, group: group, source: source ?? manual)
    }
    return [
      register(0, "UV_Value", float, "V", .always, in: 10...1000),
      register(1, "KT_Value", float, "N.m/A", .whileOff),
      register(2, "OT_Value", float, "degC", .always, in: 80...Double(Float(200).nextDown)),
      register(
        3, "OC_Value", float, "", .always, in: Double(Float.leastNormalMagnitude)...Double(Float(1).nextDown)),
      register(4, "ACC", float, "rad/s^2", .always, in: 0...1e6),
      register(5, "DEC", float, "rad/s^2", .always, in: -1e6 ... -Double(Float.leastNormalMagnitude)),
      register(6, "MAX_SPD", float, "rad/s", .always, in: 0...1e6),
      register(7, "MST_ID", word, "", identifier, in: 1...0x7FE, .identity),
      register(8, "ESC_ID", word, "", identifier, in: 1...0x7FE, .identity),
      register(9, "TIMEOUT", word, "50 us", .always, .watchdog, peers),
      register(10, "CTRL_MODE", word, "", .whileOff, in: 1...4, .condition),
      register(11, "Damp", float, "", .readOnly, nil, sample),
      register(12, "Inertia", float, "kg.m^2", .readOnly, nil, sample),
      register(13, "hw_ver", word, "", .readOnly, .identity, sample),
      register(14, "sw_ver", word, "", .readOnly, .identity),
      register(15, "SN", word, "", .readOnly, .identity, sample),
      register(16, "NPP", word, "", .readOnly),
      register(17, "Rs", float, "ohm", .readOnly, nil, sample),
      register(18, "LS", float, "H", .readOnly, nil, sample),
      register(19, "Flux", float, "Wb", .readOnly, nil, sample),
      register(20, "Gr", float, "", .readOnly, .scale),
      register(21, "PMAX", float, "rad", .whileOff, in: 0.1...1e5, .scale),
      register(22, "VMAX", float, "rad/s", .whileOff, in: 0.1...1e5, .scale),
      register(23, "TMAX", float, "N.m", .whileOff, in: 0.01...1e5, .scale),
      register(24, "I_BW", float, "rad/s", .whileOff, nil, sample),
      register(25, "KP_ASR", float, "", .whileOff, nil, sample),
      register(26, "KI_ASR", float, "", .whileOff, nil, sample),
      register(27, "KP_APR", float, "", .whileOff, nil, sample),
      register(28, "KI_APR", float, "", .whileOff, nil, sample),
      register(29, "OV_Value", float, "V", .always, in: 10...1000),
      register(30, "GREF", float, "", .whileOff, nil, sample),
      register(31, "Deta", float, "", .whileOff, nil, sample),
      register(32, "V_BW", float, "", .whileOff, nil, sample),
      register(33, "IQ_c1", float, "", .whileOff, nil, sample),
      register(34, "VL_c1", float, "", .whileOff, nil, sample),
      register(
        35, "can_br", word, "",
        .hazard(
          "another bit rate takes the drive off this bus, and from 5 on it answers in CAN FD, which a classic bus sees as errors",
          fix: "set it with the vendor's tool, with no other drive on the bus"), in: 0...9, .condition),
      register(36, "sub_ver", word, "", .readOnly, .identity),
      register(50, "u_off", float, "", .readOnly, nil, sample),
      register(51, "v_off", float, "", .readOnly, nil, sample),
      register(52, "k1", float, "", .readOnly, nil, sample),
      register(53, "k2", float, "", .readOnly, nil, sample),
      register(54, "m_off", float, "", .readOnly, nil, sample),
      register(55, "dir", float, "", .readOnly, nil, sample),
      register(59, "Imax", float, "A", .readOnly, nil, peers),
      register(60, "VBus", float, "V", .readOnly, .condition, peers),
      register(61, "Tpcb", float, "degC", .readOnly, .condition, peers),
      register(62, "Tmtr", float, "degC", .readOnly, .condition, peers),
      register(80, "p_m", float, "rad", .readOnly),
      register(81, "xout", float, "rad", .readOnly),
    ]
  }()
}
