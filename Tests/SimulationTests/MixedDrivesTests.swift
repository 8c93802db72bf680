import ControlCycle
import Foundation
import JointControl
import RobotDescription
import Testing

@testable import Simulation

/// Lets the stand go once the robot is armed.
private struct StandingSource: SetpointSource, ~Copyable {
  var player: MotionPlayer
  let stand: Stand

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if control.safety.state == .armed { stand.letGo() }
    return player.next(cycle, control: control, into: &setpoints)
  }
}

/// The humanoid with drives of all families beside the one with two.
@Suite("Six drive families in one robot")
struct MixedDrivesTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func robot(_ file: String) throws -> Robot {
    try RobotDescription.load(root.appending(path: "Robots/navigator/\(file)").path)
  }

  private func run(_ robot: Robot, faults: [BusFault] = []) throws -> (
    joints: [RunStatistics.Joint], fault: ControlFault?
  ) {
    let motion = try RobotDescription.loadMotion(
      Self.root.appending(path: "Robots/navigator/motions/wave.yaml").path, for: robot)
    let stand = Stand()
    let simulated = SimulatedRobot(robot, seed: 1, faults: faults, stand: stand)
    var buses = simulated
    try BringUp.run(robot, on: &buses)
    var source = StandingSource(player: MotionPlayer(motion, robot: robot, runTime: 1), stand: stand)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: simulated)
    var fault: ControlFault?
    do throws(ControlFault) { try loop.run(from: &source, recording: &statistics) } catch { fault = error }
    return (robot.joints.indices.map { statistics.joints[$0] }, fault)
  }

  @Test func everyFamilyIsThere() throws {
    let families = Set(try Self.robot("mixed.yaml").joints.map(\.configuration.drive.family))
    #expect(families.count == 7, "six, and both firmwares of ODrive: \(families)")
  }

  /// The first second of the wave: no joint tracks worse than twice what it does with RobStride and Damiao alone.
  @Test func tracksNoWorseThanTwice() throws {
    let (single, mixed) = (try Self.robot("robot.yaml"), try Self.robot("mixed.yaml"))
    #expect(single.joints.map(\.name) == mixed.joints.map(\.name))
    #expect(single.joints.map(\.configuration.gains) == mixed.joints.map(\.configuration.gains))
    let (before, after) = (try run(single), try run(mixed))
    #expect(before.fault == nil && after.fault == nil)
    for (index, joint) in mixed.joints.enumerated() {
      let (one, other) = (before.joints[index], after.joints[index])
      // An ODrive speaks in a phase of its own: a cycle may find no sample, and the next one two.
      let isPunctual =
        joint.configuration.drive.family != .odrive && joint.configuration.drive.family != .odrive05
      #expect(one.count > 900 && other.count > (isPunctual ? 900 : 300) && one.rms > 0)
      #expect(other.rms <= 2 * one.rms, "\(joint.name): \(other.rms) rad beside \(one.rms)")
      #expect(other.saturated == 0)
    }
  }

  /// A stand holds until it is let go, and not a step longer.
  @Test func aStandHolds() throws {
    let robot = try Self.robot("robot.yaml")
    let stand = Stand()
    let held = SimulatedRobot(robot, seed: 1, stand: stand)
    _ = held.wait(until: 100_000_000)
    #expect(robot.joints.indices.allSatisfy { held.position(of: $0) == robot.joints[$0].home })
    stand.letGo()
    _ = held.wait(until: 110_000_000)
    let free = SimulatedRobot(robot, seed: 1)
    _ = free.wait(until: 10_000_000)
    #expect(robot.joints.indices.contains { held.position(of: $0) != robot.joints[$0].home })
    #expect(robot.joints.indices.allSatisfy { held.position(of: $0) == free.position(of: $0) })
  }
}
