import ControlCycle
import TestSupport
import Testing

@testable import JointControl

/// Motions that keep their way and get new times.
@Suite("Motions timed anew")
struct RetimedMotionTests {
  private let limits = [
    JointLimits(minPosition: -3, maxPosition: 3, velocity: 2, acceleration: 10, torque: 1),
    JointLimits(minPosition: -3, maxPosition: 3, velocity: 1, acceleration: 20, torque: 1),
  ]

  /// Farthest that a motion is from the way of another [rad].
  private func distance(of motion: Motion, from other: Motion) -> Double {
    let way = Trajectory(other, jointCount: 2)
    let samples = 4000
    let points = (0...samples).map { index in
      (0..<2).map { way.setpoint(joint: $0, at: way.duration * Double(index) / Double(samples)).position }
    }
    var farthest = 0.0
    for point in motion.points {
      var nearest = Double.infinity
      for other in points {
        let (x, y) = (other[0] - point.positions[0], other[1] - point.positions[1])
        nearest = min(nearest, x * x + y * y)
      }
      farthest = max(farthest, nearest.squareRoot())
    }
    return farthest
  }

  private func peaksHold(_ motion: Motion, speed: Double, riseTime: Double) -> Bool {
    let trajectory = Trajectory(motion, jointCount: 2)
    return limits.indices.allSatisfy { joint in
      let (peaks, limit) = (trajectory.peaks(joint: joint), limits[joint])
      return peaks.velocity <= speed * limit.velocity && peaks.acceleration <= speed * limit.acceleration
        && peaks.jerk <= speed * limit.acceleration / riseTime
    }
  }

  @Test("A slow curve becomes fast on the same way, within velocity, acceleration and jerk")
  func curve() {
    let points = [(0.0, [0.0, 0.0]), (4, [1, 0.3]), (7, [0.8, 1]), (12, [-0.4, 0.9])]
    let slow = Motion(name: "slow", points: points.map { Motion.Point(time: $0.0, positions: $0.1) })
    let fast = Motion(retiming: slow, limits: limits, speed: 0.5, riseTime: 0.05)
    #expect(peaksHold(fast, speed: 0.5, riseTime: 0.05))
    #expect(distance(of: fast, from: slow) <= 2e-3, "as far as the samples of the way are apart")
    for (a, b) in zip(fast.points[fast.points.count - 1].positions, slow.points[3].positions) {
      #expect(abs(a - b) <= 1e-12)
    }
    let duration = fast.points[fast.points.count - 1].time
    #expect(duration < 6 && duration > 2.6, "the way of joint 1 alone takes 2.2 m / 1 m/s")
  }

  @Test("Where the way turns back the joints rest, and a wait is left out")
  func reversal() {
    let points = [(0.0, [0.0, 0.0]), (1, [1, 0]), (3, [1, 0]), (4, [0.2, 0])]
    let slow = Motion(
      name: "there and back",
      points: points.map {
        Motion.Point(time: $0.0, positions: $0.1, velocities: [0, 0], accelerations: [0, 0])
      })
    let fast = Motion(retiming: slow, limits: limits, speed: 1, riseTime: 0.02)
    #expect(peaksHold(fast, speed: 1, riseTime: 0.02))
    // d / v + v / a + rise for each of the two lines.
    let (there, back): (Double, Double) = (1.0 / 2 + 0.2 + 0.02, 0.8 / 2 + 0.2 + 0.02)
    let exact = there + back
    let duration = fast.points[fast.points.count - 1].time
    #expect(duration >= exact * (1 - 1e-9) && duration <= exact * 1.03, "\(duration) s, at best \(exact) s")
    let farthest = fast.points.map { $0.positions[0] }.max() ?? 0
    #expect(abs(farthest - 1) <= 1e-6)
  }

  @Test("A motion that goes nowhere stays there")
  func still() {
    let still = Motion(
      name: "still", points: [0.0, 1.0].map { Motion.Point(time: $0, positions: [0.5, 0.5]) })
    let fast = Motion(retiming: still, limits: limits, speed: 1, riseTime: 0.05)
    #expect(fast.points.count == 1 && fast.points[0].positions == [0.5, 0.5])
  }
}
