import ControlCycle
public import JointControl

/// Motions out of MCAP files: recordings of Sinew's, and messages of ROS 2.
extension RecordingFile {
  /// A robot's motion.
  ///
  /// Of a recording of Sinew's, what the joints were commanded while the robot was armed; else the first
  /// trajectory_msgs/JointTrajectory; else the sensor_msgs/JointState messages, a spline through those that lie
  /// `statesApart` apart. Joints that are not named stay at home.
  ///
  /// - Parameters:
  ///   - robot: the robot.
  ///   - topic: the topic whose messages count; nil takes the first that has some.
  /// - Returns: the motion; whether it is within limits, and at rest at both ends, is told by `MoveProgram.objections`.
  /// - Throws: where there is none, or it is of other joints.
  public func motion(for robot: Robot, topic: String? = nil) throws -> Motion {
    var collector = MotionCollector(robot: robot, topic: topic, path: path)
    var kinds: [UInt16: String] = [:]
    var channels: [UInt16: (topic: String, kind: String)] = [:]
    for chunk in chunks {
      try withRecords(of: chunk) { records in
        try collector.read(records, kinds: &kinds, channels: &channels)
      }
    }
    return try collector.motion()
  }
}

/// Gathers the messages that a motion is made of.
private struct MotionCollector {
  let robot: Robot
  let topic: String?
  let path: String
  private var trajectory: Motion?
  private var states: [Motion.Point] = []
  private var commands: [Motion.Point] = []
  private var statesTopic: String?
  private var seen: Set<String> = []
  private var start: Double?

  /// Least time between two points that are taken of measured states [s].
  static let statesApart = 0.05
  /// Most points of a motion.
  static let mostPoints = 200_000

  init(robot: Robot, topic: String?, path: String) {
    (self.robot, self.topic, self.path) = (robot, topic, path)
  }

  private func refusal(_ message: String, _ fix: String) -> RecordingError {
    RecordingError(path: path, message: message, fix: fix)
  }

  /// Reads the records of a chunk; schemas and channels stand before the first message that needs them, in any chunk.
  mutating func read(
    _ records: UnsafeRawBufferPointer, kinds: inout [UInt16: String],
    channels: inout [UInt16: (topic: String, kind: String)]
  ) throws {
    let damaged = refusal("a chunk holds a record that makes no sense", "sinew log check says where")
    var reader = ByteReader(records)
    while reader.remaining > 0 {
      guard let code = reader.integer(UInt8.self), let content = reader.counted(UInt64.self) else {
        throw damaged
      }
      var inner = ByteReader(content)
      switch MCAP.Opcode(rawValue: code) {
      case .schema:
        guard let id = inner.integer(UInt16.self), let name = inner.string() else { throw damaged }
        kinds[id] = name
      case .channel:
        guard let id = inner.integer(UInt16.self), let schema = inner.integer(UInt16.self),
          let topic = inner.string()
        else { throw damaged }
        channels[id] = (topic, kinds[schema] ?? "")
      case .message:
        guard let id = inner.integer(UInt16.self), inner.take(4) != nil,
          let time = inner.integer(UInt64.self),
          inner.take(8) != nil, let data = inner.take(inner.remaining), let channel = channels[id]
        else { throw damaged }
        if let topic, topic != channel.topic { continue }
        seen.insert(channel.topic)
        try take(data, of: channel.kind, topic: channel.topic, time: Double(time) * 1e-9)
      default: break
      }
    }
  }

  private mutating func take(
    _ data: UnsafeRawBufferPointer, of kind: String, topic: String, time: Double
  ) throws {
    switch kind.split(separator: "/").last {
    case "JointTrajectory" where trajectory == nil: trajectory = try readTrajectory(data, topic: topic)
    case "JointState" where statesTopic == nil || statesTopic == topic:
      statesTopic = topic
      try readState(data, topic: topic, time: time)
    default: if topic == BlockEncoder.Topic.cycle { try readCycle(data) }
    }
  }

  /// What a motion was made of that comes first in what it says of the robot.
  func motion() throws -> Motion {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    if !commands.isEmpty { return Motion(name: name, points: withRest(commands)) }
    if let trajectory { return trajectory }
    if !states.isEmpty { return Motion(name: name, points: states) }
    throw refusal(
      "it holds no motion: no recorded cycles, no JointTrajectory, no JointState",
      topic == nil ? "name a file that does" : "its topics are \(seen.sorted().joined(separator: ", "))")
  }

  /// Commands with the rest before them: the first that a run asks for is a cycle after it.
  private func withRest(_ commands: [Motion.Point]) -> [Motion.Point] {
    let period = Double(robot.period) * 1e-9
    guard let velocities = commands[0].velocities, velocities.contains(where: { $0 != 0 }),
      zip(velocities, robot.joints).allSatisfy({
        abs($0) <= $1.configuration.limits.acceleration * period
      })
    else { return commands }
    let zeros = velocities.map { _ in 0.0 }
    // A motion that begins with a jerk has gone a third of the way that its velocity would make.
    let positions = zip(commands[0].positions, velocities).map { $0 - $1 * period / 3 }
    return [Motion.Point(time: 0, positions: positions, velocities: zeros, accelerations: zeros)]
      + commands.map { command in
        var command = command
        command.time += period
        return command
      }
  }

  /// Which of the robot's joints each name is.
  private func indices(_ names: [String], topic: String) throws -> [Int] {
    let known = robot.joints.map(\.name)
    if Set(names).count < names.count || names.isEmpty {
      throw refusal("\(topic) names no joint, or one twice", "record it anew")
    }
    return try names.map { name in
      guard let index = known.firstIndex(of: name) else {
        throw refusal(
          "\(topic): robot '\(robot.name)' has no driven joint '\(name.prefix(40))'",
          suggestion(for: name, among: known, what: "driven joint"))
      }
      return index
    }
  }

  private func row(_ values: [Double], _ joints: [Int], over rest: [Double], _ what: String) throws
    -> [Double]?
  {
    if values.isEmpty { return nil }
    guard values.count == joints.count, values.allSatisfy(\.isFinite) else {
      throw refusal(
        "\(what): \(values.count) numbers for \(joints.count) joints, or one is not finite", "record it anew")
    }
    var row = rest
    for (joint, value) in zip(joints, values) { row[joint] = value }
    return row
  }

  private func readTrajectory(_ data: UnsafeRawBufferPointer, topic: String) throws -> Motion {
    let damaged = refusal(
      "the JointTrajectory on \(topic) makes no sense", "record it anew, in little-endian CDR")
    guard var reader = CDRReader(data), reader.seconds() != nil, reader.text() != nil,
      let names = reader.texts(), let count = reader.count(), (1...Self.mostPoints).contains(count)
    else { throw damaged }
    let joints = try indices(names, topic: topic)
    let (home, zeros) = (robot.joints.map(\.home), robot.joints.map { _ in 0.0 })
    var points: [Motion.Point] = []
    for number in 1...count {
      guard let positions = reader.numbers(), let velocities = reader.numbers(),
        let accelerations = reader.numbers(), reader.numbers() != nil, let time = reader.seconds()
      else { throw damaged }
      let what = "\(topic), point \(number)"
      guard let row = try row(positions, joints, over: home, what) else {
        throw refusal("\(what) has no positions", "record a trajectory of positions")
      }
      guard time > points.last?.time ?? -1e-9, time < 1e6 else {
        throw refusal("\(what): time \(time) s does not come after the point before", "record it anew")
      }
      points.append(
        Motion.Point(
          time: time, positions: row, velocities: try self.row(velocities, joints, over: zeros, what),
          accelerations: try self.row(accelerations, joints, over: zeros, what)))
    }
    return Motion(name: topic, points: points)
  }

  private mutating func readState(_ data: UnsafeRawBufferPointer, topic: String, time logged: Double) throws {
    let damaged = refusal("a JointState on \(topic) makes no sense", "record it anew, in little-endian CDR")
    guard var reader = CDRReader(data), let stamp = reader.seconds(), reader.text() != nil,
      let names = reader.texts(), let positions = reader.numbers()
    else { throw damaged }
    let now = stamp > 0 ? stamp : logged
    if start == nil { start = now }
    let time = now - (start ?? now)
    if let last = states.last?.time, time < last + Self.statesApart { return }
    guard states.count < Self.mostPoints, time < 1e6 else {
      throw refusal("\(topic) holds more than \(Self.mostPoints) points, or takes too long", "cut it")
    }
    let joints = try indices(names, topic: topic)
    guard
      let row = try row(positions, joints, over: states.last?.positions ?? robot.joints.map(\.home), topic)
    else { return }
    states.append(Motion.Point(time: time, positions: row))
  }

  /// What the joints of a recording of Sinew's were asked for, from when it is armed until it stops.
  private mutating func readCycle(_ data: UnsafeRawBufferPointer) throws {
    let count = robot.joints.count
    var recorded = RecordedCycle()
    guard recorded.read(data, jointCount: count) else {
      throw refusal(
        "a recorded cycle is not one of \(count) joints",
        "name a recording of this robot; sinew log check looks at it")
    }
    // Before the first armed cycle nobody was asked for anything, and what was asked of a stop is not followed.
    guard recorded.safetyState == 2, recorded.setpoints.sequence > 0,
      recorded.request.code == Request.arm.code
    else { return }
    let now = Double(recorded.cycle.time) * 1e-9
    if start == nil || commands.isEmpty { start = now }
    let time = now - (start ?? now)
    guard time > commands.last?.time ?? -1 else { return }
    guard commands.count < Self.mostPoints else {
      throw refusal("it holds more than \(Self.mostPoints) cycles", "cut it, or record less")
    }
    let asked = (0..<count).map { recorded.setpoints.joints[$0] }
    commands.append(
      Motion.Point(
        time: time, positions: asked.map(\.position), velocities: asked.map(\.velocity),
        accelerations: asked.map(\.acceleration)))
  }
}
