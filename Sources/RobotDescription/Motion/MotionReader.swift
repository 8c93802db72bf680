public import JointControl
import Yams

extension RobotDescription {
  /// Path of a motion that is named bare or by its file.
  ///
  /// A name without a slash and without .yaml or .yml, such as `wave`, stands for `motions/wave.yaml` beside the
  /// robot file; everything else is a path. `robot` is the robot's directory or its robot file.
  public static func motionPath(_ nameOrPath: String, robot: String) -> String {
    let isFile = nameOrPath.contains("/") || nameOrPath.hasSuffix(".yaml") || nameOrPath.hasSuffix(".yml")
    if isFile { return nameOrPath }
    let directory = isDirectory(robot) ? robot + (robot.hasSuffix("/") ? "" : "/") : robot
    return path("motions/\(nameOrPath).yaml", besideFile: directory)
  }

  /// Reads a motion for a robot; joints that the motion does not name stay at home.
  ///
  /// Throws every mistake at once: unknown joints, counts, times that do not increase, points outside the limits.
  public static func loadMotion(_ path: String, for robot: Robot) throws(DescriptionError) -> Motion {
    let source = try SourceText.read(path, what: "motion file", limit: YAMLDocument.sizeLimit)
    return try loadMotion(source, for: robot)
  }

  static func loadMotion(
    _ source: SourceText, for robot: Robot, isForeign: Bool = false
  ) throws(DescriptionError) -> Motion {
    let log = DiagnosticLog()
    let document = try YAMLDocument(source, log: log)
    let motion = MotionReader(document: document, log: log, robot: robot, isForeign: isForeign).read()
    try log.throwIfAny()
    guard let motion else {
      throw DescriptionError(
        source.location, "the file is no motion", fix: "write motion, joint_names, points")
    }
    return motion
  }
}

/// Reads the nodes of a motion file, in the words of ROS trajectories.
private struct MotionReader {
  let document: YAMLDocument
  let log: DiagnosticLog
  let robot: Robot
  /// Whether it is a message of ROS as other tools write it, with parts that are not looked at.
  let isForeign: Bool

  func read() -> Motion? {
    guard
      let root = MappingReader(
        document.root, title: "the motion", keys: isForeign ? .jointTrajectory : .motion, document: document,
        log: log)
    else { return nil }
    let name = root.text("motion")?.value ?? "trajectory"
    let joints = jointIndices(root)
    guard let node = root.node("points") else { return nil }
    guard case .sequence(let sequence) = node, !sequence.isEmpty else {
      log.report(
        root.place(of: "points"), "points is not a list of at least one point",
        fix: "write points: [{time_from_start: 0.0, positions: [...]}]")
      return nil
    }
    var points: [Motion.Point] = []
    var last: Double?
    for (index, node) in sequence.enumerated() {
      guard
        let reader = MappingReader(
          node, title: "point \(index + 1)", keys: isForeign ? .trajectoryPoint : .point, document: document,
          log: log)
      else { continue }
      let time = time(of: reader, after: last)
      last = time ?? last
      if let point = point(reader, time: time ?? 0, joints: joints) { points.append(point) }
    }
    return Motion(name: name, points: points)
  }

  /// Indices of the named joints among the robot's; nil for one that was refused, so that columns still match.
  private func jointIndices(_ root: MappingReader) -> [Int?]? {
    guard let node = root.node("joint_names") else { return nil }
    guard case .sequence(let sequence) = node, !sequence.isEmpty else {
      log.report(
        root.place(of: "joint_names"), "joint_names is not a list of at least one name",
        fix: "write joint_names: [left_elbow]")
      return nil
    }
    let known = robot.joints.map(\.name)
    var seen: Set<String> = []
    return sequence.map { node in
      let place = document.location(of: node)
      guard let name = node.scalar?.string else {
        log.report(place, "this is not the name of a joint", fix: "write the name of a driven joint")
        return nil
      }
      guard seen.insert(name).inserted else {
        log.report(place, "joint '\(name)' is named twice", fix: "remove one of them and its column")
        return nil
      }
      guard let index = known.firstIndex(of: name) else {
        log.report(
          place, "robot '\(robot.name)' has no driven joint '\(name)'",
          fix: suggestion(for: name, among: known, what: "driven joint"))
        return nil
      }
      return index
    }
  }

  private func time(of point: MappingReader, after last: Double?) -> Double? {
    guard let node = point.node("time_from_start") else { return nil }
    var value: Double?
    if case .mapping = node {
      guard let duration = point.mapping("time_from_start", keys: .duration) else { return nil }
      let seconds = duration.integer("sec", in: 0...1_000_000, fix: "write whole seconds")
      let nanoseconds = duration.integer(
        "nanosec", in: 0...999_999_999, fix: "write nanoseconds below one second")
      if duration.node("nanosec") != nil && nanoseconds == nil { return nil }
      value = seconds.map { Double($0.value) + Double(nanoseconds?.value ?? 0) * 1e-9 }
    } else {
      value = point.number("time_from_start")?.value
    }
    guard let value else { return nil }
    let place = document.location(of: node)
    if value < 0 || value > 1e6 {
      log.report(
        place, "time_from_start is \(written(value)) s", fix: "write seconds from the motion's start")
      return nil
    }
    if let last, value <= last {
      log.report(
        place,
        "time_from_start \(written(value)) s does not come after the point before, at \(written(last)) s",
        fix: "let times increase from point to point")
    }
    return value
  }

  private func point(_ reader: MappingReader, time: Double, joints: [Int?]?) -> Motion.Point? {
    let positions = column("positions", of: reader, joints: joints, start: robot.joints.map(\.home)) {
      value, joint, place in
      let limits = joint.configuration.limits
      if value < limits.minPosition || value > limits.maxPosition {
        let looksLikeDegrees = abs(value) > 4 * .pi
        log.report(
          place,
          "position \(written(value)) of joint '\(joint.name)' is outside its limits "
            + "\(written(limits.minPosition)) to \(written(limits.maxPosition)) rad",
          fix: looksLikeDegrees
            ? "write \(written(value * .pi / 180)), in radians" : "keep the motion inside the limits")
      }
    }
    let zeros = [Double](repeating: 0, count: robot.joints.count)
    let velocities = column("velocities", of: reader, joints: joints, start: zeros) { value, joint, place in
      check(value, "velocity", "rad/s", most: joint.configuration.limits.velocity, joint, place)
    }
    let accelerations = column("accelerations", of: reader, joints: joints, start: zeros) {
      value, joint, place in
      check(value, "acceleration", "rad/s^2", most: joint.configuration.limits.acceleration, joint, place)
    }
    if reader.node("accelerations") != nil && reader.node("velocities") == nil {
      log.report(
        reader.place(of: "accelerations"), "\(reader.title) has accelerations and no velocities",
        fix: "add velocities, or remove accelerations")
    }
    guard let positions else { return nil }
    return Motion.Point(
      time: time, positions: positions, velocities: velocities, accelerations: accelerations)
  }

  private func check(
    _ value: Double, _ what: String, _ unit: String, most: Double, _ joint: RobotJoint,
    _ place: SourceLocation
  ) {
    guard abs(value) > most else { return }
    log.report(
      place,
      "\(what) \(written(value)) of joint '\(joint.name)' is beyond its limit of \(written(most)) \(unit)",
      fix: "let the motion take longer")
  }

  /// One value for every joint of the robot from the list at `key`; nil when there is none or it was refused.
  private func column(
    _ key: String, of reader: MappingReader, joints: [Int?]?, start: [Double],
    check: (Double, RobotJoint, SourceLocation) -> Void
  ) -> [Double]? {
    guard let node = reader.node(key) else { return nil }
    guard case .sequence(let sequence) = node else {
      log.report(reader.place(of: key), "\(key) is not a list", fix: "write \(key): [0.0, ...]")
      return nil
    }
    guard let joints else { return nil }
    guard sequence.count == joints.count else {
      log.report(
        document.location(of: node),
        "\(key) of \(reader.title) has \(sequence.count) values for \(joints.count) joints",
        fix: "write one value for each of joint_names, in their order")
      return nil
    }
    var values = start
    for (node, index) in zip(sequence, joints) {
      guard let number = reader.number(in: node, title: "a value of \(key)"), let index else { continue }
      check(number.value, robot.joints[index], number.location)
      values[index] = number.value
    }
    return values
  }
}
