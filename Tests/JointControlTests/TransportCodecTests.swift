import CServoBus
import Foundation
import JointControl
import TestSupport
import Testing

/// The codecs of the transports: bytes of others, round trips, and any bytes at all.
@Suite struct TransportCodecTests {
  /// A row of Vectors/transports.json.
  struct Row: Decodable, Sendable, CustomTestStringConvertible {
    let transport: String
    let id: UInt32
    let extended, fd, brs: Bool
    let data, found, wire: String
    var testDescription: String { "\(transport) \(wire.prefix(24))" }
  }
  struct Table: Decodable {
    let rows: [Row]
  }
  static let rows: [Row] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Firmware-Interfaces/Vectors/transports.json")
    guard let data = try? Data(contentsOf: file) else { return [] }
    return (try? JSONDecoder().decode(Table.self, from: data).rows) ?? []
  }()
  static let kinds = [
    "frame": SERVO_FOUND_FRAME, "remote": SERVO_FOUND_REMOTE, "error": SERVO_FOUND_ERROR_FRAME,
  ]

  @Test func allRowsAreThere() { #expect(Self.rows.count == 254) }

  @Test(arguments: rows) func bytesOfOthers(row: Row) throws {
    let codec = try #require(Codec(rawValue: row.transport))
    let wire = try #require(Bytes.of(row.wire))
    let found = codec.decode(wire)
    #expect(found.map(\.kind) == [try #require(Self.kinds[row.found])])
    guard row.found == "frame" else { return }
    let frame = try #require(found.first).frame
    #expect(frame == Frame(id: row.id, extended: row.extended, fd: row.fd, brs: row.brs, hex: row.data))
    #expect(codec.encode([frame], sequence: wire[codec == .cannelloni ? 2 : 0]) == wire)
  }

  @Test(arguments: Codec.allCases, [UInt64(1), 2, 3]) func roundTrip(codec: Codec, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let frame = Frame.random(using: &generator)
      let found = codec.decode(codec.encode([frame], sequence: 7))
      #expect(found.map(\.kind) == [SERVO_FOUND_FRAME])
      #expect(found.first?.frame == frame.padded)
    }
  }

  /// A cut datagram or line gives no frame: at most what was whole before the cut.
  @Test(arguments: Codec.allCases) func truncation(codec: Codec) {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<300 {
      let frame = Frame.random(using: &generator)
      let wire = codec.encode([frame], sequence: 1)
      for length in 0..<wire.count {
        let kinds = codec.decode(Array(wire.prefix(length))).map(\.kind)
        #expect(!kinds.contains(SERVO_FOUND_FRAME), "\(length) of \(wire.count) bytes")
      }
      guard codec != .slcan else { continue }
      #expect(codec.decode(wire + [0]).last?.kind == SERVO_FOUND_FOREIGN)
    }
  }

  /// Any bytes, and whole ones with a few changed: decoders return, and what they call a frame is one.
  @Test(arguments: Codec.allCases, [UInt64(5), 6]) func garbage(codec: Codec, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for round in 0..<5000 {
      var bytes = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      if round % 2 == 0 {
        bytes = codec.encode([Frame.random(using: &generator)], sequence: 0)
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
        }
      }
      for found in codec.decode(bytes) where found.kind == SERVO_FOUND_FRAME {
        #expect(found.frame.isPossible)
      }
    }
  }

  @Test(arguments: Codec.allCases) func whatFitsNoFrameIsNotSent(codec: Codec) {
    var frame = Frame(id: 0x800, extended: false, fd: false, brs: false, hex: "")
    #expect(codec.encode([frame], sequence: 0) == codec.encode([], sequence: 0))
    frame = Frame(id: 1, extended: false, fd: false, brs: false, hex: String(repeating: "00", count: 9))
    #expect(codec.encode([frame], sequence: 0) == codec.encode([], sequence: 0))
    frame = Frame(id: 0x2000_0000, extended: true, fd: true, brs: false, hex: "")
    #expect(codec.encode([frame], sequence: 0) == codec.encode([], sequence: 0))
  }

  @Test func overlongFramesAreToldApart() throws {
    let line = Array("t1239\(String(repeating: "AA", count: 9))\r".utf8)
    #expect(Codec.slcan.decode(line).map(\.kind) == [SERVO_FOUND_OVERLONG])
    let packet = try #require(Bytes.of("020000000100000123" + "09" + String(repeating: "aa", count: 9)))
    #expect(Codec.cannelloni.decode(packet).map(\.kind) == [SERVO_FOUND_OVERLONG])
  }

  @Test func slcanAnswersAndStamps() {
    let kinds = Codec.slcan.decode(Array("\r\u{7}z\rV1013\rt1232AABB1234\rt1232AABB12\rhello\r".utf8)).map(
      \.kind)
    #expect(
      kinds
        == [
          SERVO_FOUND_DONE, SERVO_FOUND_REFUSAL, SERVO_FOUND_REQUEST, SERVO_FOUND_REQUEST, SERVO_FOUND_FRAME,
          SERVO_FOUND_FOREIGN, SERVO_FOUND_FOREIGN,
        ])
    let long = Array(repeating: UInt8(ascii: "t"), count: 500) + Array("\rt1230\r".utf8)
    #expect(
      Codec.slcan.decode(long).map(\.kind)
        == [SERVO_FOUND_FOREIGN, SERVO_FOUND_FRAME])
  }

  /// The frames of a cycle in one datagram, in their order.
  @Test func cannelloniCarriesACycle() {
    var generator = SeededGenerator(seed: 3)
    let frames = (0..<14).map { _ in Frame.random(using: &generator).padded }
    #expect(
      Codec.cannelloni.decode(Codec.cannelloni.encode(frames, sequence: 200)).map(\.frame) == frames)
  }
}
