public import RigidBody

/// How a frame is turned while it moves along lines.
public enum LineOrientation: Sendable, Equatable {
  /// As it is at the start.
  case hold
  /// However the joints turn it: only its position counts.
  case free
  /// Evenly about one axis to an orientation in the world, by a quaternion of length one.
  case turn(Quaternion)

  /// What `hold`, `free`, four numbers `w,x,y,z` or three `roll,pitch,yaw` [rad] (fixed axes, as in URDF) stand for.
  ///
  /// Returns nil for anything else, and for a quaternion whose length is not one within a thousandth.
  public init?(_ text: String) {
    switch text {
    case "hold": self = .hold
    case "free": self = .free
    default:
      let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
      self.init(parts.map { $0 ?? .nan })
    }
  }

  /// What four numbers of a quaternion, or three angles, stand for; nil as above.
  public init?(_ numbers: [Double]) {
    guard numbers.allSatisfy({ $0.isFinite && abs($0) <= 1000 }) else { return nil }
    switch numbers.count {
    case 3:
      let halves = numbers.map { SineCosine(of: 0.5 * $0) }
      let (roll, pitch, yaw) = (halves[0], halves[1], halves[2])
      let x = Quaternion(w: roll.cosine, x: roll.sine, y: 0, z: 0)
      let y = Quaternion(w: pitch.cosine, x: 0, y: pitch.sine, z: 0)
      let z = Quaternion(w: yaw.cosine, x: 0, y: 0, z: yaw.sine)
      self = .turn((z * y * x).normalized)
    case 4:
      let square = numbers.reduce(0) { $0 + $1 * $1 }
      guard abs(square.squareRoot() - 1) <= 1e-3 else { return nil }
      self = .turn(Quaternion(w: numbers[0], x: numbers[1], y: numbers[2], z: numbers[3]).normalized)
    default: return nil
    }
  }

  /// What of a pose counts.
  public var goal: PoseGoal { self == .free ? .position : .pose }

  /// Orientation at the end; nil where it is that of the start.
  public var end: Matrix3? {
    if case .turn(let quaternion) = self { return quaternion.rotation }
    return nil
  }

  /// What is to be written, for messages.
  public static let grammar = "hold, free, a quaternion w,x,y,z of length 1, or roll,pitch,yaw in radians"
}
