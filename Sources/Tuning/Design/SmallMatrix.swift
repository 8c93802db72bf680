internal import Numerics

/// A square matrix of a few rows.
struct SmallMatrix: Equatable {
  let size: Int
  /// Row by row.
  private(set) var values: [Double]

  init(size: Int) {
    self.size = size
    values = [Double](repeating: 0, count: size * size)
  }

  static func identity(_ size: Int) -> SmallMatrix {
    var matrix = SmallMatrix(size: size)
    for index in 0..<size { matrix[index, index] = 1 }
    return matrix
  }

  subscript(row: Int, column: Int) -> Double {
    get { values[row * size + column] }
    set { values[row * size + column] = newValue }
  }

  /// Largest sum of magnitudes in a row.
  var norm: Double {
    (0..<size).map { row in (0..<size).reduce(0) { $0 + self[row, $1].magnitude } }.max() ?? 0
  }

  func scaled(by factor: Double) -> SmallMatrix {
    var scaled = self
    for index in values.indices { scaled.values[index] *= factor }
    return scaled
  }

  static func * (left: SmallMatrix, right: SmallMatrix) -> SmallMatrix {
    let size = left.size
    var product = SmallMatrix(size: size)
    for row in 0..<size {
      for inner in 0..<size {
        let factor = left.values[row * size + inner]
        guard factor != 0 else { continue }
        for column in 0..<size {
          product.values[row * size + column] += factor * right.values[inner * size + column]
        }
      }
    }
    return product
  }

  static func * (left: SmallMatrix, right: [Double]) -> [Double] {
    (0..<left.size).map { row in (0..<left.size).reduce(0) { $0 + left[row, $1] * right[$1] } }
  }

  /// The matrix exponential by its series, of a part that is small, squared again and again.
  var exponential: SmallMatrix {
    let halvings = max(0, Int(Double.log2(max(norm, 1e-300)).rounded(.up)) + 3)
    let part = scaled(by: Double.pow(2, -Double(halvings)))
    var term = SmallMatrix.identity(size)
    var sum = term
    for order in 1...16 {
      term = (term * part).scaled(by: 1 / Double(order))
      for index in sum.values.indices { sum.values[index] += term.values[index] }
    }
    for _ in 0..<halvings { sum = sum * sum }
    return sum
  }

  /// Largest magnitude of an eigenvalue, by the growth of high powers: within about a millionth of it.
  var spectralRadius: Double {
    var power = self
    var logarithm = 0.0
    var exponent = 1.0
    for _ in 0..<26 {
      let norm = power.norm
      guard norm > 0, norm.isFinite else { return norm > 0 ? .infinity : 0 }
      logarithm += Double.log(norm) / exponent
      power = power.scaled(by: 1 / norm)
      power = power * power
      exponent *= 2
    }
    return Double.exp(logarithm)
  }

  /// x of (z - M) x = b, by elimination; nil at an eigenvalue.
  func resolvent(_ z: Complex<Double>, _ right: [Complex<Double>]) -> [Complex<Double>]? {
    var rows = (0..<size).map { row in
      (0..<size).map { column in
        (row == column ? z : .zero) - Complex(self[row, column])
      } + [right[row]]
    }
    for pivot in 0..<size {
      guard let best = (pivot..<size).max(by: { rows[$0][pivot].length < rows[$1][pivot].length }),
        rows[best][pivot].length > 0
      else { return nil }
      rows.swapAt(pivot, best)
      for row in (pivot + 1)..<max(size, pivot + 1) {
        let factor = rows[row][pivot] / rows[pivot][pivot]
        guard factor != .zero else { continue }
        for column in pivot...size { rows[row][column] -= factor * rows[pivot][column] }
      }
    }
    var solution = [Complex<Double>](repeating: .zero, count: size)
    for row in (0..<size).reversed() {
      var rest = rows[row][size]
      for column in (row + 1)..<max(size, row + 1) { rest -= rows[row][column] * solution[column] }
      solution[row] = rest / rows[row][row]
    }
    return solution.allSatisfy(\.isFinite) ? solution : nil
  }
}
