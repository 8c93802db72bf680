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
  /// What is left of each row.
  let residuals: [Double]

  /// Fits; nil where there are too few rows, or columns are the same but for rounding.
  ///
  /// - Parameters:
  ///   - columns: regressors, one number a row.
  ///   - right: what they are to add up to.
  ///   - correlated: rows that carry one row's worth of noise.
  ///   - least: rows that a column takes at least.
  init?(_ columns: [[Double]], _ right: [Double], correlated: Double = 1, least: Int = 10) {
    let (rows, width) = (right.count, columns.count)
    guard width > 0, rows > least * width, columns.allSatisfy({ $0.count == rows }) else { return nil }
    let count = Double(rows)
    let norms = columns.map { (Self.product($0, $0) / count).squareRoot() }
    guard norms.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    var gram = [[Double]](repeating: [Double](repeating: 0, count: width), count: width)
    var moment = [Double](repeating: 0, count: width)
    for first in 0..<width {
      for second in first..<width {
        gram[first][second] =
          Self.product(columns[first], columns[second]) / (count * norms[first] * norms[second])
        gram[second][first] = gram[first][second]
      }
      moment[first] = Self.product(columns[first], right) / (count * norms[first])
    }
    guard let inverse = Self.inverse(gram) else { return nil }
    let scaled = (0..<width).map { first in (0..<width).reduce(0) { $0 + inverse[first][$1] * moment[$1] } }
    let values = zip(scaled, norms).map { $0 / $1 }
    var rests = right
    for column in 0..<width {
      let value = values[column]
      columns[column].withUnsafeBufferPointer { column in
        rests.withUnsafeMutableBufferPointer { rests in
          for row in 0..<rows { rests[row] -= value * column[row] }
        }
      }
    }
    let left = Self.product(rests, rests)
    let independent = max(1, count / correlated - Double(width))
    let variance = left / count
    self.values = values
    self.norms = norms
    inflations = (0..<width).map { inverse[$0][$0] }
    standardErrors = (0..<width).map { (variance * inverse[$0][$0] / independent).squareRoot() / norms[$0] }
    rightNorm = (right.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
    residual = variance.squareRoot()
    residuals = rests
  }

  /// A fit whose errors count with what is left of neighbouring rows being alike: of n rows with a correlation of r from one to the
  /// next, n (1 - r) / (1 + r) are worth as much as independent ones.
  static func correlated(_ columns: [[Double]], _ right: [Double], least: Int = 10) -> LinearFit? {
    guard let first = LinearFit(columns, right, least: least) else { return nil }
    let rests = first.residuals
    let power = rests.reduce(0) { $0 + $1 * $1 }
    guard power > 0 else { return first }
    let alike = zip(rests, rests.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / power
    let bounded = min(max(alike, 0), 0.999)
    return LinearFit(columns, right, correlated: (1 + bounded) / (1 - bounded), least: least)
  }

  private static func product(_ first: [Double], _ second: [Double]) -> Double {
    first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer { second in
        var (sum, row) = (0.0, 0)
        while row < first.count {
          sum += first[row] * second[row]
          row += 1
        }
        return sum
      }
    }
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
