internal import Numerics

/// A relay in the place of a controller: it makes a plant oscillate where its phase is half a turn, with a bounded input.
///
/// The output is `bias` plus or minus `amplitude`; it changes sides where the measured value has passed the centre by
/// `hysteresis`, so that noise below that changes nothing. By the relay's describing function (Åström and Hägglund,
/// Automatica 20 (1984) 645-651) an oscillation of amplitude a and period Tu says
///
///     Ku = 4 d / (pi sqrt(a^2 - e^2)),   G(2 pi i / Tu) = -(pi / 4 d) (sqrt(a^2 - e^2) + i e)
///
/// It looks at the first harmonic alone: on 1 / (s + 1)^3 Ku comes out 2.4 % low and Tu 1.4 % long. A value with one update a
/// sample; it ends by itself, done or given up, and puts out nothing from then on.
public struct RelayExperiment: Sendable, Equatable {
  /// What is asked for.
  public struct Settings: Sendable, Equatable {
    /// d, how far the output goes from the bias [unit of the input].
    public var amplitude: Double
    /// e, how far beyond the centre the measured value has to be [unit of the output].
    public var hysteresis = 0.0
    /// The measured value around which the plant oscillates.
    public var centre = 0.0
    /// The input that keeps it there, such as gravity's torque.
    public var bias = 0.0
    /// Farthest from the centre that is borne.
    public var travel = Double.infinity
    /// Time after which it gives up [s].
    public var duration = 60.0
    /// Periods in a row that have to be alike; the result is their mean.
    public var periods = 4
    /// Part by which periods and amplitudes may differ and count as alike.
    public var tolerance = 0.02

    /// Settings; what is not given keeps the values above.
    public init(amplitude: Double) { self.amplitude = amplitude }

    /// Whether every number can be used.
    public var isUsable: Bool {
      amplitude > 0 && amplitude.isFinite && hysteresis >= 0 && hysteresis.isFinite && centre.isFinite
        && bias.isFinite && travel > 0 && duration > 0 && duration.isFinite && (1...100).contains(periods)
        && tolerance > 0 && tolerance < 1
    }
  }

  /// Why it gave up.
  public enum Failure: Sendable, Equatable {
    /// Settings or an input are no usable numbers.
    case notUsable
    /// The plant left the travel.
    case travel
    /// No even oscillation in the time.
    case noOscillation
    /// The oscillation is no larger than the hysteresis, so that nothing follows from it.
    case withinHysteresis
  }

  /// Where it stands.
  public enum Phase: Sendable, Equatable {
    /// Under way.
    case running
    /// An even oscillation was found.
    case done(CriticalPoint)
    /// Given up.
    case failed(Failure)
  }

  /// One period of the oscillation.
  struct Swing: Sendable, Equatable {
    var period: Double
    var amplitude: Double
    /// Part of the time on the upper side.
    var upperShare: Double
  }

  /// What is asked for.
  public let settings: Settings
  /// Where it stands.
  public private(set) var phase = Phase.running
  /// Time since the first update [s].
  public private(set) var time = 0.0
  /// The newest output.
  public private(set) var output: Double
  /// Periods seen so far; the first ones still settle.
  public private(set) var swingCount = 0
  private var isUpper = true
  /// Crossings of the switching level: the last upwards and downwards change of sides.
  private var lastRise: Double?
  private var lastFall: Double?
  private var lowest = Double.infinity
  private var highest = -Double.infinity
  private var before: Double?
  /// The newest periods, at most as many as have to be alike.
  private var swings: [Swing] = []

  /// An experiment that begins with the output above the bias.
  public init(_ settings: Settings) {
    self.settings = settings
    output = settings.isUsable ? settings.bias + settings.amplitude : 0
    if !settings.isUsable { fail(.notUsable) }
  }

  /// One update.
  ///
  /// - Parameters:
  ///   - measured: the plant's output now.
  ///   - period: time since the update before [s]; the first one's counts for nothing.
  /// - Returns: the input until the next update; zero once it has ended.
  public mutating func update(_ measured: Double, period: Double) -> Double {
    guard case .running = phase else { return 0 }
    guard measured.isFinite && period > 0 && period.isFinite else { return fail(.notUsable) }
    let value = measured - settings.centre
    guard value.magnitude <= settings.travel else { return fail(.travel) }
    if before != nil { time += period }
    guard time <= settings.duration else { return fail(.noOscillation) }
    lowest = min(lowest, value)
    highest = max(highest, value)
    // The relay acts against the value: above the centre it lowers it.
    let level = isUpper ? settings.hysteresis : -settings.hysteresis
    if isUpper ? value > level : value < level { switchSides(value, level: level, period: period) }
    before = value
    if case .running = phase { return output }
    return 0
  }

  @discardableResult private mutating func fail(_ reason: Failure) -> Double {
    phase = .failed(reason)
    output = 0
    return 0
  }

  /// Changes sides; the instant is where the line through the last two values crosses the level.
  private mutating func switchSides(_ value: Double, level: Double, period: Double) {
    var instant = time
    if let before, before != value {
      instant -= period * min(max((value - level) / (value - before), 0), 1)
    }
    isUpper.toggle()
    output = settings.bias + (isUpper ? settings.amplitude : -settings.amplitude)
    guard isUpper else {
      lastFall = instant
      return
    }
    if let lastRise, let lastFall, instant > lastRise {
      note(
        Swing(
          period: instant - lastRise, amplitude: (highest - lowest) / 2,
          upperShare: (lastFall - lastRise) / (instant - lastRise)))
    }
    lastRise = instant
    (lowest, highest) = (value, value)
  }

  /// Takes a period, and ends when the newest are alike.
  private mutating func note(_ swing: Swing) {
    swingCount += 1
    swings.append(swing)
    if swings.count > settings.periods { swings.removeFirst() }
    guard swings.count == settings.periods else { return }
    let count = Double(swings.count)
    let period = swings.reduce(0) { $0 + $1.period } / count
    let amplitude = swings.reduce(0) { $0 + $1.amplitude } / count
    let isEven = swings.allSatisfy {
      ($0.period - period).magnitude <= settings.tolerance * period
        && ($0.amplitude - amplitude).magnitude <= settings.tolerance * amplitude
    }
    guard isEven else { return }
    let share = swings.reduce(0) { $0 + $1.upperShare } / count
    guard
      let point = CriticalPoint(
        relay: settings.amplitude, hysteresis: settings.hysteresis, amplitude: amplitude, period: period,
        asymmetry: 2 * share - 1)
    else {
      fail(.withinHysteresis)
      return
    }
    phase = .done(point)
    output = 0
  }
}

/// What a relay experiment found: the gain with which a plant oscillates under proportional feedback, and its period.
public struct CriticalPoint: Sendable, Equatable {
  /// Ku, ultimate gain [unit of the input a unit of the output].
  public var gain: Double
  /// Tu, ultimate period [s].
  public var period: Double
  /// a, amplitude of the oscillation [unit of the output].
  public var amplitude: Double
  /// -1 to 1: how much longer the relay stood above than below. Away from zero the bias is not what keeps the plant at the
  /// centre, or friction is not even, and the formula is less exact.
  public var asymmetry: Double
  /// The plant's frequency response at 2 pi / Tu, as the describing function has it.
  public var response: FrequencyResponse

  /// A known gain and period.
  public init(gain: Double, period: Double) {
    self.gain = gain
    self.period = period
    amplitude = 0
    asymmetry = 0
    response = FrequencyResponse([
      FrequencyResponse.Point(frequency: 2 * .pi / period, value: Complex(-1 / gain, 0))
    ])
  }

  /// What follows from an oscillation; nil where it is not larger than the hysteresis.
  init?(relay: Double, hysteresis: Double, amplitude: Double, period: Double, asymmetry: Double) {
    let square = amplitude * amplitude - hysteresis * hysteresis
    guard square > 0, period > 0 else { return nil }
    let root = square.squareRoot()
    gain = 4 * relay / (.pi * root)
    self.period = period
    self.amplitude = amplitude
    self.asymmetry = asymmetry
    let scale = -Double.pi / (4 * relay)
    response = FrequencyResponse([
      FrequencyResponse.Point(
        frequency: 2 * .pi / period, value: Complex(scale * root, scale * hysteresis))
    ])
  }
}
