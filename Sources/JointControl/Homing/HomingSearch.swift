public import ControlCycle

/// The search of one joint for its mark or stop, as a machine that sees what is measured and says where to go. It knows no bus
/// and no clock, allocates nothing, and always ends: each phase counts against the plan's time and travel.
///
///     settling --> seeking --> backing --> touching --> leaving --> done
///        |            |           |            |           |
///        +------------+-----------+------------+-----------+--> failed
///
/// What is found twice counts: first at the plan's speed, then at half of it. A mark that is not there before the joint meets a
/// stop is looked for the other way, once, and approached from the same side in the end.
public struct HomingSearch: BitwiseCopyable, Sendable, Equatable {
  /// What the search is doing.
  public enum Phase: BitwiseCopyable, Sendable {
    /// Standing, until what arming moved is at rest.
    case settling
    /// Going for the mark or stop.
    case seeking
    /// Going back from it.
    case backing
    /// Going for it again, slowly.
    case touching
    /// Going back from it for good.
    case leaving
    /// Found; the joint stands.
    case done
    /// Not found.
    case failed
  }
  /// Why a search failed.
  public enum Failure: String, BitwiseCopyable, Sendable {
    /// Its time is over.
    case time
    /// It went as far as it may.
    case travel
    /// More torque was measured than the plan allows.
    case torque
    /// It does not come off its stop.
    case stuck
    /// The second search ended elsewhere than the first.
    case unrepeatable
    /// It met a stop on either side and no mark between.
    case noMark = "no mark"
  }
  /// What is measured of the joint in one cycle.
  public struct Reading: BitwiseCopyable, Sendable {
    /// Where it believes to be [rad].
    public var position: Double
    /// Its velocity [rad/s].
    public var velocity: Double
    /// Torque that the drive reports [N.m].
    public var torque: Double
    /// Whether it is on or beyond its mark, where it has one.
    public var isOnMark: Bool

    /// A reading.
    public init(position: Double, velocity: Double, torque: Double, isOnMark: Bool = false) {
      self.position = position
      self.velocity = velocity
      self.torque = torque
      self.isOnMark = isOnMark
    }
  }

  /// Time a joint stands before it searches, and after it went back [s].
  static let settleTime = 0.3
  /// Time a joint has to stand and press before that is a stop [s].
  static let pressTime = 0.1
  /// Part of the torque bound that is pressing.
  static let pressShare = 0.8
  /// Part of the speed asked for below which a joint stands.
  static let stillShare = 0.1
  /// Factor of the torque bound that is too much.
  static let excess = 1.3
  /// How long too much torque has to be measured [s].
  static let excessTime = 0.02
  /// Distance between what both searches found that is still the same [rad].
  static let repeatability = 0.01

  /// What the search is doing.
  public private(set) var phase = Phase.settling
  /// Why it failed.
  public private(set) var failure: Failure?
  /// Where the mark or stop was found, as the joint believed [rad]; of meaning when done.
  public private(set) var found = 0.0
  /// How far apart both searches ended [rad].
  public private(set) var spread = 0.0
  /// Highest torque measured [N.m].
  public private(set) var peakTorque = 0.0
  /// Highest speed measured while it searched [rad/s].
  public private(set) var peakSpeed = 0.0
  /// How far it got from where it began [rad].
  public private(set) var reach = 0.0
  /// Time since it began [s].
  public private(set) var elapsed = 0.0
  /// Whether the search is over.
  public var isOver: Bool {
    switch phase {
    case .done, .failed: true
    case .settling, .seeking, .backing, .touching, .leaving: false
    }
  }

  private let plan: HomingPlan
  private let isForMark: Bool
  /// How far the asked position may be ahead of the measured one [rad]: enough for the torque bound, and little more.
  private let lead: Double
  private var start = 0.0
  private var asked = 0.0
  private var goal = 0.0
  private var firstFound = 0.0
  private var hasStarted = false
  private var isReversed = false
  private var hasSeenMark = false
  private var phaseTime = 0.0
  private var pressed = 0.0
  /// Where the joint has stood since [rad].
  private var pressedAt = 0.0
  /// Torque without its chatter [N.m].
  private var meanTorque = 0.0
  /// Time since the joint was asked to be at its goal [s].
  private var rested = 0.0
  private var exceeded = 0.0

  /// A search by a plan other than of saved turns, for a joint of a stiffness [N.m/rad].
  public init(_ plan: HomingPlan, stiffness: Double) {
    precondition(stiffness > 0)
    self.plan = plan
    if case .index = plan.method { isForMark = true } else { isForMark = false }
    lead = 1.25 * plan.torque / stiffness
  }

  /// Takes what is measured and gives where the joint is to go.
  ///
  /// - Parameters:
  ///   - reading: the joint.
  ///   - period: time since the last call [s].
  ///   - hold: where the joint is asked to be when the search begins [rad].
  /// - Returns: the setpoint of this cycle.
  public mutating func next(_ reading: Reading, period: Double, from hold: Double) -> JointSetpoint {
    if !hasStarted {
      hasStarted = true
      start = reading.position
      asked = hold
    }
    watch(reading, period)
    switch phase {
    case .settling:
      if phaseTime >= Self.settleTime { begin(reading.isOnMark && isForMark ? .backing : .seeking) }
    case .seeking: return seek(reading, period)
    case .backing: return back(reading, period)
    case .touching: return touch(reading, period)
    case .leaving:
      let setpoint = move(towards: goal, speed: plan.speed, reading, period)
      if rested >= Self.settleTime { conclude(reading) }
      return setpoint
    case .done, .failed: break
    }
    return JointSetpoint(position: asked)
  }

  // MARK: - Phases

  private mutating func begin(_ next: Phase) {
    phase = next
    phaseTime = 0
    pressed = 0
    rested = 0
  }

  private mutating func fail(_ reason: Failure, _ reading: Reading) {
    begin(.failed)
    asked = reading.position
    failure = reason
  }

  private mutating func seek(_ reading: Reading, _ period: Double) -> JointSetpoint {
    if isForMark && reading.isOnMark {
      firstFound = reading.position
      return retreat(from: reading)
    }
    if isPressing(reading, plan.direction, plan.speed, period) {
      if isForMark {
        // The mark is behind where the joint began: the way back ends before it.
        isReversed = true
        begin(.backing)
        return JointSetpoint(position: asked)
      }
      firstFound = reading.position
      return retreat(from: reading)
    }
    return drive(plan.direction, plan.speed, reading, period)
  }

  private mutating func retreat(from reading: Reading) -> JointSetpoint {
    // Asked from where it presses, and not from where it is: a joint that is let go of all at once falls by its own weight.
    begin(.backing)
    goal = firstFound - plan.direction * plan.backOff
    return JointSetpoint(position: asked)
  }

  private mutating func back(_ reading: Reading, _ period: Double) -> JointSetpoint {
    guard isForMark else {
      let setpoint = move(towards: goal, speed: plan.speed, reading, period)
      if rested >= Self.settleTime {
        if (reading.position - firstFound).magnitude < 0.5 * plan.backOff {
          fail(.stuck, reading)
          return JointSetpoint(position: asked)
        }
        begin(.touching)
      }
      return setpoint
    }
    if reading.isOnMark {
      hasSeenMark = true
      firstFound = reading.position
      goal = firstFound - plan.direction * plan.backOff
    }
    let isClear =
      (goal - reading.position) * plan.direction >= 0 && (hasSeenMark || !isReversed) && !reading.isOnMark
    if isClear && phaseTime >= period {
      begin(.touching)
      return JointSetpoint(position: asked)
    }
    if isPressing(reading, -plan.direction, plan.speed, period) {
      fail(isReversed && !hasSeenMark ? .noMark : .stuck, reading)
      return JointSetpoint(position: asked)
    }
    return drive(-plan.direction, plan.speed, reading, period)
  }

  private mutating func touch(_ reading: Reading, _ period: Double) -> JointSetpoint {
    let isThere = isForMark ? reading.isOnMark : isPressing(reading, plan.direction, plan.speed / 2, period)
    if isThere {
      found = reading.position
      spread = (found - firstFound).magnitude
      // A mark seen while the joint was going the other way lies a cycle and a hysteresis off.
      if spread > Self.repeatability + (isForMark ? 2 * plan.speed * period : 0) {
        fail(.unrepeatable, reading)
        return JointSetpoint(position: asked)
      }
      begin(.leaving)
      goal = found - plan.direction * plan.backOff
      return JointSetpoint(position: asked)
    }
    if isForMark && isPressing(reading, plan.direction, plan.speed / 2, period) {
      fail(.noMark, reading)
      return JointSetpoint(position: asked)
    }
    return drive(plan.direction, plan.speed / 2, reading, period)
  }

  private mutating func conclude(_ reading: Reading) {
    if (reading.position - found).magnitude < 0.5 * plan.backOff { return fail(.stuck, reading) }
    begin(.done)
  }

  // MARK: - Bounds

  /// Counts time and travel and what is measured; past a bound the search has failed, whatever it was about to find.
  private mutating func watch(_ reading: Reading, _ period: Double) {
    if isOver { return }
    elapsed += period
    phaseTime += period
    meanTorque += min(1, period / Self.excessTime) * (reading.torque - meanTorque)
    peakTorque = max(peakTorque, reading.torque.magnitude)
    peakSpeed = max(peakSpeed, reading.velocity.magnitude)
    reach = max(reach, (reading.position - start).magnitude)
    exceeded = reading.torque.magnitude > Self.excess * plan.torque ? exceeded + period : 0
    if exceeded >= Self.excessTime {
      fail(.torque, reading)
    } else if reach > plan.travel {
      fail(.travel, reading)
    } else if elapsed > plan.time {
      fail(.time, reading)
    }
  }

  /// Whether the joint has stood and pressed for long enough. Standing alone is friction, torque alone is a load.
  private mutating func isPressing(
    _ reading: Reading, _ direction: Double, _ speed: Double, _ period: Double
  ) -> Bool {
    // By how far it went and by the torque's mean: single readings of velocity and torque chatter at a stop.
    if (reading.position - pressedAt).magnitude > Self.stillShare * speed * Self.pressTime {
      pressedAt = reading.position
      pressed = 0
    }
    let presses = direction * meanTorque >= Self.pressShare * plan.torque
    pressed = presses ? pressed + period : 0
    return pressed >= Self.pressTime
  }

  // MARK: - Motion

  private mutating func drive(
    _ direction: Double, _ speed: Double, _ reading: Reading, _ period: Double
  ) -> JointSetpoint {
    asked += direction * speed * period
    let most = reading.position + direction * lead
    asked = direction > 0 ? min(asked, most) : max(asked, most)
    return JointSetpoint(position: asked, velocity: direction * speed)
  }

  private mutating func move(
    towards goal: Double, speed: Double, _ reading: Reading, _ period: Double
  ) -> JointSetpoint {
    let step = speed * period
    let rest = goal - asked
    guard rest.magnitude > step else {
      asked = goal
      rested += period
      return JointSetpoint(position: asked)
    }
    return drive(rest < 0 ? -1 : 1, speed, reading, period)
  }
}
