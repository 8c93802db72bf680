import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// What happens on the wire and to the robot when something happens to a bus.
@Suite("Losing a bus")
struct BusLossTests {
  private static let second: Int64 = 1_000_000_000
  private static let wave = Motion(
    name: "wave",
    points: [(0, [0.4, -0.3]), (0.6, [0.9, 0.2]), (1.2, [0.1, -0.6]), (1.8, [0.4, -0.3])].map {
      Motion.Point(time: $0.0, positions: $0.1)
    })

  /// The arm, with what stops when a bus is lost.
  private static func arm(_ reaction: BusLossReaction) -> Robot {
    let arm = SampleRobots.arm(losses: .planetary)
    return Robot(
      name: arm.name, period: arm.period, buses: arm.buses, joints: arm.joints, model: arm.model,
      feedforward: arm.feedforward, commandTimeout: arm.commandTimeout, onBusLoss: reaction)
  }

  private func run(_ kind: BusFault.Kind, _ robot: Robot, runTime: Double? = nil) throws -> (
    fault: ControlFault?, armed: Int64, figures: RunStatistics.Bus, state: BusState
  ) {
    let simulated = SimulatedRobot(robot, seed: 1, faults: [BusFault(bus: 1, kind: kind)])
    var target = simulated
    try BringUp.run(robot, on: &target)
    var source = MotionPlayer(Self.wave, robot: robot, runTime: runTime)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    var fault: ControlFault?
    do throws(ControlFault) { try loop.run(from: &source, recording: &statistics) } catch { fault = error }
    return (fault, statistics.armedCycles, statistics.buses[1], loop.control.buses[1].state)
  }

  /// Cycles between an instant and the fault, its own included.
  private func delay(of fault: ControlFault, after time: Int64) -> Int64 {
    // The history ends with the fault's cycle.
    (fault.history.last?.record.cycle.time ?? 0) - time
  }

  @Test(
    "Bus-off and unplugged stop the robot in the next cycle, named with its joints",
    arguments: [
      BusFault.Kind.busOff(from: 1_000_300_000), .unplugged(from: 1_000_300_000),
      .busOff(from: 1_234_000_001),
    ])
  func lost(kind: BusFault.Kind) throws {
    let result = try run(kind, Self.arm(.body))
    let fault = try #require(result.fault)
    #expect(fault.fault.kind == .busLost && fault.joints == ["elbow"] && fault.buses == ["lower"])
    let from: Int64 = if case .busOff(let from, _) = kind { from } else { 1_000_300_000 }
    #expect(delay(of: fault, after: from) > 0 && delay(of: fault, after: from) <= 1_000_000)
    #expect(result.figures.lost > 0 && "\(fault)".contains("bus lost on bus lower"))
  }

  @Test(
    "A full queue stops it after three cycles, error-passive after 100 ms, a babbling node after ten cycles")
  func bounds() throws {
    let from = Self.second
    let cases: [(BusFault.Kind, FaultKind, ClosedRange<Int64>)] = [
      // What a cycle's send met is told in the next one.
      (.queueFull(from: from), .busQueueFull, 3...4),
      (.errorState(.passive, from: from), .busPassive, 100...101),
      (.babbling(from: from), .busOverloaded, 10...12),
    ]
    for (kind, expected, bound) in cases {
      let fault = try #require(try run(kind, Self.arm(.body)).fault, "\(expected)")
      #expect(fault.fault.kind == expected && fault.buses == ["lower"])
      let cycles = delay(of: fault, after: from) / 1_000_000
      #expect(bound.contains(cycles), "\(expected) after \(cycles) cycles")
    }
  }

  @Test("Shorter than its bound it is no fault; a warning never is")
  func tolerated() throws {
    let from = Self.second
    for (kind, reached) in [
      (BusFault.Kind.errorState(.passive, from: from, until: from + 90_000_000), BusState.passive),
      (.errorState(.warning, from: from), .warning),
      (.babbling(from: from, until: from + 8_000_000), .errorActive),
      (.queueFull(from: from, until: from + 2_000_000), .errorActive),
    ] {
      let result = try run(kind, Self.arm(.body))
      #expect(result.fault == nil, "\(kind): \(String(describing: result.fault))")
      if reached == .passive { #expect((88...91).contains(result.figures.passive)) }
      if reached == .warning { #expect(result.figures.warning > 1000) }
      if case .queueFull = kind { #expect((1...2).contains(result.figures.refused)) }
    }
  }

  @Test("By policy the other limb goes on to the end of the motion")
  func limb() throws {
    let whole = try run(.errorState(.warning, from: Self.second), Self.arm(.limb))
    let result = try run(.unplugged(from: Self.second), Self.arm(.limb))
    #expect(result.fault == nil && result.armed == whole.armed && result.figures.lost > 1000)
    let body = try run(.unplugged(from: Self.second), Self.arm(.body))
    #expect(body.fault != nil && body.armed < whole.armed)
  }

  @Test("The lost bus's drive lets go within its watchdog's time, whatever the instant", arguments: 0..<12)
  func driveLetsGo(part: Int64) throws {
    let robot = Self.arm(.body)
    let from = Self.second + part * 83_000
    let simulated = SimulatedRobot(robot, seed: 1, faults: [BusFault(bus: 1, kind: .busOff(from: from))])
    simulated.observesDrives = true
    var target = simulated
    try BringUp.run(robot, on: &target)
    var source = MotionPlayer(Self.wave, robot: robot, runTime: nil)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    do throws(ControlFault) {
      try loop.run(from: &source, recording: &statistics)
      Issue.record("no fault")
    } catch {
      let contact = simulated.contact(of: 1)
      let letGo = try #require(contact.letGo)
      let lastFrame = try #require(contact.lastFrame)
      #expect(lastFrame <= from + 200_000)
      #expect(letGo - lastFrame <= 20_000_000 + 250_000)
    }
  }

  @Test(
    "A frame that waits when the controller goes bus-off stays, and leaves with the restart unless it is purged"
  )
  func queueOutlivesBusOff() throws {
    for isPurged in [false, true] {
      // The commands of a cycle are ready 20 us after its instant; the controller is gone before.
      let from = Self.second + 10_000
      let robot = Self.arm(.body)
      let simulated = SimulatedRobot(
        robot, seed: 1, faults: [BusFault(bus: 1, kind: .busOff(from: from, until: from + 1))])
      var onWire = 0
      var target = simulated
      try BringUp.run(robot, on: &target)
      var source = MotionPlayer(Self.wave, robot: robot, runTime: nil)
      var statistics = RunStatistics(robot.schedule)
      var loop = ControlLoop(robot, on: target)
      simulated.tap = { frame in if frame.bus == 1 && frame.time > from + 200_000 { onWire += 1 } }
      do throws(ControlFault) { try loop.run(from: &source, recording: &statistics) } catch {}
      #expect(onWire == 0, "nothing on the wire while the controller is off")
      if isPurged { #expect(simulated.purge(bus: 1) == .done) }
      #expect(simulated.restart(bus: 1) == .done && simulated.state(ofBus: 1) == .errorActive)
      _ = simulated.wait(until: simulated.now + 5_000_000)
      #expect((onWire == 0) == isPurged, "\(onWire) frames")
    }
  }

  @Test("A controller cannot be started while what took it off lasts; an adapter's queue goes with it")
  func restarts() throws {
    let robot = Self.arm(.body)
    for kind in [BusFault.Kind.busOff(from: 10, until: 5_000_000), .unplugged(from: 10, until: 5_000_000)] {
      let simulated = SimulatedRobot(robot, seed: 1, faults: [BusFault(bus: 1, kind: kind)])
      _ = simulated.wait(until: 4_000_000)
      #expect(simulated.restart(bus: 1) != .done && simulated.state(ofBus: 1).isLost)
      _ = simulated.wait(until: 6_000_000)
      #expect(simulated.state(ofBus: 1).isLost, "not by itself")
      #expect(simulated.restart(bus: 1) == .done && simulated.state(ofBus: 1) == .errorActive)
      #expect(simulated.state(ofBus: 0) == .errorActive)
    }
  }
}
