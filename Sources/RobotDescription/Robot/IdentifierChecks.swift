import ControlCycle

extension DriveResolution {
  /// Checks that no two drives of a bus use one identifier, and that classic and FD controllers do not mix.
  func checkIdentifiers(_ drives: [ResolvedDrive]) {
    for bus in file.buses.indices {
      let onBus = drives.filter { $0.busIndex == bus }
      checkDrives(onBus.filter { $0.family == .canopen }, bus: bus)
      checkDrives(onBus.filter { $0.family == .robstride }, bus: bus)
      checkDrives(onBus.filter { $0.family == .damiao || $0.family == .mit }, bus: bus)
      checkDrives(onBus.filter { $0.family == .moteus }, bus: bus)
      checkDrives(onBus.filter { $0.family == .odrive || $0.family == .odrive05 }, bus: bus)
      checkDrives(onBus.filter { $0.family == .myactuator }, bus: bus)
      checkNeighbours(onBus, bus: bus)
      checkHosts(onBus.filter { $0.family == .canopen })
      checkHosts(onBus.filter { $0.family == .robstride })
      checkHosts(onBus.filter { $0.family == .moteus })
      checkMoteusNeighbours(onBus, bus: bus)
      checkMyActuatorNeighbours(onBus, bus: bus)
      checkForceNeighbours(onBus, bus: bus)
      checkMasters(onBus.filter { $0.family == .damiao }, bus: bus)
      checkStandardHosts(onBus)
      checkMixture(onBus, bus: bus)
      checkCANopen(onBus, bus: bus)
    }
    if drives.count > Capacity.joints {
      log.report(
        drives[Capacity.joints].entry.name.location,
        "there are \(drives.count) driven joints, more than \(Capacity.joints)", fix: "lock some joints")
    }
  }

  private func checkDrives(_ drives: [ResolvedDrive], bus: Int) {
    var owners: [Int: String] = [:]
    for drive in drives {
      if let other = owners[drive.id.value] {
        log.report(
          drive.id.location,
          "id \(drive.id.value) on bus '\(file.buses[bus].name.value)' belongs to joint '\(other)' already",
          fix: "give each drive of a bus its own id")
      } else {
        owners[drive.id.value] = drive.entry.name.value
      }
    }
  }

  private func checkHosts(_ drives: [ResolvedDrive]) {
    for drive in drives {
      guard let other = drives.first(where: { $0.id.value == drive.masterID.value }) else { continue }
      log.report(
        drive.masterID.location,
        "master_id \(drive.masterID.value) is the id of the drive of '\(other.entry.name.value)'",
        fix: "write a host id that no drive has, such as "
          + (drive.family == .canopen ? "0x7F" : drive.family == .moteus ? "0" : "0xFD"))
    }
  }

  /// MIT drives may share the identifier they answer with; nobody may take commands, or answer for another family, on it.
  private func checkStandardHosts(_ drives: [ResolvedDrive]) {
    let standard = drives.filter { $0.family != .robstride && !$0.model.dialect.isForce }
    for drive in standard {
      let master = drive.masterID
      let owner = standard.first {
        $0.id.value == master.value && ($0.family == .mit || drive.family == .mit)
          || $0.masterID.value == master.value && $0.family != drive.family && drive.family == .mit
      }
      guard let owner else { continue }
      log.report(
        master.location,
        "master_id \(master.value) of joint '\(drive.entry.name.value)' is an identifier of the drive of "
          + "'\(owner.entry.name.value)'",
        fix: "write an identifier that no other drive uses"
          + (drive.family == .mit ? ", or leave it out, which is 0" : ""))
    }
  }

  /// A Damiao drive answers on its master_id; only identifiers of their own tell two drives' answers apart.
  private func checkMasters(_ drives: [ResolvedDrive], bus: Int) {
    var owners: [Int: String] = [:]
    for drive in drives {
      let master = drive.masterID
      let joint = drive.entry.name.value
      if let other = owners[master.value] {
        log.report(
          master.location, "master_id \(master.value) is used by joint '\(other)' on this bus already",
          fix: "give each drive its own master_id, so that answers can be told apart")
      } else {
        owners[master.value] = joint
      }
      // MIT commands, the modes at 0x100, 0x200 and 0x300 above them.
      if let other = drives.first(where: { master.value & 0xFF == $0.id.value && master.value <= 0x3FF }) {
        log.report(
          master.location,
          "master_id \(master.value) is an identifier that the drive of '\(other.entry.name.value)' takes commands on",
          fix: "write an identifier that no drive listens to, such as \(drive.id.value + 0x10)")
      }
    }
  }

  /// A controller for classic CAN only answers FD frames with error frames.
  private func checkMixture(_ drives: [ResolvedDrive], bus: Int) {
    guard let flexible = drives.first(where: \.isFlexibleDataRate),
      let classic = drives.first(where: { $0.family != .damiao && $0.family != .moteus })
    else { return }
    log.report(
      classic.entry.bus?.location ?? classic.entry.name.location,
      "bus '\(file.buses[bus].name.value)' carries the CAN FD frames of '\(flexible.entry.name.value)', "
        + "which the classic controller of '\(classic.entry.name.value)' destroys with error frames",
      fix:
        "move the \(classic.family.vendor) drives, as all classic drives, to a bus of their own"
        + (flexible.family == .damiao ? ", or set the Damiao drives to fd: false" : "")
    )
  }

  /// ODrive node ids make use of all 11 bits of the identifier, those that Damiao drives listen to and answer with too.
  private func checkNeighbours(_ drives: [ResolvedDrive], bus: Int) {
    guard let one = drives.first(where: { $0.family == .odrive || $0.family == .odrive05 }),
      let other = drives.first(where: { $0.family == .damiao })
    else { return }
    log.report(
      one.entry.bus?.location ?? one.entry.name.location,
      "bus '\(file.buses[bus].name.value)' carries the ODrive of '\(one.entry.name.value)' and the Damiao drive of "
        + "'\(other.entry.name.value)', whose identifiers overlap", fix: "give each family a bus of its own")
  }
}
