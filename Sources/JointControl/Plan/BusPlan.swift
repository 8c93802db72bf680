public import ControlCycle

/// Whether every bus can carry the loop's rate, proved from worst-case frame lengths before anything moves.
///
/// In each cycle the host queues its commands, first in first out, and every drive answers them (`CycleTraffic`). The bus
/// idles only while no command is left and no answer is ready, so all of it is over at the latest after
///
///     host latency + sum of all commands and answers + one response latency
///
/// from the cycle's start. That must fit in the period, and the load must leave room for retransmissions. How late each
/// message can end by itself stands in `Bus.messages` (`CycleResponses`).
///
/// Drives that speak of their own accord add frames by their rates: what comes every cycle is part of the
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
    /// The part of `utilisation` that frames take at the data bit rate; 0 on a classic bus.
    public var dataUtilisation: Double
    /// What travels on it, the host's messages in the order they are queued, each followed by its answers.
    public var messages: [PlannedMessage]
    /// Why the bus does not carry the rate; nil when it does.
    public var shortfall: Shortfall?
    /// Whether the bus carries the rate.
    public var isFeasible: Bool { shortfall == nil }
  }

  /// The first message that does not fit, and what it lacks.
  public struct Shortfall: Sendable, Equatable {
    /// What has no room.
    public enum Reason: Sendable, Equatable {
      /// It ends after its deadline.
      case late
      /// What is kept free for error frames and retransmissions.
      case reserve
      /// Everything that falls due at once delays frames by more than a cycle.
      case burst
    }
    /// Place among the bus's messages.
    public var message: Int
    /// Time that is missing [ns].
    public var missing: Int64
    /// What has no room.
    public var reason: Reason
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

  /// The plan of a robot, at its own period or another [ns].
  public init(robot: Robot, period: Int64? = nil) {
    self.init(
      period: period ?? robot.period, buses: robot.buses,
      drives: robot.joints.map { ($0.name, $0.configuration.drive) })
  }

  /// The plan of drives on buses; `drives` refer to buses by index.
  public init(
    period: Int64, buses: [BusConfiguration], drives: [(joint: String, drive: DriveConfiguration)]
  ) {
    self.period = period
    self.buses = buses.enumerated().map { index, bus in
      Bus(bus, period: period, drives: drives.filter { Int($0.drive.bus) == index })
    }
  }
}

extension BusPlan.Bus {
  init(_ bus: BusConfiguration, period: Int64, drives: [(joint: String, drive: DriveConfiguration)]) {
    let solved = CycleResponses(CycleTraffic(period: period, bus: bus, drives: drives))
    name = bus.name
    joints = drives.map(\.joint)
    messages = solved.messages
    frames = Int(messages.reduce(0) { $0 + $1.countEveryCycle(of: period) })
    busy = messages.reduce(0) { $0 + $1.length * $1.countEveryCycle(of: period) }
    completion = drives.isEmpty ? 0 : BusPlan.hostLatency + busy + BusPlan.responseLatency
    let seldom = messages.filter { $0.interval > period }
    let mean = seldom.reduce(0.0) { $0 + Double($1.length) * Double(period) / Double($1.interval) }
    utilisation = (Double(busy) + mean) / Double(period)
    dataUtilisation = messages.reduce(0.0) {
      let rate = Double(bus.dataBitRate ?? bus.bitRate)
      let each = Double($1.frame.dataBits) * 1e9 / rate
      let count =
        $1.interval > period ? Double(period) / Double($1.interval) : Double($1.countEveryCycle(of: period))
      return $0 + each * count / Double(period)
    }
    shortfall = nil
    shortfall = findShortfall(seldom, mean: mean, period: period)
  }

  /// The first message that does not fit, in the order of the list.
  private func findShortfall(
    _ seldom: [PlannedMessage], mean: Double, period: Int64
  ) -> BusPlan.Shortfall? {
    if messages.isEmpty { return nil }
    let tooMuch = completion - period
    if tooMuch > 0 || seldom.isEmpty {
      let late = messages.indices.filter { !messages[$0].meetsDeadline && messages[$0].isCyclic(of: period) }
      let first = late.min { messages[$0].worst ?? .max < messages[$1].worst ?? .max }
      if let first, let worst = messages[first].worst {
        let missing = worst - messages[first].deadline
        return BusPlan.Shortfall(message: first, missing: missing, reason: .late)
      }
      if tooMuch > 0 {
        return BusPlan.Shortfall(
          message: crossing(of: period - (completion - busy)), missing: tooMuch, reason: .late)
      }
    }
    if utilisation > BusPlan.utilisationLimit {
      let room = Int64(BusPlan.utilisationLimit * Double(period) - mean)
      return BusPlan.Shortfall(
        message: crossing(of: room), missing: max(1, busy - room), reason: .reserve)
    }
    let burst = latestInBurst(seldom, period: period) - 2 * period
    if burst > 0 {
      let last = messages.indices.last { messages[$0].interval > period } ?? 0
      return BusPlan.Shortfall(message: last, missing: burst, reason: .burst)
    }
    guard let first = messages.firstIndex(where: { !$0.meetsDeadline }) else { return nil }
    let missing = (messages[first].worst ?? 2 * messages[first].deadline) - messages[first].deadline
    return BusPlan.Shortfall(message: first, missing: missing, reason: .late)
  }

  /// The message of every cycle at which the sum of frames passes a time [ns]: the host's first, as they are queued.
  private func crossing(of room: Int64) -> Int {
    let period = messages.first { $0.kind == .command }?.interval ?? 1
    let order = messages.indices.filter { messages[$0].countEveryCycle(of: period) > 0 }
    var sum: Int64 = 0
    for index in order.filter({ messages[$0].isFromHost }) + order.filter({ !messages[$0].isFromHost }) {
      sum += messages[index].length * messages[index].countEveryCycle(of: period)
      if sum > room { return index }
    }
    return order.last ?? 0
  }

  /// End of the last frame of a cycle in which all seldom frames fall due together, and of the cycles that catch up, each
  /// from its start [ns].
  private func latestInBurst(_ seldom: [PlannedMessage], period: Int64) -> Int64 {
    let latency = BusPlan.hostLatency + BusPlan.responseLatency
    var latest: Int64 = 0
    var start: Int64 = 0
    while !seldom.isEmpty && start < 1_000_000_000 {
      let demand = seldom.reduce(busy * (start / period + 1)) {
        $0 + $1.length * (start / $1.interval + 1)
      }
      latest = max(latest, demand + latency - start)
      if latest > 2 * period || demand + latency - start <= period { return latest }
      start += period
    }
    return latest
  }
}

extension BusPlan.Bus {
  /// What does not fit and by how much, as a sentence without its end; nil for a bus that carries the rate.
  public var complaint: String? {
    guard let shortfall, messages.indices.contains(shortfall.message) else { return nil }
    let message = messages[shortfall.message]
    let what = "the \(message.name) (identifier 0x\(String(message.identifier, radix: 16, uppercase: true)))"
    let microseconds = ScheduleProblems.microseconds
    let missing = "\(microseconds(shortfall.missing)) us"
    switch shortfall.reason {
    case .late: return "\(what) is the first that does not fit, \(missing) are missing"
    case .reserve:
      return "\(what) is the first that does not fit beside the 5 % kept for retransmissions, "
        + "\(missing) are missing"
    case .burst:
      return
        "\(what) and all that falls due with it delay frames by more than a cycle, \(missing) are missing"
    }
  }
}

extension BusPlan.Bus {
  /// Requests of bring-up or recovery, each with its answer, that fit into every cycle beside all else.
  ///
  /// A drive that was lost is asked for its identity, settings and state over the same bus: frames no longer than those of
  /// the cycle, one request at a time, each answered a response latency later. They are the last in the host's queue.
  public func spareRequests(period: Int64) -> Int64 {
    let longest = messages.map(\.length).max() ?? 0
    guard longest > 0 else { return 0 }
    let load = Int64(BusPlan.utilisationLimit * Double(period)) - Int64(utilisation * Double(period))
    let time = (period - completion) / (2 * longest + BusPlan.responseLatency)
    return max(0, min(load / (2 * longest), time))
  }
}
