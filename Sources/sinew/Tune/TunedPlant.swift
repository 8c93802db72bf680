import ControlCycle
import Foundation
import JointControl
import Simulation
import Tuning

/// A joint as its experiments found it: what gains are designed for, and what the twin simulates.
struct TunedPlant {
  /// Time between two torques of a loop that the drive closes [s]. Makers do not say; the simulated drives do it so, and all that
  /// are known are quicker.
  static let drivePeriod = 250e-6
  /// Time by which a drive's velocity is older than its position [s]: two lags at 400 Hz, as the simulated drives have them. Makers do
  /// not say this either.
  static let velocityLag = 2 / (2 * Double.pi * 400)

  /// Error of an inertia, as a part of it, up to which gains are designed: they keep every margin at twice of it to either side.
  static let bearableError = 0.2

  let joint: RobotJoint
  /// What was put together; nil where no experiment says anything.
  let fit: PlantFit?
  private let friction: FrictionMap?
  /// Middle of the frequencies that show the inertia [rad/s].
  private let shakenAt: Double

  /// Puts together what experiments found of a joint.
  init(_ joint: RobotJoint, _ robot: Robot, _ traces: [ExperimentTrace]) {
    self.joint = joint
    func records(_ kinds: [Experiment.Kind]) -> [JointRecord] {
      traces.filter { $0.abort == nil && kinds.contains($0.experiment.kind) }.compactMap {
        $0.record(of: joint)
      }
    }
    let shaken = traces.last { $0.experiment.kind == .inertia }?.experiment.band ?? 1...10
    shakenAt = 2 * .pi * (shaken.lowerBound * shaken.upperBound).squareRoot()
    let sweep = records([.friction]).last
    friction = sweep.flatMap { FrictionMap($0) }
    var known = PlantFit.Known(
      closure: joint.isClosedOnHost ? .host : .drive, period: Double(robot.period) * 1e-9)
    known.drivePeriod = Self.drivePeriod
    known.driveDelay = Self.drivePeriod
    known.positionQuantum = joint.measuredQuantum
    let counts = Double(joint.actuator.motor.encoderCounts) * joint.actuator.reducer.ratio
    known.encoderQuantum = counts > 0 ? 2 * .pi / counts : nil
    known.velocityQuantum =
      joint.fields.first { !$0.isCommand && $0.quantity == .velocity && $0.isCarried }?.step ?? 0
    known.rotorInertia = joint.actuator.armature > 0 ? joint.actuator.armature : nil
    known.backlash = joint.actuator.physics?.reducer.backlash ?? 0
    if let line = joint.actuator.physics?.reducer.lines.0, line.amplitude > 0 {
      known.reducerErrors = line.order * joint.actuator.reducer.ratio
    }
    let stiffness = joint.actuator.physics?.reducer.stiffness.first ?? .infinity
    known.reducerStiffness = stiffness < .infinity ? stiffness : nil
    fit = PlantFit(
      tones: records([.inertia]), broad: records([.chirp, .multisine, .delay]), sweep: sweep, known: known)
  }

  /// What was identified, for the report: what the experiments say together, then what one of them alone says.
  func parameters(_ findings: [TuneFinding]) -> [TuneFigure] {
    guard let fit else { return [] }
    var parameters = [
      TuneFigure("inertia_kgm2", "inertia", "kg.m^2", fit.inertia),
      TuneFigure("coulomb_nm", "Coulomb friction", "N.m", fit.coulomb),
      TuneFigure("viscous_nms_rad", "viscous friction", "N.m.s/rad", fit.viscous),
      TuneFigure("delay_s", "delay of the host's loop", "s", fit.delay),
      TuneFigure("velocity_lag_s", "velocity later than position", "s", fit.velocityLag),
    ]
    if let torsion = fit.torsion {
      parameters += [
        TuneFigure("antiresonance_hz", "antiresonance", torsion.antiresonance / (2 * .pi), "Hz"),
        TuneFigure("resonance_hz", "resonance", torsion.resonance / (2 * .pi), "Hz"),
      ]
    }
    let sweep = findings.last { $0.kind == Experiment.Kind.friction.rawValue && $0.abort == nil }
    return parameters + ["stribeck_nm", "load_friction"].compactMap { sweep?.figure($0) }
  }

  /// What keeps gains from being designed; nil where everything that is needed is known.
  var objection: String? {
    guard let fit else { return "no experiment with acceleration says anything; excite it with more torque" }
    if !fit.inertia.isIdentified && !(fit.inertia.relativeError <= Self.bearableError) {
      return "the inertia is not identified: \(fit.inertia.reason ?? "no experiment shows it")"
    }
    if joint.isClosedOnHost, !fit.delay.isIdentified {
      return "the host closes this loop, and its delay is not identified: \(fit.delay.reason ?? "")"
    }
    return nil
  }

  /// The joint for the design of gains.
  var plant: JointPlant? { fit?.plant }

  /// How much torque shakes the joint, once something is known of it; nil before.
  func excitation(envelope: ExperimentEnvelope, gains: ImpedanceGains) -> ExcitationSize? {
    guard let fit, fit.inertia.value > 0 else { return nil }
    let torque = min(joint.configuration.limits.torque, joint.actuator.motor.peakTorque)
    return ExcitationSize(
      inertia: fit.inertia.isIdentified ? fit.inertia.value : max(fit.inertia.value, joint.actuator.armature),
      coulombFriction: max(0, friction?.coulomb.value ?? fit.coulomb.value), stiffness: gains.stiffness,
      damping: gains.damping, way: 0.4 * envelope.travel, speed: 0.7 * envelope.velocity,
      motorTorque: min(0.25 * torque, 0.6 * envelope.torque),
      excitationTorque: min(0.4 * torque, 0.9 * envelope.torque))
  }

  /// What gains have to keep, by the joint's description.
  var limits: DesignLimits {
    var limits = DesignLimits()
    if let error = fit?.inertia.relativeError, error <= Self.bearableError {
      limits.inertiaReserve = max(limits.inertiaReserve, 2 * error)
    }
    let torque = min(joint.configuration.limits.torque, joint.actuator.motor.peakTorque)
    limits.peakTorque = torque
    // A motor that may give its peak for a short time bears about a third of it for long.
    limits.ratedTorque = torque / 3
    let ratio = joint.configuration.transmission.ratio
    let range = joint.configuration.drive.range
    if range.stiffness > 0 { limits.stiffnessScale = range.stiffness * ratio * ratio }
    if range.damping > 0 { limits.dampingScale = range.damping * ratio * ratio }
    return limits
  }

  /// The joint for the simulator; nil where there is an objection.
  var identified: IdentifiedJoint? {
    guard objection == nil, let fit else { return nil }
    return IdentifiedJoint(
      inertia: fit.inertia.value, frequency: shakenAt, coulombFriction: fit.coulomb.value,
      viscousFriction: fit.viscous.value)
  }

  /// A factor in decibels.
  static func decibels(_ factor: Double) -> Double { 20 * log10(factor) }

  /// The factor of decibels.
  static func factor(_ decibels: Double) -> Double { pow(10, decibels / 20) }
}

extension GainDesign {
  /// The gains to four digits, as a person would write them.
  var gains: ImpedanceGains {
    func short(_ value: Double) -> Double { Double(Markup.number(value, digits: 4)) ?? value }
    return ImpedanceGains(stiffness: short(stiffness), damping: short(damping))
  }
}

extension GainDesign.Wanted {
  /// For people.
  var text: String {
    func number(_ value: Double) -> String { Markup.number(value, digits: 4) }
    switch self {
    case .stiffest: return "the highest bandwidth that keeps every limit"
    case .bandwidth(let hertz, nil): return "a bandwidth of \(number(hertz)) Hz"
    case .bandwidth(let hertz, let margin?):
      return "a bandwidth of \(number(hertz)) Hz with a phase margin of \(number(margin * 180 / .pi)) deg"
    case .damping(let stiffness, let ratio):
      return "a stiffness of \(number(stiffness)) N.m/rad with a damping ratio of \(number(ratio))"
    }
  }
}

extension TuneDesign {
  /// Gains of the library, beside those in use and their margins.
  init(_ design: GainDesign, before: ImpedanceGains, with inUse: LoopMargins, wanted: GainDesign.Wanted) {
    let (margins, inUse) = (TuneResponse.Margins(design.margins), TuneResponse.Margins(inUse))
    var figures = [
      TuneFigure("bandwidth_hz", "bandwidth", design.bandwidth, "Hz", better: .higher),
      TuneFigure("phase_margin_deg", "phase margin", margins.phase, "deg", better: .higher),
      TuneFigure("crossover_hz", "crossover", margins.crossover, "Hz"),
      TuneFigure("gain_margin_db", "gain margin", margins.gain, "dB", better: .higher),
      TuneFigure("delay_margin_s", "delay margin", margins.delay, "s", better: .higher),
      TuneFigure("sensitivity_peak", "peak of the sensitivity", margins.sensitivityPeak, "", better: .lower),
      TuneFigure(
        "passive_stiffness_nm_rad", "passive up to", design.passiveStiffness, "N.m/rad",
        reason: "Colgate and Schenkel's bound: stable whatever touches the joint"),
      TuneFigure(Self.phaseInUse, "phase margin of the gains in use", inUse.phase, "deg"),
      TuneFigure(Self.gainInUse, "gain margin of the gains in use", inUse.gain, "dB"),
    ]
    figures.removeAll { $0.value == nil }
    self.init(
      wanted: wanted.text, before: Gains(stiffness: before.stiffness, damping: before.damping),
      after: Gains(stiffness: design.gains.stiffness, damping: design.gains.damping), figures: figures,
      bound: design.checks.filter { design.limitedBy.contains($0.kind) }.map(\.text).joined(separator: "; "))
  }
}
