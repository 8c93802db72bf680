/// What happened to a CAN interface of this host.
public enum AdapterEvent: Sendable, Equatable {
  /// It came.
  case added(CANAdapter)
  /// It went; what was known of it.
  case removed(CANAdapter)
  /// It has another name now.
  case renamed(CANAdapter, from: String)
  /// The kernel or udev told more than could be taken: what is there was looked at again, and what came and went in between
  /// was not seen.
  case missed
}

/// The CAN interfaces that are known to be there, kept up to date by what udev tells. Numbers of interfaces tell them apart:
/// names are given again, numbers are not.
struct AdapterLedger {
  private(set) var known: [Int32: CANAdapter] = [:]

  init(_ adapters: [CANAdapter]) {
    for adapter in adapters { known[adapter.index] = adapter }
  }

  /// Takes note of what udev tells.
  ///
  /// - Parameters:
  ///   - record: the event.
  ///   - look: what there is to see of an interface; nil when it is gone again.
  /// - Returns: what happened, where it is news.
  mutating func take(_ record: UdevRecord, look: (UdevRecord) -> CANAdapter?) -> AdapterEvent? {
    if record.action == "remove" {
      // Without a number in the event the name has to do.
      let index = record.index != 0 ? record.index : known.values.first { $0.name == record.name }?.index
      return index.flatMap { known.removeValue(forKey: $0) }.map(AdapterEvent.removed)
    }
    guard record.isCAN != false, let found = look(record) else { return nil }
    return note(found)
  }

  /// Compares with what is there, after events were lost.
  mutating func reconcile(with adapters: [CANAdapter]) -> [AdapterEvent] {
    let present = Set(adapters.map(\.index))
    var events = [AdapterEvent.missed]
    for adapter in known.values.sorted(by: { $0.index < $1.index }) where !present.contains(adapter.index) {
      known[adapter.index] = nil
      events.append(.removed(adapter))
    }
    return events + adapters.compactMap { note($0) }
  }

  private mutating func note(_ adapter: CANAdapter) -> AdapterEvent? {
    let before = known.updateValue(adapter, forKey: adapter.index)
    guard let before else { return .added(adapter) }
    return before.name == adapter.name ? nil : .renamed(adapter, from: before.name)
  }
}
