import Testing

@testable import JointControl

/// Which adapter a bus means, and what is said when another one is there.
@Suite("Identity of adapters")
struct AdapterIdentityTests {
  static func adapter(
    _ name: String, _ index: Int32, serial: String? = nil, path: String? = nil, channel: Int = 0,
    device: String? = "/d"
  ) -> CANAdapter {
    CANAdapter(
      name: name, index: index, driver: device == nil ? nil : "gs_usb", vendor: nil, product: nil,
      serial: serial,
      udevSerial: serial, path: path, channel: channel, isNumbered: true, marks: "0/0x\(channel)",
      device: device.map { $0 + (path ?? serial ?? "") })
  }

  private let connected = [
    adapter("can0", 4, serial: "A", path: "usb-1"), adapter("can1", 5, serial: "B", path: "usb-2"),
    adapter("can2", 6, serial: "B", path: "usb-2", channel: 1),
    adapter("can3", 7, serial: "X", path: "usb-3"), adapter("can4", 8, serial: "X", path: "usb-4"),
  ]

  private func objection(_ mark: AdapterSelector.Mark, channel: Int = 0, to name: String) -> AdapterObjection?
  {
    AdapterSelector(mark, channel: channel).objection(to: name, among: connected)
  }

  @Test("The adapter that is meant is taken")
  func taken() {
    #expect(objection(.serial("A"), to: "can0") == nil)
    #expect(objection(.serial("B"), channel: 1, to: "can2") == nil)
    #expect(objection(.path("usb-4"), to: "can4") == nil)
  }

  @Test("Another one is refused, with both told")
  func swapped() throws {
    let found = try #require(objection(.serial("B"), to: "can0"))
    #expect(
      found.message.contains("serial B, channel 0, which is can1 now") && found.message.contains("serial A"))
    #expect(found.fix.contains("sinew can names"))
    #expect(objection(.serial("B"), channel: 1, to: "can1") != nil)
    #expect(objection(.path("usb-1"), to: "can7")?.message.contains("which is can0 now") == true)
  }

  @Test("One that is not there, and a channel it does not have")
  func absent() throws {
    let found = try #require(objection(.serial("C"), to: "can0"))
    #expect(found.message.contains("not connected") && found.fix.contains("can0 (gs_usb, serial A"))
    let channel = try #require(objection(.serial("B"), channel: 2, to: "can2"))
    #expect(channel.message.contains("no channels but 0, 1"))
  }

  @Test("A serial number that two adapters have is refused, and the paths are told")
  func ambiguous() throws {
    let found = try #require(objection(.serial("X"), to: "can3"))
    #expect(found.message.contains("can3 at usb-3 and can4 at usb-4"))
    #expect(found.fix.contains("adapter: {path: usb-3}"))
  }

  @Test("A bus whose adapter is another one is refused as a bus, one without adapter takes what is there")
  func bus() throws {
    var host = HostAdapters(SysfsTree(root: "/nowhere"))
    host.adapters = connected
    var bus = BusConfiguration(name: "arm", interface: "can0", bitRate: 1_000_000)
    try bus.checkAdapter(among: host)
    bus.adapter = AdapterSelector(.serial("B"))
    let error = #expect(throws: BusError.self) { try bus.checkAdapter(among: host) }
    #expect(error?.description.contains("bus arm, can0: can0 is meant to be the adapter") == true)
    bus.interface = "can1"
    try bus.checkAdapter(among: host)
  }

  @Test("The same adapter in another socket, another one in the same socket")
  func sameness() {
    let was = Self.adapter("can0", 4, serial: "A", path: "usb-1")
    #expect(was.isSame(as: Self.adapter("can5", 9, serial: "A", path: "usb-9")))
    #expect(!was.isSame(as: Self.adapter("can0", 9, serial: "B", path: "usb-1")))
    #expect(!was.isSame(as: Self.adapter("can0", 9, serial: "A", path: "usb-1", channel: 1)))
    // Without serial numbers the socket is all there is; one with and one without are not the same.
    let plain = Self.adapter("can0", 4, path: "usb-1")
    #expect(plain.isSame(as: Self.adapter("can1", 9, path: "usb-1")))
    #expect(!plain.isSame(as: Self.adapter("can0", 9, path: "usb-2")) && !plain.isSame(as: was))
    let virtual = Self.adapter("vcan0", 4, device: nil)
    #expect(virtual.isSame(as: Self.adapter("vcan0", 5, device: nil)))
    #expect(!virtual.isSame(as: was) && !virtual.isSame(as: Self.adapter("vcan1", 5, device: nil)))
  }
}
