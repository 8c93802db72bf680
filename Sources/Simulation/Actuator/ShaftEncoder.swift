/// What a drive's firmware knows of its shaft: a position in whole counts and a velocity filtered from it.
///
/// The velocity comes from an alpha-beta filter with both poles at exp(-w step) (Bar-Shalom, Li, Kirubarajan:
/// Estimation with Applications to Tracking and Navigation, 2001, 6.5), the discrete form of the tracking loop
/// that drives of this class run on their encoder.
struct ShaftEncoder: BitwiseCopyable {
  /// Bandwidth of the tracking loop [Hz].
  static let bandwidth = 400.0

  /// Filtered velocity [rad/s, at the drive's shaft].
  private(set) var velocity: Double
  private var tracked: Double
  private let countsPerRadian: Double
  private let step: Double
  private let positionGain: Double
  private let velocityGain: Double

  /// An encoder that has settled on a shaft.
  ///
  /// - Parameters:
  ///   - countsPerTurn: counts per turn of the drive's shaft; 0 for an encoder that rounds nothing.
  ///   - position: position of the shaft [rad].
  ///   - velocity: velocity of the shaft [rad/s].
  ///   - step: time between two samples [s].
  init(countsPerTurn: Double, position: Double, velocity: Double = 0, step: Double) {
    countsPerRadian = countsPerTurn / (2 * Double.pi)
    self.velocity = velocity
    self.step = step
    let pole = exponentialDecay(2 * Double.pi * ShaftEncoder.bandwidth * step)
    positionGain = 1 - pole * pole
    velocityGain = (1 - pole) * (1 - pole) / step
    tracked = position
    tracked = quantise(position)
  }

  /// The position a count stands for: the nearest multiple of a count at or below [rad].
  func quantise(_ position: Double) -> Double {
    guard countsPerRadian > 0 else { return position }
    let counts = position * countsPerRadian
    // Beyond 2^52 a Double has no fraction; this keeps what is not a number from trapping.
    guard counts > -0x1p52 && counts < 0x1p52 else { return position }
    var whole = Double(Int64(counts))
    if whole > counts { whole -= 1 }
    return whole / countsPerRadian
  }

  /// Takes the sample of one step [rad].
  mutating func sample(_ position: Double) {
    let predicted = tracked + step * velocity
    let error = quantise(position) - predicted
    tracked = predicted + positionGain * error
    velocity += velocityGain * error
  }
}
