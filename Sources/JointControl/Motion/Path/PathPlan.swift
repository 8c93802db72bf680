/// What a coordinate of a path may do at most.
public struct PathLimit: Sendable {
  /// Highest velocity, acceleration and jerk of either sign, all above zero; jerk may be infinite.
  public var velocity, acceleration, jerk: Double

  /// Limits of a coordinate.
  public init(velocity: Double, acceleration: Double, jerk: Double = .infinity) {
    self.velocity = velocity
    self.acceleration = acceleration
    self.jerk = jerk
  }
}

/// A path with a time for each of its points: first the fastest that velocity and acceleration limits allow (`PathTiming`), then smoothed
/// so that jerk is bounded (`PathClock`).
///
/// Smoothing mixes what is limited at different places of the path, so a limit may be passed afterwards: where that is, the highest speed is
/// lowered, a window long, and the path is timed anew, a bounded number of times. What is left is taken out by stretching time evenly. The
/// result therefore keeps all limits always, and is the fastest one of its kind only nearly; along straight lines it is the
/// jerk-limited optimum, where that has room for its whole acceleration.
public struct PathPlan: Sendable {
  /// The motion, points of all coordinates in time.
  public let motion: Motion
  /// Time that the path would take if acceleration could jump, on the same grid: no motion within the limits is faster [s].
  public let fastest: Double
  /// By how much time was stretched at the end.
  public let stretch: Double
  private let path: JointPath
  private let clock: PathClock

  /// Most rounds of timing.
  private static let mostRounds = 12
  /// Instants per round at which limits are looked at.
  private static let mostInstants = 1500
  /// Largest part of a limit beyond it that is left to stretching.
  private static let slack = 0.002

  /// Plans a path.
  ///
  /// - Parameters:
  ///   - path: at least one coordinate must move.
  ///   - limits: one for each coordinate.
  ///   - grid: points at which the path is looked at, from its start to its end, strictly increasing.
  ///   - effort: torques of the robot whose joints the first coordinates are; without, torque bounds nothing.
  ///   - isMeeting: whether the path's knots are points of the motion.
  ///   - verdict: what became of it; where the path cannot be timed there is no plan.
  public init?(
    _ path: JointPath, limits: [PathLimit], grid: [Double], effort: PathEffort? = nil,
    meetingKnots isMeeting: Bool = false, verdict: inout PathVerdict
  ) {
    precondition(limits.count == path.count && grid.count >= 2)
    var timing = PathTiming(pointCapacity: grid.count, rowCapacity: max(1, 2 * limits.count))
    Self.describe(path, limits, grid, effort, to: &timing)
    let moving = Self.moving(path, grid)
    let rise = moving.map { limits[$0].acceleration / limits[$0].jerk }.max() ?? 0
    // No rise at all would be a division by zero; a tenth of a millisecond is less than a cycle.
    let long = max(rise, 1e-4)
    var best: (clock: PathClock, factor: Double)?
    var fastest = 0.0
    for round in 0..<Self.mostRounds {
      verdict = timing.solve()
      guard case .timed = verdict else { break }
      if round == 0 { fastest = timing.duration }
      let clock = PathClock(timing, long: long, short: min(0.005, 0.25 * long))
      let excesses = Self.excesses(clock, path, limits, effort, moving)
      let factor = excesses.map(\.factor).max() ?? 1
      if best.map({ clock.duration * factor < $0.clock.duration * $0.factor }) ?? true {
        best = (clock, factor)
      }
      if factor <= 1 + Self.slack { break }
      Self.slow(&timing, where: excesses, clock)
    }
    guard let best else { return nil }
    verdict = .timed
    self.path = path
    self.fastest = fastest
    clock = best.clock
    var motion = Self.motion(path, best.clock, best.factor, isMeeting)
    // Between its points the motion is a quintic, whose jerk is not quite the path's.
    let factor = 1.0005 * max(Self.stretch(motion, limits, moving), effort?.stretch(motion) ?? 0)
    if factor > 1 { motion.stretch(by: factor) }
    stretch = best.factor * max(1, factor)
    self.motion = motion
  }

  /// Time of the fastest motion along a path if acceleration could jump [s]; nil where `verdict` says why there is none.
  public static func fastest(
    _ path: JointPath, limits: [PathLimit], grid: [Double], verdict: inout PathVerdict
  ) -> Double? {
    precondition(limits.count == path.count && grid.count >= 2)
    var timing = PathTiming(pointCapacity: grid.count, rowCapacity: max(1, limits.count))
    describe(path, limits, grid, nil, to: &timing)
    verdict = timing.solve()
    if case .timed = verdict { return timing.duration }
    return nil
  }

  /// Time from rest to rest [s].
  public var duration: Double { motion.points[motion.points.count - 1].time }

  /// Coordinates that move at all.
  private static func moving(_ path: JointPath, _ grid: [Double]) -> [Int] {
    (0..<path.count).filter { coordinate in
      grid.contains { abs(path.place(coordinate, at: $0).first) > 1e-12 }
    }
  }

  /// Gives the timing its grid, a row for each coordinate's acceleration, q' u + q'' x, and one for each torque.
  package static func describe(
    _ path: JointPath, _ limits: [PathLimit], _ grid: [Double], _ effort: PathEffort? = nil,
    to timing: inout PathTiming
  ) {
    let shares = grid.map { effort?.shares(of: path, at: $0, in: path.piece(at: $0)) ?? [] }
    timing.begin(points: grid.count, rows: limits.count + shares[0].count)
    for (point, position) in grid.enumerated() {
      var bound = Double.infinity
      let piece = path.piece(at: position)
      for (coordinate, limit) in limits.enumerated() {
        let place = path.place(coordinate, at: position, in: piece)
        if abs(place.first) > 1e-12 {
          bound = min(bound, limit.velocity * limit.velocity / (place.first * place.first))
        }
        timing.set(
          point, row: coordinate,
          to: PathTiming.Row(
            along: place.first / limit.acceleration, square: place.second / limit.acceleration, low: -1,
            high: 1))
      }
      for (joint, share) in shares[point].enumerated() {
        timing.set(
          point, row: limits.count + joint,
          to: PathTiming.Row(
            along: share.along / share.limit, square: share.square / share.limit,
            low: -1 - share.rest / share.limit, high: 1 - share.rest / share.limit))
      }
      timing.set(point, position: position, bound: bound)
    }
  }

  /// An instant, and by what factor time had to be stretched there.
  private struct Excess {
    var time, factor: Double
  }

  private static func excesses(
    _ clock: PathClock, _ path: JointPath, _ limits: [PathLimit], _ effort: PathEffort?, _ moving: [Int]
  ) -> [Excess] {
    let count = max(200, min(mostInstants, Int(clock.duration / 0.002)))
    return (0...count).map { index in
      let time = clock.duration * Double(index) / Double(count)
      let instant = clock.instant(at: time)
      let position = min(max(path.start + instant.position, path.start), path.end)
      let piece = path.piece(at: position)
      var factor = 0.0
      for coordinate in moving {
        let place = path.place(coordinate, at: position, in: piece)
        let (v, limit) = (instant.speed, limits[coordinate])
        let acceleration = place.second * v * v + place.first * instant.acceleration
        let jerk =
          place.third * v * v * v + 3 * place.second * v * instant.acceleration + place.first * instant.jerk
        factor = max(
          factor, abs(place.first * v) / limit.velocity,
          (abs(acceleration) / limit.acceleration).squareRoot(),
          cubeRoot(abs(jerk) / limit.jerk))
      }
      for share in effort?.shares(of: path, at: position, in: piece) ?? [] {
        factor = max(factor, share.stretch(speed: instant.speed, acceleration: instant.acceleration))
      }
      return Excess(time: time, factor: factor)
    }
  }

  /// Lowers the highest speed where limits are passed, a window long around the middle of each such stretch.
  ///
  /// Where the acceleration turns round at once, at a peak or a dip of speed, the least speed of the window makes a level that is as long
  /// as the acceleration needs to pass zero; elsewhere the speed is lowered by the factor.
  private static func slow(_ timing: inout PathTiming, where excesses: [Excess], _ clock: PathClock) {
    let window = clock.long + clock.short
    var index = 0
    while index < excesses.count {
      guard excesses[index].factor > 1 + 0.5 * slack else {
        index += 1
        continue
      }
      var end = index
      while end + 1 < excesses.count && excesses[end + 1].factor > 1 + 0.5 * slack { end += 1 }
      let (from, to) = (excesses[index].time, excesses[end].time)
      let parts = max(1, Int(((to - from) / (1.5 * window)).rounded(.up)))
      for part in 0..<parts {
        let share = (to - from) / Double(parts)
        let (first, last) = (from + Double(part) * share, from + Double(part + 1) * share)
        let factor =
          excesses[index...end].filter { $0.time >= first && $0.time <= last }.map(\.factor).max() ?? 1
        let middle = 0.5 * (first + last) - 0.5 * window
        level(&timing, from: middle - 0.5 * window, to: middle + 0.5 * window, by: factor, clock)
      }
      index = end + 1
    }
  }

  /// Bounds the speed between two times of the fastest timing.
  private static func level(
    _ timing: inout PathTiming, from: Double, to: Double, by factor: Double, _ clock: PathClock
  ) {
    var (least, most, sum) = (Double.infinity, 0.0, 0.0)
    for step in 0...16 {
      let speed = clock.raw(at: from + (to - from) * Double(step) / 16).speed
      least = min(least, speed)
      most = max(most, speed)
      sum += speed / 17
    }
    let lowered = sum / max(factor, 1.002)
    let speed = least < 0.999 * most ? max(least, lowered) : lowered
    let origin = timing.position(0)
    let (first, last) = (origin + clock.raw(at: from).position, origin + clock.raw(at: to).position)
    for point in 0..<timing.pointCount {
      // The pieces at both ends count: what lies between two points goes by both of them.
      let before = timing.position(max(point - 1, 0))
      let after = timing.position(min(point + 1, timing.pointCount - 1))
      if after > first && before < last { timing.lower(point, to: speed * speed) }
    }
  }
}

extension PathPlan {
  /// Where on the path the motion is at a time, its parameter and derivatives with respect to time.
  func instant(at time: Double) -> PathClock.Instant {
    Self.instant(path, clock, at: time, stretch)
  }

  private static func instant(
    _ path: JointPath, _ clock: PathClock, at time: Double, _ factor: Double
  ) -> PathClock.Instant {
    var instant = clock.instant(at: time / factor)
    instant.position = min(max(path.start + instant.position, path.start), path.end)
    instant.speed /= factor
    instant.acceleration /= factor * factor
    instant.jerk /= factor * factor * factor
    return instant
  }

  /// Times of a motion's points: even, some moved so that knots are met.
  private static func times(
    _ path: JointPath, _ clock: PathClock, _ factor: Double, _ isMeeting: Bool
  ) -> [Double] {
    let duration = clock.duration * factor
    let step = max(0.5 * clock.short * factor, duration / 8000)
    let count = max(8, Int((duration / step).rounded(.up)))
    var times = (0...count).map { duration * Double($0) / Double(count) }
    guard isMeeting else { return times }
    var used = 0
    for knot in path.knots.dropFirst().dropLast() {
      let time = clock.time(at: knot - path.start) * factor
      let index = Int((time / duration * Double(count)).rounded())
      // Two knots that fall to one point are closer than a cycle; the first is met.
      guard index > used && index < count else { continue }
      times[index] = time
      used = index
    }
    return times
  }

  private static func motion(
    _ path: JointPath, _ clock: PathClock, _ factor: Double, _ isMeeting: Bool
  ) -> Motion {
    let times = times(path, clock, factor, isMeeting)
    let points = times.enumerated().map { index, time in
      let isEnd = index == 0 || index == times.count - 1
      var now = instant(path, clock, at: time, factor)
      if isEnd { now = PathClock.Instant(position: index == 0 ? path.start : path.end) }
      let piece = path.piece(at: now.position)
      let places = (0..<path.count).map { path.place($0, at: now.position, in: piece) }
      return Motion.Point(
        time: time, positions: places.map(\.value), velocities: places.map { $0.first * now.speed },
        accelerations: places.map { $0.second * now.speed * now.speed + $0.first * now.acceleration })
    }
    return Motion(name: "path", points: points)
  }

  /// By how much a motion must be stretched so that it keeps its limits as it is sampled.
  private static func stretch(_ motion: Motion, _ limits: [PathLimit], _ moving: [Int]) -> Double {
    let trajectory = Trajectory(motion, jointCount: limits.count)
    var factor = 0.0
    for coordinate in moving {
      let (peaks, limit) = (trajectory.peaks(joint: coordinate), limits[coordinate])
      factor = max(
        factor, peaks.velocity / limit.velocity, (peaks.acceleration / limit.acceleration).squareRoot(),
        cubeRoot(peaks.jerk / limit.jerk))
    }
    return factor
  }
}
