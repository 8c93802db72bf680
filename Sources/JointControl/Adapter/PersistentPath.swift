/// Where a device is connected, in udev's words (its property ID_PATH), read from the tree of devices alone: so that it is known
/// without a daemon and at once. Tests compare it with udev's own.
///
/// USB, PCI, SPI and the platform make up a path, which is what CAN adapters stand on; other subsystems add nothing to it.
struct PersistentPath {
  let tree: SysfsTree

  /// The path of a device behind an interface; nil where nothing is known of what it stands on.
  func text(of device: String) -> String? {
    var rest = tree.chain(from: device)[...]
    var parts: [String] = []
    while let place = rest.first {
      guard let subsystem = tree.nameOfTarget(of: place + "/subsystem") else {
        rest = rest.dropFirst()
        continue
      }
      let name = String(place.split(separator: "/").last ?? "")
      switch subsystem {
      case "usb":
        // 1-1.2:1.0 is port 1.2 of bus 1 and the interface 1.0; buses are numbered as they come.
        guard let dash = name.firstIndex(of: "-") else { return nil }
        parts.append("usb-0:\(name[name.index(after: dash)...])")
      case "pci": parts.append("pci-\(name)")
      case "platform": parts.append("platform-\(name)")
      case "spi":
        // spi0.1 is the second chip on its bus.
        guard let dot = name.lastIndex(of: ".") else { return nil }
        parts.append("cs-\(name[name.index(after: dot)...])")
      default: break
      }
      rest = rest.dropFirst()
      // Hubs, bridges and interfaces that the device stands behind are part of its own name.
      while let next = rest.first, tree.nameOfTarget(of: next + "/subsystem") == subsystem {
        rest = rest.dropFirst()
      }
    }
    return parts.isEmpty ? nil : parts.reversed().joined(separator: "-")
  }
}
