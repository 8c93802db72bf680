import CRealMath

/// A motor and the current loop of its drive as physics: what the simulator integrates and what limits are derived from.
///
/// The model is the direct-current equivalent of a synchronous machine with the current along q (i_d = 0), in amplitudes
/// of a phase:
///
///     L di/dt = v - R i - k e          e = (torque constant / power factor) w, power = power factor x v i
///     torque = torque constant x linked current
///
/// The linked current is the current itself up to a knee and grows slower beyond it: iron saturates. Back-EMF sinks with
/// it, so that what is converted is the same on both sides.
public struct MotorModel: Sendable, Equatable, BitwiseCopyable {
  /// How the winding's numbers are counted.
  public enum Winding: String, Sendable, CaseIterable, BitwiseCopyable {
    /// Three phases, sine currents: amplitudes of a phase, resistance and inductance of one phase.
    case threePhase = "three_phase"
    /// Numbers of an equivalent direct-current motor.
    case direct
  }

  /// How the winding's numbers are counted.
  public var winding = Winding.threePhase
  /// Resistance at 20 degree Celsius [ohm].
  public var resistance: Double
  /// Inductance [H].
  public var inductance: Double
  /// Torque per current at the rotor, below saturation [N.m/A].
  public var torqueConstant: Double
  /// Pole pairs.
  public var polePairs: Double
  /// Inertia of the rotor [kg.m^2].
  public var rotorInertia: Double
  /// Highest current of the drive [A].
  public var peakCurrent: Double
  /// Current from which iron saturates [A]; infinite without saturation.
  public var kneeCurrent = Double.infinity
  /// What the linked current can still gain beyond the knee, however high the current [A].
  public var saturationCurrent = Double.infinity
  /// Closed-loop bandwidth of the current loop [Hz].
  public var currentBandwidth: Double
  /// Drag of iron and bearings at the rotor that grows with speed [N.m.s/rad].
  public var ironDrag = 0.0
  /// Voltage of the supply [V].
  public var supplyVoltage: Double
  /// Part of the voltage that a modulation without overmodulation reaches.
  public var modulation = 1.0

  /// A motor without saturation and drag; the rest by its properties.
  public init(
    resistance: Double, inductance: Double, torqueConstant: Double, polePairs: Double, rotorInertia: Double,
    peakCurrent: Double, currentBandwidth: Double, supplyVoltage: Double
  ) {
    self.resistance = resistance
    self.inductance = inductance
    self.torqueConstant = torqueConstant
    self.polePairs = polePairs
    self.rotorInertia = rotorInertia
    self.peakCurrent = peakCurrent
    self.currentBandwidth = currentBandwidth
    self.supplyVoltage = supplyVoltage
  }

  /// Temperature coefficient of copper's resistance, from 20 degree Celsius [1/K].
  public static let copperCoefficient = 0.00393

  /// Power per voltage and current: 1.5 in amplitudes of three phases.
  @inlinable public var powerFactor: Double { winding.isThreePhase ? 1.5 : 1 }

  /// Highest amplitude that the drive can apply at a voltage of the supply [V].
  @inlinable public func voltageLimit(supply: Double) -> Double {
    // Space-vector modulation reaches 1/sqrt(3) of the supply without overmodulation.
    modulation * supply * (winding.isThreePhase ? 0.5773502691896258 : 1)
  }

  /// Resistance at a temperature of the winding [ohm, degree Celsius].
  @inlinable public func resistance(at temperature: Double) -> Double {
    resistance * (1 + MotorModel.copperCoefficient * (temperature - 20))
  }

  /// Current as far as it makes torque [A].
  @inlinable public func linkedCurrent(_ current: Double) -> Double {
    let magnitude = current < 0 ? -current : current
    if magnitude <= kneeCurrent { return current }
    let beyond = magnitude - kneeCurrent
    let linked = kneeCurrent + beyond / (1 + beyond / saturationCurrent)
    return current < 0 ? -linked : linked
  }

  /// Torque at the rotor [N.m].
  public func torque(current: Double) -> Double { torqueConstant * linkedCurrent(current) }

  /// Current that makes a torque at the rotor [A]; the highest current where no current makes it.
  @inlinable public func current(torque: Double) -> Double {
    let linked = torque / torqueConstant
    let magnitude = linked < 0 ? -linked : linked
    if magnitude <= kneeCurrent { return linked }
    let beyond = magnitude - kneeCurrent
    guard beyond < saturationCurrent else { return linked < 0 ? -peakCurrent : peakCurrent }
    let current = kneeCurrent + beyond / (1 - beyond / saturationCurrent)
    return linked < 0 ? -current : current
  }

  /// Makes saturation begin at a part of the peak torque and pass through the peak.
  ///
  /// - Parameters:
  ///   - torque: torque at the rotor that `peakCurrent` makes [N.m].
  ///   - knee: part of that torque up to which torque is proportional to current.
  public mutating func saturate(peakTorque torque: Double, knee: Double) {
    let linked = torque / torqueConstant
    guard linked < peakCurrent, knee > 0, knee < 1 else { return }
    kneeCurrent = knee * linked
    let gained = linked - kneeCurrent
    let beyond = peakCurrent - kneeCurrent
    saturationCurrent = 1 / (1 / gained - 1 / beyond)
  }

  // MARK: Envelope

  /// Highest current that the supply can hold at a speed of the rotor, up to the peak [A].
  ///
  /// The voltage of the cross axis, w L i, leaves less of the circle for q. No field weakening. For set-up and pages.
  public func current(limitedAt speed: Double, supply: Double, temperature: Double = 25) -> Double {
    let limit = voltageLimit(supply: supply)
    let resistance = resistance(at: temperature)
    let magnitude = speed < 0 ? -speed : speed
    func needed(_ current: Double) -> Double {
      let own = resistance * current + torque(current: current) / current / powerFactor * magnitude
      let cross = winding.isThreePhase ? polePairs * magnitude * inductance * current : 0
      return real_sqrt(own * own + cross * cross)
    }
    if needed(peakCurrent) <= limit { return peakCurrent }
    if needed(1e-9 * peakCurrent) >= limit { return 0 }
    var low = 1e-9 * peakCurrent
    var high = peakCurrent
    for _ in 0..<60 {
      let middle = 0.5 * (low + high)
      if needed(middle) <= limit { low = middle } else { high = middle }
    }
    return low
  }

  /// Speed at which back-EMF leaves no voltage for current [rad/s at the rotor].
  public var idealNoLoadSpeed: Double {
    voltageLimit(supply: supplyVoltage) * powerFactor / torqueConstant
  }

  /// Speed up to which the peak current is there [rad/s at the rotor]; 0 when it never is.
  public func kneeSpeed(temperature: Double = 25) -> Double {
    var low = 0.0
    var high = idealNoLoadSpeed
    guard current(limitedAt: 0, supply: supplyVoltage, temperature: temperature) >= peakCurrent else {
      return 0
    }
    for _ in 0..<60 {
      let middle = 0.5 * (low + high)
      let isThere =
        current(limitedAt: middle, supply: supplyVoltage, temperature: temperature) >= peakCurrent
      if isThere { low = middle } else { high = middle }
    }
    return low
  }
}

extension MotorModel.Winding {
  /// Whether numbers are amplitudes of three phases.
  @inlinable public var isThreePhase: Bool {
    switch self {
    case .threePhase: true
    case .direct: false
    }
  }
}
