import Foundation
import RigidBody

/// Random quadratic programs of up to 40 variables, solved and checked: the conditions of optimality, the bounds, the iterations.
struct ProgramProof {
  private(set) var solved = 0
  private(set) var worst = 0.0
  private(set) var most = 0
  private(set) var mean = 0.0
  private(set) var longest = 0.0
  private let cases: Int

  /// Solves `cases` programs: H is that of a random Jacobian of 1 to 18 rows with damping between 1e-8 and 1, so that it is
  /// often as good as singular; a quarter of the variables have odd bounds: none, one, equal ones, ones at zero.
  init(cases: Int, seed: UInt64) {
    self.cases = cases
    var numbers = RandomNumbers(state: seed)
    var programs = 0
    while programs < cases {
      let n = 1 + numbers.below(40)
      var program = BoxQuadraticProgram(count: n)
      // Some of each size, so that the sides of one are where the next begins.
      for _ in 0..<min(20, cases - programs) {
        programs += 1
        program.randomize(&numbers)
        let start = DispatchTime.now().uptimeNanoseconds
        let outcome = program.solve()
        longest = max(longest, Double(DispatchTime.now().uptimeNanoseconds - start))
        if outcome.isSolved { solved += 1 }
        most = max(most, program.iterations)
        mean += Double(program.iterations) / Double(cases)
        worst = max(worst, program.violation)
      }
    }
  }

  /// Whether all were solved within the bound on iterations, and meet the conditions to 1e-9.
  var holds: Bool { solved == cases && worst <= 1e-9 }

  var text: String {
    let figures = String(
      format: "%.2g; iterations %.1f, at most %d; longest %.0f us", worst, mean, most, longest / 1e3)
    return "\(solved) of \(cases) programs solved; conditions of optimality missed by at most \(figures)"
  }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
private struct RandomNumbers {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func real(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * Double(next() >> 11) * 0x1p-53
  }
}

extension BoxQuadraticProgram {
  fileprivate mutating func randomize(_ numbers: inout RandomNumbers) {
    let rows = 1 + numbers.below(18)
    let a = (0..<(rows * count)).map { _ in numbers.real(-1, 1) }
    let damping = pow(10, numbers.real(-8, 0))
    for i in 0..<count {
      for k in 0...i {
        matrix[i * count + k] = (0..<rows).reduce(i == k ? damping : 0) {
          $0 + a[$1 * count + i] * a[$1 * count + k]
        }
      }
      gradient[i] = numbers.real(-3, 3)
      (lower[i], upper[i]) = (-numbers.real(0, 1), numbers.real(0, 1))
      switch numbers.below(20) {
      case 0: lower[i] = -.infinity
      case 1: upper[i] = .infinity
      case 2: (lower[i], upper[i]) = (-.infinity, .infinity)
      case 3: lower[i] = upper[i]
      case 4: upper[i] = 0
      default: break
      }
    }
  }

  /// Largest violation of the conditions of Karush, Kuhn and Tucker, relative to the terms in each.
  fileprivate var violation: Double {
    var worst = 0.0
    for i in 0..<count {
      if !(solution[i] >= lower[i] && solution[i] <= upper[i]) { return .infinity }
      var (rate, size) = (gradient[i], 1 + abs(gradient[i]))
      for k in 0..<count {
        let term = (k <= i ? matrix[i * count + k] : matrix[k * count + i]) * solution[k]
        rate += term
        size += abs(term)
      }
      if solution[i] > lower[i] { worst = max(worst, rate / size) }
      if solution[i] < upper[i] { worst = max(worst, -rate / size) }
    }
    return worst
  }
}
