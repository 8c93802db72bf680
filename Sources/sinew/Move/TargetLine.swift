import Foundation
import JointControl
import RigidBody

/// Why a line of a stream of targets is not followed.
struct LineRefusal: Error {
  /// Number of the line, from 1.
  var line: Int
  /// What is wrong.
  var message: String
  /// What to do about it.
  var fix: String
}

/// Reads targets line by line: JSON objects, or numbers in columns that the first line names.
///
/// Joints by their names [rad, or rad/s]; of a frame `position` or x, y, z [m], and `quaternion` or qw, qx, qy, qz; `time` since
/// the stream's begin [s]. What is not named is not asked for anything.
struct TargetLineReader: ~Copyable {
  /// What the lines are about.
  let stream: TargetStream
  let robot: Robot
  /// Share of the velocity limits that may be used.
  let speed: Double
  /// Time between two lines that say none [s]; nil where they count as soon as they come.
  let interval: Double?
  /// Where the frame that is moved is; nil where joints are named.
  private var frame: FrameTargets?
  private let indices: [String: Int]
  private var columns: [String]?
  private var isJSON = false
  private var lastTime: Double?

  /// Longest line [bytes].
  static let longest = 1 << 16

  init(
    _ stream: TargetStream, robot: Robot, speed: Double, interval: Double?,
    frame: consuming FrameTargets? = nil
  ) {
    self.stream = stream
    self.robot = robot
    self.speed = speed
    self.interval = interval
    self.frame = frame
    indices = Dictionary(
      robot.joints.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The target of a line; nil for one that names columns, is blank, or is a comment after '#'.
  mutating func read(_ text: String, line: Int) throws(LineRefusal) -> StreamedTarget? {
    let trimmed = text.trimmingCharacters(in: .whitespaces)
    if trimmed.isEmpty || trimmed.hasPrefix("#") { return nil }
    if trimmed.hasPrefix("{") {
      isJSON = true
      return try target(try fields(json: trimmed, line: line), line: line)
    }
    let cells = trimmed.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: CharacterSet(charactersIn: " \t\""))
    }
    guard let columns, !isJSON else {
      if isJSON { throw refusal(line, "the line is no JSON object", "write {\"\(example)\": 0.1}") }
      try name(cells, line: line)
      return nil
    }
    return try target(try fields(cells, columns, line: line), line: line)
  }

  private var example: String { robot.joints.first?.name ?? "joint" }

  private func refusal(_ line: Int, _ message: String, _ fix: String) -> LineRefusal {
    LineRefusal(line: line, message: message, fix: fix)
  }

  /// Takes over the names of columns.
  private mutating func name(_ cells: [String], line: Int) throws(LineRefusal) {
    if cells.contains(where: { Double($0) != nil }) {
      throw refusal(
        line, "numbers come before the line that names their columns", "begin with time,\(example)")
    }
    for cell in cells { try check(cell, line: line) }
    if Set(cells).count < cells.count { throw refusal(line, "a column stands there twice", "remove one") }
    columns = cells
  }

  private static let frameNames = ["x", "y", "z", "qw", "qx", "qy", "qz"]

  private func check(_ name: String, line: Int) throws(LineRefusal) {
    if name == "time" { return }
    if frame != nil {
      if Self.frameNames.contains(name) { return }
      throw refusal(line, "a frame has no '\(name.prefix(40))'", "name time, x, y, z, qw, qx, qy, qz")
    }
    if indices[name] != nil { return }
    throw refusal(
      line, "robot '\(robot.name)' has no driven joint '\(name.prefix(40))'",
      suggestion(for: name, among: robot.joints.map(\.name) + ["time"], what: "name"))
  }

  /// Values by name, of a line of numbers; an empty cell says nothing.
  private func fields(
    _ cells: [String], _ columns: [String], line: Int
  ) throws(LineRefusal) -> [String: Double] {
    guard cells.count == columns.count else {
      throw refusal(
        line, "the line has \(cells.count) values for \(columns.count) columns", "write one for each column")
    }
    var fields: [String: Double] = [:]
    for (cell, column) in zip(cells, columns) where !cell.isEmpty {
      guard let value = Double(cell), value.isFinite else {
        throw refusal(line, "'\(cell.prefix(40))' is not a finite number", "write a number such as 0.1")
      }
      fields[column] = value
    }
    return fields
  }

  /// Values by name, of a JSON object.
  private func fields(json: String, line: Int) throws(LineRefusal) -> [String: Double] {
    let members: [String: JSONNode]
    do {
      guard case .object(let object) = try JSONDecoder().decode(JSONNode.self, from: Data(json.utf8)) else {
        throw refusal(line, "the line is no JSON object", "write {\"\(example)\": 0.1}")
      }
      members = object
    } catch { throw refusal(line, "the line is no JSON object", "write {\"\(example)\": 0.1}") }
    var fields: [String: Double] = [:]
    for (name, value) in members {
      if frame != nil && name == "position" || frame != nil && name == "quaternion" {
        let names = name == "position" ? ["x", "y", "z"] : ["qw", "qx", "qy", "qz"]
        for (name, value) in zip(names, try numbers(value, names.count, of: name, line: line)) {
          fields[name] = value
        }
        continue
      }
      try check(name, line: line)
      guard case .number(let number) = value, number.isFinite else {
        throw refusal(line, "'\(name.prefix(40))' is not a finite number", "write a number such as 0.1")
      }
      fields[name] = number
    }
    return fields
  }

  private func numbers(
    _ node: JSONNode, _ count: Int, of name: String, line: Int
  ) throws(LineRefusal) -> [Double] {
    guard case .array(let items) = node, items.count == count else {
      throw refusal(line, "\(name) is not a list of \(count) numbers", "write \(count) numbers in brackets")
    }
    var found: [Double] = []
    for item in items {
      guard case .number(let value) = item, value.isFinite else {
        throw refusal(line, "\(name) is not a list of \(count) numbers", "write \(count) numbers in brackets")
      }
      found.append(value)
    }
    return found
  }

  private mutating func target(_ fields: [String: Double], line: Int) throws(LineRefusal) -> StreamedTarget {
    let time = fields["time"] ?? interval.map { (lastTime ?? -$0) + $0 } ?? .nan
    if !time.isNaN && !(time >= lastTime ?? 0 && time <= 1e5) {
      throw refusal(
        line, "time \(time) s does not come after the line before", "let times increase from 0 to 100000")
    }
    var target = StreamedTarget(at: time)
    if frame != nil {
      target = StreamedTarget(at: time, try joints(fields, line: line))
    } else {
      for (name, value) in fields { if let index = indices[name] { target.values[index] = value } }
    }
    if let objection = target.objection(of: stream.quantity, speed: speed, robot: robot) {
      throw refusal(line, objection.message, objection.fix)
    }
    if !time.isNaN { lastTime = time }
    return target
  }

  /// Joint positions for the pose that a line asks for; what it says nothing of stays as at the target before.
  private mutating func joints(_ fields: [String: Double], line: Int) throws(LineRefusal) -> [Double?] {
    guard var frame = frame.take() else { return [] }
    var pose = frame.pose
    pose.translation = Vector3(
      x: fields["x"] ?? pose.translation.x, y: fields["y"] ?? pose.translation.y,
      z: fields["z"] ?? pose.translation.z)
    var problem: LineRefusal?
    if Self.frameNames.dropFirst(3).contains(where: { fields[$0] != nil }) {
      let given = Quaternion(
        w: fields["qw"] ?? 0, x: fields["qx"] ?? 0, y: fields["qy"] ?? 0, z: fields["qz"] ?? 0)
      let unit = given.normalized
      if unit.w.isFinite {
        pose.rotation = unit.rotation
      } else {
        problem = refusal(line, "the quaternion is zero", "write one of length 1, w first")
      }
    }
    var found: [Double?] = []
    if problem == nil {
      do throws(LinearMotionError) { found = try frame.joints(for: pose) } catch {
        problem = refusal(line, error.message, error.fix)
      }
    }
    self.frame = consume frame
    if let problem { throw problem }
    return found
  }
}
