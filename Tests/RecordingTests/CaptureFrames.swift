import ControlCycle
import TestSupport

@testable import Recording

/// Frames as buses and controllers bring them, of every format.
enum CaptureFrames {
  /// A frame of any format, with a time in microseconds, which all formats keep.
  static func random(_ random: inout SeededGenerator, interfaces: Int = 1) -> CapturedFrame {
    let kind = Int.random(in: 0..<8, using: &random)
    let isFlexible = kind < 3
    let isExtended = Bool.random(using: &random)
    var frame = CANFrame(
      id: UInt32.random(in: 0...(isExtended ? 0x1FFF_FFFF : 0x7FF), using: &random), bus: 0,
      isExtended: isExtended, isFlexibleDataRate: isFlexible)
    if isFlexible {
      frame.hasBitRateSwitch = Bool.random(using: &random)
      frame.hasErrorState = Bool.random(using: &random)
    }
    frame.isRemote = kind == 3
    if kind == 4 {
      frame = CANFrame(id: UInt32.random(in: 0...0x1FFF_FFFF, using: &random), bus: 0, isExtended: false)
      frame.isError = true
    }
    let lengths: [UInt8] = isFlexible ? [0, 1, 7, 8, 12, 16, 20, 24, 32, 48, 64] : [0, 1, 2, 5, 7, 8]
    frame.length = lengths.randomElement(using: &random) ?? 0
    for index in 0..<Int(frame.length) where !frame.isRemote {
      frame.payload[index] = UInt8.random(in: 0...255, using: &random)
    }
    frame.time = Int64.random(in: 0..<4_000_000_000_000_000, using: &random) * 1000
    frame.bus = UInt8(Int.random(in: 0..<interfaces, using: &random))
    let hasCode = !isFlexible && !frame.isError && frame.length == 8 && kind != 7
    return CapturedFrame(
      frame, direction: .unknown, lengthCode: hasCode ? UInt8.random(in: 9...15, using: &random) : 0)
  }

  /// The frames in a format, as a file has them.
  static func encode(_ frames: [CapturedFrame], _ format: CaptureFormat, names: [String]) -> [UInt8] {
    var bytes = ByteWriter()
    switch format {
    case .candump: break
    case .pcap: PcapEncoding.appendHead(to: &bytes)
    case .pcapng:
      PcapngEncoding.appendHead(to: &bytes)
      for name in names { PcapngEncoding.appendInterface(Array(name.utf8), to: &bytes) }
    }
    for frame in frames {
      switch format {
      case .candump:
        CandumpLine.append(frame, interface: Array(names[Int(frame.frame.bus)].utf8), to: &bytes.bytes)
      case .pcap: _ = PcapEncoding.append(frame, to: &bytes)
      case .pcapng: PcapngEncoding.append(frame, interface: UInt32(frame.frame.bus), to: &bytes)
      }
    }
    return bytes.bytes
  }

  /// All frames of a file.
  static func all(_ reader: inout CaptureReader) -> [CapturedFrame] {
    var frames: [CapturedFrame] = []
    while let captured = reader.next() { frames.append(captured) }
    return frames
  }

  /// The lines of candump that stand for the frames of a file.
  static func lines(_ reader: inout CaptureReader) -> [UInt8] {
    var text: [UInt8] = []
    while let captured = reader.next() {
      CandumpLine.append(captured, interface: reader.interfaces[Int(captured.frame.bus)], to: &text)
    }
    return text
  }
}
