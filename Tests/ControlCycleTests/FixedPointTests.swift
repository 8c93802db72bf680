import ControlCycle
import TestSupport
import Testing

/// The scaling rule of the vendors' sample code.
struct FixedPointTests {
  @Test(arguments: [UInt16(8), 12, 16]) func endsAreTheEnds(bits: UInt16) {
    let last = UInt16((1 << UInt32(bits)) - 1)
    for full in [0.1, 1, 12.5, 12.57, 120, 5000] {
      #expect(FixedPoint.encode(-full, from: -full, to: full, bits: bits) == 0)
      #expect(FixedPoint.encode(full, from: -full, to: full, bits: bits) == last)
      #expect(FixedPoint.decode(0, from: -full, to: full, bits: bits) == -full)
      #expect(abs(FixedPoint.decode(last, from: -full, to: full, bits: bits) - full) <= full * 1e-15)
      #expect(FixedPoint.encode(0, from: -full, to: full, bits: bits) == last / 2)
      #expect(FixedPoint.encode(0, from: 0, to: full, bits: bits) == 0)
    }
  }

  @Test(arguments: [UInt16(12), 16]) func moreIsNeverLess(bits: UInt16) {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<5000 {
      let full = Double.random(in: 0.01...5000, using: &generator)
      let low = Double.random(in: -1.2 * full...1.2 * full, using: &generator)
      let high = low + Double.random(in: 0...0.01 * full, using: &generator)
      #expect(
        FixedPoint.encode(low, from: -full, to: full, bits: bits)
          <= FixedPoint.encode(high, from: -full, to: full, bits: bits))
    }
  }

  /// The middle of each step encodes to that step, so decoding and encoding again loses nothing more.
  @Test func everyWordComesBack() {
    for word in 0..<UInt16(4095) {
      let value = FixedPoint.decode(word, from: -30, to: 30, bits: 12) + 30.0 / 4095
      #expect(FixedPoint.encode(value, from: -30, to: 30, bits: 12) == word)
    }
  }

  @Test func notFiniteIsZeroAndNoRangeTraps() {
    for value in [Double.nan, .infinity, -.infinity] {
      #expect(FixedPoint.encode(value, from: -12.5, to: 12.5, bits: 16) == 0x7FFF)
      #expect(FixedPoint.encode(value, from: 0, to: 500, bits: 12) == 0)
    }
    for full in [0, -1, Double.nan, .infinity, .leastNonzeroMagnitude, 1e308] {
      for value in [0, 1, -1, 1e308, -1e308] {
        #expect(FixedPoint.encode(value, from: -full, to: full, bits: 12) <= 4095)
      }
    }
  }

  /// A watchdog of some length never becomes "off", and is at least as long as asked.
  @Test func watchdogUnits() {
    #expect(Damiao.timeoutUnits(microseconds: 100_000) == 2000)
    #expect(RobStride.timeoutUnits(microseconds: 1_000_000) == 20_000)
    for convert in [Damiao.timeoutUnits, RobStride.timeoutUnits] {
      #expect(convert(0) == 0 && convert(-1) == 0 && convert(1) == 1)
      #expect(convert(50) == 1 && convert(51) == 2 && convert(.max) == .max)
    }
    #expect(Damiao.timeoutMicroseconds(units: 2000) == 100_000)
    #expect(RobStride.timeoutMicroseconds(units: 20_000) == 1_000_000)
  }
}
