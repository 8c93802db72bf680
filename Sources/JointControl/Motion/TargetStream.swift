import ControlCycle

/// Targets that come one after the other while a robot moves: what servoj, servol and speedj follow.
public struct TargetStream: Sendable {
  /// What a target says of a joint.
  public enum Quantity: Sendable {
    /// Where it goes [rad]; the joint comes to rest there.
    case position
    /// How fast it moves [rad/s], until another target, or until there was none for too long.
    case velocity
  }
  /// Where targets come from.
  public enum Source: Sendable {
    /// They are all known; their times increase, and none is without.
    case listed([StreamedTarget])
    /// Another thread hands them in. A program with such a stream is played once.
    case live(TargetQueue)
  }
  /// The verb in a word.
  public var word: String
  /// What a target says of a joint.
  public var quantity: Quantity
  /// Time without a target, of a stream that has not ended, after which the joints stop [s].
  public var patience: Double
  /// Where targets come from.
  public var source: Source

  /// The patience where nothing is said [s].
  public static let usualPatience = 0.5

  /// A stream.
  public init(
    _ word: String, _ quantity: Quantity, patience: Double = Self.usualPatience, source: Source
  ) {
    self.word = word
    self.quantity = quantity
    self.patience = patience
    self.source = source
  }
}

/// What a stream asks for at one instant.
public struct StreamedTarget: BitwiseCopyable, Sendable {
  /// Time since the stream's begin from which on it counts [s]; not a number where it counts as soon as it is there.
  public var time: Double
  /// By joint, in the robot's order; not a number for a joint of which it says nothing.
  public var values: InlineArray<64, Double>

  /// A target that says nothing of any joint.
  public init(at time: Double = .nan) {
    self.time = time
    values = InlineArray(repeating: .nan)
  }

  /// A target of some joints.
  public init(at time: Double, _ values: [Double?]) {
    self.init(at: time)
    for (joint, value) in values.enumerated() { self.values[joint] = value ?? .nan }
  }
}

extension StreamedTarget {
  /// What is wrong with the target for a robot, if anything.
  ///
  /// - Parameters:
  ///   - quantity: what it says of a joint.
  ///   - speed: share of the velocity limits that may be used.
  ///   - robot: the robot.
  /// - Returns: what is wrong and what to do about it.
  public func objection(
    of quantity: TargetStream.Quantity, speed: Double, robot: Robot
  ) -> (message: String, fix: String)? {
    for (index, joint) in robot.joints.enumerated() where !values[index].isNaN {
      let (value, limits) = (values[index], joint.configuration.limits)
      switch quantity {
      case .position:
        if value < limits.minPosition || value > limits.maxPosition {
          return (
            "\(joint.name) is to go to \(value) rad, outside its limits \(limits.minPosition) to "
              + "\(limits.maxPosition)",
            "go no further than \(value > limits.maxPosition ? limits.maxPosition : limits.minPosition)"
          )
        }
      case .velocity:
        if !(value.magnitude <= limits.velocity * speed) {
          return (
            "\(joint.name) is to move at \(value) rad/s, faster than \(speed) of its limit \(limits.velocity)",
            "ask for no more than \(limits.velocity * speed), or raise the speed"
          )
        }
      }
    }
    return nil
  }
}
