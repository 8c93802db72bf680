import ControlCycle
import JointControl

/// A joint's entry with everything it refers to: its actuator merged, its bus, its drive's model.
struct ResolvedDrive {
  var entry: JointEntry
  var actuator: ActuatorEntry
  var busIndex: Int
  var bus: BusEntry
  var model: DriveModel
  var isFlexibleDataRate: Bool
  var id: Located<Int>
  var masterID: Located<Int>
  var mode: ControlMode

  var family: DriveFamily { model.family }

  /// Full scales: the model's, with what the file overrides.
  var range: DriveRange {
    if family == .canopen, let counts = actuator.motor["encoder_counts"],
      let torque = actuator.motor["rated_torque"]
    {
      return CANopen.range(encoderCounts: counts.value, ratedTorque: torque.value)
    }
    return DriveRange(
      position: actuator.range["position"]?.value ?? model.range.position,
      velocity: actuator.range["velocity"]?.value ?? model.range.velocity,
      torque: actuator.range["torque"]?.value ?? model.range.torque,
      stiffness: actuator.range["stiffness"]?.value ?? model.range.stiffness,
      damping: actuator.range["damping"]?.value ?? model.range.damping)
  }

  /// Motor turns per joint turn; what the drive has built in when the file says nothing.
  var gearRatio: Double { actuator.reducer["ratio"]?.value ?? model.builtInRatio }

  /// The map between the shaft the drive reports and the joint.
  var transmission: Transmission {
    Transmission(
      ratio: gearRatio / model.builtInRatio, sign: actuator.reducer["sign"]?.value ?? 1,
      offset: actuator.reducer["offset"]?.value ?? 0)
  }

  var configuration: DriveConfiguration {
    var drive = DriveConfiguration(
      family: family, bus: UInt8(busIndex), id: UInt16(id.value), masterID: UInt16(masterID.value),
      isFlexibleDataRate: isFlexibleDataRate, range: range)
    drive.dialect = model.dialect
    drive.mode = mode
    drive.electricalRatio = Double(model.polePairs) * model.builtInRatio
    drive.torqueConstant = actuator.motor["torque_constant"]?.value ?? model.torqueConstant
    return drive
  }
}

/// Looks up what the joints refer to, and checks drives against buses and each other.
struct DriveResolution {
  let file: RobotFile
  let log: DiagnosticLog

  /// RobStride's host id when the file gives none, as in the vendor's examples.
  static let robstrideHost = 0xFD

  /// The drives of all joints; nil where something was refused.
  func resolve() -> [ResolvedDrive?] {
    checkBuses()
    for name in file.actuators.keys.sorted() {
      if let actuator = file.actuators[name] { _ = model(of: actuator) }
    }
    let drives = file.joints.map(resolve)
    checkIdentifiers(drives.compactMap(\.self))
    checkRate(drives.compactMap(\.self))
    checkPeriods(drives.compactMap(\.self))
    return drives
  }

  private func checkBuses() {
    if file.buses.count > Capacity.buses {
      log.report(
        file.buses[Capacity.buses].name.location,
        "there are \(file.buses.count) buses, more than \(Capacity.buses)", fix: "use fewer buses")
    }
    var users: [String: String] = [:]
    for bus in file.buses {
      guard let interface = bus.interface else { continue }
      let meant = try? BusInterface(interface.value)
      let own = meant?.ownPort.map { "own port \($0)" }
      for place in [meant?.place ?? interface.value, own].compactMap(\.self) {
        if let other = users[place] {
          log.report(
            interface.location, "the buses '\(other)' and '\(bus.name.value)' share the interface \(place)",
            fix: "give each bus its own interface")
          break
        }
        users[place] = bus.name.value
      }
    }
  }

  /// An ODrive says where it is once a millisecond at most; a faster cycle would find no sample in most of its turns.
  private func checkRate(_ drives: [ResolvedDrive]) {
    let most = 1000 / ODrive.estimateInterval
    guard let rate = file.updateRate else { return }
    checkMyActuatorRate(drives, rate)
    guard rate.value > most,
      let drive = drives.first(where: { $0.family == .odrive || $0.family == .odrive05 })
    else { return }
    log.report(
      rate.location,
      "update_rate \(rate.value) Hz is beyond the \(most) samples a second of the ODrive of "
        + "'\(drive.entry.name.value)'", fix: "write update_rate: \(most) or less")
  }

  private func resolve(_ entry: JointEntry) -> ResolvedDrive? {
    guard let actuator = actuator(of: entry) else { return nil }
    let model = model(of: actuator)
    guard let bus = bus(of: entry) else { return nil }
    let isFlexible = isFlexible(actuator, on: bus.entry, joint: entry)
    guard let model, let isFlexible, checkScale(actuator, of: entry), let id = entry.id else { return nil }
    guard checkBitRates(bus.entry, family: model.family, isFlexible: isFlexible) else {
      return nil
    }
    let masterID = masterID(of: entry, family: model.family)
    let mode = mode(of: actuator, family: model.family)
    checkDeviceFile(actuator, family: model.family)
    guard checkID(id, family: model.family), let masterID, let mode else { return nil }
    return ResolvedDrive(
      entry: entry, actuator: actuator, busIndex: bus.index, bus: bus.entry, model: model,
      isFlexibleDataRate: isFlexible, id: id, masterID: masterID, mode: mode)
  }

  private func actuator(of entry: JointEntry) -> ActuatorEntry? {
    guard let name = entry.actuator else { return nil }
    guard let actuator = file.actuators[name.value] else {
      log.report(
        name.location, "there is no actuator '\(name.value)'",
        fix: suggestion(for: name.value, among: file.actuators.keys.sorted(), what: "actuator"))
      return nil
    }
    return entry.overrides.merged(over: actuator)
  }

  private func bus(of entry: JointEntry) -> (index: Int, entry: BusEntry)? {
    guard let name = entry.bus else { return nil }
    guard let index = file.buses.firstIndex(where: { $0.name.value == name.value }) else {
      log.report(
        name.location, "there is no bus '\(name.value)'",
        fix: suggestion(for: name.value, among: file.buses.map(\.name.value), what: "bus"))
      return nil
    }
    return index < Capacity.buses ? (index, file.buses[index]) : nil
  }

  private func model(of actuator: ActuatorEntry) -> DriveModel? {
    guard let family = actuator.family, let name = actuator.model else { return nil }
    if let model = DriveModel.named(name.value, family: family.value.family) { return model }
    let known = DriveModel.all(family.value.family).map(\.name)
    let near = nearestName(to: name.value, among: known).map { "did you mean \($0)? " } ?? ""
    log.report(
      name.location, "\(family.value.rawValue) has no model '\(name.value)' that is known here",
      fix: near + "known are \(known.joined(separator: ", "))")
    return nil
  }

  /// Whether the drive speaks CAN FD; nil when what the file says cannot be.
  private func isFlexible(_ actuator: ActuatorEntry, on bus: BusEntry, joint: JointEntry) -> Bool? {
    let isAsked = actuator.isFlexibleDataRate
    if actuator.family?.value == .moteus { return isMoteusFlexible(isAsked, on: bus, joint: joint) }
    guard actuator.family?.value == .damiao else {
      if let isAsked, isAsked.value {
        log.report(
          isAsked.location,
          "fd is true, but \(actuator.family?.value.family.vendor ?? "these") drives speak classic CAN only",
          fix: "remove fd, or write fd: false")
        return nil
      }
      return false
    }
    if let isAsked, isAsked.value, !bus.isFlexibleDataRate {
      log.report(
        joint.bus?.location ?? joint.name.location,
        "the drive of '\(joint.name.value)' speaks CAN FD (fd: true) and bus '\(bus.name.value)' has no dbitrate",
        fix: "add dbitrate: 5000000 to the bus, or write fd: false")
      return nil
    }
    return isAsked?.value ?? bus.isFlexibleDataRate
  }

  /// Checks a bus's rates against those its drives can be set to.
  ///
  /// Damiao: register can_br, codes 0 to 4 classic, 5 to 9 CAN FD with 1 Mbit/s nominal. RobStride: communication
  /// type 23, CyberGear 22, codes 1 to 4. MIT: 1 Mbit/s alone. ODrive: the four rates of firmware 0.5.6. CANopen: the rates
  /// of CiA 301 from 125 kbit/s. MyActuator: command B4.
  private func checkBitRates(_ bus: BusEntry, family: DriveFamily, isFlexible: Bool) -> Bool {
    guard let rate = bus.bitRate, !bus.isFlexibleDataRate || bus.dataBitRate != nil else { return false }
    let allowed: [Int]
    switch (family, isFlexible) {
    case (.odrive, _), (.odrive05, _): allowed = [1_000_000, 500_000, 250_000, 125_000]
    case (.myactuator, _): allowed = [1_000_000, 500_000]
    case (.canopen, _): allowed = [1_000_000, 800_000, 500_000, 250_000, 125_000]
    case (.robstride, _): allowed = [1_000_000, 500_000, 250_000, 125_000]
    case (.damiao, false): allowed = [1_000_000, 500_000, 250_000, 200_000, 125_000]
    case (.damiao, true), (.mit, _), (.moteus, _): allowed = [1_000_000]
    }
    guard allowed.contains(rate.value) else {
      log.report(
        rate.location, "bitrate \(rate.value) is none that \(family) drives can be set to",
        fix: "write one of \(allowed.map(String.init).joined(separator: ", "))")
      return false
    }
    let dataRates = family == .moteus ? [5_000_000] : [5_000_000, 4_000_000, 3_200_000, 2_500_000, 2_000_000]
    if isFlexible, let data = bus.dataBitRate, !dataRates.contains(data.value) {
      log.report(
        data.location, "dbitrate \(data.value) is none that \(family) drives can be set to",
        fix: "write one of \(dataRates.map(String.init).joined(separator: ", "))")
      return false
    }
    return true
  }

  private func checkID(_ id: Located<Int>, family: DriveFamily) -> Bool {
    let range: ClosedRange<Int>
    let reason: String
    switch family {
    case .canopen:
      range = 1...Int(CANopen.highestID)
      reason = "CANopen node ids have 7 bits"
    case .damiao:
      range = 1...255
      reason = "Damiao drives use the identifiers from 0x100 up for their other modes"
    case .mit:
      range = 1...255
      reason = "an MIT drive's answer names it in one byte"
    case .moteus:
      range = 1...127
      reason = "moteus ids have 7 bits, and 0 is all drives"
    case .myactuator:
      range = 1...Int(MyActuator.highestID)
      reason = "MyActuator drives have 32 identifiers for requests"
    case .odrive, .odrive05:
      range = 0...Int(ODrive.highestID)
      reason = "ODrive node ids have 6 bits, and 63 is that of a drive without one"
    case .robstride:
      range = 1...127
      reason = "RobStride ids have 7 bits"
    }
    if range.contains(id.value) { return true }
    let bounds = "\(range.lowerBound) to \(range.upperBound)"
    log.report(
      id.location, "id \(id.value) is not from \(bounds); \(reason)", fix: "write an id from \(bounds)")
    return false
  }

  private func masterID(of entry: JointEntry, family: DriveFamily) -> Located<Int>? {
    switch family {
    case .canopen: return canopenHost(of: entry)
    case .mit: return entry.masterID ?? Located(value: 0, location: entry.name.location)
    case .myactuator, .odrive, .odrive05:
      guard let master = entry.masterID else { return Located(value: 0, location: entry.name.location) }
      log.report(
        master.location, "\(family.vendor) drives have no master_id: they answer with their own id",
        fix: "remove it")
      return nil
    case .robstride:
      let host = entry.masterID ?? Located(value: Self.robstrideHost, location: entry.name.location)
      if (1...0xFF).contains(host.value) { return host }
      log.report(
        host.location, "master_id \(host.value) is no RobStride host id", fix: "write 1 to 255, such as 0xFD")
      return nil
    case .moteus: return moteusHost(of: entry)
    case .damiao:
      guard let master = entry.masterID else {
        log.report(
          entry.name.location,
          "joint '\(entry.name.value)' lacks master_id, the identifier its Damiao drive answers with",
          fix: "add a master_id of its own, such as \((entry.id?.value ?? 1) + 0x10)")
        return nil
      }
      guard master.value != 0 else {
        log.report(
          master.location,
          "master_id is 0: the drive's answers would outrank every command and be nobody's own",
          fix:
            "write an identifier of its own, such as \((entry.id?.value ?? 1) + 0x10), and store it in the drive"
        )
        return nil
      }
      guard master.value != 0x7FF else {
        log.report(
          master.location, "master_id 0x7FF is the identifier of Damiao's register access",
          fix: "write another identifier, such as \((entry.id?.value ?? 1) + 0x10)")
        return nil
      }
      return master
    }
  }
}
