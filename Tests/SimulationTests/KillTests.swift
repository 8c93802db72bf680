import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// A loop that ends in the middle of a motion, as one that was killed.
private struct EndingSource: SetpointSource, ~Copyable {
  var player: MotionPlayer
  let last: Int64

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    let directive = player.next(cycle, control: control, into: &setpoints)
    return Directive(directive.request, isFinished: cycle.number >= last)
  }
}

/// A robot to which only the first frames of the last cycle are sent.
private struct DyingTarget: Target, ~Copyable {
  let robot: SimulatedRobot
  let lastCycle: Int
  let framesLeft: Int
  private var cycles = 0
  private var part = FrameBuffer(capacity: 64)

  init(_ robot: SimulatedRobot, lastCycle: Int, framesLeft: Int) {
    self.robot = robot
    self.lastCycle = lastCycle
    self.framesLeft = framesLeft
  }

  var now: Int64 { robot.now }
  var waitsForLoop: Bool { true }
  func wait(until time: Int64) -> Int64 { robot.wait(until: time) }
  func receive(into frames: inout FrameBuffer) { robot.receive(into: &frames) }
  mutating func send(_ frames: borrowing FrameBuffer) {
    cycles += 1
    guard cycles > lastCycle else { return robot.send(frames) }
    part.removeAll()
    for index in 0..<min(framesLeft, frames.count) { part.append(frames[index]) }
    robot.send(part)
  }
}

/// Whatever instant a loop dies at, every drive lets go by itself within its watchdog's time.
@Suite("A loop that dies") struct KillTests {
  struct Fleet: Sendable, CustomTestStringConvertible {
    let name: String
    let robot: Robot
    let kills: Int
    var testDescription: String { name }
  }

  private static func arm(_ name: String, _ family: DriveFamily) -> [Fleet] {
    guard let model = DriveModel.named(name, family: family) else { return [] }
    return [Fleet(name: name, robot: SampleRobots.arm(of: model), kills: 150)]
  }

  /// A thousand kills over all families.
  static let fleets =
    [
      Fleet(name: "Damiao and RobStride", robot: SampleRobots.arm(losses: .planetary), kills: 200),
      Fleet(name: "CANopen", robot: SampleRobots.canopenArm(), kills: 150),
      Fleet(name: "MyActuator", robot: SampleRobots.myActuatorArm(), kills: 50),
      Fleet(name: "moteus", robot: SampleRobots.moteusArm(), kills: 200),
      Fleet(name: "ODrive 0.6", robot: SampleRobots.oDriveArm(.odrive), kills: 50),
      Fleet(name: "ODrive 0.5", robot: SampleRobots.oDriveArm(.odrive05), kills: 50),
    ] + arm("AK80-9", .mit) + arm("CyberGear", .robstride)

  private static let wave = Motion(
    name: "wave",
    points: [(0, [0.4, -0.3]), (0.1, [0.5, -0.2]), (0.2, [0.3, -0.4]), (0.3, [0.4, -0.3])].map {
      Motion.Point(time: $0.0, positions: $0.1)
    })

  /// Runs a robot until a cycle, lets time pass, and gives what is wrong with each joint, and how many had been on.
  private func kill(
    _ robot: Robot, after cycle: Int, framesLeft: Int, breaking joint: Int? = nil
  ) throws -> (problems: [String], wereOn: Int) {
    let simulated = SimulatedRobot(robot, seed: 1)
    simulated.observesDrives = true
    var target = simulated
    try BringUp.run(robot, on: &target)
    if let joint { simulated.breakWatchdog(of: joint) }
    var source = EndingSource(
      player: MotionPlayer(Self.wave, robot: robot, runTime: nil), last: Int64(cycle))
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(
      robot, on: DyingTarget(simulated, lastCycle: cycle, framesLeft: framesLeft))
    try loop.run(from: &source, recording: &statistics)
    let wereOn = robot.joints.indices.filter { simulated.firmware(of: $0).isObeying }
    let died = simulated.now
    let watchdog = Int64(robot.joints.map(\.driveWatchdog_us).max() ?? 0) * 1000
    _ = simulated.wait(until: died + watchdog + robot.period)
    var problems: [String] = []
    for index in robot.joints.indices {
      let name = robot.joints[index].name
      let contact = simulated.contact(of: index)
      if simulated.firmware(of: index).isObeying {
        problems.append("\(name) still obeys")
      } else if wereOn.contains(index) && contact.letGo == nil {
        problems.append("\(name) was not seen to let go")
      }
      if let after = contact.letGoAfter, after > watchdog + robot.period {
        problems.append("\(name) let go after \(after) ns")
      }
    }
    return (problems, wereOn.count)
  }

  @Test("All drives let go by themselves", arguments: fleets)
  func drivesLetGo(fleet: Fleet) throws {
    var generator = SeededGenerator(seed: 20_261_128)
    var wereOn = 0
    for _ in 0..<fleet.kills {
      let cycle = Int.random(in: 0...400, using: &generator)
      let framesLeft = Int.random(in: 0...6, using: &generator)
      let outcome = try kill(fleet.robot, after: cycle, framesLeft: framesLeft)
      #expect(outcome.problems == [], "killed in cycle \(cycle) after \(framesLeft) frames")
      wereOn += outcome.wereOn > 0 ? 1 : 0
    }
    // Else there was nothing to let go.
    #expect(wereOn > fleet.kills / 2)
  }

  @Test("With a watchdog that never fires a drive holds on, and is seen to", arguments: fleets)
  func negativeControl(fleet: Fleet) throws {
    let outcome = try kill(fleet.robot, after: 300, framesLeft: 0, breaking: 1)
    #expect(outcome.wereOn == 2)
    #expect(outcome.problems == ["\(fleet.robot.joints[1].name) still obeys"])
  }

  @Test func aThousandKills() { #expect(Self.fleets.reduce(0) { $0 + $1.kills } == 1000) }
}
