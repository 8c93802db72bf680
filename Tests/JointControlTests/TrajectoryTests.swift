import ControlCycle
import TestSupport
import Testing

@testable import JointControl

@Suite("Trajectory")
struct TrajectoryTests {
  private func motion(_ points: [(Double, [Double])]) -> Motion {
    Motion(name: "test", points: points.map { Motion.Point(time: $0.0, positions: $0.1) })
  }

  @Test("Rest to rest is the quintic with its known peaks")
  func quinticPeaks() {
    let trajectory = Trajectory(motion([(0, [0]), (2, [3])]), jointCount: 1)
    var (peakVelocity, peakAcceleration) = (0.0, 0.0)
    for step in 0...2000 {
      let setpoint = trajectory.setpoint(joint: 0, at: Double(step) / 1000)
      peakVelocity = max(peakVelocity, abs(setpoint.velocity))
      peakAcceleration = max(peakAcceleration, abs(setpoint.acceleration))
    }
    // v = 1.875 D/T, a = 5.7735 D/T^2.
    #expect(abs(peakVelocity - 1.875 * 1.5) < 1e-6)
    #expect(abs(peakAcceleration - 5.7735 * 0.75) < 1e-3)
  }

  @Test("Every point is met; position, velocity and acceleration are continuous")
  func continuity() {
    var random = SeededGenerator(seed: 3)
    let times = [0.0, 0.4, 0.9, 1.0, 2.2, 3.0]
    let positions = times.map { _ in (0..<4).map { _ in Double.random(in: -1...1, using: &random) } }
    let trajectory = Trajectory(motion(Array(zip(times, positions))), jointCount: 4)
    for joint in 0..<4 {
      for (time, position) in zip(times, positions) {
        #expect(abs(trajectory.setpoint(joint: joint, at: time).position - position[joint]) < 1e-12)
        let before = trajectory.setpoint(joint: joint, at: time - 1e-9)
        let after = trajectory.setpoint(joint: joint, at: time + 1e-9)
        #expect(abs(before.position - after.position) < 1e-7)
        #expect(abs(before.velocity - after.velocity) < 1e-5)
        #expect(abs(before.acceleration - after.acceleration) < 1e-3)
      }
      #expect(trajectory.setpoint(joint: joint, at: 0).velocity == 0)
      #expect(trajectory.setpoint(joint: joint, at: 99).velocity == 0)
      #expect(abs(trajectory.setpoint(joint: joint, at: 99).position - positions[5][joint]) < 1e-12)
    }
  }

  @Test("Velocity and acceleration are the derivatives of position")
  func derivatives() {
    let trajectory = Trajectory(
      motion([(0, [0.1]), (0.5, [0.9]), (1.5, [-0.4]), (2, [0])]), jointCount: 1)
    let h = 1e-5
    for step in 1..<390 {
      let t = Double(step) * 0.005 + 0.0013
      let (a, b, c) = (
        trajectory.setpoint(joint: 0, at: t - h), trajectory.setpoint(joint: 0, at: t),
        trajectory.setpoint(joint: 0, at: t + h)
      )
      #expect(abs((c.position - a.position) / (2 * h) - b.velocity) < 1e-5)
      #expect(abs((c.velocity - a.velocity) / (2 * h) - b.acceleration) < 1e-3)
    }
  }

  @Test("Given velocities and accelerations are met exactly")
  func givenDerivatives() {
    let motion = Motion(
      name: "given",
      points: [
        Motion.Point(time: 1, positions: [0]),
        Motion.Point(time: 2, positions: [1], velocities: [0.7], accelerations: [-0.3]),
        Motion.Point(time: 3, positions: [0.5]),
      ])
    let trajectory = Trajectory(motion, jointCount: 1)
    #expect(trajectory.duration == 2)
    let middle = trajectory.setpoint(joint: 0, at: 1)
    #expect(abs(middle.velocity - 0.7) < 1e-12 && abs(middle.acceleration + 0.3) < 1e-12)
  }

  @Test("A single point is a pose")
  func singlePoint() {
    let trajectory = Trajectory(motion([(5, [0.25, -0.5])]), jointCount: 2)
    #expect(trajectory.duration == 0)
    #expect(trajectory.setpoint(joint: 1, at: 0.7) == JointSetpoint(position: -0.5))
  }
}
