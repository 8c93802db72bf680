import TestSupport
import Testing

@testable import ControlCycle

/// What can be asked beside the fastest way: lines, stops, velocities, refusals.
@Suite("Trajectory: requests")
struct TrajectoryRequestTests {
  private let limits = KinematicLimits(velocity: 2, acceleration: 10, jerk: 100)

  @Test("Starts and targets on a line are joined by that line, whatever each joint could do alone")
  func straightLine() {
    var generator = TrajectoryGenerator(jointCount: 3)
    let direction = [1.0, -0.4, 2.5]
    for joint in 0..<3 {
      generator.limits[joint] = KinematicLimits(
        minVelocity: -1 - Double(joint), maxVelocity: 2, minAcceleration: -4,
        maxAcceleration: 6 + Double(joint),
        jerk: 50 + 10 * Double(joint))
      generator.starts[joint] = KinematicState(position: Double(joint), velocity: 0.2 * direction[joint])
      generator.targets[joint] = KinematicState(position: Double(joint) + direction[joint])
    }
    #expect(generator.plan(.time).isPlanned)
    let together = generator.duration
    #expect(generator.plan(.phase).isPlanned)
    #expect(generator.duration >= together)
    #expect(generator.residual.position < 1e-12)
    for step in 0...100 {
      let time = generator.duration * Double(step) / 100
      let way = generator.state(0, at: time).position
      for joint in 0..<3 {
        let state = generator.state(joint, at: time)
        #expect(abs(state.position - Double(joint) - direction[joint] * way) < 1e-12)
      }
    }
    for joint in 0..<3 {
      let (peaks, bounds) = (generator.peaks(joint), generator.limits[joint])
      #expect(
        peaks.maxVelocity <= bounds.maxVelocity + 1e-12 && peaks.minVelocity >= bounds.minVelocity - 1e-12)
      #expect(
        peaks.maxAcceleration <= bounds.maxAcceleration + 1e-12
          && peaks.minAcceleration >= bounds.minAcceleration - 1e-12 && peaks.jerk <= bounds.jerk + 1e-12)
    }
    // Off the line the request falls back to arriving together.
    generator.starts[1].velocity = 0.1
    #expect(generator.plan(.phase).isPlanned)
    #expect(generator.arrival(0) == generator.duration && generator.residual.position < 1e-10)
  }

  @Test("A motion past a position limit is refused, and the one before stays in force")
  func positionLimits() {
    var generator = TrajectoryGenerator(jointCount: 2)
    for joint in 0..<2 {
      generator.limits[joint] = limits
      generator.limits[joint].minPosition = -1
      generator.limits[joint].maxPosition = 1
      generator.targets[joint] = KinematicState(position: 0.5)
    }
    #expect(generator.plan().isPlanned)
    let before = (generator.duration, generator.state(1, at: 0.2))
    generator.targets[1].position = 1.01
    expectRefusal(&generator, .exceedsPositionLimit, 1)
    #expect(generator.duration == before.0 && generator.state(1, at: 0.2) == before.1)
    // The target is inside, but the joint cannot stop before the limit.
    generator.targets[1].position = 0.9
    generator.starts[1] = KinematicState(position: 0.9, velocity: 1.5)
    expectRefusal(&generator, .exceedsPositionLimit, 1)
    // A joint that is outside may come back.
    generator.starts[1] = KinematicState(position: 1.2)
    #expect(generator.plan().isPlanned)
    generator.starts[1] = KinematicState(position: 1.2, velocity: 0.5)
    expectRefusal(&generator, .exceedsPositionLimit, 1)
  }

  @Test("Numbers and limits that cannot be are refused, each with its joint")
  func refusals() {
    let bad: [(TrajectoryVerdict, (inout TrajectoryGenerator) -> Void)] = [
      (.notFinite, { $0.starts[1].velocity = .nan }), (.notFinite, { $0.targets[1].position = .infinity }),
      (.unusableLimits, { $0.limits[1].jerk = 0 }), (.unusableLimits, { $0.limits[1].jerk = .nan }),
      (.unusableLimits, { $0.limits[1].minVelocity = 0.1 }),
      (.unusableLimits, { $0.limits[1].maxAcceleration = .infinity }),
      (
        .unusableLimits,
        {
          $0.limits[1].maxPosition = -.infinity; $0.limits[1].minPosition = 0
        }
      ),
      (.targetBeyondLimits, { $0.targets[1].velocity = 2.1 }),
      (.targetBeyondLimits, { $0.targets[1].acceleration = -10.1 }),
      (.targetBeyondLimits, { $0.targets[1] = KinematicState(velocity: 1.9, acceleration: -8) }),
      (
        .targetBeyondLimits,
        {
          $0.targets[1].velocity = -2.1; $0.limits[1].jerk = .infinity
        }
      ),
    ]
    for (verdict, spoil) in bad {
      var generator = TrajectoryGenerator(jointCount: 3)
      for joint in 0..<3 { generator.limits[joint] = limits }
      #expect(generator.plan().isPlanned)
      spoil(&generator)
      expectRefusal(&generator, verdict, 1)
    }
    var generator = TrajectoryGenerator(jointCount: 1)
    #expect(generator.plan(.time, taking: .nan) == .notFinite)
    generator.limits[0] = KinematicLimits(velocity: 1e-300, acceleration: 1e300, jerk: 1e-300)
    generator.targets[0].position = 1e308
    #expect(generator.plan() == .imprecise && generator.duration == 0)
  }

  @Test("A wanted duration is kept to, where it can be")
  func leastDuration() {
    var generator = TrajectoryGenerator(jointCount: 2)
    for joint in 0..<2 {
      generator.limits[joint] = limits
      generator.targets[joint] = KinematicState(position: 1 + Double(joint))
    }
    for synchronization in [JointSynchronization.time, .phase, .none] {
      #expect(generator.plan(synchronization, taking: 7.5).isPlanned)
      #expect(generator.duration == 7.5 && generator.residual.position < 1e-12)
      // Slowed down between rests a joint does not turn back.
      #expect(generator.peaks(0).minVelocity >= -1e-15)
    }
  }

  @Test("A time that one joint cannot make is left out for all")
  func blockedTimes() {
    var generator = TrajectoryGenerator(jointCount: 2)
    // Passing 1 rad at 1 rad/s, its highest velocity, takes 1 s. Only just longer, or much: with jerk alone the farthest back
    // in T is T - T^3/32, which is below 1 rad again from 5.07 s on.
    generator.limits[0] = KinematicLimits(velocity: 1, acceleration: 2, jerk: 1)
    generator.starts[0].velocity = 1
    generator.targets[0] = KinematicState(position: 1, velocity: 1)
    // 4 (D/2)^(1/3) = 1.2 s.
    generator.limits[1] = KinematicLimits(velocity: 1, acceleration: 2, jerk: 1)
    generator.targets[1].position = 0.054
    #expect(generator.plan(.none).isPlanned)
    #expect(abs(generator.arrival(0) - 1) < 1e-12 && abs(generator.arrival(1) - 1.2) < 1e-12)
    #expect(generator.plan(.time).isPlanned)
    let time = generator.duration
    #expect(time > 5 && abs(time * time * time / 32 - time + 1) < 1e-9)
    #expect(generator.residual.position < 1e-12 && generator.peaks(0).maxVelocity <= 1 + 1e-12)
    // A little later than the fastest is possible.
    generator.targets[1].position = 2 * 1.02 * 1.02 * 1.02 / 64
    #expect(generator.plan(.time).isPlanned && abs(generator.duration - 1.02) < 1e-9)
  }

  @Test("A joint that is where it should be stays there while the others move")
  func standstill() {
    var generator = TrajectoryGenerator(jointCount: 2)
    generator.limits[0] = KinematicLimits(
      minVelocity: -1, maxVelocity: 2, minAcceleration: -3, maxAcceleration: 5, jerk: 40)
    generator.limits[1] = limits
    generator.targets[1].position = 2
    for synchronization in [JointSynchronization.time, .phase, .none] {
      #expect(generator.plan(synchronization).isPlanned)
      #expect(generator.peaks(0) == MotionPeaks(KinematicState()))
    }
    generator.targets[1].position = 0
    #expect(generator.plan().isPlanned && generator.duration == 0)
    #expect(generator.plan(.phase).isPlanned && generator.duration == 0)
  }

  @Test("A velocity is reached as fast as jerk and acceleration allow, together or alone")
  func velocities() {
    var generator = TrajectoryGenerator(jointCount: 2)
    for joint in 0..<2 { generator.limits[joint] = limits }
    generator.targets[0].velocity = 1.6
    generator.targets[1].velocity = -0.25
    #expect(generator.planVelocity(.none).isPlanned)
    // With the acceleration held: v/a + a/j; without: 2 sqrt(v/j).
    #expect(abs(generator.arrival(0) - 0.26) < 1e-14 && abs(generator.arrival(1) - 0.1) < 1e-14)
    #expect(generator.planVelocity(.time).isPlanned)
    #expect(abs(generator.duration - 0.26) < 1e-14 && generator.arrival(1) == generator.duration)
    #expect(generator.residual.velocity < 1e-14 && generator.residual.acceleration < 1e-13)
    #expect(generator.state(1, at: 1).velocity == -0.25)
    let peaks = generator.peaks(1)
    #expect(peaks.maxVelocity <= 1e-15 && peaks.minVelocity >= -0.25 - 1e-15 && peaks.jerk <= 100)
  }

  @Test("A stop ends at rest, each joint alone or all together, and no position limit refuses it")
  func stops() {
    var generator = TrajectoryGenerator(jointCount: 3)
    for joint in 0..<3 {
      generator.limits[joint] = limits
      generator.starts[joint] = KinematicState(
        position: 0.5, velocity: 0.5 * Double(joint), acceleration: 2 - Double(joint))
    }
    #expect(generator.planStop(.one).isPlanned)
    let alone = (0..<3).map { generator.arrival($0) }
    #expect(alone[0] < alone[1] && alone[1] < alone[2])
    expectRest(generator)
    #expect(generator.planStop(.two).isPlanned)
    #expect((0..<3).allSatisfy { generator.arrival($0) == alone[2] })
    expectRest(generator)
    // With its limit in the way a joint still stops, as fast as it can.
    generator.limits[2].maxPosition = 0.51
    #expect(generator.planStop(.two).isPlanned)
    #expect(generator.arrival(2) == alone[2] && generator.arrival(0) == alone[0])
  }

  private func expectRest(_ generator: borrowing TrajectoryGenerator) {
    #expect(generator.residual.velocity < 1e-13 && generator.residual.acceleration < 1e-12)
    for joint in 0..<3 {
      let end = generator.state(joint, at: generator.duration + 1)
      #expect(end.velocity == 0 && end.acceleration == 0)
      let peaks = generator.peaks(joint)
      #expect(peaks.maxAcceleration <= 10 + 1e-12 && peaks.minAcceleration >= -10 - 1e-12)
    }
  }

  private func expectRefusal(
    _ generator: inout TrajectoryGenerator, _ expected: TrajectoryVerdict, _ joint: Int,
    location: SourceLocation = #_sourceLocation
  ) {
    let verdict = generator.plan()
    #expect(verdict == expected, sourceLocation: location)
    #expect(generator.decidingJoint == joint, sourceLocation: location)
  }
}
