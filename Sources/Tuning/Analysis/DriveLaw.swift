internal import Numerics

/// How a drive that closes its loop answers, from the torque it reports:
///
///     torque = scale (excitation, `rows` rows later  -  K position, late by `positionDelay`  -  D velocity, late by `velocityDelay`)
///
/// Position, velocity and torque of a row are one measurement of the drive. Its torque is older than its position by what the drive takes for
/// a step of its loop and its current for an answer; that is what the loop's delay is made of, and it is measured here.
public struct DriveLaw: Sendable, Equatable {
  /// Reported torque over what was asked for.
  public let scale: Double
  /// Rows from an excitation's to the one whose torque has it.
  public let rows: Int
  /// Time by which the torque is late to the position beside it [s].
  public let positionDelay: Double
  /// Time by which the torque is late to the velocity beside it [s].
  public let velocityDelay: Double
  /// What of the torque is not explained, as a part of it.
  public let residual: Double

  /// Largest part of the torque that may be left unexplained.
  private static var mostResidual: Double { 0.1 }
  /// Most rows from a torque that was sent to the row with the answer to it.
  private static var mostRows: Int { 12 }

  /// Fits the law to what an excitation does to a drive's position, velocity and torque; nil where the torque is not explained.
  ///
  /// - Parameters:
  ///   - responses: of position, velocity and reported torque to the excitation, at the same frequencies.
  ///   - stiffness: K in use [N.m/rad].
  ///   - damping: D in use [N.m.s/rad].
  ///   - period: time between rows [s].
  init?(
    _ responses: (position: FrequencyResponse, velocity: FrequencyResponse, torque: FrequencyResponse),
    stiffness: Double, damping: Double, period: Double
  ) {
    let rows = responses.torque.points.indices.compactMap { index -> Row? in
      let (position, velocity) = (responses.position.points[index], responses.velocity.points[index])
      let torque = responses.torque.points[index]
      let coherence = min(position.coherence, velocity.coherence, torque.coherence)
      guard coherence > 0.8 else { return nil }
      return Row(
        frequency: torque.frequency, torque: torque.value, elastic: Complex(stiffness) * position.value,
        damped: Complex(damping) * velocity.value, weight: coherence / (1 - coherence + 1e-3))
    }
    guard rows.count >= 8 else { return nil }
    let fits = (1...Self.mostRows).compactMap { Fit(rows, later: $0, period: period) }
    guard let best = fits.min(by: { $0.residual < $1.residual }), best.residual < Self.mostResidual else {
      return nil
    }
    scale = best.scale
    self.rows = best.later
    positionDelay = best.positionDelay
    velocityDelay = best.velocityDelay
    residual = best.residual
  }

  /// One frequency.
  private struct Row {
    let frequency: Double
    let torque: Complex<Double>
    let elastic: Complex<Double>
    let damped: Complex<Double>
    let weight: Double
  }

  /// The law with one number of rows, by Gauss and Newton from no delay on.
  private struct Fit {
    let later: Int
    var scale = 1.0
    var positionDelay = 0.0
    var velocityDelay = 0.0
    var residual = Double.infinity

    init?(_ rows: [Row], later: Int, period: Double) {
      self.later = later
      for _ in 0..<20 {
        guard let step = step(rows, period: period) else { return nil }
        scale += step[0]
        positionDelay += step[1]
        velocityDelay += step[2]
        // No drive is a cycle late, or early.
        guard scale > 0.2, scale < 5, positionDelay.magnitude < 3 * period,
          velocityDelay.magnitude < 3 * period
        else { return nil }
        if max(step[1].magnitude, step[2].magnitude) < 1e-9 { break }
      }
      let (left, whole) = rows.reduce((0.0, 0.0)) { sums, row in
        let rest = row.torque - Complex(scale) * asked(row, period)
        return (
          sums.0 + row.weight * rest.lengthSquared, sums.1 + row.weight * row.torque.lengthSquared
        )
      }
      residual = whole > 0 ? (left / whole).squareRoot() : .infinity
    }

    /// Torque that the law asks for.
    private func asked(_ row: Row, _ period: Double) -> Complex<Double> {
      let sent = Complex(length: 1, phase: -row.frequency * period * Double(later))
      return sent - late(row.elastic, row, positionDelay) - late(row.damped, row, velocityDelay)
    }

    private func late(_ value: Complex<Double>, _ row: Row, _ delay: Double) -> Complex<Double> {
      value * Complex(length: 1, phase: -row.frequency * delay)
    }

    /// Change of scale and delays; nil where the frequencies do not tell them apart.
    private func step(_ rows: [Row], period: Double) -> [Double]? {
      var columns = [[Double]](repeating: [], count: 3)
      var right: [Double] = []
      for row in rows {
        let weight = Complex(row.weight.squareRoot())
        let asked = asked(row, period)
        let turn = Complex(0, scale * row.frequency)
        let slopes = [
          asked, turn * late(row.elastic, row, positionDelay), turn * late(row.damped, row, velocityDelay),
        ]
        for (place, slope) in slopes.enumerated() {
          columns[place] += [(weight * slope).real, (weight * slope).imaginary]
        }
        let rest = weight * (row.torque - Complex(scale) * asked)
        right += [rest.real, rest.imaginary]
      }
      return LinearFit(columns, right, least: 2)?.values
    }
  }
}
