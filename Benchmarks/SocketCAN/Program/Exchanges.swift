import CServoBus
import CSocketCANPeer
import ControlCycle
import Foundation
import JointControl
import RobotDescription

/// The drives of navigator spread over some interfaces, all of one family.
struct ExchangeRobot {
  let interfaces: [String]
  private let source: Robot
  private let joints: [RobotJoint]

  init(interfaces: [String]) throws {
    guard interfaces.count <= Capacity.buses, let model = DriveModel.named("DM4310", family: .damiao) else {
      throw BenchmarkError(text: "at most \(Capacity.buses) interfaces")
    }
    self.interfaces = interfaces
    source = try RobotDescription.load("Robots/navigator")
    joints = source.joints.enumerated().map { index, joint in
      var joint = joint
      let id = UInt16(index / interfaces.count + 1)
      joint.configuration.drive = DriveConfiguration(
        family: .damiao, bus: UInt8(index % interfaces.count), id: id, masterID: 0x10 + id,
        isFlexibleDataRate: false, range: model.range)
      return joint
    }
  }

  /// The robot, to be commanded on the interfaces.
  func robot(confirms: Bool) -> Robot {
    Robot(
      name: "exchange", period: source.period,
      buses: interfaces.map {
        BusConfiguration(name: $0, interface: $0, bitRate: 1_000_000, confirms: confirms)
      },
      joints: joints, model: source.model, feedforward: .none, commandTimeout: source.commandTimeout)
  }

  /// Identifiers of the drives' answers, by interface.
  var answers: [[UInt32]] { identifiers { UInt32($0.masterID) } }
  /// Identifiers of the commands, by interface.
  var commands: [[UInt32]] { identifiers { UInt32($0.id) } }

  private func identifiers(_ identifier: (DriveConfiguration) -> UInt32) -> [[UInt32]] {
    interfaces.indices.map { bus in
      joints.map(\.configuration.drive).filter { Int($0.bus) == bus }.map(identifier)
    }
  }
}

/// The C peer on all interfaces.
struct PeerExchange: FrameExchange, ~Copyable {
  private let descriptors: [Int32]
  private let commands: [[UInt32]]
  private var sum: UInt64 = 0

  init(_ robot: ExchangeRobot) throws {
    descriptors = try robot.interfaces.map { try opened($0, socketcan_peer_open($0)) }
    commands = robot.commands
  }

  deinit { for descriptor in descriptors { socketcan_peer_close(descriptor) } }

  mutating func receive() -> Int {
    var count = 0
    for descriptor in descriptors { count += Int(socketcan_peer_receive(descriptor, &sum)) }
    return count
  }

  mutating func send() {
    for index in descriptors.indices {
      _ = socketcan_peer_send(descriptors[index], commands[index], Int32(commands[index].count))
    }
  }
}

/// CServoBus' C alone, with the filters and buffers of the loop.
struct ShimExchange: FrameExchange, ~Copyable {
  private var buses: [OpaquePointer] = []
  private let commands: [[servo_frame]]
  private let room = UnsafeMutablePointer<servo_frame>.allocate(capacity: 64)

  init(_ robot: ExchangeRobot) throws {
    commands = robot.commands.map { ids in
      ids.map { servo_frame(id: $0, length: 8) }
    }
    for (name, answers) in zip(robot.interfaces, robot.answers) {
      let filters = answers.map { servo_can_filter(id: $0, mask: 0x7FF, is_extended: 0) }
      var bus: OpaquePointer?
      let answer = filters.withUnsafeBufferPointer { filters in
        var options = servo_can_options()
        options.filters = filters.baseAddress
        options.filter_count = filters.count
        options.receive_bytes = 256 * Int32(SERVO_CAN_FRAME_COST)
        return servo_can_open(name, &options, &bus)
      }
      guard let bus else { throw BenchmarkError(text: "\(name): \(String(cString: strerror(-answer)))") }
      buses.append(bus)
    }
  }

  deinit {
    for bus in buses { servo_can_close(bus) }
    room.deallocate()
  }

  mutating func receive() -> Int {
    var count = 0
    for bus in buses { count += Int(servo_can_receive(bus, room, 64, servo_clock_now())) }
    return count
  }

  mutating func send() {
    for index in buses.indices {
      _ = servo_can_send(buses[index], commands[index], Int32(commands[index].count))
    }
  }
}

extension servo_frame {
  init(id: UInt32, length: UInt8) {
    self.init()
    self.id = id
    self.length = length
  }
}

/// What the loop calls.
struct BusesExchange: FrameExchange, ~Copyable {
  private var buses: OpenBuses
  private var received = FrameBuffer(capacity: ReceiveRoom.loop)
  private var commands = FrameBuffer(capacity: 2 * Capacity.joints)

  init(_ robot: Robot) throws {
    buses = try OpenBuses(robot)
    for joint in robot.joints {
      commands.append(DriveCodec.encode(DriveRequest.disable, for: joint.configuration.drive))
    }
  }

  mutating func receive() -> Int {
    received.removeAll()
    buses.receive(into: &received)
    return received.count
  }

  mutating func send() { buses.send(commands) }
}
