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

  func step<UserLaw: Law & ~Copyable>(_ recorded: borrowing RecordedCycle, law: inout UserLaw) {
    transmit.removeAll()
    control.step(
      recorded.cycle, received: recorded.received, setpoints: recorded.setpoints, request: recorded.request,
      law: &law, into: &transmit)
  }
}

/// What a visitor of a replay is told after each step and each message that belongs to it.
enum ReplayEvent {
  /// The cores made a step.
  case stepped
  /// The recording's joint states of that step.
  case jointStates(UnsafeRawBufferPointer)
  /// The recording's carried state after that step.
  case carriedState([UInt64])
}

/// Feeds the inputs of a recording to cores, in step.
///
/// A recording that begins with the loop's first pass starts from a fresh core; any other one, and one with a gap, from
/// the carried state that stands at the start of each block. What a law keeps for itself is not in it.
final class ReplayDriver<UserLaw: Law & ~Copyable> {
  let file: RecordingFile
  let cores: [ReplayCore]
  /// The cycle of the last step, as recorded.
  var recorded = RecordedCycle()
  /// Cycles that the cores went through.
  private(set) var cycles = 0
  /// Cycles of the recording before a known state.
  private(set) var skipped = 0
  private var law: UserLaw
  private var sequence = ReplaySequence()

  init(file: RecordingFile, robots: [Robot], law: consuming UserLaw) {
    self.file = file
    self.law = law
    cores = robots.map { ReplayCore(robot: $0) }
  }

  func run(_ visit: (ReplayEvent) throws -> Void) throws {
    try file.forEachMessage { message in
      switch message.topic {
      case BlockEncoder.Topic.cycle: try step(message, visit)
      case BlockEncoder.Topic.jointStates where sequence.isSynchronised: try visit(.jointStates(message.data))
      case BlockEncoder.Topic.carriedState: try take(message, visit)
      default: break
      }
    }
  }

  private func step(_ message: RecordingFile.Message, _ visit: (ReplayEvent) throws -> Void) throws {
    let joints = cores[0].robot.joints.count
    guard recorded.read(message.data, jointCount: joints) else {
      throw RecordingError(
        path: file.path,
        message: "the cycle at \(message.time) ns is not one of a robot with \(joints) joints",
        fix: "replay it with the description it was recorded with")
    }
    guard sequence.admits(message.sequence) else {
      skipped += 1
      return
    }
    for core in cores { core.step(recorded, law: &law) }
    cycles += 1
    try visit(.stepped)
  }

  private func take(_ message: RecordingFile.Message, _ visit: (ReplayEvent) throws -> Void) throws {
    guard let words = Self.words(of: message.data) else { return }
    if sequence.isSynchronised { return try visit(.carriedState(words)) }
    if cores.allSatisfy({ $0.control.restoreCarriedState(from: words) }) { sequence.synchronise() }
  }

  /// Runs the recording and hands what the first core puts out to `write`, the head first.
  func run(
    observing visit: (ReplayEvent) throws -> Void = { _ in },
    outputs write: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var outputs = CycleOutputs()
    outputs.writeHead(jointCount: cores[0].control.jointCount)
    try write(outputs.bytes)
    try run { event in
      switch event {
      case .stepped: outputs.write(recorded.cycle, cores[0].control, cores[0].transmit)
      case .carriedState: outputs.write(carriedAfter: recorded.cycle.number, cores[0].control)
      case .jointStates: return try visit(event)
      }
      try write(outputs.bytes)
      try visit(event)
    }
  }

  private static func words(of data: UnsafeRawBufferPointer) -> [UInt64]? {
    var reader = ByteReader(data)
    guard reader.take(12) != nil, let count = reader.integer(UInt32.self), reader.take(4) != nil,
      reader.remaining == 8 * Int(count)
    else { return nil }
    return (0..<Int(count)).compactMap { _ in reader.integer(UInt64.self) }
  }
}

extension ReplayDriver where UserLaw == NoLaw {
  convenience init(file: RecordingFile, robots: [Robot]) {
    self.init(file: file, robots: robots, law: NoLaw())
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
