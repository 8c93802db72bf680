/// What a position loop has to do with: the joint, and the way from a measurement to the torque that answers it.
public struct JointPlant: Sendable, Equatable {
  /// Where K (q* - q) + D (v* - v) is computed.
  public enum Closure: String, Sendable {
    /// In the drive, at its own rate.
    case drive
    /// On the host, once a cycle.
    case host
  }

  /// A reducer that twists between rotor and load. The encoder sits on the rotor's side.
  public struct Torsion: Sendable, Equatable {
    /// Where the load takes the rotor's motion away [rad/s].
    public var antiresonance: Double
    /// Where rotor and load swing against each other [rad/s], above `antiresonance`.
    public var resonance: Double
    /// Damping ratio of the load on its spring.
    public var dampingRatio: Double

    /// A torsion.
    public init(antiresonance: Double, resonance: Double, dampingRatio: Double = 0.01) {
      self.antiresonance = antiresonance
      self.resonance = resonance
      self.dampingRatio = dampingRatio
    }
  }

  /// Whole inertia at the joint, rotor and load [kg.m^2].
  public var inertia: Double
  /// Viscous friction [N.m.s/rad].
  public var viscousFriction = 0.0
  /// Coulomb friction [N.m].
  public var coulombFriction = 0.0
  /// Slope of the weight's torque where the joint is; negative where the limb stands on its head [N.m/rad].
  public var gravityStiffness = 0.0
  /// Where the loop is closed.
  public var closure: Closure
  /// Time between two torques of the loop [s].
  public var period: Double
  /// From the measurement to the instant at which the torque that answers it begins to act; what holding it over the period adds is
  /// not in it [s].
  public var delay: Double
  /// Time by which a measured velocity is older than the position beside it: the drive's filter [s].
  public var velocityLag = 0.0
  /// Step of the measured position [rad]; 0 where there is none.
  public var positionQuantum = 0.0
  /// Step of the encoder that the velocity is taken from [rad]; that of the position where nil.
  public var encoderQuantum: Double?
  /// Step of the measured velocity [rad/s].
  public var velocityQuantum = 0.0
  /// Play of the reducer, from one flank to the other [rad].
  public var backlash = 0.0
  /// The rotor's own share of the inertia [kg.m^2]; nil where it is not known.
  public var rotorInertia: Double?
  /// Torsion of the reducer, where one was found.
  public var torsion: Torsion?

  /// A torsion by the reducer's stiffness.
  ///
  /// - Parameters:
  ///   - stiffness: of the reducer [N.m/rad].
  ///   - rotor: inertia on the rotor's side, at the joint [kg.m^2].
  ///   - load: inertia behind the reducer [kg.m^2].
  ///   - dampingRatio: of the resonance.
  /// - Returns: the torsion; nil where a number is not above zero.
  public static func torsion(
    stiffness: Double, rotor: Double, load: Double, dampingRatio: Double = 0.03
  ) -> Torsion? {
    guard stiffness > 0, rotor > 0, load > 0, dampingRatio > 0, stiffness.isFinite else { return nil }
    let low = (stiffness / load).squareRoot()
    let high = (stiffness * (1 / rotor + 1 / load)).squareRoot()
    // The same damper seen from the load alone.
    return Torsion(antiresonance: low, resonance: high, dampingRatio: dampingRatio * low / high)
  }

  /// A plant with an inertia alone; what is not given keeps the values above.
  ///
  /// - Parameters:
  ///   - inertia: whole inertia at the joint [kg.m^2].
  ///   - closure: where the loop is closed.
  ///   - period: time between two torques of the loop [s].
  ///   - delay: from a measurement to the torque that answers it [s].
  public init(inertia: Double, closure: Closure, period: Double, delay: Double) {
    self.inertia = inertia
    self.closure = closure
    self.period = period
    self.delay = delay
  }

  /// Longest delay in periods that a loop is looked at with.
  public static var mostDelay: Double { 64 }

  /// What of the numbers cannot be used; nil where all can.
  public var objection: String? {
    let rest = [
      viscousFriction, coulombFriction, velocityLag, positionQuantum, velocityQuantum, backlash,
      encoderQuantum ?? 0,
    ]
    if !(inertia > 0 && inertia.isFinite) { return "the inertia is \(inertia) kg.m^2; it has to be above 0" }
    if !(period > 0 && period.isFinite) { return "the period is \(period) s; it has to be above 0" }
    if !(delay >= 0 && delay <= Self.mostDelay * period) {
      return "the delay is \(delay) s; it has to be from 0 to \(Int(Self.mostDelay)) periods"
    }
    if !rest.allSatisfy({ $0 >= 0 && $0.isFinite }) || !gravityStiffness.isFinite {
      return "frictions, lag, steps and play have to be 0 or above, and finite"
    }
    if let rotor = rotorInertia, !(rotor > 0 && rotor <= inertia * (1 + 1e-9)) {
      return "the rotor's inertia is \(rotor) kg.m^2; it has to be above 0 and no more than \(inertia)"
    }
    if let torsion,
      !(torsion.antiresonance > 0 && torsion.resonance > torsion.antiresonance && torsion.resonance.isFinite
        && torsion.dampingRatio >= 0 && torsion.dampingRatio < 1)
    {
      return "the resonance has to be above the antiresonance, the damping ratio from 0 to 1"
    }
    return nil
  }

  /// The plant while the teeth touch neither flank: the rotor alone; nil where there is no play, or the rotor is not known.
  public var withinBacklash: JointPlant? {
    guard backlash > 0, let rotorInertia else { return nil }
    var free = self
    free.inertia = rotorInertia
    free.gravityStiffness = 0
    free.torsion = nil
    free.backlash = 0
    return free
  }
}
