import JointControl

/// The EDS and DCF files and the actuators' profiles that a robot file names, each read once.
final class DeviceFiles {
  /// Largest file that is read [byte]; a device that lists 512 PDOs has one of 2 MB.
  static let sizeLimit = 8 << 20

  private let robotFile: String
  private let log: DiagnosticLog
  /// What a recording keeps of them, the profiles; nil where files are read. It keeps no device file, as a replay brings
  /// nothing up.
  private let recorded: (names: RecordedProfiles, files: [String: [UInt8]])?
  private var sheets: [String: DataSheet?] = [:]
  private var profiles: [String: ActuatorModel?] = [:]

  /// Files beside the robot file at a path, or those of a recording.
  init(
    besideFile robotFile: String, recorded: (names: RecordedProfiles, files: [String: [UInt8]])? = nil,
    log: DiagnosticLog
  ) {
    self.robotFile = robotFile
    self.recorded = recorded
    self.log = log
  }

  /// The sheet that a robot file names; nil, with what is wrong noted, when it cannot be used.
  func sheet(_ name: Located<String>) -> DataSheet? {
    guard recorded == nil else { return nil }
    let path = path(name.value, besideFile: robotFile)
    if let known = sheets[path] { return known }
    let sheet = read(path, name)
    sheets[path] = .some(sheet)
    return sheet
  }

  /// The actuator of a profile that a robot file names; nil, with what is wrong noted, when it cannot be used.
  func profile(_ name: Located<String>) -> ActuatorModel? {
    let path = path(name.value, besideFile: robotFile)
    if let known = profiles[path] { return known }
    let actuator = readProfile(path, name)
    profiles[path] = .some(actuator)
    return actuator
  }

  private func readProfile(_ path: String, _ name: Located<String>) -> ActuatorModel? {
    guard recorded != nil || exists(path) else {
      log.report(
        name.location, "the actuator's profile '\(path)' does not exist",
        fix: "write its path relative to the robot file, such as ../actuators/rs03.yaml")
      return nil
    }
    do {
      guard let profile = try loadProfile(path, name) else { return nil }
      if let actuator = profile.actuator { return actuator }
      log.report(
        name.location, "\(profile.name) is a reducer without a motor", fix: "name a profile that has a motor")
    } catch {
      log.report(error)
    }
    return nil
  }

  private func loadProfile(
    _ place: String, _ name: Located<String>
  ) throws(DescriptionError) -> ActuatorProfile? {
    guard let recorded else { return try RobotDescription.loadActuator(place) }
    guard let kept = recorded.names.names[name.value], let bytes = recorded.files[kept] else {
      log.report(
        name.location, "the actuator's profile '\(name.value)' is not part of the recording",
        fix: "record anew: a sinew from before recordings held profiles made it")
      return nil
    }
    // The robot file's place is RECORDING/robot.yaml; so is this one's.
    return try RobotDescription.loadActuator(
      SourceText(path: path(kept, besideFile: robotFile), bytes: bytes, what: "actuator file"))
  }

  private func read(_ path: String, _ name: Located<String>) -> DataSheet? {
    guard exists(path) else {
      log.report(
        name.location, "the device file '\(path)' does not exist",
        fix: "write its path relative to the robot file")
      return nil
    }
    let before = log.diagnostics.count
    do {
      let bytes = try SourceText.contents(of: path, what: "device file", limit: Self.sizeLimit)
      let sheet = DataSheetReader.read(bytes, path: path, log: log)
      return log.diagnostics.count == before ? sheet : nil
    } catch {
      log.report(error)
      return nil
    }
  }
}

extension DataSheet {
  /// Reads an EDS or DCF by itself.
  package static func load(_ path: String) throws(DescriptionError) -> DataSheet {
    let log = DiagnosticLog()
    let bytes = try SourceText.contents(of: path, what: "device file", limit: DeviceFiles.sizeLimit)
    let sheet = DataSheetReader.read(bytes, path: path, log: log)
    try log.throwIfAny()
    return sheet
  }

  /// The sheet in a text; mistakes are placed in `path`.
  package init(_ bytes: [UInt8], path: String) throws(DescriptionError) {
    let log = DiagnosticLog()
    self = DataSheetReader.read(bytes, path: path, log: log)
    try log.throwIfAny()
  }
}
