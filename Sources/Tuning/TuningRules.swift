/// Gains of a PID controller as rules of tuning give them:
///
///     u = K (e + integral of e / Ti + Td de/dt)
public struct PIDGains: Sendable, Equatable {
  /// K [unit of the input a unit of the output].
  public var proportional: Double
  /// Ti [s]; infinite without an integral.
  public var integralTime: Double
  /// Td [s].
  public var derivativeTime: Double

  /// Gains; no integral and no derivative where nothing is said.
  public init(proportional: Double, integralTime: Double = .infinity, derivativeTime: Double = 0) {
    self.proportional = proportional
    self.integralTime = integralTime
    self.derivativeTime = derivativeTime
  }

  /// Those of a controller in series, K (1 + 1 / (Ti s)) (1 + Td s).
  public init(series proportional: Double, integralTime: Double, derivativeTime: Double) {
    let factor = 1 + derivativeTime / integralTime
    self.init(
      proportional: proportional * factor, integralTime: integralTime * factor,
      derivativeTime: derivativeTime / factor)
  }

  /// K / Ti [unit of the input a unit of the output and s].
  public var integral: Double { proportional / integralTime }
  /// K Td [unit of the input s a unit of the output].
  public var derivative: Double { proportional * derivativeTime }
}

/// Which parts a controller has.
public enum ControllerForm: String, Sendable, CaseIterable {
  /// Proportional.
  case p
  /// Proportional and integral.
  case pi
  /// Proportional, integral and derivative.
  case pid
}

/// Rules that make gains of Ku and Tu.
public enum UltimateRule: Sendable, Equatable {
  /// Ziegler and Nichols, Trans. ASME 64 (1942) 759-768: a quarter of each overshoot is left in the next.
  case zieglerNichols
  /// Tyreus and Luyben, Ind. Eng. Chem. Res. 31 (1992) 2625-2628, for integrating plants; the PID of Luyben and Luyben, Essentials
  /// of Process Control (1997).
  case tyreusLuyben
  /// AMIGO by frequency response, with the plant's static gain: Åström and Hägglund, Advanced PID Control (2006), chapter 7.
  case amigo(staticGain: Double)

  /// The gains of a form; nil where the rule has none for it, or a number is not usable.
  public func gains(_ form: ControllerForm, at point: CriticalPoint) -> PIDGains? {
    let (ku, tu) = (point.gain, point.period)
    guard ku > 0, tu > 0, ku.isFinite, tu.isFinite else { return nil }
    switch (self, form) {
    case (.zieglerNichols, .p): return PIDGains(proportional: 0.5 * ku)
    case (.zieglerNichols, .pi): return PIDGains(proportional: 0.45 * ku, integralTime: tu / 1.2)
    case (.zieglerNichols, .pid):
      return PIDGains(proportional: 0.6 * ku, integralTime: 0.5 * tu, derivativeTime: 0.125 * tu)
    case (.tyreusLuyben, .p), (.amigo, .p): return nil
    case (.tyreusLuyben, .pi): return PIDGains(proportional: ku / 3.2, integralTime: 2.2 * tu)
    case (.tyreusLuyben, .pid):
      return PIDGains(proportional: ku / 2.2, integralTime: 2.2 * tu, derivativeTime: tu / 6.3)
    case (.amigo(let gain), .pi), (.amigo(let gain), .pid):
      // Gain at half a turn of phase over that at rest: 0 for an integrator, below 1 for what can be tuned so.
      let kappa = gain.isInfinite ? 0 : 1 / (gain * ku)
      guard kappa >= 0, kappa < 1 else { return nil }
      if form == .pi { return PIDGains(proportional: 0.16 * ku, integralTime: tu / (1 + 4.5 * kappa)) }
      return PIDGains(
        proportional: (0.3 - 0.1 * kappa * kappa * kappa * kappa) * ku,
        integralTime: 0.6 / (1 + 2 * kappa) * tu,
        derivativeTime: 0.15 * (1 - kappa) / (1 - 0.95 * kappa) * tu)
    }
  }
}

/// A plant with delay, as rules of tuning by its step response know it.
public enum DelayedPlant: Sendable, Equatable {
  /// gain e^(-delay s) / ((1 + lag s) (1 + secondLag s)), the second lag no longer than the first [s].
  case lag(gain: Double, lag: Double, secondLag: Double = 0, delay: Double)
  /// gain e^(-delay s) / s: a torque to a velocity without friction.
  case integrator(gain: Double, delay: Double)
  /// gain e^(-delay s) / s^2: a torque to a position without friction.
  case doubleIntegrator(gain: Double, delay: Double)

  /// Gains by AMIGO, which bounds the peak of the sensitivity at 1.4: Åström and Hägglund, J. Process Control 14 (2004)
  /// 635-650. Nil for a form that it has none for, for two lags and for two integrators.
  public func amigo(_ form: ControllerForm) -> PIDGains? {
    switch self {
    case .lag(let k, let t, 0, let l) where k > 0 && t > 0 && l > 0:
      switch form {
      case .p: return nil
      case .pi:
        let sum = l + t
        return PIDGains(
          proportional: 0.15 / k + (0.35 - l * t / (sum * sum)) * t / (k * l),
          integralTime: 0.35 * l + 13 * l * t * t / (t * t + 12 * l * t + 7 * l * l))
      case .pid:
        return PIDGains(
          proportional: (0.2 + 0.45 * t / l) / k, integralTime: l * (0.4 * l + 0.8 * t) / (l + 0.1 * t),
          derivativeTime: 0.5 * l * t / (0.3 * l + t))
      }
    case .integrator(let k, let l) where k > 0 && l > 0:
      switch form {
      case .p: return nil
      case .pi: return PIDGains(proportional: 0.35 / (k * l), integralTime: 13.4 * l)
      case .pid: return PIDGains(proportional: 0.45 / (k * l), integralTime: 8 * l, derivativeTime: 0.5 * l)
      }
    default: return nil
    }
  }

  /// Gains by SIMC for a wanted time constant of the closed loop; the delay itself is the usual choice. Skogestad, J. Process
  /// Control 13 (2003) 291-309. A PI where there is one lag, or one integrator, else a PID. Nil where a number is not usable.
  ///
  /// - Parameter timeConstant: of the closed loop [s].
  /// - Returns: the gains.
  public func simc(timeConstant: Double) -> PIDGains? {
    guard timeConstant >= 0, timeConstant.isFinite else { return nil }
    switch self {
    case .lag(let k, let t, let second, let l):
      let sum = timeConstant + l
      guard k > 0, t > 0, second >= 0, second <= t, sum > 0, l >= 0 else { return nil }
      return PIDGains(series: t / (k * sum), integralTime: min(t, 4 * sum), derivativeTime: second)
    case .integrator(let k, let l):
      let sum = timeConstant + l
      guard k > 0, sum > 0, l >= 0 else { return nil }
      return PIDGains(proportional: 1 / (k * sum), integralTime: 4 * sum)
    case .doubleIntegrator(let k, let l):
      let sum = timeConstant + l
      guard k > 0, sum > 0, l >= 0 else { return nil }
      return PIDGains(series: 1 / (4 * k * sum * sum), integralTime: 4 * sum, derivativeTime: 4 * sum)
    }
  }
}
