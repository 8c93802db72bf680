import JointControl

extension MovePlayer.Record {
  /// Whether the joints came to where the step was to take them.
  var isReached: Bool { outcome == .done }

  /// For machines: what became of a step of this verb.
  func json(verb: String, robot: Robot) -> JSONValue {
    .object([
      ("verb", .string(verb)), ("outcome", .string(outcome.word)), ("reached", .boolean(isReached)),
      ("begin_s", .number(begin)), ("end_s", .number(end)),
      ("planned_s", planned.map(JSONValue.number) ?? .null),
      ("duration_s", outcome == .pending ? .null : .number(end - begin)),
      ("stopped_first", .boolean(stoppedFirst)),
      ("targets", .integer(Int64(targets))),
      ("final_error_rad", error.map(JSONValue.number) ?? .null),
      ("final_error_joint", error == nil ? .null : .string(robot.joints[errorJoint].name)),
    ])
  }

  /// For people, in a line.
  func text(number: Int, verb: String, robot: Robot) -> String {
    var text = "step \(number), \(verb): "
    if outcome == .pending { return text + "not begun\n" }
    text += "\(RunReport.fixed(begin, 3)) to \(RunReport.fixed(end, 3)) s, \(outcome.word)"
    if let planned { text += ", planned \(RunReport.fixed(planned, 3)) s" }
    if targets > 0 { text += ", \(targets) targets" }
    if let error { text += ", off by \(RunReport.fixed(error, 5)) rad (\(robot.joints[errorJoint].name))" }
    if stoppedFirst { text += ", after coming to rest: turning at once would pass a position limit" }
    return text + "\n"
  }
}

extension MovePlayer.Outcome {
  /// The outcome in a word.
  var word: String {
    switch self {
    case .pending: "pending"
    case .running: "cut_off"
    case .done: "done"
    case .replaced: "replaced"
    case .silent: "silent"
    case .refused: "refused"
    }
  }
}

extension RunReport {
  /// What became of the verbs, for people.
  var moveText: String {
    guard let moves, let movedRobot else { return "" }
    var text = ""
    for (index, record) in moveRecords.enumerated() {
      text += record.text(number: index + 1, verb: moves.steps[index].verb.word, robot: movedRobot)
    }
    return text + (targets?.text ?? "") + (taught?.text ?? "")
  }

  /// What became of the verbs, for machines.
  var moveMembers: [(String, JSONValue)] {
    guard let moves, let movedRobot else { return [] }
    let steps = moveRecords.enumerated().map { index, record in
      record.json(verb: moves.steps[index].verb.word, robot: movedRobot)
    }
    return [("steps", .array(steps))] + (targets.map { [("targets", $0.json)] } ?? [])
      + (taught.map { [("taught", $0.json)] } ?? [])
  }
}

extension RunReport {
  /// A collision with the names of the robot.
  struct CollisionText {
    let collision: Collision
    let joint: String

    init(_ collision: Collision, robot: Robot) {
      self.collision = collision
      joint = robot.joints[collision.joint].name
    }

    /// For people.
    var text: String {
      "collision: \(joint) was pushed with \(RunReport.fixed(collision.torque, 2)) N.m, more than "
        + "\(RunReport.fixed(collision.threshold, 2)); clear the way, or choose another level"
    }

    /// For machines.
    var json: JSONValue {
      .object([
        ("joint", .string(joint)), ("torque_nm", .number(collision.torque)),
        ("threshold_nm", .number(collision.threshold)), ("time_ns", .integer(collision.time)),
      ])
    }
  }
}
