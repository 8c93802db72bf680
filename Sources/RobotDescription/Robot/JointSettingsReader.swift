import ControlCycle

extension RobotFileReader {
  /// Gains, limits and staleness below `defaults` or a joint.
  func settings(_ reader: MappingReader) -> JointDefaults {
    var settings = JointDefaults()
    if let gains = reader.mapping("gains", keys: .gains) {
      settings.gains = gains.numbers(.gains)
      units.positive("stiffness", in: &settings.gains, unit: "N.m/rad")
      units.positive("damping", in: &settings.gains, unit: "N.m.s/rad")
    }
    if let limits = reader.mapping("limits", keys: .limits) { readLimits(limits, into: &settings) }
    if let staleness = reader.mapping("staleness", keys: .staleness) {
      settings.policy = staleness.choice("policy", StalenessName.self)
      let most = Int(StalenessPolicy.lossAge) - 1
      settings.maxAge = staleness.integer(
        "max_age", in: 1...most, fix: "write cycles from 1 to \(most), such as 5; not seconds")
    }
    settings.law = reader.choice("law", LawName.self)
    return settings
  }

  private func readLimits(_ reader: MappingReader, into settings: inout JointDefaults) {
    var limits = reader.numbers(.limits)
    units.angle("min_position", in: &limits)
    units.angle("max_position", in: &limits)
    units.velocity("max_velocity", in: &limits)
    units.positive("max_acceleration", in: &limits, unit: "rad/s^2", most: 100_000)
    units.positive("max_effort", in: &limits, unit: "N.m", most: 5000)
    settings.limits = limits
    settings.hasPositionLimits = readFlags(reader)
  }

  /// Checks ros2_control's `has_*_limits`: a limit is on where it has a value, and none can be switched off.
  private func readFlags(_ reader: MappingReader) -> Located<Bool>? {
    let applied = [
      ("has_velocity_limits", "max_velocity"), ("has_acceleration_limits", "max_acceleration"),
      ("has_effort_limits", "max_effort"),
    ]
    for (flag, key) in applied {
      guard let isOn = reader.flag(flag), !isOn.value else { continue }
      let hasValue = reader.node(key) != nil
      log.report(
        isOn.location, hasValue ? "\(flag) is false beside a value of \(key)" : "\(flag) is false",
        fix: hasValue
          ? "remove \(flag); a value is always applied"
          : "remove \(flag) and give \(key); it is always limited")
    }
    for flag in ["has_deceleration_limits", "has_jerk_limits", "has_soft_limits"] {
      guard let isOn = reader.flag(flag), isOn.value else { continue }
      log.report(isOn.location, "\(flag) is true, but such limits are not applied", fix: "remove \(flag)")
    }
    let position = reader.flag("has_position_limits")
    if let position, !position.value,
      reader.node("min_position") != nil || reader.node("max_position") != nil
    {
      log.report(
        position.location, "has_position_limits is false beside a position limit",
        fix: "remove has_position_limits; a value is always applied")
      return nil
    }
    return position
  }
}
