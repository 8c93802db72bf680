import TestSupport
import Testing

@testable import ControlCycle

/// Values that others printed, or that follow from a formula.
@Suite("Trajectory: known values")
struct TrajectoryOracleTests {
  static func generator(_ joints: [(KinematicState, KinematicState, KinematicLimits)]) -> TrajectoryGenerator
  {
    var generator = TrajectoryGenerator(jointCount: joints.count)
    for (index, joint) in joints.enumerated() {
      (generator.starts[index], generator.targets[index], generator.limits[index]) = joint
    }
    return generator
  }

  private let unit = KinematicLimits(velocity: 1, acceleration: 1, jerk: 1)

  @Test("Rest to rest with jerk alone takes 4 (D / 2J)^(1/3)")
  func jerkAlone() {
    var generator = Self.generator([(KinematicState(), KinematicState(position: 1), unit)])
    #expect(generator.plan().isPlanned)
    #expect(abs(generator.duration - 3.174802103936) < 5e-13)
    #expect(abs(generator.state(0, at: generator.duration / 2).position - 0.5) < 1e-15)
  }

  // The example of Ruckig's own tests.
  @Test("Three joints: each alone, and together")
  func threeJoints() {
    let starts = [0.0, -2, 0].map { KinematicState(position: $0) }
    let targets = [(1.0, 0.0), (-3, 0.3), (2, 0)].map { KinematicState(position: $0.0, velocity: $0.1) }
    var generator = Self.generator((0..<3).map { (starts[$0], targets[$0], unit) })
    #expect(generator.plan(.none).isPlanned)
    #expect(abs(generator.arrival(0) - 3.1748021039) < 5e-11)
    #expect(abs(generator.arrival(1) - 3.6860977315) < 5e-11)
    #expect(abs(generator.arrival(2) - 4) < 1e-14)
    #expect(generator.plan(.time).isPlanned)
    #expect(abs(generator.duration - 4) < 1e-14 && generator.decidingJoint == 2)
    for joint in 0..<3 {
      #expect(generator.arrival(joint) == generator.duration)
      #expect(generator.state(joint, at: generator.duration) == targets[joint])
    }
  }

  @Test("A start beyond the velocity limit is brought back inside first")
  func overLimit() {
    var generator = Self.generator([
      (
        KinematicState(position: 1300, velocity: 1200), KinematicState(position: 1400),
        KinematicLimits(velocity: 800, acceleration: 4e4, jerk: 2e5)
      )
    ])
    #expect(generator.plan().isPlanned)
    #expect(abs(generator.duration - 0.167347) < 5e-7)
  }

  @Test("A quintic between rests has the peaks of its formula")
  func quintic() {
    let (distance, time) = (1.7, 0.9)
    let motion = QuinticMotion(
      from: KinematicState(position: 0.2), to: KinematicState(position: 1.9), in: time)
    var (velocity, acceleration, jerk) = (0.0, 0.0, 0.0)
    for step in 0...30000 {
      let t = time * Double(step) / 30000
      let state = motion.state(at: t)
      velocity = max(velocity, abs(state.velocity))
      acceleration = max(acceleration, abs(state.acceleration))
      jerk = max(jerk, abs(motion.jerk(at: t)))
    }
    #expect(abs(velocity / (1.875 * distance / time) - 1) < 1e-7)
    #expect(abs(acceleration / (5.7735026919 * distance / (time * time)) - 1) < 1e-7)
    #expect(abs(jerk / (60 * distance / (time * time * time)) - 1) < 1e-12)
  }

  @Test(
    "The fastest quintic touches exactly one limit",
    arguments: [(0.1, 100.0, 1e6), (100, 0.1, 1e6), (100, 100, 0.5), (3, 20, 400)])
  func fastestQuintic(limits: (Double, Double, Double)) {
    let bounds = KinematicLimits(velocity: limits.0, acceleration: limits.1, jerk: limits.2)
    let motion = QuinticMotion(from: 1, by: -0.8, within: bounds)
    let time = motion.duration
    let shares = [
      1.875 * 0.8 / time / limits.0, 5.773502691896258 * 0.8 / (time * time) / limits.1,
      60 * 0.8 / (time * time * time) / limits.2,
    ]
    #expect(abs((shares.max() ?? 0) - 1) < 1e-12)
    #expect(abs(motion.state(at: time).position - 0.2) < 1e-15)
    #expect(abs(motion.state(at: time * (1 - 1e-12)).position - 0.2) < 1e-14)
  }

  @Test("Without a jerk limit the motion is a trapezoid of velocity")
  func trapezoid() {
    // 0.5 s up to 1 rad/s, 1 s there, 0.25 s down: 0.25 + 1 + 0.125 rad.
    let limits = KinematicLimits(
      minVelocity: -1, maxVelocity: 1, minAcceleration: -4, maxAcceleration: 2, jerk: .infinity)
    var generator = Self.generator([(KinematicState(), KinematicState(position: 1.375), limits)])
    #expect(generator.plan().isPlanned)
    #expect(abs(generator.duration - 1.75) < 1e-14)
    #expect(abs(generator.state(0, at: 0.25).velocity - 0.5) < 1e-14)
    #expect(generator.state(0, at: 1).velocity == 1 && generator.state(0, at: 1).acceleration == 0)
    #expect(abs(generator.state(0, at: 1.625).velocity - 0.5) < 1e-13)
  }

  @Test("The cube root is that of the number", arguments: [1e-300, 1e-12, 0.3, 1, 27, 1e9, 1e300])
  func cubeRoots(number: Double) {
    let root = cubeRoot(number)
    #expect(abs(root * root * root / number - 1) < 1e-15)
  }
}
