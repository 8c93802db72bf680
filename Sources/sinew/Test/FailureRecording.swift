import ControlCycle
import Foundation
import JointControl
import Recording
import Simulation

/// Runs a case once more and records it: MCAP of every cycle, candump of every frame.
struct FailureRecording {
  let directory: String
  let prepared: PreparedScenario

  /// What a recorded run came to, cycle by cycle, and the paths of its two files.
  struct Recorded {
    var outcome: ScenarioOutcome
    var recording: String
    var candump: String
  }

  /// Records a run.
  func record(_ run: ScenarioCase) throws -> Recorded {
    let scenario = prepared.scenario
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw Failure(
        kind: "report", location: directory, message: "cannot be made: \(error.localizedDescription)",
        fix: "name a directory that can be written", code: Failure.hostFault)
    }
    let stem = directory + "/" + Self.stem(scenario, run)
    let files = (recording: stem + ".mcap", candump: stem + ".log")
    let kept = try RunRecording(
      robot: scenario.robotPath, name: scenario.robot.name, motion: scenario.motionPath,
      path: files.recording,
      faultFile: "none", target: .sim, seed: run.seed, pace: .fast)
    let recorder: Recorder
    do throws(RecordingError) {
      recorder = try Recorder(
        robot: scenario.robot, content: kept.content, path: files.recording, faultPath: nil,
        waitsWhenFull: true)
    } catch { throw Failure(error, code: Failure.hostFault) }
    let writer: TraceWriter
    do throws(TraceError) { writer = try TraceWriter(path: files.candump, robot: scenario.robot) } catch {
      _ = recorder.close()
      throw Failure(error)
    }
    let ring = writer.ring
    var law = NoLaw()
    var observer = EncodingObserver(encoder: recorder.makeEncoder())
    let traced = prepared.run(run, applying: &law, observing: &observer, keepsTrace: true) { frame in
      while !ring.append(frame) { sched_yield() }
    }
    let outcome = recorder.close()
    do throws(TraceError) { try writer.close() } catch { throw Failure(error) }
    if let error = outcome.error { throw Failure(error, code: Failure.hostFault) }
    return Recorded(outcome: traced, recording: files.recording, candump: files.candump)
  }

  /// A name for the files of a run, of characters that every file system takes.
  static func stem(_ scenario: Scenario, _ run: ScenarioCase) -> String {
    let values = scenario.points[run.point].text
    let name = "\(scenario.name)-\(run.isControl ? "control" : "seed\(run.seed)")"
    return String(
      (values.isEmpty ? name : "\(name)-\(values)").map { character in
        character.isASCII && (character.isLetter || character.isNumber || "-_=.".contains(character))
          ? character : "_"
      })
  }
}

/// Hands every cycle to a recording.
private struct EncodingObserver: CycleRecorder, ~Copyable {
  var encoder: CycleEncoder

  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    encoder.record(
      record, received: received, setpoints: setpoints, transmitted: transmitted, control: control)
  }
}
