import ControlCycle
import Glibc
import TestSupport
import Testing

@testable import Recording

/// Nothing that a file can hold may end the process, loop for ever, or bring a frame that no bus could carry.
@Suite("Files of bus traffic that nobody vouches for")
struct CaptureFuzzTests {
  /// Reads to the end; every frame must be possible and no more of them than the bytes can hold.
  private func read(_ bytes: [UInt8], _ what: String) {
    guard var reader = try? CaptureReader(CaptureInput(bytes: bytes)) else { return }
    var count = 0
    while let captured = reader.next() {
      count += 1
      let frame = captured.frame
      let interfaces = reader.interfaces
      let isPossible =
        frame.hasPossibleLength && frame.id <= (frame.isExtended || frame.isError ? 0x1FFF_FFFF : 0x7FF)
        && Int(frame.bus) < interfaces.count && !(frame.isRemote && frame.isError)
      #expect(isPossible, "\(what): \(frame.id) \(frame.flags) \(frame.length)")
      for index in Int(frame.length)..<64 where frame.payload[index] != 0 {
        Issue.record("\(what): data behind")
      }
      guard count <= bytes.count / 8 + 1, isPossible else {
        #expect(count <= bytes.count / 8 + 1, "\(what)")
        return
      }
      var line: [UInt8] = []
      CandumpLine.append(captured, interface: interfaces[Int(frame.bus)], to: &line)
    }
    let (told, all) = (reader.problems.count, reader.problemCount)
    #expect(told <= 20 && all >= told)
  }

  @Test("Mutated and cut files of every format", arguments: CaptureFormat.allCases)
  func mutated(format: CaptureFormat) {
    var random = SeededGenerator(seed: 5)
    for run in 0..<1500 {
      let count = Int.random(in: 0..<12, using: &random)
      let frames = (0..<count).map { _ in CaptureFrames.random(&random, interfaces: 2) }
      var bytes = CaptureFrames.encode(frames, format, names: ["can0", "can1"])
      for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = [0, 0xFF, 0x7F, 0x80, 0x0A].randomElement(using: &random) ?? 0
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 4: bytes.removeLast(bytes.count - place)
        default:
          for offset in 0..<4 where place + offset < bytes.count {
            bytes[place + offset] = UInt8.random(in: 0...255, using: &random)
          }
        }
      }
      read(bytes, "\(format) \(run)")
    }
  }

  @Test("Random bytes, as they are and behind the first word of each format")
  func noise() {
    var random = SeededGenerator(seed: 6)
    let heads: [[UInt8]] = [
      [], CaptureFrames.encode([], .pcap, names: []), CaptureFrames.encode([], .pcapng, names: ["can0"]),
      [0xA1, 0xB2, 0x3C, 0x4D], [0x0A, 0x0D, 0x0D, 0x0A], Array("(1.0) can0 ".utf8),
    ]
    for run in 0..<3000 {
      let count = Int.random(in: 0..<300, using: &random)
      let tail = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      read(heads[run % heads.count] + tail, "\(run)")
    }
  }

  @Test("Time stamps of every unit and offset, up to the largest")
  func stamps() {
    var random = SeededGenerator(seed: 8)
    for run in 0..<2000 {
      var bytes = ByteWriter()
      PcapngEncoding.appendHead(to: &bytes)
      let place = bytes.count
      PcapngEncoding.appendInterface(Array("can0".utf8), to: &bytes)
      // The unit stands behind the name's option; an offset of any value follows in its own block's place.
      bytes.patch(UInt8.random(in: 0...255, using: &random), at: place + 16 + 8 + 4)
      PcapngEncoding.append(CapturedFrame(CANFrame()), interface: 0, to: &bytes)
      let stamp =
        [UInt64.max, UInt64.random(in: 0...UInt64.max, using: &random)].randomElement(using: &random) ?? 0
      let packet = bytes.count - 32 - 8
      bytes.patch(UInt32(truncatingIfNeeded: stamp >> 32), at: packet + 12)
      bytes.patch(UInt32(truncatingIfNeeded: stamp), at: packet + 16)
      read(bytes.bytes, "stamp \(run)")
    }
  }

  @Test("A file longer than any buffer is read whole")
  func streaming() throws {
    let path = "/tmp/sinew-stream-\(getpid()).log"
    defer { unlink(path) }
    let line = "(0000000001.000002) can0 12345678##3" + String(repeating: "5A", count: 64) + "\n"
    let piece = Array(String(repeating: line, count: 1000).utf8)
    let file = try #require(fopen(path, "w"))
    for _ in 0..<10 { fwrite(piece, 1, piece.count, file) }
    fclose(file)
    var reader = try CaptureReader(path: path)
    var count = 0
    while reader.next() != nil { count += 1 }
    let problems = reader.problemCount
    #expect(count == 10_000 && problems == 0)
  }
}
