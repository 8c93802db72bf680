import ControlCycle

/// Packets of a libpcap file, https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
///
/// A head of 24 bytes, then a packet after the other: seconds, microseconds or nanoseconds, bytes kept, bytes there were.
struct PcapDecoder {
  private let marks: Marks
  private let name: [UInt8]
  private static let headBytes = 24
  private static let recordBytes = 16
  /// libpcap's own bound on what a packet can have.
  private static let mostBytes: UInt32 = 262_144

  /// What the first word says of the others.
  struct Marks {
    var isSwapped: Bool
    /// Nanoseconds in a unit of the fraction.
    var unit: Int64

    /// nil where the word is none of libpcap's.
    init?(_ word: UInt32) {
      switch word {
      case 0xA1B2_C3D4: (isSwapped, unit) = (false, 1000)
      case 0xA1B2_3C4D: (isSwapped, unit) = (false, 1)
      case 0xD4C3_B2A1: (isSwapped, unit) = (true, 1000)
      case 0x4D3C_B2A1: (isSwapped, unit) = (true, 1)
      default: return nil
      }
    }

    func value<Value: FixedWidthInteger>(_ value: Value) -> Value { isSwapped ? value.byteSwapped : value }
  }

  init(_ marks: Marks, _ input: inout CaptureInput, path: String, interface: [UInt8]) throws(RecordingError) {
    self.marks = marks
    name = interface
    guard input.look(Self.headBytes) >= Self.headBytes else {
      throw RecordingError(
        path: path, message: "ends within the head of a pcap file", fix: "capture it again")
    }
    let word = input.bytes(Self.headBytes) { $0.loadUnaligned(fromByteOffset: 20, as: UInt32.self) }
    // The upper bits are about check sums of frames, which CAN packets do not keep.
    let linkType = UInt16(truncatingIfNeeded: marks.value(word))
    guard linkType == SocketCANPacket.linkType else {
      throw RecordingError(
        path: path, message: "holds packets of link type \(linkType), no CAN (\(SocketCANPacket.linkType))",
        fix: "capture on a CAN interface, such as tcpdump -i can0 -w can0.pcap, not on any")
    }
    _ = input.skip(Self.headBytes)
  }

  func next(_ input: inout CaptureInput, _ notes: inout CaptureNotes) -> CapturedFrame? {
    while true {
      let offset = input.offset
      let visible = input.look(Self.recordBytes)
      if visible == 0 { return nil }
      guard visible >= Self.recordBytes else {
        notes.note("the file ends within the head of a packet", at: offset, endsFile: true)
        return nil
      }
      let words = input.bytes(Self.recordBytes) { head in
        (0..<4).map { marks.value(head.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
      }
      guard words[2] <= Self.mostBytes, words[2] <= UInt32(CaptureInput.capacity - Self.recordBytes) else {
        notes.note("a packet of \(words[2]) bytes: what follows is no packet", at: offset, endsFile: true)
        return nil
      }
      let whole = Self.recordBytes + Int(words[2])
      guard input.look(whole) >= whole else {
        notes.note("the file ends within a packet", at: offset, endsFile: true)
        return nil
      }
      let reading = input.bytes(whole) { bytes in
        SocketCANPacket.read(UnsafeRawBufferPointer(rebasing: bytes[Self.recordBytes...]))
      }
      _ = input.skip(whole)
      switch reading {
      case .unreadable(let reason): notes.note(reason, at: offset)
      case .frame(var captured):
        captured.frame.time = Int64(words[0]) * 1_000_000_000 + Int64(words[1]) * marks.unit
        captured.frame.bus = notes.number(of: name) ?? 0
        return captured
      }
    }
  }
}
