public import ControlCycle

/// Bits that a loop's frames took on each bus, counted as they are: identifier, payload and stuff bits of every frame.
///
/// What the loop sent and what it received, from its first cycle on; frames of others, frames that were lost and what bring-up
/// sent are not among them. Counted in the loop without a lock or an allocation; the tables are made at set-up.
public struct BusOccupancy: ~Copyable {
  private var nominal: InlineArray<16, Int64>
  private var data: InlineArray<16, Int64>
  private var first: Int64
  private var last: Int64
  private let tables: WireTables

  /// Nothing yet.
  public init() {
    nominal = InlineArray(repeating: 0)
    data = InlineArray(repeating: 0)
    first = 0
    last = -1
    tables = WireTables.shared
  }

  /// Counts the frames of a cycle.
  @_noLocks public mutating func add(
    _ cycle: Cycle, received: borrowing FrameBuffer, transmitted: borrowing FrameBuffer
  ) {
    if last < 0 { first = cycle.number }
    last = cycle.number
    count(received)
    count(transmitted)
  }

  @_noLocks private mutating func count(_ frames: borrowing FrameBuffer) {
    let storage = frames.frames
    for index in 0..<frames.count {
      let bus = Int(storage[index].bus)
      if bus >= Capacity.buses { continue }
      let length = FrameLength(of: storage + index, tables: tables)
      nominal[bus] &+= Int64(length.nominalBits)
      data[bus] &+= Int64(length.dataBits)
    }
  }

  /// Part of the time, cycles that were skipped included, that the frames took on a bus of a robot.
  public func load(ofBus bus: Int, in robot: Robot) -> Double {
    guard last >= first, robot.buses.indices.contains(bus) else { return 0 }
    let configuration = robot.buses[bus]
    let seconds =
      Double(nominal[bus]) / Double(configuration.bitRate)
      + Double(data[bus]) / Double(configuration.dataBitRate ?? configuration.bitRate)
    return seconds * 1e9 / (Double(last - first + 1) * Double(robot.period))
  }
}
