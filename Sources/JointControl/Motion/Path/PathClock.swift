/// Where on a path one is at what time: a path's fastest timing, its acceleration smoothed so that jerk is bounded.
///
/// The fastest timing lets the acceleration along the path jump. Here position is its mean over a window of time, twice: over one as
/// long as acceleration may take to rise, and over a short one, which makes jerk continuous. The path itself stays
/// as it is, rest stays rest, and the way takes as much longer as the windows are.
struct PathClock {
  /// Position along the path, and its derivatives with respect to time.
  struct Instant {
    var position = 0.0, speed = 0.0, acceleration = 0.0, jerk = 0.0
  }

  /// Time until rest [s].
  let duration: Double
  /// Lengths of the windows [s].
  let long, short: Double
  /// At each point of the fastest timing: time, position, speed, acceleration behind it, and two integrals of position over time.
  private var times, positions, speeds, accelerations, once, twice: [Double]

  /// The clock of a path that is timed.
  init(_ timing: borrowing PathTiming, long: Double, short: Double) {
    (self.long, self.short) = (long, short)
    let count = timing.pointCount
    duration = timing.duration + long + short
    let origin = timing.position(0)
    times = (0..<count).map { timing.time($0) }
    positions = (0..<count).map { timing.position($0) - origin }
    speeds = (0..<count).map { timing.square($0).squareRoot() }
    accelerations = (0..<count).map { $0 + 1 < count ? timing.acceleration(after: $0) : 0 }
    once = [0]
    twice = [0]
    for index in 1..<count {
      let t = times[index] - times[index - 1]
      let (s, v, u) = (positions[index - 1], speeds[index - 1], accelerations[index - 1])
      twice.append(twice[index - 1] + t * (once[index - 1] + t * (s / 2 + t * (v / 6 + t * u / 24))))
      once.append(once[index - 1] + t * (s + t * (v / 2 + t * u / 6)))
    }
  }

  /// The smoothed motion at a time.
  func instant(at time: Double) -> Instant {
    let (a, b, c, d) = (
      raw(at: time), raw(at: time - long), raw(at: time - short), raw(at: time - long - short)
    )
    let area = long * short
    return Instant(
      position: (a.twice - b.twice - c.twice + d.twice) / area,
      speed: (a.once - b.once - c.once + d.once) / area,
      acceleration: (a.position - b.position - c.position + d.position) / area,
      jerk: (a.speed - b.speed - c.speed + d.speed) / area)
  }

  /// What a point of the fastest timing is made of.
  struct Raw {
    var position = 0.0, speed = 0.0, once = 0.0, twice = 0.0
  }

  /// The fastest timing at a time; before and after it one rests.
  func raw(at time: Double) -> Raw {
    guard time > 0 else { return Raw() }
    let last = times.count - 1
    if time >= times[last] {
      let t = time - times[last]
      return Raw(
        position: positions[last], speed: 0, once: once[last] + t * positions[last],
        twice: twice[last] + t * (once[last] + t * positions[last] / 2))
    }
    var (low, high) = (0, last)
    while high - low > 1 {
      let middle = (low + high) / 2
      if time >= times[middle] { low = middle } else { high = middle }
    }
    let t = time - times[low]
    let (s, v, u) = (positions[low], speeds[low], accelerations[low])
    return Raw(
      position: s + t * (v + t * u / 2), speed: v + t * u,
      once: once[low] + t * (s + t * (v / 2 + t * u / 6)),
      twice: twice[low] + t * (once[low] + t * (s / 2 + t * (v / 6 + t * u / 24))))
  }

  /// When a position is reached, which increases with time.
  func time(at position: Double) -> Double {
    var (low, high) = (0.0, duration)
    for _ in 0..<60 {
      let middle = 0.5 * (low + high)
      if instant(at: middle).position < position { low = middle } else { high = middle }
    }
    return 0.5 * (low + high)
  }
}
