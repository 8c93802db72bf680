import ControlCycle
import JointControl
import Recording
import RobotDescription

/// A recording with the robot it was made with.
struct RecordedRobot {
  let file: RecordingFile
  let robot: Robot
  /// Gains that a ramp led to while it was recorded, by index of the joint; empty without one.
  let gains: [Int: ImpedanceGains]

  /// Opens a recording and rebuilds its robot from the files kept inside.
  init(_ path: String) throws {
    let described: Robot
    file = try openRecording(path)
    guard let description = file.attachments.first(where: { $0.name == RobotDescription.fileName }),
      let model = file.attachments.first(where: { $0.mediaType == RunRecording.urdfType })
    else {
      throw Failure(
        kind: "recording", location: path, message: "it holds no robot.yaml and URDF",
        fix: "name a recording made by sinew run", code: Failure.badDescription)
    }
    // What homing found, and what experiments ran within, is of the run, not of the description.
    let ofRun = [RunRecording.homingName, RecordedLimits.name]
    let limits = file.attachments.first { $0.name == RecordedLimits.name }
    let zeros = file.attachments.first { $0.name == RunRecording.homingName }
    let sum = RunRecording.configurationHash(
      file.attachments.filter { !ofRun.contains($0.name) })
    if let recorded = file.value("configuration_sha256"), recorded != sum {
      throw Failure(
        kind: "recording", location: path,
        message: "the description inside is not the recorded one: SHA-256 \(sum), recorded \(recorded)",
        fix: "use an unchanged copy of the recording", code: Failure.badDescription)
    }
    do throws(DescriptionError) {
      described = try RobotDescription.load(
        robotFile: description.data, urdf: model.data,
        profiles: Dictionary(
          file.attachments.map { ($0.name, $0.data) }, uniquingKeysWith: { first, _ in first }), from: path)
    } catch { throw Failure(error) }
    let recorded = try limits.map { try RecordedLimits($0.data, path: "\(path), \($0.name)") }
    let limited = recorded?.bounded(described) ?? described
    gains = recorded?.gains(of: described) ?? [:]
    guard let zeros else {
      robot = limited
      return
    }
    do throws(TurnMemoryError) {
      let memory = try TurnMemory(zeros.data, path: "\(path), \(zeros.name)")
      robot = limited.zeroed(limited.joints.map { memory[$0.name]?.correction ?? 0 })
    } catch {
      throw Failure(
        kind: "recording", location: error.path, message: error.message,
        fix: "use an unchanged copy of the recording", code: Failure.badDescription)
    }
  }
}

/// A recording's outline, or the `Failure` that says why it cannot be read.
func openRecording(_ path: String) throws -> RecordingFile {
  do throws(RecordingError) { return try RecordingFile(path: path) } catch {
    throw Failure(error, code: Failure.badDescription)
  }
}

extension Failure {
  /// A recording that cannot be read or written.
  init(_ error: RecordingError, code: Int32) {
    self.init(kind: "recording", location: error.path, message: error.message, fix: error.fix, code: code)
  }

  /// Runs `body`; what it throws becomes printed problems and an exit code.
  static func reporting(json: Bool, _ body: () throws -> Void) throws {
    do { try body() } catch let failure as Failure {
      throw failure.report(json: json)
    } catch let error as RecordingError {
      throw Failure(error, code: checkFailed).report(json: json)
    }
  }
}
