internal import LaneMath

/// Heat of a motor: winding and housing as two nodes, and what a standing rotor adds to its hottest phase.
///
///     C_w T_w' = P - (T_w - T_h) / R_wh        C_h T_h' = (T_w - T_h) / R_wh - (T_h - T_a) / R_ha
///
/// A turning rotor heats three phases alike. A standing one heats one phase with up to 2/3 of the power instead of 1/3:
/// that phase is hotter than the mean by what two branches (a coil, and the tooth it sits on) store of the excess,
/// (P / 3) cos(2 angle of the phase). While the rotor turns the excess averages to nothing.
public struct ThermalModel: Sendable, Equatable, BitwiseCopyable {
  /// Heat that one branch of the excess stores and lets through.
  public struct Branch: Sendable, Equatable, BitwiseCopyable {
    /// Heat capacity [J/K].
    public var capacity: Double
    /// Resistance to the other phases [K/W].
    public var resistance: Double

    /// A branch.
    public init(capacity: Double, resistance: Double) {
      self.capacity = capacity
      self.resistance = resistance
    }
    /// None: no excess.
    public static let none = Branch(capacity: 1, resistance: 0)
  }

  /// Heat capacity of the winding [J/K].
  public var windingCapacity: Double
  /// Resistance from winding to housing [K/W].
  public var windingToHousing: Double
  /// Heat capacity of the housing [J/K].
  public var housingCapacity: Double
  /// Resistance from housing to what is around [K/W].
  public var housingToAmbient: Double
  /// The fast branch of a standing rotor's hottest phase.
  public var coil = Branch.none
  /// Its slow branch.
  public var tooth = Branch.none
  /// Temperature of the hottest phase at which the drive lets go [degree Celsius].
  public var trip: Double
  /// Temperature from which the drive lowers its current limit [degree Celsius].
  public var derate: Double
  /// Temperature around [degree Celsius].
  public var ambient = 25.0

  /// A motor's two nodes; phases by their properties.
  public init(
    windingCapacity: Double, windingToHousing: Double, housingCapacity: Double, housingToAmbient: Double,
    derate: Double, trip: Double
  ) {
    self.windingCapacity = windingCapacity
    self.windingToHousing = windingToHousing
    self.housingCapacity = housingCapacity
    self.housingToAmbient = housingToAmbient
    self.derate = derate
    self.trip = trip
  }

  /// Copper loss that the winding can bear for ever with its rotor turning, at the trip temperature [W].
  public var continuousPower: Double { (trip - ambient) / (windingToHousing + housingToAmbient) }

  /// Amplitude of the current that a motor can carry for ever with its rotor turning [A].
  public func continuousCurrent(_ motor: MotorModel) -> Double {
    (continuousPower / (motor.powerFactor * motor.resistance(at: trip))).squareRoot()
  }

  /// The drive's current limit as a part of the peak: 1 up to `derate`, falling along a line to `continuous` at `trip`.
  @inlinable public func currentShare(at temperature: Double, continuous: Double) -> Double {
    if temperature <= derate { return 1 }
    if temperature >= trip { return continuous }
    return 1 + (continuous - 1) * (temperature - derate) / (trip - derate)
  }

  /// Whether copper heats itself faster than heat leaves, so that no temperature is final: I^2 R a R_th >= 1.
  ///
  /// - Parameters:
  ///   - current: amplitude of the current [A].
  ///   - motor: the motor.
  /// - Returns: whether it runs away.
  public func runsAway(current: Double, motor: MotorModel) -> Bool {
    motor.powerFactor * current * current * motor.resistance * MotorModel.copperCoefficient
      * (windingToHousing + housingToAmbient) >= 1
  }

  /// Time until one node of constant resistance reaches the temperature of a continuous current [s].
  ///
  /// - Parameters:
  ///   - current: current [A].
  ///   - initial: current whose steady temperature the node starts at [A].
  ///   - continuous: current whose steady temperature trips [A].
  ///   - timeConstant: resistance times capacity [s].
  /// - Returns: the time, infinite when it is never reached.
  public static func tripTime(current: Double, initial: Double, continuous: Double, timeConstant: Double)
    -> Double
  {
    if initial >= continuous { return 0 }
    if current <= continuous { return .infinity }
    let (heat, start, end) = (current * current, initial * initial, continuous * continuous)
    return timeConstant * naturalLogarithm((heat - start) / (heat - end))
  }
}
