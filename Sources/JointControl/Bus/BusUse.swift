public import ControlCycle

/// What a program means to do on a bus, for interfaces with filters and queues.
public struct BusUse: Sendable {
  /// What it wants to hear; everything where empty.
  public var filters: [AnswerFilter]
  /// Frames it hears in a cycle, at most.
  public var received: Int
  /// Frames it sends in a cycle, at most; 0 leaves the queue to the kernel.
  public var sent: Int
  /// Whether the commands are its own: then the interface must be fit for a robot, and not merely there.
  public var commands: Bool
  /// Time after which a frame that was sent and has not come back from the wire counts as unconfirmed [ns]; 0: none is to
  /// come back.
  public var confirmWithin: Int64 = 0

  /// A program that listens to everything and answers.
  public static let everything = BusUse(filters: [], received: 0, sent: 0, commands: false)

  init(filters: [AnswerFilter], received: Int, sent: Int, commands: Bool) {
    self.filters = filters
    self.received = received
    self.sent = sent
    self.commands = commands
  }

  /// The loop's use of a bus of a robot: the answers of its drives, and what it sends them.
  public init(_ robot: Robot, bus: Int) {
    let drives = robot.joints.map(\.configuration.drive).filter { Int($0.bus) == bus }
    filters = drives.map(\.answerFilter)
    // Every cycle a command a drive and perhaps a question, and behind them a SYNC and a heartbeat.
    sent = drives.isEmpty ? 0 : 2 * drives.count + 2
    received = BusPlan(robot: robot).buses[bus].frames
    commands = true
    // The next cycle looks for it, a little less than a period later.
    confirmWithin = robot.buses[bus].confirms ? robot.period / 2 : 0
  }
}
