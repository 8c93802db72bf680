/// The identifiers a drive answers with, for interfaces that let through only what is wanted: those that agree with `id` in
/// every bit of `mask`, of one format.
///
/// Coarse: whatever `DriveCodec.answers` takes passes; what passes need not be an answer.
public struct AnswerFilter: BitwiseCopyable, Sendable, Equatable {
  /// The bits looked at, as an answer has them.
  public var id: UInt32
  /// Which bits are looked at.
  public var mask: UInt32
  /// Whether identifiers have 29 bits.
  public var isExtended: Bool

  /// Whether a frame passes.
  @_noLocks public func passes(_ frame: CANFrame) -> Bool {
    frame.isExtended == isExtended && frame.id & mask == id & mask
  }
}

extension DriveConfiguration {
  /// What the drive answers with.
  public var answerFilter: AnswerFilter {
    @_noLocks get {
      let drive = UInt32(id)
      switch family {
      // Functions of the drive's node: emergency, PDOs, SDO reply, heartbeat.
      case .canopen: return AnswerFilter(id: drive, mask: 0x7F, isExtended: false)
      case .mit where dialect.isForce:
        return AnswerFilter(id: CubeMars.answerID(of: self), mask: 0x1FFF_FFFF, isExtended: true)
      case .damiao, .mit: return AnswerFilter(id: UInt32(masterID), mask: 0x7FF, isExtended: false)
      case .moteus:
        let id = Moteus.answerID(of: self)
        return AnswerFilter(
          id: id.number, mask: id.isExtended ? 0x1FFF_FFFF : 0x7FF, isExtended: id.isExtended)
      case .myactuator:
        return AnswerFilter(id: MyActuator.answerID(of: self), mask: 0x7FF, isExtended: false)
      // The node in the upper six bits, the command below.
      case .odrive, .odrive05: return AnswerFilter(id: drive << 5, mask: 0x7E0, isExtended: false)
      // The motor's number in bits 15...8; an answer to identify has another destination than feedback.
      case .robstride: return AnswerFilter(id: (drive & 0xFF) << 8, mask: 0xFF00, isExtended: true)
      }
    }
  }
}
