internal import CServoBus

/// What a bus is reached through, as `interface` in robot.yaml says it: a name or a URL.
public enum BusInterface: Sendable, Equatable {
  /// A CAN interface of the kernel, such as can0.
  case kernel(String)
  /// python-can's udp_multicast: a frame a datagram, to everyone in the group.
  ///
  /// `network` is the network interface to join on, left to the routes when nil; `hops` of 0 keeps datagrams on this host.
  case multicast(group: String, port: UInt16, network: String?, hops: UInt8)
  /// An slcan adapter on a serial port or pseudo-terminal.
  case slcanTerminal(path: String)
  /// An slcan adapter behind a TCP port.
  case slcanTCP(host: String, port: UInt16)
  /// cannelloni over UDP: the frames of a cycle in one datagram to a host's port, answers to the port `local`.
  case cannelloni(host: String, port: UInt16, local: UInt16)

  /// Words to write, for messages.
  public static let forms =
    "can0, udp-multicast://239.74.163.2:43113, slcan:/dev/ttyACM0, slcan://127.0.0.1:29537 or "
    + "cannelloni://127.0.0.1:20000?local=20001"
  /// Port of python-can's udp_multicast.
  static let multicastPort: UInt16 = 43113

  /// Reads a name or a URL.
  ///
  /// - Throws: `BusInterfaceError` saying what is not understood and what to write.
  public init(_ text: String) throws(BusInterfaceError) {
    guard let mark = text.firstIndex(of: ":") else {
      self = .kernel(try Self.kernelName(text))
      return
    }
    switch text[..<mark] {
    case "udp-multicast": self = try Self.multicast(InterfaceAddress(text))
    case "slcan": self = try Self.slcan(text, place: text[text.index(after: mark)...])
    case "cannelloni": self = try Self.cannelloni(InterfaceAddress(text))
    default:
      throw BusInterfaceError(
        "'\(text.prefix(60))' names no transport that is known", fix: "write \(Self.forms)")
    }
  }

  /// What two buses must not share.
  public var place: String {
    switch self {
    case .kernel(let name): name
    case .multicast(let group, let port, _, _): "udp-multicast://\(group):\(port)"
    case .slcanTerminal(let path): path
    case .slcanTCP(let host, let port): "slcan://\(host):\(port)"
    case .cannelloni(let host, let port, _): "cannelloni://\(host):\(port)"
    }
  }

  /// A port of this host that the interface takes for itself, which two buses must not share either.
  public var ownPort: UInt16? { if case .cannelloni(_, _, let local) = self { local } else { nil } }

  /// What speaks against a bus with these bit rates [bit/s]; nil where nothing does.
  public func objection(bitRate: Int, dataBitRate: Int?) -> BusInterfaceError? {
    switch self {
    case .kernel, .multicast, .cannelloni: return nil
    case .slcanTerminal, .slcanTCP:
      guard servo_slcan_rate_request(Int32(clamping: bitRate)) != nil else {
        return BusInterfaceError(
          "slcan has no request for \(bitRate) bit/s",
          fix: "write bitrate: 1000000, 500000, 250000, 125000, 100000, 50000, 20000 or 10000")
      }
      guard let dataBitRate, servo_slcan_data_rate_request(Int32(clamping: dataBitRate)) == nil else {
        return nil
      }
      return BusInterfaceError(
        "slcan has no request for \(dataBitRate) bit/s of CAN FD", fix: "write dbitrate: 5000000 or 2000000")
    }
  }

  /// IFNAMSIZ of Linux is 16 with the terminating zero.
  static func isNetworkName(_ name: some StringProtocol) -> Bool {
    !name.isEmpty && name.utf8.count <= 15 && !name.contains { $0.isWhitespace || $0 == "/" || $0 == ":" }
  }

  private static func kernelName(_ name: String) throws(BusInterfaceError) -> String {
    guard isNetworkName(name) else {
      throw BusInterfaceError(
        "'\(name.prefix(40))' is no name of a network interface",
        fix: "write at most 15 characters without blanks and slashes, such as can0, or \(forms)")
    }
    return name
  }

  private static func multicast(_ address: InterfaceAddress) throws(BusInterfaceError) -> BusInterface {
    let example = "write udp-multicast://239.74.163.2:43113"
    guard let host = address.host, isMulticast(host) else {
      throw BusInterfaceError(
        "'\(address.host ?? "")' is no multicast address",
        fix: "\(example), with a group of 239.0.0.0 to 239.255.255.255")
    }
    try address.allow(["interface", "hops"], fix: "\(example)?interface=lo&hops=0 at most")
    let network = address.options["interface"]
    if let network, !isNetworkName(network) {
      throw BusInterfaceError("'\(network)' is no name of a network interface", fix: "write interface=lo")
    }
    var hops: UInt8 = 1
    if let text = address.options["hops"] {
      guard let number = UInt8(text) else {
        throw BusInterfaceError("hops=\(text) is not 0...255", fix: "write hops=0 to stay on this host")
      }
      hops = number
    }
    return .multicast(
      group: host, port: try address.port(orElse: multicastPort, fix: example), network: network, hops: hops)
  }

  private static func slcan(_ text: String, place: Substring) throws(BusInterfaceError) -> BusInterface {
    if place.hasPrefix("//") {
      let address = try InterfaceAddress(text)
      let example = "write slcan://127.0.0.1:29537"
      guard let host = address.host else {
        throw BusInterfaceError("'\(text.prefix(60))' names no host", fix: example)
      }
      try address.allow([], fix: "\(example), without options")
      return .slcanTCP(host: host, port: try address.port(orElse: nil, fix: example))
    }
    // What holds the link to a pseudo-terminal in the shim is as long as this, with a zero.
    guard place.hasPrefix("/"), place.utf8.count < 128, !place.contains(where: \.isWhitespace) else {
      throw BusInterfaceError(
        "'\(place.prefix(60))' is no path of a serial port",
        fix: "write a whole path without blanks, such as slcan:/dev/ttyACM0, or slcan://host:port")
    }
    return .slcanTerminal(path: String(place))
  }

  private static func cannelloni(_ address: InterfaceAddress) throws(BusInterfaceError) -> BusInterface {
    let example = "write cannelloni://127.0.0.1:20000?local=20001"
    guard let host = address.host else { throw BusInterfaceError("cannelloni names no host", fix: example) }
    try address.allow(["local"], fix: example)
    guard let text = address.options["local"], let local = UInt16(text), local > 0 else {
      throw BusInterfaceError(
        "cannelloni needs the port that answers come to, local=1...65535", fix: example)
    }
    return .cannelloni(host: host, port: try address.port(orElse: nil, fix: example), local: local)
  }

  /// 224.0.0.0/4 or ff00::/8; whether the rest is an address is for the system to say.
  private static func isMulticast(_ host: String) -> Bool {
    if host.contains(":") {
      return host.lowercased().hasPrefix("ff") && host.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
    }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    guard parts.count == 4, let first = parts[0], parts.allSatisfy({ $0 != nil }) else { return false }
    return (224...239).contains(first)
  }
}

/// An interface that cannot be meant.
public struct BusInterfaceError: Error, Sendable, Equatable {
  /// What is wrong.
  public var message: String
  /// What to write.
  public var fix: String

  init(_ message: String, fix: String) {
    self.message = message
    self.fix = fix
  }
}
