import ControlCycle
import Testing

@testable import JointControl
@testable import Simulation

/// The bits of a frame one by one, stuffed literally: slow, and written apart from what it checks.
private struct LiteralFrame {
  var nominal = 0
  var data = 0

  init(_ frame: CANFrame) {
    let isFlexible = frame.isFlexibleDataRate
    var bits: [Int] = [0]
    func append(_ value: UInt32, _ count: Int) {
      for index in (0..<count).reversed() { bits.append(Int(value >> UInt32(index)) & 1) }
    }
    if frame.isExtended {
      append(frame.id >> 18, 11)
      append(0b11, 2)
      append(frame.id & 0x3FFFF, 18)
      append(0, 1)
    } else {
      append(frame.id, 11)
      append(0, 2)
    }
    if isFlexible {
      append(0b10, 2)
      append(frame.hasBitRateSwitch ? 1 : 0, 1)
    } else if frame.isExtended {
      append(0, 2)
    } else {
      append(0, 1)
    }
    let arbitration = bits.count
    let lengths = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64]
    let code = lengths.firstIndex { $0 >= Int(frame.length) } ?? 15
    append(UInt32(code), isFlexible ? 5 : 4)
    for index in 0..<lengths[code] { append(UInt32(frame.payload[index]), 8) }
    if isFlexible {
      let first = Self.stuffed(Array(bits[..<arbitration]), isOpen: false)
      let whole = Self.stuffed(bits, isOpen: true)
      let checkBits = lengths[code] <= 16 ? 21 : 25
      // Fixed stuff bits: one ahead, then one after every four bits while bits follow.
      let fixed = 1 + (checkBits - 1) / 4
      nominal = first + 12
      data = whole - first + checkBits + fixed + 1
      if !frame.hasBitRateSwitch {
        nominal += data
        data = 0
      }
    } else {
      append(Self.remainder(of: bits), 15)
      nominal = Self.stuffed(bits, isOpen: false) + 1 + 9 + 3
    }
  }

  /// Length after stuffing; an open end leaves a stuff bit due after the last bit to whoever comes next.
  private static func stuffed(_ bits: [Int], isOpen: Bool) -> Int {
    var out: [Int] = []
    for (index, bit) in bits.enumerated() {
      out.append(bit)
      let tail = out.suffix(5)
      let isRun = tail.count == 5 && Set(tail).count == 1
      if isRun && !(isOpen && index == bits.count - 1) { out.append(1 - bit) }
    }
    return out.count
  }

  /// Polynomial division by x^15 + x^14 + x^10 + x^8 + x^7 + x^4 + x^3 + 1.
  private static func remainder(of bits: [Int]) -> UInt32 {
    var dividend = bits + Array(repeating: 0, count: 15)
    let divisor = [1, 1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]
    for index in 0..<bits.count where dividend[index] == 1 {
      for (offset, bit) in divisor.enumerated() { dividend[index + offset] ^= bit }
    }
    return dividend.suffix(15).reduce(0) { $0 << 1 | UInt32($1) }
  }
}

@Suite struct FrameLengthTests {
  @Test(arguments: ExactLength.rows.indices)
  func equalsCanUtils(_ index: Int) {
    let row = ExactLength.rows[index]
    var frame = CANFrame(id: row.id, bus: 0, isExtended: row.isExtended)
    frame.length = UInt8(row.data.count)
    for (place, byte) in row.data.enumerated() { frame.payload[place] = byte }
    let length = FrameLength(of: frame)
    #expect(length.nominalBits == row.bits)
    #expect(length.dataBits == 0)
    #expect(length.duration(bitRate: 1_000_000, dataBitRate: 1_000_000) == Int64(row.bits) * 1000)
  }

  @Test func equalsLiteralStuffing() {
    var random = RandomStream(seed: 1)
    for _ in 0..<4000 {
      let frame = randomFrame(&random)
      let literal = LiteralFrame(frame)
      let length = FrameLength(of: frame)
      #expect(length.nominalBits == literal.nominal)
      #expect(length.dataBits == literal.data)
    }
  }

  /// Worst case of classic frames: Davis et al., Controller Area Network schedulability analysis, 2007.
  @Test func staysWithinTheWorstCase() {
    var random = RandomStream(seed: 2)
    for _ in 0..<10_000 {
      let frame = randomFrame(&random)
      let length = FrameLength(of: frame)
      let bytes = FrameLength.paddedLength(Int(frame.length)).bytes
      if frame.isFlexibleDataRate {
        let stuffable = (frame.isExtended ? 41 : 22) + 8 * bytes
        let unstuffed = stuffable + (bytes <= 16 ? 28 : 33) + 12
        #expect(length.bits >= unstuffed)
        #expect(length.bits <= unstuffed + (stuffable - 1) / 4)
      } else {
        let header = frame.isExtended ? 54 : 34
        #expect(length.bits >= header + 8 * bytes + 13)
        #expect(length.bits <= header + 8 * bytes + 13 + (header + 8 * bytes - 1) / 4)
      }
    }
  }

  @Test(arguments: FlexibleBounds.rows.indices)
  func flexibleFramesStayWithinTheirPhases(_ index: Int) {
    let row = FlexibleBounds.rows[index]
    var random = RandomStream(seed: UInt64(index))
    for _ in 0..<200 {
      var frame = CANFrame(
        id: UInt32(truncatingIfNeeded: random.next()) & (row.isExtended ? 0x1FFF_FFFF : 0x7FF), bus: 0,
        isExtended: row.isExtended, isFlexibleDataRate: true)
      frame.length = UInt8(row.bytes)
      for place in 0..<row.bytes { frame.payload[place] = random.next() & 3 == 0 ? 0xFF : 0 }
      let length = FrameLength(of: frame)
      #expect(length.bits >= row.unstuffed && length.bits <= row.worst)
      #expect(length.nominalBits <= row.worstNominal)
      let time = length.duration(bitRate: 1_000_000, dataBitRate: 5_000_000)
      #expect(time == Int64(length.nominalBits) * 1000 + Int64(length.dataBits) * 200)
    }
  }

  private func randomFrame(_ random: inout RandomStream) -> CANFrame {
    let shape = random.next()
    let isExtended = shape & 1 == 0
    let mask: UInt32 = isExtended ? 0x1FFF_FFFF : 0x7FF
    var frame = CANFrame(
      id: UInt32(truncatingIfNeeded: random.next() & random.next()) & mask, bus: 0, isExtended: isExtended,
      isFlexibleDataRate: shape & 2 == 0)
    if shape & 4 == 0 { frame.hasBitRateSwitch = false }
    frame.length = UInt8(random.integer(upTo: frame.isFlexibleDataRate ? 64 : 8))
    // Long runs of equal bits as well as noise.
    for place in 0..<Int(frame.length) {
      let noise = random.next()
      frame.payload[place] =
        noise & 0x300 == 0 ? UInt8(truncatingIfNeeded: noise) : noise & 0x400 == 0 ? 0 : 0xFF
    }
    return frame
  }
}
