import ControlCycle
import TestSupport
import Testing

@testable import Recording

@Suite("candump text")
struct CandumpLineTests {
  private func line(_ frame: CANFrame) -> String {
    var text: [UInt8] = []
    CandumpLine.append(frame, interface: Array("can0".utf8), to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  @Test("Classic and CAN FD frames look as candump -L prints them")
  func forms() {
    var frame = CANFrame(id: 0x1, bus: 0, isExtended: false)
    frame.time = 1_002_003_999
    frame.length = 3
    frame.payload[0] = 0x7F
    frame.payload[2] = 0x0A
    #expect(line(frame) == "(0000000001.002003) can0 001#7F000A\n")

    frame.isExtended = true
    frame.id = 0x0180_FD7F
    #expect(line(frame) == "(0000000001.002003) can0 0180FD7F#7F000A\n")

    frame.isExtended = false
    frame.id = 0x7FF
    frame.isFlexibleDataRate = true
    #expect(line(frame) == "(0000000001.002003) can0 7FF##07F000A\n")
    frame.hasBitRateSwitch = true
    frame.length = 0
    #expect(line(frame) == "(0000000001.002003) can0 7FF##1\n")
  }

  @Test("A length beyond the payload and a time before zero do not trap")
  func malformed() {
    var frame = CANFrame(id: .max, bus: 255, isExtended: true)
    frame.length = 255
    frame.time = .min
    #expect(line(frame).hasPrefix("(0000000000.000000) can0 FFFFFFFF#"))
    #expect(line(frame).count == 20 + 5 + 9 + 128 + 1)
  }

  @Test("Remote and error frames look as candump -L prints them")
  func apartFromData() {
    var frame = CANFrame(id: 0x123, bus: 0, isExtended: false)
    frame.isRemote = true
    #expect(line(frame) == "(0000000000.000000) can0 123#R\n")
    frame.length = 4
    #expect(line(frame) == "(0000000000.000000) can0 123#R4\n")
    frame = CANFrame(id: 0x4, bus: 0, isExtended: false)
    frame.isError = true
    frame.length = 8
    frame.payload[1] = 0x10
    frame.payload[6] = 0x82
    #expect(line(frame) == "(0000000000.000000) can0 20000004#0010000000008200\n")
  }

  @Test("What is printed reads back as the same frame, whatever it is")
  func roundTrip() throws {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<2000 {
      let isExtended = Bool.random(using: &random)
      let isFlexible = Bool.random(using: &random)
      let id = UInt32.random(in: 0...(isExtended ? 0x1FFF_FFFF : 0x7FF), using: &random)
      var frame = CANFrame(id: id, bus: 0, isExtended: isExtended, isFlexibleDataRate: isFlexible)
      frame.hasBitRateSwitch = isFlexible && Bool.random(using: &random)
      frame.hasErrorState = isFlexible && Bool.random(using: &random)
      frame.isRemote = !isFlexible && Int.random(in: 0..<4, using: &random) == 0
      let lengths: [UInt8] = isFlexible ? [0, 7, 8, 12, 16, 20, 24, 32, 48, 64] : [0, 1, 5, 8]
      frame.length = try #require(lengths.randomElement(using: &random))
      for index in 0..<Int(frame.length) where !frame.isRemote {
        frame.payload[index] = UInt8.random(in: 0...255, using: &random)
      }
      let text = line(frame)
      let word = String(text.split(whereSeparator: \.isWhitespace)[2])
      let back = try #require(CandumpLine.frame(word), "\(word)")
      #expect(line(back) == text)
      #expect(CandumpLine.frame(word + "g") == nil, "\(word)g")
    }
  }

  @Test(
    "What no bus could carry is no frame",
    arguments: [
      "", "#", "123", "12#00", "1234#00", "800#00", "20000000#00", "123#0", "123#001122334455667788",
      "123#R9", "123#R12",
      "123##", "123##8", "123##1001122334455667788", "123#0g", "+12#00", "123#RR", "123#é0",
    ])
  func refused(text: String) { #expect(CandumpLine.frame(text) == nil) }
}
