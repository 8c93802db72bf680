import JointControl
import RigidBody
import Yams

/// Reads the verbs of a program that follow targets one after the other: `servoj`, `servol` and `speedj`.
struct StreamVerbReader {
  let robot: Robot
  let log: DiagnosticLog
  let reader: MappingReader
  let speed: Double
  /// Where the moves before it end [rad], by joint.
  let start: [Double]

  /// Most targets of a stream.
  static let mostTargets = 10_000

  /// Reads the stream.
  ///
  /// - Parameters:
  ///   - word: the verb.
  ///   - quantity: what a target says of a joint.
  /// - Returns: the stream; nil where it was refused.
  func stream(_ word: String, _ quantity: TargetStream.Quantity) -> TargetStream? {
    let patience = reader.number("watchdog")?.value ?? TargetStream.usualPatience
    guard let node = reader.node("targets"), case .sequence(let sequence) = node,
      (1...Self.mostTargets).contains(sequence.count)
    else {
      let example =
        word == "servol" ? "position: [0.3, 0.2, 0.1]" : "\(robot.joints.first?.name ?? "joint"): 0.1"
      log.report(
        reader.location, "\(word) lacks 'targets', a list of 1 to \(Self.mostTargets)",
        fix: "add targets: [{time: 0, \(example)}]")
      return nil
    }
    var frame: FrameTargets?
    if word == "servol" {
      guard let found = limb() else { return nil }
      frame = consume found
    }
    var targets: [StreamedTarget] = []
    for (index, item) in sequence.enumerated() {
      guard
        let table = MappingReader(
          namesIn: item, title: "target \(index + 1)", document: reader.document, log: log)
      else { return nil }
      guard let time = table.number("time") else {
        log.report(
          table.location, "target \(index + 1) lacks 'time'", fix: "add time: in seconds since the verb began"
        )
        return nil
      }
      let values = frame == nil ? joints(table) : poses(table, &frame)
      guard let values else { return nil }
      let target = StreamedTarget(at: time.value, values)
      if let objection = target.objection(of: quantity, speed: speed, robot: robot) {
        log.report(table.location, objection.message, fix: objection.fix)
        return nil
      }
      targets.append(target)
    }
    return TargetStream(word, quantity, patience: patience, source: .listed(targets))
  }

  /// Values by joint.
  private func joints(_ table: MappingReader) -> [Double?]? {
    let names = robot.joints.map(\.name)
    var values = [Double?](repeating: nil, count: names.count)
    for entry in table.entries where entry.value != "time" {
      guard let index = names.firstIndex(of: entry.value) else {
        log.report(
          entry.location, "robot '\(robot.name)' has no driven joint '\(entry.value.prefix(40))'",
          fix: suggestion(for: entry.value, among: names, what: "driven joint"))
        return nil
      }
      guard let value = table.number(entry.value) else { return nil }
      values[index] = value.value
    }
    return values
  }

  /// Positions by joint, for the frame to be where the target says.
  private func poses(_ table: MappingReader, _ frame: inout FrameTargets?) -> [Double?]? {
    for entry in table.entries where !["time", "position", "quaternion"].contains(entry.value) {
      log.report(
        entry.location, "a frame has no '\(entry.value.prefix(40))'", fix: "write time, position, quaternion")
      return nil
    }
    guard var moved = frame.take() else { return nil }
    var values: [Double?]?
    if let pose = pose(table, from: moved.pose) {
      do throws(LinearMotionError) { values = try moved.joints(for: pose) } catch {
        log.report(table.location, error.message, fix: error.fix)
      }
    }
    frame = consume moved
    return values
  }

  private func pose(_ table: MappingReader, from pose: RigidTransform) -> RigidTransform? {
    var pose = pose
    if table.node("position") != nil {
      guard let p = numbers("position", 3, of: table) else { return nil }
      pose.translation = Vector3(x: p[0], y: p[1], z: p[2])
    }
    if table.node("quaternion") != nil {
      guard let q = numbers("quaternion", 4, of: table) else { return nil }
      let unit = Quaternion(w: q[0], x: q[1], y: q[2], z: q[3]).normalized
      guard unit.w.isFinite else {
        log.report(
          table.place(of: "quaternion"), "the quaternion is zero", fix: "write [w, x, y, z] of length 1")
        return nil
      }
      pose.rotation = unit.rotation
    }
    return pose
  }

  private func numbers(_ key: String, _ count: Int, of table: MappingReader) -> [Double]? {
    let items = table.node(key)?.sequence.map { Array($0) } ?? []
    let found = items.compactMap { table.number(in: $0, title: key)?.value }
    guard items.count == count, found.count == count else {
      log.report(
        table.place(of: key), "\(key) is not a list of \(count) numbers", fix: "write \(count) numbers")
      return nil
    }
    return found
  }

  /// The frame that moves, from where the moves before end.
  private func limb() -> FrameTargets? {
    guard let limb = LimbReader(robot: robot, log: log, reader: reader, verb: "servol").read() else {
      return nil
    }
    do throws(LinearMotionError) {
      return try FrameTargets(robot, link: limb.link, chain: limb.chain, from: start)
    } catch {
      log.report(reader.location, error.message, fix: error.fix)
      return nil
    }
  }
}

/// Reads which link's frame a verb moves, and by which joints: `link` and `from`.
struct LimbReader {
  let robot: Robot
  let log: DiagnosticLog
  let reader: MappingReader
  let verb: String

  /// The link and the joints that move it, by their indices; nil where it was refused.
  func read() -> (link: Int, chain: [Int])? {
    guard let named = reader.text("link") else {
      log.report(reader.location, "\(verb) lacks 'link'", fix: "add link: and the link whose frame moves")
      return nil
    }
    guard let link = robot.model.linkIndex(of: named.value) else {
      log.report(
        named.location, "the robot has no link '\(named.value.prefix(40))'",
        fix: suggestion(for: named.value, among: robot.model.linkNames, what: "link"))
      return nil
    }
    let base = reader.text("from")
    let root = base?.value ?? robot.model.linkNames[0]
    guard let chain = robot.chain(from: root, to: named.value), !chain.isEmpty else {
      log.report(
        base?.location ?? named.location,
        "link '\(root.prefix(40))' does not carry '\(named.value.prefix(40))' by driven joints",
        fix: "name a link nearer to the root, such as the one that the limb begins at")
      return nil
    }
    return (link, chain)
  }
}
