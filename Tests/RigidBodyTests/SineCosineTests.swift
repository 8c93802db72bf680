import Foundation
import RigidBody
import Testing

@Suite("Sine and cosine") struct SineCosineTests {
  /// Distance in units in the last place of the expected value.
  private func ulps(_ value: Double, _ expected: Double) -> Double { abs(value - expected) / expected.ulp }

  @Test(
    "Within 1 unit in the last place and the C library's own error", arguments: [0.9, 6.3, 100, 1e4, 1e5])
  func matchesLibrary(bound: Double) {
    var g = SeededGenerator(seed: UInt64(bound))
    var worst = 0.0
    for _ in 0..<20_000 {
      let x = g.real(-bound, bound)
      let own = SineCosine(of: x)
      worst = max(worst, ulps(own.sine, sin(x)), ulps(own.cosine, cos(x)))
    }
    #expect(worst <= 1)
  }

  @Test("Within 2 units in the last place next to multiples of pi/2")
  func matchesLibraryNearQuadrants() {
    var worst = 0.0
    for n in -6400...6400 {
      let x = Double(n) * (Double.pi / 2)
      for y in [x, x.nextUp, x.nextDown] {
        let own = SineCosine(of: y)
        worst = max(worst, ulps(own.sine, sin(y)), ulps(own.cosine, cos(y)))
      }
    }
    #expect(worst <= 2)
  }

  @Test(
    "Small angles come back exactly", arguments: [0, Double.leastNonzeroMagnitude, -1e-300, 1e-20, -1e-9])
  func smallAngles(x: Double) {
    #expect(SineCosine(of: x).sine == x)
    #expect(SineCosine(of: x).cosine == 1)
  }

  @Test("Beyond 1e5 the error grows with the angle", arguments: [1e6, 1e9, 1e12, 1e15])
  func largeAngles(bound: Double) {
    var g = SeededGenerator(seed: 7)
    for _ in 0..<1000 {
      let x = g.real(-bound, bound)
      let own = SineCosine(of: x)
      let allowed = abs(x) * 0x1p-51 + 0x1p-51
      #expect(abs(own.sine - sin(x)) <= allowed)
      #expect(abs(own.cosine - cos(x)) <= allowed)
    }
  }

  @Test("What is no angle has no sine", arguments: [Double.infinity, -.infinity, .nan, 1.1e15, -1e300])
  func notAnAngle(x: Double) {
    #expect(SineCosine(of: x).sine.isNaN)
    #expect(SineCosine(of: x).cosine.isNaN)
  }
}
