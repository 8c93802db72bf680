internal import RigidBody

/// Why joints have no zero.
public enum HomingError: Error, Sendable {
  /// Drives did not come up.
  case bringUp(BringUpError)
  /// The robot stopped for a fault on the way.
  case fault(ControlFault)
  /// What was saved is not of this robot.
  case memory(String)
  /// Joints that have no zero, each with its reason.
  case joints([Problem])
  /// Somebody ended it.
  case stopped

  /// Angle that a search may be wrong by without anybody seeing it from the search itself [rad]: an obstacle before the stop.
  static let searchStep = 0.35
  /// How far outside its limits a joint may stand after a search [rad]: behind a stop that lies beyond the limit.
  static let outside = 0.3

  /// What is wrong with one joint.
  public enum Reason: Sendable, Equatable {
    /// Nothing was saved for it.
    case notSaved
    /// Its drive said nothing.
    case unread
    /// What was saved cannot be.
    case turns(TurnChoice)
    /// Its search failed.
    case search(HomingSearch.Failure, HomingSearch, HomingPlan)
    /// Its weight does not fit.
    case weight(WeightCheck.Joint)
    /// It stands outside its limits [rad].
    case outside(Double)
    /// A number of the plan is not above zero, or not finite.
    case number(String)
    /// The bound of its torque would not lift its own weight and friction [N.m].
    case weak(needed: Double, bound: Double)
    /// It has no stiffness to move with.
    case limp
  }

  /// One joint and what is wrong with it.
  public struct Problem: Sendable, Equatable {
    /// The joint, with its bus and drive.
    public var place: String
    /// Its name.
    public var joint: String
    /// What is wrong.
    public var reason: Reason

    init(_ robot: Robot, _ index: Int, _ reason: Reason) {
      let drive = robot.joints[index].configuration.drive
      joint = robot.joints[index].name
      place = "joint \(joint), bus \(robot.buses[Int(drive.bus)].name), drive \(drive.id)"
      self.reason = reason
    }
  }
}

extension HomingError.Reason {
  /// What keeps a plan from coming out well; nil where nothing is known.
  init?(of plan: HomingPlan, joint index: Int, _ robot: Robot) {
    let joint = robot.joints[index]
    if plan.method == .saved { return nil }
    let numbers = [
      ("torque", plan.torque), ("speed", plan.speed), ("travel", plan.travel), ("time", plan.time),
      ("back_off", plan.backOff),
    ]
    if let (name, _) = numbers.first(where: { !($0.1 > 0 && $0.1.isFinite) }) {
      self = .number(name)
      return
    }
    guard plan.mark.isFinite else {
      self = .number("at")
      return
    }
    guard joint.configuration.gains.stiffness > 0 else {
      self = .limp
      return
    }
    let needed = Self.load(robot, index)
    let bound = min(plan.torque, joint.configuration.limits.torque)
    guard needed > HomingSearch.pressShare * bound else { return nil }
    self = .weak(needed: needed, bound: bound)
  }

  /// The most that a joint has to hold anywhere between its limits, the others at home, friction included [N.m]: with less, a
  /// joint that cannot lift itself looks like one that met a stop.
  static func load(_ robot: Robot, _ index: Int) -> Double {
    let data = ModelData(robot.model)
    var pose = [Double](repeating: 0, count: robot.model.positionCount)
    for joint in robot.joints { pose[joint.configuration.velocityIndex] = joint.home }
    let joint = robot.joints[index]
    let limits = joint.configuration.limits
    let parts = 64
    var most = 0.0
    for part in 0...parts {
      pose[joint.configuration.velocityIndex] =
        limits.minPosition + (limits.maxPosition - limits.minPosition) * Double(part) / Double(parts)
      most = max(most, gravity(robot.model, data, q: pose)[joint.configuration.velocityIndex].magnitude)
    }
    let reducer = joint.actuator.reducer
    return most / max(reducer.efficiency, 0.1) + reducer.coulombFriction
  }
}

extension HomingError.Problem {
  /// Whether the plan is to blame, and nothing that was measured.
  public var isOfPlan: Bool {
    switch reason {
    case .notSaved, .number, .weak, .limp: true
    case .unread, .turns, .search, .weight, .outside: false
    }
  }

  /// What is wrong, in words.
  public var message: String {
    switch reason {
    case .notSaved: return "no turns are saved for it"
    case .unread: return "its drive says no position while it is off"
    case .turns(let choice):
      let stand = "it stands at \(Self.text(choice.position)) rad"
      return choice.verdict == .outside
        ? "\(stand) by its saved turns, outside its limits"
        : "\(stand) or a turn of its rotor away, \(Self.text(choice.distance.magnitude)) rad from where it was saved"
    case .search(let failure, let search, let plan): return Self.message(failure, search, plan)
    case .weight(let weight):
      return "it holds \(Self.text(weight.measured)) N.m, and \(Self.text(weight.expected)) +- "
        + "\(Self.text(weight.tolerance)) N.m would be right where it believes to be"
    case .outside(let position): return "it would stand at \(Self.text(position)) rad, outside its limits"
    case .number(let name): return "\(name) of its homing is not a number above zero"
    case .weak(let needed, let bound):
      return "its homing torque of \(Self.text(bound)) N.m does not carry it: weight and friction take up to "
        + "\(Self.text(needed)) N.m, and a search has to press with more"
    case .limp: return "it has no stiffness to move with"
    }
  }

  /// What to do.
  public var fix: String {
    switch reason {
    case .notSaved: return "home it by index or stop once, or say where it is with sinew drive zero"
    case .unread: return "see sinew drive info for what its drive says"
    case .turns: return "bring it to where it was, or home it by index or stop"
    case .search(let failure, _, _):
      switch failure {
      case .time, .travel:
        return "see whether it moves freely, and whether direction, travel and time are right"
      case .torque: return "see what it presses against, and whether gains are too high for the torque bound"
      case .stuck: return "free it by hand, with the drives off"
      case .unrepeatable: return "see what is in its way; search slower"
      case .noMark: return "see whether the mark's sensor works and whether it lies within the stops"
      }
    case .weight:
      return "see whether something touches or holds it, and whether its zero is a turn off; home it anew"
    case .outside: return "see whether 'at' and 'direction' of its homing are right"
    case .number: return "correct homing: of the joint in robot.yaml"
    case .weak(let needed, _):
      return "write homing: {torque: \(Self.text(needed / HomingSearch.pressShare * 1.05))} or more"
    case .limp: return "give it gains with a stiffness"
    }
  }

  private static func message(
    _ failure: HomingSearch.Failure, _ search: HomingSearch, _ plan: HomingPlan
  ) -> String {
    switch failure {
    case .time: "nothing was found in \(text(plan.time)) s"
    case .travel: "nothing was found within \(text(plan.travel)) rad"
    case .torque: "\(text(search.peakTorque)) N.m were measured, its bound is \(text(plan.torque)) N.m"
    case .stuck: "it does not come off what it met"
    case .unrepeatable: "two searches ended \(text(search.spread)) rad apart"
    case .noMark: "it met a stop and no mark"
    }
  }

  /// A number in four digits.
  static func text(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e9 else { return "\(value)" }
    return "\((value * 10000).rounded() / 10000)"
  }
}
