import ControlCycle

/// What a description of MyActuator drives is refused for.
extension DriveResolution {
  /// A drive answers in about a millisecond, so that a faster cycle would find no answer in many of its turns.
  func checkMyActuatorRate(_ drives: [ResolvedDrive], _ rate: Located<Int>) {
    guard rate.value > MyActuator.highestRate,
      let drive = drives.first(where: { $0.family == .myactuator })
    else { return }
    log.report(
      rate.location,
      "update_rate \(rate.value) Hz is beyond the \(MyActuator.highestRate) Hz at which the MyActuator drive of "
        + "'\(drive.entry.name.value)' is known to answer",
      fix: "write update_rate: \(MyActuator.highestRate) or less")
  }

  /// Requests have 0x141 to 0x160, answers 0x241 to 0x260: other families of 11 bits use them for modes, answers and
  /// settings of their own. RobStride's identifiers have 29 bits.
  func checkMyActuatorNeighbours(_ drives: [ResolvedDrive], bus: Int) {
    guard let one = drives.first(where: { $0.family == .myactuator }),
      let other = drives.first(where: { $0.family != .myactuator && $0.family != .robstride })
    else { return }
    log.report(
      one.entry.bus?.location ?? one.entry.name.location,
      "bus '\(file.buses[bus].name.value)' carries the MyActuator drive of '\(one.entry.name.value)' and the "
        + "\(other.family.vendor) drive of '\(other.entry.name.value)', whose identifiers overlap",
      fix: "give each family a bus of its own")
  }
}
