import TestSupport
import Testing

@testable import ControlCycle

/// What holds for every trajectory, tried on random ones; `make otg-proof` tries a hundred million.
@Suite("Trajectory: properties")
struct TrajectoryPropertyTests {
  @Test("One joint arrives exactly and never passes a limit", arguments: 0..<8)
  func oneJoint(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var generator = TrajectoryGenerator(jointCount: 1)
    for _ in 0..<2500 {
      RandomJoint(&random).put(into: &generator, 0)
      #expect(generator.plan(.time, taking: Bool.random(using: &random) ? 0 : 4).isPlanned)
      expectExact(generator, 1e-12)
    }
  }

  @Test("A joint that starts outside its limits comes back inside and stays there", arguments: 0..<4)
  func overLimits(seed: Int) {
    var random = SeededGenerator(seed: UInt64(100 + seed))
    var generator = TrajectoryGenerator(jointCount: 1)
    var outside = 0
    for _ in 0..<2500 {
      var joint = RandomJoint(&random)
      joint.start.velocity *= 6
      joint.start.acceleration *= 6
      joint.put(into: &generator, 0)
      #expect(generator.plan().isPlanned)
      var inside = generator.plans[0].back.time
      if inside > 0 { outside += 1 }
      // With a high acceleration the velocity comes back inside later, on its way to the other limit.
      let (low, high) = (joint.limits.minVelocity, joint.limits.maxVelocity)
      while !(low...high).contains(generator.state(0, at: inside).velocity) && inside < generator.duration {
        inside += 0.001
      }
      expectExact(generator, 1e-11, from: inside)
    }
    #expect(outside > 500)
  }

  @Test("Seven joints arrive together, exactly and within their limits", arguments: 0..<4)
  func sevenJoints(seed: Int) {
    var random = SeededGenerator(seed: UInt64(200 + seed))
    var generator = TrajectoryGenerator(jointCount: 7)
    for _ in 0..<400 {
      for joint in 0..<7 { RandomJoint(&random, hasJerkLimit: joint != 3).put(into: &generator, joint) }
      #expect(generator.plan().isPlanned)
      let slowest = (0..<7).map { generator.plans[$0].earliest }.max() ?? 0
      #expect(generator.duration >= slowest)
      for joint in 0..<7 { #expect(generator.arrival(joint) == generator.duration) }
      expectExact(generator, 1e-12)
    }
  }

  @Test("No motion by way of a constant velocity is faster", arguments: 0..<4)
  func independentOptimum(seed: Int) {
    var random = SeededGenerator(seed: UInt64(300 + seed))
    var generator = TrajectoryGenerator(jointCount: 1)
    var compared = 0
    for _ in 0..<400 {
      let joint = RandomJoint(&random)
      joint.put(into: &generator, 0)
      #expect(generator.plan().isPlanned)
      // Ramp to a velocity, hold it, ramp to the target: the time of every velocity that gets there.
      let plan = generator.plans[0]
      let distance = plan.target.position
      var best = Double.infinity
      for step in 1..<400 {
        let share = Double(step) / 400
        let velocity = plan.limits.minVelocity + share * (plan.limits.maxVelocity - plan.limits.minVelocity)
        let ramps = CruiseProfile(
          from: plan.inside, to: plan.target, limits: plan.limits, at: velocity, in: 0)
        // Displacement with the ramps' own time, then what is left of the way at that velocity.
        let time = -ramps.cruise
        let hold = (distance - ramps.displacement - velocity * time) / velocity
        if hold >= 0 { best = min(best, time + hold) }
      }
      guard best < .infinity else { continue }
      compared += 1
      #expect(generator.duration <= best * (1 + 1e-9) + 1e-9)
      // A grid misses the best velocity by little only: the bound means something.
    }
    #expect(compared > 300)
  }

  @Test("Planned anew on the way, a motion neither jumps nor takes longer", arguments: 0..<6)
  func replanning(seed: Int) {
    var random = SeededGenerator(seed: UInt64(400 + seed))
    var generator = TrajectoryGenerator(jointCount: 3)
    for _ in 0..<150 {
      for joint in 0..<3 { RandomJoint(&random).put(into: &generator, joint) }
      #expect(generator.plan().isPlanned)
      var left = generator.duration
      for _ in 0..<12 {
        let time = left * Double.random(in: 0...0.7, using: &random)
        let states = (0..<3).map { generator.state($0, at: time) }
        for joint in 0..<3 { generator.starts[joint] = states[joint] }
        #expect(generator.plan().isPlanned)
        #expect(generator.duration <= left - time + 1e-6)
        left = generator.duration
        for joint in 0..<3 {
          #expect(generator.state(joint, at: 0) == states[joint])
        }
        expectExact(generator, 1e-11)
      }
    }
  }

  @Test("A new target in every cycle leaves velocity and acceleration continuous")
  func newTargetEveryCycle() {
    var random = SeededGenerator(seed: 7)
    let limits = KinematicLimits(velocity: 2, acceleration: 10, jerk: 200)
    var generator = TrajectoryGenerator(jointCount: 1)
    generator.limits[0] = limits
    var state = KinematicState()
    let period = 0.001
    for cycle in 0..<20_000 {
      if cycle % 50 == 0 { generator.targets[0].position = Double.random(in: -2...2, using: &random) }
      generator.starts[0] = state
      #expect(generator.plan().isPlanned)
      let next = generator.state(0, at: period)
      #expect(abs(next.acceleration - state.acceleration) <= limits.jerk * period * (1 + 1e-9))
      #expect(abs(next.velocity) <= limits.maxVelocity + 1e-9)
      #expect(abs(next.acceleration) <= limits.maxAcceleration + 1e-9)
      #expect(abs(next.position - state.position - period * (next.velocity + state.velocity) / 2) < 1e-6)
      state = next
    }
  }

  @Test("Without a jerk limit joints arrive exactly, too", arguments: 0..<4)
  func trapezoids(seed: Int) {
    var random = SeededGenerator(seed: UInt64(500 + seed))
    var generator = TrajectoryGenerator(jointCount: 2)
    for _ in 0..<1000 {
      for joint in 0..<2 {
        var one = RandomJoint(&random, hasJerkLimit: false)
        if joint == 0 { one.start.velocity *= 5 }
        one.put(into: &generator, joint)
      }
      #expect(generator.plan().isPlanned)
      expectExact(generator, 1e-11, from: max(generator.plans[0].back.time, generator.plans[1].back.time))
    }
  }

  /// Ends are met to 1e-8, 1e-8 and 1e-10, and no joint passes its limits by more than `excess`.
  private func expectExact(
    _ generator: borrowing TrajectoryGenerator, _ excess: Double, from time: Double = 0
  ) {
    let residual = generator.residual
    #expect(residual.position <= 1e-8 && residual.velocity <= 1e-8 && residual.acceleration <= 1e-10)
    for joint in 0..<generator.jointCount {
      let peaks = generator.peaks(joint, from: time)
      let limits = generator.limits[joint]
      #expect(peaks.maxVelocity <= limits.maxVelocity + excess)
      #expect(peaks.minVelocity >= limits.minVelocity - excess)
      #expect(peaks.maxAcceleration <= limits.maxAcceleration + excess)
      #expect(peaks.minAcceleration >= limits.minAcceleration - excess)
      #expect(peaks.jerk <= limits.jerk + excess)
    }
  }
}

/// A random start and target, and limits that hold both.
struct RandomJoint {
  var start: KinematicState
  var target: KinematicState
  var limits: KinematicLimits

  init(_ random: inout SeededGenerator, hasJerkLimit: Bool = true) {
    let jerk = hasJerkLimit ? Double.random(in: 0.1...12, using: &random) : .infinity
    func sparse() -> Double {
      Int.random(in: 0..<5, using: &random) == 0 ? 0 : Double.random(in: -1.6...1.6, using: &random)
    }
    start = KinematicState(
      position: Double.random(in: -6...6, using: &random), velocity: sparse(),
      acceleration: hasJerkLimit ? sparse() : 0)
    target = KinematicState(
      position: Double.random(in: -6...6, using: &random), velocity: sparse(),
      acceleration: hasJerkLimit ? sparse() : 0)
    let acceleration = max(abs(start.acceleration), abs(target.acceleration))
    let velocity = max(
      abs(start.velocity) + start.acceleration * start.acceleration / (2 * jerk),
      abs(target.velocity) + target.acceleration * target.acceleration / (2 * jerk))
    limits = KinematicLimits(
      minVelocity: -velocity - Double.random(in: 0.1...12, using: &random),
      maxVelocity: velocity + Double.random(in: 0.1...12, using: &random),
      minAcceleration: -acceleration - Double.random(in: 0.1...12, using: &random),
      maxAcceleration: acceleration + Double.random(in: 0.1...12, using: &random), jerk: jerk)
  }

  func put(into generator: inout TrajectoryGenerator, _ joint: Int) {
    generator.starts[joint] = start
    generator.targets[joint] = target
    generator.limits[joint] = limits
  }
}
