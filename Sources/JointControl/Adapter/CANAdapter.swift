/// A CAN interface of this host, and the adapter behind it.
public struct CANAdapter: Sendable, Equatable {
  /// Name of the interface, such as can0.
  public var name: String
  /// Its number in the kernel, which no other gets as long as the system is up.
  public var index: Int32
  /// The driver's name; nil for virtual interfaces.
  public var driver: String?
  /// Who made the adapter.
  public var vendor: String?
  /// What it is called.
  public var product: String?
  /// Its serial number, as the adapter tells it.
  public var serial: String?
  /// That serial number in udev's spelling, for .link files; nil where udev would not take it.
  public var udevSerial: String?
  /// Where it is connected, as udev's ID_PATH says it, such as pci-0000:00:14.0-usb-0:1.2:1.0.
  public var path: String?
  /// Which of the adapter's channels the interface is, from 0.
  public var channel: Int
  /// Whether the driver numbers its channels. Where it does not, their order is that in which the kernel made them.
  public var isNumbered: Bool
  /// What the driver says of the channel: `dev_port` and `dev_id`, as udev's rules see them.
  public var marks: String
  /// Folder of the device behind the interface; nil for virtual interfaces.
  public var device: String?

  /// Whether nothing stands behind the interface that could be told from another.
  public var isVirtual: Bool { device == nil }

  /// Whether another interface is the same channel of the same adapter, however it is called: by serial numbers where both
  /// have one, else by where it is connected. Virtual interfaces are told by their names alone.
  public func isSame(as other: CANAdapter) -> Bool {
    if isVirtual || other.isVirtual { return isVirtual && other.isVirtual && name == other.name }
    guard channel == other.channel, driver == other.driver else { return false }
    if let serial, let theirs = other.serial { return serial == theirs }
    return serial == nil && other.serial == nil && path != nil && path == other.path
  }

  /// What is known of the adapter, in one line.
  public var summary: String {
    if isVirtual { return "virtual" }
    let known: [String?] = [
      driver, product, serial.map { "serial \($0)" }, "channel \(channel)", path.map { "at \($0)" },
    ]
    return known.compactMap(\.self).joined(separator: ", ")
  }
}
