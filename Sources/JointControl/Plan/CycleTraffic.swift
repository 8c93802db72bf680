import ControlCycle

/// A message that the loop or a drive puts on a bus, and how late it can end.
public struct PlannedMessage: Sendable, Equatable {
  /// What a message is for.
  public enum Kind: String, Sendable {
    /// The host's setpoint to one drive.
    case command
    /// What the host asks besides, where drives do not tell by themselves.
    case question
    /// What a drive sends because of a command, a question or a SYNC.
    case answer
    /// The host's order to all drives of a bus to sample and act.
    case sync
    /// The host's sign of life.
    case heartbeat
    /// What a drive sends of its own accord.
    case report
  }
  /// What it is for.
  public var kind: Kind
  /// Whose drive it comes from or goes to; empty for frames to all.
  public var joint: String
  /// Identifier, at 29-bit protocols with data in it the most urgent one.
  public var identifier: UInt32
  /// Whether the identifier has 29 bits.
  public var isExtended: Bool
  /// Longest frame.
  public var frame: FrameTime
  /// Longest time on its bus, interframe space included [ns].
  public var length: Int64
  /// Shortest time between two [ns]; the loop's period for what comes once a cycle.
  public var interval: Int64
  /// What it may take: from the start of its cycle for what the loop brings about, else from its release [ns].
  public internal(set) var deadline: Int64 = 0
  /// Longest time until it is over, by order, priorities and latencies [ns]; nil when there is no bound.
  public internal(set) var worst: Int64?
  /// The same by the sum of all that the bus carries [ns]; nil when there is no bound.
  public internal(set) var sufficient: Int64?

  /// The most and the least urgent arbitration field it can have.
  var priorities: ClosedRange<UInt64>
  /// The host's message that makes a drive send it, by its place among the bus's messages.
  var trigger: Int?

  /// Whether the host sends it.
  public var isFromHost: Bool {
    switch kind {
    case .command, .question, .sync, .heartbeat: true
    case .answer, .report: false
    }
  }

  /// Whether it is over in time.
  public var meetsDeadline: Bool { worst.map { $0 <= deadline } ?? false }

  /// What it is called in tables and complaints.
  public var name: String { joint.isEmpty ? kind.rawValue : "\(kind.rawValue) of \(joint)" }
}

/// Frames that drives bring onto their bus, both ways, at their longest.
struct CycleTraffic {
  let period: Int64
  let bus: BusConfiguration
  /// All messages of the bus: the host's in the order in which they are queued, each followed by its answers.
  private(set) var messages: [PlannedMessage] = []

  /// The traffic of drives in the order of their commands.
  init(period: Int64, bus: BusConfiguration, drives: [(joint: String, drive: DriveConfiguration)]) {
    self.period = period
    self.bus = bus
    for (index, entry) in drives.enumerated() {
      add(entry.drive, joint: entry.joint)
      let endsGroup = !drives[(index + 1)...].contains { $0.drive.family == entry.drive.family }
      if entry.drive.family == .canopen && endsGroup {
        addGroup(drives.filter { $0.drive.family == .canopen })
      }
    }
  }

  /// Everything between a drive and the host but what a SYNC brings about.
  private mutating func add(_ drive: DriveConfiguration, joint: String) {
    let setpoint = DriveCodec.encode(MotorCommand(), for: drive)
    let filter = drive.answerFilter
    func reports(_ list: [(command: UInt32, milliseconds: Int)]) {
      for (command, milliseconds) in list {
        append(
          .report, joint, drive, id: UInt32(drive.id) << 5 | command,
          interval: Int64(milliseconds) * 1_000_000)
      }
    }
    switch drive.family {
    case .canopen: append(.command, joint, drive, id: setpoint.id)
    case .damiao:
      append(.command, joint, drive, id: setpoint.id)
      append(.answer, joint, drive, id: filter.id)
    case .mit:
      let isExtended = drive.dialect.isForce
      append(.command, joint, drive, id: setpoint.id, isExtended: isExtended)
      append(
        .answer, joint, drive, id: filter.id, isExtended: isExtended,
        bytes: isExtended ? 8 : Int(MIT.answerLength(drive.dialect)))
    case .moteus:
      append(
        .command, joint, drive, id: setpoint.id, isExtended: true, bytes: Int(Moteus.commandLength))
      append(
        .answer, joint, drive, id: filter.id, isExtended: filter.isExtended, bytes: Int(Moteus.answerLength))
    case .robstride: addRobStride(drive, joint: joint)
    case .myactuator:
      let seldom = MyActuator.questionInterval * period
      for (kind, interval) in [
        (PlannedMessage.Kind.command, period), (.question, period), (.question, seldom), (.question, seldom),
      ] {
        append(kind, joint, drive, id: setpoint.id, interval: interval)
        append(.answer, joint, drive, id: filter.id, interval: interval)
      }
    case .odrive:
      append(.command, joint, drive, id: setpoint.id)
      reports([
        (0x09, ODrive.estimateInterval), (0x1C, ODrive.torqueInterval), (0x01, ODrive.heartbeatInterval),
      ])
    case .odrive05:
      append(.command, joint, drive, id: setpoint.id)
      let current = UInt32(drive.id) << 5 | 0x14
      append(.question, joint, drive, id: current, bytes: 0, interval: ODrive.questionInterval * period)
      append(.answer, joint, drive, id: current, interval: ODrive.questionInterval * period)
      reports([(0x09, ODrive.estimateInterval), (0x01, ODrive.heartbeatInterval)])
    }
  }

  /// The private protocol keeps data in the identifier: torque in that of a command (type 1, bits 23...8), mode and faults in
  /// that of feedback (type 2, bits 23...16).
  private mutating func addRobStride(_ drive: DriveConfiguration, joint: String) {
    let number = UInt32(drive.id & 0xFF)
    append(.command, joint, drive, id: 1 << 24 | number, isExtended: true, spread: 0xFFFF << 8)
    append(
      .answer, joint, drive, id: 2 << 24 | number << 8 | UInt32(drive.masterID & 0xFF), isExtended: true,
      spread: 0xFF << 16)
  }

  /// SYNC, the answers of all drives to it, and the host's heartbeat.
  private mutating func addGroup(_ drives: [(joint: String, drive: DriveConfiguration)]) {
    let one = drives[0].drive
    append(.sync, "", one, id: 0x80, bytes: 0)
    let sync = messages.count - 1
    for (joint, drive) in drives {
      for function in [UInt32(0x180), 0x280] {
        append(.answer, joint, drive, id: function + UInt32(drive.id), trigger: sync)
      }
    }
    append(.heartbeat, "", one, id: 0x700 + UInt32(one.masterID), bytes: 1)
  }

  /// Appends a message; an answer is brought about by the last message of the host where nothing else is said.
  private mutating func append(
    _ kind: PlannedMessage.Kind, _ joint: String, _ drive: DriveConfiguration, id: UInt32,
    isExtended: Bool = false, bytes: Int = 8, interval: Int64? = nil, spread: UInt32 = 0, trigger: Int? = nil
  ) {
    let frame = FrameTime(
      worstCaseBytes: bytes, isExtended: isExtended, isFlexibleDataRate: drive.isFlexibleDataRate)
    let last = messages.lastIndex { $0.isFromHost }
    messages.append(
      PlannedMessage(
        kind: kind, joint: joint, identifier: id, isExtended: isExtended, frame: frame,
        length: frame.nanoseconds(on: bus), interval: interval ?? period,
        priorities:
          FramePriority.key(
            identifier: id, isExtended: isExtended)...FramePriority.key(
            identifier: id | spread, isExtended: isExtended),
        trigger: kind == .answer ? trigger ?? last : nil))
  }
}

extension PlannedMessage {
  /// How many come in every cycle, at most; 0 for what comes more seldom.
  func countEveryCycle(of period: Int64) -> Int64 {
    interval > period ? 0 : (period + interval - 1) / interval
  }

  /// Whether it is ready at an instant that the loop's cycle determines, every cycle.
  func isCyclic(of period: Int64) -> Bool {
    switch kind {
    case .report: false
    case .command, .question, .answer, .sync, .heartbeat: interval == period
    }
  }
}
