internal import Numerics

/// What moves a joint, found from its motion and its torque by least squares:
///
///     torque = J a + b v + F sgn(v) + s sin(q) + c cos(q) + o
///
/// Every signal of the equation passes the same smoothing window, so that it stays true of the filtered ones while the encoder's
/// steps do not come into the acceleration. Samples at rest, where friction takes any value, are left out.
public struct JointIdentification: Sendable, Equatable {
  /// One parameter.
  public struct Parameter: Sendable, Equatable {
    /// Its value.
    public var value: Double
    /// Standard error of the value.
    public var standardError: Double
    /// By how much the other parameters inflate its variance: 1 where the data tell it apart from all of them, large where a
    /// change of it could be made up by theirs.
    public var inflation: Double

    /// Whether the data say what it is: not mixed up with others, and its error small beside it or beside the torques that were used.
    public internal(set) var isIdentified = false
  }
  /// Inertia [kg.m^2].
  public var inertia: Parameter
  /// Viscous friction [N.m.s/rad].
  public var viscousFriction: Parameter
  /// Coulomb friction [N.m].
  public var coulombFriction: Parameter
  /// Torque of a weight, along the sine of the angle [N.m].
  public var gravitySine: Parameter
  /// The same along its cosine [N.m].
  public var gravityCosine: Parameter
  /// Constant torque [N.m].
  public var offset: Parameter
  /// Root mean square of what is not explained [N.m].
  public var residual: Double
  /// Samples that were used.
  public var sampleCount: Int

  /// Variance inflation beyond which a parameter counts as mixed up with others.
  public static let mostInflation = 50.0

  /// What the data are looked at with.
  public struct Settings: Sendable, Equatable {
    /// Length of the smoothing window [s].
    public var window = 0.04
    /// Speed below which a joint counts as standing [rad/s].
    public var leastSpeed = 0.02
    /// Time by which the torque acts later than it is written down [s].
    public var delay = 0.0
    /// Whether the joint carries a weight; without, neither sine nor cosine is looked for.
    public var hasGravity = true
    /// Acceleration below which a joint with play may touch neither flank [rad/s^2].
    public var leastAcceleration = 0.0
    /// Friction that is known from elsewhere: Coulomb [N.m] and viscous [N.m.s/rad]; nil where it is looked for.
    public var knownFriction: Friction?

    /// Friction of a joint.
    public struct Friction: Sendable, Equatable {
      /// [N.m]
      public var coulomb: Double
      /// [N.m.s/rad]
      public var viscous: Double

      /// Friction.
      public init(coulomb: Double, viscous: Double) {
        self.coulomb = coulomb
        self.viscous = viscous
      }
    }

    /// Settings; those of a joint at 1 kHz where nothing is said.
    public init() {}
  }

  /// Identifies a joint; nil where numbers do not fit, are not finite, or the joint hardly moves.
  ///
  /// - Parameters:
  ///   - positions: measured positions [rad].
  ///   - torques: torques on the joint in the same instants [N.m].
  ///   - period: time between samples [s].
  ///   - settings: what the data are looked at with.
  public init?(positions: [Double], torques: [Double], period: Double, settings: Settings = Settings()) {
    guard let motion = Motion(positions, period: period, settings: settings) else { return nil }
    self.init(motion, torques: torques, period: period, settings: settings)
  }

  /// What the equation has beside the torque, smoothed: the same for every delay that is tried.
  struct Motion {
    let window: SmoothingWindow
    let velocity, acceleration, sign, sine, cosine: [Double]

    init?(_ positions: [Double], period: Double, settings: Settings) {
      guard period > 0, settings.window > 2 * period, positions.allSatisfy(\.isFinite) else { return nil }
      window = SmoothingWindow(length: max(3, Int((settings.window / period).rounded()) | 1))
      guard positions.count > 4 * window.length else { return nil }
      let smooth = window.apply(positions)
      velocity = JointIdentification.difference(smooth, period)
      acceleration = JointIdentification.secondDifference(smooth, period)
      sign = window.apply(velocity.map { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 })
      sine = settings.hasGravity ? window.apply(positions.map { Double.sin($0) }) : []
      cosine = settings.hasGravity ? window.apply(positions.map { Double.cos($0) }) : []
    }
  }

  /// Identifies a joint whose motion is looked at already.
  init?(_ motion: Motion, torques: [Double], period: Double, settings: Settings) {
    let (velocity, acceleration, sign) = (motion.velocity, motion.acceleration, motion.sign)
    let window = motion.window
    guard torques.count == velocity.count, settings.delay.isFinite, torques.allSatisfy(\.isFinite) else {
      return nil
    }
    let torque = window.apply(Self.shifted(torques, by: settings.delay / period))
    let margin = 2 * window.length
    let known = settings.knownFriction
    // Of acceleration, velocity, its sign, one, sine, cosine those that are looked for.
    let wanted = [0] + (known == nil ? [1, 2] : []) + [3] + (settings.hasGravity ? [4, 5] : [])
    var columns: [[Double]] = Array(repeating: [], count: wanted.count)
    var right: [Double] = []
    for index in margin..<torques.count - margin where sign[index].magnitude > 1 - 1e-9 {
      guard velocity[index].magnitude > settings.leastSpeed,
        acceleration[index].magnitude >= settings.leastAcceleration
      else { continue }
      for (place, column) in wanted.enumerated() {
        let value =
          switch column {
          case 0: acceleration[index]
          case 1: velocity[index]
          case 2: sign[index]
          case 4: motion.sine[index]
          case 5: motion.cosine[index]
          default: 1.0
          }
        columns[place].append(value)
      }
      let friction = known.map { $0.coulomb * sign[index] + $0.viscous * velocity[index] } ?? 0
      right.append(torque[index] - friction)
    }
    guard let fit = LinearFit(columns, right, correlated: Double(window.length)) else { return nil }
    func parameter(_ column: Int) -> Parameter {
      guard let place = wanted.firstIndex(of: column) else {
        let value = column == 1 ? known?.viscous : column == 2 ? known?.coulomb : nil
        return Parameter(value: value ?? 0, standardError: 0, inflation: 1, isIdentified: true)
      }
      var found = Parameter(
        value: fit.values[place], standardError: fit.standardErrors[place],
        inflation: fit.inflations[place])
      let isSharp =
        found.standardError <= 0.1 * found.value.magnitude
        || found.standardError * fit.norms[place] <= 0.01 * fit.rightNorm
      found.isIdentified = found.inflation <= Self.mostInflation && isSharp
      return found
    }
    inertia = parameter(0)
    viscousFriction = parameter(1)
    coulombFriction = parameter(2)
    offset = parameter(3)
    gravitySine = parameter(4)
    gravityCosine = parameter(5)
    residual = fit.residual
    sampleCount = right.count
  }

  /// A signal that comes later by a number of samples, between them on straight lines.
  private static func shifted(_ signal: [Double], by samples: Double) -> [Double] {
    guard samples != 0 else { return signal }
    return signal.indices.map { index in
      let place = min(max(Double(index) - samples, 0), Double(signal.count - 1))
      let low = Int(place)
      let high = min(low + 1, signal.count - 1)
      return signal[low] + (place - Double(low)) * (signal[high] - signal[low])
    }
  }

  private static func difference(_ signal: [Double], _ period: Double) -> [Double] {
    signal.indices.map { index in
      index == 0 || index == signal.count - 1 ? 0 : (signal[index + 1] - signal[index - 1]) / (2 * period)
    }
  }

  private static func secondDifference(_ signal: [Double], _ period: Double) -> [Double] {
    signal.indices.map { index in
      index == 0 || index == signal.count - 1
        ? 0 : (signal[index + 1] - 2 * signal[index] + signal[index - 1]) / (period * period)
    }
  }
}

/// A Hann window of odd length that sums to one: smooth enough that second differences of what passed it are small.
struct SmoothingWindow {
  let weights: [Double]
  private let scale: Double
  var length: Int { weights.count }

  init(length: Int) {
    precondition(length > 0 && length % 2 == 1)
    let raw = (1...length).map { 1 - Double.cos(2 * .pi * Double($0) / Double(length + 1)) }
    let sum = raw.reduce(0, +)
    weights = raw.map { $0 / sum }
    scale = 1 / sum
  }

  /// The signal, smoothed without delay; its ends are held.
  ///
  /// The window is a constant less a cosine, so that its sum goes from one sample to the next by what leaves and what enters: the sum of
  /// the samples, and their sum turned once over the window. Rounding adds up, so it is summed anew now and then.
  func apply(_ signal: [Double]) -> [Double] {
    guard let first = signal.first, let last = signal.last else { return [] }
    let (half, length) = (length / 2, length)
    let padded =
      [Double](repeating: first, count: half) + signal + [Double](repeating: last, count: half + 1)
    let angle = 2 * Double.pi / Double(length + 1)
    let (cosine, sine) = (Double.cos(angle), Double.sin(angle))
    var result = signal
    padded.withUnsafeBufferPointer { padded in
      result.withUnsafeMutableBufferPointer { result in
        var (sum, real, imaginary) = (0.0, 0.0, 0.0)
        for index in 0..<result.count {
          if index % (32 * length) == 0 { (sum, real, imaginary) = turned(padded, from: index, angle) }
          result[index] = (sum - real) * scale
          let (old, new) = (padded[index], padded[index + length])
          sum += new - old
          let (x, y) = (real + new - old * cosine, imaginary - old * sine)
          (real, imaginary) = (x * cosine + y * sine, y * cosine - x * sine)
        }
      }
    }
    return result
  }

  /// Sum of the samples under the window, and their sum turned by `angle` a sample.
  private func turned(
    _ padded: UnsafeBufferPointer<Double>, from start: Int, _ angle: Double
  ) -> (Double, Double, Double) {
    var (sum, real, imaginary) = (0.0, 0.0, 0.0)
    for place in 1...length {
      let value = padded[start + place - 1]
      sum += value
      real += value * Double.cos(angle * Double(place))
      imaginary += value * Double.sin(angle * Double(place))
    }
    return (sum, real, imaginary)
  }
}
