/// Which adapter a bus means, as `adapter` in robot.yaml says it: names of interfaces go to whoever comes first.
public struct AdapterSelector: Sendable, Equatable {
  /// What an adapter is told by.
  public enum Mark: Sendable, Equatable {
    /// Its serial number.
    case serial(String)
    /// Where it is connected, as udev's ID_PATH.
    case path(String)
  }

  /// What the adapter is told by.
  public var mark: Mark
  /// Which of its channels, from 0.
  public var channel: Int

  /// The adapter with a mark, and one of its channels.
  public init(_ mark: Mark, channel: Int = 0) {
    self.mark = mark
    self.channel = channel
  }

  /// Longest serial number or path; udev keeps no longer ones.
  public static let longestMark = 255
  /// Most channels of an adapter that is believed.
  public static let channelLimit = 64

  /// As messages write it.
  public var description: String {
    switch mark {
    case .serial(let serial): "serial \(serial), channel \(channel)"
    case .path(let path): "at \(path), channel \(channel)"
    }
  }

  /// A serial number as udev spells it; nil for one it does not take.
  public static func udevSpelling(of serial: String) -> String? { UdevRecord.spelling(serial) }

  /// Whether an interface belongs to the adapter that is meant, whatever its channel.
  public func means(adapterOf adapter: CANAdapter) -> Bool {
    switch mark {
    case .serial(let serial): adapter.serial == serial || adapter.udevSerial == serial
    case .path(let path): adapter.path == path
    }
  }

  /// What speaks against an interface of this name being the one that is meant.
  ///
  /// - Parameters:
  ///   - name: the interface that the bus names.
  ///   - adapters: what is connected.
  /// - Returns: the objection; nil where it is the one.
  public func objection(to name: String, among adapters: [CANAdapter]) -> AdapterObjection? {
    let ofAdapter = adapters.filter(means)
    let meant = ofAdapter.filter { $0.channel == channel }
    guard let found = meant.first else { return absence(ofAdapter, among: adapters) }
    if meant.count > 1 {
      let places = meant.map { "\($0.name) at \($0.path ?? "?")" }.joined(separator: " and ")
      return AdapterObjection(
        "is meant to be the adapter with \(description), and that is \(places)",
        fix: "write adapter: {path: \(meant.compactMap(\.path).first ?? "...")\(channelText)} in robot.yaml")
    }
    if found.name == name { return nil }
    let other = adapters.first { $0.name == name }
    return AdapterObjection(
      "is meant to be the adapter with \(description), which is \(found.name) now"
        + (other.map { "; \(name) is another one (\($0.summary))" } ?? ""),
      fix: "type: sudo sinew can names ROBOT --write /, and plug the adapters in again; "
        + "or see which cable goes where: sinew can list")
  }

  private var channelText: String { channel == 0 ? "" : ", channel: \(channel)" }

  private func absence(_ ofAdapter: [CANAdapter], among adapters: [CANAdapter]) -> AdapterObjection {
    if !ofAdapter.isEmpty {
      let channels = ofAdapter.map { "\($0.channel)" }.joined(separator: ", ")
      return AdapterObjection(
        "is meant to be the adapter with \(description), which has no channels but \(channels)",
        fix: "correct channel in robot.yaml")
    }
    let there = adapters.filter { !$0.isVirtual }.map { "\($0.name) (\($0.summary))" }
    return AdapterObjection(
      "is meant to be the adapter with \(description), which is not connected",
      fix: "connect it, or correct adapter in robot.yaml; connected: "
        + (there.isEmpty ? "none" : there.joined(separator: "; ")))
  }
}

/// Why an interface is not the one that a bus means.
public struct AdapterObjection: Sendable, Equatable {
  /// What is wrong, to be read behind the interface's name.
  public var message: String
  /// What to do.
  public var fix: String

  init(_ message: String, fix: String) {
    self.message = message
    self.fix = fix
  }
}

extension BusConfiguration {
  /// Whether the bus's interface is the adapter it means.
  ///
  /// - Parameter host: what is connected.
  /// - Throws: `BusError` where it is another one, with what to do.
  public func checkAdapter(among host: HostAdapters) throws(BusError) {
    guard let adapter, case .kernel(let name)? = try? BusInterface(interface),
      let objection = adapter.objection(to: name, among: host.adapters)
    else { return }
    throw BusError(self, message: "\(name) \(objection.message)", fix: objection.fix)
  }
}
