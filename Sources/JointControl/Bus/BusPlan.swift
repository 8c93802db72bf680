import ControlCycle

/// Whether every bus can carry the loop's rate, proved from worst-case frame lengths before anything moves.
///
/// In each cycle the host queues its commands, first in first out, and every drive answers them (`CycleTraffic`). The bus
/// idles only while no command is left and no answer is ready, so all of it is over at the latest after
///
///     host latency + sum of all commands and answers + one response latency
///
/// from the cycle's start. That must fit in the period, and the load must leave room for retransmissions.
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
    /// `busy` as a part of the period.
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
      let frames = onBus.flatMap { CycleTraffic.frames(of: $0.drive) }
      let busy = frames.reduce(Int64(0)) { $0 + $1.nanoseconds(on: bus) }
      let completion = onBus.isEmpty ? 0 : Self.hostLatency + busy + Self.responseLatency
      let utilisation = Double(busy) / Double(period)
      return Bus(
        name: bus.name, joints: onBus.map(\.joint), frames: frames.count, busy: busy,
        completion: completion, utilisation: utilisation,
        isFeasible: utilisation <= Self.utilisationLimit && completion <= period)
    }
  }
}

/// Frames that a drive brings onto its bus in one cycle, both ways, at their longest.
enum CycleTraffic {
  static func frames(of drive: DriveConfiguration) -> [FrameTime] {
    switch drive.family {
    case .damiao: [frame(8, drive), frame(8, drive)]
    case .moteus:
      // Commands ask for an answer, which makes their identifiers longer than 11 bits.
      [
        frame(Moteus.commandLength, drive, isExtended: true),
        frame(Moteus.answerLength, drive, isExtended: drive.id >= 8),
      ]
    case .robstride: [frame(8, drive, isExtended: true), frame(8, drive, isExtended: true)]
    }
  }

  private static func frame(_ bytes: Int, _ drive: DriveConfiguration, isExtended: Bool = false) -> FrameTime
  {
    FrameTime(worstCaseBytes: bytes, isExtended: isExtended, isFlexibleDataRate: drive.isFlexibleDataRate)
  }
}
