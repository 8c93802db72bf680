public import ControlCycle

/// What would make a plan better: order of commands, phases of buses, the highest rate, drives on other buses.
///
/// Each proposal is verified by the same plan that judges the robot. Nothing is applied.
public struct PlanProposals: Sendable, Equatable {
  /// Another order of the commands of a bus.
  public struct SlotOrder: Sendable, Equatable {
    /// The bus.
    public var bus: String
    /// Joints in the order their commands should be sent.
    public var joints: [String]
    /// Time between the first and the last sample of a cycle, as it is and as it would be [ns].
    public var spread: (now: Int64, then: Int64)

    /// Whether two are the same.
    public static func == (one: SlotOrder, other: SlotOrder) -> Bool {
      one.bus == other.bus && one.joints == other.joints && one.spread == other.spread
    }
  }
  /// Where the samples of a cycle lie when the host sends to all buses in one go.
  public struct Phases: Sendable, Equatable {
    /// The buses in the order in which the host should serve them: the one that is busy longest first.
    public var order: [String]
    /// Time by which each bus should wait, in the order of the robot's buses [ns].
    public var delays: [Int64]
    /// Time between the first and the last sample of all buses, as it is and with the delays [ns].
    public var skewNow: Int64
    /// The same with the delays: never below what the widest bus needs by itself [ns].
    public var skewThen: Int64
  }
  /// A drive that goes to another bus.
  public struct Move: Sendable, Equatable {
    /// The joint.
    public var joint: String
    /// The bus it leaves.
    public var from: String
    /// The bus it goes to.
    public var to: String
    /// The identifier it needs there, where its own is taken.
    public var id: Int?
    /// The identifier it must answer with there, where it needs another one.
    public var masterID: Int?
  }
  /// A better distribution over the buses there are.
  public struct Distribution: Sendable, Equatable {
    /// What goes where, in order.
    public var moves: [Move]
    /// How full the fullest bus is, 1 being the limit, as it is and afterwards.
    public var fillNow: Double
    /// The same afterwards.
    public var fillThen: Double
    /// Whether every bus then carries the rate.
    public var isFeasible: Bool
  }

  /// Orders that bring the samples of a bus closer together.
  public var slotOrders: [SlotOrder]
  /// Phases of the buses.
  public var phases: Phases
  /// Highest whole rate that the buses carry [Hz]; nil where none down to 1 Hz does.
  public var highestRate: Int?
  /// A better distribution; nil where none was found that is worth the cables.
  public var distribution: Distribution?

  /// Highest rate that is looked at [Hz].
  public static let rateLimit = 20_000

  /// Proposals for drives on buses.
  public init(
    plan: BusPlan, buses: [BusConfiguration], drives: [(joint: String, drive: DriveConfiguration)]
  ) {
    slotOrders = buses.indices.compactMap {
      Self.slotOrder(of: $0, on: buses[$0], drives: drives, period: plan.period)
    }
    phases = Self.phases(of: plan)
    highestRate = Self.highestRate(buses: buses, drives: drives)
    distribution = DriveDistribution(buses: buses, drives: drives, period: plan.period).proposal()
  }

  /// Commands in the order of their priorities: an answer then gets in between fewer of them.
  private static func slotOrder(
    of index: Int, on bus: BusConfiguration, drives: [(joint: String, drive: DriveConfiguration)],
    period: Int64
  ) -> SlotOrder? {
    let own = drives.filter { Int($0.drive.bus) == index }
    let sorted = own.sorted { key($0.drive) < key($1.drive) }
    let spreads = [own, sorted].map { drives in
      CycleTimeline(CycleTraffic(period: period, bus: bus, drives: drives).messages, period: period)
        .sampling.map { $0.upperBound - $0.lowerBound } ?? 0
    }
    guard spreads[1] < spreads[0] else { return nil }
    return SlotOrder(bus: bus.name, joints: sorted.map(\.joint), spread: (spreads[0], spreads[1]))
  }

  private static func key(_ drive: DriveConfiguration) -> UInt64 {
    let frame = DriveCodec.encode(MotorCommand(), for: drive)
    return FramePriority.key(identifier: frame.id, isExtended: frame.isExtended)
  }

  /// The widest bus sets the least skew; those that sample earlier than it begins wait for it.
  private static func phases(of plan: BusPlan) -> Phases {
    let timelines = plan.buses.map { CycleTimeline($0.messages, period: plan.period) }
    let order = plan.buses.indices.sorted { (timelines[$1].end, $0) < (timelines[$0].end, $1) }
    var delays = plan.buses.map { _ in Int64(0) }
    let windows = timelines.compactMap(\.sampling)
    let skew = { (windows: [ClosedRange<Int64>]) -> Int64 in
      (windows.map(\.upperBound).max() ?? 0) - (windows.map(\.lowerBound).min() ?? 0)
    }
    if let widest = windows.max(by: { $0.upperBound - $0.lowerBound < $1.upperBound - $1.lowerBound }) {
      for (index, bus) in plan.buses.enumerated() {
        guard let own = timelines[index].sampling else { continue }
        let room = max(0, plan.period - bus.completion)
        delays[index] = min(room, max(0, widest.lowerBound - own.lowerBound))
      }
    }
    let then = zip(timelines, delays).compactMap { timeline, delay in
      timeline.sampling.map { $0.lowerBound + delay...$0.upperBound + delay }
    }
    return Phases(
      order: order.map { plan.buses[$0].name }, delays: delays, skewNow: skew(windows), skewThen: skew(then))
  }

  /// The highest rate at which the plan holds, looked for from above: loads of drives that speak at rates of their own do not
  /// fall evenly with the loop's.
  private static func highestRate(
    buses: [BusConfiguration], drives: [(joint: String, drive: DriveConfiguration)]
  ) -> Int? {
    var rate = rateLimit
    for (index, bus) in buses.enumerated() {
      let own = drives.filter { Int($0.drive.bus) == index }
      while rate > 0 {
        let plan = BusPlan.Bus(bus, period: period(ofRate: rate), drives: own)
        if plan.isFeasible { break }
        // No lower rate can do with less than the host's commands and their answers.
        let least = plan.messages.reduce(Int64(0)) {
          $0 + ($1.isCyclic(of: period(ofRate: rate)) ? $1.length : 0)
        }
        let bound = Int(1e9 / max(1, Double(least + BusPlan.hostLatency + BusPlan.responseLatency)))
        rate = min(rate - 1, bound)
      }
    }
    while rate > 0 && !BusPlan(period: period(ofRate: rate), buses: buses, drives: drives).isFeasible {
      rate -= 1
    }
    return rate > 0 ? rate : nil
  }

  /// The period of a rate [ns].
  public static func period(ofRate rate: Int) -> Int64 { Int64((1e9 / Double(rate)).rounded()) }
}
