import ControlCycle
import RigidBody
import TestSupport
import Testing

@testable import JointControl

/// Paths that torque bounds: what the model asks for along the motion stays within what the joints have.
@Suite("Torque along paths")
struct PathEffortTests {
  /// Highest part of a joint's torque limit that a motion takes: inverse dynamics and friction, without `PathEffort`.
  private func load(_ motion: Motion, of robot: Robot) -> Double {
    let data = ModelData(robot.model)
    let trajectory = Trajectory(motion, jointCount: 2)
    var most = 0.0
    for sample in 0...2000 {
      let setpoints = (0..<2).map {
        trajectory.setpoint(joint: $0, at: trajectory.duration * Double(sample) / 2000)
      }
      var torque = [0.0, 0.0]
      inverseDynamics(
        robot.model.kernel, data.workspace, q: setpoints.map(\.position), v: setpoints.map(\.velocity),
        a: setpoints.map(\.acceleration), into: &torque)
      for (joint, setpoint) in setpoints.enumerated() {
        let reducer = robot.joints[joint].actuator.reducer
        let direction = setpoint.velocity > 0 ? 1.0 : setpoint.velocity < 0 ? -1.0 : 0.0
        let friction = reducer.coulombFriction * direction + reducer.viscousFriction * setpoint.velocity
        most = max(
          most, abs(torque[joint] + friction) / robot.joints[joint].configuration.limits.torque)
      }
    }
    return most
  }

  private func weak(_ torque: Double) -> Robot {
    var joints = SampleRobots.arm(losses: .planetary).joints
    for index in joints.indices { joints[index].configuration.limits.torque = torque }
    let arm = SampleRobots.arm()
    return Robot(
      name: arm.name, period: arm.period, buses: arm.buses, joints: joints, model: arm.model,
      feedforward: arm.feedforward, commandTimeout: arm.commandTimeout)
  }

  private func motion(_ poses: [[Double]], _ robot: Robot, _ effort: PathEffort?) -> Motion {
    Motion(
      "path", through: poses, limits: robot.joints.map(\.configuration.limits), speed: 1, riseTime: 0.05,
      effort: effort)
  }

  @Test(
    "20 random paths of a weak arm: no torque beyond its part of the limit, which is used, and no slower than stretched"
  )
  func bounded() {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<20 {
      let robot = weak(Double.random(in: 8...10, using: &random))
      let poses =
        [[0.0, 0]]
        + (0..<3).map { _ in (0..<2).map { _ in Double.random(in: -1.5...1.5, using: &random) } }
      let free = motion(poses, robot, nil)
      let bound = motion(poses, robot, PathEffort(robot))
      let part = load(bound, of: robot)
      #expect(part <= PathEffort.usualPart + 1e-3)
      guard load(free, of: robot) > 1 else { continue }
      #expect(part > 0.65, "it could be faster")
      var stretched = free
      stretched.stretch(by: PathEffort(robot).stretch(free))
      #expect(load(stretched, of: robot) <= PathEffort.usualPart + 1e-3)
      #expect(
        bound.points[bound.points.count - 1].time <= 1.02 * stretched.points[stretched.points.count - 1].time)
    }
  }

  @Test("What torque does not bound takes as long as without")
  func strong() {
    let robot = weak(1000)
    let poses = [[0.0, 0], [1, -1], [-0.5, 0.3]]
    let (free, bound) = (motion(poses, robot, nil), motion(poses, robot, PathEffort(robot)))
    #expect(free.points == bound.points)
  }

  @Test("A pose that takes more torque than there is does not keep a path from being timed")
  func tooWeak() {
    let robot = weak(1)
    let poses = [[0.0, 0], [1.5, 0]]
    let (free, bound) = (motion(poses, robot, nil), motion(poses, robot, PathEffort(robot)))
    let (short, long) = (free.points[free.points.count - 1].time, bound.points[bound.points.count - 1].time)
    #expect(long > short && long < 100 * short)
  }
}
