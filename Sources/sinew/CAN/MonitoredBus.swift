import ArgumentParser
import CServoBus
import ControlCycle
import Foundation
import JointControl

/// A bus that is to be looked on.
struct MonitoredBus {
  /// What it is called in lines, tables and files: a word.
  var name: String
  /// Its interface and bit rates.
  var configuration: BusConfiguration
  /// Its number in the robot, where it is one of a robot's.
  var robotBus: Int?

  /// Opens it.
  func open() throws -> any BusMonitor {
    if let kernel = configuration.kernelInterface { return try CANMonitor(kernel) }
    return try TransportMonitor(configuration)
  }
}

/// Which buses to look on, and what is known of them.
struct MonitorSelection: ParsableArguments {
  @Argument(
    help: """
      Interfaces: can0, udp-multicast://..., slcan:..., cannelloni://... as robot.yaml has them; with --robot names of its \
      buses, or none for all of them.
      """)
  var interfaces: [String] = []

  @Option(
    help:
      "A robot whose joints and bit rates are on these buses: directory with a robot.yaml, or the file itself."
  )
  var robot: String?

  @Option(
    help: ArgumentHelp(
      "Bit rate, for an adapter and for the load, where it is not known.", valueName: "bit/s"))
  var bitrate: Int?

  @Option(help: ArgumentHelp("Data bit rate of CAN FD, likewise.", valueName: "bit/s"))
  var dbitrate: Int?

  func validate() throws {
    if interfaces.isEmpty && robot == nil {
      throw ValidationError(
        "Give at least one interface, such as can0, or --robot ROBOT for all of its buses.")
    }
    for rate in [bitrate, dbitrate] {
      if let rate, !(1000...20_000_000).contains(rate) {
        throw ValidationError("--bitrate and --dbitrate take 1000 to 20000000 bit/s.")
      }
    }
  }

  /// The buses, and the robot they are of.
  func resolve() throws -> (buses: [MonitoredBus], robot: Robot?) {
    let robot = try robot.map { try loadRobot(at: $0) }
    let words = interfaces.isEmpty ? robot?.buses.map(\.name) ?? [] : interfaces
    var buses: [MonitoredBus] = []
    for word in words {
      let bus = try bus(word, of: robot, number: buses.count)
      guard !buses.contains(where: { $0.configuration.interface == bus.configuration.interface }) else {
        throw Failure(
          kind: "usage", location: word, message: "is given twice", fix: "name each interface once",
          code: Failure.badDescription)
      }
      buses.append(bus)
    }
    return (buses, robot)
  }

  private func bus(_ word: String, of robot: Robot?, number: Int) throws -> MonitoredBus {
    let index =
      robot?.buses.firstIndex { $0.name == word } ?? robot?.buses.firstIndex { $0.interface == word }
    var configuration =
      index.flatMap { robot?.buses[$0] } ?? BusConfiguration(name: word, interface: word, bitRate: 1_000_000)
    let meant: BusInterface
    do throws(BusInterfaceError) { meant = try BusInterface(configuration.interface) } catch {
      throw Failure(
        kind: "usage", location: word, message: error.message, fix: error.fix, code: Failure.badDescription)
    }
    if index == nil, case .kernel(let name) = meant { Self.read(&configuration, from: name) }
    if let bitrate { configuration.bitRate = bitrate }
    if let dbitrate { configuration.dataBitRate = dbitrate }
    if let objection = meant.objection(bitRate: configuration.bitRate, dataBitRate: configuration.dataBitRate)
    {
      throw Failure(
        kind: "usage", location: word, message: objection.message, fix: objection.fix,
        code: Failure.badDescription)
    }
    return MonitoredBus(
      name: Self.word(for: meant, index == nil ? nil : configuration.name, number: number),
      configuration: configuration, robotBus: index)
  }

  /// The bit rates the kernel's controller has, where it has one.
  private static func read(_ configuration: inout BusConfiguration, from interface: String) {
    guard let link = try? CANStat.read(interface), link.has_controller != 0, link.bit_rate > 0 else { return }
    configuration.bitRate = Int(link.bit_rate)
    if link.usedDataBitRate > 0 { configuration.dataBitRate = Int(link.usedDataBitRate) }
  }

  /// A URL is no word of a line: what is reached by one goes by the robot's name for it, else by its kind and place.
  private static func word(for interface: BusInterface, _ name: String?, number: Int) -> String {
    switch interface {
    case .kernel(let name): name
    case .multicast: (name ?? "udp\(number)").replacingOccurrences(of: " ", with: "_")
    case .slcanTerminal, .slcanTCP: (name ?? "slcan\(number)").replacingOccurrences(of: " ", with: "_")
    case .cannelloni: (name ?? "cannelloni\(number)").replacingOccurrences(of: " ", with: "_")
    }
  }
}
