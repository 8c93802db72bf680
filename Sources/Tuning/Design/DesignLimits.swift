/// What gains have to keep.
public struct DesignLimits: Sendable, Equatable {
  /// Least phase margin, at both ends of what is not known of the joint: 45 deg, and 3 for what no plant here holds, as the current's
  /// loop and the drive's clock [rad].
  public var phaseMargin = 48 * Double.pi / 180
  /// Least gain margin, as a factor.
  public var gainMargin = 2.0
  /// Highest peak of the sensitivity.
  public var sensitivityPeak = 1.7
  /// Part by which the inertia may be smaller or larger than was found: every margin is kept at both ends as well.
  public var inertiaReserve = 0.1
  /// Time by which the delay may be longer than was found [s]; a tenth of the loop's period where nil.
  public var delayReserve: Double?
  /// Part of the rated torque that one step of the encoder may make.
  public var rippleShare = 0.05
  /// Torque that the joint bears for long [N.m]; without it the encoder's steps bound nothing.
  public var ratedTorque: Double?
  /// Highest torque [N.m]; without it saturation bounds nothing.
  public var peakTorque: Double?
  /// Smallest error at which the torque may reach its highest [rad].
  public var saturationError = 0.01
  /// Part of the antiresonance that the crossover may reach.
  public var torsionShare = 1.0 / 3
  /// Part by which the torsion's frequencies may be lower or higher than was found: every margin is kept at both ends as well.
  public var torsionReserve = 0.2
  /// Highest stiffness that can be said to the drive [N.m/rad].
  public var stiffnessScale = Double.infinity
  /// Highest damping that can be said to the drive [N.m.s/rad].
  public var dampingScale = Double.infinity

  /// Limits; those above where nothing is said.
  public init() {}

  /// What of the numbers cannot be used; nil where all can.
  var objection: String? {
    if !(phaseMargin > 0 && phaseMargin < 0.5 * .pi) {
      return "the phase margin has to be above 0 and below 90 deg"
    }
    if !(gainMargin >= 1 && gainMargin.isFinite) { return "the gain margin has to be a factor of 1 or above" }
    if !(sensitivityPeak > 1) { return "the peak of the sensitivity has to be above 1" }
    if !(torsionReserve >= 0 && torsionReserve < 1) {
      return "the torsion's reserve has to be from 0 to below 1"
    }
    if !(inertiaReserve >= 0 && inertiaReserve < 1) {
      return "the inertia's reserve has to be from 0 to below 1"
    }
    if let delayReserve, !(delayReserve >= 0 && delayReserve.isFinite) {
      return "the delay's reserve has to be 0 or above, and finite"
    }
    let positive = [
      rippleShare, ratedTorque ?? 1, peakTorque ?? 1, saturationError, torsionShare, stiffnessScale,
      dampingScale,
    ]
    if !positive.allSatisfy({ $0 > 0 }) { return "shares, torques and full scales have to be above 0" }
    return nil
  }
}

/// One thing that gains have to keep, with how they do.
public struct DesignCheck: Sendable, Equatable {
  /// What is looked at.
  public enum Kind: String, Sendable, CaseIterable {
    /// Phase margin [deg].
    case phaseMargin
    /// Gain margin [dB].
    case gainMargin
    /// Peak of the sensitivity.
    case sensitivityPeak
    /// Largest pole of the loop in samples; below 1 it is stable.
    case poleRadius
    /// Torque of one step of the encoder [N.m].
    case ripple
    /// Torque of the smallest error at which it may saturate [N.m].
    case saturation
    /// Stiffness at which the encoder's steps keep the joint moving in spite of friction [N.m/rad].
    case quantisation
    /// Crossover beside the antiresonance [Hz].
    case torsion
    /// Phase margin of the rotor alone, while the teeth touch neither flank [deg].
    case backlash
    /// Stiffness that the drive can be told [N.m/rad].
    case stiffnessScale
    /// Damping that the drive can be told [N.m.s/rad].
    case dampingScale
  }
  /// What is looked at.
  public let kind: Kind
  /// What it is with these gains.
  public let value: Double
  /// What it has to be.
  public let limit: Double
  /// Whether the value has to be the limit at least; else at most.
  public let isLeast: Bool

  /// Whether it is kept; equal but for rounding is.
  public var isMet: Bool {
    let slack = 1e-6 * limit.magnitude
    return isLeast ? value >= limit - slack : value <= limit + slack
  }

  /// What is wrong, or would be, in words.
  public var text: String {
    let (shown, bound) = (Self.number(value), Self.number(limit))
    switch kind {
    case .phaseMargin: return "phase margin \(shown) deg, at least \(bound) deg wanted"
    case .gainMargin: return "gain margin \(shown) dB, at least \(bound) dB wanted"
    case .sensitivityPeak: return "peak of the sensitivity \(shown), at most \(bound) wanted"
    case .poleRadius: return "a pole of the loop at \(shown), stable below \(bound)"
    case .ripple: return "one step of the encoder makes \(shown) N.m, at most \(bound) N.m wanted"
    case .saturation: return "the smallest error makes \(shown) N.m, at most \(bound) N.m there"
    case .quantisation:
      return "stiffness \(shown) N.m/rad, friction holds the encoder's steps up to \(bound) N.m/rad"
    case .torsion: return "crossover at \(shown) Hz, at most \(bound) Hz below the antiresonance"
    case .backlash:
      return "phase margin of the rotor within the backlash \(shown) deg, at least \(bound) deg wanted"
    case .stiffnessScale: return "stiffness \(shown) N.m/rad, the drive takes up to \(bound) N.m/rad"
    case .dampingScale: return "damping \(shown) N.m.s/rad, the drive takes up to \(bound) N.m.s/rad"
    }
  }

  /// A number with four digits.
  static func number(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    var scale = 1000.0
    var size = value.magnitude
    while size >= 10 {
      size /= 10
      scale /= 10
    }
    while size < 1 && scale < 1e9 {
      size *= 10
      scale *= 10
    }
    let rounded = (value * scale).rounded() / scale
    return "\(rounded)"
  }
}
