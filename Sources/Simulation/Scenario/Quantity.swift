/// A quantity that a scenario bounds, sampled once a cycle.
public enum Quantity: String, CaseIterable, Sendable {
  /// Position commanded in the cycle before minus position sampled [rad]; in armed cycles with a fresh sample.
  case tracking
  /// Commanded position minus true position [rad].
  case deviation
  /// Estimated position minus true position [rad].
  case misreading
  /// True position [rad].
  case position
  /// True velocity [rad/s].
  case velocity
  /// True torque of the motor, at the joint and before losses [N.m].
  case torque
  /// Part of the torque limit that the command asks for at the estimated state.
  case effort
  /// Change of the command's torque from cycle to cycle, at the estimated state [N.m].
  case torqueStep = "torque_step"
  /// How far outside a position limit the joint is measured [rad].
  case excess
  /// Temperature that the drive measures [degree Celsius].
  case temperature
  /// Age of the sample behind the estimate [cycles].
  case age
  /// Mechanical power of all motors that drive, and of those that brake as less than nothing [W].
  case power
  /// Work of all motors since arming [J].
  case work
  /// Frames received that belong to no joint.
  case strangers
  /// Samples that were refused because they cannot be true.
  case rejected
  /// Height of the base above the ground [m]; of a base that can move.
  case baseHeight = "base_height"
  /// Cosine of the angle by which the base leans: 1 upright, 0 lying; of a base that can move.
  case uprightness

  /// What the quantity is measured in.
  public var unit: String {
    switch self {
    case .tracking, .deviation, .misreading, .position, .excess: "rad"
    case .baseHeight: "m"
    case .velocity: "rad/s"
    case .torque, .torqueStep: "N.m"
    case .effort, .strangers, .rejected, .uprightness: ""
    case .temperature: "degC"
    case .age: "cycles"
    case .power: "W"
    case .work: "J"
    }
  }

  /// Whether there is one for each joint, and not one for the robot.
  public var isOfJoint: Bool {
    switch self {
    case .power, .work, .strangers, .baseHeight, .uprightness: false
    default: true
    }
  }
}

/// What of a quantity's samples is compared with a bound.
public enum Statistic: String, CaseIterable, Sendable {
  /// Largest magnitude.
  case peak
  /// Largest value.
  case max
  /// Smallest value.
  case min
  /// Root of the mean square.
  case rms
  /// Mean.
  case mean
  /// Last value.
  case end
}

/// Samples of a quantity of one joint, as far as any statistic needs them.
struct SampleSummary: BitwiseCopyable {
  private(set) var count: Int64 = 0
  private var sum = 0.0
  private var squares = 0.0
  private var largest = -Double.infinity
  private var smallest = Double.infinity
  private var last = 0.0
  private var largestAt = 0.0
  private var smallestAt = 0.0
  private var lastAt = 0.0

  /// Takes a sample at an instant [s].
  mutating func add(_ value: Double, at time: Double) {
    count += 1
    sum += value
    squares += value * value
    if value > largest { (largest, largestAt) = (value, time) }
    if value < smallest { (smallest, smallestAt) = (value, time) }
    (last, lastAt) = (value, time)
  }

  /// A statistic of the samples and the instant at which it was so [s]; nil without a sample.
  func figure(_ statistic: Statistic) -> (value: Double, time: Double)? {
    guard count > 0 else { return nil }
    switch statistic {
    case .peak:
      return largest.magnitude >= smallest.magnitude
        ? (largest.magnitude, largestAt) : (smallest.magnitude, smallestAt)
    case .max: return (largest, largestAt)
    case .min: return (smallest, smallestAt)
    case .rms: return ((squares / Double(count)).squareRoot(), lastAt)
    case .mean: return (sum / Double(count), lastAt)
    case .end: return (last, lastAt)
    }
  }
}
