import ControlCycle
import JointControl

/// What the frames make of each joint's numbers: `sinew check --fields`, and `fields` of its JSON.
enum CheckFields {
  /// One row a joint and direction.
  static func table(_ robot: Robot) -> String {
    var rows = TextTable([
      "joint", "drive", "", "position urad", "velocity mrad/s", "stiffness N.m/rad", "damping N.m.s/rad",
      "torque mN.m",
    ])
    for joint in robot.joints {
      for isCommand in [true, false] {
        let fields = joint.fields.filter { $0.isCommand == isCommand }
        rows.append(
          [joint.name, joint.driveModel.name, isCommand ? "command" : "answer"]
            + JointField.Quantity.allCases.map { quantity in
              fields.first { $0.quantity == quantity }.map(cell) ?? ""
            })
      }
    }
    return rows.text
      + "\none step of each field at the joint, and how much of its full scale the joint's limit or gain uses. -: not sent; "
      + "the host\nmakes torque of it, or the drive has gains of its own (position, velocity). ! : beyond full scale, the frame would saturate.\n"
  }

  private static func cell(_ field: JointField) -> String {
    guard field.isCarried else { return "-" }
    let scale =
      switch field.quantity {
      case .position: 1e6
      case .velocity, .torque: 1e3
      case .stiffness, .damping: 1.0
      }
    let share = RunReport.fixed(100 * field.limit / field.fullScale, 0)
    return "\(significant(field.step * scale)) (\(share) %\(field.saturates ? " !" : ""))"
  }

  /// Two significant digits, without an exponent where that is readable.
  private static func significant(_ value: Double) -> String {
    guard value > 0 else { return "0" }
    if value >= 10 { return RunReport.fixed(value, 0) }
    var digits = 1
    var scaled = value
    while scaled < 1 && digits < 9 {
      scaled *= 10
      digits += 1
    }
    return RunReport.fixed(value, digits)
  }

  /// The fields of a joint for machines, by direction and quantity.
  static func json(_ joint: RobotJoint) -> JSONValue {
    func part(_ isCommand: Bool) -> JSONValue {
      .object(
        joint.fields.filter { $0.isCommand == isCommand }.map {
          ($0.quantity.rawValue, json($0, isTorque: joint.configuration.drive.mode == .torque))
        })
    }
    return .object([("command", part(true)), ("answer", part(false))])
  }

  private static func json(_ field: JointField, isTorque: Bool) -> JSONValue {
    let unit =
      switch field.quantity {
      case .position: "rad"
      case .velocity: "rad_s"
      case .stiffness: "nm_rad"
      case .damping: "nms_rad"
      case .torque: "nm"
      }
    guard field.isCarried else {
      return .object([
        ("carried", .boolean(false)), ("closed_on_host", .boolean(field.isCommand && isTorque)),
      ])
    }
    var members: [(String, JSONValue)] = [
      ("carried", .boolean(true)), ("step_\(unit)", .number(field.step)),
      ("full_scale_\(unit)", .number(field.fullScale)), ("limit_\(unit)", .number(field.limit)),
      ("saturates", .boolean(field.saturates)),
    ]
    if let gain = field.carriedGain { members.append(("arrives_as_\(unit)", .number(gain))) }
    return .object(members)
  }
}
