import CRealMath

// Symmetric matrices of a few rows, row-major with `order` numbers a row.

/// Factors A = L L^T in place: L in the lower triangle, what stands above the diagonal is not touched. A pivot at most
/// `least`, which is above zero, counts as `least`, so that the factors can always be used.
///
/// Returns whether every pivot was above it. Golub and Van Loan, Matrix Computations, 4.2.3.
@_noLocks func factorCholesky(_ a: UnsafeMutablePointer<Double>, order: Int, least: Double) -> Bool {
  var isDefinite = true
  for j in 0..<order {
    var pivot = a[j * order + j]
    for k in 0..<j { pivot -= a[j * order + k] * a[j * order + k] }
    if !(pivot > least) {
      pivot = least
      isDefinite = false
    }
    let root = real_sqrt(pivot)
    a[j * order + j] = root
    let inverse = 1 / root
    for i in (j + 1)..<order {
      var sum = a[i * order + j]
      for k in 0..<j { sum -= a[i * order + k] * a[j * order + k] }
      a[i * order + j] = sum * inverse
    }
  }
  return isDefinite
}

/// x = L^-1 x in place, after `factorCholesky`.
@_noLocks func solveLower(_ l: UnsafePointer<Double>, _ x: UnsafeMutablePointer<Double>, order: Int) {
  for i in 0..<order {
    var sum = x[i]
    for k in 0..<i { sum -= l[i * order + k] * x[k] }
    x[i] = sum / l[i * order + i]
  }
}

/// x = L^-T x in place, after `factorCholesky`.
@_noLocks func solveUpper(_ l: UnsafePointer<Double>, _ x: UnsafeMutablePointer<Double>, order: Int) {
  var i = order - 1
  while i >= 0 {
    var sum = x[i]
    for k in (i + 1)..<order { sum -= l[k * order + i] * x[k] }
    x[i] = sum / l[i * order + i]
    i -= 1
  }
}

/// x = A^-1 x in place, after `factorCholesky`.
@_noLocks func solveCholesky(_ l: UnsafePointer<Double>, _ x: UnsafeMutablePointer<Double>, order: Int) {
  solveLower(l, x, order: order)
  solveUpper(l, x, order: order)
}

/// Eigenvalues of a symmetric matrix, onto its diagonal, and its eigenvectors, as the columns of `vectors`: A = U diag U^T.
///
/// Jacobi's rotations, row by row, always eight sweeps; six rows are done to rounding after five or six, as convergence is
/// quadratic at last. Golub and Van Loan, Matrix Computations, 8.5.
@_noLocks func diagonalise(
  _ a: UnsafeMutablePointer<Double>, vectors u: UnsafeMutablePointer<Double>, order: Int
) {
  for i in 0..<(order * order) { u[i] = 0 }
  for i in 0..<order { u[i * order + i] = 1 }
  for _ in 0..<8 {
    for p in 0..<order {
      for q in (p + 1)..<order where a[p * order + q] != 0 {
        rotate(a, u, order: order, p, q)
      }
    }
  }
}

/// Makes the element (p, q) zero by a rotation of the rows and columns p and q; the columns of `u` go along.
@_noLocks private func rotate(
  _ a: UnsafeMutablePointer<Double>, _ u: UnsafeMutablePointer<Double>, order: Int, _ p: Int, _ q: Int
) {
  let (pp, qq, pq) = (a[p * order + p], a[q * order + q], a[p * order + q])
  // The tangent of the smaller of the two angles; zero where the quotient is too large for a square.
  let quotient = (qq - pp) / (2 * pq)
  let size = quotient < 0 ? -quotient : quotient
  let root = 1 / (size + real_sqrt(size * size + 1))
  let tangent = quotient < 0 ? -root : root
  let cosine = 1 / real_sqrt(tangent * tangent + 1)
  let sine = tangent * cosine
  a[p * order + p] = pp - tangent * pq
  a[q * order + q] = qq + tangent * pq
  a[p * order + q] = 0
  a[q * order + p] = 0
  for i in 0..<order {
    if i != p && i != q {
      let (x, y) = (a[i * order + p], a[i * order + q])
      a[i * order + p] = cosine * x - sine * y
      a[p * order + i] = a[i * order + p]
      a[i * order + q] = sine * x + cosine * y
      a[q * order + i] = a[i * order + q]
    }
    let (x, y) = (u[i * order + p], u[i * order + q])
    u[i * order + p] = cosine * x - sine * y
    u[i * order + q] = sine * x + cosine * y
  }
}
