public import RigidBody

/// The way of a frame through points: straight lines, corners rounded.
///
/// A corner is a polynomial of fifth degree, its six control points on the two lines (Bezier), so that direction and curvature go
/// on without a jump; it leaves the first line at the blend's distance before the corner and joins the second as far behind it.
/// The orientation turns evenly about one axis, from that of the start to that of the end.
public struct LinearPath: Sendable {
  private enum Piece {
    case line(from: Vector3, direction: Vector3, length: Double)
    case corner([Vector3], length: Double)

    var length: Double {
      switch self {
      case .line(_, _, let length), .corner(_, let length): length
      }
    }
  }

  /// Length of the way, each corner counted as its two sides [m].
  public let length: Double
  /// Angle by which the frame turns [rad].
  public let angle: Double
  private let pieces: [Piece]
  private let start: RigidTransform
  /// From the orientation at the start to that at the end.
  private let turn: Quaternion
  private let end: Vector3

  /// A way from a pose through points to the last of them.
  ///
  /// - Parameters:
  ///   - start: pose in the world.
  ///   - points: at least one [m]; the last may be the start where only the orientation changes.
  ///   - orientation: at the end; as at the start without.
  ///   - blend: distance from a corner at which it begins to be rounded [m]; at most half of a line is used up by each corner.
  public init(
    from start: RigidTransform, through points: [Vector3], orientation: Matrix3? = nil, blend: Double
  ) {
    self.start = start
    end = points[points.count - 1]
    let goal = RigidTransform(rotation: orientation ?? start.rotation, translation: end)
    angle = PoseError(from: start, to: goal).angle
    turn = Quaternion(rotation: goal.rotation * start.rotation.transposed).normalized
    var corners = [start.translation]
    for point in points where (point - corners[corners.count - 1]).squaredLength > 1e-18 {
      corners.append(point)
    }
    var pieces: [Piece] = []
    var used = 0.0
    for index in 1..<max(1, corners.count) {
      let side = corners[index] - corners[index - 1]
      let long = side.squaredLength.squareRoot()
      let direction = side * (1 / long)
      var radius = 0.0
      if index + 1 < corners.count {
        let next = corners[index + 1] - corners[index]
        radius = min(blend, 0.5 * long, 0.5 * next.squaredLength.squareRoot())
      }
      let from = corners[index - 1] + direction * used
      pieces.append(.line(from: from, direction: direction, length: long - used - radius))
      used = radius
      if radius > 0 {
        let next = corners[index + 1] - corners[index]
        let onward = next * (1 / next.squaredLength.squareRoot())
        let shares = [1.0, 0.6, 0.2]
        let control =
          shares.map { corners[index] - direction * ($0 * radius) }
          + shares.reversed().map { corners[index] + onward * ($0 * radius) }
        pieces.append(.corner(control, length: 2 * radius))
      }
    }
    self.pieces = pieces
    length = pieces.reduce(0) { $0 + $1.length }
  }

  /// Whether there is a corner that is not rounded, where the frame would have to stop.
  public var hasSharpCorner: Bool {
    for index in pieces.indices.dropFirst() {
      if case .line(_, let direction, _) = pieces[index], case .line(_, let before, _) = pieces[index - 1],
        (direction - before).squaredLength > 1e-12
      {
        return true
      }
    }
    return false
  }

  /// Pose at a share of the way, 0 to 1.
  public func pose(at share: Double) -> RigidTransform {
    RigidTransform(rotation: turned(share).rotation * start.rotation, translation: position(at: share))
  }

  /// The power of the whole turn with an exponent from 0 to 1, put together from its repeated square roots.
  private func turned(_ share: Double) -> Quaternion {
    guard share < 1 else { return turn }
    var (left, root, power) = (max(share, 0), turn, Quaternion(w: 1, x: 0, y: 0, z: 0))
    for _ in 0..<48 {
      root = Quaternion(w: root.w + 1, x: root.x, y: root.y, z: root.z).normalized
      left *= 2
      if left >= 1 {
        left -= 1
        power = power * root
      }
    }
    return power.normalized
  }

  private func position(at share: Double) -> Vector3 {
    var left = share * length
    for piece in pieces {
      if left > piece.length {
        left -= piece.length
        continue
      }
      switch piece {
      case .line(let from, let direction, _): return from + direction * left
      case .corner(let control, let length): return Self.bezier(control, at: left / length)
      }
    }
    return end
  }

  /// The point of a Bezier curve, by de Casteljau's steps.
  private static func bezier(_ control: [Vector3], at u: Double) -> Vector3 {
    var points = control
    while points.count > 1 {
      points = zip(points, points.dropFirst()).map { $0 * (1 - u) + $1 * u }
    }
    return points[0]
  }
}
