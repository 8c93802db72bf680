import ControlCycle
import RigidBody

/// A number with the place and the words to complain about it.
struct LimitValue {
  var value: Double
  var location: SourceLocation
  /// What errors call it, such as "max_position" or "the URDF's upper".
  var title: String
}

/// The limits of one joint from its entry, the defaults, the URDF and its safety controller.
///
/// Where several give a number the tightest one holds. An entry of the joint itself that is wider than the URDF's
/// is a mistake: it would look as if it were applied.
struct LimitResolution {
  let entry: JointEntry
  let defaults: JointDefaults
  let joint: URDFJoint
  let log: DiagnosticLog

  /// The bounds by key; nil where none is given or one was refused.
  struct Bounds {
    var minPosition: LimitValue?
    var maxPosition: LimitValue?
    var velocity: LimitValue?
    var acceleration: LimitValue?
    var effort: LimitValue?
  }

  func resolve() -> Bounds {
    var bounds = Bounds()
    let urdf = joint.limits
    let hasURDFPositions = joint.kind != .continuous && (urdf?.lower != nil || urdf?.upper != nil)
    checkURDF(hasPositions: hasURDFPositions)
    bounds.minPosition = position(
      "min_position", hard: hasURDFPositions ? urdf?.lower ?? 0 : nil, name: "lower",
      soft: joint.safetyController?.softLowerLimit, isLower: true)
    bounds.maxPosition = position(
      "max_position", hard: hasURDFPositions ? urdf?.upper ?? 0 : nil, name: "upper",
      soft: joint.safetyController?.softUpperLimit, isLower: false)
    bounds.velocity = magnitude("max_velocity", urdf: urdf?.velocity, name: "velocity")
    bounds.effort = magnitude("max_effort", urdf: urdf?.effort, name: "effort")
    bounds.acceleration = magnitude("max_acceleration", urdf: nil, name: "")
    reportMissing(bounds)
    if let low = bounds.minPosition, let high = bounds.maxPosition, low.value >= high.value {
      let culprit = low.location.file == entry.name.location.file ? low : high
      log.report(
        culprit.location,
        "joint '\(joint.name)': \(low.title) \(written(low.value)) is not below \(high.title) \(written(high.value))",
        fix: "swap or correct the two")
    }
    return bounds
  }

  private func checkURDF(hasPositions: Bool) {
    guard let limits = joint.limits else { return }
    for (name, value) in [("velocity", limits.velocity), ("effort", limits.effort)] {
      guard let value, value < 0 else { continue }
      log.report(
        limits.location, "joint '\(joint.name)' has a negative \(name) limit, \(written(value))",
        fix: "write a number above zero")
    }
    guard hasPositions else { return }
    for (name, value) in [("lower", limits.lower), ("upper", limits.upper)] {
      guard let value, abs(value) > 4 * .pi + 1e-6, abs(value) <= 720 else { continue }
      log.report(
        limits.location, "joint '\(joint.name)': \(name)=\"\(written(value))\" looks like degrees",
        fix: "write \(written(value * .pi / 180)), in radians")
    }
  }

  private func position(
    _ key: String, hard: Double?, name: String, soft: Double?, isLower: Bool
  ) -> LimitValue? {
    func isTighter(_ a: Double, _ b: Double) -> Bool { isLower ? a > b : a < b }
    var candidates: [LimitValue] = []
    if let hard, let limits = joint.limits {
      candidates.append(LimitValue(value: hard, location: limits.location, title: "the URDF's \(name)"))
    }
    if let soft, let safety = joint.safetyController, let low = safety.softLowerLimit,
      let high = safety.softUpperLimit, low < high
    {
      candidates.append(
        LimitValue(value: soft, location: safety.location, title: "the URDF's soft_\(name)_limit"))
    }
    if let shared = defaults.limits[key] {
      candidates.append(LimitValue(value: shared.value, location: shared.location, title: key))
    }
    if let own = entry.settings.limits[key] {
      if let hard, isTighter(hard, own.value), abs(hard - own.value) > 1e-9 {
        reportWider(key, own, name, hard)
      }
      candidates.append(LimitValue(value: own.value, location: own.location, title: key))
    }
    return tightest(candidates, isTighter: isTighter)
  }

  private func magnitude(_ key: String, urdf: Double?, name: String) -> LimitValue? {
    var candidates: [LimitValue] = []
    // URDF files write 0 where they mean to give no limit.
    if let urdf, urdf > 0, let limits = joint.limits {
      candidates.append(LimitValue(value: urdf, location: limits.location, title: "the URDF's \(name)"))
    }
    if let shared = defaults.limits[key] {
      candidates.append(LimitValue(value: shared.value, location: shared.location, title: key))
    }
    if let own = entry.settings.limits[key] {
      if let urdf, urdf > 0, own.value > urdf * (1 + 1e-9) { reportWider(key, own, name, urdf) }
      candidates.append(LimitValue(value: own.value, location: own.location, title: key))
    }
    return tightest(candidates) { $0 < $1 }
  }

  /// The tightest candidate; a refused one stands for all, so that nothing else is concluded from it.
  private func tightest(
    _ candidates: [LimitValue], isTighter: (Double, Double) -> Bool
  ) -> LimitValue? {
    if let refused = candidates.first(where: { $0.value.isNaN }) { return refused }
    return candidates.max { isTighter($1.value, $0.value) }
  }

  private func reportWider(_ key: String, _ own: Located<Double>, _ name: String, _ urdf: Double) {
    let line = joint.limits.map { " (line \($0.location.line))" } ?? ""
    log.report(
      own.location,
      "\(key) \(written(own.value)) is wider than the URDF's \(name) \(written(urdf))\(line)",
      fix: "write at most what the URDF allows, or correct the URDF")
  }

  private func reportMissing(_ bounds: Bounds) {
    let entries: [(String, LimitValue?, String)] = [
      ("max_velocity", bounds.velocity, "8"), ("max_acceleration", bounds.acceleration, "80"),
      ("max_effort", bounds.effort, "100"),
    ]
    for (key, value, example) in entries where value == nil {
      log.report(
        entry.name.location, "joint '\(joint.name)' has no limit \(key), here or in the URDF",
        fix: "add limits: {\(key): \(example)} to the joint or to defaults")
    }
    guard joint.kind != .continuous else { return }
    for (key, value) in [("min_position", bounds.minPosition), ("max_position", bounds.maxPosition)]
    where value == nil {
      log.report(
        entry.name.location, "joint '\(joint.name)' has no limit \(key), here or in the URDF",
        fix: "add limits: {\(key): ...} [rad], or <limit lower= upper=> to the URDF")
    }
    if let flag = entry.settings.hasPositionLimits ?? defaults.hasPositionLimits, !flag.value {
      log.report(
        flag.location, "has_position_limits is false, but joint '\(joint.name)' is not continuous",
        fix: "remove has_position_limits, or make the joint continuous in the URDF")
    }
  }
}
