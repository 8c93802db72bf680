public import JointControl
import LaneMath

/// What a model gives where a data sheet prints a number.
public struct ActuatorValidation: Sendable {
  /// One comparison.
  public struct Row: Sendable {
    /// The printed number.
    public var printed: PrintedNumber
    /// What the model gives, in the same unit.
    public var model: Double
    /// How far the model is off, as a part of the printed number.
    public var deviation: Double { model / printed.value - 1 }
    /// Whether that is within the number's tolerance.
    public var isWithin: Bool { deviation.magnitude <= printed.tolerance }
  }

  /// The comparisons in the order of the profile.
  public let rows: [Row]

  /// Compares a part's model with what is printed of it.
  public init(_ profile: ActuatorProfile) {
    rows = profile.printed.compactMap { printed in
      Self.value(of: printed, profile: profile).map { Row(printed: printed, model: $0) }
    }
  }

  /// Root of the mean square of the logarithms of model over printed, for the rows of a quantity; nil without any.
  public func logarithmicError(of quantity: PrintedNumber.Quantity) -> Double? {
    let logs = rows.filter { $0.printed.quantity == quantity }.map {
      naturalLogarithm($0.model / $0.printed.value)
    }
    guard !logs.isEmpty else { return nil }
    return (logs.reduce(0) { $0 + $1 * $1 } / Double(logs.count)).squareRoot()
  }

  private static func value(of printed: PrintedNumber, profile: ActuatorProfile) -> Double? {
    let at = printed.at ?? 0
    switch printed.quantity {
    case .inputInertia: return profile.inputInertia
    case .stiffness: return profile.reducer.stiffness.first
    case .torsion: return profile.reducer.torsion(torque: at) * 10800 / Double.pi
    default: return profile.actuator.flatMap { value(of: printed.quantity, at: at, actuator: $0) }
    }
  }

  private static func value(of quantity: PrintedNumber.Quantity, at: Double, actuator: ActuatorModel)
    -> Double?
  {
    let motor = actuator.motor
    let perRPM = Double.pi / 30
    switch quantity {
    case .backEMF:
      // Amplitude of a phase to rms between lines.
      return motor.torqueConstant / motor.powerFactor * 1000 * perRPM * (3.0 / 2).squareRoot()
    case .speedConstant: return motor.idealNoLoadSpeed / perRPM / motor.supplyVoltage
    case .motorConstant: return motor.torqueConstant / (motor.powerFactor * motor.resistance).squareRoot()
    case .torqueConstant:
      return actuator.outputTorque(current: 1) * (motor.winding.isThreePhase ? 2.0.squareRoot() : 1)
    case .noLoadSpeed: return motor.idealNoLoadSpeed / actuator.reducer.ratio / perRPM
    case .torqueAtCurrent: return actuator.outputTorque(current: at)
    case .torqueAtSpeed:
      let current = motor.current(
        limitedAt: at * perRPM * actuator.reducer.ratio, supply: motor.supplyVoltage, temperature: 100)
      return actuator.outputTorque(current: current)
    case .armature: return actuator.armature
    case .antiresonance: return (actuator.reducer.stiffness.first / at).squareRoot() / (2 * Double.pi)
    case .resonance:
      let both = 1 / actuator.armature + 1 / at
      return (actuator.reducer.stiffness.first * both).squareRoot() / (2 * Double.pi)
    case .windingTimeConstant: return actuator.thermal.map { $0.windingCapacity * $0.windingToHousing }
    case .housingTimeConstant: return actuator.thermal.map { $0.housingCapacity * $0.housingToAmbient }
    case .overloadTurning: return overload(actuator, torque: at, isTurning: true)
    case .overloadStanding: return overload(actuator, torque: at, isTurning: false)
    case .inputInertia, .stiffness, .torsion: return nil
    }
  }

  /// Time from ambient temperature until the hottest phase reaches the trip under a torque [s]; infinite when never.
  static func overload(_ actuator: ActuatorModel, torque: Double, isTurning: Bool) -> Double? {
    guard let thermal = actuator.thermal else { return nil }
    return OverloadRun(actuator, torque: torque, isTurning: isTurning)?.times(to: [thermal.trip]).first
  }
}
