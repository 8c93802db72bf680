import ArgumentParser
import CServoBus
import Foundation
import JointControl

/// A robot's interfaces, set and taken up.
struct CANUp: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Set a robot's interfaces as its description says, and take them up.",
    discussion: """
      Bit rates and sample points of robot.yaml, no automatic restart after bus-off, and a queue that holds a cycle's
      commands and not much more. What is set so already is left alone; what is not is taken down for it, so no other
      program should be using it. Needs CAP_NET_ADMIN: sudo.

      EXAMPLES
        sudo sinew can up Robots/navigator
        sudo sinew can up Robots/navigator --bus left_arm
      """)

  @OptionGroup var selection: CANSelection

  /// Frames: commands of two cycles of a full bus.
  private static let queueLength = 64

  func run() throws {
    do {
      let buses = try selection.buses()
      try Self.checkAdapters(buses.map(\.0))
      for (bus, name) in buses { print("\(name): \(try Self.take(up: bus, name))") }
    } catch let failure as Failure { throw failure.report(json: false) }
  }

  /// No interface is set before each is the adapter its bus means.
  private static func checkAdapters(_ buses: [BusConfiguration]) throws {
    guard buses.contains(where: { $0.adapter != nil }) else { return }
    let host = HostAdapters.read()
    let problems = buses.compactMap { bus -> BusError? in
      do throws(BusError) { try bus.checkAdapter(among: host) } catch { return error }
      return nil
    }
    if !problems.isEmpty { throw Failure(BusErrors(problems: problems)) }
  }

  /// Sets an interface and says what it found or did.
  private static func take(up bus: BusConfiguration, _ name: String) throws -> String {
    let link = try CANStat.read(name)
    if link.has_controller == 0 {
      if bus.dataBitRate != nil && link.maximum_unit < 72 {
        throw Failure(
          kind: "can", location: name, message: "is virtual and takes no CAN FD frames",
          fix: "type: sudo ip link set \(name) down && sudo ip link set \(name) mtu 72",
          code: Failure.hostFault)
      }
      if link.is_up != 0 { return "virtual, is up" }
      try must(servo_can_link_set_up(name, 1), name)
      return "virtual, taken up"
    }
    if isFit(link, for: bus) { return "is up as described" }
    var rates = servo_can_rates()
    rates.bit_rate = UInt32(bus.bitRate)
    rates.data_bit_rate = UInt32(bus.dataBitRate ?? 0)
    // Zero leaves it to the kernel: drivers with fixed rates refuse sample points.
    rates.sample_point = UInt32((bus.samplePoint * 1000).rounded())
    rates.data_sample_point = UInt32((bus.dataSamplePoint * 1000).rounded())
    if link.is_up != 0 { try must(servo_can_link_set_up(name, 0), name) }
    var answer = servo_can_link_set_rates(name, &rates, UInt32(queueLength))
    var remark = ""
    if answer == -EINVAL || answer == -EOPNOTSUPP || answer == -EDOM {
      rates.sample_point = 0
      rates.data_sample_point = 0
      answer = servo_can_link_set_rates(name, &rates, UInt32(queueLength))
      remark = ", sample point left to the driver"
    }
    try must(answer, name)
    try must(servo_can_link_set_up(name, 1), name)
    let set = try CANStat.read(name)
    return "taken up at \(set.bit_rate) bit/s"
      + (set.usedDataBitRate == 0 ? "" : " and \(set.usedDataBitRate) bit/s")
      + remark
  }

  private static func isFit(_ link: servo_can_link, for bus: BusConfiguration) -> Bool {
    link.is_up != 0 && Int(link.bit_rate) == bus.bitRate && Int(link.usedDataBitRate) == bus.dataBitRate ?? 0
      && link.restart_ms == 0 && link.controller_state <= BusHealth.State.passive.rawValue
      && (queueLength / 2...4 * queueLength).contains(Int(link.queue_length))
  }

  private static func must(_ answer: Int32, _ name: String) throws {
    if answer != 0 { throw Failure(interface: name, code: -answer) }
  }
}

/// A robot's interfaces, taken down.
struct CANDown: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down",
    abstract: "Take a robot's interfaces down, which drops every command that still waits.",
    discussion: """
      EXAMPLES
        sudo sinew can down Robots/navigator
      """)

  @OptionGroup var selection: CANSelection

  func run() throws {
    do {
      for (_, name) in try selection.buses() {
        let answer = servo_can_link_set_up(name, 0)
        guard answer == 0 else { throw Failure(interface: name, code: -answer) }
        print("\(name): down")
      }
    } catch let failure as Failure { throw failure.report(json: false) }
  }
}

/// Which buses of which robot.
struct CANSelection: ParsableArguments {
  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Option(help: ArgumentHelp("Only this bus. May be repeated.", valueName: "name"))
  var bus: [String] = []

  /// The chosen buses that an interface of the kernel carries.
  func buses() throws -> [(BusConfiguration, String)] {
    let robot = try loadRobot(at: robot)
    for name in bus where !robot.buses.contains(where: { $0.name == name }) {
      throw Failure(
        kind: "usage", location: name, message: "the robot has no bus of this name",
        fix: "its buses: \(robot.buses.map(\.name).joined(separator: ", "))", code: Failure.badDescription)
    }
    let chosen = robot.buses.filter { bus.isEmpty || bus.contains($0.name) }
    let carried = chosen.compactMap { bus in bus.kernelInterface.map { (bus, $0) } }
    guard !carried.isEmpty else {
      throw Failure(
        kind: "can", location: robot.name, message: "no bus is carried by a CAN interface of the kernel",
        fix: "there is nothing to set up", code: Failure.hostFault)
    }
    return carried
  }
}
