import ControlCycle
import Foundation
import JointControl
import RobotDescription
import Testing

@testable import sinew

/// What a screen takes from a run, and gains found by hand.
@Suite("Tuning on the screen")
struct TuneScreenTests {
  @Test("Samples come through whole and in order while somebody takes them, and none is torn")
  func ring() {
    let ring = SampleRing(capacity: 64)
    let count = 50_000
    let writer = Thread {
      for index in 0..<count {
        var sample = ExperimentSample()
        sample.time = Double(index)
        sample.position = -Double(index)
        ring.append(sample)
      }
    }
    writer.start()
    var taken: [ExperimentSample] = []
    while !writer.isFinished { ring.drain(into: &taken) }
    ring.drain(into: &taken)
    #expect(!taken.isEmpty && taken.allSatisfy { $0.position == -$0.time })
    #expect(zip(taken, taken.dropFirst()).allSatisfy { $0.time < $1.time })
  }

  @Test("What nobody takes in time is dropped, and what is there stays")
  func full() {
    let ring = SampleRing(capacity: 4)
    for index in 0..<10 {
      var sample = ExperimentSample()
      sample.time = Double(index)
      ring.append(sample)
    }
    var taken: [ExperimentSample] = []
    ring.drain(into: &taken)
    #expect(taken.map(\.time) == [0, 1, 2, 3])
    ring.append(ExperimentSample())
    ring.drain(into: &taken)
    #expect(taken.count == 5)
  }

  private func elbow() throws -> RobotJoint {
    let rig = (#filePath as NSString).deletingLastPathComponent + "/../../Robots/rig"
    return try #require(try RobotDescription.load(rig).joints.first { $0.name == "elbow" })
  }

  private func step(overshoot: Double) -> TuneFinding {
    TuneFinding(kind: "step", figures: [TuneFigure("overshoot_percent", "overshoot", overshoot, "%")])
  }

  @Test("Raises are by half, backing off halves the damping, undo goes all the way back")
  func walk() throws {
    var walk = GainWalk(try elbow())
    #expect(walk.gains(after: .stiffer) == nil)
    walk.take(step(overshoot: 0), nil, gains: ImpedanceGains(stiffness: 200, damping: 4))
    #expect(walk.gains(after: .undo) == nil)
    #expect(walk.gains(after: .stiffer) == ImpedanceGains(stiffness: 300, damping: 4))
    #expect(walk.gains(after: .softer) == ImpedanceGains(stiffness: 133, damping: 4))
    #expect(walk.gains(after: .moreDamping) == ImpedanceGains(stiffness: 200, damping: 6))
    #expect(walk.gains(after: .backOff) == ImpedanceGains(stiffness: 200, damping: 2))
    for stiffness in [300.0, 450, 675] {
      walk.take(step(overshoot: 0), nil, gains: ImpedanceGains(stiffness: stiffness, damping: 4))
    }
    for stiffness in [450.0, 300, 200] {
      let back = try #require(walk.gains(after: .undo))
      #expect(back.stiffness == stiffness)
      walk.take(step(overshoot: 0), nil, gains: back)
    }
    #expect(walk.gains(after: .undo) == nil)
  }

  @Test("A step says what to do: held, quiet, ringing, ended early, buzzing")
  func advice() throws {
    let gains = ImpedanceGains(stiffness: 200, damping: 4)
    func word(_ finding: TuneFinding, _ trace: ExperimentTrace? = nil) throws -> (String, String) {
      var walk = GainWalk(try elbow())
      walk.take(finding, trace, gains: gains)
      return (walk.word(walk.rounds[0]), walk.advice)
    }
    #expect(try word(TuneFinding(kind: "step")).0 == "held")
    #expect(try word(step(overshoot: 5)).0 == "quiet")
    #expect(try word(step(overshoot: 40)).0 == "rings")
    #expect(try word(step(overshoot: 40)).1.contains(">"))
    var ended = step(overshoot: 0)
    ended.abort = TuneFinding.Abort(kind: "torque", text: "more torque than the envelope, 9 N.m")
    #expect(try word(ended).0 == "ended early" && word(ended).1.contains("9 N.m"))
    // A torque of 2 N.m back and forth at rest, of a limit of 27.
    let joint = try elbow()
    let experiment = Experiment(
      .step, joint: 0, amplitude: 0.02, duration: 1, envelope: ExperimentEnvelope(of: joint))
    let samples = (0..<1000).map { index in
      var sample = ExperimentSample()
      sample.time = Double(index) * 1e-3
      sample.part = 0
      sample.measuredTorque = index % 2 == 0 ? 2 : -2
      return sample
    }
    let trace = ExperimentTrace(experiment: experiment, period: 1e-3, samples: samples)
    #expect(try word(step(overshoot: 0), trace).0 == "buzzes")
    #expect(try word(step(overshoot: 0), trace).1.contains("b halves the damping"))
  }

  @Test("The scope names what the run says, whichever of the runs of one key it is")
  func scope() throws {
    let robot = try loadRobot(at: (#filePath as NSString).deletingLastPathComponent + "/../../Robots/rig")
    let scope = ScopeView(
      robot: robot, title: "", asksForKey: false, glyphs: .braille)
    #expect(scope.status(ExperimentProgress(), .robot) == "bring-up")
    // The two runs of tune, and the step on the twin: the same place in each is another experiment.
    let runs: [([Experiment.Kind], RunWatch.Stage, String)] = [
      ([.friction, .inertia], .robot, ""), ([.inertia, .chirp, .delay, .step], .robot, ""),
      ([.step], .twin, ", on the twin"), ([.step], .newGains, ", new gains"),
    ]
    for (kinds, stage, suffix) in runs {
      let source = ExperimentSource(robot, kinds.map { Experiment.usual($0, joint: 1, of: robot) })
      var progress = source.progress
      #expect(progress.kind == kinds[0] && progress.experimentCount == kinds.count && progress.joint == 1)
      for (place, kind) in kinds.enumerated() {
        (progress.experiment, progress.kind) = (place, kind)
        let number = kinds.count > 1 ? ", \(place + 1) of \(kinds.count)" : ""
        #expect(scope.status(progress, stage) == "elbow: \(kind.rawValue)\(number)\(suffix), reading")
      }
    }
  }

  @Test("Text is broken between words, and never wider than the screen")
  func wrapping() {
    #expect(TerminalGrid.wrapped("one two three", to: 7) == ["one two", "three"])
    #expect(TerminalGrid.wrapped("abcdefghij k", to: 4) == ["abcd", "efgh", "ij k"])
    #expect(TerminalGrid.wrapped("", to: 4) == [] && TerminalGrid.wrapped("x", to: 0) == [])
    for columns in 1...30 {
      let lines = TerminalGrid.wrapped("the joint left its envelope at 0.1234567890123 rad", to: columns)
      #expect(lines.allSatisfy { $0.count <= columns })
      #expect(lines.joined().filter { $0 != " " } == "thejointleftitsenvelopeat0.1234567890123rad")
    }
  }
}
