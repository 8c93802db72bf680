// Set-up: may allocate; the cycle is compiled without this file.

import CServoWire
import LaneMath

extension FrameOwners {
  /// The table of joints with these drives, in their order.
  init(_ drives: [DriveConfiguration]) {
    var slots = [[UInt8]](repeating: [], count: Self.slotCount)
    for (joint, drive) in drives.enumerated() {
      for id in DriveCodec.answerIdentifiers(of: drive) {
        let slot = Self.slot(bus: drive.bus, id: id.value, isExtended: id.isExtended)
        if slots[slot].last != UInt8(joint) { slots[slot].append(UInt8(joint)) }
      }
    }
    var all: [UInt8] = []
    var begins: [UInt16] = []
    for slot in slots {
      begins.append(UInt16(all.count))
      all += slot
    }
    begins.append(UInt16(all.count))
    starts = FixedArray(count: begins.count) { begins[$0] }
    // One more than there are, so that no robot makes an empty array.
    owners = FixedArray(count: all.count + 1) { $0 < all.count ? all[$0] : 0 }
  }
}

extension DriveCodec {
  /// An identifier, of which bits above 15 do not count.
  struct AnswerIdentifier: Equatable {
    var value: UInt32
    var isExtended: Bool
  }

  /// Every identifier with which a drive may answer; `answers` is true of no frame with another.
  static func answerIdentifiers(of drive: DriveConfiguration) -> [AnswerIdentifier] {
    let id = UInt32(drive.id)
    let host = UInt32(drive.masterID)
    func standard(_ values: [UInt32]) -> [AnswerIdentifier] {
      values.map { AnswerIdentifier(value: $0, isExtended: false) }
    }
    switch drive.family {
    case .canopen:
      let services = [
        CANOPEN_ID_EMERGENCY, CANOPEN_ID_TPDO1, CANOPEN_ID_TPDO2, CANOPEN_ID_SDO_REPLY, CANOPEN_ID_HEARTBEAT,
      ]
      return standard(services.map { $0.rawValue + id })
    case .mit where drive.dialect.isForce:
      return [AnswerIdentifier(value: CubeMars.answerID(of: drive), isExtended: true)]
    case .damiao, .mit: return standard([host])
    case .odrive, .odrive05: return standard((0..<32).map { id << 5 | $0 })
    case .moteus:
      let address = moteus_encode_address(
        moteus_address(
          prefix: 0, source: UInt8(truncatingIfNeeded: drive.id),
          destination: UInt8(truncatingIfNeeded: drive.masterID), wants_reply: false))
      return [AnswerIdentifier(value: address, isExtended: moteus_is_extended(address))]
    case .myactuator: return standard([MYACTUATOR_ID_REPLY.rawValue + id])
    case .robstride:
      let data = (id & 0xFF) << 8
      return [
        AnswerIdentifier(value: data | host & 0xFF, isExtended: true),
        AnswerIdentifier(value: data | ROBSTRIDE_ID_DEVICE_REPLY.rawValue, isExtended: true),
      ]
    }
  }
}
