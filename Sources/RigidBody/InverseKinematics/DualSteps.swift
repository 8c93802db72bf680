import LaneMath

extension BoxQuadraticProgram {
  /// The dual active-set method for bounds, from the sides as they are.
  ///
  /// Free variables that were held with the wrong sign until none is: then x is the optimum of the program without the bounds of
  /// the free variables. Of these the bound that is passed by most is taken in: x moves along z = H_free^-1 e_p until the
  /// variable p reaches it; a held variable whose multiplier comes to zero on the way is set free first, and the way goes on
  /// from there. Each bound that is taken in raises the least value found, so no set of sides comes twice. (Goldfarb and Idnani,
  /// "A numerically stable dual method for solving strictly convex quadratic programs", Mathematical Programming 27, 1983.)
  @_noLocks mutating func solveByDualSteps() -> QuadraticProgramOutcome {
    while iterations < iterationLimit {
      // Anew from the sides, so that no rounding of the steps is left.
      if !solveFree() { return giveUp() }
      if countWrong() == 0 {
        cut()
        return .solved
      }
      var isFeasible = true
      for i in 0..<count where isHeld(i) && isWrong(i) {
        sides[i] = .free
        isFeasible = false
      }
      while isFeasible && iterations < iterationLimit {
        let p = furthest()
        if p < 0 { break }
        if !takeIn(p) { return giveUp() }
      }
    }
    cut()
    return .iterationLimit
  }

  /// The free variable that is furthest beyond a bound; -1 when none is.
  @_noLocks private func furthest() -> Int {
    var (found, most) = (-1, 0.0)
    for i in 0..<count where !isHeld(i) {
      let excess = excess(i)
      if excess > most { (found, most) = (i, excess) }
    }
    return found
  }

  /// Moves the variable p to the bound that it is beyond, and holds it there; false where H is not positive definite.
  @_noLocks private mutating func takeIn(_ p: Int) -> Bool {
    let rises = solution[p] < lower[p]
    let bound = rises ? lower[p] : upper[p]
    while iterations < iterationLimit {
      let order = factorFree()
      if order < 0 { return false }
      var own = 0
      for a in 0..<order {
        values[a] = 0
        if free[a] == p { own = a }
      }
      values[own] = rises ? 1 : -1
      solveFactored(order)
      // The step at which p arrives, and at which the first held variable wants to be free.
      var length = (bound - solution[p]) / values[own]
      var leaving = -1
      for i in 0..<count where isHeld(i) && lower[i] < upper[i] {
        let limit = wait(i, order)
        if limit < length { (length, leaving) = (limit, i) }
      }
      for a in 0..<order { solution[free[a]] += length * values[a] }
      if leaving < 0 {
        solution[p] = bound
        sides[p] = rises ? .atLower : .atUpper
        return true
      }
      sides[leaving] = .free
    }
    return true
  }

  /// How far x can move along the step in `values` until the multiplier of the held variable i is zero.
  @_noLocks private func wait(_ i: Int, _ order: Int) -> Double {
    let row = matrix.elements + i * count
    var rate = 0.0
    for a in 0..<order { rate += row[free[a]] * values[a] }
    var multiplier = gradient[i]
    for k in 0..<count { multiplier += row[k] * solution[k] }
    switch sides[i] {
    case .free: return .infinity
    case .atLower: return rate < 0 ? (multiplier > 0 ? multiplier / -rate : 0) : .infinity
    case .atUpper: return rate > 0 ? (multiplier < 0 ? -multiplier / rate : 0) : .infinity
    }
  }
}
