import ControlCycle
import JointControl
import RigidBody

/// One core that a recording is fed to.
final class ReplayCore {
  let robot: Robot
  var control: ControlCycle
  var transmit = FrameBuffer(capacity: 2 * Capacity.joints)
  // Keeps the memory behind the core's dynamics handles alive.
  private let modelData: ModelData

  init(robot: Robot) {
    self.robot = robot
    modelData = ModelData(robot.model)
    control = ControlCycle(robot: robot, data: modelData)
  }

  func step(_ recorded: borrowing RecordedCycle) {
    transmit.removeAll()
    control.step(
      recorded.cycle, received: recorded.received, setpoints: recorded.setpoints, request: recorded.request,
      into: &transmit)
  }
}

/// Feeds the inputs of a recording to cores, in step.
///
/// A recording that begins with the loop's first pass starts from a fresh core; any other one, and one with a gap, from
/// the carried state that stands at the start of each block.
final class ReplayDriver {
  /// What a visitor is told after each step and each message that belongs to it.
  enum Event {
    /// The cores made a step.
    case stepped
    /// The recording's joint states of that step.
    case jointStates(UnsafeRawBufferPointer)
    /// The recording's carried state after that step.
    case carriedState([UInt64])
  }
  let file: RecordingFile
  let cores: [ReplayCore]
  /// The cycle of the last step, as recorded.
  var recorded = RecordedCycle()
  /// Cycles that the cores went through.
  private(set) var cycles = 0
  /// Cycles of the recording before a known state.
  private(set) var skipped = 0
  private var isSynchronised = false
  private var sequence: UInt32?

  init(file: RecordingFile, robots: [Robot]) {
    self.file = file
    cores = robots.map { ReplayCore(robot: $0) }
  }

  func run(_ visit: (Event) throws -> Void) throws {
    try file.forEachMessage { message in
      switch message.topic {
      case BlockEncoder.Topic.cycle: try step(message, visit)
      case BlockEncoder.Topic.jointStates where isSynchronised: try visit(.jointStates(message.data))
      case BlockEncoder.Topic.carriedState: try take(message, visit)
      default: break
      }
    }
  }

  private func step(_ message: RecordingFile.Message, _ visit: (Event) throws -> Void) throws {
    let joints = cores[0].robot.joints.count
    guard recorded.read(message.data, jointCount: joints) else {
      throw RecordingError(
        path: file.path,
        message: "the cycle at \(message.time) ns is not one of a robot with \(joints) joints",
        fix: "replay it with the description it was recorded with")
    }
    if message.sequence == 1 {
      isSynchronised = true
    } else if sequence.map({ $0 &+ 1 != message.sequence }) ?? true {
      isSynchronised = false
    }
    sequence = message.sequence
    guard isSynchronised else {
      skipped += 1
      return
    }
    for core in cores { core.step(recorded) }
    cycles += 1
    try visit(.stepped)
  }

  private func take(_ message: RecordingFile.Message, _ visit: (Event) throws -> Void) throws {
    guard let words = Self.words(of: message.data) else { return }
    if isSynchronised { return try visit(.carriedState(words)) }
    isSynchronised = cores.allSatisfy { $0.control.restoreCarriedState(from: words) }
  }

  private static func words(of data: UnsafeRawBufferPointer) -> [UInt64]? {
    var reader = ByteReader(data)
    guard reader.take(12) != nil, let count = reader.integer(UInt32.self), reader.take(4) != nil,
      reader.remaining == 8 * Int(count)
    else { return nil }
    return (0..<Int(count)).compactMap { _ in reader.integer(UInt64.self) }
  }
}

/// The numbers of a `sensor_msgs/msg/JointState` message.
struct JointStateValues {
  var names: [String] = []
  var position: [Double] = []
  var velocity: [Double] = []
  var effort: [Double] = []

  /// Reads a message in CDR; nil when it makes no sense.
  init?(_ data: UnsafeRawBufferPointer) {
    var reader = ByteReader(data)
    guard reader.integer(UInt32.self) == 0x0000_0100, reader.take(8) != nil, Self.text(&reader) != nil,
      reader.align(to: 4, from: 4), let count = reader.integer(UInt32.self), count <= Capacity.joints
    else { return nil }
    for _ in 0..<count {
      guard let name = Self.text(&reader) else { return nil }
      names.append(name)
    }
    guard let position = Self.numbers(&reader), let velocity = Self.numbers(&reader),
      let effort = Self.numbers(&reader),
      [position, velocity, effort].allSatisfy({ $0.count == names.count })
    else { return nil }
    (self.position, self.velocity, self.effort) = (position, velocity, effort)
  }

  private static func text(_ reader: inout ByteReader) -> String? {
    guard reader.align(to: 4, from: 4), let bytes = reader.counted(UInt32.self), bytes.last == 0 else {
      return nil
    }
    return String(validating: bytes.dropLast(), as: UTF8.self)
  }

  private static func numbers(_ reader: inout ByteReader) -> [Double]? {
    guard reader.align(to: 4, from: 4), let count = reader.integer(UInt32.self), count <= Capacity.joints
    else {
      return nil
    }
    if count > 0 && !reader.align(to: 8, from: 4) { return nil }
    let numbers = (0..<Int(count)).compactMap { _ in reader.double() }
    return numbers.count == Int(count) ? numbers : nil
  }
}
