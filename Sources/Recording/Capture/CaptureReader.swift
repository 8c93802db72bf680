import ControlCycle

/// Reads files of bus traffic, whatever their format, frame by frame in bounded memory.
///
/// What makes no sense is told and passed over; where a file breaks off, everything before is kept.
public struct CaptureReader: ~Copyable {
  /// The file.
  public let path: String
  /// What it was taken for, by its first bytes.
  public let format: CaptureFormat
  private var input: CaptureInput
  private var notes = CaptureNotes()
  private var decoder: Decoder

  private enum Decoder {
    case candump(CandumpDecoder)
    case pcap(PcapDecoder)
    case pcapng(PcapngDecoder)
  }

  /// Opens a file; `-` is standard input.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - interface: what its interface is called, in a format that does not say.
  /// - Throws: `RecordingError` when it cannot be opened, or holds packets that are no CAN.
  public init(path: String, interface: String = "can0") throws(RecordingError) {
    try self.init(CaptureInput(path: path), path: path, interface: interface)
  }

  init(_ source: consuming CaptureInput, path: String = "", interface: String = "can0") throws(RecordingError)
  {
    self.path = path
    input = source
    let visible = input.look(4)
    let mark = input.bytes(visible) { $0.count < 4 ? 0 : $0.loadUnaligned(as: UInt32.self) }
    if let pcap = PcapDecoder.Marks(mark) {
      format = .pcap
      decoder = .pcap(try PcapDecoder(pcap, &input, path: path, interface: Array(interface.utf8)))
    } else if UInt32(littleEndian: mark) == PcapngDecoder.sectionBlock {
      format = .pcapng
      decoder = .pcapng(PcapngDecoder())
    } else {
      format = .candump
      decoder = .candump(CandumpDecoder())
    }
  }

  /// The next frame; nil at the end of the file, or where it breaks off.
  public mutating func next() -> CapturedFrame? {
    guard notes.end == nil else { return nil }
    let frame: CapturedFrame?
    switch decoder {
    case .candump(var candump):
      frame = candump.next(&input, &notes)
      decoder = .candump(candump)
    case .pcap(let pcap): frame = pcap.next(&input, &notes)
    case .pcapng(var pcapng):
      frame = pcapng.next(&input, &notes)
      decoder = .pcapng(pcapng)
    }
    if frame == nil && input.failure != 0 && notes.end == nil {
      notes.note(
        RecordingError(path: path, code: input.failure).message, at: input.offset, endsFile: true)
    }
    return frame
  }

  /// Names of the interfaces so far, by number, as UTF-8.
  public var interfaces: [[UInt8]] { notes.interfaces }
  /// What made no sense, the first twenty.
  public var problems: [CaptureProblem] { notes.problems }
  /// How often something made no sense.
  public var problemCount: Int { notes.problemCount }
  /// Where and why nothing more could be read; nil where the file was read to its end.
  public var breakOff: CaptureProblem? { notes.end }
  /// Packets of interfaces that are no CAN, passed over.
  public var foreignPackets: Int { notes.foreign }
}

/// Lines of `candump -L`.
struct CandumpDecoder {
  private var lineNumber = 0
  private static let longestLine = 4096

  mutating func next(_ input: inout CaptureInput, _ notes: inout CaptureNotes) -> CapturedFrame? {
    while true {
      let offset = input.offset
      guard let (text, isTooLong) = input.line(most: Self.longestLine) else { return nil }
      lineNumber += 1
      if isTooLong {
        notes.note("is longer than any line of candump", at: offset, line: lineNumber)
        continue
      }
      guard text.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else { continue }
      switch CandumpLine.read(text) {
      case .unreadable(let reason): notes.note(reason, at: offset, line: lineNumber)
      case .line(var captured, let name):
        guard let number = notes.number(of: name) else {
          notes.note(
            "is of one interface more than \(CaptureNotes.mostInterfaces)", at: offset, line: lineNumber)
          continue
        }
        captured.frame.bus = number
        return captured
      }
    }
  }
}
