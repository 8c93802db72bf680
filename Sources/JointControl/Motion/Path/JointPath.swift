/// A smooth path of several coordinates through given points: cubic splines with continuous second derivatives over one parameter.
public struct JointPath: Sendable {
  /// How a spline ends.
  public enum End: Sendable {
    /// Without curvature: for few points, where it swings least.
    case natural
    /// The first two pieces are one cubic, and so the last two: for points that lie on a curve, met to fourth order. With fewer
    /// than four points as `natural`.
    case notAKnot
  }

  /// Place of a coordinate on a path, and its derivatives with respect to the parameter.
  public struct Place: Sendable {
    /// Value and derivatives.
    public var value = 0.0, first = 0.0, second = 0.0, third = 0.0
  }

  /// Parameter of each point, strictly increasing.
  public let knots: [Double]
  /// Number of coordinates.
  public let count: Int
  /// Values and second derivatives by coordinate, then point.
  private let values, curvatures: [Double]

  /// A path through points.
  ///
  /// - Parameters:
  ///   - points: at least two, each with the same number of coordinates.
  ///   - knots: parameter of each, strictly increasing.
  ///   - end: how it ends.
  public init(through points: [[Double]], at knots: [Double], end: End) {
    precondition(points.count == knots.count && points.count >= 2)
    precondition(zip(knots, knots.dropFirst()).allSatisfy { $0 < $1 })
    self.knots = knots
    count = points[0].count
    var values: [Double] = []
    var curvatures: [Double] = []
    for coordinate in 0..<points[0].count {
      let column = points.map { $0[coordinate] }
      values += column
      curvatures += Self.curvatures(column, knots, end)
    }
    self.values = values
    self.curvatures = curvatures
  }

  /// Parameter at the end, counted from `start`.
  public var start: Double { knots[0] }
  /// Parameter at the end.
  public var end: Double { knots[knots.count - 1] }

  /// The piece that holds a parameter.
  func piece(at parameter: Double) -> Int {
    var (low, high) = (0, knots.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if parameter >= knots[middle] { low = middle } else { high = middle }
    }
    return low
  }

  /// Where a coordinate is at a parameter, and its derivatives; the third is that of the piece behind.
  public func place(_ coordinate: Int, at parameter: Double) -> Place {
    place(coordinate, at: parameter, in: piece(at: parameter))
  }

  func place(_ coordinate: Int, at parameter: Double, in piece: Int) -> Place {
    let base = coordinate * knots.count + piece
    let length = knots[piece + 1] - knots[piece]
    let t = parameter - knots[piece]
    let (m0, m1) = (curvatures[base], curvatures[base + 1])
    let third = (m1 - m0) / length
    let slope = (values[base + 1] - values[base]) / length - length * (2 * m0 + m1) / 6
    return Place(
      value: values[base] + t * (slope + t * (m0 / 2 + t * third / 6)),
      first: slope + t * (m0 + t * third / 2), second: m0 + t * third, third: third)
  }

  /// Second derivatives at all points: a tridiagonal system.
  private static func curvatures(_ y: [Double], _ x: [Double], _ end: End) -> [Double] {
    let count = y.count
    var result = [Double](repeating: 0, count: count)
    guard count > 2 else { return result }
    let h = (0..<count - 1).map { x[$0 + 1] - x[$0] }
    var diagonal = [Double](repeating: 0, count: count)
    var upper = diagonal
    var right = diagonal
    let isBound: Bool
    if case .notAKnot = end { isBound = count > 3 } else { isBound = false }
    for i in 1..<count - 1 {
      var lower = h[i - 1]
      diagonal[i] = 2 * (h[i - 1] + h[i])
      upper[i] = h[i]
      right[i] = 6 * ((y[i + 1] - y[i]) / h[i] - (y[i] - y[i - 1]) / h[i - 1])
      if isBound && i == 1 {
        diagonal[i] += h[0] * (1 + h[0] / h[1])
        upper[i] -= h[0] * h[0] / h[1]
      }
      if isBound && i == count - 2 {
        let ratio = h[i] / h[i - 1]
        diagonal[i] += h[i] * (1 + ratio)
        lower -= h[i] * ratio
      }
      if i > 1 {
        let factor = lower / diagonal[i - 1]
        diagonal[i] -= factor * upper[i - 1]
        right[i] -= factor * right[i - 1]
      }
    }
    for i in stride(from: count - 2, through: 1, by: -1) {
      let next = i < count - 2 ? upper[i] * result[i + 1] : 0
      result[i] = (right[i] - next) / diagonal[i]
    }
    if isBound {
      let (first, last) = (h[0] / h[1], h[count - 2] / h[count - 3])
      result[0] = result[1] * (1 + first) - result[2] * first
      result[count - 1] = result[count - 2] * (1 + last) - result[count - 3] * last
    }
    return result
  }
}
