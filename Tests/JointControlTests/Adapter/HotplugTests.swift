import Testing

@testable import JointControl

/// What comes and goes, from made-up events: who is known, and what that means for a bus.
@Suite("Hot-plug")
struct HotplugTests {
  private static func adapter(_ name: String, _ index: Int32, serial: String? = "A") -> CANAdapter {
    AdapterIdentityTests.adapter(name, index, serial: serial, path: "usb-1")
  }

  private func record(_ action: String, _ name: String, _ index: Int32, isCAN: Bool? = true) -> UdevRecord {
    UdevRecord(name: name, index: index, isCAN: isCAN, action: action)
  }

  @Test("Added, renamed and removed are news once; the rest is none")
  func ledger() {
    let (first, second) = (Self.adapter("can0", 4), Self.adapter("can1", 5))
    var ledger = AdapterLedger([first])
    var there: [Int32: CANAdapter] = [4: first, 5: second]
    func take(_ action: String, _ name: String, _ index: Int32, isCAN: Bool? = true) -> AdapterEvent? {
      ledger.take(record(action, name, index, isCAN: isCAN)) { there[$0.index] }
    }
    #expect(take("add", "can0", 4) == nil, "known before it was told")
    #expect(take("add", "can1", 5) == .added(second))
    #expect(take("add", "can1", 5) == nil && take("change", "can1", 5) == nil)
    there[5] = Self.adapter("left_arm", 5)
    #expect(take("move", "left_arm", 5) == .renamed(Self.adapter("left_arm", 5), from: "can1"))
    #expect(take("remove", "left_arm", 5, isCAN: nil) == .removed(Self.adapter("left_arm", 5)))
    #expect(take("remove", "left_arm", 5, isCAN: nil) == nil, "nobody goes twice")
    #expect(take("remove", "eth0", 2, isCAN: nil) == nil && take("add", "eth0", 2, isCAN: false) == nil)
    #expect(take("add", "can9", 9) == nil, "gone again before it could be seen")
    #expect(take("remove", "can0", 0, isCAN: nil) == .removed(first), "by name where no number is told")
    #expect(ledger.known.isEmpty == false || there.count == 2)
  }

  @Test("After events were lost, what is there is what counts")
  func reconciled() {
    let (first, second) = (Self.adapter("can0", 4), Self.adapter("can1", 5))
    var ledger = AdapterLedger([first, second])
    // can0 was replaced and can1 has another name: same names, other numbers.
    let (third, renamed) = (Self.adapter("can0", 6), Self.adapter("right", 5))
    #expect(
      ledger.reconcile(with: [third, renamed]) == [
        .missed, .removed(first), .added(third), .renamed(renamed, from: "can1"),
      ])
    #expect(ledger.reconcile(with: [third, renamed]) == [.missed])
  }

  @Test("Random histories: what is known is what was plugged and not unplugged")
  func histories() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      var ledger = AdapterLedger([])
      var there: [Int32: CANAdapter] = [:]
      var (next, told): (Int32, [AdapterEvent]) = (1, [])
      for _ in 0..<100 {
        let event: AdapterEvent?
        if there.isEmpty || Bool.random(using: &random) {
          there[next] = Self.adapter("can\(there.count)", next)
          event = ledger.take(record("add", "can\(there.count - 1)", next)) { there[$0.index] }
          next += 1
        } else {
          let index = there.keys.randomElement(using: &random) ?? 0
          let name = there.removeValue(forKey: index)?.name ?? ""
          event = ledger.take(record("remove", name, index, isCAN: nil)) { there[$0.index] }
        }
        if let event { told.append(event) }
      }
      #expect(ledger.known == there && told.count == 100)
    }
  }

  private static let buses = [
    BusConfiguration(name: "left", interface: "can0", bitRate: 1_000_000),
    BusConfiguration(name: "right", interface: "can1", bitRate: 1_000_000),
    BusConfiguration(name: "head", interface: "slcan:/dev/ttyACM0", bitRate: 1_000_000),
  ]
  private static let (left, right) = (adapter("can0", 4, serial: "L"), adapter("can1", 5, serial: "R"))
  private static var opened: BusAdapters { BusAdapters(buses, on: [left, right]) }

  @Test("Unplugged and plugged in again: gone, then back, and again")
  func back() {
    var buses = Self.opened
    #expect(
      buses.buses.map(\.name) == ["left", "right"] && buses.buses.allSatisfy { $0.presence == .present })
    for number in Int32(0)..<3 {
      let gone = buses.take(.removed(Self.adapter("can0", number == 0 ? 4 : 9 + number, serial: "L")))
      #expect(gone.map(\.bus) == ["left"] && gone.map(\.presence) == [.gone])
      let back = buses.take(.added(Self.adapter("can0", 10 + number, serial: "L")))
      #expect(back.map(\.bus) == ["left"] && back.map(\.presence) == [.back], "\(number)")
    }
    #expect(buses.buses.map(\.presence) == [.back, .present])
  }

  @Test("Two adapters that come back in each other's place are refused, both")
  func swapped() {
    var buses = Self.opened
    _ = buses.take(.removed(Self.left))
    _ = buses.take(.removed(Self.right))
    let first = buses.take(.added(Self.adapter("can0", 8, serial: "R")))
    #expect(first.map(\.bus) == ["left", "right"] && first.allSatisfy { $0.presence == .swapped })
    #expect(first[0].message.contains("can0 is another adapter now") && first[0].message.contains("serial L"))
    #expect(first[1].message.contains("back as can0") && first[1].message.contains("can1"))
    let second = buses.take(.added(Self.adapter("can1", 9, serial: "L")))
    #expect(second.map(\.presence) == [.swapped, .swapped])
    #expect(buses.buses.allSatisfy { $0.presence == .swapped })
    // Put right: each is the one it was.
    _ = buses.take(.removed(Self.adapter("can0", 8, serial: "R")))
    _ = buses.take(.removed(Self.adapter("can1", 9, serial: "L")))
    #expect(buses.take(.added(Self.adapter("can0", 10, serial: "L"))).map(\.presence) == [.back])
    #expect(buses.take(.added(Self.adapter("can1", 11, serial: "R"))).map(\.presence) == [.back])
  }

  @Test("A stranger, another's channel and names that are not the robot's concern no bus")
  func strangers() {
    var buses = Self.opened
    #expect(buses.take(.added(Self.adapter("can5", 8, serial: "S"))).isEmpty)
    #expect(buses.take(.removed(Self.adapter("can5", 8, serial: "S"))).isEmpty && buses.take(.missed).isEmpty)
    #expect(buses.buses.allSatisfy { $0.presence == .present })
  }

  @Test("An interface that is renamed under the robot leaves its bus")
  func renamed() {
    var buses = Self.opened
    let notices = buses.take(.renamed(Self.adapter("other", 4, serial: "L"), from: "can0"))
    #expect(notices.map(\.bus) == ["left"] && notices[0].presence == .swapped)
    #expect(notices[0].message.contains("can0 is called other now"))
  }

  @Test("Libudev that is missing, or a group that is none, is said with what to do")
  func errors() {
    #expect(AdapterWatchError(code: 79).description.contains("apt-get install libudev1"))
    #expect(AdapterWatchError(code: 1).message.contains("kernel"))
    #expect(AdapterWatch.Group(rawValue: "systemd") == nil)
  }
}
