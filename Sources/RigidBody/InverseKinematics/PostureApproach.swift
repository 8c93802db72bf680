import LaneMath

extension InverseKinematics {
  /// From a pose that is reached, moves along the motions that keep it towards the posture, as far as the limits allow:
  ///
  ///     least |q - posture|^2 / 2   with  pose(q) = target,  lower <= q <= upper
  ///
  /// Each step solves the linearised problem, then corrects the pose. It is kept where it ends nearer to the posture with the
  /// pose reached, else tried shorter; so the result is never farther from the posture than the beginning, and always at the
  /// target. (Sequential quadratic programming with a search along the step: Nocedal and Wright, Numerical Optimization, 18.)
  @_noLocks mutating func approachPosture() {
    var distance = postureDistance(s.x)
    var length = 1.0
    let last = iterations + settings.postureIterationLimit
    copy(s.x, to: s.kept)
    while iterations < last && length > 1e-6 {
      let squared = pull(length)
      for _ in 0..<4 where !isReached { correct() }
      // Once more than the tolerance asks, so that what is left does not hide the progress.
      if isReached { correct() }
      let next = postureDistance(s.x)
      if isReached && next < distance {
        // Of what the linear problem promised; the curvature of the motions that keep the pose takes its part.
        let share = (distance - next) / (squared * (2 / length - 1))
        distance = next
        copy(s.x, to: s.kept)
        if share < 0.4 { length *= 0.5 }
        if share > 0.8 { length = length > 0.5 ? 1 : 2 * length }
      } else {
        copy(s.kept, to: s.x)
        _ = begin()
        length *= 0.25
      }
      if squared < 1e-18 * length * length { break }
    }
    copy(s.kept, to: s.x)
    _ = begin()
  }

  /// Takes the step d that makes least |d - length (posture - x)|^2 / 2 + |J d - e|^2 / (2 lambda) within the limits; returns
  /// its squared length.
  @_noLocks private mutating func pull(_ length: Double) -> Double {
    iterations += 1
    let (n, weight) = (chain.count, 1e8)
    for i in 0..<n {
      let a = s.columns + 6 * i
      var slope = length * (posture[i] - s.x[i])
      for r in 0..<6 { slope += weight * a[r] * s.error[r] }
      for k in 0..<(i + 1) {
        let b = s.columns + 6 * k
        var sum = i == k ? 1.0 : 0
        for r in 0..<6 { sum += weight * a[r] * b[r] }
        program.matrix[i * n + k] = sum
      }
      program.gradient[i] = -slope
      program.lower[i] = chain.lower[i] - s.x[i]
      program.upper[i] = chain.upper[i] - s.x[i]
    }
    if !program.solve().isSolved { return 0 }
    var squared = 0.0
    for j in 0..<n {
      let step = program.solution[j]
      s.x[j] = limited(j, s.x[j] + step)
      squared += step * step
    }
    _ = begin()
    return squared
  }

  /// A step to the pose with nearly no damping, taken as it is.
  @_noLocks private mutating func correct() {
    iterations += 1
    for j in 0..<chain.count { s.sides[j] = .free }
    _ = dampedStep(chain, s, lambda: 1e-10)
    for j in 0..<chain.count { s.x[j] = limited(j, s.x[j] + s.step[j]) }
    _ = begin()
  }

  @_noLocks private func postureDistance(_ x: UnsafePointer<Double>) -> Double {
    var sum = 0.0
    for j in 0..<chain.count { sum += (x[j] - posture[j]) * (x[j] - posture[j]) }
    return sum
  }
}
