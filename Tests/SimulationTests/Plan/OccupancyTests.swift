import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

@Suite("Measured occupancy") struct OccupancyTests {
  private static func frame(_ id: UInt32, bus: UInt8, bytes: Int, isFlexible: Bool = false) -> CANFrame {
    var frame = CANFrame(id: id, bus: bus, isExtended: false, isFlexibleDataRate: isFlexible)
    frame.length = UInt8(bytes)
    for place in 0..<bytes { frame.payload[place] = UInt8(truncatingIfNeeded: Int(id) &* (place + 3)) }
    return frame
  }

  @Test("What is counted is what the same frames take on the simulated bus")
  func equalsSimulatedBus() {
    let robot = SampleRobots.arm()
    var occupancy = BusOccupancy()
    var received = FrameBuffer(capacity: 8)
    var sent = FrameBuffer(capacity: 8)
    var busy: [Int64] = [0, 0]
    for number in Int64(5)..<25 {
      received.removeAll()
      sent.removeAll()
      for index in 0..<6 {
        let bus = UInt8(index % 2)
        let frame = Self.frame(
          UInt32(number) * 7 + UInt32(index), bus: bus, bytes: index + 2, isFlexible: bus == 0)
        if index < 3 { received.append(frame) } else { sent.append(frame) }
        let configuration = robot.buses[Int(bus)]
        busy[Int(bus)] += FrameLength(of: frame).duration(
          bitRate: configuration.bitRate, dataBitRate: configuration.dataBitRate ?? configuration.bitRate)
      }
      // A cycle that was skipped counts as time.
      occupancy.add(
        Cycle(number: number < 10 ? number : number + 1, time: 0, period: 0.001), received: received,
        transmitted: sent)
    }
    for bus in 0..<2 {
      let load = Double(busy[bus]) / Double(21 * robot.period)
      #expect(abs(occupancy.load(ofBus: bus, in: robot) - load) < 1e-12)
    }
    #expect(occupancy.load(ofBus: 7, in: robot) == 0)
  }
}
