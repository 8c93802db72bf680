internal import Glibc

/// A bus that cannot be opened.
public struct BusError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The robot's name for the bus.
  public var bus: String
  /// Its interface, as written.
  public var interface: String
  /// What is wrong.
  public var message: String
  /// What to do.
  public var fix: String

  init(_ configuration: BusConfiguration, message: String, fix: String) {
    bus = configuration.name
    interface = configuration.interface
    self.message = message
    self.fix = fix
  }

  /// What the system said, an errno, and what that means for this interface.
  init(_ configuration: BusConfiguration, _ interface: BusInterface, code: Int32) {
    let (message, fix) =
      switch interface {
      // Those of the kernel say themselves what is wrong with them.
      case .kernel: (Self.plain(code), "type: ip link show type can")
      case .multicast(let group, _, let network, _): Self.multicast(group, network, code: code)
      case .slcanTerminal(let path): Self.terminal(path, code: code)
      case .slcanTCP(let host, let port): Self.connection(host, port, code: code)
      case .cannelloni(let host, _, let local): Self.datagrams(host, local, code: code)
      }
    self.init(configuration, message: message, fix: fix)
  }

  /// Bus, interface, cause and remedy in one line.
  public var description: String { "bus \(bus), \(interface): \(message); \(fix)" }

  private static func plain(_ code: Int32) -> String {
    "cannot be opened: \(String(cString: strerror(code)))"
  }

  private static func multicast(_ group: String, _ network: String?, code: Int32) -> (String, String) {
    switch code {
    case EINVAL: return (plain(code), "give a multicast address, such as 239.74.163.2")
    case ENODEV where network != nil:
      return (plain(code), "see that \(network ?? "") is there; type: ip link show \(network ?? "")")
    case ENODEV, ENETUNREACH:
      return (
        "no route leads to \(group)",
        "add ?interface=lo to the bus's interface, or type: sudo ip route add 239.0.0.0/8 dev lo"
      )
    default: return (plain(code), "see who else is on the port; type: ss -uap")
    }
  }

  private static func terminal(_ path: String, code: Int32) -> (String, String) {
    switch code {
    case ENOENT, ENXIO, EIO:
      return (plain(code), "plug the adapter in and see where it is; type: ls -l /dev/serial/by-id")
    case EACCES, EPERM: return (plain(code), "type: sudo usermod -a -G dialout \"$USER\", and log in again")
    case EBUSY: return ("another program has it", "end that program; type: fuser -v \(path)")
    case ENOTTY: return ("is no terminal", "give the adapter's serial port, such as /dev/ttyACM0")
    case EEXIST: return ("is there and no terminal", "give a path that is free, or a serial port")
    default: return link(code)
    }
  }

  private static func connection(_ host: String, _ port: UInt16, code: Int32) -> (String, String) {
    switch code {
    case ECONNREFUSED, ETIMEDOUT:
      return (plain(code), "see that an adapter listens on port \(port) of \(host)")
    case EADDRINUSE: return (plain(code), "another program listens there; type: ss -tlnp")
    case EADDRNOTAVAIL: return (plain(code), "to serve there, \(host) has to be an address of this host")
    case EHOSTUNREACH: return ("nobody is known as \(host)", "give an address, such as 127.0.0.1")
    default: return link(code)
    }
  }

  /// What an adapter itself brings up.
  private static func link(_ code: Int32) -> (String, String) {
    switch code {
    case EDOM:
      return (
        "slcan has no request for these bit rates",
        "use 1000000 or 500000, and 5000000 or 2000000 of CAN FD"
      )
    case EPROTO:
      return (
        "the adapter refused the bit rates or to open its channel",
        "see that its firmware knows them; CAN FD takes a CANable 2 or its like"
      )
    case EPIPE: return ("the adapter hung up", "unplug it and plug it in again")
    default: return (plain(code), "see that the adapter is there and free")
    }
  }

  private static func datagrams(_ host: String, _ local: UInt16, code: Int32) -> (String, String) {
    switch code {
    case EADDRINUSE: return (plain(code), "another program has the port; type: ss -uap")
    case EADDRNOTAVAIL: return (plain(code), "to serve there, \(host) has to be an address of this host")
    case EHOSTUNREACH: return ("nobody is known as \(host)", "give an address, such as 127.0.0.1")
    default: return (plain(code), "see that \(host) can be reached; type: ip route get \(host)")
    }
  }
}
