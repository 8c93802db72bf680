import TestSupport
import Testing

@testable import JointControl

/// What can be seen of CAN interfaces on any host; Tests/VM sees the rest on a kernel that has them.
struct KernelInterfaceTests {
  private func refusal(_ interface: String) -> BusError? {
    let bus = BusConfiguration(name: "left_arm", interface: interface, bitRate: 1_000_000)
    do throws(BusError) {
      _ = try OpenBus(bus, index: 0)
      return nil
    } catch { return error }
  }

  @Test("An interface that is not there, or is no CAN interface, is refused with what to do")
  func refused() throws {
    let absent = try #require(refusal("nosuch0"))
    #expect(absent.bus == "left_arm" && absent.message == "there is no interface nosuch0")
    #expect(absent.fix.contains("ip link show type can"))
    let loopback = try #require(refusal("lo"))
    #expect(loopback.message == "lo is no CAN interface")
  }

  @Test("The loop hears the drives of the bus and no others, and its queue holds two cycles of commands")
  func use() {
    let robot = SampleRobots.arm()
    let (first, second) = (BusUse(robot, bus: 0), BusUse(robot, bus: 1))
    #expect(first.filters.count == 1 && second.filters.count == 1 && first.filters != second.filters)
    #expect(first.sent >= 2 && first.received >= 2 && first.commands)
    #expect(BusUse.everything.filters.isEmpty && !BusUse.everything.commands)
  }
}
