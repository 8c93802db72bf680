import JointControl

/// What injections make of the condition of each joint, as time passes.
struct ConditionInjections {
  private let injections: [(injection: Injection, interval: FaultInterval)]
  /// Signed turns of the drive's shaft per turn of the joint, by joint.
  private let shaftPerJoint: [Double]
  /// Instants at which something begins or ends, in order [ns].
  private let changes: [Int64]
  private var next = 0

  /// The faults among `injections` that are of joints' physics.
  init(_ injections: [Injection], robot: Robot) {
    self.injections = injections.filter(\.isOfCondition).map { ($0, $0.interval(period: robot.period)) }
    shaftPerJoint = robot.joints.map {
      $0.configuration.transmission.sign * $0.configuration.transmission.ratio
    }
    changes = Set(self.injections.flatMap { [$0.interval.from, $0.interval.until] }).sorted()
  }

  /// Instant of the next change [ns]; `Int64.max` when there is none left.
  var nextChange: Int64 { next < changes.count ? changes[next] : .max }

  /// Takes every change up to an instant [ns] as done.
  mutating func pass(_ time: Int64) {
    while nextChange <= time && nextChange != .max { next += 1 }
  }

  /// The condition of a joint at an instant [ns]; nil when no fault is ever one of it.
  func condition(of joint: Int, at time: Int64) -> JointCondition? {
    var condition = JointCondition()
    var isOne = false
    for (injection, interval) in injections where injection.joints.contains(joint) {
      isOne = true
      if interval.contains(time) { injection.impair(&condition, shaftPerJoint: shaftPerJoint[joint]) }
    }
    return isOne ? condition : nil
  }
}

extension Injection {
  /// Whether it is told to a joint's physics.
  var isOfCondition: Bool {
    switch entry.layer {
    case .motor, .encoder, .reducer, .supply: true
    case .body: entry.targets == [.joint]
    case .wire, .drive, .host, .clock, .disk: false
    }
  }

  /// Adds the fault to a condition: factors multiply, everything else adds up.
  func impair(_ condition: inout JointCondition, shaftPerJoint: Double) {
    switch kind {
    case .torqueScale: condition.torqueScale *= intensity
    case .phaseLoss: condition.lacksPhase = true
    case .commutationSlip: condition.commutationOffset += intensity
    case .extraHeat: condition.extraHeat += intensity
    case .ambient: condition.ambientRise += intensity
    case .friction: condition.frictionFactor *= intensity
    case .stiffness: condition.stiffnessFactor *= intensity
    case .backlash: condition.extraBacklash += intensity
    case .sheared: condition.isSheared = true
    case .blocked: condition.isBlocked = true
    case .pushed: condition.externalTorque += intensity
    case .payload: condition.extraMass += intensity
    case .encoderJumps, .encoderOffset: condition.encoderOffset += intensity
    case .encoderWraps: condition.encoderOffset += intensity * 2 * Double.pi / shaftPerJoint
    case .encoderNoise:
      let square = condition.encoderNoise * condition.encoderNoise + intensity * intensity
      condition.encoderNoise = square.squareRoot()
    case .encoderStuck: condition.encoderIsStuck = true
    case .sags: condition.supplyOffset -= intensity
    case .surges: condition.supplyOffset += intensity
    default: break
    }
  }
}
