import JointControl

/// What `sinew home` says.
struct HomeReport {
  let robot: Robot
  let found: HomingReport
  /// How far each simulated drive's zero was off [rad]; nil on a real robot.
  let truth: [Double]?

  /// The report, for people or machines.
  func text(json: Bool) -> String { json ? self.json.text : table }

  private var homed: [Int] { found.joints.indices.filter { found.joints[$0].plan != nil } }

  private var table: String {
    var table = TextTable(
      [
        "joint", "method", "read rad", "correction rad", "stands rad", "peak N.m", "spread rad", "s",
        "weight",
      ])
    for index in homed {
      let joint = found.joints[index]
      let search = joint.search
      table.append([
        joint.name, joint.plan?.method.rawValue ?? "", RunReport.fixed(joint.reading, 4),
        RunReport.fixed(joint.correction, 4), RunReport.fixed(joint.position, 4),
        search.map { RunReport.fixed($0.peakTorque, 2) } ?? "-",
        search.map { RunReport.fixed($0.spread, 5) } ?? "-",
        search.map { RunReport.fixed($0.elapsed, 1) } ?? "-", joint.weight?.verdict.rawValue ?? "-",
      ])
    }
    var text = table.text
    for index in homed {
      if case .recovered(let turns)? = found.joints[index].choice?.verdict {
        text +=
          "\(found.joints[index].name): its drive had lost \(turns.magnitude) turns of its rotor, put back\n"
      }
    }
    if let error = worst { text += "in truth off by \(RunReport.fixed(error, 5)) rad at most\n" }
    return text
  }

  /// Highest error of a simulated zero [rad].
  private var worst: Double? {
    truth.flatMap { truth in homed.map { (found.joints[$0].correction + truth[$0]).magnitude }.max() }
  }

  private var json: JSONValue {
    let joints = homed.map { index -> (String, JSONValue) in
      let joint = found.joints[index]
      var members: [(String, JSONValue)] = [
        ("method", .string(joint.plan?.method.rawValue ?? "")), ("reading_rad", .number(joint.reading)),
        ("correction_rad", .number(joint.correction)), ("position_rad", .number(joint.position)),
      ]
      if let choice = joint.choice {
        var turns: Int64 = 0
        if case .recovered(let count) = choice.verdict { turns = Int64(count) }
        members += [("turns_recovered", .integer(turns)), ("moved_rad", .number(choice.distance))]
      }
      if let search = joint.search {
        members += [
          ("peak_torque_Nm", .number(search.peakTorque)), ("peak_speed_rad_s", .number(search.peakSpeed)),
          ("spread_rad", .number(search.spread)), ("reach_rad", .number(search.reach)),
          ("time_s", .number(search.elapsed)),
        ]
      }
      if let weight = joint.weight {
        members += [
          ("weight", .string(weight.verdict.rawValue)), ("measured_Nm", .number(weight.measured)),
          ("expected_Nm", .number(weight.expected)), ("tolerance_Nm", .number(weight.tolerance)),
        ]
      }
      if let truth { members.append(("true_error_rad", .number(joint.correction + truth[index]))) }
      return (joint.name, .object(members))
    }
    return .object([
      ("schema", "sinew.home/1"), ("robot", .string(robot.name)),
      ("target", .string(truth == nil ? "real" : "sim")), ("dry_run", false), ("joints", .object(joints)),
    ])
  }

  /// What would be done.
  static func plan(_ robot: Robot, _ plans: [HomingPlan?], json: Bool) -> String {
    var table = TextTable(
      ["joint", "method", "at rad", "towards", "N.m", "rad/s", "travel rad", "s", "back off rad"])
    var members: [(String, JSONValue)] = []
    for (joint, plan) in zip(robot.joints, plans) {
      guard let plan else { continue }
      let moves = plan.method != .saved
      let cells = [plan.torque, plan.speed, plan.travel, plan.time, plan.backOff]
      table.append(
        [
          joint.name, plan.method.rawValue, moves ? RunReport.fixed(plan.mark, 3) : "-",
          moves ? (plan.direction > 0 ? "+" : "-") : "-",
        ] + cells.map { moves ? RunReport.fixed($0, 2) : "-" })
      var parts: [(String, JSONValue)] = [("method", .string(plan.method.rawValue))]
      if moves {
        parts += [
          ("at_rad", .number(plan.mark)),
          ("direction", .string(plan.direction > 0 ? "positive" : "negative")),
          ("torque_Nm", .number(plan.torque)), ("speed_rad_s", .number(plan.speed)),
          ("travel_rad", .number(plan.travel)), ("time_s", .number(plan.time)),
          ("back_off_rad", .number(plan.backOff)),
        ]
      } else {
        parts.append(("turn_rad", .number(joint.turnPitch)))
      }
      members.append((joint.name, .object(parts)))
    }
    guard json else { return table.text }
    return JSONValue.object([
      ("schema", "sinew.home/1"), ("robot", .string(robot.name)), ("dry_run", true),
      ("joints", .object(members)),
    ]).text
  }
}
