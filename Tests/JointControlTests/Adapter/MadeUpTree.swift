import Foundation

@testable import JointControl

/// A folder with devices laid out as /sys has them.
final class MadeUpTree {
  let root = FileManager.default.temporaryDirectory.path + "/sinew-sysfs-\(UUID().uuidString)"
  var tree: SysfsTree { SysfsTree(root: root) }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// Makes a device: its folder below devices/, its subsystem, its attributes.
  @discardableResult
  func device(
    _ path: String, subsystem: String? = nil, driver: String? = nil, _ attributes: [String: String] = [:]
  )
    throws -> String
  {
    let folder = root + "/devices/" + path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, text) in attributes { try put(text, folder + "/" + name) }
    for (link, name) in [("subsystem", subsystem), ("driver", driver)] {
      guard let name, !FileManager.default.fileExists(atPath: folder + "/" + link) else { continue }
      let target = root + "/bus/\(name)"
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: folder + "/" + link, withDestinationPath: target)
    }
    return folder
  }

  /// Makes a CAN interface on a device, or a virtual one.
  func interface(
    _ name: String, index: Int, on device: String? = nil, port: String = "0", id: String = "0x0",
    type: String = "280"
  ) throws {
    let place = (device.map { $0 + "/net/" } ?? "virtual/net/") + name
    let folder = try self.device(
      place, subsystem: "net", ["type": type, "ifindex": "\(index)", "dev_port": port, "dev_id": id])
    if let device {
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/device", withDestinationPath: root + "/devices/" + device)
    }
    let network = root + "/class/net"
    try FileManager.default.createDirectory(atPath: network, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: network + "/" + name, withDestinationPath: folder)
  }

  func unplug(_ name: String) throws {
    try FileManager.default.removeItem(atPath: root + "/class/net/" + name)
  }

  /// Makes a USB adapter at a port and returns the device its interfaces stand on.
  func usb(
    _ port: String, serial: String?, driver: String = "gs_usb", product: String = "canable gs_usb"
  ) throws -> String {
    let host = "pci0000:00/0000:00:14.0"
    try device(host, subsystem: "pci")
    try device(
      host + "/usb1", subsystem: "usb", ["idVendor": "1d6b", "serial": "0000:00:14.0", "product": "xHCI"])
    var path = host + "/usb1"
    // Hubs on the way: 1-1 before 1-1.2.
    var name = "1-"
    for part in port.split(separator: ".") {
      name += name.hasSuffix("-") ? String(part) : ".\(part)"
      path += "/" + name
      try device(path, subsystem: "usb")
    }
    for (file, text) in [("idVendor", "1d50"), ("manufacturer", "canable.io"), ("product", product)] {
      try put(text, root + "/devices/" + path + "/" + file)
    }
    if let serial { try put(serial, root + "/devices/" + path + "/serial") }
    let function = path + "/\(name):1.0"
    try device(function, subsystem: "usb", driver: driver)
    return function
  }

  private func put(_ text: String, _ path: String) throws {
    try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: path))
  }
}
