import JointControl
import RigidBody
import TestSupport
import Testing

@testable import Simulation

@Suite struct WrenchTests {
  /// A force at the end of a link is a torque about its joint, from its instant for its time.
  @Test func forceTurnsTheJoint() throws {
    let robot = try TwinPendulums.robot()
    var plant = Plant(robot)
    let inertia =
      SampleRobots.linkInertia + SampleRobots.armature + TwinPendulums.mass * TwinPendulums.length
      * TwinPendulums.length / 4
    // Along -x at the end, below the joint: 0.3 m x 10 N about y. From 10 ms, for 0.6 of a step and one more.
    try plant.setWrench(
      LinkWrench(
        link: "left", point: Vector3(x: 0, y: 0, z: -TwinPendulums.length),
        force: Vector3(x: -10, y: 0, z: 0),
        start: 10_000_000, duration: 400_000))
    _ = PlantTrace(&plant, steps: 40)
    #expect(plant.velocity(of: 0) == 0)
    _ = PlantTrace(&plant, steps: 1)
    #expect(abs(plant.velocity(of: 0) - 3 * 250e-6 / inertia) < 1e-9)
    _ = PlantTrace(&plant, steps: 1)
    #expect(abs(plant.velocity(of: 0) - 3 * 400e-6 / inertia) < 1e-5)
    let after = plant.velocity(of: 0)
    _ = PlantTrace(&plant, steps: 1)
    #expect(abs(plant.velocity(of: 0) - after) < 1e-5)
    #expect(plant.velocity(of: 1) == 0)
  }

  /// A moment about the axis is one at the joint.
  @Test func momentTurnsTheJoint() throws {
    var pushed = try Plant(TwinPendulums.robot(home: 0.4))
    try pushed.setWrench(
      LinkWrench(
        link: "left", force: .zero, moment: Vector3(x: 0, y: 1.5, z: 0), start: 0, duration: 1_000_000_000))
    var condition = JointCondition()
    condition.externalTorque = 1.5
    pushed.setCondition(condition, of: 1)
    _ = PlantTrace(&pushed, steps: 2000)
    #expect(abs(pushed.position(of: 0) - pushed.position(of: 1)) < 1e-9)
    #expect(pushed.position(of: 0) > 0.5)
  }

  @Test func unknownLinkIsRefused() throws {
    var plant = try Plant(TwinPendulums.robot())
    #expect(throws: LinkWrench.UnknownLink(link: "tail", links: ["base", "left", "right"])) {
      try plant.setWrench(LinkWrench(link: "tail", force: .zero, start: 0, duration: 1))
    }
  }

  /// A robot without any is integrated by the same calls as before: the same bits.
  @Test func goneWrenchesLeaveNothing() throws {
    var plain = try Plant(TwinPendulums.robot(home: 0.4))
    var pushed = try Plant(TwinPendulums.robot(home: 0.4))
    try pushed.setWrench(
      LinkWrench(link: "left", force: Vector3(x: 5, y: 0, z: 0), start: 0, duration: 0))
    #expect(PlantTrace(&pushed, steps: 500) == PlantTrace(&plain, steps: 500))
  }
}
