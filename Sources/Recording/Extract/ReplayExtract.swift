import ControlCycle
public import JointControl
import RigidBody

/// What a core alone needs to replay a recording, as one stream: its configuration, then the recording's messages as they
/// are. A program without files, robot descriptions or MCAP reads it front to back; see `Tests/Interop/aarch64`.
///
///     head       "SINEWCOR", UInt32 version, UInt32 length, the configuration (`CycleConfiguration`)
///     message    UInt32 kind (1 cycle, 3 carried state), UInt32 sequence, UInt32 length, the message (CDR)
public enum ReplayExtract {
  /// Writes the stream, piece by piece, to `sink`.
  public static func write(
    _ file: RecordingFile, robot: Robot, to sink: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try file.refuseLaw()
    let configuration = CycleConfiguration(robot).bytes
    var head = ByteWriter()
    head.append(CycleConfiguration.magic)
    head.append(CycleConfiguration.version)
    head.append(UInt32(configuration.count))
    head.append(configuration)
    try head.bytes.withUnsafeBytes(sink)
    try file.forEachMessage { message in
      let kind: UInt32
      switch message.topic {
      case BlockEncoder.Topic.cycle: kind = 1
      case BlockEncoder.Topic.carriedState: kind = 3
      default: return
      }
      head.removeAll()
      head.append(kind)
      head.append(message.sequence)
      head.append(UInt32(message.data.count))
      try head.bytes.withUnsafeBytes(sink)
      try sink(message.data)
    }
  }
}

extension Replay {
  /// Runs a recording and writes what the core puts out, piece by piece, to `sink`: see `CycleOutputs` for the layout.
  ///
  /// - Returns: how many cycles were run.
  public static func writeOutputs(
    of file: RecordingFile, robot: Robot, to sink: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int {
    try file.refuseLaw()
    let driver = ReplayDriver(file: file, robots: [robot])
    try driver.run(outputs: sink)
    return driver.cycles
  }
}

extension CycleConfiguration {
  /// The configuration of a robot's core.
  init(_ robot: Robot) {
    self.init()
    content =
      switch robot.feedforward {
      case .none: .none
      case .gravity: .gravity
      case .inverseDynamics: .inverseDynamics
      }
    let data = ModelData(robot.model)
    thresholds = ControlCycle(robot: robot, data: data).thresholds
    joints = robot.joints.map(\.configuration)
    frameLimits = robot.frameLimits
    links = robot.model.links
    modelJoints = robot.model.joints
    base = robot.model.base
    gravity = robot.model.gravity
  }
}
