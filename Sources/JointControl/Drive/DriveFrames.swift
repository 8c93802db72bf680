import CServoWire
import ControlCycle

/// Frames that one drive gets outside a run, and that no `DriveRequest` stands for.
enum DriveFrames {
  /// An empty frame to a Damiao register or a RobStride type, with its eight bytes written by `write`.
  private static func frame(
    _ id: UInt32, of drive: DriveConfiguration, isExtended: Bool = false, length: UInt8 = 8,
    _ write: (UnsafeMutablePointer<UInt8>) -> Void = { _ in }
  ) -> CANFrame {
    var frame = CANFrame(
      id: id, bus: drive.bus, isExtended: isExtended, isFlexibleDataRate: drive.isFlexibleDataRate)
    frame.length = length
    withUnsafeMutablePointer(to: &frame.payload) { write($0.bytes) }
    return frame
  }

  /// Damiao: all registers to flash.
  static func damiaoSave(_ drive: DriveConfiguration) -> CANFrame {
    // The manual's byte 3 is 01.
    let words = damiao_register_frame(
      id: drive.id, access: UInt8(DAMIAO_ACCESS_SAVE.rawValue), index: 1, value: 0)
    return frame(DAMIAO_ID_REGISTERS.rawValue, of: drive) { damiao_encode_register(words, $0) }
  }

  /// Whether a frame acknowledges `damiaoSave`.
  static func isSaved(_ frame: CANFrame, _ drive: DriveConfiguration) -> Bool {
    DriveCodec.answers(frame, drive) && frame.length == 8
      && UInt32(frame.payload[2]) == DAMIAO_ACCESS_SAVE.rawValue
      && UInt16(frame.payload[0]) | UInt16(frame.payload[1]) << 8 == drive.id
  }

  /// RobStride, CyberGear: another id at once.
  static func robStrideSetID(_ id: UInt16, of drive: DriveConfiguration) -> CANFrame {
    robStride(ROBSTRIDE_TYPE_SET_ID, data: id << 8 | drive.masterID & 0xFF, drive)
  }

  /// RobStride: the version of its firmware. A stop with a second byte: only for a drive that is off already.
  static func robStrideVersion(_ drive: DriveConfiguration) -> CANFrame {
    var frame = robStride(ROBSTRIDE_TYPE_STOP, data: drive.masterID & 0xFF, drive)
    frame.payload[1] = 0xC4
    return frame
  }

  /// The four numbers of an answer to `robStrideVersion`.
  static func version(_ frame: CANFrame, _ drive: DriveConfiguration) -> [UInt8]? {
    guard DriveCodec.answers(frame, drive), frame.length == 8,
      UInt32(robstride_decode_address(frame.id).type) == ROBSTRIDE_TYPE_FEEDBACK.rawValue,
      frame.payload[0] == 0, frame.payload[1] == 0xC4, frame.payload[2] == 0x56
    else { return nil }
    return (3..<7).map { frame.payload[$0] }
  }

  private static func robStride(_ type: robstride_type, data: UInt16, _ drive: DriveConfiguration) -> CANFrame
  {
    let address = robstride_address(
      type: UInt8(type.rawValue), data: data, destination: UInt8(truncatingIfNeeded: drive.id))
    return frame(robstride_encode_address(address), of: drive, isExtended: true)
  }
}

// MARK: - ODrive

extension DriveFrames {
  private static func oDrive(_ command: UInt32, _ drive: DriveConfiguration, length: UInt8) -> CANFrame {
    frame(
      odrive_encode_address(odrive_address(node: UInt32(drive.id), command: UInt8(command))), of: drive,
      length: length)
  }

  /// Asks for a message.
  static func oDriveQuestion(_ command: UInt32, _ drive: DriveConfiguration) -> CANFrame {
    oDrive(command, drive, length: 0)
  }

  /// The two words of a message.
  static func oDriveWords(_ frame: CANFrame, _ command: UInt32, _ drive: DriveConfiguration) -> [UInt32]? {
    guard frame.bus == drive.bus, !frame.isExtended, frame.id == UInt32(drive.id) << 5 | command else {
      return nil
    }
    var words = odrive_pair(first: 0, second: 0)
    let isSound = withUnsafePointer(to: frame.payload) { odrive_decode_pair($0.bytes, frame.length, &words) }
    return isSound ? [words.first, words.second] : nil
  }

  /// 0.6: stores the settings and starts anew.
  static func oDriveSave(_ drive: DriveConfiguration) -> CANFrame {
    var frame = oDrive(ODRIVE_COMMAND_REBOOT.rawValue, drive, length: 1)
    frame.payload[0] = UInt8(ODRIVE_REBOOT_SAVE.rawValue)
    return frame
  }

  /// Node and serial number of an answer to the question for the address, 0.6.
  static func oDriveAddress(_ frame: CANFrame, _ drive: DriveConfiguration) -> odrive_identity? {
    guard frame.bus == drive.bus, !frame.isExtended,
      frame.id == UInt32(drive.id) << 5 | ODRIVE_COMMAND_ADDRESS.rawValue
    else { return nil }
    var identity = odrive_identity(node: 0, serial: 0, connection: 0)
    let isSound = withUnsafePointer(to: frame.payload) {
      odrive_decode_identity($0.bytes, frame.length, &identity)
    }
    return isSound ? identity : nil
  }

  /// 0.6: another node, for the drive of a serial number alone.
  static func oDriveSetNode(
    _ node: UInt16, of identity: odrive_identity, _ drive: DriveConfiguration
  ) -> CANFrame {
    var new = identity
    new.node = UInt8(truncatingIfNeeded: node)
    var frame = oDrive(ODRIVE_COMMAND_ADDRESS.rawValue, drive, length: 8)
    withUnsafeMutablePointer(to: &frame.payload) { odrive_encode_identity(new, $0.bytes) }
    return frame
  }
}

// MARK: - moteus

extension DriveFrames {
  /// A line to the console of a moteus drive, which answers nothing until it is polled; nil where it does not fit.
  static func console(_ line: String, _ drive: DriveConfiguration) -> CANFrame? {
    let bytes = Array((line + "\n").utf8)
    guard bytes.count <= 61 else { return nil }
    let id = moteus_encode_address(
      moteus_address(
        prefix: 0, source: UInt8(truncatingIfNeeded: drive.masterID),
        destination: UInt8(truncatingIfNeeded: drive.id), wants_reply: false))
    var frame = CANFrame(id: id, bus: drive.bus, isExtended: moteus_is_extended(id), isFlexibleDataRate: true)
    var writer = moteus_writer()
    withUnsafeMutablePointer(to: &frame.payload) { payload in
      let place = payload.bytes
      place[0] = UInt8(MOTEUS_SUBFRAME_STREAM_TO_DRIVE.rawValue)
      place[1] = 1
      place[2] = UInt8(bytes.count)
      for (index, byte) in bytes.enumerated() { place[3 + index] = byte }
      writer.length = UInt8(3 + bytes.count)
      moteus_pad(&writer, place)
    }
    frame.length = writer.length
    return frame
  }

  /// What the console said in an answer to a poll; nil in other frames, empty where it has nothing to say.
  static func consoleText(_ frame: CANFrame, _ drive: DriveConfiguration) -> [UInt8]? {
    guard DriveCodec.answers(frame, drive) else { return nil }
    var reader = moteus_read(frame.length)
    var item = moteus_item()
    return withUnsafePointer(to: frame.payload) { payload in
      var text: [UInt8]?
      while moteus_next(&reader, payload.bytes, &item) {
        guard UInt32(item.kind) == MOTEUS_SUBFRAME_STREAM_FROM_DRIVE.rawValue, item.index == 1 else {
          continue
        }
        text = (text ?? []) + (0..<Int(item.size)).map { payload.bytes[Int(item.offset) + $0] }
      }
      return reader.is_malformed ? nil : text
    }
  }
}

// MARK: - CANopen

extension DriveFrames {
  /// The host's heartbeat, which the drive watches.
  static func heartbeat(_ drive: DriveConfiguration) -> CANFrame {
    let beat = canopen_heartbeat(state: UInt8(CANOPEN_NMT_STATE_OPERATIONAL.rawValue), toggle: false)
    return frame(CANOPEN_ID_HEARTBEAT.rawValue + UInt32(drive.masterID), of: drive, length: 1) {
      canopen_encode_heartbeat(beat, $0)
    }
  }
}
