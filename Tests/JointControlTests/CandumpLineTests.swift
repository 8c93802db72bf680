import ControlCycle
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
}
