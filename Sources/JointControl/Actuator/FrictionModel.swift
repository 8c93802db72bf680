public import LaneMath

/// Friction at a joint: Coulomb, Stribeck, viscous, growing with load and with cold grease; bristles for presliding.
///
///     g(v) = Fc + (Fs - Fc) exp(-(v / vs)^2),  Fc with what the load adds;  steady friction = g(v) sign(v) + viscous x v
///
/// LuGre's bristles stand behind it: z' = v - s0 |v| z / g(v), friction = s0 z + s1 z' + s2 v (Canudas de Wit, Olsson,
/// Astrom, Lischinsky, IEEE TAC 40 (1995) 419-425).
public struct FrictionModel: Sendable, Equatable, BitwiseCopyable {
  /// Coulomb friction without load [N.m].
  public var coulomb: Double
  /// Break-away friction without load [N.m]; at least `coulomb`.
  public var breakaway: Double
  /// Stribeck velocity [rad/s].
  public var stribeckVelocity: Double
  /// Viscous friction at 25 degree Celsius [N.m.s/rad].
  public var viscous: Double
  /// Coulomb friction that each N.m of load adds.
  public var loadShare: Double
  /// How fast viscous friction sinks with warmth, as an exponential [1/K].
  public var temperatureRate: Double
  /// Stiffness of the bristles [N.m/rad]; as stiff as the step bears when 0.
  public var bristleStiffness: Double
  /// Damping of the bristles [N.m.s/rad].
  public var bristleDamping: Double

  /// Friction; Coulomb and viscous when only those are given.
  public init(
    coulomb: Double, breakaway: Double? = nil, stribeckVelocity: Double = 0.1, viscous: Double = 0,
    loadShare: Double = 0, temperatureRate: Double = 0, bristleStiffness: Double = 0,
    bristleDamping: Double = 0
  ) {
    self.coulomb = coulomb
    self.breakaway = breakaway ?? coulomb
    self.stribeckVelocity = stribeckVelocity
    self.viscous = viscous
    self.loadShare = loadShare
    self.temperatureRate = temperatureRate
    self.bristleStiffness = bristleStiffness
    self.bristleDamping = bristleDamping
  }

  /// Friction of a sliding joint without its viscous part [rad/s, N.m]: g(v).
  @inlinable public func level(velocity: Double, load: Double = 0) -> Double {
    let borne = coulomb + loadShare * (load < 0 ? -load : load)
    if breakaway <= coulomb { return borne }
    let scaled = velocity / stribeckVelocity
    return borne + (breakaway - coulomb) * exponential(-scaled * scaled)
  }

  /// Viscous friction at a temperature [N.m.s/rad, degree Celsius].
  @inlinable public func viscous(at temperature: Double) -> Double {
    temperatureRate == 0 ? viscous : viscous * exponential(-temperatureRate * (temperature - 25))
  }

  /// Friction of a joint that has moved at one velocity for long [N.m].
  public func steady(velocity: Double, load: Double = 0, temperature: Double = 25) -> Double {
    let sliding = velocity == 0 ? 0 : level(velocity: velocity, load: load)
    return (velocity < 0 ? -sliding : sliding) + viscous(at: temperature) * velocity
  }
}
