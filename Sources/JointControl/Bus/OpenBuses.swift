public import ControlCycle

/// All buses of a robot, open on their interfaces.
public struct OpenBuses: ~Copyable {
  let buses: UnsafeMutablePointer<OpenBus>
  private let count: Int
  private let robot: Robot
  private let end: BusEnd
  private let staging = FrameStaging()
  private var budget: CollectBudget

  /// Opens every bus of a robot, as the one end of its interface or the other: to command its drives, or to answer in their
  /// place.
  ///
  /// - Throws: `BusErrors` naming every bus that cannot be opened; the others are closed again.
  public init(_ robot: Robot, as end: BusEnd = .host) throws(BusErrors) {
    let storage = UnsafeMutablePointer<OpenBus>.allocate(capacity: max(robot.buses.count, 1))
    var problems: [BusError] = []
    var opened = 0
    let uses = robot.buses.indices.map { Self.use(of: $0, in: robot, as: end) }
    budget = Self.budget(of: uses, as: end)
    for (index, bus) in robot.buses.enumerated() {
      let use = uses[index]
      do throws(BusError) {
        (storage + opened).initialize(to: try OpenBus(bus, index: index, as: end, use: use))
        opened += 1
      } catch { problems.append(error) }
    }
    guard problems.isEmpty else {
      storage.deinitialize(count: opened)
      storage.deallocate()
      throw BusErrors(problems: problems)
    }
    self.robot = robot
    self.end = end
    buses = storage
    count = opened
  }

  deinit {
    buses.deinitialize(count: count)
    buses.deallocate()
  }

  /// Appends what has arrived since the last call, bus by bus, each within its share (`CollectBudget`); the bus that is
  /// first changes from call to call. What is over stays where it is for the next call, and is counted (`overrun`).
  public mutating func receive(into frames: inout FrameBuffer) {
    var bus = budget.begin()
    for _ in 0..<count {
      budget.note(taken: buses[bus].receive(into: &frames, by: staging, atMost: budget.grant(bus)))
      bus = budget.bus(after: bus)
    }
  }

  /// The host hears its drives alone; who stands in for drives hears everything.
  private static func use(of bus: Int, in robot: Robot, as end: BusEnd) -> BusUse {
    switch end {
    case .host: BusUse(robot, bus: bus)
    case .drives: .everything
    }
  }

  /// The host takes in a cycle no more than it has room for. Who stands in for drives takes what comes.
  private static func budget(of uses: [BusUse], as end: BusEnd) -> CollectBudget {
    switch end {
    case .host:
      CollectBudget(
        needs: uses.map(\.received), shares: uses.map { CollectBudget.share(ofNeed: $0.received) },
        whole: ReceiveRoom.loop)
    case .drives:
      CollectBudget(
        needs: uses.map { _ in CollectBudget.largestShare },
        shares: uses.map { _ in FrameStaging.capacity },
        whole: ReceiveRoom.drives)
    }
  }

  /// Notes what each bus says of itself, and what its queue refused since the last call.
  public func report(into frames: inout FrameBuffer) {
    for bus in 0..<count { frames.note(buses[bus].nextCondition(), ofBus: bus) }
  }

  /// Opens a bus anew that was lost. What it carried before stays in its traffic.
  ///
  /// - Throws: `BusError` when it cannot be opened; then it stays lost.
  func reopen(_ bus: Int) throws(BusError) {
    precondition(bus >= 0 && bus < count)
    let use = Self.use(of: bus, in: robot, as: end)
    buses[bus].release()
    var opened = try OpenBus(robot.buses[bus], index: bus, as: end, use: use)
    opened.earlier = traffic(ofBus: bus)
    buses[bus] = opened
  }

  /// Sends each frame on its bus; never blocks.
  public func send(_ frames: borrowing FrameBuffer) {
    for bus in 0..<count { buses[bus].send(frames) }
  }

  /// Sees to it that no command that still waits on any bus is ever sent; see `OpenBus.secure`.
  public func secure() {
    for bus in 0..<count { buses[bus].secure() }
  }

  /// What a bus carried and met so far.
  public func traffic(ofBus bus: Int) -> BusTraffic {
    precondition(bus >= 0 && bus < count)
    return buses[bus].traffic.following(buses[bus].earlier)
  }
}

/// Frames that a call may bring: the room of the buffers it fills.
public enum ReceiveRoom {
  /// A loop, bring-up, or a link to one drive.
  public static let loop = 8 * Capacity.joints
  /// Who stands in for all drives of a robot.
  public static let drives = 16 * Capacity.joints
}

/// Buses that cannot be opened, all of them at once.
public struct BusErrors: Error, Sendable, CustomStringConvertible {
  /// Every problem found.
  public var problems: [BusError]

  /// Some problems, at least one.
  public init(problems: [BusError]) { self.problems = problems }

  /// One line a problem.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
