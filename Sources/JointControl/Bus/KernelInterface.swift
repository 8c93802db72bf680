internal import CServoBus
internal import Glibc

/// A CAN interface of the kernel that is about to carry a bus of a robot.
struct KernelInterface {
  let name: String
  let configuration: BusConfiguration
  let use: BusUse

  /// Frames of twenty cycles: as long as it takes until silence counts as loss.
  private static let receiveCycles = 20

  /// Opens the interface as bus number `bus`.
  ///
  /// - Throws: `BusError` when it is not there, or is not set as the description says, with what to do.
  func open(bus: UInt8) throws(BusError) -> OpaquePointer {
    try check()
    var opened: OpaquePointer?
    let cost = Int32(SERVO_CAN_FRAME_COST)
    let filters = use.filters.map {
      servo_can_filter(id: $0.id, mask: $0.mask, is_extended: $0.isExtended ? 1 : 0)
    }
    let answer = filters.withUnsafeBufferPointer { filters in
      var options = servo_can_options()
      options.filters = filters.baseAddress
      options.filter_count = filters.count
      options.receive_bytes = Int32(clamping: max(256, Self.receiveCycles * use.received)) * cost
      // Old commands that can wait are at most those of two cycles, however long the interface's own queue is.
      options.send_bytes = Int32(clamping: 2 * use.sent) * cost
      options.confirm_within_ns = use.confirmWithin
      options.is_flexible_data_rate = configuration.dataBitRate == nil ? 0 : 1
      return servo_can_interface_open(name, &options, bus, &opened)
    }
    guard answer == 0, let opened else { throw refusal(-answer) }
    return opened
  }

  /// Whether the interface is fit to carry the bus.
  private func check() throws(BusError) {
    // First of all: what is wrong with another adapter says nothing of this bus. Whoever only answers has no adapter of its own.
    if use.commands, configuration.adapter != nil { try configuration.checkAdapter(among: .read()) }
    var link = servo_can_link()
    let answer = servo_can_link_read(name, &link)
    guard answer == 0 else { throw refusal(-answer) }
    guard link.is_up != 0 else { throw refusal(ENETDOWN) }
    // Whoever only answers takes the bus as it is; and what has no controller has no rates.
    guard use.commands, link.has_controller != 0 else { return }
    try checkRates(link)
    if link.controller_state == BusHealth.State.busOff.rawValue {
      throw error("its controller is bus-off", fix: "see to the wiring, then type: \(Self.restart)")
    }
    if link.restart_ms != 0 {
      throw error(
        "its controller starts again by itself \(link.restart_ms) ms after bus-off, with whatever waits in its queue",
        fix: "type: \(Self.restart), which switches that off")
    }
    for (mode, word) in [(SERVO_CAN_MODE_LISTEN_ONLY, "listen-only"), (SERVO_CAN_MODE_LOOPBACK, "loopback")]
    where link.control_modes & UInt32(mode) != 0 {
      throw error(
        "is in \(word) mode", fix: "type: sudo ip link set \(name) type can \(word) off, while it is down")
    }
    if link.queue_length < use.sent {
      throw error(
        "has a queue of \(link.queue_length) frames, and a cycle sends up to \(use.sent)",
        fix: "type: sudo ip link set \(name) txqueuelen \(max(64, 2 * use.sent))")
    }
  }

  private func checkRates(_ link: servo_can_link) throws(BusError) {
    if Int(link.bit_rate) != configuration.bitRate {
      throw error(
        "runs at \(link.bit_rate) bit/s, the robot's description says \(configuration.bitRate)",
        fix: "correct one of the two; \(Self.restart) sets what the description says")
    }
    let isFlexible = link.control_modes & UInt32(SERVO_CAN_MODE_FLEXIBLE_DATA_RATE) != 0
    let rate = isFlexible ? Int(link.data_bit_rate) : nil
    if let wanted = configuration.dataBitRate, rate != wanted {
      throw error(
        rate.map { "runs its data phase at \($0) bit/s, the robot's description says \(wanted)" }
          ?? "is set up without CAN FD, and the robot's description has a data bit rate of \(wanted)",
        fix: "correct one of the two; \(Self.restart) sets what the description says")
    }
  }

  private static let restart = "sudo sinew can up ROBOT"

  private func error(_ message: String, fix: String) -> BusError {
    BusError(configuration, message: message, fix: fix)
  }

  /// What an errno of opening means here.
  private func refusal(_ code: Int32) -> BusError {
    switch code {
    case ENODEV, ENXIO:
      error(
        "there is no interface \(name)", fix: "connect the adapter; ip link show type can lists what is there"
      )
    case EAFNOSUPPORT: error("this kernel has no CAN", fix: "type: sinew doctor")
    case EPROTOTYPE: error("\(name) is no CAN interface", fix: "ip link show type can lists those that are")
    case ENETDOWN: error("\(name) is down", fix: "type: \(Self.restart)")
    case EMSGSIZE:
      error(
        "\(name) is set up without CAN FD",
        fix: "type: \(Self.restart); a virtual one: ip link set \(name) mtu 72")
    case EPERM, EACCES:
      error("\(name) cannot be opened: not allowed", fix: "see the security policy of this host")
    default: error("\(name) cannot be opened: \(String(cString: strerror(code)))", fix: "type: sinew doctor")
    }
  }
}
