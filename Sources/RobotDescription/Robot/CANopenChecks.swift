import ControlCycle

/// What only CANopen drives want checked: scale, the host's node, heartbeats, identifiers of other families.
extension DriveResolution {
  /// The host's node id when the file gives none: the highest, so that its heartbeat gives way to every other.
  static let canopenHost = Int(CANopen.highestID)

  /// Checks that the file says what an increment and a thousandth of the rated torque are; the drive is asked later.
  func checkScale(_ actuator: ActuatorEntry, of joint: JointEntry) -> Bool {
    guard actuator.family?.value == .canopen else { return true }
    let place = joint.actuator?.location ?? joint.name.location
    let numbers = [
      ("rated_torque", "1.27, what 6076 says in mN.m"), ("encoder_counts", "65536, what 608F says"),
    ]
    for (key, example) in numbers where actuator.motor[key] == nil {
      log.report(
        place,
        "the motor of joint '\(joint.name.value)' lacks '\(key)', which scales its CANopen drive's words",
        fix: "add motor: {\(key): \(example)}")
    }
    for key in ["position", "velocity", "torque", "stiffness", "damping"] {
      guard let number = actuator.range[key] else { continue }
      log.report(
        number.location, "a CANopen drive's full scale follows from encoder_counts and rated_torque",
        fix: "remove range, and write those two")
      return false
    }
    guard let torque = actuator.motor["rated_torque"], let counts = actuator.motor["encoder_counts"] else {
      return false
    }
    return torque.value.isFinite && counts.value.isFinite
  }

  /// A device file is a CANopen device's, and one is enough: a DCF says all that an EDS does.
  func checkDeviceFile(_ actuator: ActuatorEntry, family: DriveFamily) {
    guard let name = actuator.dcf ?? actuator.eds else { return }
    if family != .canopen {
      log.report(
        name.location, "EDS and DCF files describe CANopen devices, and this drive is a \(family.vendor)",
        fix: "remove it")
    } else if let eds = actuator.eds, let dcf = actuator.dcf {
      log.report(
        dcf.location, "there is an eds (line \(eds.location.line)) and a dcf for one drive",
        fix: "remove eds; the dcf says the same and more")
    }
  }

  /// The host's node id.
  func canopenHost(of entry: JointEntry) -> Located<Int>? {
    let host = entry.masterID ?? Located(value: Self.canopenHost, location: entry.name.location)
    if (1...Self.canopenHost).contains(host.value) { return host }
    log.report(
      host.location, "master_id \(host.value) is no CANopen node id, from 1 to \(Self.canopenHost)",
      fix: "write the host's node id, such as \(Self.canopenHost)")
    return nil
  }

  /// Checks the CANopen drives of a bus against each other and against their neighbours.
  func checkCANopen(_ onBus: [ResolvedDrive], bus: Int) {
    let drives = onBus.filter { $0.family == .canopen }
    guard let first = drives.first else { return }
    for drive in drives where drive.masterID.value != first.masterID.value {
      log.report(
        drive.masterID.location,
        "master_id \(drive.masterID.value) is another than that of '\(first.entry.name.value)' on this bus, and the "
          + "host sends one heartbeat a bus", fix: "write master_id: \(first.masterID.value)")
    }
    for drive in drives { checkHeartbeat(drive) }
    let others = onBus.filter { $0.family != .canopen && $0.family != .robstride }
    if let other = others.first {
      log.report(
        other.entry.bus?.location ?? other.entry.name.location,
        "bus '\(file.buses[bus].name.value)' carries the CANopen drive of '\(first.entry.name.value)' and the drive of "
          + "'\(other.entry.name.value)', whose 11-bit identifiers overlap",
        fix: "give each family a bus of its own")
    }
  }

  /// A watchdog that a single lost heartbeat trips would trip on a busy bus.
  private func checkHeartbeat(_ drive: ResolvedDrive) {
    guard let rate = file.updateRate else { return }
    let interval = Double(CANopen.heartbeatInterval) / Double(rate.value)
    let watchdog = drive.actuator.watchdog
    guard (watchdog?.value ?? JointBuilder.defaultWatchdog) < 2 * interval else { return }
    log.report(
      watchdog?.location ?? drive.entry.name.location,
      "the watchdog of the drive of '\(drive.entry.name.value)' is shorter than two of the host's heartbeats, which come "
        + "every \(written(interval)) s", fix: "write a longer watchdog, such as \(written(5 * interval))")
  }
}
