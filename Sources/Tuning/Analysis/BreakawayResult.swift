internal import Numerics

/// Torque at which a joint that stands begins to move, either way, from torque that rises slowly in parts of the record.
public struct BreakawayResult: Sendable, Equatable {
  /// Highest torque of each part before the joint moved, with its sign [N.m].
  public let torques: [Double]
  /// Break-away friction, half the way from one side to the other [N.m].
  public let friction: Estimate
  /// What is the same both ways: the weight where the joint stood [N.m].
  public let offset: Estimate

  /// Reads break-away off a record; nil where no part has motion after rest.
  ///
  /// - Parameters:
  ///   - record: parts of rising torque.
  ///   - step: step of the measured position [rad].
  public init?(_ record: JointRecord, step: Double) {
    let source = record.motionTorques
    var upward: [Double] = []
    var downward: [Double] = []
    for run in record.runs {
      guard let torque = Self.breakaway(record, source, run.rows, step: step) else { continue }
      if torque.isUp { upward.append(torque.value) } else { downward.append(torque.value) }
    }
    guard !(upward + downward).isEmpty else { return nil }
    torques = upward + downward
    guard let up = Self.mean(upward), let down = Self.mean(downward) else {
      let reason = "the joint broke away one way only; raise the torque both ways"
      let guess = (up: upward.first ?? -downward[0], way: 0.0)
      friction = Estimate(guess: guess.up, because: reason)
      offset = Estimate(guess: guess.way, because: reason)
      return
    }
    let value = 0.5 * (up.mean - down.mean)
    let count = Double(min(upward.count, downward.count))
    let spread = 0.5 * ((up.variance + down.variance) / count).squareRoot()
    if count < 2 {
      let reason = "one break-away each way says nothing of its scatter; repeat it"
      friction = Estimate(guess: value, because: reason)
      offset = Estimate(guess: 0.5 * (up.mean + down.mean), because: reason)
    } else {
      friction = Estimate(value, standardError: spread).required(share: 0.1, floor: 0.01) {
        "break-away scatters by more than a tenth; repeat it more often, or at another place"
      }
      offset = Estimate(0.5 * (up.mean + down.mean), standardError: spread)
    }
  }

  /// The torque when the joint left the place where it stood for good, and which way it went.
  private static func breakaway(
    _ record: JointRecord, _ torques: [Double], _ rows: Range<Int>, step: Double
  ) -> (value: Double, isUp: Bool)? {
    let still = rows.prefix(max(4, rows.count / 10))
    guard rows.count >= 20 else { return nil }
    let place = still.reduce(0) { $0 + record.positions[$1] } / Double(still.count)
    let most = max(4 * step, 1e-4)
    guard let last = rows.last, (record.positions[last] - place).magnitude > most,
      let stood = rows.last(where: { (record.positions[$0] - place).magnitude <= 1.5 * step }), stood < last
    else { return nil }
    let began = Self.beginning(record, rows, from: place, after: stood, step: step)
    let window = max(rows.lowerBound, began - 2)...max(rows.lowerBound, began)
    let value = window.reduce(0) { $0 + torques[$1] } / Double(window.count)
    return (value, record.positions[last] > place)
  }

  /// The row in which the motion began. By the time that a position's steps show it, a rising torque is higher: motion under torque that rises
  /// goes with the time to a power between two, with friction that drops or damping against it, and three, an inertia's. What is seen of it is
  /// carried back to where it began; `stood` where too little is seen.
  private static func beginning(
    _ record: JointRecord, _ rows: Range<Int>, from place: Double, after stood: Int, step: Double
  ) -> Int {
    let seen = (stood + 1..<rows.upperBound).filter {
      (3 * step...16 * step).contains((record.positions[$0] - place).magnitude)
    }
    let roots = seen.map { Double.pow((record.positions[$0] - place).magnitude, 0.5) }
    let times = seen.map { Double($0 - stood) }
    guard let fit = LinearFit([times, times.map { _ in 1 }], roots, least: 2), fit.values[0] > 0 else {
      return stood
    }
    let began = -fit.values[1] / fit.values[0]
    // No earlier than it can have gone unseen, no later than it was seen.
    let longest = times[times.count - 1]
    return max(rows.lowerBound, stood + Int(min(0, max(began, -2 * longest)).rounded()))
  }

  private static func mean(_ values: [Double]) -> (mean: Double, variance: Double)? {
    guard !values.isEmpty else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, squares / Double(max(1, values.count - 1)))
  }
}
