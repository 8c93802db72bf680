import ControlCycle

/// A text that comes in pieces, such as a device's name, in a segmented upload.
struct LongText: Sendable {
  /// Bytes that are kept of a text; a drive may not keep bring-up busy with more.
  static let limit = 64

  private var bytes: [UInt8] = []
  private var toggle = false
  private var isBegun = false

  /// The text so far: printable ASCII, so that no drive writes to a terminal what it likes.
  var text: String {
    String(decoding: bytes.prefix { $0 != 0 }.map { (0x20..<0x7F).contains($0) ? $0 : 0x3F }, as: UTF8.self)
  }

  /// The address that asks for the next piece; nil before the text began.
  var next: UInt32? { isBegun ? CANopen.Object.segment(toggle: toggle) : nil }

  /// Takes the answer to a step.
  mutating func take(_ reply: DriveReply, for step: BringUpStep) -> BringUpStep.Judgement {
    switch reply {
    case .segment(let piece) where piece.index != 0:
      guard case .readParameter(piece.index) = step.request else { return .notAnAnswer }
      self = LongText()
      isBegun = true
      return .unfinished
    case .segment(let piece) where isBegun:
      guard piece.toggle == toggle else { return .notAnAnswer }
      for index in 0..<Int(min(piece.count, 7)) {
        bytes.append(UInt8(truncatingIfNeeded: piece.bytes >> UInt64(8 * index)))
      }
      toggle.toggle()
      return piece.isLast || bytes.count >= Self.limit ? .passed : .unfinished
    case .parameter(let index, let value, let succeeded):
      guard case .readParameter(index) = step.request else {
        // An abort of a piece names no object that was asked for.
        return isBegun && !succeeded ? .passed : .notAnAnswer
      }
      if succeeded { bytes = (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) } }
      return .passed
    default: return .notAnAnswer
    }
  }
}
