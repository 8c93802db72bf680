import JointControl

/// Files for systemd-udevd that give a robot's adapters the names its buses use, whichever is plugged in first.
struct LinkFiles {
  /// One file.
  struct File: Equatable {
    /// Its path below the root of a system.
    var path: String
    var text: String
  }
  private(set) var files: [File] = []
  /// What the names do not cover, and why.
  private(set) var warnings: [String] = []
  /// What makes the names wrong.
  private(set) var problems: [Failure.Problem] = []

  /// First words of every file, by which one is known again.
  static let mark = "# Written by sinew can names"
  /// Before 75-net-description.rules or after it is the same, but before 80-net-setup-link.rules, which reads .link files.
  static let rulesPath = "/etc/udev/rules.d/78-sinew-can.rules"
  /// The property that tells channels apart: .link files cannot match `dev_port` and `dev_id` themselves.
  static let channelProperty = "SINEW_CAN_CHANNEL"

  /// The files for the buses on interfaces of the kernel.
  ///
  /// A bus with an `adapter` means that one, connected or not; another one means what has its interface's name now.
  init(robot: String, buses: [BusConfiguration], host: HostAdapters) {
    var channels = Set<Int>()
    for bus in buses {
      guard let name = bus.kernelInterface else { continue }
      guard let rule = match(bus, name, host) else { continue }
      if let channel = rule.channel { channels.insert(channel) }
      let channelMatch = rule.channel.map { "Property=\(Self.channelProperty)=\($0)\n" } ?? ""
      files.append(
        File(
          path: "/etc/systemd/network/10-sinew-\(name).link",
          text:
            "\(Self.mark) for bus \(bus.name) of \(robot)\n[Match]\nType=can\n\(rule.line)\n\(channelMatch)\n"
            + "[Link]\nName=\(name)\n"))
    }
    if !channels.isEmpty {
      files.append(File(path: Self.rulesPath, text: Self.rules(for: channels.sorted())))
    }
    warnAboutKernelNames(buses.compactMap(\.kernelInterface))
  }

  /// What tells a bus's adapter apart: a line of its .link file, and the channel where there can be several.
  private mutating func match(
    _ bus: BusConfiguration, _ name: String, _ host: HostAdapters
  ) -> (line: String, channel: Int?)? {
    guard let selector = bus.adapter else { return matchPresent(bus, name, host) }
    let ofAdapter = host.adapters.filter { selector.means(adapterOf: $0) }
    let found = ofAdapter.first { $0.channel == selector.channel }
    guard isDistinct(found, bus) else { return nil }
    let channel = ofAdapter.count == 1 && selector.channel == 0 ? nil : selector.channel
    switch selector.mark {
    case .path(let path): return ("Path=\(path)", channel)
    case .serial(let serial):
      if Set(ofAdapter.map(\.device)).count > 1 {
        let places = ofAdapter.map { "\($0.name) at \($0.path ?? "?")" }.joined(separator: ", ")
        problems.append(
          Failure.Problem(
            kind: "can", location: "bus \(bus.name), \(name)",
            message: "several adapters have the serial number \(serial): \(places)",
            fix: "write adapter: {path: ...} in robot.yaml, which goes with the socket"))
        return nil
      }
      guard let spelled = found?.udevSerial ?? AdapterSelector.udevSpelling(of: serial) else {
        return matchByPath(found, bus, channel, why: "udev does not know serial numbers such as \(serial)")
      }
      return ("Property=ID_SERIAL_SHORT=\(spelled)", channel)
    }
  }

  /// The adapter that has the interface's name now.
  private mutating func matchPresent(
    _ bus: BusConfiguration, _ name: String, _ host: HostAdapters
  ) -> (line: String, channel: Int?)? {
    guard let found = host[name], !found.isVirtual else {
      warnings.append(
        "bus \(bus.name): left out, "
          + (host[name] == nil
            ? "no adapter is called \(name) now, and robot.yaml has no adapter for it" : "\(name) is virtual")
      )
      return nil
    }
    guard isDistinct(found, bus) else { return nil }
    let siblings = host.adapters.filter { $0.device == found.device }.count
    let channel = siblings == 1 && found.channel == 0 ? nil : found.channel
    guard let serial = found.serial, let spelled = found.udevSerial else {
      return matchByPath(found, bus, channel, why: nil)
    }
    if host.sharedSerials.contains(where: { $0.serial == serial }) {
      return matchByPath(found, bus, channel, why: "two adapters have its serial number \(serial)")
    }
    return ("Property=ID_SERIAL_SHORT=\(spelled)", channel)
  }

  private mutating func matchByPath(
    _ adapter: CANAdapter?, _ bus: BusConfiguration, _ channel: Int?, why: String?
  ) -> (line: String, channel: Int?)? {
    guard let path = adapter?.path else {
      warnings.append(
        "bus \(bus.name): left out, its adapter has neither a serial number nor a path that udev knows")
      return nil
    }
    if let why {
      warnings.append("bus \(bus.name): named by its path \(path), \(why): keep it in that socket")
    }
    return ("Path=\(path)", channel)
  }

  /// Whether udev can tell the interface from the adapter's others.
  private mutating func isDistinct(_ adapter: CANAdapter?, _ bus: BusConfiguration) -> Bool {
    guard let adapter, !adapter.isNumbered else { return true }
    warnings.append(
      "bus \(bus.name): left out, the driver \(adapter.driver ?? "") does not number its channels, so udev cannot tell them apart"
    )
    return false
  }

  /// The kernel itself calls interfaces can0, can1, ...: a name of that form may be taken when it is to be given.
  private mutating func warnAboutKernelNames(_ names: [String]) {
    let kernels = names.filter {
      $0.hasPrefix("can") && $0.count > 3 && $0.dropFirst(3).allSatisfy(\.isNumber)
    }
    guard !kernels.isEmpty, !files.isEmpty else { return }
    warnings.append(
      "the kernel gives \(kernels.joined(separator: ", ")) to whoever comes first, and then udev cannot give it to another; "
        + "use names of your own in robot.yaml, such as can_left_arm")
  }

  /// Rules that write an interface's channel into a property, for .link files.
  private static func rules(for channels: [Int]) -> String {
    channels.reduce(
      "\(mark): the channel of a CAN interface, for .link files; drivers tell it by dev_port or dev_id\n"
    ) { text, channel in
      let head = "SUBSYSTEM==\"net\", ATTR{type}==\"280\", "
      let value = "ENV{\(channelProperty)}=\"\(channel)\"\n"
      let byPort = channel == 0 ? "" : head + "ATTR{dev_port}==\"\(channel)\", " + value
      return text + head + "ATTR{dev_port}==\"0\", ATTR{dev_id}==\"0x\(String(channel, radix: 16))\", "
        + value + byPort
    }
  }
}
