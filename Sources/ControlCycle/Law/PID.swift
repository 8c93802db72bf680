/// PID control with two degrees of freedom, a filtered derivative, and an integral that does not wind up.
///
///     u = Kp (b r - y) + I + D + feed-forward,   I' = Ki (r - y) + anti-windup,   D = Kd s / (1 + Tf s) (c r - y)
///
/// Åström and Hägglund, Advanced PID Control (2006), chapters 3 and 13: the integral by forward differences, so that it
/// holds the errors up to the update before; the derivative by backward differences or Tustin's rule. Integral and
/// derivative are kept in the unit of the output, so that a change of their gains alone moves nothing. A change of the
/// proportional gain or of b is taken up by the integral, or fades where there is none.
public struct PID: BitwiseCopyable, Sendable {
  /// How the integral is kept from growing while the output is saturated.
  public enum AntiWindup: BitwiseCopyable, Sendable {
    /// What saturation cut away is fed back, over the tracking time.
    case backCalculation
    /// Errors that would drive the output further into saturation are not integrated.
    case clamping
  }

  /// How the derivative's filter becomes a difference equation.
  public enum Discretisation: BitwiseCopyable, Sendable {
    /// Backward differences: well damped for every filter time.
    case backward
    /// Tustin's rule; below half a period of filter time it would ring, and backward differences are used.
    case bilinear
  }

  /// Gains, in units of output per unit of what is controlled.
  public struct Gains: BitwiseCopyable, Sendable {
    /// Kp.
    public var proportional: Double
    /// Ki, per second.
    public var integral: Double
    /// Kd, times second.
    public var derivative: Double
    /// Tf, time constant of the derivative's filter [s].
    public var filterTime: Double
    /// b, part of the reference that the proportional part sees.
    public var referenceWeight: Double
    /// c, part of the reference that the derivative sees.
    public var derivativeWeight: Double
    /// What happens to the integral in saturation.
    public var antiWindup: AntiWindup
    /// Tt, time in which back-calculation takes the integral back [s].
    public var trackingTime: Double
    /// The difference equation of the derivative.
    public var discretisation: Discretisation

    /// Gains; a plain proportional gain when only that is given.
    @_noLocks public init(
      proportional: Double, integral: Double = 0, derivative: Double = 0, filterTime: Double = 0,
      referenceWeight: Double = 1, derivativeWeight: Double = 0, antiWindup: AntiWindup = .backCalculation,
      trackingTime: Double = 0.05, discretisation: Discretisation = .backward
    ) {
      self.proportional = proportional
      self.integral = integral
      self.derivative = derivative
      self.filterTime = filterTime
      self.referenceWeight = referenceWeight
      self.derivativeWeight = derivativeWeight
      self.antiWindup = antiWindup
      self.trackingTime = trackingTime
      self.discretisation = discretisation
    }

    /// Whether every number can be used; others are not taken.
    public var isUsable: Bool {
      @_noLocks get {
        isGain(proportional) && isGain(integral) && isGain(derivative) && isGain(filterTime)
          && isGain(trackingTime) && isGain(referenceWeight) && isGain(derivativeWeight)
      }
    }
  }

  /// What the law remembers.
  public struct State: BitwiseCopyable, Sendable {
    /// Gains in use: the newest usable ones.
    public internal(set) var gains: Gains
    /// I, in units of output.
    public internal(set) var integral = 0.0
    /// D, in units of output.
    public internal(set) var derivative = 0.0
    /// Reference of the update before.
    public internal(set) var reference = 0.0
    /// What was measured at the update before.
    public internal(set) var measured = 0.0
    /// The output.
    public internal(set) var output = LawOutput()
    /// Whether there was an update before.
    public internal(set) var hasRun = false
  }

  /// The gains that are wanted; taken over in the next update.
  public var gains: Gains
  /// What the law remembers.
  public internal(set) var state: State

  /// A law at rest. Gains that cannot be used give nothing until others are set.
  @_noLocks public init(_ gains: Gains) {
    self.gains = gains
    state = State(gains: gains.isUsable ? gains : Gains(proportional: 0))
  }

  /// Begins anew, with an output that grows out of the one of another law.
  @_noLocks public mutating func takeOver(from output: Double) {
    let inUse = state.gains
    state = State(gains: inUse)
    state.output.takeOver(from: output)
  }

  /// One update.
  ///
  /// - Parameters:
  ///   - reference: r.
  ///   - measured: y, in the same unit.
  ///   - feedforward: added to the output.
  ///   - limit: most that may come out, either way.
  ///   - period: time since the update before [s].
  /// - Returns: u, within the limit. Where an input is no usable number, the output before on its way to zero; nothing
  ///   is remembered of such an update.
  @_noLocks public mutating func update(
    reference: Double, measured: Double, feedforward: Double = 0, limit: Double, period: Double
  ) -> Double {
    guard isSignal(reference) && isSignal(measured) && isSignal(feedforward) && isPeriod(period) else {
      return state.output.pass(limit: limit, period: period)
    }
    let isStepping = adopt()
    let gains = state.gains
    if state.hasRun {
      let change =
        gains.derivativeWeight * (reference - state.reference) - (measured - state.measured)
      state.derivative = gains.filtered(state.derivative, change: change, period: period)
    }
    let proportional = gains.proportional(reference, measured)
    let raw = proportional + state.integral + state.derivative + feedforward
    let output = state.output.settle(raw, limit: limit, period: period, isChanged: isStepping)
    integrate(reference - measured, asked: raw + state.output.offset, period: period)
    state.reference = reference
    state.measured = measured
    state.hasRun = true
    return output
  }

  /// Takes the wanted gains; whether the output has to fade over.
  @_noLocks private mutating func adopt() -> Bool {
    let old = state.gains
    guard gains.isUsable && !gains.isSame(as: old) else { return false }
    state.gains = gains
    guard state.hasRun else { return false }
    if gains.derivative == 0 { state.derivative = 0 }
    if gains.integral > 0 {
      let difference =
        old.proportional(state.reference, state.measured)
        - gains.proportional(state.reference, state.measured)
      state.integral = clamp(state.integral + difference, -mostUsable, mostUsable)
      return old.derivative > 0 && gains.derivative == 0
    }
    state.integral = 0
    return true
  }

  /// The integral for the update after this one.
  @_noLocks private mutating func integrate(_ deviation: Double, asked: Double, period: Double) {
    let gains = state.gains
    let excess = asked - state.output.value
    var step = gains.integral * deviation * period
    switch gains.antiWindup {
    case .backCalculation:
      // Faster than a period it would overshoot.
      let share = gains.trackingTime > period ? period / gains.trackingTime : 1
      if gains.integral > 0 { step -= share * excess }
    case .clamping:
      if excess * step > 0 { step = 0 }
    }
    state.integral = clamp(state.integral + step, -mostUsable, mostUsable)
  }
}

extension PID.Gains {
  /// The proportional part.
  @_noLocks func proportional(_ reference: Double, _ measured: Double) -> Double {
    proportional * (referenceWeight * reference - measured)
  }

  /// The derivative part after `change` of what it differentiates.
  @_noLocks func filtered(_ derivative: Double, change: Double, period: Double) -> Double {
    switch discretisation {
    case .bilinear where 2 * filterTime >= period:
      let scale = 1 / (2 * filterTime + period)
      return scale * ((2 * filterTime - period) * derivative + 2 * self.derivative * change)
    case .bilinear, .backward:
      return (filterTime * derivative + self.derivative * change) / (filterTime + period)
    }
  }

  /// Whether nothing differs that the law would notice.
  @_noLocks func isSame(as other: PID.Gains) -> Bool {
    proportional == other.proportional && integral == other.integral && derivative == other.derivative
      && filterTime == other.filterTime && referenceWeight == other.referenceWeight
      && derivativeWeight == other.derivativeWeight && trackingTime == other.trackingTime
      && antiWindup.isClamping == other.antiWindup.isClamping
      && discretisation.isBilinear == other.discretisation.isBilinear
  }
}

extension PID.AntiWindup {
  fileprivate var isClamping: Bool {
    @_noLocks get {
      switch self {
      case .clamping: true
      case .backCalculation: false
      }
    }
  }
}

extension PID.Discretisation {
  fileprivate var isBilinear: Bool {
    @_noLocks get {
      switch self {
      case .bilinear: true
      case .backward: false
      }
    }
  }
}
