import JointControl
import Testing

@testable import JointControl
@testable import sinew

/// Files for udev; that udev does what they say is seen in Tests/VM.
@Suite("Names of adapters")
struct LinkFilesTests {
  private func adapter(
    _ name: String, serial: String? = nil, path: String? = nil, channel: Int = 0, isNumbered: Bool = true
  ) -> CANAdapter {
    CANAdapter(
      name: name, index: 1, driver: "gs_usb", vendor: nil, product: nil, serial: serial, udevSerial: serial,
      path: path, channel: channel, isNumbered: isNumbered, marks: "", device: "/d/" + (path ?? serial ?? ""))
  }

  private func made(_ buses: [(String, AdapterSelector?)], _ adapters: [CANAdapter]) -> LinkFiles {
    var host = HostAdapters(SysfsTree(root: "/nowhere"))
    host.adapters = adapters
    return LinkFiles(
      robot: "leg",
      buses: buses.map {
        BusConfiguration(name: "\($0.0)_bus", interface: $0.0, bitRate: 1_000_000, adapter: $0.1)
      }, host: host)
  }

  @Test("By serial number, connected or not")
  func serial() {
    let selector = AdapterSelector(.serial("004E0033"))
    let connected = made([("can_left", selector)], [adapter("can0", serial: "004E0033", path: "usb-1")])
    #expect(connected.problems.isEmpty && connected.warnings.isEmpty)
    #expect(
      connected.files == [
        LinkFiles.File(
          path: "/etc/systemd/network/10-sinew-can_left.link",
          text: """
            # Written by sinew can names for bus can_left_bus of leg
            [Match]
            Type=can
            Property=ID_SERIAL_SHORT=004E0033

            [Link]
            Name=can_left

            """)
      ])
    // Nobody knows whether it has one channel: the first is meant.
    let absent = made([("can_left", selector)], [])
    #expect(absent.files.count == 2 && absent.files[0].text.contains("Property=SINEW_CAN_CHANNEL=0\n"))
  }

  @Test("Channels of one adapter, with the rule that tells them apart")
  func channels() throws {
    let pair = [
      adapter("can0", serial: "A", path: "usb-1"), adapter("can1", serial: "A", path: "usb-1", channel: 1),
    ]
    let files = made(
      [("left", AdapterSelector(.serial("A"))), ("right", AdapterSelector(.serial("A"), channel: 1))], pair
    ).files
    #expect(files.map(\.path).last == "/etc/udev/rules.d/78-sinew-can.rules" && files.count == 3)
    #expect(files[1].text.contains("ID_SERIAL_SHORT=A\nProperty=SINEW_CAN_CHANNEL=1\n"))
    let rules = try #require(files.last?.text).split(separator: "\n").dropFirst()
    #expect(rules.count == 3)
    #expect(
      rules.last
        == "SUBSYSTEM==\"net\", ATTR{type}==\"280\", ATTR{dev_port}==\"1\", ENV{SINEW_CAN_CHANNEL}=\"1\"")
  }

  @Test("Without adapter in robot.yaml, what has the name now: by serial number, or by path with a word")
  func present() {
    let files = made(
      [("can_a", nil), ("can_b", nil), ("can_c", nil), ("can_d", nil)],
      [
        adapter("can_a", serial: "A", path: "usb-1"), adapter("can_b", path: "usb-2"),
        adapter("can_c", serial: "X", path: "usb-3"), adapter("can_x", serial: "X", path: "usb-4"),
      ])
    let lines = files.files.map { $0.text.split(separator: "\n")[3] }
    #expect(lines == ["Property=ID_SERIAL_SHORT=A", "Path=usb-2", "Path=usb-3"])
    #expect(files.warnings.count == 2 && files.problems.isEmpty)
    #expect(
      files.warnings[0].contains("can_c_bus: named by its path usb-3, two adapters have its serial number X"))
    #expect(files.warnings[1].contains("no adapter is called can_d now"))
  }

  @Test("What would be wrong is refused or left out, with the reason")
  func refused() {
    let twins = [adapter("can0", serial: "X", path: "usb-3"), adapter("can1", serial: "X", path: "usb-4")]
    let ambiguous = made([("left", AdapterSelector(.serial("X")))], twins)
    #expect(ambiguous.files.isEmpty && ambiguous.problems.count == 1)
    #expect(ambiguous.problems[0].message.contains("can0 at usb-3, can1 at usb-4"))
    #expect(made([("left", AdapterSelector(.path("usb-4")))], twins).files[0].text.contains("\nPath=usb-4\n"))
    let unnumbered = made([("left", nil)], [adapter("left", path: "pci-1", isNumbered: false)])
    #expect(unnumbered.files.isEmpty && unnumbered.warnings[0].contains("does not number its channels"))
    let odd = made(
      [("left", AdapterSelector(.serial("a,b")))], [adapter("can0", serial: "a,b", path: "usb-1")])
    #expect(odd.files.count == 1)
  }

  @Test("Names that the kernel gives itself are warned of")
  func kernelNames() {
    let adapters = [adapter("can0", serial: "A"), adapter("can_left", serial: "B")]
    #expect(made([("can0", nil), ("can_left", nil)], adapters).warnings.count == 1)
    #expect(made([("can_left", nil)], adapters).warnings.isEmpty)
  }
}
