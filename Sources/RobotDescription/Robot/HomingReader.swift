import JointControl

/// The homing of a joint as written: numbers that were refused read as NaN.
struct HomingEntry {
  var location: SourceLocation
  var method: Located<HomingPlan.Method>?
  var direction: Located<HomingDirection>?
  var numbers = NumberTable()
}

/// Which way a mark or stop lies, by the word used in files.
enum HomingDirection: String, CaseIterable {
  case positive
  case negative
}

extension RobotFileReader {
  /// `homing` of a joint.
  func homing(_ reader: MappingReader) -> HomingEntry? {
    guard let homing = reader.mapping("homing", keys: .homing) else { return nil }
    var entry = HomingEntry(location: homing.location)
    entry.method = homing.choice("method", HomingPlan.Method.self)
    entry.direction = homing.choice("direction", HomingDirection.self)
    entry.numbers = homing.numbers(.homingNumbers)
    units.angle("at", in: &entry.numbers)
    units.positive("torque", in: &entry.numbers, unit: "N.m", most: 5000)
    units.velocity("speed", in: &entry.numbers)
    units.positive("travel", in: &entry.numbers, unit: "rad", most: 4 * Double.pi) { _ in "write radians" }
    units.positive("time", in: &entry.numbers, unit: "s", most: 3600)
    units.positive("back_off", in: &entry.numbers, unit: "rad", most: 1) { _ in "write radians, such as 0.1" }
    guard let method = entry.method else { return entry }
    for key in DescriptionKeys.homing.optional where method.value == .saved {
      guard homing.node(key) != nil else { continue }
      log.report(
        homing.place(of: key), "\(key) has no meaning with saved turns, which move nothing",
        fix: "remove \(key), or choose the method index or stop")
    }
    for key in ["at", "torque"] where method.value != .saved && homing.node(key) == nil {
      log.report(
        homing.location, "homing by \(method.value.rawValue) lacks '\(key)'",
        fix: key == "at"
          ? "add at: ..., where the \(method.value == .stop ? "stop" : "mark") is [rad]"
          : "add torque: ..., the most that the search may use [N.m]")
    }
    return entry
  }
}

extension HomingEntry {
  /// The plan; nil where a part of it was refused.
  func plan(_ joint: RobotJoint) -> HomingPlan? {
    guard let method = method?.value else { return nil }
    if method == .saved { return .saved(joint) }
    guard let mark = numbers["at"]?.value, let torque = numbers["torque"]?.value else { return nil }
    let limits = joint.configuration.limits
    var plan = HomingPlan(
      method, mark: mark, direction: direction?.value == .positive ? 1 : -1, torque: torque,
      travel: limits.maxPosition - limits.minPosition + 0.5)
    if let speed = numbers["speed"]?.value { plan.speed = speed }
    if let travel = numbers["travel"]?.value { plan.travel = travel }
    if let time = numbers["time"]?.value { plan.time = time }
    if let backOff = numbers["back_off"]?.value { plan.backOff = backOff }
    let all = [plan.mark, plan.torque, plan.speed, plan.travel, plan.time, plan.backOff]
    return all.allSatisfy(\.isFinite) ? plan : nil
  }
}
