import CServoWire
import ControlCycle

/// The steps for CANopen drives: first pre-operational, asked and written by SDO, then operational, at SYNC.
extension BringUpStep {
  static func canopen(_ joint: RobotJoint) -> [BringUpStep] {
    let drive = joint.configuration.drive
    return [network("pre-operational", CANOPEN_NMT_COMMAND_PRE_OPERATIONAL.rawValue)]
      + [order("switch off", .writeParameter(CANopen.Object.controlword, 0))]
      + names + identity(joint) + deviceWrites(joint) + scale(drive) + settings(joint)
      + processData(
        "command PDO", 0, 0x1400, 0x1600, CANOPEN_ID_RPDO1.rawValue + UInt32(drive.id),
        entries: (1...3).map { cia402_command_mapping(CANopen.modeOfOperation(drive.mode), $0) })
      + processData(
        "state PDO", 0, 0x1800, 0x1A00, CANOPEN_ID_TPDO1.rawValue + UInt32(drive.id),
        entries: (1...3).map { cia402_state_mapping($0) })
      + processData(
        "velocity PDO", 1, 0x1800, 0x1A00, CANOPEN_ID_TPDO2.rawValue + UInt32(drive.id),
        entries: (1...4).map { cia402_detail_mapping($0) })
      + write("lost heartbeat", CANopen.Object.abortConnection, CANopen.abortIsFault)
      + write(
        "watchdog", CANopen.Object.heartbeatConsumer,
        CANopen.watchdogWord(microseconds: joint.driveWatchdog_us, host: drive.masterID))
      + operational + canopenTrial(joint)
  }

  /// Operational, off and without a fault, as the sample at a SYNC says.
  private static var operational: [BringUpStep] {
    [
      synchronous("operational", .start), synchronous("switch off", .disable),
      synchronous("clear faults", .clearFault),
    ]
  }

  /// One heartbeat feeds all drives of a bus, so it falls silent for all of them at once, when all are on. A statusword
  /// asked for by SDO feeds nothing, and is answered in pre-operational too, where a lost heartbeat leads.
  /// A drive in a loop of its own stays off: no target of it is sure to be without torque.
  private static func canopenTrial(_ joint: RobotJoint) -> [BringUpStep] {
    let isOn = joint.configuration.drive.mode.hasZeroTorque
    var on = isOn ? synchronous("switch on", .enable) : synchronous("switch off", .disable)
    (on.isGathering, on.isFed, on.switchesOn, on.followsStatus) = (true, true, isOn, isOn)
    (on.patience, on.attempts) = (0, 400)
    let fix = "see that 1016 and 6007 are obeyed; update its firmware or replace it"
    var silences = [false, true].map { letsGo in
      var trial = WatchdogTrial(watchdog_us: joint.driveWatchdog_us, letsGo: letsGo)
      trial.look = .readParameter(CANopen.Object.statusword)
      trial.repeatsLook = true
      trial.bears = isOn ? .enabled : .disabled
      return silence(trial, fix: fix)
    }
    silences[0].isGathering = true
    var after = operational
    after[0].isGathering = true
    return [on] + silences + after
  }

  /// What the drive calls itself, so that a complaint says which device it is about.
  private static var names: [BringUpStep] {
    [("device name", UInt16(0x1008)), ("hardware version", 0x1009), ("software version", 0x100A)].map {
      var step = order($0.0, .readParameter(CANopen.Object.address($0.1)))
      step.watch = .text
      return step
    }
  }

  /// A vendor that means something else by its objects would be found here: RobStride and Damiao do.
  private static func identity(_ joint: RobotJoint) -> [BringUpStep] {
    let mode = joint.configuration.drive.mode
    let bit = UInt32(1) << (UInt32(CANopen.modeOfOperation(mode)) - 1)
    let fix = "use a drive of the CiA 402 profile that has cyclic synchronous \(mode) mode"
    var modes = read("cyclic \(mode) among the modes", CANopen.Object.supportedModes, bit, fix: fix)
    modes.mask = bit
    modes.isOptional = true
    var profile = read("device profile", CANopen.Object.deviceType, 402, fix: fix)
    profile.mask = 0xFFFF
    let device: [(String, UInt8, UInt32?)] = [
      ("vendor", 1, joint.objects.vendor), ("product", 2, joint.objects.product),
      ("revision", 3, joint.objects.revision), ("serial", 4, nil),
    ]
    return [profile, modes]
      + device.map { name, subindex, value in
        guard let value else { return Self.identity(CANopen.Object.identity(subindex)) }
        var step = read(
          "\(name) 1018:\(subindex)", CANopen.Object.identity(subindex), value,
          fix: "name the EDS of the device that is there")
        step.isKept = true
        return step
      }
  }

  /// Values of the device's file; nothing is stored, so that a drive without power forgets them.
  private static func deviceWrites(_ joint: RobotJoint) -> [BringUpStep] {
    joint.objects.writes.flatMap { own in
      var steps = write("\(own.name) (\(own.place))", own.address, own.value)
      if !own.isReadable { steps.removeLast() }
      return steps
    }
  }

  /// Rated torque and increments scale every frame. A gear or feed that the drive counts in is not undone here.
  private static func scale(_ drive: DriveConfiguration) -> [BringUpStep] {
    let counts = UInt32(CANopen.encoderCounts(of: drive.range))
    let own = "write the object, or set rated_torque and encoder_counts in robot.yaml to the drive's values"
    let one = "write the object, so that the drive counts increments of its encoder"
    var polarity = read(
      "polarity 607E", CANopen.Object.polarity, 0,
      fix: "write 0; a joint that turns the other way has sign: -1")
    // Position, velocity and, in later versions of the profile, torque.
    (polarity.mask, polarity.isOptional) = (0xE0, true)
    return [
      polarity,
      read(
        "rated torque 6076 [mN.m]", CANopen.Object.ratedTorque, UInt32(CANopen.ratedTorque(of: drive.range)),
        fix: own),
      read("encoder increments 608F:1", CANopen.Object.encoder(1), counts, fix: own),
      read("encoder revolutions 608F:2", CANopen.Object.encoder(2), 1, fix: one),
    ]
      + [
        ("motor revolutions 6091:1", CANopen.Object.gear(1), 1),
        ("shaft revolutions 6091:2", CANopen.Object.gear(2), 1),
        ("feed 6092:1", CANopen.Object.feed(1), counts),
        ("feed revolutions 6092:2", CANopen.Object.feed(2), 1),
      ].map { (purpose: String, address: UInt32, value: UInt32) in
        var step = read(purpose, address, value, fix: one)
        step.isOptional = true
        return step
      }
  }

  /// The drive's own torque limit bounds what it does with its last command until its watchdog fires, and, where the drive
  /// closes the loop, all that it does: then a drive without one is refused.
  private static func settings(_ joint: RobotJoint) -> [BringUpStep] {
    let drive = joint.configuration.drive
    let torque = joint.configuration.limits.torque / joint.configuration.transmission.ratio
    let thousandths = torque * 1e6 / CANopen.ratedTorque(of: drive.range)
    let closesLoop = drive.mode != .torque
    var limit = write(
      "torque limit 6072", CANopen.Object.maxTorque,
      thousandths < 0xFFFF ? UInt32(thousandths.rounded(closesLoop ? .down : .up)) : 0xFFFF)
    for index in limit.indices { limit[index].isOptional = !closesLoop }
    let mode = UInt32(CANopen.modeOfOperation(drive.mode))
    return limit + [
      order("command mode", .writeParameter(CANopen.Object.mode, mode)),
      read(
        "command mode 6061", CANopen.Object.modeDisplay, mode,
        fix: "use a drive that has cyclic synchronous \(drive.mode) mode"),
    ] + (closesLoop ? targets(joint) : [])
  }

  /// Period of the targets, and none left from before; the position is loaded on the way up.
  private static func targets(_ joint: RobotJoint) -> [BringUpStep] {
    var steps: [BringUpStep] = []
    if let period = CANopen.interpolation(period: joint.period) {
      steps += write("period of targets 60C2:1", CANopen.Object.interpolation(1), UInt32(period.value))
      steps += write(
        "period of targets 60C2:2", CANopen.Object.interpolation(2),
        UInt32(UInt8(bitPattern: period.exponent)))
    }
    for index in steps.indices { steps[index].isOptional = true }
    guard case .velocity = joint.configuration.drive.mode else { return steps }
    return steps + write("target velocity 60FF", CANopen.Object.targetVelocity, 0)
  }

  /// A mapping is changed while its PDO is not valid and its count is 0.
  private static func processData(
    _ purpose: String, _ number: UInt16, _ communication: UInt16, _ mapping: UInt16, _ id: UInt32,
    entries: [UInt32]
  ) -> [BringUpStep] {
    func set(_ index: UInt16, _ subindex: UInt8, _ value: UInt32) -> [BringUpStep] {
      write(purpose, CANopen.Object.address(index + number, subindex), value)
    }
    func identifier(isValid: Bool) -> [BringUpStep] {
      let word = canopen_encode_pdo_id(
        canopen_pdo_id(id: id, is_extended: false, is_valid: isValid, allows_remote: false))
      var steps = set(communication, 1, word)
      // Whether the drive keeps the bit for remote frames does not matter.
      steps[1].mask = ~(1 << 30)
      return steps
    }
    return identifier(isValid: false) + set(mapping, 0, 0)
      + entries.enumerated().flatMap { set(mapping, UInt8($0.offset + 1), $0.element) }
      + set(mapping, 0, UInt32(entries.count)) + set(communication, 2, CANOPEN_TRANSMISSION_SYNC.rawValue)
      + identifier(isValid: true)
  }

  private static func network(_ purpose: String, _ command: UInt32) -> BringUpStep {
    var step = order(purpose, .writeParameter(CANopen.Object.networkCommand, command))
    step.isUnanswered = true
    return step
  }

  private static func synchronous(_ purpose: String, _ request: DriveRequest) -> BringUpStep {
    var step = order(purpose, request)
    step.isSynchronous = true
    return step
  }

  private static func read(_ purpose: String, _ address: UInt32, _ value: UInt32, fix: String) -> BringUpStep
  {
    BringUpStep(purpose: purpose, request: .readParameter(address), expected: value, isFloat: false, fix: fix)
  }
}
