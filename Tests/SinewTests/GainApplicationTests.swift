import ControlCycle
import Foundation
import JointControl
import Recording
import Testing

@testable import sinew

/// How new gains come to a robot: what its drive was told, frame by frame.
@Suite("New gains are ramped in") struct GainApplicationTests {
  private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
  /// The wrist of the rig: its index, and its gains as they are described.
  private static let wrist = 2
  private static let described = ImpedanceGains(stiffness: 40, damping: 0.7)

  /// A copy of the rig, and a directory for what is found.
  private static func inCopy(_ work: (_ robot: String, _ out: String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/rig-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.copyItem(atPath: repository + "/Robots/rig", toPath: folder)
    try work(folder, folder + "/out")
  }

  /// A session in which gains were found for the wrist, whose step on the twin rose in `rise` seconds.
  private static func desk(
    _ gains: ImpedanceGains, twinRise rise: Double, at path: String, out: String
  ) throws -> TuneDesk {
    let options = try ExperimentOptions.parse(["--out", out])
    let place = try TargetOptions.parse(["--pace", "fast"])
    var desk = try TuneDesk(loadRobot(at: path), at: path, options: options, place: place)
    desk.selected = wrist
    var joint = TuneResult.Joint(name: "wrist", outcome: .designed)
    var twin = TuneFinding(kind: "step", stage: .twin)
    twin.figures = [TuneFigure("rise_time_s", "rise", rise, "s")]
    joint.findings = [twin]
    joint.design = TuneDesign(
      wanted: "", before: TuneDesign.Gains(stiffness: described.stiffness, damping: described.damping),
      after: TuneDesign.Gains(stiffness: gains.stiffness, damping: gains.damping), figures: [], bound: "")
    desk.result.joints = [joint]
    desk.marks[wrist] = .designed
    return desk
  }

  /// Stiffness in the frames to a drive of the lower bus in the order in which they were sent [N.m/rad]: twelve bits of 0 to 500.
  private static func stiffness(ofDrive id: String, in recording: String) throws -> [Double] {
    let capture = recording + ".log"
    var writer = try CaptureWriter(path: capture, format: .candump)
    try RecordingFrames.write(
      RecordingFile(path: recording), interfaces: [nil, Array("lower".utf8)], to: &writer)
    try writer.close()
    return try String(contentsOfFile: capture, encoding: .utf8).split(separator: "\n").compactMap { line in
      let frame = line.split(separator: " ")[2].split(separator: "#")
      // Sixteen digits; a flag of CAN FD stands before them. What switches the drive on and off is no command.
      let digits = frame[1].suffix(16)
      guard frame[0] == id, digits.count == 16, !digits.hasPrefix("FFFFFFFFFFFFFF"),
        let data = UInt64(digits, radix: 16)
      else { return nil }
      return Double(data >> 24 & 0xFFF) * 500 / 4095
    }
  }

  /// What is wrong with the way of the wrist's stiffness from the described one to another [N.m/rad]; nil where nothing is.
  ///
  /// Stiffness fades in while the robot is being armed; the ramp begins when it is. How much of the stiffness is there says the elbow,
  /// whose gains stay: 200 N.m/rad.
  private static func objection(_ recording: String, to wanted: Double) throws -> String? {
    let (elbow, wrist) = (
      try stiffness(ofDrive: "001", in: recording), try stiffness(ofDrive: "002", in: recording)
    )
    guard elbow.count == wrist.count, let armed = elbow.firstIndex(where: { $0 > 199.9 }) else {
      return "it was never armed"
    }
    for row in 0..<armed + 1000 {
      let there = elbow[row] / 200
      // Before, a step of the frame's twelve bits is too much of it.
      if there < 0.3 { continue }
      let gain = wrist[row] / there
      let ramp = min(1, max(0, Double(row - armed) / 300))
      let right = described.stiffness + ramp * (wanted - described.stiffness)
      if (gain - right).magnitude > 1 {
        return "\(gain) and not \(right) N.m/rad, \(row - armed) cycles after it was armed"
      }
    }
    return nil
  }

  @Test("A session arms with the gains in use, and goes to the new ones along a ramp")
  func session() throws {
    try Self.inCopy { path, out in
      let gains = ImpedanceGains(stiffness: 60, damping: 0.8)
      var desk = try Self.desk(gains, twinRise: 0.024, at: path, out: out)
      try desk.apply(watched: RunWatch(), hold: nil)
      #expect(desk.marks[Self.wrist] == .applied, "\(desk.message)")
      #expect(desk.known?.outcome == .applied)
      #expect(desk.trial?.gains == ["wrist": gains])
      let objection = try Self.objection(out + "/run.mcap", to: 60)
      #expect(objection == nil, "\(objection ?? "")")
      // What the gains rest on is kept with them, and the recording replays with its ramp.
      let kept = try TuneResult.load(out)
      let provenance = try #require(desk.trial?.provenance(ofJoint: "wrist"))
      #expect(provenance.by == "tune session" && provenance.logHash == kept.recordings.first?.hash)
      #expect(provenance.report?.hasSuffix("/out/report.html") == true)
      let recorded = try RecordedRobot(out + "/run.mcap")
      #expect(recorded.gains == [Self.wrist: gains])
      #expect(
        try Replay(recorded.file, robot: recorded.robot, law: GainRamp(recorded.robot, to: recorded.gains))
          .first == nil)
      // Back to those of robot.yaml, and the result says that they are not in use.
      try desk.revert()
      #expect(desk.trial == nil && desk.known?.outcome == .designed)
      #expect(try TuneResult.load(out).joints.first?.outcome == .designed)
    }
  }

  @Test("Gains that fail their check are gone back from along the ramp, and never were on file")
  func rolledBack() throws {
    try Self.inCopy { path, out in
      var desk = try Self.desk(
        ImpedanceGains(stiffness: 60, damping: 0.8), twinRise: 0.1, at: path, out: out)
      try desk.apply(watched: RunWatch(), hold: nil)
      #expect(
        desk.marks[Self.wrist] == .rolledBack && desk.message.hasPrefix("rolled back: rise on the robot"))
      #expect(desk.trial == nil && !FileManager.default.fileExists(atPath: path + "/gains.trial.json"))
      #expect(desk.robot.joints[Self.wrist].configuration.gains == Self.described)
      let objection = try Self.objection(out + "/run.mcap", to: 60)
      #expect(objection == nil, "\(objection ?? "")")
      #expect(try TuneResult.load(out).joints.first?.outcome == .rolledBack)
    }
  }

  @Test("Gains that the robot may not have are refused before anything is sent")
  func refused() throws {
    try Self.inCopy { path, out in
      var desk = try Self.desk(
        ImpedanceGains(stiffness: 700, damping: 0.6), twinRise: 0.02, at: path, out: out)
      #expect(throws: Failure.self) { try desk.apply(watched: RunWatch(), hold: nil) }
      #expect(!FileManager.default.fileExists(atPath: out + "/run.mcap"))
      #expect(!FileManager.default.fileExists(atPath: path + "/gains.trial.json"))
    }
  }

  @Test("It would be seen: a robot that is armed with the new gains makes no ramp")
  func control() throws {
    try Self.inCopy { path, out in
      let changed = try loadRobot(at: path).with(
        gains: [Self.wrist: ImpedanceGains(stiffness: 60, damping: 0.8)])
      let files = try TuneFiles(out)
      let session = try TuneSession(changed, at: path, on: TargetOptions.parse(["--pace", "fast"]))
      let step = Experiment.usual(.step, joint: Self.wrist, of: changed)
      let outcome = try session.run([step], recordingTo: files.path("run.mcap"))
      #expect(outcome.abort == nil)
      let objection = try Self.objection(out + "/run.mcap", to: 60)
      #expect(
        objection?.hasPrefix("5") == true || objection?.hasPrefix("6") == true, "\(objection ?? "none")")
    }
  }
}
