import Foundation
import JointControl
import Recording
import RobotDescription

/// Where a run is recorded, and what a recording says of it beside the cycles.
struct RunRecording {
  /// The file of the whole run; nil for none.
  var path: String?
  /// The file for the time around a fault, `%` standing for the cycle; nil for none.
  var faultPath: String?
  /// Files and values kept inside.
  var content: RecordingContent

  static let urdfType = "application/xml"
  static let robotType = "application/yaml"
  static let homingName = "homing.state"

  /// What a run of a robot with a motion needs; reads the description's files once more, as they are. `text` is the robot file where
  /// the robot was read from another one, such as that of a trial of gains.
  init(
    robot: String, text: RobotFileText? = nil, name: String, motion: String?, path: String?,
    faultFile: String,
    target: RunTarget, seed: UInt64, pace: Pacing, takesGains: Bool = false
  ) throws {
    self.path = path
    switch faultFile {
    case "none": faultPath = nil
    case "auto": faultPath = "\(name)-fault-%.mcap"
    default: faultPath = faultFile
    }
    let files: (robot: String, urdf: String, profiles: [(name: String, path: String)])
    do throws(DescriptionError) { files = try RobotDescription.files(of: robot) } catch {
      throw Failure(error)
    }
    var attachments = [
      try text.map {
        RecordingAttachment(name: RobotDescription.fileName, mediaType: Self.robotType, data: $0.bytes)
      } ?? Self.attachment(files.robot, name: RobotDescription.fileName, type: Self.robotType),
      try Self.attachment(files.urdf, name: (files.urdf as NSString).lastPathComponent, type: Self.urdfType),
    ]
    attachments += try files.profiles.map {
      try Self.attachment($0.path, name: $0.name, type: Self.robotType)
    }
    if let motion {
      attachments.append(
        try Self.attachment(motion, name: (motion as NSString).lastPathComponent, type: Self.robotType))
    }
    content = RecordingContent(
      attachments: attachments,
      metadata: [
        ("configuration_sha256", Self.configurationHash(attachments)), ("build", BuildIdentity.text),
        ("target", target.rawValue), ("seed", "\(seed)"), ("pace", pace.rawValue),
        (
          "clock",
          target == .sim ? "simulated, ns since the robot was made" : "CLOCK_MONOTONIC of the host, ns"
        ),
        ("initial_state", "disarmed after bring-up; cycle 0 starts from a fresh core"),
      ])
    // Gains come from outside and are not recorded.
    if takesGains { content = content.naming(law: PortLaw.self) }
  }

  /// Keeps the zeros that homing found: without them no cycle can be computed again.
  mutating func note(_ found: HomingReport) {
    content.attachments.append(
      RecordingAttachment(
        name: Self.homingName, mediaType: "text/plain", data: Array(found.memory(keeping: nil).text.utf8)))
  }

  /// SHA-256 over the files that a configuration consists of, each with its name and length before it.
  static func configurationHash(_ attachments: [RecordingAttachment]) -> String {
    var bytes: [UInt8] = []
    for attachment in attachments {
      bytes += Array("\(attachment.name) \(attachment.data.count)\n".utf8) + attachment.data
    }
    return ConfigurationHash.hex(of: bytes)
  }

  private static func attachment(_ path: String, name: String, type: String) throws -> RecordingAttachment {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(
        kind: "recording", location: path, message: "cannot be read again for the recording",
        fix: "check its permissions", code: Failure.badDescription)
    }
    return RecordingAttachment(name: name, mediaType: type, data: Array(data))
  }
}
