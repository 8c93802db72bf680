/// A figure of a joint before and with new gains.
struct TuneChange: Equatable {
  /// Name for machines.
  var key: String
  /// Name for people.
  var title: String
  var unit: String
  var before: Double?
  var after: Double?

  /// Both numbers in a few words; empty where neither is known.
  var text: String {
    if before == nil && after == nil { return "" }
    let words = [before, after].map { value in value.map { Markup.measured($0, digits: 4) } ?? "-" }
    return "\(words[0]) → \(words[1])"
  }
}

extension TuneResult.Joint {
  /// The step with the gains of before; nil where there is none.
  var oldStep: TuneFinding? { findings.last { $0.kind == "step" && $0.stage == .before } }

  /// The step with the new gains: the robot's, or else the twin's.
  var newStep: TuneFinding? {
    findings.last { $0.kind == "step" && $0.stage == .after }
      ?? findings.last { $0.kind == "step" && $0.stage == .twin }
  }

  /// What new gains changed; empty where none were looked for.
  var changes: [TuneChange] {
    guard let design else { return [] }
    var changes = [
      TuneChange(
        key: "stiffness", title: "stiffness", unit: "N.m/rad", before: design.before.stiffness,
        after: design.after.stiffness),
      TuneChange(
        key: "damping", title: "damping", unit: "N.m.s/rad", before: design.before.damping,
        after: design.after.damping),
    ]
    func add(_ key: String, _ title: String, _ unit: String, times scale: Double = 1) {
      let steps = [oldStep, newStep]
      let values = steps.map { step in
        (step?.figure(key) ?? step?.settings.first { $0.key == key })?.value.map { $0 * scale }
      }
      changes.append(TuneChange(key: key, title: title, unit: unit, before: values[0], after: values[1]))
    }
    add("rise_time_s", "rise of a step, 10 to 90 %", "ms", times: 1000)
    add("settling_time_s", "settling to 2 %", "ms", times: 1000)
    add("overshoot_percent", "overshoot", "%")
    add("steady_error_rad", "left at the end", "mrad", times: 1000)
    add("peak_torque_share_percent", "highest torque, of the limit", "%")
    let loops = ["loop", "loop_new"].map { key in
      findings.flatMap(\.responses).last { $0.key == key }?.margins
    }
    changes += [
      TuneChange(
        key: "phase_margin_deg", title: "phase margin of the measured loop", unit: "deg",
        before: loops[0]?.phase, after: loops[1]?.phase),
      TuneChange(
        key: "gain_margin_db", title: "gain margin of the measured loop", unit: "dB",
        before: loops[0]?.gain, after: loops[1]?.gain),
    ]
    return changes
  }
}

extension TuneResult.Outcome {
  /// For people, in a word or two.
  var text: String { self == .rolledBack ? "rolled back" : rawValue }

  /// For people who were not there.
  var sentence: String {
    switch self {
    case .measured: "Measured; no gains were looked for."
    case .kept:
      "The gains in use stay: they are stiffer than those that were found, and keep the least margins."
    case .designed: "Gains were found that pass on the twin. They are not in use."
    case .applied: "The new gains passed on the robot too, and are on trial."
    case .rolledBack:
      "New gains were tried on the robot, a check failed, and those of before are in use again."
    case .refused: "No gains."
    }
  }

  /// What follows from it; nil where nothing does.
  var next: String? {
    switch self {
    case .measured, .kept: nil
    case .designed:
      "designed: write the patch of the joint into robot.yaml, or try the gains on the robot with sinew tune auto --apply."
    case .applied:
      "applied: sinew run --gains trial uses the gains, sinew gains save makes them those of robot.yaml, sinew gains "
        + "revert drops them."
    case .rolledBack, .refused:
      "\(text): put right what is said above, and run sinew tune again; --resume leaves out the joints that passed."
    }
  }
}
