public import ControlCycle
internal import RigidBody

/// What a robot does about collisions: how hard is one, and how it stops.
public struct CollisionReaction: Sendable, Equatable {
  /// How the robot stops, by the categories of IEC 60204-1.
  public enum Stop: Int, Sendable, CaseIterable {
    /// The drives go off at once.
    case zero = 0
    /// Every joint stops as fast as it can, is damped and let go.
    case one = 1
    /// All joints come to rest together, close to their way; then as 1.
    case two = 2
  }
  /// Part of a joint's torque limit from which a torque from outside is a collision, above 0, at most 1.
  public var level: Double
  /// How the robot stops.
  public var stop: Stop

  /// A reaction.
  public init(level: Double, stop: Stop = .one) {
    self.level = level
    self.stop = stop
  }
}

/// A collision that was noticed.
public struct Collision: BitwiseCopyable, Sendable, Equatable {
  /// The joint that was pushed hardest, by its threshold.
  public var joint: Int
  /// The torque from outside [N.m].
  public var torque: Double
  /// The torque from which there is a collision [N.m].
  public var threshold: Double
  /// Instant of the cycle [ns].
  public var time: Int64
}

/// Looks for collisions in every cycle: `MomentumObserver` on what the drives measure, less what the reducers take.
///
/// What it cannot tell from somebody's push is what the model does not know: a load in the hand, the ground below the feet.
public struct CollisionWatch: ~Copyable {
  /// How fast the observer follows [1/s].
  static var bandwidth: Double { 60 }
  /// Cycles in a row above the threshold that make a collision.
  static var confirmation: Int32 { 3 }

  private var observer: MomentumObserver
  // Keeps the memory behind the observer's handles alive.
  private let data: ModelData
  private let jointCount: Int
  private var friction: InlineArray<64, FrictionCompensation>
  private var level = 0.0

  /// Whether a robot's collisions can be noticed: its base is held and each of its joints is one coordinate.
  public static func suits(_ robot: Robot) -> Bool {
    let kernel = robot.model.kernel
    return !kernel.isFloating && kernel.positionCount == kernel.velocityCount
      && (1...Capacity.joints).contains(kernel.velocityCount)
  }

  /// A watch that is off; of a robot that it suits.
  public init(_ robot: Robot) {
    data = ModelData(robot.model)
    observer = MomentumObserver(
      MomentumObserver.Gains(bandwidth: Self.bandwidth, confirmation: Self.confirmation),
      model: robot.model.kernel, workspace: data.workspace)
    jointCount = robot.joints.count
    friction = InlineArray(repeating: FrictionCompensation(FrictionCompensation.Gains(coulomb: 0)))
    for (index, joint) in robot.joints.enumerated() {
      friction[index] = FrictionCompensation(FrictionCompensation.Gains(of: joint.actuator))
    }
  }

  /// Sets from which part of a joint's torque limit on there is a collision; nothing notices none.
  public mutating func set(level: Double, control: borrowing ControlCycle) {
    if level == self.level { return }
    self.level = level
    observer.acknowledge()
    for joint in 0..<jointCount {
      let configuration = control.joints[joint]
      observer.setThreshold(configuration.velocityIndex, level * configuration.limits.torque)
    }
  }

  /// Looks at what the drives said in the cycle before; a collision, if there is one.
  ///
  /// Called in every cycle, also where nothing is to be noticed, so that it knows where the robot is when something is.
  public mutating func look(_ cycle: Cycle, control: borrowing ControlCycle) -> Collision? {
    for joint in 0..<jointCount {
      let sample = control.samples[joint].state
      let configuration = control.joints[joint]
      let lost = friction[joint].update(
        velocity: sample.velocity, torque: sample.torque, limit: configuration.limits.torque,
        period: cycle.period)
      observer.take(
        configuration.velocityIndex, position: sample.position, velocity: sample.velocity,
        torque: sample.torque - lost)
    }
    observer.update(over: cycle.period)
    guard observer.state.reflex == .collision, level > 0 else { return nil }
    var found = Collision(joint: 0, torque: 0, threshold: 1, time: cycle.time)
    for joint in 0..<jointCount {
      let configuration = control.joints[joint]
      let torque = observer[configuration.velocityIndex]
      let threshold = level * configuration.limits.torque
      if abs(torque) / threshold > abs(found.torque) / found.threshold {
        found.joint = joint
        found.torque = torque
        found.threshold = threshold
      }
    }
    observer.acknowledge()
    return found
  }
}

extension FrictionCompensation.Gains {
  /// The friction of an actuator, from its profile or the numbers of its description.
  init(of actuator: Actuator) {
    if let physics = actuator.physics {
      self.init(physics)
      return
    }
    let reducer = actuator.reducer
    let efficiency = max(0.05, min(1, reducer.efficiency))
    self.init(
      coulomb: reducer.coulombFriction, viscous: reducer.viscousFriction, drivingLoss: 1 - efficiency,
      backDrivingLoss: 1 / efficiency - 1)
  }
}
