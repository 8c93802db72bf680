import LaneMath

/// What became of a quadratic program.
public enum QuadraticProgramOutcome: BitwiseCopyable, Sendable {
  /// The solution is the optimum.
  case solved
  /// The iterations ended first; the solution is within its bounds, and not the optimum.
  case iterationLimit
  /// A number is not finite, a lower bound lies above its upper one, or the matrix is not positive definite. The solution is
  /// the point within the bounds that is nearest to zero.
  case undefined

  /// Whether the solution is the optimum.
  public var isSolved: Bool {
    @_noLocks get {
      switch self {
      case .solved: true
      default: false
      }
    }
  }
}

/// A strictly convex quadratic program whose only constraints are bounds:
///
///     least  x^T H x / 2 + g^T x    with  lower <= x <= upper
///
/// It is begun by block principal pivoting (Judice and Pires, "Direct methods for convex quadratic programs subject to box
/// constraints", Investigacao Operacional 9, 1989): every variable is free, at its lower or at its upper bound; the free ones
/// solve their equations, and all that then lie beyond a bound, or are held by one with the wrong sign, change sides at once.
/// That mostly ends after a few times. Where it does not, the dual active-set method takes over (Goldfarb and Idnani, Mathematical
/// Programming 27, 1983; `DualSteps`), which ends for every positive definite H. The sides of the solution before are where it
/// begins, so that programs that follow one another mostly take one or two iterations. Nothing allocates after `init`.
public struct BoxQuadraticProgram: ~Copyable {
  /// Number of variables.
  public let count: Int
  /// H, row-major; only its lower triangle is read.
  public var matrix: FixedArray<Double>
  /// g.
  public var gradient: FixedArray<Double>
  /// Lower bounds; -infinity where there is none.
  public var lower: FixedArray<Double>
  /// Upper bounds; infinity where there is none.
  public var upper: FixedArray<Double>
  /// x, after `solve`.
  public internal(set) var solution: FixedArray<Double>
  /// H x + g after `solve`: zero for a free variable, at least zero at a lower bound, at most zero at an upper one.
  public internal(set) var multipliers: FixedArray<Double>
  /// Most iterations; each factors a matrix of the free variables.
  public var iterationLimit = 300
  /// Iterations of the last `solve`.
  public internal(set) var iterations = 0

  var sides: FixedArray<StepSide>
  var free: FixedArray<Int>
  /// Right-hand side and solution of the free variables' equations, in their order.
  var values: FixedArray<Double>
  private var factor: FixedArray<Double>

  /// A program of `count` variables with H and g zero and no bounds. Allocates.
  public init(count: Int) {
    self.count = count
    matrix = FixedArray(count: count * count, repeating: 0)
    gradient = FixedArray(count: count, repeating: 0)
    lower = FixedArray(count: count, repeating: -.infinity)
    upper = FixedArray(count: count, repeating: .infinity)
    solution = FixedArray(count: count, repeating: 0)
    multipliers = FixedArray(count: count, repeating: 0)
    sides = FixedArray(count: count, repeating: .free)
    free = FixedArray(count: count, repeating: 0)
    factor = FixedArray(count: count * count, repeating: 0)
    values = FixedArray(count: count, repeating: 0)
  }

  /// Number of variables that the solution holds at a bound.
  public var boundCount: Int {
    @_noLocks get {
      var sum = 0
      for i in 0..<count where isHeld(i) { sum += 1 }
      return sum
    }
  }

  /// Solves the program as it stands.
  @_noLocks public mutating func solve() -> QuadraticProgramOutcome {
    iterations = 0
    if !isDefined() { return giveUp() }
    mirror()
    settleSides()
    var (fewest, patience) = (count + 1, 2)
    for _ in 0..<8 where iterations < iterationLimit {
      if !solveFree() { return giveUp() }
      let wrong = countWrong()
      if wrong == 0 {
        cut()
        return .solved
      }
      patience = wrong < fewest ? 2 : patience - 1
      if patience < 0 { break }
      fewest = wrong < fewest ? wrong : fewest
      for i in 0..<count { changeSide(i) }
    }
    return solveByDualSteps()
  }

  /// Forgets the sides of the solution before.
  @_noLocks public mutating func forget() {
    for i in 0..<count { sides[i] = .free }
  }
}

extension BoxQuadraticProgram {
  @_noLocks private func isDefined() -> Bool {
    var sum = 0.0
    let (h, g) = (matrix.elements, gradient.elements)
    for i in 0..<count {
      if !(lower[i] <= upper[i]) || lower[i] == .infinity || upper[i] == -.infinity { return false }
      for k in 0..<(i + 1) { sum += h[i * count + k] * 0 }
      sum += g[i] * 0
    }
    return sum == 0
  }

  /// The upper triangle, so that rows are whole.
  @_noLocks private mutating func mirror() {
    let h = matrix.mutableElements
    for i in 0..<count {
      for k in 0..<i { h[k * count + i] = h[i * count + k] }
    }
  }

  /// A variable that cannot move is at its bound; one whose bound has gone is free.
  @_noLocks private mutating func settleSides() {
    for i in 0..<count {
      switch sides[i] {
      case .free: if lower[i] == upper[i] { sides[i] = .atLower }
      case .atLower: if lower[i] == -.infinity { sides[i] = .free }
      case .atUpper: if upper[i] == .infinity { sides[i] = .free }
      }
    }
  }

  @_noLocks func isHeld(_ i: Int) -> Bool {
    switch sides[i] {
    case .free: false
    case .atLower, .atUpper: true
    }
  }

  /// Lists the free variables and factors their part of H; their number, or -1 where H is not positive definite.
  @_noLocks mutating func factorFree() -> Int {
    iterations += 1
    var order = 0
    for i in 0..<count where !isHeld(i) {
      free[order] = i
      order += 1
    }
    return factor(order) ? order : -1
  }

  /// Puts held variables on their bounds and solves for the free ones; false where H is not positive definite.
  @_noLocks mutating func solveFree() -> Bool {
    let order = factorFree()
    if order < 0 { return false }
    let n = count
    let (h, x, b) = (matrix.elements, solution.mutableElements, values.mutableElements)
    for i in 0..<n {
      switch sides[i] {
      case .free: break
      case .atLower: x[i] = lower[i]
      case .atUpper: x[i] = upper[i]
      }
    }
    for a in 0..<order {
      let row = h + free[a] * n
      var sum = -gradient[free[a]]
      if order < n {
        for i in 0..<n where isHeld(i) { sum -= row[i] * x[i] }
      }
      b[a] = sum
    }
    solveFactored(order)
    for a in 0..<order { x[free[a]] = b[a] }
    return true
  }

  /// Solves the free variables' equations for `values`, in place, after `factorFree`.
  @_noLocks mutating func solveFactored(_ order: Int) {
    let n = count
    let (u, b) = (factor.elements, values.mutableElements)
    for j in 0..<order {
      let (row, share) = (u + j * n, b[j])
      for k in (j + 1)..<order { b[k] -= row[k] * share }
    }
    var j = order - 1
    while j >= 0 {
      let row = u + j * n
      var sum = b[j] * row[j]
      for k in (j + 1)..<order { sum -= row[k] * b[k] }
      b[j] = sum
      j -= 1
    }
  }

  /// H of the free variables = U^T D U: rows of U right of the diagonal, 1 / D on it.
  @_noLocks private mutating func factor(_ order: Int) -> Bool {
    let n = count
    let (h, u, free) = (matrix.elements, factor.mutableElements, free.elements)
    for a in 0..<order {
      let (from, to) = (h + free[a] * n, u + a * n)
      for k in a..<order { to[k] = from[free[k]] }
    }
    for j in 0..<order {
      let row = u + j * n
      if !(row[j] > 1e-15 * h[free[j] * n + free[j]]) || !(row[j] < .infinity) { return false }
      let inverse = 1 / row[j]
      for i in (j + 1)..<order {
        let (share, other) = (row[i] * inverse, u + i * n)
        for k in i..<order { other[k] -= share * row[k] }
      }
      row[j] = inverse
      for k in (j + 1)..<order { row[k] *= inverse }
    }
    return true
  }

  /// Sets the multipliers, and says how many variables stand on the wrong side.
  @_noLocks mutating func countWrong() -> Int {
    let n = count
    let (h, x) = (matrix.elements, solution.elements)
    var wrong = 0
    for i in 0..<n {
      let row = h + i * n
      var (sum, size) = (gradient[i], gradient[i] < 0 ? -gradient[i] : gradient[i])
      for k in 0..<n {
        let part = row[k] * x[k]
        sum += part
        size += part < 0 ? -part : part
      }
      // Within rounding a multiplier is zero, which is right on every side.
      multipliers[i] = isHeld(i) && sum <= 1e-13 * size && sum >= -1e-13 * size ? 0 : sum
      if isWrong(i) { wrong += 1 }
    }
    return wrong
  }

  /// How far a variable lies beyond a bound, less what rounding may do; that is cut at the end.
  @_noLocks func excess(_ i: Int) -> Double {
    let (low, high, x) = (lower[i], upper[i], solution[i])
    if x < low { return (low - x) - 1e-13 * (low < 0 ? 1 - low : 1 + low) }
    if x > high { return (x - high) - 1e-13 * (high < 0 ? 1 - high : 1 + high) }
    return 0
  }

  /// Whether a free variable lies beyond a bound, or a bound holds a variable that wants away from it.
  @_noLocks func isWrong(_ i: Int) -> Bool {
    switch sides[i] {
    case .free: excess(i) > 0
    case .atLower: multipliers[i] < 0 && lower[i] < upper[i]
    case .atUpper: multipliers[i] > 0 && lower[i] < upper[i]
    }
  }

  @_noLocks private mutating func changeSide(_ i: Int) {
    if !isWrong(i) { return }
    switch sides[i] {
    case .free: sides[i] = solution[i] < lower[i] ? .atLower : .atUpper
    case .atLower, .atUpper: sides[i] = .free
    }
  }

  @_noLocks mutating func cut() {
    for i in 0..<count {
      if solution[i] < lower[i] { solution[i] = lower[i] }
      if solution[i] > upper[i] { solution[i] = upper[i] }
    }
  }

  @_noLocks mutating func giveUp() -> QuadraticProgramOutcome {
    for i in 0..<count {
      sides[i] = .free
      multipliers[i] = 0
      solution[i] = 0
      if lower[i] > 0 && lower[i] < .infinity { solution[i] = lower[i] }
      if upper[i] < 0 && upper[i] > -.infinity { solution[i] = upper[i] }
    }
    return .undefined
  }
}
