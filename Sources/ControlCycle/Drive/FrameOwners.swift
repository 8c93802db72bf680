import LaneMath

/// Which joints a frame may come from, by its bus and identifier: a table made once, looked up for each frame.
///
/// The table only narrows down: whether a joint's drive really answers with a frame is for `DriveCodec.answers` to say.
/// Bus and identifier are multiplied into a slot of the table; what shares a slot stands there one behind the other, in
/// the joints' order, so that the first that answers is the one a search through all joints would find.
struct FrameOwners: ~Copyable {
  /// Slots of the table, a power of two.
  static var slotCount: Int { @_noLocks get { 512 } }
  /// By slot, where its joints begin in `owners`; one more at the end.
  let starts: FixedArray<UInt16>
  /// Joints, by slot.
  let owners: FixedArray<UInt8>

  /// Where the joints of a frame's slot stand in `owners`.
  @_noLocks @inline(__always) func candidates(_ frame: CANFrame) -> (from: Int, to: Int) {
    let slot = Self.slot(bus: frame.bus, id: frame.id, isExtended: frame.isExtended)
    return (Int(starts[slot]), Int(starts[slot + 1]))
  }

  /// The slot of an identifier on a bus. Of the identifier 16 bits count: those above hold no drive of any family, but
  /// status and faults (RobStride).
  @_noLocks @inline(__always) static func slot(bus: UInt8, id: UInt32, isExtended: Bool) -> Int {
    let key = UInt32(bus) << 17 | (isExtended ? 0x1_0000 : 0) | id & 0xFFFF
    // Knuth's multiplicative hashing: the golden ratio's bits spread neighbours, and the upper bits of the product count.
    return Int((key &* 0x9E37_79B1) >> 23)
  }
}
