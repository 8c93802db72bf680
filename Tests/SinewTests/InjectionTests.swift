import JointControl
import RigidBody
import Simulation
import TestSupport
import Testing

@testable import sinew

@Suite("Injected faults")
struct InjectionTests {
  @Test("A bus that is lost at a time")
  func lost() throws {
    let robot = SampleRobots.arm()
    #expect(
      try Injection("lower lost at 1", robot: robot).fault
        == BusFault(bus: 1, kind: .loseAll(from: 1_000_000_000)))
    #expect(try Injection("upper lost", robot: robot).fault == BusFault(bus: 0, kind: .loseAll(from: 0)))
    #expect(
      try Injection("upper lost at 0.0015", robot: robot).fault
        == BusFault(bus: 0, kind: .loseAll(from: 1_500_000)))
  }

  @Test("Losses, delays and jitter")
  func degraded() throws {
    let robot = SampleRobots.arm()
    #expect(try Injection("lower loses 0.02", robot: robot).fault?.kind == .lose(probability: 0.02))
    #expect(try Injection("lower delayed 0.0005", robot: robot).fault?.kind == .delay(500_000))
    #expect(try Injection("lower jitters 0.0002", robot: robot).fault?.kind == .jitter(upTo: 200_000))
  }

  @Test("Faults of the host's controller, each from a time to another")
  func spans() throws {
    let robot = SampleRobots.arm()
    let cases: [(String, BusFault.Kind)] = [
      ("bus-off", .busOff(from: 0)), ("bus-off at 1", .busOff(from: 1_000_000_000)),
      ("bus-off at 1 until 1.5", .busOff(from: 1_000_000_000, until: 1_500_000_000)),
      ("unplugged at 2 until 3", .unplugged(from: 2_000_000_000, until: 3_000_000_000)),
      ("warning at 1", .errorState(.warning, from: 1_000_000_000)),
      ("passive at 1 until 1.05", .errorState(.passive, from: 1_000_000_000, until: 1_050_000_000)),
      ("full at 1", .queueFull(from: 1_000_000_000)), ("babbles", .babbling(from: 0)),
    ]
    for (text, kind) in cases {
      #expect(try Injection("lower \(text)", robot: robot).fault == BusFault(bus: 1, kind: kind), "\(text)")
    }
    for text in ["bus-off at", "bus-off from 1", "bus-off at 2 until 1", "full at 1 until", "passive at x"] {
      #expect(throws: Failure.self, "\(text)") { try Injection("lower \(text)", robot: robot) }
    }
  }

  @Test("A drive whose watchdog is off")
  func watchdog() throws {
    let robot = SampleRobots.arm()
    #expect(try Injection("elbow watchdog off", robot: robot).effect == .watchdogOff(joint: 1))
    #expect(throws: Failure.self) { try Injection("wrist watchdog off", robot: robot) }
    #expect(throws: Failure.self) { try Injection("elbow watchdog on", robot: robot) }
  }

  @Test(
    "What is not understood is refused with the words that are",
    arguments: [
      ("", "target"), ("upper", "target"), ("middle lost at 1", "upper, lower"), ("upper gone at 1", "lost"),
      ("upper lost at noon", "time"), ("upper lost at -1", "time"), ("upper lost at nan", "time"),
      ("upper lost at 1e300", "time"), ("upper lost on 1", "lost"), ("upper loses 2", "probability"),
      ("upper delayed", "delayed"),
      ("upper jitters -1", "time"),
    ])
  func refused(text: String, word: String) {
    do {
      _ = try Injection(text, robot: SampleRobots.arm())
      Issue.record("'\(text)' was accepted")
    } catch let failure as Failure {
      #expect(failure.code == 2 && failure.problems.count == 1)
      #expect(failure.problems[0].message.contains(word))
      #expect(failure.problems[0].fix.contains("upper lost at 1"))
    } catch {
      Issue.record("another error: \(error)")
    }
  }
}
