import ControlCycle
import Foundation
import JointControl
import TestSupport
import Testing

/// Both ends of an interface in one process: what goes in comes out, and an end that goes away is seen.
@Suite struct OpenBusTests {
  private struct End: ~Copyable {
    let bus: OpenBus
    let staging = FrameStaging()
    var frames = FrameBuffer(capacity: 512)

    init(_ interface: String, _ end: BusEnd, isFlexible: Bool = true) throws {
      let bus = BusConfiguration(
        name: "bus", interface: interface, bitRate: 1_000_000, dataBitRate: isFlexible ? 5_000_000 : nil)
      self.bus = try OpenBus(bus, index: 3, as: end)
    }

    mutating func send(_ list: [CANFrame]) {
      frames.removeAll()
      for frame in list { frames.append(frame) }
      bus.send(frames)
    }

    /// Receives until so many frames have come, or a second has passed.
    mutating func receive(_ count: Int) -> [CANFrame] {
      var list: [CANFrame] = []
      for _ in 0..<1000 where list.count < count {
        frames.removeAll()
        bus.receive(into: &frames, by: staging)
        for index in 0..<frames.count { list.append(frames[index]) }
        if list.count < count { usleep(1000) }
      }
      return list
    }
  }

  private static func text(_ frame: CANFrame) -> String {
    "\(frame.bus) \(frame.id) \(frame.flags) \((0..<Int(frame.length)).map { frame.payload[$0] })"
  }

  private static func frames(_ count: Int, isFlexible: Bool = true) -> [CANFrame] {
    var generator = SeededGenerator(seed: 9)
    return (0..<count).map { index in
      var frame = CANFrame(
        id: .random(in: 0...0x7FF, using: &generator), bus: 3, isExtended: index % 2 == 0,
        isFlexibleDataRate: isFlexible && index % 3 == 0)
      frame.length = isFlexible && index % 3 == 0 ? 48 : UInt8.random(in: 0...8, using: &generator)
      for byte in 0..<Int(frame.length) { frame.payload[byte] = .random(in: 0...255, using: &generator) }
      return frame
    }
  }

  private static func folder() throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("bus-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  /// Sends frames both ways and compares.
  private func converse(_ host: inout End, _ drives: inout End) {
    let commands = Self.frames(40)
    host.send(commands)
    let obeyed = drives.receive(40)
    #expect(obeyed.map(Self.text) == commands.map(Self.text))
    let answers = Array(Self.frames(60).dropFirst(20))
    drives.send(answers)
    let heard = host.receive(40)
    #expect(heard.map(Self.text) == answers.map(Self.text))
    let times = heard.map(\.time)
    #expect(times.allSatisfy { $0 > 0 } && times == times.sorted())
    let (ours, theirs) = (host.bus.traffic, drives.bus.traffic)
    #expect(ours.sent == 40 && ours.received == 40 && ours.lost == 0 && theirs.foreign == 0)
  }

  @Test func multicastOnTheLoopback() throws {
    let interface = "udp-multicast://239.74.163.77:\(UInt16.random(in: 20000...40000))?interface=lo&hops=0"
    var host = try End(interface, .host)
    var drives = try End(interface, .drives)
    converse(&host, &drives)
    let more = host.receive(1) + drives.receive(1)
    let (ours, theirs) = (host.bus.traffic, drives.bus.traffic)
    #expect(more.isEmpty && ours.own == 40 && theirs.own == 40)
  }

  /// The kernel chooses the port that a bus sends from, and may choose the one that the next bus wants to listen on.
  @Test func aSendersPortKeepsNobodyOut() throws {
    let port = UInt16.random(in: 20000...30000)
    let first = try End("udp-multicast://239.74.163.78:\(port)?interface=lo&hops=0", .host)
    let table = try String(contentsOfFile: "/proc/self/net/udp", encoding: .ascii)
    // The remote address is the group, its bytes turned round.
    let group = "4EA34AEF:" + String(format: "%04X", port)
    let row = try #require(table.split(separator: "\n").first { $0.contains(group) })
    let local = try #require(row.split(separator: " ").dropFirst().first?.split(separator: ":").last)
    let taken = try #require(UInt16(local, radix: 16))
    let second = try End("udp-multicast://239.74.163.79:\(taken)?interface=lo&hops=0", .host)
    let lost = [first.bus.traffic.lost, second.bus.traffic.lost]
    #expect(lost == [0, 0])
  }

  @Test func cannelloniOnTheLoopback() throws {
    let port = UInt16.random(in: 20000...40000)
    let interface = "cannelloni://127.0.0.1:\(port)?local=\(port + 1)"
    var host = try End(interface, .host)
    // Nobody is there yet: given up and counted, and no reason to give the bus up.
    host.send(Self.frames(3))
    host.send(Self.frames(3))
    let early = host.bus.traffic
    #expect(early.lost == 0 && early.sent + early.unsent == 6)
    var drives = try End(interface, .drives)
    let commands = Self.frames(40)
    host.send(commands)
    let obeyed = drives.receive(40)
    #expect(obeyed.map(Self.text) == commands.map(Self.text))
    drives.send(commands)
    let heard = host.receive(40)
    #expect(heard.map(Self.text) == commands.map(Self.text))
    let (ours, theirs) = (host.bus.traffic, drives.bus.traffic)
    #expect(ours.sent == early.sent + 40 && ours.missing == 0 && theirs.missing == 0)
  }

  @Test func slcanOnAPseudoTerminal() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let interface = "slcan:\(folder)/adapter"
    var drives = try End(interface, .drives)
    var host = try End(interface, .host)
    // The host's requests are answered when the adapter is looked at.
    let nothing = drives.receive(1)
    #expect(nothing.isEmpty)
    converse(&host, &drives)
    let refused = host.bus.traffic.refused
    #expect(refused == 0)
  }

  /// Everything that one end sends, taken seven frames a call at most; and how many calls brought seven.
  private func takeInParts(_ host: inout End, _ drives: inout End, _ commands: [CANFrame]) -> [CANFrame] {
    host.send(commands)
    usleep(100_000)
    var list: [CANFrame] = []
    for _ in 0..<(commands.count / 7 + 8) {
      drives.frames.removeAll()
      let count = drives.bus.receive(into: &drives.frames, by: drives.staging, atMost: 7)
      #expect(count <= 7 && count == drives.frames.count)
      for index in 0..<count { list.append(drives.frames[index]) }
    }
    return list
  }

  @Test(
    "What one call does not take comes with the next ones, in order, with its own instant, and is counted")
  func boundedCalls() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let port = UInt16.random(in: 20000...40000)
    for interface in [
      "udp-multicast://239.74.163.76:\(port)?interface=lo&hops=0",
      "cannelloni://127.0.0.1:\(port)?local=\(port + 1)",
      "slcan:\(folder)/adapter",
    ] {
      var drives = try End(interface, .drives)
      var host = try End(interface, .host)
      let nothing = drives.receive(1)
      let commands = Self.frames(40)
      let start = ContinuousClock.now
      let obeyed = takeInParts(&host, &drives, commands)
      let traffic = drives.bus.traffic
      #expect(nothing.isEmpty && obeyed.map(Self.text) == commands.map(Self.text), "\(interface)")
      #expect(
        traffic.overrun == 33 && traffic.missing == 0 && traffic.received == 40, "\(interface) \(traffic)")
      let times = obeyed.map(\.time)
      #expect(times == times.sorted() && ContinuousClock.now - start > .milliseconds(100))
      if !interface.hasPrefix("slcan"), let first = times.first, let last = times.last {
        // They came together, and not as late as they were taken.
        #expect(last - first < 50_000_000, "\(interface)")
      }
    }
  }

  @Test func aDataRateThatTheAdapterDoesNotHaveIsRefused() throws {
    let port = UInt16.random(in: 20000...40000)
    var drives = try End("slcan://127.0.0.1:\(port)", .drives, isFlexible: false)
    var host = try End("slcan://127.0.0.1:\(port)", .host, isFlexible: true)
    let (nothing, silence) = (drives.receive(1), host.receive(1))
    let refused = host.bus.traffic.refused
    #expect(nothing.isEmpty && silence.isEmpty && refused == 1, "Y5 on a classic bus")
  }

  @Test func anAdapterThatHangsUpIsLost() throws {
    let port = UInt16.random(in: 20000...40000)
    var host: End
    do {
      var drives = try End("slcan://127.0.0.1:\(port)", .drives)
      host = try End("slcan://127.0.0.1:\(port)", .host)
      let nothing = drives.receive(1)
      #expect(nothing.isEmpty)
      converse(&host, &drives)
    }
    let silence = host.receive(1)
    host.send(Self.frames(2))
    let traffic = host.bus.traffic
    #expect(silence.isEmpty && traffic.lost != 0 && traffic.loss != nil && traffic.unsent == 2)
  }

  @Test(arguments: [
    ("nocan7", "there is no interface nocan7", "ip link"),
    ("udp-multicast://239.1.2.3?interface=nowhere9", "No such device", "ip link show nowhere9"),
    ("slcan:/nowhere/ttyACM0", "No such file", "plug the adapter in"),
    ("slcan:/dev/null", "is no terminal", "serial port"),
    ("slcan://127.0.0.1:1", "refused", "listens on port 1"),
  ]) func whatCannotBeOpened(interface: String, message: String, fix: String) {
    do throws(BusError) {
      _ = try OpenBus(
        BusConfiguration(name: "bus", interface: interface, bitRate: 1_000_000), index: 0)
      Issue.record("it was opened")
    } catch {
      #expect(error.message.contains(message) && error.fix.contains(fix), "\(error)")
    }
  }
}
