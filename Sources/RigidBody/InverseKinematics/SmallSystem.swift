import CRealMath

// Symmetric systems of up to six equations: rows of six numbers, the lower triangle of a matrix, then its factors.

/// Factors the leading `order` rows of A = L D L^T in place: L below the diagonal, 1 / D on it. The product of D is the
/// determinant; zero where a pivot is at most `least`, and the factors are then not to be used.
@_noLocks @inline(__always)
func factorSmall(_ a: UnsafeMutablePointer<Double>, order: Int = 6, least: Double = 0) -> Double {
  var determinant = 1.0
  for j in 0..<order {
    let pivot = a[7 * j]
    if !(pivot > least) { return 0 }
    determinant *= pivot
    let inverse = 1 / pivot
    a[7 * j] = inverse
    for i in (j + 1)..<order {
      let share = a[6 * i + j] * inverse
      for k in (j + 1)..<(i + 1) { a[6 * i + k] -= share * a[6 * k + j] }
    }
    for i in (j + 1)..<order { a[6 * i + j] *= inverse }
  }
  return determinant
}

/// x = A^-1 x in place, after `factorSmall`.
@_noLocks @inline(__always)
func solveSmall(_ a: UnsafePointer<Double>, _ x: UnsafeMutablePointer<Double>, order: Int = 6) {
  for i in 0..<order {
    var sum = x[i]
    for j in 0..<i { sum -= a[6 * i + j] * x[j] }
    x[i] = sum
  }
  var i = order - 1
  while i >= 0 {
    var sum = x[i] * a[7 * i]
    for j in (i + 1)..<order { sum -= a[6 * j + i] * x[j] }
    x[i] = sum
    i -= 1
  }
}

/// How far a Jacobian is from losing a direction.
public struct Manipulability: BitwiseCopyable, Sendable {
  /// Yoshikawa's measure, the product of the singular values: the square root of det J J^T (of det J^T J where J has more rows
  /// than columns). Zero at a singularity; its unit is the product of those of the rows.
  public var volume: Double
  /// Least singular value: the least velocity of the frame at unit velocity of the joints. By inverse iteration, so that it
  /// may be a few per cent too large.
  public var leastSingularValue: Double

  @_noLocks init(volume: Double, leastSingularValue: Double) {
    self.volume = volume
    self.leastSingularValue = leastSingularValue
  }
}

/// The manipulability of a Jacobian of up to six rows, whose element (r, c) stands at r x `rowStride` + c x `columnStride`;
/// `scratch` has 48 numbers.
///
/// Yoshikawa, "Manipulability of robotic mechanisms", IJRR 4(2), 1985, equation 14. Inverse iteration on the smaller of
/// J J^T and J^T J: Golub and Van Loan, Matrix Computations, 8.2.2.
@_noLocks func manipulability(
  _ jacobian: UnsafePointer<Double>, rows: Int, columns: Int, rowStride: Int, columnStride: Int,
  scratch: UnsafeMutablePointer<Double>
) -> Manipulability {
  let isWide = rows <= columns
  let order = isWide ? rows : columns
  let others = isWide ? columns : rows
  let (step, stride) = isWide ? (rowStride, columnStride) : (columnStride, rowStride)
  var trace = 0.0
  for i in 0..<order {
    for k in 0..<(i + 1) {
      var sum = 0.0
      for c in 0..<others {
        sum += jacobian[i * step + c * stride] * jacobian[k * step + c * stride]
      }
      scratch[6 * i + k] = sum
    }
    trace += scratch[7 * i]
  }
  // Below this a pivot is what rounding leaves of zero.
  let determinant = factorSmall(scratch, order: order, least: 1e-15 * trace)
  if !(determinant > 0) { return Manipulability(volume: 0, leastSingularValue: 0) }
  let x = scratch + 36
  for i in 0..<order { x[i] = 1 + 0.17 * Double(i) }
  // Of y = A^-1 x the quotient y^T x / y^T y is that of Rayleigh, whose error is the square of the vector's.
  let before = scratch + 42
  var quotient = 0.0
  for _ in 0..<32 {
    for i in 0..<order { before[i] = x[i] }
    solveSmall(scratch, x, order: order)
    var (squared, product) = (0.0, 0.0)
    for i in 0..<order {
      squared += x[i] * x[i]
      product += x[i] * before[i]
    }
    quotient = product / squared
    let scale = 1 / real_sqrt(squared)
    for i in 0..<order { x[i] *= scale }
  }
  return Manipulability(volume: real_sqrt(determinant), leastSingularValue: real_sqrt(quotient))
}
