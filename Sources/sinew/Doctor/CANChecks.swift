import JointControl

extension Doctor {
  /// Frames a host's queue should hold: commands of two cycles of a full bus.
  static let queueLength = 64
  /// ARPHRD_CAN of linux/if_arp.h.
  private static let canDevice = "280"

  func canSockets() -> Check {
    let answer = trials.canSocket()
    if answer == 0 { return .ok("can_sockets", "a raw CAN socket could be opened") }
    let hasConfiguration = !host.kernelConfiguration().isEmpty
    let isBuilt = host.kernelConfiguration().contains { $0.hasPrefix("CONFIG_CAN=") }
    if hasConfiguration && !isBuilt {
      return .fail(
        "can_sockets", "AF_CAN: \(HostTrials.reason(answer)); this kernel is built without CONFIG_CAN",
        cost: "no CAN interface of the kernel can be opened; other transports and simulated robots run",
        fix: "install a kernel with CONFIG_CAN, CONFIG_CAN_RAW and the adapter's driver")
    }
    return .fail(
      "can_sockets", "AF_CAN: \(HostTrials.reason(answer))",
      cost: "no CAN interface of the kernel can be opened; other transports and simulated robots run",
      fix: "type: sudo modprobe can_raw",
      repair: .run(Command("modprobe", ["can_raw"])))
  }

  /// Each CAN interface: its adapter, the length of its queue, its automatic restart.
  func canInterfaces() -> [Check] {
    let folder = "/sys/class/net"
    let names = host.list(folder).filter { host.text("\(folder)/\($0)/type") == Self.canDevice }
    if names.isEmpty {
      return [
        .warn(
          "can_interfaces", "none",
          cost: "robots on other transports can run (slcan, cannelloni, udp-multicast), and simulated ones",
          fix: "connect an adapter; see sudo dmesg, and ip link show type can")
      ]
    }
    return names.flatMap { name -> [Check] in
      let driver = host.link("\(folder)/\(name)/device/driver") ?? "no device (virtual)"
      let told = host.text("\(folder)/\(name)/operstate") ?? "unknown"
      return [
        .ok("\(name)_adapter", "\(driver), \(told)"), queue(of: name, in: folder), restart(of: name),
        state(of: name),
      ]
    }
  }

  private func queue(of name: String, in folder: String) -> Check {
    let file = "\(folder)/\(name)/tx_queue_len"
    guard let length = host.text(file).flatMap(Int.init) else {
      return .warn(
        "\(name)_queue", "length unknown", cost: "cannot tell", fix: "type: ip link show dev \(name)")
    }
    if (Self.queueLength / 2...4 * Self.queueLength).contains(length) {
      return .ok("\(name)_queue", "\(length) frames")
    }
    return .warn(
      "\(name)_queue", "\(length) frames",
      cost: length < Self.queueLength
        ? "a cycle's commands overflow it: ENOBUFS, and a drive misses its command"
        : "old commands wait in it for up to \(length / 8) ms instead of being dropped",
      fix: "type: sudo ip link set dev \(name) txqueuelen \(Self.queueLength)",
      repair: .write("\(Self.queueLength)", to: [file]))
  }

  private func restart(of name: String) -> Check {
    guard let controller = trials.controller(name) else {
      return .ok("\(name)_restart", "no automatic restart known to this interface")
    }
    if controller.restart_ms == 0 {
      return .ok("\(name)_restart", "off: a bus that went off stays so until it is restarted on purpose")
    }
    return .warn(
      "\(name)_restart", "restart-ms \(controller.restart_ms)",
      cost:
        "after bus-off the controller rejoins by itself, with drives that meanwhile fell to their watchdog; "
        + "sinew run refuses the bus",
      fix: "type: sudo sinew can up ROBOT, or sudo ip link set dev \(name) down && "
        + "sudo ip link set dev \(name) type can restart-ms 0 && sudo ip link set dev \(name) up")
  }

  /// How the controller does: wiring shows here before it stops a robot.
  private func state(of name: String) -> Check {
    guard let controller = trials.controller(name) else {
      return .ok("\(name)_state", "no controller (virtual)")
    }
    let words = "\(controller.state?.name ?? "stopped"), \(controller.bitRate) bit/s"
    switch controller.state {
    case .errorActive, nil: return .ok("\(name)_state", words)
    case .busOff:
      return .fail(
        "\(name)_state", words, cost: "no drive on it can be reached",
        fix: "see to wiring, termination and bit rate of every node, then type: sudo sinew can up ROBOT")
    default:
      return .warn(
        "\(name)_state", words, cost: "frames are being destroyed; at bus-off the robot stops",
        fix: "see to wiring, termination (60 ohm between the lines) and bit rate of every node")
    }
  }
}
