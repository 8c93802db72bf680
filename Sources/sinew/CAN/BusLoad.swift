import ControlCycle
import JointControl
import Recording

/// How much of a bus's time frames took in the last second, each counted at its longest as the bus plan does.
struct BusLoad {
  private let bus: BusConfiguration
  /// What began in each tenth of a second, by its number modulo the number of slots.
  private var slots = [(number: Int64, busy: Int64, frames: Int)](
    repeating: (.min, 0, 0), count: BusLoad.slotCount)
  private static let slotCount = 16
  private static let slot: Int64 = 100_000_000

  init(_ bus: BusConfiguration) { self.bus = bus }

  /// Counts a frame; error frames are told by the controller and took no time that is known.
  mutating func take(_ frame: CANFrame) {
    let number = frame.time / Self.slot
    let index = Int(number.magnitude % UInt64(Self.slotCount))
    guard slots[index].number <= number else { return }
    if slots[index].number != number { slots[index] = (number, 0, 0) }
    slots[index].frames += 1
    if !frame.isError { slots[index].busy += Self.nanoseconds(frame, on: bus) }
  }

  /// Part of the time, and frames a second, in the ten whole tenths of a second before an instant [ns].
  func last(before now: Int64) -> (load: Double, rate: Int) {
    let current = now / Self.slot
    let recent = slots.filter { $0.number >= current - 10 && $0.number < current }
    return (
      Double(recent.reduce(0) { $0 + $1.busy }) / Double(10 * Self.slot), recent.reduce(0) { $0 + $1.frames }
    )
  }

  /// The longest time a frame of this format and length takes [ns].
  static func nanoseconds(_ frame: CANFrame, on bus: BusConfiguration) -> Int64 {
    var bus = bus
    if !frame.hasBitRateSwitch { bus.dataBitRate = nil }
    return FrameTime(
      worstCaseBytes: frame.isRemote ? 0 : Int(frame.length), isExtended: frame.isExtended,
      isFlexibleDataRate: frame.isFlexibleDataRate
    ).nanoseconds(on: bus)
  }
}
