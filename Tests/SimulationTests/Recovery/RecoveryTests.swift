import ControlCycle
import TestSupport
import Testing

@testable import JointControl
@testable import Simulation

/// A robot that notes what the host hands over, and when.
private final class NotingTarget: RecoverableTarget {
  let robot: SimulatedRobot
  private(set) var sent: [(time: Int64, frame: CANFrame)] = []
  private(set) var restarts: [Int64] = []
  var waitsForLoop: Bool { true }
  var now: Int64 { robot.now }

  init(_ robot: SimulatedRobot) { self.robot = robot }
  func wait(until time: Int64) -> Int64 { robot.wait(until: time) }
  func receive(into frames: inout FrameBuffer) { robot.receive(into: &frames) }
  func send(_ frames: borrowing FrameBuffer) {
    for index in 0..<frames.count where frames[index].bus == 1 { sent.append((robot.now, frames[index])) }
    robot.send(frames)
  }
  func purge(bus: Int) -> RecoveryAnswer { robot.purge(bus: bus) }
  func restart(bus: Int) -> RecoveryAnswer {
    let answer = robot.restart(bus: bus)
    if answer == .done { restarts.append(now) }
    return answer
  }
  func state(ofBus bus: Int) -> BusState { robot.state(ofBus: bus) }
}

@Suite("Bringing a bus back")
struct RecoveryTests {
  private static let second: Int64 = 1_000_000_000
  private static let wave = Motion(
    name: "wave",
    points: [(0, [0.4, -0.3]), (0.6, [0.9, 0.2]), (1.2, [0.1, -0.6])].map {
      Motion.Point(time: $0.0, positions: $0.1)
    })

  /// What a run and its recovery gave.
  private struct Outcome {
    var report: Recovery.Report?
    var error: RecoveryError?
    var resumed: ControlFault?
    var armedAgain: Int64 = 0
    var wire: [CANFrame] = []
    var sent: [(time: Int64, frame: CANFrame)] = []
    var restarts: [Int64] = []
    var stages: [BusRecovery.Stage] = []
  }

  /// Loses the lower bus, brings it back, and goes on where somebody asked for that; `meanwhile` is done to the robot between.
  private func play(
    _ kind: BusFault.Kind, goesOn: Bool = true, meanwhile: (SimulatedRobot) -> Void = { _ in }
  ) throws -> Outcome {
    let robot = SampleRobots.arm(losses: .planetary)
    let simulated = SimulatedRobot(robot, seed: 1, faults: [BusFault(bus: 1, kind: kind)])
    var outcome = Outcome()
    let noted = NotingTarget(simulated)
    var wire: [CANFrame] = []
    simulated.tap = { if $0.bus == 1 { wire.append($0) } }
    var target = noted
    let known = try BringUp.run(robot, on: &target)
    var source = MotionPlayer(Self.wave, robot: robot, runTime: nil)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    do throws(ControlFault) {
      try loop.run(from: &source, recording: &statistics)
      Issue.record("the bus was not lost")
    } catch { #expect(error.fault.kind == .busLost) }
    #expect(loop.control.safety.state == .disarmed)
    meanwhile(simulated)
    do throws(RecoveryError) {
      outcome.report = try Recovery.run([1], of: robot, known: known, on: &loop.target) { event in
        if case .stage(_, let stage) = event { outcome.stages.append(stage) }
      }
    } catch { outcome.error = error }
    #expect((0..<2).allSatisfy { simulated.firmware(of: $0).mode != .enabled }, "nothing is armed")
    if goesOn && outcome.report != nil {
      var again = MotionPlayer(Self.wave, robot: robot, runTime: nil, recovers: true)
      var figures = RunStatistics(robot.schedule)
      do throws(ControlFault) { try loop.run(from: &again, recording: &figures) } catch {
        outcome.resumed = error
      }
      outcome.armedAgain = figures.armedCycles
    }
    (outcome.wire, outcome.sent, outcome.restarts) = (wire, noted.sent, noted.restarts)
    return outcome
  }

  @Test("A bus is purged, started, identified, and moves again when asked", arguments: [false, true])
  func comesBack(isUnplugged: Bool) throws {
    let (from, until) = (Self.second + 10_000, 3 * Self.second)
    let outcome = try play(
      isUnplugged ? .unplugged(from: from, until: until) : .busOff(from: from, until: until))
    #expect(outcome.error == nil && outcome.resumed == nil, "\(String(describing: outcome.error))")
    #expect(outcome.stages == [.purging, .restarting, .settling, .settled])
    #expect(outcome.armedAgain > 1200)
    let report = try #require(outcome.report)
    #expect(report.buses.map(\.name) == ["lower"] && report.buses[0].times.count == 3)
    #expect(report.bringUpTime > 0)
  }

  @Test(
    "No command from before the loss is on the wire after it, whenever it happens", arguments: UInt64(1)...15)
  func nothingStale(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    // Half of the time within the 20 us in which commands wait.
    let inCycle =
      seed % 2 == 0
      ? Int64.random(in: 0..<20_000, using: &random) : .random(in: 0..<1_000_000, using: &random)
    let from = Self.second + Int64.random(in: 0..<300, using: &random) * 1_000_000 + inCycle
    let outcome = try play(
      .busOff(from: from, until: from + Int64.random(in: 1..<Self.second, using: &random)))
    #expect(outcome.error == nil && outcome.resumed == nil)
    let restart = try #require(outcome.restarts.first)
    // The frame that was on the wire when the controller went off ends there.
    let after = outcome.wire.filter { $0.time > from + 200_000 }
    let own = Set(outcome.sent.map(\.frame.id))
    var commands = 0
    for frame in after where own.contains(frame.id) {
      commands += 1
      let isFresh = outcome.sent.contains { sent in
        sent.time >= restart && frame.time - sent.time < 1_000_000 && frame.time > sent.time
          && (0..<8).allSatisfy { sent.frame.payload[$0] == frame.payload[$0] } && sent.frame.id == frame.id
      }
      if !isFresh { Issue.record("a frame at \(frame.time) that nobody sent after \(restart)") }
    }
    #expect(commands > 1000)
  }

  @Test("Another drive than before is refused, by serial number, and nothing is armed", arguments: [0, 1])
  func stranger(joint: Int) throws {
    let outcome = try play(.unplugged(from: Self.second, until: Self.second + 1)) {
      $0.replaceDrive(of: joint)
    }
    let error = try #require(outcome.error)
    #expect(error.problems.count == 1 && outcome.armedAgain == 0)
    for word in [["shoulder", "elbow"][joint], "another drive", "serial number", "swapped"] {
      #expect("\(error)".contains(word), "\(error)")
    }
  }

  @Test("A drive that lost its settings with its power is brought up anew and goes on")
  func powerCycled() throws {
    let outcome = try play(.unplugged(from: Self.second, until: Self.second + 1)) {
      $0.powerCycleDrive(of: 1)
    }
    #expect(outcome.error == nil && outcome.resumed == nil && outcome.armedAgain > 1200)
  }

  @Test("A bus that does not come back fails within its bound, and says in which stage")
  func neverBack() throws {
    let outcome = try play(.unplugged(from: Self.second))
    let error = try #require(outcome.error)
    #expect(outcome.stages == [.purging, .restarting, .failed] && outcome.restarts.isEmpty)
    for word in ["bus lower", "restarting", "gone", "plug"] { #expect("\(error)".contains(word), "\(error)") }
  }

  @Test("A drive that is away when the bus is back is named")
  func driveAway() throws {
    // The wire behind the adapter is cut for good shortly before the adapter is pulled.
    let robot = SampleRobots.arm(losses: .planetary)
    let simulated = SimulatedRobot(
      robot, seed: 1,
      faults: [
        BusFault(bus: 1, kind: .busOff(from: Self.second, until: Self.second + 1)),
        BusFault(bus: 1, kind: .loseAll(from: Self.second)),
      ])
    var target = simulated
    let known = try BringUp.run(robot, on: &target)
    _ = target.wait(until: 2 * Self.second)
    do throws(RecoveryError) {
      _ = try Recovery.run([1], of: robot, known: known, on: &target)
      Issue.record("brought back without its drive")
    } catch {
      #expect(
        error.problems.count == 1 && "\(error)".contains("joint elbow") && "\(error)".contains("no answer"))
    }
  }
}

/// The machine alone, against every order of answers.
@Suite("Stages of a recovery")
struct BusRecoveryTests {
  @Test("It goes forward only, purges first, and never past a bound", arguments: UInt64(1)...200)
  func stages(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var now = Int64.random(in: 0..<1_000_000_000, using: &random)
    var way = BusRecovery(at: now)
    let order: [BusRecovery.Stage] = [.purging, .restarting, .settling, .settled]
    var (seen, since) = ([way.stage], now)
    for _ in 0..<200 {
      now += Int64.random(in: 0..<2_000_000_000, using: &random)
      let before = way
      let answer: RecoveryAnswer =
        switch Int.random(in: 0..<12, using: &random) {
        case 0...3: .done
        case 4: .refused("no right", fix: "ask")
        default: .pending("not yet")
        }
      way.take(answer, at: now)
      if before.isOver {
        #expect(way == before, "over is over")
        continue
      }
      if now - since > before.stage.bound {
        #expect(way.stage == .failed && way.failedStage == before.stage && !way.fix.isEmpty)
      } else if case .refused = answer {
        #expect(way.stage == .failed && way.reason == "no right" && way.fix == "ask")
      } else if answer == .done {
        let next = order.firstIndex(of: before.stage).map { order[$0 + 1] }
        #expect(way.stage == next && way.times.last == now - since)
      } else {
        #expect(way.stage == before.stage && way.reason == "not yet")
      }
      if way.stage != before.stage {
        since = now
        seen.append(way.stage)
      }
    }
    let reached = seen.filter { $0 != .failed }
    #expect(reached == Array(order.prefix(reached.count)))
  }

  @Test("Nothing but its own words tells a drive from another")
  func identities() {
    var old = DeviceIdentity(.damiao, DeviceIdentity.Answers())
    var new = old
    #expect(new.difference(from: old) == nil)
    new.serial = "1"
    #expect(new.difference(from: old) == nil, "it said nothing before")
    old.serial = "2"
    #expect(new.difference(from: old) == "serial number 1, was 2")
    new.serial = nil
    #expect(new.difference(from: old) == "serial number not told, was 2")
    (old.serial, old.firmware, new.firmware) = (nil, "1.0", "1.1")
    #expect(new.difference(from: old) == "firmware 1.1, was 1.0")
  }
}
