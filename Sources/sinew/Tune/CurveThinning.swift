import Foundation

/// Lines and frequency responses with no more points than can be seen, and numbers with no more digits; peaks stay.
enum CurveThinning {
  typealias Point = (x: Double, y: Double)

  /// Part of its height that a line may be off by: less than half the width of a stroke in a drawing.
  static let tolerance = 0.001
  /// Stretches that a restless line is divided into, of which each keeps its lowest and its highest point: each as wide in a drawing
  /// as two strokes beside each other, so that the line fills it.
  static let columns = 200
  /// Parts of a logarithmic axis that a frequency response is divided into, each with up to three points.
  static let bands = 100

  /// A line that looks the same: where it is even, the points between which it is straight; where it is restless, the lowest and the
  /// highest of each stretch, in the order in which they come.
  ///
  /// - Parameter points: in the order of x.
  /// - Returns: some of them, their numbers rounded.
  static func thinned(_ points: [Point]) -> [Point] {
    let values = points.map(\.y)
    guard points.count > 2, let least = values.min(), let most = values.max(), (most - least).isFinite else {
      return points
    }
    let off = tolerance * (most - least)
    var kept = straightened(points, within: off)
    if kept.count > 2 * columns { kept = straightened(extremes(points), within: off) }
    let width = points[points.count - 1].x - points[0].x
    let (x, y) = (
      step(of: width / (kept.count > columns ? 2000 : 20_000)), step(of: (most - least) / 1000)
    )
    return kept.map { (rounded($0.x, to: x), rounded($0.y, to: y)) }
  }

  /// The points between which a line stays straight, none of those left out farther from it than `limit`, upwards or downwards.
  private static func straightened(_ points: [Point], within limit: Double) -> [Point] {
    guard var anchor = points.first, points.count > 2 else { return points }
    var out = [anchor]
    var slopes = -Double.infinity...Double.infinity
    for (index, point) in points.enumerated().dropFirst() {
      var way = point.x - anchor.x
      if !(way > 0) || !slopes.contains((point.y - anchor.y) / way) {
        if index > 1 {
          anchor = points[index - 1]
          out.append(anchor)
        }
        slopes = -Double.infinity...Double.infinity
        way = point.x - anchor.x
      }
      guard way > 0 else { continue }
      let (low, high) = ((point.y - limit - anchor.y) / way, (point.y + limit - anchor.y) / way)
      // The line to this point runs between them, so that there is always something left.
      slopes = max(slopes.lowerBound, low)...max(min(slopes.upperBound, high), max(slopes.lowerBound, low))
    }
    out.append(points[points.count - 1])
    return out
  }

  /// Of each stretch the lowest and the highest point, and both ends.
  private static func extremes(_ points: [Point]) -> [Point] {
    var kept: Set<Int> = [0, points.count - 1]
    for part in 0..<columns {
      let stretch = part * points.count / columns..<(part + 1) * points.count / columns
      guard let low = stretch.min(by: { points[$0].y < points[$1].y }),
        let high = stretch.max(by: { points[$0].y < points[$1].y })
      else { continue }
      kept.formUnion([low, high])
    }
    return kept.sorted().map { points[$0] }
  }

  /// A frequency response: of each band the points of the highest and the lowest gain and of the lowest coherence, so that neither a
  /// resonance nor a frequency that cannot be trusted gets lost.
  ///
  /// - Parameter points: in the order of their frequencies, all above 0.
  /// - Returns: some of them, their numbers rounded.
  static func thinned(_ points: [TuneResponse.Point]) -> [TuneResponse.Point] {
    guard let first = points.first?.frequency, let last = points.last?.frequency, first > 0, last > first
    else { return points }
    func band(_ index: Int) -> Int {
      Int(Double(bands) * log(points[index].frequency / first) / log(last / first))
    }
    var kept: Set<Int> = [0, points.count - 1]
    var start = 0
    while start < points.count {
      var end = start + 1
      while end < points.count, band(end) == band(start) { end += 1 }
      let stretch = start..<end
      kept.formUnion(
        [
          stretch.min { points[$0].gain < points[$1].gain },
          stretch.max { points[$0].gain < points[$1].gain },
          stretch.min { points[$0].coherence < points[$1].coherence },
        ].compactMap(\.self))
      start = end
    }
    return kept.sorted().map { index in
      let point = points[index]
      return TuneResponse.Point(
        frequency: rounded(point.frequency, digits: 5), gain: rounded(point.gain, digits: 5),
        phase: rounded(point.phase, to: -2), coherence: rounded(point.coherence, to: -4))
    }
  }

  // MARK: Digits

  /// The power of ten at or below a size.
  private static func step(of size: Double) -> Int {
    size > 0 && size.isFinite ? Int(log10(size).rounded(.down)) : -9
  }

  /// A number as a multiple of a power of ten.
  private static func rounded(_ value: Double, to power: Int) -> Double {
    guard value.isFinite else { return value }
    let unit = pow(10, Double(power.magnitude))
    let number = power < 0 ? (value * unit).rounded() / unit : (value / unit).rounded() * unit
    return number.isFinite ? number : value
  }

  /// A number of so many digits.
  static func rounded(_ value: Double, digits: Int) -> Double {
    guard value != 0 && value.isFinite else { return value }
    return rounded(value, to: Int(log10(value.magnitude).rounded(.down)) - digits + 1)
  }
}
