public import JointControl

extension RobotDescription {
  /// Largest table that is read [bytes].
  private static let tableLimit = 64 << 20
  /// Most rows of a table.
  private static let mostRows = 200_000

  /// Reads a trajectory of another tool: a ROS 2 JointTrajectory as YAML or JSON, or a table with named columns.
  ///
  /// A file that ends in .csv has the column `time` or `t` [s] and columns named as joints [rad], in any order; a column
  /// `JOINT_velocity` [rad/s] gives its velocities, which then every joint must have. Of a JointTrajectory `header` and `effort`
  /// are not looked at. Joints that are not named stay at home.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - robot: the robot.
  /// - Returns: the motion; whether it begins and ends at rest and within limits is told by `MoveProgram.objections`.
  /// - Throws: every mistake at once, each with its place and what to do.
  public static func loadTrajectory(_ path: String, for robot: Robot) throws(DescriptionError) -> Motion {
    guard path.lowercased().hasSuffix(".csv") else {
      let source = try SourceText.read(path, what: "trajectory", limit: YAMLDocument.sizeLimit)
      return try loadMotion(source, for: robot, isForeign: true)
    }
    return try table(try SourceText.read(path, what: "table", limit: tableLimit), for: robot)
  }

  /// Reads a table of positions over time.
  static func table(_ source: SourceText, for robot: Robot) throws(DescriptionError) -> Motion {
    let log = DiagnosticLog()
    var lines = source.text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
      .enumerated().map { (number: $0.offset + 1, text: $0.element) }
    lines.removeAll { line in line.text.allSatisfy { $0 == " " || $0 == "\t" || $0 == "\r" } }
    guard let head = lines.first, lines.count > 1, lines.count <= mostRows else {
      throw DescriptionError(
        source.location, "the table has not a line of names and 1 to \(mostRows) rows",
        fix: "write time,Elbow_L below it 0,0.5")
    }
    let columns = columns(cells(head.text), robot: robot, file: source.path, line: head.number, log: log)
    try log.throwIfAny()
    var points: [Motion.Point] = []
    for line in lines.dropFirst() {
      let place = SourceLocation(file: source.path, line: line.number, column: 1)
      let cells = cells(line.text)
      guard cells.count == columns.count else {
        log.report(
          place, "the row has \(cells.count) values for \(columns.count) columns",
          fix: "write one for each column")
        continue
      }
      if let point = point(cells, columns, robot: robot, place: place, after: points.last?.time, log: log) {
        points.append(point)
      }
      if log.diagnostics.count >= 20 { break }
    }
    try log.throwIfAny()
    let name = source.path.split(separator: "/").last.map(String.init) ?? source.path
    return Motion(name: name, points: points)
  }

  /// What a column of a table holds.
  private enum Column: Hashable {
    case time
    case position(Int)
    case velocity(Int)
  }

  private static func cells(_ line: Substring) -> [String] {
    line.split(separator: ",", omittingEmptySubsequences: false).map { cell in
      var cell = cell
      while let first = cell.first, first == " " || first == "\t" || first == "\"" { cell.removeFirst() }
      while let last = cell.last, last == " " || last == "\t" || last == "\"" || last == "\r" {
        cell.removeLast()
      }
      return String(cell)
    }
  }

  private static func columns(
    _ names: [String], robot: Robot, file: String, line: Int, log: DiagnosticLog
  ) -> [Column] {
    let place = SourceLocation(file: file, line: line, column: 1)
    let known = robot.joints.map(\.name)
    let suffix = "_velocity"
    var columns: [Column] = []
    for name in names {
      if name == "time" || name == "t" {
        columns.append(.time)
      } else if let joint = known.firstIndex(of: name) {
        columns.append(.position(joint))
      } else if name.hasSuffix(suffix), let joint = known.firstIndex(of: String(name.dropLast(suffix.count)))
      {
        columns.append(.velocity(joint))
      } else {
        log.report(
          place, "robot '\(robot.name)' has no driven joint '\(name.prefix(40))'",
          fix: suggestion(for: name, among: known + ["time"], what: "column"))
      }
    }
    if Set(columns).count < columns.count {
      log.report(place, "a column stands there twice", fix: "remove one")
    }
    if !columns.contains(.time) {
      log.report(place, "there is no column 'time'", fix: "add time, in seconds")
    }
    let positions = known.indices.filter { columns.contains(.position($0)) }
    let velocities = known.indices.filter { columns.contains(.velocity($0)) }
    if positions.isEmpty { log.report(place, "there is no column of a joint", fix: "name one as a joint") }
    if !velocities.isEmpty && positions != velocities {
      log.report(
        place, "some joints have velocities and others not",
        fix: "add JOINT\(suffix) for every joint, or for none")
    }
    return columns
  }

  private static func point(
    _ cells: [String], _ columns: [Column], robot: Robot, place: SourceLocation, after last: Double?,
    log: DiagnosticLog
  ) -> Motion.Point? {
    var point = Motion.Point(time: 0, positions: robot.joints.map(\.home))
    var velocities = [Double](repeating: 0, count: robot.joints.count)
    var hasVelocities = false
    for (cell, column) in zip(cells, columns) {
      guard let value = Double(cell), value.isFinite else {
        log.report(place, "'\(cell.prefix(40))' is not a finite number", fix: "write a number such as 0.5")
        return nil
      }
      switch column {
      case .time: point.time = value
      case .position(let joint): point.positions[joint] = value
      case .velocity(let joint):
        velocities[joint] = value
        hasVelocities = true
      }
    }
    if hasVelocities { point.velocities = velocities }
    guard point.time > last ?? -1e6, point.time < 1e6 else {
      log.report(
        place, "time \(written(point.time)) s does not come after the row before",
        fix: "let times increase from row to row")
      return nil
    }
    return point
  }
}
