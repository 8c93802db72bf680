import CServoWire
public import ControlCycle
public import JointControl

/// Where a replay and its recording first part.
public struct ReplayDifference: Sendable, Equatable {
  /// Number of the cycle.
  public var cycle: Int64
  /// Instant of the cycle [ns].
  public var time: Int64
  /// Stage of the cycle whose result differs: estimate, inspect, encode, or carry for what the next cycle starts from.
  public var stage: String
  /// The joint; nil when it concerns the robot.
  public var joint: String?
  /// What differs.
  public var field: String
  /// Its value in the recording.
  public var recorded: String
  /// Its value in the replay.
  public var replayed: String
}

/// A recording run through the core again, every output byte compared.
public struct Replay: Sendable {
  /// Cycles that were run.
  public private(set) var cycles = 0
  /// Cycles that could not be run: before the first carried state, or after a gap.
  public private(set) var skipped = 0
  /// Cycles of which something differs.
  public private(set) var differingCycles = 0
  /// The first difference; nil when every byte is the same.
  public private(set) var first: ReplayDifference?

  /// Carried states that were left out, because the recording's build carried other words than this one.
  public private(set) var foreignStates = 0
  /// Bytes of the head and of every record that the core put out, and their SHA-256.
  public private(set) var outputs = (bytes: 0, sha256: "")

  /// Replays a file with the robot it was recorded with.
  ///
  /// - Throws: `RecordingError` when it was recorded with a law of the user's; replay it with that law.
  public init(_ file: RecordingFile, robot: Robot) throws {
    try file.refuseLaw()
    try self.init(file, robot: robot, law: NoLaw())
  }

  /// Replays a file with the robot and the law of the user's it was recorded with.
  ///
  /// The law is taken as it was before the loop's first pass. One that keeps a state of its own is right only for a file
  /// that begins there, as that of a whole run does: what the core carries over is recorded, what a law keeps is not.
  public init<UserLaw: Law & ~Copyable>(
    _ file: RecordingFile, robot: Robot, law: consuming UserLaw
  ) throws {
    let driver = ReplayDriver(file: file, robots: [robot], law: law)
    let core = driver.cores[0]
    // Messages of one cycle come one after another; what the stages made is reported in the order of the stages.
    var found: [ReplayDifference] = []
    var current: (differing: Int, first: ReplayDifference?) = (0, nil)
    func settle() {
      guard !found.isEmpty else { return }
      current.differing += 1
      if current.first == nil { current.first = found.min { Self.rank($0) < Self.rank($1) } }
      found.removeAll()
    }
    var sum = SHA256()
    var (count, foreign) = (0, 0)
    try driver.run(
      observing: { event in
        switch event {
        case .stepped:
          settle()
          if let difference = Self.inspectDifference(core, driver.recorded) { found.append(difference) }
          if let difference = Self.frameDifference(core, driver.recorded) { found.append(difference) }
        case .jointStates(let data):
          if let difference = Self.stateDifference(core, driver.recorded, data) { found.append(difference) }
        case .carriedState(let words) where words.count != core.control.carriedWordCount: foreign += 1
        case .carriedState(let words):
          if let difference = Self.carriedDifference(core, driver.recorded, words) {
            found.append(difference)
          }
        }
      },
      outputs: { bytes in
        sum.update(bytes)
        count += bytes.count
      })
    settle()
    cycles = driver.cycles
    skipped = driver.skipped
    differingCycles = current.differing
    first = current.first
    foreignStates = foreign
    outputs = (count, sum.hex)
  }

  private static func rank(_ difference: ReplayDifference) -> Int {
    ["estimate", "inspect", "encode", "carry"].firstIndex(of: difference.stage) ?? 4
  }

  private static func inspectDifference(
    _ core: ReplayCore, _ recorded: borrowing RecordedCycle
  ) -> ReplayDifference? {
    let safety = core.control.safety
    let fields: [(String, UInt64, UInt64)] = [
      ("safety state", UInt64(recorded.safetyState), UInt64(safety.state.code)),
      ("fault kind", UInt64(recorded.faultKind), UInt64(safety.fault.kind.code)),
      ("fault joints", recorded.faultJoints, safety.fault.joints.bits),
    ]
    guard let (name, was, now) = fields.first(where: { $0.1 != $0.2 }) else { return nil }
    return difference(recorded, "inspect", nil, name, "\(was)", "\(now)")
  }

  private static func stateDifference(
    _ core: ReplayCore, _ recorded: borrowing RecordedCycle, _ data: UnsafeRawBufferPointer
  ) -> ReplayDifference? {
    guard let values = JointStateValues(data) else {
      return difference(recorded, "estimate", nil, "joint states", "not a JointState message", "one")
    }
    for (index, joint) in core.robot.joints.enumerated() {
      guard index < values.names.count, values.names[index] == joint.name else {
        return difference(
          recorded, "estimate", joint.name, "name", index < values.names.count ? values.names[index] : "none",
          joint.name)
      }
      let state = core.control.states[index]
      for (name, was, now) in [
        ("position", values.position[index], state.position),
        ("velocity", values.velocity[index], state.velocity),
        ("torque", values.effort[index], state.torque),
      ] where was.bitPattern != now.bitPattern {
        return difference(recorded, "estimate", joint.name, name, "\(was)", "\(now)")
      }
    }
    return nil
  }

  private static func carriedDifference(
    _ core: ReplayCore, _ recorded: borrowing RecordedCycle, _ words: [UInt64]
  ) -> ReplayDifference? {
    var own = [UInt64](repeating: 0, count: core.control.carriedWordCount)
    own.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { core.control.copyCarriedState(into: base) }
    }
    guard let index = own.indices.first(where: { own[$0] != words[$0] }) else { return nil }
    let inJoints = index - ControlCycle.robotWordCount
    let values = (String(words[index], radix: 16), String(own[index], radix: 16))
    if inJoints < 0 {
      return difference(recorded, "carry", nil, ControlCycle.robotWordNames[index], values.0, values.1)
    }
    return difference(
      recorded, "carry", core.robot.joints[inJoints / ControlCycle.jointWordCount].name,
      ControlCycle.jointWordNames[inJoints % ControlCycle.jointWordCount], values.0, values.1)
  }

  private static func frameDifference(
    _ core: ReplayCore, _ recorded: borrowing RecordedCycle
  ) -> ReplayDifference? {
    let owners = core.robot.frameOwners(inCycle: recorded.cycle.number)
    for index in 0..<min(core.transmit.count, recorded.transmitted.count, owners.count) {
      let was = recorded.transmitted[index]
      let now = core.transmit[index]
      guard let owner = owners[index] else {
        if CANFrame.areSame(was, now) { continue }
        return difference(recorded, "encode", nil, "frame to all drives", "\(was.id)", "\(now.id)")
      }
      let joint = core.robot.joints[owner]
      guard let field = CommandField.first(where: was, now, of: joint.configuration.drive) else { continue }
      return difference(recorded, "encode", joint.name, field.name, field.first, field.second)
    }
    guard core.transmit.count != recorded.transmitted.count else { return nil }
    return difference(
      recorded, "encode", nil, "number of frames", "\(recorded.transmitted.count)", "\(core.transmit.count)")
  }

  private static func difference(
    _ recorded: borrowing RecordedCycle, _ stage: String, _ joint: String?, _ field: String, _ was: String,
    _ now: String
  ) -> ReplayDifference {
    ReplayDifference(
      cycle: recorded.cycle.number, time: recorded.cycle.time, stage: stage, joint: joint, field: field,
      recorded: was, replayed: now)
  }
}

/// The part of a command's frame in which two frames differ, named as the drive's protocol names it.
struct CommandField {
  var name: String
  var first: String
  var second: String

  /// The first field in which frames to a drive differ; nil when every byte is the same.
  static func first(where a: CANFrame, _ b: CANFrame, of drive: DriveConfiguration) -> CommandField? {
    if CANFrame.areSame(a, b) { return nil }
    var payloads = (a.payload, b.payload)
    let fields: [(String, UInt32, UInt32)] =
      switch drive.family {
      case .canopen: canopen(&payloads.0, &payloads.1)
      case .damiao: damiao(&payloads.0, &payloads.1)
      case .mit: mit(&payloads.0, &payloads.1, isForce: drive.dialect.isForce)
      case .odrive, .odrive05: oDrive(a, b)
      case .moteus: moteus(payloads.0, a.length, payloads.1, b.length)
      case .myactuator: myActuator(a, b)
      case .robstride: robStride(a.id, &payloads.0, b.id, &payloads.1)
      }
    if a.length == b.length, let (name, first, second) = fields.first(where: { $0.1 != $0.2 }) {
      return CommandField(name: name, first: "\(first)", second: "\(second)")
    }
    let texts = (text(of: a), text(of: b))
    if texts.0 != texts.1 { return CommandField(name: "frame", first: texts.0, second: texts.1) }
    // What a trace does not show: identifiers of too many bits, bits of another format.
    return CommandField(name: "frame's identifier and format", first: format(of: a), second: format(of: b))
  }

  private static func canopen(
    _ a: inout InlineArray<64, UInt8>, _ b: inout InlineArray<64, UInt8>
  ) -> [(String, UInt32, UInt32)] {
    var first = cia402_command_pdo()
    var second = cia402_command_pdo()
    _ = withUnsafePointer(to: &a) { cia402_decode_command($0.bytes, 8, &first) }
    _ = withUnsafePointer(to: &b) { cia402_decode_command($0.bytes, 8, &second) }
    return [
      ("controlword", UInt32(first.controlword), UInt32(second.controlword)),
      ("target word", UInt32(bitPattern: first.target), UInt32(bitPattern: second.target)),
      ("torque word", UInt32(UInt16(bitPattern: first.torque)), UInt32(UInt16(bitPattern: second.torque))),
    ]
  }

  private static func damiao(
    _ a: inout InlineArray<64, UInt8>, _ b: inout InlineArray<64, UInt8>
  ) -> [(String, UInt32, UInt32)] {
    let first = withUnsafePointer(to: &a) { damiao_decode_mit_command($0.bytes) }
    let second = withUnsafePointer(to: &b) { damiao_decode_mit_command($0.bytes) }
    return [
      ("command position word", UInt32(first.position), UInt32(second.position)),
      ("command velocity word", UInt32(first.velocity), UInt32(second.velocity)),
      ("command stiffness word", UInt32(first.stiffness), UInt32(second.stiffness)),
      ("command damping word", UInt32(first.damping), UInt32(second.damping)),
      ("command torque word", UInt32(first.torque), UInt32(second.torque)),
    ]
  }

  private static func mit(
    _ a: inout InlineArray<64, UInt8>, _ b: inout InlineArray<64, UInt8>, isForce: Bool
  ) -> [(String, UInt32, UInt32)] {
    func words(_ payload: inout InlineArray<64, UInt8>) -> mit_command {
      withUnsafePointer(to: &payload) {
        var words = mit_command()
        guard isForce, cubemars_decode_force($0.bytes, 8, &words) else { return mit_load_command($0.bytes) }
        return words
      }
    }
    let (first, second) = (words(&a), words(&b))
    return [
      ("command position word", UInt32(first.position), UInt32(second.position)),
      ("command velocity word", UInt32(first.velocity), UInt32(second.velocity)),
      ("command stiffness word", UInt32(first.stiffness), UInt32(second.stiffness)),
      ("command damping word", UInt32(first.damping), UInt32(second.damping)),
      ("command torque word", UInt32(first.torque), UInt32(second.torque)),
    ]
  }

  private static func oDrive(_ a: CANFrame, _ b: CANFrame) -> [(String, UInt32, UInt32)] {
    func word(_ frame: CANFrame) -> UInt32 {
      var word: UInt32 = 0
      _ = withUnsafePointer(to: frame.payload) { odrive_decode_word($0.bytes, frame.length, &word) }
      return word
    }
    return [
      ("command", UInt32(odrive_decode_address(a.id).command), UInt32(odrive_decode_address(b.id).command)),
      ("command word", word(a), word(b)),
    ]
  }

  private static func robStride(
    _ idA: UInt32, _ a: inout InlineArray<64, UInt8>, _ idB: UInt32, _ b: inout InlineArray<64, UInt8>
  ) -> [(String, UInt32, UInt32)] {
    let addresses = (robstride_decode_address(idA), robstride_decode_address(idB))
    let first = withUnsafePointer(to: &a) { robstride_decode_operation($0.bytes) }
    let second = withUnsafePointer(to: &b) { robstride_decode_operation($0.bytes) }
    return [
      ("command type", UInt32(addresses.0.type), UInt32(addresses.1.type)),
      ("command position word", UInt32(first.position), UInt32(second.position)),
      ("command velocity word", UInt32(first.velocity), UInt32(second.velocity)),
      ("command stiffness word", UInt32(first.stiffness), UInt32(second.stiffness)),
      ("command damping word", UInt32(first.damping), UInt32(second.damping)),
      ("command torque word", UInt32(addresses.0.data), UInt32(addresses.1.data)),
    ]
  }

  private static func format(of frame: CANFrame) -> String {
    "0x\(String(frame.id, radix: 16)), extended \(frame.isExtended), FD \(frame.isFlexibleDataRate), "
      + "bit-rate switch \(frame.hasBitRateSwitch)"
  }

  private static func text(of frame: CANFrame) -> String {
    var text: [UInt8] = []
    CandumpLine.append(frame, interface: Array("bus\(frame.bus)".utf8), to: &text)
    return String(decoding: text.dropLast(), as: UTF8.self)
  }
}

extension CANFrame {
  /// Whether two frames say the same, whenever they were on the bus.
  static func areSame(_ a: CANFrame, _ b: CANFrame) -> Bool {
    var isSame = a.id == b.id && a.length == b.length && a.bus == b.bus && a.isExtended == b.isExtended
    isSame =
      isSame && a.isFlexibleDataRate == b.isFlexibleDataRate && a.hasBitRateSwitch == b.hasBitRateSwitch
    for index in 0..<64 where a.payload[index] != b.payload[index] { isSame = false }
    return isSame
  }
}
