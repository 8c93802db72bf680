import JointControl
import Yams

/// Reads `adapter` of a bus: which adapter its interface has to be.
struct AdapterReader {
  let log: DiagnosticLog

  /// The adapter a bus means; nil where it says none, or one that was refused.
  func read(_ bus: MappingReader, interface: Located<String>?) -> Located<AdapterSelector>? {
    guard let reader = bus.mapping("adapter", keys: .adapter) else { return nil }
    if let interface {
      guard case .kernel? = try? BusInterface(interface.value) else {
        log.report(
          reader.location,
          "\(bus.title) has an adapter, and '\(interface.value)' is no CAN interface of the kernel",
          fix: "remove adapter; a URL says itself what it reaches")
        return nil
      }
    }
    let channel = self.channel(reader)
    switch (reader.node("serial"), reader.node("path")) {
    case (nil, nil):
      log.report(
        reader.location, "\(reader.title) says neither serial nor path",
        fix:
          "write serial: \"004E0033\" or path: pci-0000:00:14.0-usb-0:1.2:1.0, as sinew can list shows them")
    case (.some, .some):
      log.report(
        reader.place(of: "path"), "\(reader.title) has both serial and path",
        fix: "write one of them: serial goes with the adapter, path with the socket it is plugged into")
    case (.some(let node), nil):
      guard let serial = reader.text("serial"), isQuoted(node, serial), isPlain(serial, "serial") else {
        break
      }
      return channel.map {
        Located(value: AdapterSelector(.serial(serial.value), channel: $0), location: serial.location)
      }
    case (nil, .some):
      guard let path = reader.text("path"), isPlain(path, "path") else { break }
      return channel.map {
        Located(value: AdapterSelector(.path(path.value), channel: $0), location: path.location)
      }
    }
    return nil
  }

  /// Notes buses that mean the same channel of the same adapter.
  func checkShared(_ buses: [BusEntry]) {
    for (index, bus) in buses.enumerated() {
      guard let adapter = bus.adapter,
        let other = buses[..<index].first(where: { $0.adapter?.value == adapter.value })
      else { continue }
      log.report(
        adapter.location,
        "bus '\(bus.name.value)' means the adapter of bus '\(other.name.value)' (\(adapter.value.description))",
        fix: "give each bus its own channel or adapter")
    }
  }

  /// The channel; nil where it was refused.
  private func channel(_ reader: MappingReader) -> Int? {
    guard reader.node("channel") != nil else { return 0 }
    return reader.integer(
      "channel", in: 0...AdapterSelector.channelLimit - 1,
      fix: "write the channel as sinew can list shows it, from 0"
    )?.value
  }

  /// Digits without quotes are a number to YAML, with as many zeros as it likes.
  private func isQuoted(_ node: Node, _ serial: Located<String>) -> Bool {
    guard node.scalar?.style == .plain, case .number = YAMLNumber(serial.value) else { return true }
    log.report(
      serial.location, "serial is a number and not a text",
      fix: "write it in quotes: serial: \"\(serial.value.prefix(40))\"")
    return false
  }

  /// What neither udev nor the kernel tells cannot be meant.
  private func isPlain(_ text: Located<String>, _ key: String) -> Bool {
    let isPath = key == "path"
    guard text.value.utf8.count <= AdapterSelector.longestMark,
      text.value.unicodeScalars.allSatisfy({
        $0.value >= 0x20 && $0.value != 0x7F && !(isPath && $0.value == 0x20)
      })
    else {
      log.report(
        text.location,
        "\(key) '\(text.value.prefix(40))' is no \(isPath ? "ID_PATH of udev" : "serial number")",
        fix: "write it as sinew can list shows it")
      return false
    }
    return true
  }
}
