/// What a bus is reached through, as `interface` in robot.yaml says it: a name or a URL.
public enum BusInterface: Sendable, Equatable {
  /// A CAN interface of the kernel, such as can0.
  case kernel(String)
  /// python-can's udp_multicast: a frame a datagram, to everyone in the group.
  ///
  /// `network` is the network interface to join on, left to the routes when nil; `hops` of 0 keeps datagrams on this host.
  case multicast(group: String, port: UInt16, network: String?, hops: UInt8)

  /// Words to write, for messages.
  public static let forms = "can0 or udp-multicast://239.74.163.2:43113"
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

/// `scheme://host:port?name=value&...`, the host in brackets where it contains colons.
struct InterfaceAddress {
  /// nil where it is empty.
  let host: String?
  private let portText: Substring?
  private(set) var options: [String: String] = [:]
  private let text: String

  init(_ text: String) throws(BusInterfaceError) {
    self.text = text
    let refuse = { (reason: String) in
      BusInterfaceError("'\(text.prefix(60))' \(reason)", fix: "write \(BusInterface.forms)")
    }
    guard text.utf8.count <= 200, !text.contains(where: { $0.isWhitespace || !$0.isASCII }) else {
      throw refuse("is no address of at most 200 characters without blanks")
    }
    guard let slashes = text.firstRange(of: "://") else { throw refuse("has no // behind its first word") }
    let parts = text[slashes.upperBound...].split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let place = parts[0]
    if place.hasPrefix("[") {
      guard let end = place.firstIndex(of: "]") else { throw refuse("has no ] behind its address") }
      host = String(place[place.index(after: place.startIndex)..<end])
      let rest = place[place.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { throw refuse("has something behind its address") }
      portText = rest.isEmpty ? nil : rest.dropFirst()
    } else {
      let colon = place.firstIndex(of: ":")
      let name = place[..<(colon ?? place.endIndex)]
      host = name.isEmpty ? nil : String(name)
      portText = colon.map { place[place.index(after: $0)...] }
    }
    guard parts.count == 2 else { return }
    for option in parts[1].split(separator: "&", omittingEmptySubsequences: false) {
      let words = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard words.count == 2, !words[0].isEmpty, options[String(words[0])] == nil else {
        throw refuse("has '\(option)' behind the question mark")
      }
      options[String(words[0])] = String(words[1])
    }
  }

  /// The port, or a default where none is written; nil as default asks for one.
  func port(orElse usual: UInt16?, fix: String) throws(BusInterfaceError) -> UInt16 {
    if portText == nil, let usual { return usual }
    guard let portText, let port = UInt16(portText), port > 0 else {
      throw BusInterfaceError("'\(text.prefix(60))' has no port of 1...65535", fix: fix)
    }
    return port
  }

  /// Refuses options of other names.
  func allow(_ names: [String], fix: String) throws(BusInterfaceError) {
    for name in options.keys.sorted() where !names.contains(name) {
      throw BusInterfaceError("'\(name)' is no option of '\(text.prefix(60))'", fix: fix)
    }
  }
}
