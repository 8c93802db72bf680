import CRealMath
import LaneMath

/// Where a coordinate of a step stands.
enum StepSide: UInt8, BitwiseCopyable {
  case free
  case atLower
  case atUpper
}

/// The memory of one solver: pointers into an arena of its owner.
struct ChainScratch: BitwiseCopyable {
  /// Axes and origins of the joints, six numbers each, at the last pose.
  let screws: UnsafeMutablePointer<Double>
  /// Columns of the weighted Jacobian, six numbers a coordinate, and the weighted error they belong to.
  let columns: UnsafeMutablePointer<Double>
  let error: UnsafeMutablePointer<Double>
  /// Weighted error at the last pose.
  let trialError: UnsafeMutablePointer<Double>
  /// J J^T and its factors, scratch for `manipulability` (48 numbers); right-hand side and solution.
  let gram: UnsafeMutablePointer<Double>
  let multipliers: UnsafeMutablePointer<Double>
  /// One number a coordinate: where it is, would go, has been best, has been nearest to the posture; the step.
  let x: UnsafeMutablePointer<Double>
  let trial: UnsafeMutablePointer<Double>
  let best: UnsafeMutablePointer<Double>
  let kept: UnsafeMutablePointer<Double>
  let step: UnsafeMutablePointer<Double>
  let sides: UnsafeMutablePointer<StepSide>

  /// Numbers that a chain needs.
  static func size(joints: Int, count: Int) -> Int { 6 * joints + 11 * count + 72 }

  init(_ arena: UnsafeMutablePointer<Double>, sides: UnsafeMutablePointer<StepSide>, joints: Int, count: Int)
  {
    screws = arena
    columns = arena + 6 * joints
    let numbers = columns + 6 * count
    (x, trial, best) = (numbers, numbers + count, numbers + 2 * count)
    (kept, step) = (numbers + 3 * count, numbers + 4 * count)
    error = numbers + 5 * count
    trialError = error + 6
    multipliers = error + 12
    gram = error + 18
    self.sides = sides
  }
}

/// The damped step within the limits, into `s.step`: the d that makes least
///
///     |J d - e|^2 + lambda |d|^2     with  lower <= x + d <= upper
///
/// where e is the error of the pose. Returns |e - J d|^2 of the linear model.
///
/// Levenberg 1944 and Marquardt 1963; for robots Wampler, IEEE Trans. SMC 16, 1986, and Nakamura and Hanafusa, ASME J. DSMC
/// 108, 1986. With y = (e - J d) / lambda the condition of optimality is d = J^T y, cut to the limits; so each coordinate is free
/// or at a limit by where J^T y lies, and y solves six equations, (J J^T + lambda) y = e over the free ones less what the others
/// contribute. The division is repeated until it stands (primal-dual active set: Hintermueller, Ito and Kunisch, SIAM J. Optim.
/// 13, 2002); after eight times what still passes a limit is cut.
@_noLocks func dampedStep(
  _ chain: borrowing KinematicChain, _ s: ChainScratch, lambda: Double
) -> Double {
  let n = chain.count
  let (lower, upper) = (chain.lower.elements, chain.upper.elements)
  let y = s.multipliers
  for _ in 0..<8 {
    setSystem(chain, s, lambda: lambda)
    _ = factorSmall(s.gram)
    solveSmall(s.gram, y)
    var isSettled = true
    for j in 0..<n {
      let c = s.columns + 6 * j
      let wish = c[0] * y[0] + c[1] * y[1] + c[2] * y[2] + c[3] * y[3] + c[4] * y[4] + c[5] * y[5]
      let (low, high) = (lower[j] - s.x[j], upper[j] - s.x[j])
      let side: StepSide = wish < low ? .atLower : (wish > high ? .atUpper : .free)
      s.step[j] = wish < low ? low : (wish > high ? high : wish)
      if side.rawValue != s.sides[j].rawValue {
        s.sides[j] = side
        isSettled = false
      }
    }
    if isSettled { break }
  }
  var squared = 0.0
  for r in 0..<6 { squared += y[r] * y[r] }
  return lambda * lambda * squared
}

/// J J^T + lambda over the free coordinates into `s.gram`, the right-hand side into `s.multipliers`.
@_noLocks @inline(__always)
private func setSystem(
  _ chain: borrowing KinematicChain, _ s: ChainScratch, lambda: Double
) {
  let (a, y) = (s.gram, s.multipliers)
  for r in 0..<6 {
    for k in 0..<r { a[6 * r + k] = 0 }
    a[7 * r] = lambda
    y[r] = s.error[r]
  }
  for j in 0..<chain.count {
    let c = s.columns + 6 * j
    let share: Double
    switch s.sides[j] {
    case .free:
      for r in 0..<6 {
        for k in 0..<(r + 1) { a[6 * r + k] += c[r] * c[k] }
      }
      continue
    case .atLower: share = chain.lower[j] - s.x[j]
    case .atUpper: share = chain.upper[j] - s.x[j]
    }
    for r in 0..<6 { y[r] -= c[r] * share }
  }
}
