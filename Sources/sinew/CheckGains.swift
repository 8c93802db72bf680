import ControlCycle
import JointControl

/// Which gains each loop bears that the host closes: `sinew check`, and `gain_bound` of its JSON.
enum CheckGains {
  /// One row a joint whose loop the host closes.
  static func table(_ robot: Robot) -> String {
    var rows = TextTable([
      "joint", "rotor kg.m^2", "stiffness N.m/rad", "of at most", "damping N.m.s/rad", "from", "to",
      "held by friction",
    ])
    for joint in robot.joints where joint.isClosedOnHost {
      let (gains, bound) = (joint.configuration.gains, joint.gainBound)
      let range = bound.dampingRange(stiffness: gains.stiffness)
      rows.append([
        joint.name, RunReport.fixed(bound.inertia, 4), RunReport.fixed(gains.stiffness, 1),
        RunReport.fixed(bound.stiffnessLimit(damping: gains.damping), 1), RunReport.fixed(gains.damping, 2),
        range.map { RunReport.fixed($0.lowerBound, 2) } ?? "-",
        range.map { RunReport.fixed($0.upperBound, 2) } ?? "-",
        joint.quantisedStiffness < .infinity ? RunReport.fixed(joint.quantisedStiffness, 0) : "-",
      ])
    }
    return rows.text
      + "\nloops that the host closes, a cycle late, on the bare rotor: where stiffness and damping are stable, and the "
      + "stiffness\nup to which friction holds one step of measured position\n"
  }

  /// The bound of a joint for machines; what is not bounded is not there.
  static func json(_ joint: RobotJoint) -> JSONValue {
    guard joint.isClosedOnHost else { return .object([("closed_by", "drive")]) }
    let (gains, bound) = (joint.configuration.gains, joint.gainBound)
    var members: [(String, JSONValue)] = [
      ("closed_by", "host"), ("rotor_inertia_kgm2", .number(bound.inertia)),
      ("delay_cycles", .integer(Int64(bound.delay))),
      ("stable", .boolean(bound.isStable(stiffness: gains.stiffness, damping: gains.damping))),
      ("stiffness_max_nm_rad", .number(bound.stiffnessLimit(damping: gains.damping))),
    ]
    if let range = bound.dampingRange(stiffness: gains.stiffness) {
      members.append(("damping_min_nms_rad", .number(range.lowerBound)))
      members.append(("damping_max_nms_rad", .number(range.upperBound)))
    }
    let passive = bound.passiveStiffness(
      damping: gains.damping, viscousFriction: joint.configuration.viscousFriction)
    members.append(("stiffness_passive_nm_rad", .number(passive)))
    if joint.quantisedStiffness < .infinity {
      members.append(("stiffness_held_by_friction_nm_rad", .number(joint.quantisedStiffness)))
    }
    if let reason = joint.gainsOverride { members.append(("override", .string(reason))) }
    return .object(members)
  }
}
