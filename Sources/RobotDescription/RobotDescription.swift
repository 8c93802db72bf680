public import JointControl

/// Robots and motions from files: `robot.yaml` and its URDF to one immutable `Robot`.
///
/// Every mistake is reported with its place and what to do, all of them at once. The keys are ros2_control's and
/// URDF's words; `Robots/robot.schema.json` describes them for editors.
public enum RobotDescription {
  /// Name of the robot file in a robot's directory.
  public static let fileName = "robot.yaml"

  /// Reads a robot; `path` is its directory or its robot file, `urdf` a URDF to read in place of the one it names.
  ///
  /// Without `plansBuses` a robot is read whose buses cannot carry its rate: to plan others for it, never to run it.
  public static func load(_ path: String, urdf: String? = nil, plansBuses: Bool = true)
    throws(DescriptionError) -> Robot
  {
    let path = try robotFile(path)
    let source = try SourceText.read(path, what: "robot file", limit: YAMLDocument.sizeLimit)
    return try load(source, urdf: urdf, plansBuses: plansBuses)
  }

  /// Paths of the files that describe a robot: its robot file, the URDF that names, and the actuators' profiles, each with the
  /// name that a recording keeps it by.
  public static func files(
    of robot: String
  ) throws(DescriptionError) -> (robot: String, urdf: String, profiles: [(name: String, path: String)]) {
    let robot = try robotFile(robot)
    let log = DiagnosticLog()
    let source = try SourceText.read(robot, what: "robot file", limit: YAMLDocument.sizeLimit)
    let file = try RobotFileReader(document: YAMLDocument(source, log: log), log: log).read()
    guard let urdf = file.urdf else {
      throw DescriptionError(source.location, "the robot file names no urdf", fix: "add urdf: NAME.urdf")
    }
    let profiles = RecordedProfiles(file).names.sorted { $0.value < $1.value }
    return (
      robot, path(urdf.value, besideFile: robot),
      profiles.map { (name: $0.value, path: path($0.key, besideFile: robot)) }
    )
  }

  /// Reads a robot from the contents of its files, as a recording keeps them; mistakes are placed in `place`.
  ///
  /// - Parameters:
  ///   - robotFile: the robot file.
  ///   - urdf: the URDF.
  ///   - profiles: the actuators' profiles, by the names of `files(of:)`.
  ///   - place: what mistakes are placed in.
  /// - Returns: the robot.
  /// - Throws: every mistake found.
  public static func load(
    robotFile: [UInt8], urdf: [UInt8], profiles: [String: [UInt8]] = [:], from place: String
  ) throws(DescriptionError) -> Robot {
    let source = try SourceText(path: "\(place)/\(fileName)", bytes: robotFile, what: "robot file")
    let model = try SourceText(path: "\(place)/robot.urdf", bytes: urdf, what: "URDF")
    // A recording keeps no device file: those are for bring-up, and a replay brings nothing up.
    return try load(source, recorded: profiles) { _, _ throws(DescriptionError) in try URDF(model) }
  }

  static func load(_ source: SourceText, urdf path: String? = nil, plansBuses: Bool = true)
    throws(DescriptionError) -> Robot
  {
    try load(source, plansBuses: plansBuses) { file, log in
      var file = file
      if let path, let place = file.urdf?.location { file.urdf = Located(value: path, location: place) }
      return readURDF(file, robotFile: source.path, log: log)
    }
  }

  private static func load(
    _ source: SourceText, recorded: [String: [UInt8]]? = nil, plansBuses: Bool = true,
    reading urdf: (RobotFile, DiagnosticLog) throws(DescriptionError) -> URDF?
  ) throws(DescriptionError) -> Robot {
    let log = DiagnosticLog()
    let document = try YAMLDocument(source, log: log)
    let file = RobotFileReader(document: document, log: log).read()
    let devices = DeviceFiles(
      besideFile: source.path, recorded: recorded.map { (RecordedProfiles(file), $0) }, log: log)
    let builder = RobotBuilder(file: file, devices: devices, log: log, plansBuses: plansBuses)
    let robot = try builder.build(urdf: try urdf(file, log))
    try log.throwIfAny()
    return robot
  }

  /// Path of a file beside the robot file that `robot`, a directory or a file, stands for.
  public static func besideRobotFile(_ robot: String, _ name: String) -> String {
    let file = (try? robotFile(robot)) ?? robot
    return path(name, besideFile: file)
  }

  /// Path of the robot file that `path`, a directory or a file, stands for.
  static func robotFile(_ path: String) throws(DescriptionError) -> String {
    guard isDirectory(path) else { return path }
    let file = path.hasSuffix("/") ? path + fileName : path + "/" + fileName
    if exists(file) { return file }
    throw DescriptionError(
      SourceLocation(file: path), "the directory holds no \(fileName)",
      fix: "name a robot's directory, such as Robots/navigator, or its robot file")
  }

  private static func readURDF(_ file: RobotFile, robotFile: String, log: DiagnosticLog) -> URDF? {
    guard let name = file.urdf else { return nil }
    let path = path(name.value, besideFile: robotFile)
    guard exists(path) else {
      log.report(
        name.location, "the URDF '\(path)' does not exist",
        fix: "write its path relative to the robot file, or fetch it")
      return nil
    }
    do {
      return try URDF.load(path)
    } catch {
      log.report(error)
      return nil
    }
  }
}
