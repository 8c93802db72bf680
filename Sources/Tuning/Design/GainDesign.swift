internal import Numerics

/// Gains of K (q* - q) + D (v* - v) for a joint, by the exact response of the loop in samples, with what they keep.
///
/// Gains are looked for by their crossover: at a frequency w the two numbers K and D that make K P(w) + D V(w) = -exp(i margin) are
/// the solution of two linear equations, P and V being the joint's sampled responses.
public struct GainDesign: Sendable {
  /// What is wanted of the gains.
  public enum Wanted: Sendable, Equatable {
    /// The highest bandwidth that keeps every limit.
    case stiffest
    /// A bandwidth [Hz], with at least a phase margin [rad]; the limits' own where nil.
    case bandwidth(Double, phaseMargin: Double? = nil)
    /// A stiffness [N.m/rad] and a damping ratio.
    case damping(stiffness: Double, ratio: Double)
  }

  /// K [N.m/rad].
  public let stiffness: Double
  /// D [N.m.s/rad].
  public let damping: Double
  /// Margins of the loop as it is predicted.
  public let margins: LoopMargins
  /// The open loop, from 0.01 rad/s or a little below the crossover up to half the sampling frequency.
  public let loop: FrequencyResponse
  /// Where the measured position falls 3 dB below the commanded one [Hz]; nil where it never does below half the sampling frequency.
  public let bandwidth: Double?
  /// Everything that was looked at; all of it is kept.
  public let checks: [DesignCheck]
  /// What keeps the gains from being higher: the checks that the next higher gains break. Empty where something was wanted and
  /// could be had.
  public let limitedBy: [DesignCheck.Kind]
  /// Highest stiffness with which the joint stays stable whatever touches it, by Colgate and Schenkel [N.m/rad]; most robots' gains
  /// are above it, as stable is less than passive.
  public let passiveStiffness: Double

  /// Designs gains.
  ///
  /// - Parameters:
  ///   - plant: the joint and its loop.
  ///   - wanted: what is wanted.
  ///   - limits: what has to be kept.
  /// - Throws: `DesignRefusal` where it cannot be had, with what can.
  public init(
    plant: JointPlant, wanted: Wanted = .stiffest, limits: DesignLimits = DesignLimits()
  ) throws(DesignRefusal) {
    let space = try DesignSpace(plant, limits)
    switch wanted {
    case .stiffest:
      guard let best = space.stiffest() else {
        throw DesignRefusal(text: space.nothingKeeps, broken: space.leastBroken, best: nil)
      }
      self.init(space, best.gains, limitedBy: best.limitedBy)
    case .bandwidth(let hertz, let margin):
      guard hertz > 0, hertz.isFinite, hertz < 0.5 / plant.period,
        margin.map({ $0 > 0 && $0 < 0.5 * .pi }) ?? true
      else {
        throw DesignRefusal(
          text:
            "a bandwidth has to be above 0 and below half the loop's frequency, a phase margin below 90 deg")
      }
      var broken: [DesignCheck]?
      // More phase than the least leaves room for what is not known.
      for phase in margin.map({ [$0] }) ?? space.phases {
        guard let gains = space.gains(bandwidth: 2 * .pi * hertz, phaseMargin: phase) else { continue }
        let found = space.checks(gains, phaseMargin: margin).filter { !$0.isMet }
        if found.isEmpty {
          self.init(space, gains, phaseMargin: margin)
          return
        }
        broken = broken ?? found
      }
      let words = "a bandwidth of \(DesignCheck.number(hertz)) Hz"
      throw space.refusal(broken == nil ? words + " cannot be had with this delay" : words, broken ?? [])
    case .damping(let stiffness, let ratio):
      guard stiffness > 0, stiffness.isFinite, ratio > 0, ratio.isFinite else {
        throw DesignRefusal(text: "a stiffness and a damping ratio have to be above 0")
      }
      let whole = 2 * ratio * ((stiffness + max(0, plant.gravityStiffness)) * plant.inertia).squareRoot()
      let gains = DesignSpace.Gains(stiffness: stiffness, damping: max(0, whole - plant.viscousFriction))
      let broken = space.checks(gains, phaseMargin: nil).filter { !$0.isMet }
      guard broken.isEmpty else {
        throw space.refusal(
          "a stiffness of \(DesignCheck.number(stiffness)) N.m/rad with a damping ratio of"
            + " \(DesignCheck.number(ratio))", broken)
      }
      self.init(space, gains)
    }
  }

  private init(
    _ space: DesignSpace, _ gains: DesignSpace.Gains, phaseMargin: Double? = nil,
    limitedBy: [DesignCheck.Kind] = []
  ) {
    stiffness = gains.stiffness
    damping = gains.damping
    loop = space.loop(gains)
    margins = LoopMargins(of: loop)
    bandwidth = space.bandwidth(gains).map { $0 / (2 * .pi) }
    checks = space.checks(gains, phaseMargin: phaseMargin)
    self.limitedBy = limitedBy
    let plant = space.joint.plant
    passiveStiffness = max(0, 2 * (plant.viscousFriction - damping) / plant.period)
  }

  /// What gains that are there already keep, and what they break: the same looks as at those that are designed.
  ///
  /// - Parameters:
  ///   - stiffness: K [N.m/rad].
  ///   - damping: D [N.m.s/rad].
  ///   - plant: the joint and its loop.
  ///   - limits: what should be kept.
  /// - Returns: margins of the loop and every check.
  /// - Throws: `DesignRefusal` where a number cannot be used.
  public static func review(
    stiffness: Double, damping: Double, plant: JointPlant, limits: DesignLimits = DesignLimits()
  ) throws(DesignRefusal) -> (margins: LoopMargins, checks: [DesignCheck]) {
    guard stiffness >= 0, damping >= 0, stiffness.isFinite, damping.isFinite else {
      throw DesignRefusal(text: "gains have to be 0 or above, and finite")
    }
    let space = try DesignSpace(plant, limits)
    let gains = DesignSpace.Gains(stiffness: stiffness, damping: damping)
    return (LoopMargins(of: space.loop(gains)), space.checks(gains, phaseMargin: nil))
  }
}

/// Why gains cannot be had.
public struct DesignRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// What cannot be had, what it would break, and what can be had instead.
  public let text: String
  /// What would be broken.
  public let broken: [DesignCheck]
  /// Highest bandwidth that keeps everything [Hz], and its stiffness [N.m/rad]; nil where none does.
  public let best: Best?

  /// What can be had instead.
  public struct Best: Sendable, Equatable {
    /// [Hz]
    public let bandwidth: Double
    /// [N.m/rad]
    public let stiffness: Double
  }

  init(text: String, broken: [DesignCheck] = [], best: Best? = nil) {
    self.text = text
    self.broken = broken
    self.best = best
  }

  /// The text.
  public var description: String { text }
}
