/// The adapters that the buses of a robot were opened on, and what becomes of them.
///
/// What comes back is compared with what was there: an interface's name alone says nothing.
public struct BusAdapters: Sendable {
  /// What became of a bus's adapter.
  public enum Presence: String, Sendable, Equatable {
    /// It has been there all the time.
    case present
    /// It was unplugged.
    case gone
    /// It was unplugged and is back under its name.
    case back
    /// Another one has its interface's name, or it is back under another name.
    case swapped
  }

  /// One bus on an interface of the kernel.
  public struct Bus: Sendable, Equatable {
    /// The robot's number for it.
    public var index: Int
    /// The robot's name for it.
    public var name: String
    /// Its interface, as robot.yaml says it.
    public var interface: String
    /// What was behind it when it was opened.
    public var adapter: CANAdapter
    /// What became of that.
    public internal(set) var presence = Presence.present
  }

  /// What happened to a bus, in words.
  public struct Notice: Sendable, Equatable {
    /// The robot's name for the bus; empty where no bus is concerned.
    public var bus: String
    /// What became of its adapter.
    public var presence: Presence
    /// What happened and what follows.
    public var message: String
  }

  /// The buses on interfaces of the kernel.
  public private(set) var buses: [Bus] = []

  /// The buses of a robot on what is connected now.
  public init(_ buses: [BusConfiguration], on host: HostAdapters) { self.init(buses, on: host.adapters) }

  init(_ configurations: [BusConfiguration], on adapters: [CANAdapter]) {
    for (index, bus) in configurations.enumerated() {
      guard case .kernel(let interface)? = try? BusInterface(bus.interface),
        let adapter = adapters.first(where: { $0.name == interface })
      else { continue }
      buses.append(Bus(index: index, name: bus.name, interface: interface, adapter: adapter))
    }
  }

  /// Takes note of an event and says which buses it concerns, and how.
  public mutating func take(_ event: AdapterEvent) -> [Notice] {
    switch event {
    case .removed(let adapter): return gone(adapter)
    case .added(let adapter): return came(adapter)
    case .renamed(let adapter, let former):
      // A name that is given away leaves the bus without its interface.
      return buses.indices.filter { buses[$0].adapter.index == adapter.index }.map {
        note(
          $0, .swapped, "\(former) is called \(adapter.name) now: no longer the interface robot.yaml names")
      } + came(adapter)
    case .missed: return []
    }
  }

  private mutating func gone(_ adapter: CANAdapter) -> [Notice] {
    let here = buses.indices.filter { buses[$0].adapter.index == adapter.index }
    return here.map { note($0, .gone, "\(adapter.name) is gone (\(adapter.summary))") }
  }

  private mutating func came(_ adapter: CANAdapter) -> [Notice] {
    buses.indices.compactMap { place in
      let bus = buses[place]
      // One that is there all the time is not back.
      guard bus.presence != .present, bus.adapter.index != adapter.index else { return nil }
      let isSame = adapter.isSame(as: bus.adapter)
      switch (isSame, adapter.name == bus.interface) {
      case (true, true):
        // From here on it is this number that may go again.
        buses[place].adapter.index = adapter.index
        return note(place, .back, "\(adapter.name) is back, the adapter it was")
      case (true, false):
        return note(
          place, .swapped,
          "its adapter is back as \(adapter.name), and robot.yaml says \(bus.interface): refused; "
            + "sinew can names keeps names where they are")
      case (false, true):
        return note(
          place, .swapped,
          "\(adapter.name) is another adapter now (\(adapter.summary)), it was \(bus.adapter.summary): refused; "
            + "see which cable goes where: sinew can list")
      case (false, false): return nil
      }
    }
  }

  private mutating func note(_ place: Int, _ presence: Presence, _ message: String) -> Notice {
    buses[place].presence = presence
    return Notice(bus: buses[place].name, presence: presence, message: message)
  }
}
