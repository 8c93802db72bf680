internal import Numerics

/// Those rows of a record in which a joint slides one way for a while, smoothed: what an equation of motion with friction as a constant holds for.
struct SlidingMotion {
  private(set) var accelerations: [Double] = []
  private(set) var velocities: [Double] = []
  /// 1 or -1.
  private(set) var sides: [Double] = []
  private(set) var torques: [Double] = []
  /// Slope of the torque over time [N.m/s].
  private(set) var torqueSlopes: [Double] = []
  /// What an error of the gear's angle of one radian takes of an inertia of one, in sine and in cosine.
  private(set) var errors: [[Double]] = [[], []]
  /// Frequency of a tone: high accelerations over high speeds [rad/s].
  private(set) var rate = 0.0
  /// What nine tenths and a half of all accelerations stay below [rad/s^2].
  private(set) var highAcceleration = 0.0

  /// Damping ratio of a reducer's torsion, by the load alone, where nobody states one.
  private static let torsionDamping = 0.05

  /// Looks for such rows; nil where there are few, or only one way.
  ///
  /// - Parameters:
  ///   - record: quick motion.
  ///   - torques: torque that acted from the row before to each row [N.m].
  ///   - lag: time by which measured velocities are late [s].
  ///   - gear: what is known of the gear.
  ///   - inertia: inertia of rotor and load, where the load's own motion behind the gear's stiffness is to be followed [kg.m^2].
  ///   - window: time over which signals are smoothed [s].
  ///   - slideShare: part of the high speeds below which a joint does not slide.
  init?(
    _ record: JointRecord, _ torques: [Double], lag: Double, gear: SlidingInertia.Gear,
    inertia: Double? = nil, window: Double, slideShare: Double
  ) {
    let period = record.period
    let length = max(5, Int((window / period).rounded()) | 1)
    let count = record.count
    guard count > 12 * length else { return nil }
    let window = SmoothingWindow(length: length)
    let early = Self.early(record, lag)
    var follow: (([Double]) -> [Double]) = { $0 }
    var moved = early
    if let inertia, let stiffness = gear.stiffness, let rotor = gear.rotor, inertia > rotor {
      let load = inertia - rotor
      follow = { Self.behind($0, load: load, stiffness: stiffness, period) }
      moved = zip(early, follow(early)).map { (rotor * $0 + load * $1) / inertia }
    }
    let (speed, rotorSpeed, torque) = (window.apply(moved), window.apply(early), window.apply(torques))
    let quick = SmoothingWindow(length: 5).apply(early)
    let slopes = Self.slopes(SmoothingWindow(length: 5).apply(follow(early)), period)
    let waves = gear.errors.map {
      Self.waves(record.positions, slopes, turns: $0, window, period, follow)
    }
    let rises = Self.slopes(torque, period)
    func high(_ values: [Double]) -> Double { values.map(\.magnitude).sorted()[values.count * 19 / 20] }
    let highest = high(rotorSpeed)
    guard highest > 0 else { return nil }
    let sides = Self.sides(quick, above: slideShare * highest, length: length)
    let changes = speed.indices.map { $0 == 0 ? 0 : (speed[$0] - speed[$0 - 1]) / period }
    highAcceleration = high(changes)
    rate = highAcceleration / highest
    for row in 4 * length..<max(4 * length, count - 2 * length) where sides[row] != 0 {
      accelerations.append(changes[row])
      velocities.append(0.5 * (rotorSpeed[row] + rotorSpeed[row - 1]))
      self.sides.append(sides[row])
      self.torques.append(torque[row])
      torqueSlopes.append(rises[row])
      for (place, wave) in (waves ?? []).enumerated() {
        self.errors[place].append(0.5 * (wave[row] + wave[row - 1]))
      }
    }
    guard accelerations.count > 10 * length, self.sides.contains(1), self.sides.contains(-1) else {
      return nil
    }
  }

  /// Velocities of the rows' own instants, which are measured later.
  static func early(_ record: JointRecord, _ lag: Double) -> [Double] {
    record.velocities.indices.map { index in
      let place = min(max(Double(index) + lag / record.period, 0), Double(record.count - 1))
      let low = min(Int(place), record.count - 2)
      return record.velocities[low] + (place - Double(low))
        * (record.velocities[low + 1] - record.velocities[low])
    }
  }

  private static func slopes(_ values: [Double], _ period: Double) -> [Double] {
    values.indices.map { index in
      let (low, high) = (max(0, index - 1), min(values.count - 1, index + 1))
      return (values[high] - values[low]) / (Double(high - low) * period)
    }
  }

  /// 1 or -1 where all of the window about a row is faster than a speed, that way; else 0.
  private static func sides(_ speeds: [Double], above least: Double, length: Int) -> [Double] {
    var sides = [Double](repeating: 0, count: speeds.count)
    var (up, down) = (0, 0)
    for (index, speed) in speeds.enumerated() {
      up = speed > least ? up + 1 : 0
      down = speed < -least ? down + 1 : 0
      guard index >= length / 2 else { continue }
      sides[index - length / 2] = up >= length ? 1 : down >= length ? -1 : 0
    }
    return sides
  }

  /// What an error of the gear's angle of one radian, in sine and cosine, takes of an inertia of one at the load: its own acceleration,
  /// and the part by which it changes the ratio of the torque.
  private static func waves(
    _ positions: [Double], _ slopes: [Double], turns: Double, _ window: SmoothingWindow, _ period: Double,
    _ follow: ([Double]) -> [Double]
  ) -> [[Double]] {
    let angles = SmoothingWindow(length: 9).apply(positions).map { turns * $0 }
    let (sines, cosines) = (angles.map { Double.sin($0) }, angles.map { Double.cos($0) })
    return [(sines, cosines, turns), (cosines, sines, -turns)].map { wave, quarter, factor in
      let smooth = window.apply(follow(wave))
      let ratio = window.apply(quarter.indices.map { factor * quarter[$0] * slopes[$0] })
      return smooth.indices.map { index in
        guard index > 0, index < smooth.count - 1 else { return 0 }
        return (smooth[index + 1] - 2 * smooth[index] + smooth[index - 1]) / (period * period)
          + ratio[index]
      }
    }
  }

  /// What a load does behind a spring whose near end does this: its own angle, by the bilinear rule.
  private static func behind(
    _ signal: [Double], load: Double, stiffness: Double, _ period: Double
  ) -> [Double] {
    let damping = 2 * torsionDamping * (stiffness * load).squareRoot()
    let rate = 2 / period
    let inertial = load * rate * rate
    let whole = inertial + damping * rate + stiffness
    let (b0, b1, b2) = (
      (damping * rate + stiffness) / whole, 2 * stiffness / whole, (stiffness - damping * rate) / whole
    )
    let (a1, a2) = (
      (2 * stiffness - 2 * inertial) / whole, (inertial - damping * rate + stiffness) / whole
    )
    guard let first = signal.first else { return [] }
    var (in1, in2, out1, out2) = (first, first, first, first)
    return signal.map { value in
      let out = b0 * value + b1 * in1 + b2 * in2 - a1 * out1 - a2 * out2
      (in2, in1, out2, out1) = (in1, value, out1, out)
      return out
    }
  }
}
