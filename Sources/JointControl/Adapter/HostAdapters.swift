internal import CServoBus
internal import Glibc

/// The CAN interfaces of this host with their adapters: from the kernel's tree of devices, and what udev adds to it.
public struct HostAdapters: Sendable, Equatable {
  /// The interfaces, by name.
  public var adapters: [CANAdapter]
  /// Why udev was not asked; nil where it was.
  public var udevRefusal: String?

  /// ARPHRD_CAN of linux/if_arp.h.
  private static let typeOfCAN = 280

  /// Reads those of this host.
  ///
  /// Not for the loop: reads some twenty files an interface.
  public static func read() -> HostAdapters {
    var host = HostAdapters(SysfsTree())
    var room = [servo_udev_device](repeating: servo_udev_device(), count: max(host.adapters.count + 8, 16))
    let count = servo_udev_list(&room, Int32(room.count))
    guard count >= 0 else {
      host.udevRefusal =
        count == -ELIBACC
        ? "libudev.so.1 is missing; type: sudo apt-get install libudev1"
        : "udev cannot be asked: \(String(cString: strerror(-count)))"
      return host
    }
    for told in room.prefix(Int(count)) { host.complete(with: UdevRecord(told)) }
    return host
  }

  /// Reads a tree of devices, such as /sys.
  init(_ tree: SysfsTree) {
    let network = tree.root + "/class/net"
    adapters = tree.names(in: network).compactMap { Self.adapter($0, in: tree) }
    udevRefusal = nil
    numberChannels()
    adapters.sort { Self.isBefore($0.name, $1.name) }
  }

  /// Adds what udev knows of an interface. Its spelling of path and serial number is what .link files are matched with.
  mutating func complete(with record: UdevRecord) {
    guard let place = adapters.firstIndex(where: { $0.name == record.name }), !adapters[place].isVirtual
    else { return }
    adapters[place].path = record.path ?? adapters[place].path
    adapters[place].udevSerial = record.serial ?? adapters[place].udevSerial
    adapters[place].vendor = record.vendor ?? adapters[place].vendor
    adapters[place].product = record.product ?? adapters[place].product
    if adapters[place].serial == nil { adapters[place].serial = record.serial }
  }

  /// Adapters, each with all its interfaces, that one serial number does not tell apart.
  public var sharedSerials: [(serial: String, adapters: [CANAdapter])] {
    let named = Dictionary(grouping: adapters.filter { $0.serial != nil }) { $0.serial ?? "" }
    return named.filter { _, group in Set(group.map { $0.device ?? "" }).count > 1 }
      .map { (serial: $0.key, adapters: $0.value) }.sorted { $0.serial < $1.serial }
  }

  /// The interface of a name.
  public subscript(name: String) -> CANAdapter? { adapters.first { $0.name == name } }

  /// Names with their numbers in order: can2 before can10.
  private static func isBefore(_ left: String, _ right: String) -> Bool {
    func split(_ name: String) -> (Substring, Int) {
      let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
      return (name.dropLast(digits), Int(name.suffix(digits)) ?? -1)
    }
    return split(left) < split(right)
  }

  private static func adapter(_ name: String, in tree: SysfsTree) -> CANAdapter? {
    let folder = tree.root + "/class/net/" + name
    guard tree.number(folder + "/type") == typeOfCAN else { return nil }
    let port = tree.number(folder + "/dev_port") ?? 0
    let id = tree.number(folder + "/dev_id") ?? 0
    let device = tree.target(of: folder + "/device")
    var adapter = CANAdapter(
      name: name, index: Int32(clamping: tree.number(folder + "/ifindex") ?? 0), driver: nil, vendor: nil,
      product: nil, serial: nil, udevSerial: nil, path: nil, channel: port != 0 ? port : id, isNumbered: true,
      marks: "\(port)/0x\(String(id, radix: 16))", device: device)
    guard let device else { return adapter }
    adapter.driver = tree.nameOfTarget(of: device + "/driver")
    adapter.path = PersistentPath(tree: tree).text(of: device)
    // A USB interface stands on the device that has the names.
    if let named = tree.chain(from: device).first(where: { tree.text($0 + "/idVendor") != nil }) {
      adapter.serial = tree.text(named + "/serial")
      adapter.vendor = tree.text(named + "/manufacturer")
      adapter.product = tree.text(named + "/product")
    }
    adapter.udevSerial = adapter.serial.flatMap(UdevRecord.spelling)
    return adapter
  }

  /// Numbers the channels of each adapter: as the driver does, or else in the order in which the kernel made them.
  private mutating func numberChannels() {
    let groups = Dictionary(grouping: adapters.indices.filter { adapters[$0].device != nil }) {
      adapters[$0].device ?? ""
    }
    for group in groups.values where Set(group.map { adapters[$0].channel }).count < group.count {
      let ordered = group.sorted { adapters[$0].index < adapters[$1].index }
      for (channel, place) in ordered.enumerated() {
        adapters[place].channel = channel
        adapters[place].isNumbered = false
      }
    }
  }
}
