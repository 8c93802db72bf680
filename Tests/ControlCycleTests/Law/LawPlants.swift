import RigidBody

/// A rotor on which a torque acts that is held over a period, in closed form.
struct Rotor {
  var position = 0.0
  var velocity = 0.0
  var inertia = 1.0

  mutating func advance(_ torque: Double, period: Double) {
    position += velocity * period + 0.5 * torque / inertia * period * period
    velocity += torque / inertia * period
  }
}

/// y' = (u - y) / time with u held over a period, in closed form for the period it was made for.
struct FirstOrder {
  var output = 0.0
  /// exp(-period / time).
  let share: Double

  mutating func advance(_ input: Double) { output = input + (output - input) * share }
}

/// What a step response shows; C5's definitions.
struct StepResponse {
  private(set) var highest = -Double.infinity
  /// Time of the last exit from +-2 % of the step [s].
  private(set) var settling = 0.0
  let start: Double
  let target: Double

  init(from start: Double, to target: Double) { (self.start, self.target) = (start, target) }

  mutating func take(_ value: Double, at time: Double) {
    let share = (value - start) / (target - start)
    highest = max(highest, share)
    if abs(share - 1) > 0.02 { settling = time }
  }

  /// Part of the step that the response goes beyond it.
  var overshoot: Double { max(0, highest - 1) }
}

/// Sine and cosine parts of a signal at one frequency, over whole periods.
struct ToneMeter {
  private(set) var sine = 0.0
  private(set) var cosine = 0.0
  private var count = 0
  private let step: Double

  /// - Parameter step: angle a sample [rad].
  init(step: Double) { self.step = step }

  mutating func take(_ value: Double, sample: Int) {
    let tone = SineCosine(of: step * Double(sample))
    sine += value * tone.sine
    cosine += value * tone.cosine
    count += 1
  }

  var amplitude: Double { 2 * (sine * sine + cosine * cosine).squareRoot() / Double(count) }
}

/// A square matrix and a power of it.
struct SquareMatrix {
  var rows: [[Double]]

  static func * (left: SquareMatrix, right: SquareMatrix) -> SquareMatrix {
    let order = left.rows.count
    return SquareMatrix(
      rows: (0..<order).map { i in
        (0..<order).map { j in (0..<order).reduce(0) { $0 + left.rows[i][$1] * right.rows[$1][j] } }
      })
  }

  func power(_ exponent: Int) -> SquareMatrix {
    var (result, square, left) = (SquareMatrix.one(rows.count), self, exponent)
    while left > 0 {
      if left % 2 == 1 { result = result * square }
      square = square * square
      left /= 2
    }
    return result
  }

  static func one(_ order: Int) -> SquareMatrix {
    SquareMatrix(rows: (0..<order).map { i in (0..<order).map { $0 == i ? 1 : 0 } })
  }
}
