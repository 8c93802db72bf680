internal import CServoBus
internal import Glibc

/// Tells which CAN interfaces come and go, from libudev.
///
/// For one thread at a time, and never the loop's: it waits, reads files and allocates. `@unchecked`, so that one thread may make
/// it and another use it.
public final class AdapterWatch: @unchecked Sendable {
  /// Whose word is waited for.
  public enum Group: String, Sendable, CaseIterable {
    /// The daemon's, after it has given names: for hosts where systemd-udevd runs.
    case udev
    /// The kernel's, at once.
    case kernel

    /// The daemon's where it runs: then it may rename what comes. It keeps this socket as long as it does.
    public static var usual: Group { access("/run/udev/control", F_OK) == 0 ? .udev : .kernel }
  }

  /// Whose word is waited for.
  public let group: Group
  private let monitor: OpaquePointer
  private var ledger: AdapterLedger

  /// Starts to listen; what is there already is no news.
  ///
  /// - Throws: `AdapterWatchError` where libudev or the kernel's messages cannot be had.
  public init(_ group: Group = .usual) throws(AdapterWatchError) {
    var opened: OpaquePointer?
    let answer = servo_udev_monitor_open(group.rawValue, &opened)
    guard answer == 0, let opened else { throw AdapterWatchError(code: -answer) }
    monitor = opened
    self.group = group
    // After the monitor was opened: what comes in between is told twice, and known the second time.
    ledger = AdapterLedger(HostAdapters.read().adapters)
  }

  deinit { servo_udev_monitor_close(monitor) }

  /// The interfaces that are there, as far as was told, by number.
  public var adapters: [CANAdapter] { ledger.known.values.sorted { $0.index < $1.index } }

  /// What to wait on beside others.
  public var descriptor: Int32 { servo_udev_monitor_descriptor(monitor) }

  /// What has happened since the last call; waits for something, at most `milliseconds`.
  public func next(milliseconds: Int32) -> [AdapterEvent] {
    var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waited, 1, milliseconds) > 0 else { return [] }
    var events: [AdapterEvent] = []
    var told = servo_udev_device()
    while true {
      switch servo_udev_monitor_receive(monitor, &told) {
      case 1: if let event = ledger.take(UdevRecord(told), look: Self.look) { events.append(event) }
      case 0: return events
      // Lost events, and whatever else went wrong with them: what is there is what counts.
      default: return events + ledger.reconcile(with: HostAdapters.read().adapters)
      }
    }
  }

  /// The interface that an event is about, if it is still there: channels are numbered among all of an adapter's.
  private static func look(_ record: UdevRecord) -> CANAdapter? {
    var host = HostAdapters(SysfsTree())
    host.complete(with: record)
    return host.adapters.first { $0.index == record.index } ?? host[record.name]
  }
}

/// Hot-plug cannot be watched.
public struct AdapterWatchError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong.
  public var message: String
  /// What to do.
  public var fix: String

  init(code: Int32) {
    switch code {
    case ELIBACC:
      message = "libudev.so.1 is missing"
      fix = "type: sudo apt-get install libudev1"
    case ELIBBAD:
      message = "libudev.so.1 is not the one that is known"
      fix = "type: sudo apt-get install --reinstall libudev1"
    default:
      message = "the messages of the kernel cannot be heard: \(String(cString: strerror(code)))"
      fix = "see whether this container or its policy forbids NETLINK_KOBJECT_UEVENT"
    }
  }

  /// Cause and remedy in one line.
  public var description: String { "\(message); \(fix)" }
}
