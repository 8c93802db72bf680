import Testing

@testable import JointControl

/// What is read from a tree of devices; udev's own tree is compared with it in Tests/VM.
@Suite("Adapters of a host")
struct HostAdaptersTests {
  @Test("A USB adapter: serial number, names, driver, and the path that udev gives")
  func usb() throws {
    let made = MadeUpTree()
    try made.interface("can0", index: 7, on: try made.usb("2", serial: "004E0033"))
    let adapter = try #require(HostAdapters(made.tree)["can0"])
    #expect(adapter.index == 7 && adapter.driver == "gs_usb" && adapter.serial == "004E0033")
    #expect(adapter.vendor == "canable.io" && adapter.product == "canable gs_usb")
    #expect(adapter.path == "pci-0000:00:14.0-usb-0:2:1.0")
    #expect(adapter.channel == 0 && adapter.isNumbered && !adapter.isVirtual)
  }

  @Test("Behind hubs the path has every port")
  func hubs() throws {
    let made = MadeUpTree()
    try made.interface("can0", index: 7, on: try made.usb("1.4.2", serial: nil))
    let adapter = try #require(HostAdapters(made.tree)["can0"])
    #expect(adapter.path == "pci-0000:00:14.0-usb-0:1.4.2:1.0" && adapter.serial == nil)
  }

  @Test("Paths of PCI, of SPI, of the platform, and of what stands behind bridges")
  func paths() throws {
    let made = MadeUpTree()
    try made.device("pci0000:00/0000:00:1c.0", subsystem: "pci")
    try made.device("pci0000:00/0000:00:1c.0/0000:02:00.0", subsystem: "pci", driver: "kvaser_pci")
    try made.interface("can0", index: 3, on: "pci0000:00/0000:00:1c.0/0000:02:00.0")
    try made.device("platform/soc", subsystem: "platform")
    try made.device("platform/soc/fe204000.spi", subsystem: "platform", driver: "spi-bcm2835")
    try made.device("platform/soc/fe204000.spi/spi_master/spi0", subsystem: "spi_master")
    try made.device(
      "platform/soc/fe204000.spi/spi_master/spi0/spi0.1", subsystem: "spi", driver: "mcp251xfd")
    try made.interface("can1", index: 4, on: "platform/soc/fe204000.spi/spi_master/spi0/spi0.1")
    try made.device("platform/canfault.0", subsystem: "platform", driver: "canfault")
    try made.interface("can2", index: 5, on: "platform/canfault.0")
    let host = HostAdapters(made.tree)
    #expect(
      host.adapters.map(\.path) == [
        "pci-0000:02:00.0", "platform-fe204000.spi-cs-1", "platform-canfault.0",
      ])
    #expect(host.adapters.map(\.driver) == ["kvaser_pci", "mcp251xfd", "canfault"])
  }

  @Test("Channels are those of the driver, whether it says dev_port or dev_id")
  func channels() throws {
    let made = MadeUpTree()
    let (first, second) = (try made.usb("1", serial: "A"), try made.usb("2", serial: "B"))
    // Plugged in twice: numbers of interfaces do not follow those of channels.
    try made.interface("can0", index: 9, on: first, port: "1", id: "0x1")
    try made.interface("can1", index: 4, on: first)
    try made.interface("can2", index: 5, on: second, id: "0x2")
    let host = HostAdapters(made.tree)
    #expect(host.adapters.map(\.channel) == [1, 0, 2] && host.adapters.allSatisfy(\.isNumbered))
    #expect(host.adapters.map(\.marks) == ["1/0x1", "0/0x0", "0/0x2"])
  }

  @Test("A driver that numbers no channels: the order of the kernel, and said")
  func unnumbered() throws {
    let made = MadeUpTree()
    let card = "pci0000:00/0000:00:05.0"
    try made.device(card, subsystem: "pci", driver: "ctucanfd")
    try made.interface("can3", index: 11, on: card)
    try made.interface("can2", index: 12, on: card)
    let host = HostAdapters(made.tree)
    #expect(host.adapters.map(\.name) == ["can2", "can3"] && host.adapters.map(\.channel) == [1, 0])
    #expect(host.adapters.allSatisfy { !$0.isNumbered })
  }

  @Test("Two adapters with one serial number are noticed, two channels of one adapter are not")
  func sharedSerials() throws {
    let made = MadeUpTree()
    let (first, second) = (try made.usb("1", serial: "X"), try made.usb("2", serial: "X"))
    let third = try made.usb("3", serial: "Y")
    try made.interface("can0", index: 4, on: third, id: "0x0")
    try made.interface("can1", index: 5, on: third, id: "0x1")
    #expect(HostAdapters(made.tree).sharedSerials.isEmpty)
    try made.interface("can2", index: 6, on: first)
    try made.interface("can3", index: 7, on: second)
    let shared = HostAdapters(made.tree).sharedSerials
    #expect(
      shared.count == 1 && shared[0].serial == "X" && shared[0].adapters.map(\.name) == ["can2", "can3"])
  }

  @Test("Virtual interfaces are there, other networks are not, and names count in their order")
  func others() throws {
    let made = MadeUpTree()
    for (name, index) in [("can10", 3), ("can2", 4), ("vcan0", 5)] { try made.interface(name, index: index) }
    try made.interface("eth0", index: 2, type: "1")
    let host = HostAdapters(made.tree)
    #expect(host.adapters.map(\.name) == ["can2", "can10", "vcan0"])
    #expect(host.adapters.allSatisfy { $0.isVirtual && $0.path == nil && $0.driver == nil })
    #expect(HostAdapters(SysfsTree(root: made.root + "/nothing")).adapters.isEmpty)
  }

  @Test(
    "Whatever stands in attributes, nothing traps",
    arguments: [
      "", "0x", "0xZZ", "-1", "99999999999999999999", "280 ", "\u{0}", String(repeating: "9", count: 5000),
    ])
  func nonsense(text: String) throws {
    let made = MadeUpTree()
    let device = try made.usb("1", serial: text)
    try made.interface("can0", index: 4, on: device, port: text, id: text)
    try made.interface("can1", index: 5, on: device, type: text)
    let host = HostAdapters(made.tree)
    #expect(host["can1"] == nil && host["can0"] != nil)
    #expect((host["can0"]?.serial?.utf8.count ?? 0) < 4097)
  }

  @Test("What udev says stands above what was read, and only of interfaces that are there")
  func udev() throws {
    let made = MadeUpTree()
    try made.interface("can0", index: 4, on: try made.usb("1", serial: "a b"))
    var host = HostAdapters(made.tree)
    #expect(host["can0"]?.udevSerial == "a_b")
    host.complete(
      with: UdevRecord(name: "can0", index: 4, path: "pci-x", serial: "A_B", vendor: "V", product: "P"))
    host.complete(with: UdevRecord(name: "can7", index: 8, path: "pci-y"))
    let adapter = try #require(host["can0"])
    #expect(adapter.path == "pci-x" && adapter.udevSerial == "A_B" && adapter.serial == "a b")
    #expect(adapter.vendor == "V" && adapter.product == "P" && host.adapters.count == 1)
  }

  @Test("Serial numbers in udev's spelling")
  func spelling() {
    #expect(UdevRecord.spelling("004E0033") == "004E0033")
    #expect(UdevRecord.spelling("  two  words ") == "two_words")
    #expect(UdevRecord.spelling("a/b\"c") == "a_b_c")
    #expect(UdevRecord.spelling("one,two") == nil && UdevRecord.spelling("käse") == nil)
    #expect(UdevRecord.spelling("") == nil && UdevRecord.spelling("a\u{1}") == nil)
  }
}
