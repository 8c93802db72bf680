import ArgumentParser
import ControlCycle
import Foundation
import JointControl
import RobotDescription
import Simulation
import Testing
import Tuning

@testable import sinew

/// Gains on trial: kept where the robot does as the twin did, gone back from where it does not; and what a recording keeps of both.
@Suite struct TuneVerificationTests {
  private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// A copy of the rig, so that trials are written beside it and nowhere else.
  private static func inCopy(_ work: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/rig-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.copyItem(atPath: repository + "/Robots/rig", toPath: folder)
    try work(folder)
  }

  /// Applies gains to the wrist, whose step on the twin rose in `rise` seconds.
  private static func apply(_ gains: ImpedanceGains, twinRise rise: Double, at path: String) throws
    -> TuneResult.Joint
  {
    let robot = try loadRobot(at: path)
    let options = try ExperimentOptions.parse([])
    let place = try TargetOptions.parse(["--pace", "fast"])
    let run = try TuneRun(robot, at: path, options, place)
    let verification = TuneVerification(
      auto: TuneAuto(run: run, wanted: .stiffest, applies: true), index: 2, gains: gains,
      found: TunedPlant(robot.joints[2], robot, []))
    var joint = TuneResult.Joint(name: "wrist")
    var twin = TuneFinding(kind: "step", stage: .twin)
    twin.figures = [TuneFigure("rise_time_s", "rise", rise, "s")]
    joint.findings = [twin]
    var result = try run.begin("auto")
    _ = try verification.apply(&joint, &result, nil)
    return joint
  }

  @Test func gainsThatActAsForeseenAreKeptOnTrial() throws {
    try Self.inCopy { folder in
      let gains = ImpedanceGains(stiffness: 45, damping: 0.6)
      let joint = try Self.apply(gains, twinRise: 0.024, at: folder)
      #expect(joint.outcome == .applied, "\(joint.checks)")
      let trial = try #require(try GainStore(folder).trial(of: loadRobot(at: folder)))
      #expect(trial.gains == ["wrist": gains])
    }
  }

  @Test func gainsThatActOtherwiseAreGoneBackFrom() throws {
    try Self.inCopy { folder in
      let joint = try Self.apply(ImpedanceGains(stiffness: 45, damping: 0.6), twinRise: 0.1, at: folder)
      #expect(joint.outcome == .rolledBack)
      #expect(joint.checks.filter { !$0.passed }.map(\.key) == ["applied_as_twin"])
      #expect(try GainStore(folder).trial(of: loadRobot(at: folder)) == nil)
    }
  }

  @Test func aRecordingKeepsLimitsAndGains() throws {
    let robot = try loadRobot(at: Self.repository + "/Robots/rig")
    var experiment = Experiment.usual(.step, joint: 1, of: robot)
    experiment.envelope.torque = 5.5
    let gains = [1: ImpedanceGains(stiffness: 201.5, damping: 4.25)]
    let text = RecordedLimits([experiment], gains: gains, of: robot).text
    let read = try RecordedLimits(Array(text.utf8), path: "limits")
    #expect(read.gains(of: robot) == gains)
    let bounded = read.bounded(robot).joints.map(\.configuration.limits)
    #expect(bounded == robot.bounded(by: [experiment]).joints.map(\.configuration.limits))
    #expect(bounded[1].torque == 5.5)
    for broken in [
      text.replacingOccurrences(of: "limits 1", with: "limits 2"),
      text.replacingOccurrences(of: "5.5", with: "five"), text + "gains elbow -1 2\n",
      text + "joint elbow 1\n",
    ] {
      let failure = #expect(throws: Failure.self) { try RecordedLimits(Array(broken.utf8), path: "limits") }
      #expect(failure?.problems.first?.location.hasPrefix("limits:") == true)
    }
  }

  @Test func theTwinFeelsWhatWasIdentified() throws {
    let robot = try loadRobot(at: Self.repository + "/Robots/rig")
    for frequency in [10.0, 60, 200] {
      for joint in robot.joints.indices {
        let felt = robot.feltInertia(of: joint, at: frequency)
        let found = IdentifiedJoint(
          inertia: 1.3 * felt, frequency: frequency, coulombFriction: 0.3, viscousFriction: 0.05)
        let twin = robot.twin([joint: found])
        #expect(abs(twin.feltInertia(of: joint, at: frequency) / (1.3 * felt) - 1) < 1e-9)
        #expect(twin.joints[joint].actuator.reducer.coulombFriction == 0.3)
      }
    }
  }

  @Test("Gains in use stay only where they are stiffer and keep the least margins")
  func kept() {
    let (stiff, soft) = (
      TuneDesign.Gains(stiffness: 200, damping: 4), TuneDesign.Gains(stiffness: 150, damping: 5)
    )
    func keeps(_ inUse: TuneDesign.Gains, _ found: TuneDesign.Gains, phase: Double?, gain: Double?) -> Bool {
      TuneDesign(
        wanted: "", before: inUse, after: found,
        figures: [
          TuneFigure(TuneDesign.phaseInUse, "", phase, "deg"),
          TuneFigure(TuneDesign.gainInUse, "", gain, "dB"),
        ], bound: ""
      ).keepsGainsInUse
    }
    #expect(keeps(stiff, soft, phase: 46, gain: 6.1))
    #expect(!keeps(soft, stiff, phase: 46, gain: 6.1))
    #expect(!keeps(stiff, soft, phase: 44, gain: 6.1))
    #expect(!keeps(stiff, soft, phase: 46, gain: 5.9))
    #expect(keeps(stiff, soft, phase: nil, gain: nil))
  }

  @Test("What left its envelope is tried again with half of the torque, from there on; nothing else is")
  func triedAgain() throws {
    let robot = try loadRobot(at: Self.repository + "/Robots/rig")
    let plan = [Experiment.Kind.inertia, .chirp, .step].map { Experiment.usual($0, joint: 1, of: robot) }
    func outcome(_ abort: ExperimentAbort?, signal: Int32? = nil) -> TuneSession.Outcome {
      var traces = plan.prefix(2).map { ExperimentTrace(experiment: $0, period: 1e-3) }
      traces[1].abort = abort
      return TuneSession.Outcome(
        traces: traces, gains: [:], abort: abort, signal: signal, identities: [],
        realtime: RealtimeReport(policy: .off))
    }
    for abort in [ExperimentAbort.velocity(3), .position(1), .torque(20), .trackingError(0.2)] {
      let again = try #require(TuneAuto.again(plan, after: outcome(abort)))
      #expect(again.map(\.kind) == [.chirp, .step])
      #expect(again[0].amplitude == 0.5 * plan[1].amplitude && again[1].amplitude == plan[2].amplitude)
    }
    for abort in [ExperimentAbort.temperature(90), .released, .stopped, .inconclusive] {
      #expect(TuneAuto.again(plan, after: outcome(abort)) == nil)
    }
    #expect(TuneAuto.again(plan, after: outcome(nil)) == nil)
    // A step would end as before.
    let steps = [plan[0], plan[2], plan[1]]
    #expect(TuneAuto.again(steps, after: outcome(.velocity(3))) == nil)
    #expect(TuneAuto.again(plan, after: outcome(.velocity(3), signal: 15)) == nil)
  }

  @Test("Gains that the measured loop has too little margin for are designed anew, until it has enough")
  func measuredMargins() throws {
    var plant = JointPlant(inertia: 0.03, closure: .host, period: 1e-3, delay: 1e-3)
    plant.velocityLag = 0.8e-3
    var late = plant
    // What no fit has said: the loop is later by a millisecond and a half.
    late.delay += 1.5e-3
    let measured = { (gains: ImpedanceGains) -> GainSearch.Measured in
      let review = try? GainDesign.review(stiffness: gains.stiffness, damping: gains.damping, plant: late)
      return (FrequencyResponse([]), review?.margins ?? LoopMargins(of: FrequencyResponse([])))
    }
    let blind = try GainSearch(plant: plant, limits: DesignLimits(), wanted: .stiffest, measured: nil).gains()
    #expect(try #require(measured(blind.design.gains).margins.phase).value < 45 * .pi / 180)
    let found = try GainSearch(plant: plant, limits: DesignLimits(), wanted: .stiffest, measured: measured)
      .gains()
    let margins = try #require(found.measured).margins
    #expect(try #require(margins.phase).value >= 45 * .pi / 180)
    #expect(found.design.stiffness > 0.2 * blind.design.stiffness)
    // What was asked for in numbers is not changed behind one's back.
    let bandwidth = try #require(blind.design.bandwidth)
    let asked = try GainSearch(
      plant: plant, limits: DesignLimits(),
      wanted: .bandwidth(0.8 * bandwidth, phaseMargin: 50 * .pi / 180),
      measured: measured
    ).gains()
    let kept = try #require(asked.measured).margins
    #expect(try #require(kept.phase).value < 45 * .pi / 180)
  }

  @Test("A held command's torque over a cycle is its mean, not what the drive reports at the end of it")
  func heldTorque() throws {
    let robot = try loadRobot(at: Self.repository + "/Robots/rig")
    var trace = ExperimentTrace(experiment: .usual(.friction, joint: 1, of: robot), period: 1e-3)
    let (velocity, stiffness, friction) = (0.8, 200.0, 1.5)
    for index in 0..<200 {
      var sample = ExperimentSample()
      sample.time = Double(index) * trace.period
      sample.stiffness = stiffness
      sample.velocity = velocity
      sample.damping = 4
      sample.age = 1
      sample.measuredVelocity = velocity
      // Measured as the command before arrives; the command that was sent two cycles before was held up to then.
      sample.measuredPosition = velocity * Double(index - 1) * trace.period
      // The mean torque over a cycle is friction's: at the middle of the cycle after it arrives.
      sample.position = velocity * (Double(index) + 0.5) * trace.period + friction / stiffness
      sample.measuredTorque = friction - 0.5 * stiffness * velocity * trace.period
      trace.samples.append(sample)
    }
    #expect(trace.heldTorques.dropFirst(2).allSatisfy { abs($0 - friction) < 1e-9 })
    let record = try #require(trace.record(of: robot.joints[1]))
    #expect(abs(record.torques[100] - friction) < 1e-9)
  }

  @Test func whatCannotComeOutWellIsRefusedBeforeAnythingIsSent() throws {
    let robot = try loadRobot(at: Self.repository + "/Robots/rig")
    var experiment = Experiment.usual(.inertia, joint: 1, of: robot)
    experiment.amplitude = 1e4
    #expect(throws: Failure.self) { try TuneSession.check([experiment], for: robot) }
    #expect(throws: Never.self) {
      try TuneSession.check([Experiment.usual(.inertia, joint: 1, of: robot)], for: robot)
    }
  }
}
