import ControlCycle
import Foundation

/// Random cases, planned and checked: what the pieces miss the target by, and how far they pass the limits.
struct TrajectoryProof {
  private(set) var planned = 0
  private(set) var refused = 0
  private(set) var residual = KinematicState()
  private(set) var excess = -Double.infinity
  private(set) var worst = ""
  private let cases: Int
  private let joints: Int

  /// Plans `cases` of `joints` joints each. Positions are normal with a deviation of 4 rad, velocities and accelerations of
  /// 0.8, a fifth of them zero; limits are uniform between 0.1 and 12 beyond what start and target need.
  init(cases: Int, joints: Int, seed: UInt64) {
    self.cases = cases
    self.joints = joints
    var numbers = RandomNumbers(seed: seed)
    var generator = TrajectoryGenerator(jointCount: joints)
    for index in 0..<cases {
      for joint in 0..<joints { generator.randomize(joint, &numbers) }
      let verdict = generator.plan(index % 8 == 7 ? .none : .time, taking: index % 16 == 3 ? 5 : 0)
      guard verdict.isPlanned else {
        refused += 1
        continue
      }
      planned += 1
      let missed = generator.residual
      residual.position = max(residual.position, missed.position)
      residual.velocity = max(residual.velocity, missed.velocity)
      residual.acceleration = max(residual.acceleration, missed.acceleration)
      if !(missed.position <= 1e-8 && missed.velocity <= 1e-8 && missed.acceleration <= 1e-10) {
        worst = "case \(index) misses by \(missed)"
        residual.position = max(residual.position, missed.position.isFinite ? 0 : .infinity)
      }
      for joint in 0..<joints {
        let passed = generator.excess(joint)
        if !(passed <= excess) {
          excess = passed
          if !(passed <= 1e-12) { worst = "case \(index), joint \(joint) passes a limit by \(passed)" }
        }
      }
    }
  }

  /// Whether every case was planned, ends within 1e-8 rad, 1e-8 rad/s and 1e-10 rad/s^2, and keeps limits to 1e-12.
  var holds: Bool {
    planned == cases && residual.position <= 1e-8 && residual.velocity <= 1e-8
      && residual.acceleration <= 1e-10
      && excess <= 1e-12
  }

  var text: String {
    let figures = [residual.position, residual.velocity, residual.acceleration, excess]
      .map { String(format: "%.2g", $0) }
    return
      "\(planned) of \(cases) cases of \(joints) joints planned; ends missed by at most \(figures[0]) rad,"
      + " \(figures[1]) rad/s, \(figures[2]) rad/s^2; limits passed by at most \(figures[3])"
      + (worst.isEmpty ? "" : "; \(worst)")
  }
}

extension TrajectoryGenerator {
  /// How far the motion of a joint passes its limits of velocity, acceleration or jerk; below zero inside.
  func excess(_ joint: Int) -> Double {
    let peaks = peaks(joint)
    let bounds = limits[joint]
    return max(
      peaks.maxVelocity - bounds.maxVelocity, bounds.minVelocity - peaks.minVelocity,
      peaks.maxAcceleration - bounds.maxAcceleration, bounds.minAcceleration - peaks.minAcceleration,
      peaks.jerk - bounds.jerk)
  }

  /// Gives a joint a random start and target, and limits that hold both.
  mutating func randomize(_ joint: Int, _ numbers: inout RandomNumbers) {
    let start = KinematicState(
      position: 4 * numbers.normal(), velocity: numbers.sparse(), acceleration: numbers.sparse())
    let target = KinematicState(
      position: 4 * numbers.normal(), velocity: numbers.sparse(), acceleration: numbers.sparse())
    let jerk = numbers.uniform(0.1, 12)
    let acceleration = max(abs(start.acceleration), abs(target.acceleration))
    let velocity = max(
      abs(start.velocity) + start.acceleration * start.acceleration / (2 * jerk),
      abs(target.velocity) + target.acceleration * target.acceleration / (2 * jerk))
    starts[joint] = start
    targets[joint] = target
    limits[joint] = KinematicLimits(
      minVelocity: -velocity - numbers.uniform(0.1, 12), maxVelocity: velocity + numbers.uniform(0.1, 12),
      minAcceleration: -acceleration - numbers.uniform(0.1, 12),
      maxAcceleration: acceleration + numbers.uniform(0.1, 12), jerk: jerk)
  }
}

/// Numbers by SplitMix64: the same on every machine.
struct RandomNumbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func unit() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }

  mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }

  /// Nearly normal, by twelve uniform numbers.
  mutating func normal() -> Double {
    var sum = -6.0
    for _ in 0..<12 { sum += unit() }
    return sum
  }

  /// Normal with a deviation of 0.8, zero in one of five.
  mutating func sparse() -> Double { unit() < 0.2 ? 0 : 0.8 * normal() }
}
