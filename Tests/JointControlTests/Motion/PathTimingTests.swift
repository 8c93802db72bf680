import ControlCycle
import TestSupport
import Testing

@testable import JointControl

/// Time-optimal path parameterisation against solutions in closed form, and by what makes a timing the fastest.
@Suite("Timing of paths")
struct PathTimingTests {
  private func spline(_ random: inout SeededGenerator, joints: Int, points count: Int) -> JointPath {
    var points = [[Double](repeating: 0, count: joints)]
    var knots = [0.0]
    while points.count < count {
      let before = points[points.count - 1]
      let point = before.map { $0 + Double.random(in: -1...1, using: &random) }
      points.append(point)
      var square = 0.0
      for joint in 0..<joints { square += (point[joint] - before[joint]) * (point[joint] - before[joint]) }
      knots.append(knots[knots.count - 1] + square.squareRoot())
    }
    return JointPath(through: points, at: knots, end: .natural)
  }

  private func limits(_ random: inout SeededGenerator, joints: Int) -> [PathLimit] {
    (0..<joints).map { _ in
      PathLimit(
        velocity: Double.random(in: 0.5...3, using: &random),
        acceleration: Double.random(in: 1...20, using: &random),
        jerk: Double.random(in: 50...400, using: &random))
    }
  }

  private func grid(_ path: JointPath, _ pieces: Int) -> [Double] {
    (0...pieces).map { path.start + (path.end - path.start) * Double($0) / Double(pieces) }
  }

  @Test(
    "A straight line takes the time of a triangle or trapezoid of velocity, whichever joint is the slowest",
    arguments: [(0.5, 1.0, 2.5), (10.0, 1.0, 2.0), (0.25, 0.5, 4.5)])
  func line(velocity: Double, acceleration: Double, time: Double) {
    let path = JointPath(through: [[0, 0], [1, 0.5]], at: [0, 1], end: .natural)
    let limits = [
      PathLimit(velocity: velocity, acceleration: acceleration), PathLimit(velocity: 9, acceleration: 9),
    ]
    var verdict = PathVerdict.blocked
    // The corners of these trapezoids lie at grid points.
    let found = PathPlan.fastest(path, limits: limits, grid: grid(path, 160), verdict: &verdict)
    #expect(abs((found ?? 0) - time) <= 1e-12)
  }

  @Test("Gravity leaves less for one direction: a lift with 10 N.m for 6 N.m of weight takes the exact time")
  func gravity() {
    // Unit inertia: u + 6 within 10, so it speeds up by 4 and slows down by 16.
    var timing = PathTiming(pointCapacity: 101, rowCapacity: 1)
    timing.begin(points: 101, rows: 1)
    for point in 0...100 {
      timing.set(point, position: Double(point) / 100, bound: .infinity)
      timing.set(point, row: 0, to: PathTiming.Row(along: 1, square: 0, low: -16, high: 4))
    }
    guard case .timed = timing.solve() else {
      Issue.record("not timed")
      return
    }
    // v^2 / 8 + v^2 / 32 = 1, T = v / 4 + v / 16, with the corner at 0.8 of the way.
    let peak = 6.4.squareRoot()
    #expect(abs(timing.duration - (peak / 4 + peak / 16)) <= 1e-12)
  }

  @Test(
    "100 random curves: every row holds, every piece is at a bound, and lower bounds nowhere make it faster")
  func optimal() {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<100 {
      let joints = Int.random(in: 1...6, using: &random)
      let path = spline(&random, joints: joints, points: Int.random(in: 2...6, using: &random))
      let (limits, grid) = (limits(&random, joints: joints), grid(path, 60))
      var timing = PathTiming(pointCapacity: grid.count, rowCapacity: joints)
      PathPlan.describe(path, limits, grid, to: &timing)
      guard case .timed = timing.solve() else {
        Issue.record("not timed")
        continue
      }
      let duration = timing.duration
      for point in 0..<grid.count - 1 {
        let u = timing.acceleration(after: point)
        var use = timing.square(point + 1) / timing.controllable(point + 1)
        if point + 2 == grid.count { use = 1 }
        for end in [point, point + 1] {
          for (joint, limit) in limits.enumerated() {
            let place = path.place(joint, at: grid[end])
            let share = abs(place.first * u + place.second * timing.square(end)) / limit.acceleration
            #expect(share <= 1 + 1e-9)
            #expect(abs(place.first) * timing.square(end).squareRoot() <= limit.velocity * (1 + 1e-12))
            use = max(use, share)
          }
        }
        #expect(use >= 1 - 1e-6, "a piece could be faster")
      }
      for _ in 0..<3 {
        let point = Int.random(in: 1..<grid.count - 1, using: &random)
        timing.lower(point, to: Double.random(in: 0.1...1, using: &random) * timing.square(point))
        guard case .timed = timing.solve() else {
          Issue.record("not timed")
          break
        }
        #expect(timing.duration >= duration * (1 - 1e-3))
      }
    }
  }

  @Test(
    "10 random curves with bounded jerk: no limit is passed anywhere, no knot is missed, rest at both ends")
  func bounded() {
    var random = SeededGenerator(seed: 9)
    for _ in 0..<10 {
      let joints = Int.random(in: 1...4, using: &random)
      let path = spline(&random, joints: joints, points: Int.random(in: 2...5, using: &random))
      let (limits, grid) = (limits(&random, joints: joints), grid(path, 100))
      var verdict = PathVerdict.blocked
      guard let plan = PathPlan(path, limits: limits, grid: grid, meetingKnots: true, verdict: &verdict)
      else {
        Issue.record("\(verdict)")
        continue
      }
      #expect(plan.duration > plan.fastest)
      let trajectory = Trajectory(plan.motion, jointCount: joints)
      let (first, last) = (plan.motion.points[0], plan.motion.points[plan.motion.points.count - 1])
      for (joint, limit) in limits.enumerated() {
        let peaks = trajectory.peaks(joint: joint)
        #expect(peaks.velocity <= limit.velocity && peaks.acceleration <= limit.acceleration)
        #expect(peaks.jerk <= limit.jerk)
        for point in [first, last] {
          #expect(point.velocities?[joint] == 0 && point.accelerations?[joint] == 0)
        }
      }
      for knot in path.knots {
        let wanted = (0..<joints).map { path.place($0, at: knot).value }
        var nearest = Double.infinity
        for point in plan.motion.points {
          var off = 0.0
          for joint in 0..<joints { off = max(off, abs(point.positions[joint] - wanted[joint])) }
          nearest = min(nearest, off)
        }
        #expect(nearest <= 1e-9)
      }
    }
  }

  @Test("What cannot be timed is refused, with the point")
  func refusals() {
    func verdict(_ change: (inout PathTiming) -> Void) -> (PathVerdict, Int) {
      var timing = PathTiming(pointCapacity: 4, rowCapacity: 1)
      timing.begin(points: 4, rows: 1)
      for point in 0..<4 {
        timing.set(point, position: Double(point), bound: 1)
        timing.set(point, row: 0, to: PathTiming.Row(along: 1, square: 0.1, low: -1, high: 1))
      }
      change(&timing)
      return (timing.solve(), timing.decidingPoint)
    }
    #expect(verdict { _ in }.0 == .timed)
    #expect(verdict { $0.set(2, position: 1, bound: 1) } == (.notFinite, 2))
    #expect(verdict { $0.set(1, position: 1, bound: .nan) } == (.notFinite, 1))
    #expect(
      verdict { $0.set(3, row: 0, to: PathTiming.Row(along: 1, square: 0, low: 0.5, high: 1)) }
        == (.impossibleAtRest, 3))
    #expect(
      verdict {
        $0.lower(1, to: 0)
        $0.lower(2, to: 0)
      } == (.blocked, 0))
  }
}
