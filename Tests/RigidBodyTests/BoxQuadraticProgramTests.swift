import Foundation
import RigidBody
import Testing

/// A random program: H = A^T A + damping, of any rank before the damping; some bounds missing, equal or at zero.
private struct RandomProgram {
  var h: [Double]
  var g: [Double]
  var lower: [Double]
  var upper: [Double]
  let count: Int

  init(_ n: Int, _ random: inout SeededGenerator) {
    count = n
    let rows = Int.random(in: 1...(n + 2), using: &random)
    let a = random.reals(rows * n)
    let damping = pow(10, random.real(-7, 0))
    h = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for k in 0..<n {
        for r in 0..<rows { h[i * n + k] += a[r * n + i] * a[r * n + k] }
      }
      h[i * n + i] += damping
    }
    g = random.reals(n, 3)
    lower = random.reals(n).map { -abs($0) }
    upper = random.reals(n).map { abs($0) }
    for i in 0..<n {
      switch Int.random(in: 0..<12, using: &random) {
      case 0: lower[i] = -.infinity
      case 1: upper[i] = .infinity
      case 2: (lower[i], upper[i]) = (-.infinity, .infinity)
      case 3: lower[i] = upper[i]
      case 4: upper[i] = max(lower[i], 0)
      case 5: (lower[i], upper[i]) = (lower[i] + 3, upper[i] + 3)
      default: break
      }
    }
  }

  func load(_ program: inout BoxQuadraticProgram) {
    for i in 0..<(count * count) { program.matrix[i] = h[i] }
    for i in 0..<count {
      program.gradient[i] = g[i]
      program.lower[i] = lower[i]
      program.upper[i] = upper[i]
    }
  }

  /// The largest violation of the conditions of optimality (Karush, Kuhn and Tucker) at x, relative to the terms in each.
  func violation(_ x: [Double]) -> Double {
    var worst = 0.0
    for i in 0..<count {
      if x[i] < lower[i] || x[i] > upper[i] { return .infinity }
      let terms = (0..<count).map { h[i * count + $0] * x[$0] }
      let rate = g[i] + terms.reduce(0, +)
      let size = 1 + abs(g[i]) + terms.reduce(0) { $0 + abs($1) }
      if x[i] > lower[i] { worst = max(worst, rate / size) }
      if x[i] < upper[i] { worst = max(worst, -rate / size) }
    }
    return worst
  }

  /// The optimum by trying every division into free variables and bounds.
  func bruteForce() -> [Double]? {
    var best: [Double]?
    var least = Double.infinity
    var sides = [Int](repeating: 0, count: count)
    for code in 0..<Int(pow(3, Double(count))) {
      var rest = code
      for i in 0..<count {
        sides[i] = rest % 3
        rest /= 3
      }
      guard let x = point(sides), violation(x) < 1e-9 else { continue }
      let value = value(x)
      if value < least { (best, least) = (x, value) }
    }
    return best
  }

  func value(_ x: [Double]) -> Double {
    var sum = 0.0
    for i in 0..<count {
      sum += g[i] * x[i]
      for k in 0..<count { sum += 0.5 * h[i * count + k] * x[i] * x[k] }
    }
    return sum
  }

  /// Solves for the free variables by Gaussian elimination with pivoting.
  private func point(_ sides: [Int]) -> [Double]? {
    var x = [Double](repeating: 0, count: count)
    for i in 0..<count where sides[i] > 0 { x[i] = sides[i] == 1 ? lower[i] : upper[i] }
    guard x.allSatisfy(\.isFinite) else { return nil }
    let free = (0..<count).filter { sides[$0] == 0 }
    var rows = free.map { i in
      free.map { h[i * count + $0] }
        + [-g[i] - (0..<count).filter { sides[$0] > 0 }.reduce(0) { $0 + h[i * count + $1] * x[$1] }]
    }
    for c in free.indices {
      let pivot = (c..<free.count).max { abs(rows[$0][c]) < abs(rows[$1][c]) } ?? c
      rows.swapAt(c, pivot)
      for r in free.indices where r != c {
        let share = rows[r][c] / rows[c][c]
        for k in c...free.count { rows[r][k] -= share * rows[c][k] }
      }
    }
    for (c, i) in free.enumerated() { x[i] = min(max(rows[c][free.count] / rows[c][c], lower[i]), upper[i]) }
    return x
  }
}

@Suite("Box-constrained quadratic program") struct BoxQuadraticProgramTests {
  private func solution(_ program: borrowing BoxQuadraticProgram) -> [Double] {
    var x: [Double] = []
    for i in 0..<program.count { x.append(program.solution[i]) }
    return x
  }

  @Test("Finds what trying all divisions finds") func matchesBruteForce() throws {
    var random = SeededGenerator(seed: 3)
    for n in 1...5 {
      var program = BoxQuadraticProgram(count: n)
      for _ in 0..<(n == 5 ? 20 : 60) {
        let problem = RandomProgram(n, &random)
        problem.load(&program)
        #expect(program.solve().isSolved)
        let x = solution(program)
        let expected = try #require(problem.bruteForce())
        // The optimum is as sharp as the least curvature, which the damping bounds.
        #expect(zip(x, expected).allSatisfy { abs($0 - $1) < 1e-6 * (1 + abs($1)) })
        #expect(problem.value(x) <= problem.value(expected) + 1e-9)
        #expect(problem.violation(x) < 1e-9)
      }
    }
  }

  @Test("Meets the conditions of optimality within the bound on iterations", arguments: [2, 7, 16, 40])
  func isOptimal(n: Int) {
    var random = SeededGenerator(seed: UInt64(n))
    var program = BoxQuadraticProgram(count: n)
    var (worst, most) = (0.0, 0)
    for _ in 0..<(2400 / (n * n) + 40) {
      let problem = RandomProgram(n, &random)
      problem.load(&program)
      #expect(program.solve().isSolved)
      worst = max(worst, problem.violation(solution(program)))
      most = max(most, program.iterations)
      // From its own sides the same program is solved at once, to the same bits.
      let before = solution(program)
      #expect(program.solve().isSolved && program.iterations == 1)
      #expect(solution(program) == before)
    }
    #expect(worst < 1e-9)
    #expect(most <= 3 * n + 20)
  }

  @Test("Multipliers have the sign of the bound that they stand for") func multipliers() {
    var program = BoxQuadraticProgram(count: 3)
    for i in 0..<3 {
      program.matrix[4 * i] = 2
      (program.lower[i], program.upper[i]) = (-1, 1)
    }
    (program.gradient[0], program.gradient[1], program.gradient[2]) = (5, -5, 1)
    #expect(program.solve().isSolved)
    #expect(solution(program) == [-1, 1, -0.5])
    #expect(program.multipliers[0] == 3 && program.multipliers[1] == -3 && program.multipliers[2] == 0)
    #expect(program.boundCount == 2)
  }

  @Test("Out of iterations, it says so and stays within the bounds") func iterationLimit() {
    var random = SeededGenerator(seed: 5)
    var program = BoxQuadraticProgram(count: 12)
    var unfinished = 0
    for _ in 0..<40 {
      let problem = RandomProgram(12, &random)
      problem.load(&program)
      program.iterationLimit = 1
      program.forget()
      if !program.solve().isSolved { unfinished += 1 }
      for i in 0..<12 {
        #expect(program.solution[i] >= problem.lower[i] && program.solution[i] <= problem.upper[i])
      }
      program.iterationLimit = 300
      #expect(program.solve().isSolved)
    }
    #expect(unfinished > 20)
  }

  @Test("What is no program is refused, at the point nearest to zero", arguments: 0..<6)
  func undefined(fault: Int) {
    var program = BoxQuadraticProgram(count: 2)
    (program.matrix[0], program.matrix[2], program.matrix[3]) = (1, 0, 1)
    (program.lower[0], program.upper[0]) = (0.5, 2)
    #expect(program.solve().isSolved)
    switch fault {
    case 0: program.gradient[1] = .nan
    case 1: program.matrix[2] = .infinity
    case 2: program.matrix[3] = -1
    case 3: (program.lower[1], program.upper[1]) = (1, -1)
    case 4: program.upper[1] = .nan
    default: program.matrix[2] = 1.0000001
    }
    let outcome = program.solve()
    #expect(!outcome.isSolved)
    if case .undefined = outcome {} else { Issue.record("\(outcome)") }
    #expect(program.solution[0] == 0.5)
    if fault != 3 { #expect(program.solution[1] == 0) }
  }
}
