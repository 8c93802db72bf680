import CServoWire

/// A segmented upload of one of the texts of a simulated CANopen drive: name, hardware and software version.
struct TextUpload: BitwiseCopyable, Sendable {
  /// Object that is being read; 0 when none is.
  private var index: UInt16 = 0
  private var offset: UInt8 = 0
  private var toggle = false

  var isActive: Bool { index != 0 }

  /// What a text object holds; nil for another object.
  static func text(_ index: UInt16) -> [UInt8]? {
    switch UInt32(index) {
    case CANOPEN_OBJECT_DEVICE_NAME.rawValue: Array("Sinew 402".utf8)
    case CANOPEN_OBJECT_HARDWARE_VERSION.rawValue: Array("1".utf8)
    case CANOPEN_OBJECT_SOFTWARE_VERSION.rawValue: Array("1.0.0-simulated".utf8)
    default: nil
    }
  }

  /// Answers the request for an object that is a text, at once where 4 bytes hold it; false for every other object. Whatever
  /// was being read is not read on.
  mutating func begin(_ request: canopen_sdo, reply: inout canopen_sdo) -> Bool {
    self = TextUpload()
    guard request.subindex == 0, let text = Self.text(request.index) else { return false }
    if text.count <= 4 {
      reply.size = UInt8(text.count)
      reply.value = text.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    } else {
      reply.is_expedited = false
      reply.value = UInt32(text.count)
      index = request.index
    }
    return true
  }

  /// The next segment; 0, or why there is none, as a `canopen_abort`.
  mutating func next(
    _ request: canopen_sdo, reply: inout canopen_sdo, bytes: inout InlineArray<7, UInt8>
  ) -> UInt32 {
    (reply.index, reply.subindex) = (index, 0)
    guard request.toggle == toggle, let text = Self.text(index) else {
      self = TextUpload()
      return CANOPEN_ABORT_TOGGLE.rawValue
    }
    let piece = text.dropFirst(Int(offset)).prefix(7)
    for (place, byte) in piece.enumerated() { bytes[place] = byte }
    reply.size = UInt8(piece.count)
    reply.is_last = Int(offset) + piece.count == text.count
    offset += UInt8(piece.count)
    toggle.toggle()
    if reply.is_last { self = TextUpload() }
    return 0
  }
}
