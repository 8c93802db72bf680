import ControlCycle
import Dispatch
import Foundation
import JointControl

/// Paths through random points, timed and checked: rows of the fastest timing at its grid points, and limits of the motion that is made
/// of it, as it is sampled.
struct PathProof {
  private(set) var planned = 0
  /// Largest part of a limit that is passed by a row of the fastest timing, by velocity, and by the sampled motion.
  private(set) var rowExcess = -Double.infinity, excess = -Double.infinity
  /// Time of the motion over that of the fastest timing and its rise: sum and largest.
  private(set) var ratios = 0.0, largestRatio = 0.0
  /// Time that the timing took on the average and at most [ns].
  private(set) var meanTime = 0.0, worstTime = 0.0
  private(set) var worst = ""
  private let cases, joints: Int

  /// Times `cases` paths of `joints` joints: 2 to 10 points, some close to each other, some where joints turn back, some with joints that
  /// rest; limits differ by the joint up to a hundredfold.
  init(cases: Int, joints: Int, seed: UInt64) {
    self.cases = cases
    self.joints = joints
    var numbers = RandomNumbers(seed: seed)
    for index in 0..<cases {
      let path = Self.path(joints, &numbers)
      let riseTime = numbers.uniform(0.01, 0.2)
      let limits = (0..<joints).map { _ in
        let acceleration = pow(10, numbers.uniform(0, 2))
        return PathLimit(
          velocity: pow(10, numbers.uniform(-0.5, 1)), acceleration: acceleration,
          jerk: acceleration / riseTime)
      }
      let grid = (0...200).map { path.start + (path.end - path.start) * Double($0) / 200 }
      time(path, limits, grid, index)
      var verdict = PathVerdict.timed
      guard let plan = PathPlan(path, limits: limits, grid: grid, meetingKnots: true, verdict: &verdict)
      else {
        worst = "case \(index) is refused: \(verdict)"
        continue
      }
      planned += 1
      let ratio = plan.duration / (plan.fastest + riseTime)
      ratios += ratio
      largestRatio = max(largestRatio, ratio)
      check(plan, limits, index)
    }
    meanTime /= Double(cases)
  }

  private static func path(_ joints: Int, _ numbers: inout RandomNumbers) -> JointPath {
    let count = 2 + Int(numbers.unit() * 8.999)
    let resting = numbers.unit() < 0.3 ? Int(numbers.unit() * Double(joints)) : 0
    var points = [(0..<joints).map { _ in numbers.uniform(-2, 2) }]
    var knots = [0.0]
    while points.count < count {
      let reach = numbers.unit() < 0.2 ? 0.01 : 1.0
      let before = points[points.count - 1]
      let point = (0..<joints).map { $0 < resting ? before[$0] : before[$0] + reach * numbers.normal() }
      let square = zip(point, before).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      guard square > 1e-10 else { continue }
      points.append(point)
      knots.append(knots[knots.count - 1] + square.squareRoot())
    }
    return JointPath(through: points, at: knots, end: numbers.unit() < 0.5 ? .natural : .notAKnot)
  }

  /// Times the fastest timing alone, and looks at its rows.
  private mutating func time(_ path: JointPath, _ limits: [PathLimit], _ grid: [Double], _ index: Int) {
    var timing = PathTiming(pointCapacity: grid.count, rowCapacity: joints)
    PathPlan.describe(path, limits, grid, to: &timing)
    let start = DispatchTime.now().uptimeNanoseconds
    _ = timing.solve()
    let taken = Double(DispatchTime.now().uptimeNanoseconds - start)
    meanTime += taken
    worstTime = max(worstTime, taken)
    for point in 0..<grid.count - 1 {
      let u = timing.acceleration(after: point)
      for end in [point, point + 1] {
        let x = timing.square(end)
        for (joint, limit) in limits.enumerated() {
          let place = path.place(joint, at: grid[end])
          let passed = max(
            abs(place.first * u + place.second * x) / limit.acceleration - 1,
            abs(place.first) * x.squareRoot() / limit.velocity - 1)
          note(passed, \.rowExcess, 1e-9, "case \(index), point \(end), joint \(joint)")
        }
      }
    }
  }

  /// Looks at the motion every half millisecond.
  private mutating func check(_ plan: PathPlan, _ limits: [PathLimit], _ index: Int) {
    let trajectory = Trajectory(plan.motion, jointCount: joints)
    let count = Int(trajectory.duration / 0.0005) + 1
    for (joint, limit) in limits.enumerated() {
      var before = 0.0
      for sample in 0...count {
        let setpoint = trajectory.setpoint(
          joint: joint, at: min(Double(sample) * 0.0005, trajectory.duration))
        let jerk = sample > 0 ? abs(setpoint.acceleration - before) / 0.0005 : 0
        before = setpoint.acceleration
        let passed = max(
          abs(setpoint.velocity) / limit.velocity, abs(setpoint.acceleration) / limit.acceleration,
          jerk / limit.jerk)
        note(passed - 1, \.excess, 0, "case \(index), joint \(joint), \(Double(sample) * 0.0005) s")
      }
    }
  }

  private mutating func note(
    _ passed: Double, _ most: WritableKeyPath<PathProof, Double>, _ bound: Double,
    _ place: @autoclosure () -> String
  ) {
    guard !(passed <= self[keyPath: most]) else { return }
    self[keyPath: most] = passed
    if !(passed <= bound) { worst = "\(place()): passed by \(passed)" }
  }

  /// Whether every path was timed within the limits.
  var holds: Bool { planned == cases && rowExcess <= 1e-9 && excess <= 0 }

  var text: String {
    func short(_ value: Double) -> String { String(format: "%.3g", value) }
    return
      "\(planned) of \(cases) paths of \(joints) joints timed; at grid points limits are passed by at most \(short(rowExcess)) of them,"
      + " by the sampled motion \(short(excess)); with bounded jerk they take \(short(ratios / Double(max(1, planned))))"
      + " of fastest time and rise, at most \(short(largestRatio)); us for 200 pieces: \(short(meanTime / 1e3)), at most"
      + " \(short(worstTime / 1e3))" + (worst.isEmpty ? "" : "; \(worst)")
  }
}
