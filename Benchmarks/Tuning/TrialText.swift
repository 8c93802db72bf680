import JointControl
import Simulation
import Tuning

extension JointTrial.Outcome {
  /// One line of JSON: the joint as it is, what was found, the gains.
  var json: String {
    var fields: [(String, String)] = [
      ("seed", "\(joint.seed)"), ("gear", "\"\(joint.gear.rawValue)\""),
      ("closed_on_host", "\(joint.isClosedOnHost)"), ("inertia", number(joint.inertia)),
      ("coulomb", number(joint.coulomb)), ("viscous", number(joint.viscous)),
      ("backlash", number(joint.backlash)),
      ("delay_cycles", "\(joint.delay)"), ("rotor_inertia", number(RandomJoint.armature)),
      ("arrival_ns", "\(arrival)"),
    ]
    if let model = joint.actual.joints[0].actuator.physics {
      fields += [
        ("stiffness_first", number(model.reducer.stiffness.first)),
        ("reducer_damping", number(model.reducer.damping)),
        ("current_bandwidth_hz", number(model.motor.currentBandwidth)),
        ("ratio", number(model.reducer.ratio)),
      ]
    }
    fields += [
      ("seconds", number(seconds)), ("travel", number(travel)), ("torque", number(torque)),
      ("rated_torque", number(RandomJoint.ratedTorque)), ("abort", text(abort)), ("refusal", text(refusal)),
    ]
    if let fit {
      fields += [
        ("found_inertia", estimate(fit.inertia)), ("found_coulomb", estimate(fit.coulomb)),
        ("found_viscous", estimate(fit.viscous)), ("found_delay", estimate(fit.delay)),
        ("found_velocity_lag", estimate(fit.velocityLag)),
      ]
      if let torsion = fit.torsion {
        fields += [
          ("found_antiresonance", number(torsion.antiresonance)),
          ("found_resonance", number(torsion.resonance)),
          ("found_torsion_damping", number(torsion.dampingRatio)),
        ]
      }
    }
    if let design {
      fields += [
        ("gain_stiffness", number(design.stiffness)), ("gain_damping", number(design.damping)),
        ("limited_by", "[" + design.limitedBy.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") + "]"),
        ("predicted_phase_deg", number((design.margins.phase?.value ?? .pi) * 180 / .pi)),
        ("predicted_bandwidth_hz", number(design.bandwidth ?? 0)),
      ]
    }
    return "{" + fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
  }

  private func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }

  private func text(_ text: String?) -> String {
    guard let text else { return "null" }
    let plain = text.map { $0 == "\"" || $0 == "\\" || $0.isNewline ? "'" : $0 }
    return "\"" + String(plain) + "\""
  }

  private func estimate(_ estimate: Estimate) -> String {
    "{\"value\": \(number(estimate.value)), \"error\": \(number(estimate.standardError)),"
      + " \"identified\": \(estimate.isIdentified), \"reason\": \(text(estimate.reason))}"
  }
}

extension JointRecord {
  /// The record as a table, a row a line.
  var table: String {
    let head = "time,position,velocity,torque,applied,commanded,excitation,part"
    let lines = (0..<count).map { row in
      "\(times[row]),\(positions[row]),\(velocities[row]),\(torques[row]),\(appliedTorques[row]),\(commandedPositions[row]),"
        + "\(excitations[row]),\(parts[row])"
    }
    return ([head] + lines).joined(separator: "\n") + "\n"
  }
}
