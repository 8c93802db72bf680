/// Solves A x = b in place for a symmetric positive definite A: `b` becomes x, the lower triangle of `a` its
/// factors.
///
/// `a` is order x order, row-major; only the lower triangle is read. A = L D L^T without square roots (Golub
/// and Van Loan, Matrix Computations, 4.1). A singular matrix gives infinities or NaN, never a trap.
@_noLocks func solvePositiveDefinite(
  _ a: UnsafeMutablePointer<Double>, order: Int, _ b: UnsafeMutablePointer<Double>
) {
  for i in 0..<order {
    let row = a + i * order
    // L D in row i, then L: each element divided by its pivot once all are known.
    for j in 0..<i {
      let other = a + j * order
      var sum = row[j]
      for k in 0..<j { sum -= row[k] * other[k] }
      row[j] = sum
    }
    var pivot = row[i]
    for j in 0..<i {
      let scaled = row[j] / a[j * order + j]
      pivot -= row[j] * scaled
      row[j] = scaled
    }
    row[i] = pivot
  }
  for i in 0..<order {
    var sum = b[i]
    for k in 0..<i { sum -= a[i * order + k] * b[k] }
    b[i] = sum
  }
  for i in 0..<order { b[i] /= a[i * order + i] }
  var i = order - 1
  while i > 0 {
    for k in 0..<i { b[k] -= a[i * order + k] * b[i] }
    i -= 1
  }
}
