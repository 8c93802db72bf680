import Foundation
import Simulation
import Testing

@testable import sinew

/// What a report shows of a long record: few points, and every peak.
@Suite("Curves of few points")
struct CurveThinningTests {
  /// A line's value between its points.
  private static func value(of line: [CurveThinning.Point], at x: Double) -> Double {
    let next = line.firstIndex { $0.x >= x } ?? line.count - 1
    guard next > 0 else { return line[0].y }
    let (one, other) = (line[next - 1], line[next])
    return one.y + (other.y - one.y) * (x - one.x) / (other.x - one.x)
  }

  @Test("An even line keeps its shape to a thousandth of its height, with few points")
  func even() {
    // A step of a joint: a quick rise with overshoot, and then nothing for long.
    let points = (0..<20_000).map { row -> CurveThinning.Point in
      let time = Double(row) * 1e-3
      return (time, 0.3 - 0.02 * exp(-8 * time) * cos(40 * time))
    }
    let thin = CurveThinning.thinned(points)
    #expect(thin.count < 120)
    let height = 0.02 * (1 + exp(-8 * Double.pi / 40))
    #expect(points.allSatisfy { (Self.value(of: thin, at: $0.x) - $0.y).magnitude < 0.002 * height })
    #expect(thin[0].x == 0 && (thin[thin.count - 1].x - 19.999).magnitude < 1e-3)
  }

  @Test("A restless line keeps the highest and the lowest point of each stretch, single ones too")
  func restless() throws {
    var points = (0..<50_000).map { (x: Double($0), y: sin(Double($0) * 0.37) * Double($0 % 977)) }
    points[31_234].y = 3000
    points[12_345].y = -2500
    let thin = CurveThinning.thinned(points)
    #expect(thin.count <= 2 * CurveThinning.columns + 2)
    #expect(zip(thin, thin.dropFirst()).allSatisfy { $0.x <= $1.x })
    let off = 2 * CurveThinning.tolerance * 5500
    for part in 0..<100 {
      let stretch = points[part * 500..<(part + 1) * 500]
      let shown = thin.filter {
        $0.x >= stretch[stretch.startIndex].x - 500 && $0.x < stretch[stretch.startIndex].x + 1000
      }
      for peak in [stretch.max { $0.y < $1.y }, stretch.min { $0.y < $1.y }].compactMap(\.self) {
        let (low, high) = (shown.map(\.y).min() ?? 0, shown.map(\.y).max() ?? 0)
        #expect(peak.y <= high + off && peak.y >= low - off, "part \(part)")
      }
    }
    #expect((try #require(thin.map(\.y).max()) - 3000).magnitude <= off)
    #expect((try #require(thin.map(\.y).min()) + 2500).magnitude <= off)
  }

  @Test("Lines of any kind stay inside their height, in order, with their ends")
  func random() {
    var random = RandomStream(seed: 9)
    for _ in 0..<200 {
      let count = Int(random.next() % 3000)
      let (scale, middle) = (
        pow(10, Double(Int(random.next() % 12)) - 6), Double(Int(random.next() % 100)) - 50
      )
      let kind = random.next() % 4
      let points = (0..<count).map { row -> CurveThinning.Point in
        let part = Double(row) / 300
        let value: Double =
          switch kind {
          case 0: Double(random.next() % 1000) / 1000
          case 1: sin(part * part)
          case 2: 0
          default: row % 700 == 0 ? 1 : 0
          }
        return (Double(row) * 1e-3, middle + scale * value)
      }
      let thin = CurveThinning.thinned(points)
      #expect(thin.count <= max(2 * CurveThinning.columns + 2, 2) && thin.isEmpty == points.isEmpty)
      guard let least = points.map(\.y).min(), let most = points.map(\.y).max(), count > 2 else { continue }
      let off = 0.002 * (most - least) + 1e-9
      #expect(thin.allSatisfy { $0.y >= least - off && $0.y <= most + off })
      #expect(
        (thin[0].y - points[0].y).magnitude <= off
          && (thin[thin.count - 1].y - points[count - 1].y).magnitude <= off)
      #expect(abs((thin.map(\.y).max() ?? 0) - most) <= off && abs((thin.map(\.y).min() ?? 0) - least) <= off)
    }
  }

  @Test("A frequency response keeps a resonance, a notch and where it cannot be trusted")
  func response() {
    let points = (0..<4000).map { row -> TuneResponse.Point in
      let frequency = 2 + 0.05 * Double(row)
      let gain = row == 3211 ? 40.0 : row == 2900 ? 1e-6 : 1 / frequency
      return TuneResponse.Point(
        frequency: frequency, gain: gain, phase: -90.123456, coherence: row == 3500 ? 0.2 : 0.99)
    }
    let thin = CurveThinning.thinned(points)
    #expect(thin.count <= 3 * (CurveThinning.bands + 1) && thin.count > 100)
    #expect(zip(thin, thin.dropFirst()).allSatisfy { $0.frequency < $1.frequency })
    #expect(thin.contains { $0.gain == 40 } && thin.contains { $0.gain == 1e-6 })
    #expect(thin.contains { $0.coherence == 0.2 })
    #expect(
      thin.first?.frequency == 2
        && thin.last?.frequency == points.last.map { CurveThinning.rounded($0.frequency, digits: 5) })
    #expect(thin.allSatisfy { $0.phase == -90.12 })
  }

  @Test("Numbers keep as many digits as are asked for, and no noise behind them")
  func digits() {
    for (value, digits, text) in [
      (123.456_78, 5, "123.46"), (-0.000_123_456, 3, "-0.000123"), (98_765.4, 2, "99000.0"), (0, 4, "0.0"),
      (0.1 + 0.2, 6, "0.3"),
    ] {
      #expect("\(CurveThinning.rounded(value, digits: digits))" == text)
    }
    #expect(
      CurveThinning.rounded(.nan, digits: 4).isNaN && CurveThinning.rounded(.infinity, digits: 4) == .infinity
    )
  }
}
