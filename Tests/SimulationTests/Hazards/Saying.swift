import CServoWire
import ControlCycle

/// What a frame of the host says to a drive, read from its bytes alone; what no page expects of us is `unknown`.
enum Saying: Hashable {
  case command
  case enable
  case disable
  case clear
  case setZero
  /// A question that changes nothing: a sample, an identity.
  case ask
  case read(UInt32)
  case write(UInt32, UInt32)
  /// NMT, to one node.
  case network(UInt32)
  case synchronise
  case heartbeat
  case unknown(String)

  /// All that a frame says; `drive` is one of those on its bus, all of one family.
  static func all(in frame: CANFrame, to drive: DriveConfiguration) -> [Saying] {
    switch drive.family {
    case .canopen: [canopen(frame, drive)]
    case .damiao: [damiao(frame, drive)]
    case .mit: [mit(frame, drive)]
    case .moteus: moteus(frame)
    case .myactuator: [myActuator(frame)]
    case .odrive, .odrive05: [oDrive(frame)]
    case .robstride: [robstride(frame)]
    }
  }

  static func word(_ frame: CANFrame, at place: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(frame.payload[place + $1]) << UInt32(8 * $1) }
  }

  private static func action(_ frame: CANFrame) -> Saying {
    guard (0..<7).allSatisfy({ frame.payload[$0] == 0xFF }) else { return .command }
    switch frame.payload[7] {
    case 0xFB: return .clear
    case 0xFC: return .enable
    case 0xFD: return .disable
    case 0xFE: return .setZero
    default: return .command
    }
  }

  private static func mit(_ frame: CANFrame, _ drive: DriveConfiguration) -> Saying {
    guard !frame.isExtended, frame.id <= 0xFF, frame.length == 8 else { return .unknown("frame \(frame.id)") }
    return action(frame)
  }

  private static func damiao(_ frame: CANFrame, _ drive: DriveConfiguration) -> Saying {
    guard !frame.isExtended, frame.length == 8 else { return .unknown("frame \(frame.id)") }
    guard frame.id == 0x7FF else {
      return frame.id <= 0xFF ? action(frame) : .unknown("mode \(frame.id >> 8)")
    }
    switch frame.payload[2] {
    case 0x33: return .read(UInt32(frame.payload[3]))
    case 0x55: return .write(UInt32(frame.payload[3]), word(frame, at: 4))
    case 0xCC: return .ask
    default: return .unknown("register access \(frame.payload[2])")
    }
  }

  private static func myActuator(_ frame: CANFrame) -> Saying {
    guard !frame.isExtended, (0x141...0x160).contains(frame.id), frame.length == 8 else {
      return .unknown("frame \(frame.id)")
    }
    switch frame.payload[0] {
    case 0xA1: return .command
    case 0x77: return .enable
    case 0x78, 0x80: return .disable
    case 0x92, 0x9A, 0x9C: return .ask
    case 0xB3: return .write(0xB3, word(frame, at: 4))
    default: return .unknown("command \(frame.payload[0])")
    }
  }

  private static func robstride(_ frame: CANFrame) -> Saying {
    guard frame.isExtended, frame.length == 8 else { return .unknown("frame \(frame.id)") }
    let index = UInt32(frame.payload[0]) | UInt32(frame.payload[1]) << 8
    switch frame.id >> 24 {
    case 0: return .ask
    case 1: return .command
    case 3: return .enable
    case 4: return frame.payload[0] == 1 ? .clear : .disable
    case 6: return .setZero
    case 17: return .read(index)
    case 18: return .write(index, word(frame, at: 4))
    default: return .unknown("type \(frame.id >> 24)")
    }
  }

  private static func oDrive(_ frame: CANFrame) -> Saying {
    let command = frame.id & 0x1F
    guard !frame.isExtended else { return .unknown("29 bits") }
    switch (command, frame.length) {
    case (0x07, 8):
      return word(frame, at: 0) == 8 ? .enable : word(frame, at: 0) == 1 ? .disable : .unknown("state")
    case (0x0B, 8): return .write(command, word(frame, at: 0))
    case (0x0E, 8): return .command
    case (0x18, _): return .clear
    case (0x19, 8): return .setZero
    case (0x00, 0), (0x09, 0), (0x14, 0): return .ask
    default: return .unknown("command \(command), \(frame.length) bytes")
    }
  }

  private static func canopen(_ frame: CANFrame, _ drive: DriveConfiguration) -> Saying {
    guard !frame.isExtended else { return .unknown("29 bits") }
    switch frame.id {
    case 0:
      return [0x01, 0x80].contains(frame.payload[0]) ? .network(UInt32(frame.payload[0])) : .unknown("NMT")
    case 0x80: return .synchronise
    case 0x700 + UInt32(drive.masterID): return .heartbeat
    case 0x201...0x27F: return control(UInt16(frame.payload[0]) | UInt16(frame.payload[1]) << 8)
    case 0x601...0x67F:
      let object = UInt32(frame.payload[2]) << 16 | UInt32(frame.payload[1]) << 8 | UInt32(frame.payload[3])
      switch frame.payload[0] {
      case 0x40: return .read(object)
      // The next segment of what is being read.
      case 0x60, 0x70: return .read(0)
      case 0x23, 0x27, 0x2B, 0x2F: return .write(object, word(frame, at: 4))
      default: return .unknown("SDO \(frame.payload[0])")
      }
    default: return .unknown("identifier \(frame.id)")
    }
  }

  private static func control(_ word: UInt16) -> Saying {
    switch word {
    case 0x0000: .disable
    case 0x0006, 0x0007: .enable
    case 0x000F: .command
    case 0x0080: .clear
    default: .unknown("controlword \(word)")
    }
  }

  /// A command of position mode with all its registers is one saying; any other write is one each.
  private static func moteus(_ frame: CANFrame) -> [Saying] {
    guard frame.isFlexibleDataRate, frame.id >> 8 & 0x80 != 0 else { return [.unknown("no answer wanted")] }
    var sayings: [Saying] = []
    var writes: [UInt32: UInt32] = [:]
    var reader = moteus_read(frame.length)
    var item = moteus_item()
    withUnsafePointer(to: frame.payload) { payload in
      while moteus_next(&reader, payload.bytes, &item) {
        switch UInt32(item.kind) {
        case MOTEUS_SUBFRAME_WRITE.rawValue: writes[item.index] = item.value
        case MOTEUS_SUBFRAME_READ.rawValue: sayings.append(item.index <= 0x00F ? .ask : .read(item.index))
        case MOTEUS_SUBFRAME_STREAM_POLL.rawValue: sayings.append(.ask)
        case MOTEUS_SUBFRAME_STREAM_TO_DRIVE.rawValue:
          let bytes = (0..<Int(item.size)).map { payload.pointee[Int(item.offset) + $0] }
          let text = String(decoding: bytes, as: UTF8.self)
          sayings.append(text.hasPrefix("conf get ") ? .read(0x1_0000) : .unknown("console \(text)"))
        default: sayings.append(.unknown("subframe \(item.kind)"))
        }
      }
    }
    if reader.is_malformed { sayings.append(.unknown("malformed")) }
    let motion: Set<UInt32> = [0, 0x020, 0x021, 0x022, 0x023, 0x024, 0x025, 0x027, 0x028, 0x029]
    if writes[0] == 10 && Set(writes.keys) == motion {
      let watchdog = Float(bitPattern: writes[0x027] ?? 0)
      if !(watchdog > 0 && watchdog < 1) { sayings.append(.unknown("watchdog of \(watchdog) s")) }
      sayings.append(Float(bitPattern: writes[0x025] ?? 0) == 0 ? .enable : .command)
    } else {
      if writes[0] == 0 { sayings.append(.disable) }
      sayings += writes.compactMap { $0.key == 0 && $0.value == 0 ? nil : .write($0.key, $0.value) }
    }
    return sayings
  }
}
