import CServoWire
import ControlCycle
import JointControl

/// Checks a device's file against what the driver needs of the device, and takes from it what bring-up compares.
struct DeviceChecks {
  let sheet: DataSheet
  let joint: RobotJoint
  /// Whether the file is one device's configuration, whose values are written, and not a data sheet of its kind.
  let isConfiguration: Bool
  /// Where robot.yaml names the file.
  let place: SourceLocation
  /// Where robot.yaml has the joint.
  let jointPlace: SourceLocation
  /// Rate of the bus [bit/s].
  let bitRate: Int
  let log: DiagnosticLog

  private var drive: DriveConfiguration { joint.configuration.drive }
  private var mode: Int8 { CANopen.modeOfOperation(drive.mode) }
  private var node: UInt8 { UInt8(truncatingIfNeeded: drive.id) }

  /// What the file has bring-up do; mistakes are noted.
  func objects() -> DeviceObjects {
    checkRate()
    if isConfiguration { checkNode() }
    checkParameters()
    checkProcessData()
    var objects = DeviceObjects(
      vendor: identity(1, "VendorNumber"), product: identity(2, "ProductNumber"),
      revision: identity(3, "RevisionNumber"))
    guard isConfiguration else { return objects }
    objects.writes = ParameterWrites(sheet: sheet, joint: joint, jointPlace: jointPlace, log: log).writes()
    return objects
  }

  private func report(_ line: Int, _ message: String, fix: String) {
    log.report(SourceLocation(file: sheet.path, line: line, column: line > 0 ? 1 : 0), message, fix: fix)
  }

  private func missing(_ what: String, fix: String) {
    log.report(place, "\(sheet.path) has no \(what), which the drive of '\(joint.name)' needs", fix: fix)
  }

  // MARK: The device as a whole

  /// A number of 1018, or of `DeviceInfo` where that has none; 0 is what files hold that do not know it.
  private func identity(_ subindex: UInt8, _ key: String) -> UInt32? {
    let entry = sheet.entry(0x1018, subindex)
    let own = entry.flatMap { entry in entry.defaultValue.flatMap { entry.pattern($0, node: node) } }
    let number = own ?? sheet.number(key).flatMap { UInt32(exactly: $0) }
    return number == 0 ? nil : number
  }

  private func checkRate() {
    let key = "baudrate_\(bitRate / 1000)"
    guard let flag = sheet.information["deviceinfo"]?[key], DataSheet.number(flag.text, node: 0) == 0 else {
      return
    }
    report(
      flag.line, "the device of '\(joint.name)' cannot be set to \(bitRate) bit/s",
      fix: "write another bitrate")
  }

  /// A DCF is made for one node.
  private func checkNode() {
    guard let section = sheet.information["devicecomissioning"] ?? sheet.information["devicecommissioning"],
      let own = section["nodeid"], let number = DataSheet.number(own.text, node: 0), number != Int64(drive.id)
    else { return }
    report(
      own.line,
      "the file is for node \(number), and the drive of '\(joint.name)' (\(jointPlace)) is node \(drive.id)",
      fix: "name the file of that node, or write id: \(number)")
  }

  // MARK: Objects

  /// Objects that bring-up or the loop reads or writes, without which there is no arming.
  private func checkParameters() {
    var needed: [(UInt32, isWritten: Bool)] = [
      (CANopen.Object.deviceType, false), (CANopen.Object.controlword, true),
      (CANopen.Object.statusword, false),
      (CANopen.Object.mode, true), (CANopen.Object.modeDisplay, false), (CANopen.Object.ratedTorque, false),
      (CANopen.Object.encoder(1), false), (CANopen.Object.encoder(2), false),
      (CANopen.Object.abortConnection, true), (CANopen.Object.heartbeatConsumer, true),
    ]
    if drive.mode != .torque { needed.append((CANopen.Object.maxTorque, true)) }
    for (address, isWritten) in needed { check(address, isWritten: isWritten) }
  }

  /// Whether the object is there, of the right size, and lets itself be read or written.
  @discardableResult private func check(_ address: UInt32, isWritten: Bool) -> DataSheet.Entry? {
    let object = canopen_decode_mapping(address)
    let title = Self.title(object.index, object.subindex)
    guard let entry = sheet.entry(object.index, object.subindex) else {
      missing("object \(title)", fix: "use a drive that has it, or correct the file")
      return nil
    }
    if let bits = entry.bits, bits != object.bits {
      report(
        entry.line, "\(title) has \(bits) bits, and CiA 301 and 402 give it \(object.bits)",
        fix: "correct DataType; a device that counts otherwise cannot be driven")
      return nil
    }
    if isWritten ? !entry.isWritable : !entry.isReadable {
      report(
        entry.line, "\(title) cannot be \(isWritten ? "written" : "read") (AccessType=\(entry.access))",
        fix: "use a drive that allows it, or correct the file")
      return nil
    }
    return entry
  }

  static func title(_ index: UInt16, _ subindex: UInt8) -> String {
    let digits = String(index, radix: 16, uppercase: true)
    let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return subindex == 0 ? padded : "\(padded):\(subindex)"
  }

  // MARK: Process data

  private func checkProcessData() {
    for (key, least) in [("NrOfRXPDO", Int64(1)), ("NrOfTXPDO", 2)] {
      guard let count = sheet.number(key), count < least else { continue }
      report(
        sheet.information["deviceinfo"]?[key.lowercased()]?.line ?? 0,
        "\(key) is \(count), and the loop needs \(least)",
        fix: "use a drive that has \(least), or correct the file")
    }
    check(0x1400, 0x1600, (1...3).map { cia402_command_mapping(mode, $0) }, isReceived: true)
    check(0x1800, 0x1A00, (1...3).map { cia402_state_mapping($0) }, isReceived: false)
    check(0x1801, 0x1A01, (1...4).map { cia402_detail_mapping($0) }, isReceived: false)
  }

  private func check(_ communication: UInt16, _ mapping: UInt16, _ entries: [UInt32], isReceived: Bool) {
    check(CANopen.Object.address(communication, 1), isWritten: true)
    checkTransmission(communication)
    for (place, wanted) in entries.enumerated() {
      checkMapped(wanted, isReceived: isReceived)
      checkEntry(mapping, UInt8(place + 1), wanted)
    }
  }

  /// The object behind a mapping entry.
  private func checkMapped(_ word: UInt32, isReceived: Bool) {
    guard let entry = check(word, isWritten: isReceived), !entry.isMappable else { return }
    report(
      entry.line,
      "\(Self.title(entry.index, entry.subindex)) may not be mapped (PDOMapping), and the loop needs it "
        + "in \(isReceived ? "a receive" : "a transmit") PDO in cyclic \(drive.mode) mode",
      fix: "use a drive that allows it, or correct the file")
  }

  /// An entry that cannot be written must hold what the loop wants already.
  private func checkEntry(_ mapping: UInt16, _ subindex: UInt8, _ wanted: UInt32) {
    let title = Self.title(mapping, subindex)
    guard let entry = sheet.entry(mapping, subindex) else {
      return missing("mapping entry \(title)", fix: "use a drive with room for it, or correct the file")
    }
    let fixed = entry.defaultValue.flatMap { entry.pattern($0, node: node) }
    guard !entry.isWritable && fixed != wanted else { return }
    report(
      entry.line,
      "\(title) is \(fixed.map { String($0, radix: 16) } ?? "not told") and cannot be written, and the loop "
        + "needs \(String(wanted, radix: 16))", fix: "use a drive whose mapping can be changed")
  }

  /// Every PDO goes with every SYNC: type 1.
  private func checkTransmission(_ communication: UInt16) {
    guard let entry = check(CANopen.Object.address(communication, 2), isWritten: false) else { return }
    func value(_ text: String?) -> UInt32? { text.flatMap { entry.pattern($0, node: node) } }
    let wanted = CANOPEN_TRANSMISSION_SYNC.rawValue
    let isAllowed = (value(entry.limits.low) ?? 0) <= wanted && wanted <= (value(entry.limits.high) ?? 0xFF)
    guard !isAllowed || !entry.isWritable && value(entry.defaultValue) != wanted else { return }
    report(
      entry.line, "\(Self.title(communication, 2)) does not allow transmission type 1, at every SYNC",
      fix: "use a drive whose PDOs are synchronous")
  }
}
