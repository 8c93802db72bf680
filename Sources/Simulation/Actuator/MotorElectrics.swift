import CRealMath
import JointControl
import LaneMath

/// Current of a motor under its drive's current loop and the voltage of the supply, integrated exactly.
///
/// The loop cancels the winding's pole (gains w L and w R, back-EMF fed forward), so that the current follows its reference
/// as w / (s + w) while the voltage is within the limit. At the limit the voltage stands and the current moves with the
/// winding's own time constant. Over a step speed and reference stand, so each case is an exponential: no step is too long
/// to be stable, and the energies are those of the exponential.
struct MotorElectrics: BitwiseCopyable {
  /// What one step did.
  struct Step: BitwiseCopyable {
    /// Mean torque at the rotor [N.m].
    var torque = 0.0
    /// Energy from the supply [J].
    var supplied = 0.0
    /// Energy that became heat in copper [J].
    var copper = 0.0
    /// Whether the voltage was at its limit.
    var isSaturated = false
  }

  /// Current [A].
  private(set) var current = 0.0
  /// Part of the current that is at right angles to the field: 1 with sound commutation. Torque and back-EMF go with it.
  var coupling = 1.0
  private let model: MotorModel
  private let step: Double
  private let bandwidth: Double
  private let loopDecay: Double
  private var resistance: Double
  private var windingDecay: Double
  private let emfConstant: Double
  private var temperature = 25.0

  /// A motor without current, stepped by `step` [s].
  init(_ model: MotorModel, step: Double) {
    self.model = model
    self.step = step
    bandwidth = 2 * Double.pi * model.currentBandwidth
    loopDecay = exponential(-bandwidth * step)
    resistance = model.resistance(at: 25)
    windingDecay = exponential(-resistance * step / model.inductance)
    emfConstant = model.torqueConstant / model.powerFactor
  }

  /// Energy of the magnetic field [J].
  var storedEnergy: Double { 0.5 * model.powerFactor * model.inductance * current * current }

  /// Takes the winding's resistance at a temperature [degree Celsius]; a tenth of a degree is 0.04 % and not looked at.
  mutating func setTemperature(_ temperature: Double) {
    let change = temperature - self.temperature
    if change < 0.1 && change > -0.1 { return }
    self.temperature = temperature
    resistance = model.resistance(at: temperature)
    windingDecay = exponential(-resistance * step / model.inductance)
  }

  /// Advances by one step.
  ///
  /// - Parameters:
  ///   - reference: current asked for [A].
  ///   - speed: speed of the rotor over the step [rad/s].
  ///   - supply: voltage of the supply [V].
  /// - Returns: what the step did.
  @inline(__always)
  mutating func advance(towards reference: Double, speed: Double, supply: Double) -> Step {
    let before = current
    // What links less makes less of either: torque per current and back-EMF sink together.
    let isLinear = before <= model.kneeCurrent && before >= -model.kneeCurrent
    let linked = coupling * (isLinear ? 1 : model.linkedCurrent(before) / before)
    let emf = emfConstant * linked * speed
    let cross = model.winding.isThreePhase ? model.polePairs * speed * model.inductance * before : 0
    let limit = model.voltageLimit(supply: supply)
    let left = limit * limit - cross * cross
    let gain = bandwidth * model.inductance
    let followed = reference + (before - reference) * loopDecay
    let first = resistance * before + gain * (reference - before) + emf
    let last = resistance * followed + gain * (reference - followed) + emf
    // Within half of the voltage, where a quarter of its square is left for q, there is no limit to work out.
    let half = 0.5 * limit
    if left >= 0.25 * limit * limit && first <= half && first >= -half && last <= half && last >= -half {
      current = followed
      return follow(from: before, to: reference, emf: emf, linked: linked, gain: gain)
    }
    // However fast it turns, a drive keeps a twentieth of its voltage for q.
    let highest = left > 0.0025 * limit * limit ? real_sqrt(left) : 0.05 * limit
    if first <= highest && first >= -highest && last <= highest && last >= -highest {
      current = followed
      return follow(from: before, to: reference, emf: emf, linked: linked, gain: gain)
    }
    let worst = first > highest || first < -highest ? first : last
    let voltage = worst > 0 ? highest : -highest
    let final = (voltage - emf) / resistance
    let pushed = final + (before - final) * windingDecay
    // The loop lets go of the limit as soon as the current is where it would have been without.
    if (worst > 0) == (pushed > followed) && (reference - before) * worst > 0 {
      current = followed
      return follow(from: before, to: reference, emf: emf, linked: linked, gain: gain)
    }
    current = pushed
    let rate = resistance / model.inductance
    let sums = Self.integrals(from: before, to: final, decay: windingDecay, rate: rate, step: step)
    let factor = model.powerFactor
    return Step(
      torque: model.torqueConstant * linked * sums.first / step, supplied: factor * voltage * sums.first,
      copper: factor * resistance * sums.second, isSaturated: true)
  }

  @inline(__always)
  private func follow(from before: Double, to reference: Double, emf: Double, linked: Double, gain: Double)
    -> Step
  {
    let sums = Self.integrals(from: before, to: reference, decay: loopDecay, rate: bandwidth, step: step)
    let factor = model.powerFactor
    // v i over the step, with v = R i + w L (reference - i) + e.
    let supplied =
      (resistance - gain) * sums.second + (gain * reference + emf) * sums.first
    return Step(
      torque: model.torqueConstant * linked * sums.first / step, supplied: factor * supplied,
      copper: factor * resistance * sums.second)
  }

  /// Integrals of i and i^2 over a step of i = to + (from - to) exp(-rate t).
  @inline(__always)
  private static func integrals(from: Double, to: Double, decay: Double, rate: Double, step: Double)
    -> (first: Double, second: Double)
  {
    let gap = from - to
    let once = gap * (1 - decay) / rate
    let twice = gap * gap * (1 - decay * decay) / (2 * rate)
    return (to * step + once, to * to * step + 2 * to * once + twice)
  }
}
