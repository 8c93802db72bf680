internal import Numerics

extension LoopMargins {
  /// Part of a frequency within which points take part in reading a crossing.
  private static var reach: Double { 0.2 }
  /// Trusted points that a crossing has next to it on either side, none that is not trusted among them.
  private static var leastSupport: Int { 3 }
  /// Largest standard error of a phase margin [rad], and of the logarithm of a gain margin: half a decibel.
  private static var mostPhaseError: Double { 0.035 }
  private static var mostGainError: Double { 0.058 }

  /// Reads margins off a measured response, where it can be trusted.
  ///
  /// A crossing is read off lines through the logarithm of the gain and through the phase over the logarithm of the frequency, laid through all
  /// points near it, as single points scatter. It needs three trusted points on either side with none among them that is not: a line from a
  /// trusted point across a gap says nothing. Neither does one that the points scatter about too much.
  ///
  /// - Parameters:
  ///   - loop: the open loop.
  ///   - coherence: least of a point that is trusted.
  public init(measured loop: FrequencyResponse, coherence: Double) {
    let trusted = loop.trusted(coherence)
    self.init(of: FrequencyResponse([]))
    sensitivityPeak = trusted.points.map { 1 / (Complex(1) + $0.value).length }.max() ?? 0
    let phases = loop.continuousPhases
    let points = loop.points.indices.map { place in
      (
        logarithm: Double.log(loop.points[place].frequency),
        gain: Double.log(loop.points[place].value.length),
        phase: phases[place], isTrusted: loop.points[place].coherence >= coherence
      )
    }
    for place in points.indices.dropLast() {
      let (before, after) = (points[place], points[place + 1])
      let turns = { (phase: Double) in ((phase - .pi) / (2 * .pi)).rounded(.down) }
      let crossesGain = (before.gain >= 0) != (after.gain >= 0)
      let crossesPhase = turns(before.phase) != turns(after.phase)
      guard crossesGain || crossesPhase else { continue }
      let support = place + 1 - Self.leastSupport...place + Self.leastSupport
      guard support.lowerBound >= 0, support.upperBound < points.count,
        points[support].allSatisfy(\.isTrusted)
      else { continue }
      let near = points.filter {
        $0.isTrusted && ($0.logarithm - before.logarithm).magnitude < Self.reach
      }
      let used = near.count > 2 * Self.leastSupport ? near : Array(points[support])
      let gain = MarginLine(used.map { ($0.logarithm - before.logarithm, $0.gain) })
      let phase = MarginLine(used.map { ($0.logarithm - before.logarithm, $0.phase) })
      if crossesGain { readPhase(gain, phase, at: before.logarithm) }
      if crossesPhase {
        let half = .pi + 2 * .pi * max(turns(before.phase), turns(after.phase))
        readGain(gain, phase, half: half, at: before.logarithm)
      }
    }
  }

  /// The phase that is left where the line of the gain goes through one.
  private mutating func readPhase(_ gain: MarginLine, _ phase: MarginLine, at place: Double) {
    let along = -gain.value / gain.slope
    guard along.magnitude < Self.reach, phase.error < Self.mostPhaseError else { return }
    let left = (phase.value + phase.slope * along + .pi).remainder(dividingBy: 2 * .pi)
    let frequency = Double.exp(place + along)
    if self.phase.map({ left < $0.value }) ?? true {
      self.phase = Margin(value: left, frequency: frequency)
    }
    delay = min(delay ?? .infinity, (left < 0 ? left + 2 * .pi : left) / frequency)
  }

  /// The gain that is left where the line of the phase goes through half a turn.
  private mutating func readGain(_ gain: MarginLine, _ phase: MarginLine, half turn: Double, at place: Double)
  {
    let along = (turn - phase.value) / phase.slope
    let error =
      (gain.error * gain.error + gain.slope * gain.slope * phase.error * phase.error
      / (phase.slope * phase.slope))
      .squareRoot()
    guard along.magnitude < Self.reach, error < Self.mostGainError else { return }
    let left = Double.exp(-(gain.value + gain.slope * along))
    let isNearer = self.gain.map { Double.log(left).magnitude < Double.log($0.value).magnitude } ?? true
    if isNearer { self.gain = Margin(value: left, frequency: Double.exp(place + along)) }
  }
}

/// A straight line through points, at zero.
private struct MarginLine {
  let value: Double
  let slope: Double
  /// Standard error of the value near the middle of the points.
  let error: Double

  init(_ points: [(x: Double, y: Double)]) {
    let count = Double(points.count)
    let (middle, mean) = (points.reduce(0) { $0 + $1.x } / count, points.reduce(0) { $0 + $1.y } / count)
    let square = points.reduce(0) { $0 + ($1.x - middle) * ($1.x - middle) }
    let slope = points.reduce(0) { $0 + ($1.x - middle) * ($1.y - mean) } / max(square, 1e-300)
    let left = points.reduce(0) { sum, point in
      let rest = point.y - mean - slope * (point.x - middle)
      return sum + rest * rest
    }
    self.slope = slope
    value = mean - slope * middle
    error = (left / max(1, count - 2) / count).squareRoot()
  }
}
