import RigidBody

/// A notch: takes one frequency out of a torque, such as the resonance of a joint on its reducer.
///
///     H(s) = (s^2 + 2 d z w s + w^2) / (s^2 + 2 z w s + w^2),   |H(jw)| = d,   -3 dB (of d = 0) at w +- z w
///
/// A biquad by Tustin's rule with its frequency kept (Oppenheim and Schafer, Discrete-Time Signal Processing, 3rd ed.,
/// 7.1.2 and 6.3), in transposed direct form II. At no frequency and at half the sampling rate it passes everything.
/// When its numbers change it begins as if the newest input had stood for long, and the difference fades.
public struct Notch: BitwiseCopyable, Sendable {
  /// Where it is, and how deep and wide.
  public struct Gains: BitwiseCopyable, Sendable {
    /// Frequency [Hz]; beyond 0.45 of the sampling rate everything passes, and so at 0.
    public var frequency: Double
    /// z, half the width as a part of the frequency.
    public var damping: Double
    /// d, what is left at the frequency: 0 nothing, 1 everything.
    public var depth: Double

    /// A notch.
    @_noLocks public init(frequency: Double, damping: Double = 0.5, depth: Double = 0) {
      self.frequency = frequency
      self.damping = damping
      self.depth = depth
    }

    /// Whether every number can be used; others are not taken.
    public var isUsable: Bool {
      @_noLocks get { isGain(frequency) && damping > 0 && damping <= 100 && depth >= 0 && depth <= 1 }
    }
  }

  /// What the filter remembers.
  public struct State: BitwiseCopyable, Sendable {
    /// Gains in use: the newest usable ones.
    public internal(set) var gains: Gains
    /// Period that the coefficients are for [s].
    public internal(set) var period = 0.0
    // H(z) = (b0 + b1 / z + b2 / z^2) / (1 + b1 / z + a2 / z^2).
    var b0 = 1.0
    var b1 = 0.0
    var b2 = 0.0
    var a2 = 0.0
    // The two delays, in the unit of the input.
    var first = 0.0
    var second = 0.0
    /// Input of the update before.
    public internal(set) var input = 0.0
    /// The output.
    public internal(set) var output = LawOutput()
  }

  /// The numbers that are wanted; taken over in the next update.
  public var gains: Gains
  /// What the filter remembers.
  public internal(set) var state: State

  /// A filter at rest. Numbers that cannot be used let everything pass until others are set.
  @_noLocks public init(_ gains: Gains) {
    self.gains = gains
    state = State(gains: gains.isUsable ? gains : Gains(frequency: 0))
  }

  /// One update.
  ///
  /// - Parameters:
  ///   - input: what is to be filtered, such as a torque [N.m].
  ///   - limit: most that may come out, either way.
  ///   - period: time since the update before [s].
  /// - Returns: the filtered input, within the limit; as `PID.update` where an input is no usable number.
  @_noLocks public mutating func update(_ input: Double, limit: Double, period: Double) -> Double {
    guard isSignal(input) && isPeriod(period) else {
      return state.output.pass(limit: limit, period: period)
    }
    let isChanged = adopt(period)
    let raw = state.b0 * input + state.first
    state.first = state.b1 * (input - raw) + state.second
    state.second = state.b2 * input - state.a2 * raw
    state.input = input
    return state.output.settle(raw, limit: limit, period: period, isChanged: isChanged)
  }

  /// Takes the wanted numbers, or another period; whether the output has to fade over.
  @_noLocks private mutating func adopt(_ period: Double) -> Bool {
    let old = state.gains
    let isOther =
      gains.isUsable
      && (gains.frequency != old.frequency || gains.damping != old.damping || gains.depth != old.depth)
    if isOther { state.gains = gains }
    let isFirst = state.period == 0
    guard isOther || period != state.period else { return false }
    state.period = period
    let gains = state.gains
    if gains.frequency > 0 && gains.frequency * period <= 0.45 {
      // tan(w T / 2) from sine and cosine of the whole angle.
      let angle = SineCosine(of: 2 * Double.pi * gains.frequency * period)
      let t = angle.sine / (1 + angle.cosine)
      let scale = 1 / (1 + 2 * gains.damping * t + t * t)
      state.b0 = (1 + 2 * gains.depth * gains.damping * t + t * t) * scale
      state.b1 = 2 * (t * t - 1) * scale
      state.b2 = (1 - 2 * gains.depth * gains.damping * t + t * t) * scale
      state.a2 = (1 - 2 * gains.damping * t + t * t) * scale
    } else {
      (state.b0, state.b1, state.b2, state.a2) = (1, 0, 0, 0)
    }
    // The delays of an input that stands.
    state.second = state.input * (state.b2 - state.a2)
    state.first = state.second
    return !isFirst
  }
}
