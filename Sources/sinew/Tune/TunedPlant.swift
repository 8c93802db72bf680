import ControlCycle
import Foundation
import JointControl
import Simulation
import Tuning

/// A joint as its experiments found it: from findings to what gains are designed for and what the twin simulates.
struct TunedPlant {
  /// Time between two torques of a loop that the drive closes [s]. Makers do not say; the simulated drives do it so, and all that
  /// are known are quicker.
  static let drivePeriod = 250e-6
  /// Time by which a drive's velocity is older than its position [s]: two lags at 400 Hz, as the simulated drives have them. Makers do
  /// not say this either.
  static let velocityLag = 2 / (2 * Double.pi * 400)

  let joint: RobotJoint
  /// What was identified, in the order of the report.
  private(set) var parameters: [TuneFigure] = []

  /// Collects what experiments found of a joint.
  init(_ findings: [TuneFinding], joint: RobotJoint) {
    self.joint = joint
    let measured = findings.filter { $0.stage == .measure && $0.abort == nil }
    for (key, kinds) in Self.sources {
      let found = kinds.compactMap { kind in measured.last { $0.kind == kind }?.figure(key) }
      // The first that says what it is; else the first at all, with its reason.
      if let figure = found.first(where: \.isIdentified) ?? found.first { parameters.append(figure) }
    }
  }

  /// Which experiment says what, the best one first.
  private static let sources: [(key: String, kinds: [String])] = [
    ("inertia_kgm2", ["inertia", "chirp", "multisine"]),
    ("coulomb_nm", ["friction", "inertia", "breakaway"]),
    ("viscous_nms_rad", ["friction", "inertia", "chirp"]),
    ("stribeck_nm", ["friction"]), ("load_friction", ["friction"]), ("breakaway_nm", ["breakaway"]),
    ("delay_s", ["delay", "chirp", "multisine"]), ("backlash_rad", ["backlash"]),
    ("gravity_nm", ["gravity"]), ("torque_constant", ["kt"]), ("torsion_nm_rad", ["stiffness"]),
  ]

  private func value(_ key: String) -> Double? {
    parameters.first { $0.key == key && $0.isIdentified }?.value
  }

  /// What keeps gains from being designed; nil where everything that is needed is known.
  var objection: String? {
    guard let inertia = parameters.first(where: { $0.key == "inertia_kgm2" }) else {
      return "the inertia was not looked for; run inertia or chirp"
    }
    if !inertia.isIdentified || !((inertia.value ?? 0) > 0) {
      return "the inertia is not identified: \(inertia.reason ?? "no experiment shows it")"
    }
    if joint.isClosedOnHost, value("delay_s") == nil {
      return "the host closes this loop, and its delay is not identified; run delay"
    }
    return nil
  }

  /// The joint for the design of gains; nil where there is an objection.
  var plant: JointPlant? {
    guard objection == nil, let inertia = value("inertia_kgm2") else { return nil }
    let isHosts = joint.isClosedOnHost
    let period = isHosts ? Double(joint.period) * 1e-9 : Self.drivePeriod
    var plant = JointPlant(
      inertia: inertia, closure: isHosts ? .host : .drive, period: period,
      delay: isHosts ? max(0, value("delay_s") ?? period) : period)
    plant.coulombFriction = max(0, value("coulomb_nm") ?? 0)
    plant.viscousFriction = max(0, value("viscous_nms_rad") ?? 0)
    plant.backlash = max(0, value("backlash_rad") ?? 0)
    plant.velocityLag = Self.velocityLag
    // A drive that closes the loop sees its encoder, the host what the frames hold of it.
    let counts = Double(joint.actuator.motor.encoderCounts) * joint.actuator.reducer.ratio
    plant.positionQuantum = isHosts || !(counts > 0) ? joint.measuredQuantum : 2 * .pi / counts
    plant.rotorInertia = min(inertia, max(joint.actuator.armature, 1e-9))
    return plant
  }

  /// What gains have to keep, by the joint's description.
  var limits: DesignLimits {
    var limits = DesignLimits()
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
    guard objection == nil, let inertia = value("inertia_kgm2") else { return nil }
    return IdentifiedJoint(
      inertia: inertia, coulombFriction: value("coulomb_nm") ?? joint.actuator.reducer.coulombFriction,
      viscousFriction: value("viscous_nms_rad") ?? joint.actuator.reducer.viscousFriction)
  }

  /// A factor in decibels.
  static func decibels(_ factor: Double) -> Double { 20 * log10(factor) }
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
  /// Gains of the library, beside those in use.
  init(_ design: GainDesign, before: ImpedanceGains, wanted: GainDesign.Wanted) {
    let margins = TuneResponse.Margins(design.margins)
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
    ]
    figures.removeAll { $0.value == nil }
    self.init(
      wanted: wanted.text, before: Gains(stiffness: before.stiffness, damping: before.damping),
      after: Gains(stiffness: design.stiffness, damping: design.damping), figures: figures,
      bound: design.checks.filter { design.limitedBy.contains($0.kind) }.map(\.text).joined(separator: "; "))
  }
}
