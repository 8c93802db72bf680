import ControlCycle
import JointControl
import Recording

/// A row an identifier: how often it comes, when it last came, and which of its bytes change.
struct FrameTable {
  let buses: [MonitoredBus]
  private let names: FrameNames
  private(set) var rows: [Key: Row] = [:]
  private(set) var loads: [BusLoad]
  private(set) var counts: [Int]
  /// Frames of identifiers that had no room.
  private(set) var unlisted = 0
  private static let mostRows = 4096

  /// What frames have in common that share a row.
  struct Key: Hashable {
    var bus: Int
    /// Without the bits that carry values.
    var id: UInt32
    /// Format bits: extended, remote, error.
    var kind: UInt8
  }

  /// What is known of the frames of a row.
  struct Row {
    var frame: CANFrame
    var label: FrameNames.Label?
    var count = 0
    /// Mean time between two frames [ns], the newest weighing most.
    var interval: Double = 0
    /// When each byte last was another than before [ns].
    var changes = InlineArray<64, Int64>(repeating: .min)

    init(_ frame: CANFrame, _ label: FrameNames.Label?) {
      self.frame = frame
      self.label = label
    }

    mutating func take(_ newer: CANFrame) {
      if count > 0 {
        let step = Double(max(newer.time - frame.time, 0))
        interval = count == 1 ? step : interval + (step - interval) / 8
        for index in 0..<Int(min(max(newer.length, frame.length), 64))
        where newer.payload[index] != frame.payload[index] { changes[index] = newer.time }
      }
      count += 1
      frame = newer
    }

    /// Frames a second; falls as soon as the next one is late.
    func rate(at now: Int64) -> Double {
      guard count > 1 else { return 0 }
      let age = Double(max(now - frame.time, 0))
      let time = age > 2 * interval ? age : interval
      return time > 0 ? 1e9 / time : 0
    }

    /// Whether a byte changed in the second before an instant.
    func hasChanged(_ index: Int, at now: Int64) -> Bool {
      changes[index] != .min && now - changes[index] < 1_000_000_000
    }
  }

  init(_ buses: [MonitoredBus], _ robot: Robot?) {
    self.buses = buses
    names = FrameNames(robot)
    loads = buses.map { BusLoad($0.configuration) }
    counts = buses.map { _ in 0 }
  }

  /// Takes a frame of a bus, `time` its time of day [ns].
  mutating func take(_ frame: CANFrame, of bus: Int) {
    counts[bus] += 1
    loads[bus].take(frame)
    let label = buses[bus].robotBus.flatMap { names.label(frame, bus: $0) }
    let key = Key(bus: bus, id: frame.id & (label?.mask ?? .max), kind: frame.flags & (1 | 16 | 32))
    if rows[key] != nil {
      // In place: a row is large, and a copy a frame would be most of the work.
      rows[key]?.take(frame)
      rows[key]?.label = label
    } else if rows.count < Self.mostRows {
      var row = Row(frame, label)
      row.take(frame)
      rows[key] = row
    } else {
      unlisted += 1
    }
  }

  /// What an answer says; empty for other frames.
  func meaning(_ row: Row, of bus: Int) -> String {
    guard row.label?.isAnswer == true, let number = buses[bus].robotBus else { return "" }
    return names.meaning(row.frame, bus: number)
  }
}
