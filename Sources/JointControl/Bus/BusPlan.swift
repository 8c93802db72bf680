import ControlCycle

/// Whether every bus can carry the loop's rate, proved from worst-case frame lengths before anything moves.
///
/// In each cycle the host queues its commands, first in first out, and every drive answers them (`CycleTraffic`). The bus
/// idles only while no command is left and no answer is ready, so all of it is over at the latest after
///
///     host latency + sum of all commands and answers + one response latency
///
/// from the cycle's start. That must fit in the period, and the load must leave room for retransmissions.
///
/// Drives that speak of their own accord add frames by their rates (`Unasked`): what comes every cycle is part of the
/// sum; what comes more seldom counts with its mean load, and all of it together, in the worst phase, must never delay a
/// frame by more than one cycle. That is looked at cycle by cycle until the bus has caught up.
public struct BusPlan: Sendable, Equatable {
  /// What one bus has to carry.
  public struct Bus: Sendable, Equatable {
    /// The robot's name for the bus.
    public var name: String
    /// Names of the joints on it, in the order their commands are sent.
    public var joints: [String]
    /// Frames a cycle, both directions.
    public var frames: Int
    /// Time the frames of one cycle occupy the bus at worst [ns].
    public var busy: Int64
    /// Time from the cycle's start to the end of the last answer at worst [ns].
    public var completion: Int64
    /// Part of the time that the bus carries frames at worst: `busy` and what comes less often than every cycle.
    public var utilisation: Double
    /// Whether the bus carries the rate.
    public var isFeasible: Bool
  }

  /// One entry a bus of the robot.
  public var buses: [Bus]
  /// The loop's period [ns].
  public var period: Int64

  /// Highest load that leaves room for error frames and retransmissions.
  public static let utilisationLimit = 0.95
  /// Time from the cycle's start until its first frame is in the controller [ns]; an assumption for system call
  /// and driver, which the simulator shares.
  public static let hostLatency: Int64 = 20_000
  /// Time a drive takes to answer [ns]; an assumption, which the simulator shares: neither vendor publishes it,
  /// and drives of this class serve CAN from an interrupt in tens of microseconds.
  public static let responseLatency: Int64 = 60_000

  /// Whether every bus carries the rate.
  public var isFeasible: Bool { buses.allSatisfy(\.isFeasible) }

  /// The plan of a robot.
  public init(robot: Robot) {
    self.init(
      period: robot.period, buses: robot.buses,
      drives: robot.joints.map { ($0.name, $0.configuration.drive) })
  }

  /// The plan of drives on buses; `drives` refer to buses by index.
  public init(
    period: Int64, buses: [BusConfiguration], drives: [(joint: String, drive: DriveConfiguration)]
  ) {
    self.period = period
    self.buses = buses.enumerated().map { index, bus in
      let onBus = drives.filter { Int($0.drive.bus) == index }
      let unasked = onBus.flatMap { CycleTraffic.unasked(of: $0.drive, period: period) }
      let frames =
        onBus.flatMap { CycleTraffic.frames(of: $0.drive) } + CycleTraffic.groupFrames(of: onBus.map(\.drive))
        + unasked.flatMap { Array(repeating: $0.frame, count: $0.countEveryCycle(of: period)) }
      let seldom = unasked.filter { $0.interval > period }
      let busy = frames.reduce(Int64(0)) { $0 + $1.nanoseconds(on: bus) }
      let completion = onBus.isEmpty ? 0 : Self.hostLatency + busy + Self.responseLatency
      let mean = seldom.reduce(0.0) {
        $0 + Double($1.frame.nanoseconds(on: bus)) * Double(period) / Double($1.interval)
      }
      let utilisation = (Double(busy) + mean) / Double(period)
      let isPunctual = Self.isPunctual(busy: busy, seldom: seldom, on: bus, period: period)
      return Bus(
        name: bus.name, joints: onBus.map(\.joint), frames: frames.count, busy: busy,
        completion: completion, utilisation: utilisation,
        isFeasible: utilisation <= Self.utilisationLimit && completion <= period && isPunctual)
    }
  }

  /// Whether no frame is late by more than a cycle when all seldom frames fall due together.
  private static func isPunctual(
    busy: Int64, seldom: [CycleTraffic.Unasked], on bus: BusConfiguration, period: Int64
  ) -> Bool {
    let latency = hostLatency + responseLatency
    var start: Int64 = 0
    while !seldom.isEmpty && start < 1_000_000_000 {
      let demand = seldom.reduce(busy * (start / period + 1)) {
        $0 + $1.frame.nanoseconds(on: bus) * (start / $1.interval + 1)
      }
      if demand + latency - start > 2 * period { return false }
      if demand + latency - start <= period { return true }
      start += period
    }
    return true
  }
}

/// Frames that a drive brings onto its bus in one cycle, both ways, at their longest.
enum CycleTraffic {
  static func frames(of drive: DriveConfiguration) -> [FrameTime] {
    switch drive.family {
    // The drive answers with two frames.
    case .canopen: [frame(8, drive), frame(8, drive), frame(8, drive)]
    case .damiao: [frame(8, drive), frame(8, drive)]
    case .mit where drive.dialect.isForce:
      [frame(8, drive, isExtended: true), frame(8, drive, isExtended: true)]
    case .mit: [frame(8, drive), frame(Int(MIT.answerLength(drive.dialect)), drive)]
    case .odrive, .odrive05: [frame(8, drive)]
    // The command, the question for the angle, and an answer to each.
    case .myactuator: Array(repeating: frame(8, drive), count: 4)
    case .moteus:
      // Commands ask for an answer, which makes their identifiers longer than 11 bits.
      [
        frame(Moteus.commandLength, drive, isExtended: true),
        frame(Moteus.answerLength, drive, isExtended: drive.id >= 8),
      ]
    case .robstride: [frame(8, drive, isExtended: true), frame(8, drive, isExtended: true)]
    }
  }

  /// A frame that does not answer a command.
  struct Unasked {
    var frame: FrameTime
    /// Shortest time between two of them [ns].
    var interval: Int64

    /// How many a cycle has at most, where every cycle has one.
    func countEveryCycle(of period: Int64) -> Int {
      interval > period ? 0 : Int((period + interval - 1) / interval)
    }
  }

  /// Frames that do not answer a command, with what is asked for them.
  static func unasked(of drive: DriveConfiguration, period: Int64) -> [Unasked] {
    func every(_ milliseconds: Int) -> Unasked {
      Unasked(frame: frame(8, drive), interval: Int64(milliseconds) * 1_000_000)
    }
    switch drive.family {
    case .canopen, .damiao, .mit, .moteus, .robstride: return []
    case .myactuator:
      // Two questions and their answers.
      let seldom = Unasked(frame: frame(8, drive), interval: MyActuator.questionInterval * period)
      return Array(repeating: seldom, count: 4)
    case .odrive:
      return [every(ODrive.estimateInterval), every(ODrive.torqueInterval), every(ODrive.heartbeatInterval)]
    case .odrive05:
      let interval = ODrive.questionInterval * period
      return [
        every(ODrive.estimateInterval), every(ODrive.heartbeatInterval),
        Unasked(frame: frame(0, drive), interval: interval),
        Unasked(frame: frame(8, drive), interval: interval),
      ]
    }
  }

  /// Frames to all drives of a family on one bus, behind the last one's command.
  static func groupFrames(of drives: [DriveConfiguration]) -> [FrameTime] {
    // SYNC and heartbeat.
    drives.first { $0.family == .canopen }.map { [frame(0, $0), frame(1, $0)] } ?? []
  }

  private static func frame(_ bytes: Int, _ drive: DriveConfiguration, isExtended: Bool = false) -> FrameTime
  {
    FrameTime(worstCaseBytes: bytes, isExtended: isExtended, isFlexibleDataRate: drive.isFlexibleDataRate)
  }
}
