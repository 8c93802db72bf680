public import ControlCycle

/// All buses of a robot, open on their interfaces.
public struct OpenBuses: ~Copyable {
  private let buses: UnsafeMutablePointer<OpenBus>
  private let count: Int
  private let staging = FrameStaging()

  /// Opens every bus of a robot.
  ///
  /// - Throws: `BusErrors` naming every bus that cannot be opened; the others are closed again.
  public init(_ robot: Robot) throws(BusErrors) {
    let storage = UnsafeMutablePointer<OpenBus>.allocate(capacity: max(robot.buses.count, 1))
    var problems: [BusError] = []
    var opened = 0
    for (index, bus) in robot.buses.enumerated() {
      do throws(BusError) {
        (storage + opened).initialize(to: try OpenBus(bus, index: index))
        opened += 1
      } catch { problems.append(error) }
    }
    guard problems.isEmpty else {
      storage.deinitialize(count: opened)
      storage.deallocate()
      throw BusErrors(problems: problems)
    }
    buses = storage
    count = opened
  }

  deinit {
    buses.deinitialize(count: count)
    buses.deallocate()
  }

  /// Appends what has arrived since the last call, bus by bus.
  public func receive(into frames: inout FrameBuffer) {
    for bus in 0..<count { buses[bus].receive(into: &frames, by: staging) }
  }

  /// Sends each frame on its bus; never blocks.
  public func send(_ frames: borrowing FrameBuffer) {
    for bus in 0..<count { buses[bus].send(frames) }
  }

  /// What a bus carried and met so far.
  public func traffic(ofBus bus: Int) -> BusTraffic {
    precondition(bus >= 0 && bus < count)
    return buses[bus].traffic
  }
}

/// Buses that cannot be opened, all of them at once.
public struct BusErrors: Error, Sendable, CustomStringConvertible {
  /// Every problem found.
  public var problems: [BusError]

  /// One line a problem.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
