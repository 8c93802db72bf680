import ControlCycle
import Glibc
import TestSupport
import Testing

@testable import Recording

@Suite("Files of bus traffic")
struct CaptureTests {
  private static let names = ["can0", "vcan10", "left_arm"]

  private func capture(_ bytes: [UInt8]) throws -> CaptureReader {
    try CaptureReader(CaptureInput(bytes: bytes), path: "test")
  }

  @Test("Every frame survives every format, error frames included", arguments: CaptureFormat.allCases)
  func roundTrip(format: CaptureFormat) throws {
    var random = SeededGenerator(seed: 227)
    let count = format == .pcap ? 1 : Self.names.count
    var frames = (0..<5000).map { _ in CaptureFrames.random(&random, interfaces: count) }
    // pcap counts seconds in 32 bits, and keeps neither direction nor name.
    for index in frames.indices {
      frames[index].frame.time %= 4_294_967_296_000_000_000
      if format != .pcap {
        frames[index].direction = [.unknown, .received, .sent].randomElement(using: &random) ?? .unknown
      }
    }
    let text = CaptureFrames.encode(frames, .candump, names: Self.names)
    var reader = try capture(CaptureFrames.encode(frames, format, names: Self.names))
    let found = reader.format
    #expect(found == format)
    let back = CaptureFrames.lines(&reader)
    #expect(back == text)
    let (problems, end) = (reader.problemCount, reader.breakOff)
    #expect(problems == 0 && end == nil)
    #expect(frames.contains { $0.frame.isError } && frames.contains { $0.frame.isRemote })
  }

  @Test("candump, pcap, candump: byte for byte")
  func throughPcap() throws {
    var random = SeededGenerator(seed: 1)
    var frames = (0..<2000).map { _ in CaptureFrames.random(&random) }
    for index in frames.indices { frames[index].frame.time %= 4_294_967_296_000_000_000 }
    let text = CaptureFrames.encode(frames, .candump, names: ["can0"])
    var first = try capture(text)
    var packets = ByteWriter()
    PcapEncoding.appendHead(to: &packets)
    while let frame = first.next() {
      let fits = PcapEncoding.append(frame, to: &packets)
      #expect(fits)
    }
    var second = try capture(packets.bytes)
    let back = CaptureFrames.lines(&second)
    #expect(back == text)
  }

  @Test("An error frame's packet is the one of the link type's definition")
  func errorPacket() {
    var frame = CANFrame(id: 0x4, bus: 0, isExtended: false)
    frame.isError = true
    frame.length = 8
    frame.payload[1] = 0x10
    frame.payload[6] = 0x82
    var bytes = ByteWriter()
    let count = SocketCANPacket.append(CapturedFrame(frame), to: &bytes)
    #expect(count == 16 && bytes.bytes == [0x20, 0, 0, 4, 8, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0x82, 0])
  }

  @Test("A CAN FD frame says so, and one that does not is known by its length")
  func flexiblePacket() {
    var frame = CANFrame(id: 0x123, bus: 0, isExtended: false, isFlexibleDataRate: true)
    frame.length = 12
    var bytes = ByteWriter()
    _ = SocketCANPacket.append(CapturedFrame(frame), to: &bytes)
    #expect(Array(bytes.bytes[..<8]) == [0, 0, 1, 0x23, 12, 5, 0, 0])
    var silent = bytes.bytes
    silent[5] = 0
    let reading = silent.withUnsafeBytes { SocketCANPacket.read($0) }
    guard case .frame(let captured) = reading else {
      Issue.record("not read")
      return
    }
    #expect(captured.frame.isFlexibleDataRate && !captured.frame.hasBitRateSwitch)
  }

  @Test("Both orders of bytes, micro- and nanoseconds", arguments: [false, true], [Int64(1), 1000])
  func orders(isSwapped: Bool, unit: Int64) throws {
    func word(_ value: UInt32) -> [UInt8] {
      withUnsafeBytes(of: isSwapped ? value.bigEndian : value.littleEndian) { Array($0) }
    }
    func half(_ value: UInt16) -> [UInt8] {
      withUnsafeBytes(of: isSwapped ? value.bigEndian : value.littleEndian) { Array($0) }
    }
    let packet: [UInt8] = [0x80, 0, 1, 2, 2, 0, 0, 0, 0xAB, 0xCD]
    var bytes = word(unit == 1 ? 0xA1B2_3C4D : 0xA1B2_C3D4) + half(2) + half(4) + word(0) + word(0)
    bytes += word(65535) + word(227)
    bytes +=
      word(1_700_000_000) + word(123_456) + word(UInt32(packet.count)) + word(UInt32(packet.count)) + packet
    var reader = try capture(bytes)
    let frames = CaptureFrames.all(&reader)
    let captured = try #require(frames.first)
    #expect(captured.frame.time == 1_700_000_000_000_000_000 + 123_456 * unit)
    #expect(captured.frame.id == 0x102 && captured.frame.isExtended && captured.frame.length == 2)
    #expect(captured.frame.payload[0] == 0xAB && captured.frame.payload[1] == 0xCD)
    let problems = reader.problemCount
    #expect(frames.count == 1 && problems == 0)
  }

  @Test(
    "A file that breaks off keeps its whole frames, and says where", arguments: [CaptureFormat.pcap, .pcapng])
  func truncated(format: CaptureFormat) throws {
    var random = SeededGenerator(seed: 3)
    let frames = (0..<5).map { _ in
      var frame = CaptureFrames.random(&random)
      frame.frame.time %= 4_000_000_000_000_000_000
      return frame
    }
    let whole = CaptureFrames.encode(frames, format, names: ["can0"])
    var starts: [Int] = []
    for count in 0...frames.count {
      starts.append(CaptureFrames.encode(Array(frames[..<count]), format, names: ["can0"]).count)
    }
    for length in starts[0]...whole.count {
      var reader = try capture(Array(whole[..<length]))
      let read = CaptureFrames.all(&reader).count
      let expected = starts.lastIndex { $0 <= length } ?? 0
      #expect(read == expected, "\(length) bytes")
      let isCut = !starts.contains(length)
      let place = reader.breakOff?.offset
      #expect(place == (isCut ? Int64(starts[expected]) : nil), "\(length) bytes")
    }
  }

  @Test("Another link type is refused with its number; a packet of another interface is passed over")
  func foreign() throws {
    var bytes = CaptureFrames.encode([], .pcap, names: [])
    bytes[20] = 1
    #expect(throws: RecordingError.self) { _ = try capture(bytes) }
    var block = ByteWriter()
    PcapngEncoding.appendHead(to: &block)
    let place = block.count
    PcapngEncoding.appendInterface(Array("eth0".utf8), to: &block)
    block.patch(UInt16(1), at: place + 8)
    PcapngEncoding.append(CapturedFrame(CANFrame()), interface: 0, to: &block)
    var reader = try capture(block.bytes)
    let frames = CaptureFrames.all(&reader)
    let (foreign, problems) = (reader.foreignPackets, reader.problemCount)
    #expect(frames.isEmpty && foreign == 1 && problems == 0)
  }

  @Test(
    "Lines that make no sense are told with their number, and the others are kept",
    arguments: [
      "123#00", "(1.0) can0", "(1.0) can0 123", "(x.0) can0 123#00", "(1.0) can0 123#00 X",
      "(1.0) can0 123#00 R R",
      "(1.0) can0 800#00", "(1.0) can0 123##1" + String(repeating: "00", count: 9), "(1.0) can0 40000001#00",
      "(1.0) can0 20000001#R", "(1.0) can0 20000001##100", "(1.0) can0 123#00_9",
      "(99999999999.0) can0 123#00",
      "(1.0) can\u{7F} 123#00", "(1.0) can0 123#0011223344556677_8", String(repeating: "(", count: 5000),
    ])
  func lines(text: String) throws {
    let good = "(0000000001.000002) can0 123#00\r\n"
    var reader = try capture(Array((good + "\n" + text + "\n" + good).utf8))
    let frames = CaptureFrames.all(&reader)
    let problems = reader.problems
    #expect(frames.count == 2 && problems.count == 1 && problems.first?.line == 3, "\(problems)")
    #expect(problems.first?.offset == 34)
  }

  @Test("What other writers print is read: directions, flags with CAN FD said twice, nanoseconds")
  func others() throws {
    let text = """
      (1.5)   can0 123##5AA T
      (0000000002.123456789) can0 00000123#R8_F R
      """
    var reader = try capture(Array(text.utf8))
    let frames = CaptureFrames.all(&reader)
    let first = try #require(frames.first)
    #expect(first.direction == .sent && first.frame.hasBitRateSwitch && !first.frame.hasErrorState)
    #expect(first.frame.time == 1_500_000_000)
    let second = try #require(frames.last)
    #expect(second.frame.time == 2_123_456_789 && second.frame.isRemote && second.lengthCode == 15)
    let problems = reader.problemCount
    #expect(second.direction == .received && frames.count == 2 && problems == 0)
  }

  @Test("A writer gives the file its name when it is closed, and refuses a second interface in a pcap")
  func writer() throws {
    let path = "/tmp/sinew-capture-\(getpid()).pcap"
    defer { unlink(path) }
    var writer = try CaptureWriter(path: path, format: .pcap)
    let can0 = Array("can0".utf8)
    try writer.write(CapturedFrame(CANFrame()), interface: can0)
    #expect(access(path, F_OK) != 0)
    var refusal: RecordingError?
    do { try writer.write(CapturedFrame(CANFrame()), interface: Array("can1".utf8)) } catch {
      refusal = error
    }
    #expect(refusal?.message.contains("besides can0 there is can1") == true)
    var late = CANFrame()
    late.time = 4_294_967_296_000_000_000
    refusal = nil
    do { try writer.write(CapturedFrame(late), interface: can0) } catch { refusal = error }
    #expect(refusal?.message.contains("2106") == true)
    try writer.close()
    var reader = try CaptureReader(path: path)
    let frames = CaptureFrames.all(&reader)
    let problems = reader.problemCount
    #expect(frames.count == 1 && problems == 0)
  }
}
