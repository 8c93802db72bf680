import CServoWire

extension CommandField {
  /// The registers that a command to a moteus drive writes.
  static func moteus(
    _ a: InlineArray<64, UInt8>, _ lengthA: UInt8, _ b: InlineArray<64, UInt8>, _ lengthB: UInt8
  ) -> [(String, UInt32, UInt32)] {
    let names: [(UInt32, String)] = [
      (MOTEUS_REGISTER_MODE.rawValue, "command mode"),
      (MOTEUS_REGISTER_COMMAND_POSITION.rawValue, "command position pattern"),
      (MOTEUS_REGISTER_COMMAND_VELOCITY.rawValue, "command velocity pattern"),
      (MOTEUS_REGISTER_COMMAND_TORQUE.rawValue, "command torque pattern"),
      (MOTEUS_REGISTER_KP_SCALE.rawValue, "command stiffness pattern"),
      (MOTEUS_REGISTER_KD_SCALE.rawValue, "command damping pattern"),
      (MOTEUS_REGISTER_MAXIMUM_TORQUE.rawValue, "command maximum torque pattern"),
      (MOTEUS_REGISTER_WATCHDOG_TIMEOUT.rawValue, "command watchdog pattern"),
    ]
    return names.map { register, name in
      (name, written(register, a, lengthA), written(register, b, lengthB))
    }
  }

  /// The value that a frame writes to a register; 0 where it does not.
  private static func written(_ register: UInt32, _ payload: InlineArray<64, UInt8>, _ length: UInt8)
    -> UInt32
  {
    var payload = payload
    return withUnsafeMutableBytes(of: &payload) { bytes in
      let bytes = bytes.assumingMemoryBound(to: UInt8.self)
      guard let start = bytes.baseAddress else { return 0 }
      var reader = moteus_read(length)
      var item = moteus_item()
      var value: UInt32 = 0
      while moteus_next(&reader, start, &item) {
        if UInt32(item.kind) == MOTEUS_SUBFRAME_WRITE.rawValue && item.index == register {
          value = item.value
        }
      }
      return value
    }
  }
}
