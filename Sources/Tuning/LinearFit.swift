internal import Numerics

/// A least-squares fit of a few columns, with what the data leave open.
struct LinearFit {
  let values: [Double]
  let standardErrors: [Double]
  /// Diagonal of the inverse of the columns' correlation.
  let inflations: [Double]
  /// Root mean square of each column, and of the right side.
  let norms: [Double]
  let rightNorm: Double
  /// Root mean square of what is left.
  let residual: Double

  /// Fits; nil where there are too few rows, or columns are the same but for rounding.
  ///
  /// - Parameters:
  ///   - columns: regressors, one number a row.
  ///   - right: what they are to add up to.
  ///   - correlated: rows that carry one row's worth of noise.
  init?(_ columns: [[Double]], _ right: [Double], correlated: Double = 1) {
    let (rows, width) = (right.count, columns.count)
    guard rows > 10 * width, columns.allSatisfy({ $0.count == rows }) else { return nil }
    let count = Double(rows)
    let norms = columns.map { ($0.reduce(0) { $0 + $1 * $1 } / count).squareRoot() }
    guard norms.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    var gram = [[Double]](repeating: [Double](repeating: 0, count: width), count: width)
    var moment = [Double](repeating: 0, count: width)
    for first in 0..<width {
      for second in first..<width {
        var sum = 0.0
        for row in 0..<rows { sum += columns[first][row] * columns[second][row] }
        gram[first][second] = sum / (count * norms[first] * norms[second])
        gram[second][first] = gram[first][second]
      }
      for row in 0..<rows { moment[first] += columns[first][row] * right[row] }
      moment[first] /= count * norms[first]
    }
    guard let inverse = Self.inverse(gram) else { return nil }
    let scaled = (0..<width).map { first in (0..<width).reduce(0) { $0 + inverse[first][$1] * moment[$1] } }
    let values = zip(scaled, norms).map { $0 / $1 }
    var left = 0.0
    for row in 0..<rows {
      var rest = right[row]
      for column in 0..<width { rest -= values[column] * columns[column][row] }
      left += rest * rest
    }
    let independent = max(1, count / correlated - Double(width))
    let variance = left / count
    self.values = values
    self.norms = norms
    inflations = (0..<width).map { inverse[$0][$0] }
    standardErrors = (0..<width).map { (variance * inverse[$0][$0] / independent).squareRoot() / norms[$0] }
    rightNorm = (right.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
    residual = variance.squareRoot()
  }

  /// The inverse of a positive definite matrix by Gauss and Jordan; nil where a pivot is lost in rounding.
  private static func inverse(_ matrix: [[Double]]) -> [[Double]]? {
    let width = matrix.count
    var left = matrix
    var right = (0..<width).map { row in (0..<width).map { $0 == row ? 1.0 : 0.0 } }
    for pivot in 0..<width {
      guard left[pivot][pivot] > 1e-12 else { return nil }
      let factor = 1 / left[pivot][pivot]
      for column in 0..<width {
        left[pivot][column] *= factor
        right[pivot][column] *= factor
      }
      for row in 0..<width where row != pivot {
        let share = left[row][pivot]
        for column in 0..<width {
          left[row][column] -= share * left[pivot][column]
          right[row][column] -= share * right[pivot][column]
        }
      }
    }
    return right
  }
}
