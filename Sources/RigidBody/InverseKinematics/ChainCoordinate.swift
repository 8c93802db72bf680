/// One coordinate that inverse kinematics may move, how far and how fast.
public struct ChainCoordinate: Sendable, Equatable {
  /// Name of the joint; joints that mimic it move with it.
  public var joint: String
  /// Lowest position [rad or m]; -infinite for a joint without limits.
  public var lower: Double
  /// Highest position [rad or m]; infinite for a joint without limits.
  public var upper: Double
  /// Highest speed in both directions [rad/s or m/s]; only differential inverse kinematics knows of time.
  public var velocity: Double

  /// A coordinate between two positions [rad or m], with a highest speed [rad/s or m/s].
  public init(
    joint: String, lower: Double = -.infinity, upper: Double = .infinity, velocity: Double = .infinity
  ) {
    self.joint = joint
    self.lower = lower
    self.upper = upper
    self.velocity = velocity
  }
}

extension ChainCoordinate {
  /// The numbers of a coordinate, for the cycle.
  struct Limits: BitwiseCopyable {
    var lower: Double
    var upper: Double
    var velocity: Double

    /// A velocity that the limit allows.
    @_noLocks @inline(__always) func slowed(_ v: Double) -> Double {
      v < -velocity ? -velocity : (v > velocity ? velocity : v)
    }
  }

  var limits: Limits { Limits(lower: lower, upper: upper, velocity: velocity) }

  /// Where each coordinate stands in q and v; throws what is wrong with the first that cannot be moved.
  static func places(
    _ model: Model, _ coordinates: [ChainCoordinate]
  ) throws(ChainError) -> [(position: Int, velocity: Int)] {
    guard (1...capacity).contains(coordinates.count) else { throw .jointCount(coordinates.count) }
    var places: [(position: Int, velocity: Int)] = []
    for coordinate in coordinates {
      let joint = coordinate.joint
      guard let found = model.coordinates(of: joint) else { throw .unknownJoint(joint) }
      guard found.positions.count == 1 else { throw .severalCoordinates(joint) }
      let place = (position: found.positions.lowerBound, velocity: found.velocities.lowerBound)
      if places.contains(where: { $0.position == place.position }) { throw .namedTwice(joint) }
      let (lower, upper, velocity) = (coordinate.lower, coordinate.upper, coordinate.velocity)
      // Written so that a limit that is no number is refused.
      guard lower <= upper && lower < .infinity && upper > -.infinity && velocity > 0 else {
        throw .limits(joint: joint, lower: lower, upper: upper, velocity: velocity)
      }
      places.append(place)
    }
    return places
  }

  /// Most coordinates of a solver.
  static var capacity: Int { 64 }
}

/// Why inverse kinematics cannot be set up.
public enum ChainError: Error, Sendable, Equatable {
  /// There is no link of this index.
  case noSuchLink(Int)
  /// No joint was named, or more than 64.
  case jointCount(Int)
  /// There is no joint of this name with a coordinate of its own.
  case unknownJoint(String)
  /// The joint has several coordinates.
  case severalCoordinates(String)
  /// The joint was named twice.
  case namedTwice(String)
  /// The joint does not move the frame.
  case movesNothing(joint: String, link: String)
  /// The limits are not numbers, the lower one is above the upper one, or the velocity is not positive.
  case limits(joint: String, lower: Double, upper: Double, velocity: Double)
}

extension ChainError: CustomStringConvertible {
  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .noSuchLink(let index): "there is no link \(index); linkIndex(of:) has the indices"
    case .jointCount(let count):
      "\(count) joints were named; name between 1 and \(ChainCoordinate.capacity)"
    case .unknownJoint(let joint):
      "there is no joint '\(joint)' with a coordinate of its own; correct the name"
    case .severalCoordinates(let joint):
      "joint '\(joint)' has several coordinates; name joints of one axis only"
    case .namedTwice(let joint): "joint '\(joint)' is named twice; name it once"
    case .movesNothing(let joint, let link): "joint '\(joint)' does not move link '\(link)'; leave it out"
    case .limits(let joint, let lower, let upper, let velocity):
      "limits \(lower) to \(upper) at \(velocity) of joint '\(joint)' leave it nothing; correct them"
    }
  }
}
