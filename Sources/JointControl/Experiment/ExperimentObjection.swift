import ControlCycle
internal import RigidBody

/// Why an experiment cannot come out well, in words, before anything moves.
public struct ExperimentObjection: Error, Sendable, Equatable, CustomStringConvertible {
  /// The joint, with its bus and drive.
  public var place: String
  /// What is wrong.
  public var message: String
  /// What to do.
  public var fix: String

  /// All three in one line.
  public var description: String { "\(place): \(message); \(fix)" }
}

extension Experiment {
  /// What keeps the experiment from coming out well on a robot; empty where nothing is known.
  ///
  /// - Parameters:
  ///   - robot: the robot as it is described.
  ///   - position: where the joint stands [rad]; its home where nothing is said.
  /// - Returns: everything at once, each with its place and what to do.
  public func objections(for robot: Robot, from position: Double? = nil) -> [ExperimentObjection] {
    guard robot.joints.indices.contains(joint) else {
      return [
        ExperimentObjection(
          place: "experiment \(kind.rawValue)", message: "there is no joint \(joint)",
          fix: "the robot has \(robot.joints.count)")
      ]
    }
    let drive = robot.joints[joint].configuration.drive
    let name = robot.joints[joint].name
    let bus = robot.buses.indices.contains(Int(drive.bus)) ? robot.buses[Int(drive.bus)].name : "\(drive.bus)"
    let place = "\(kind.rawValue) of joint \(name), bus \(bus), drive \(drive.id)"
    let check = ExperimentCheck(self, robot, position ?? robot.joints[joint].home)
    // Numbers that are none spoil whatever is worked out of them.
    let found = check.numbers.isEmpty ? check.drive + check.torque + check.room : check.numbers
    return found.map { ExperimentObjection(place: place, message: $0.message, fix: $0.fix) }
  }
}

/// The looks at one experiment, each with what it found.
private struct ExperimentCheck {
  typealias Finding = (message: String, fix: String)

  let experiment: Experiment
  let robot: Robot
  let position: Double
  let joint: RobotJoint

  init(_ experiment: Experiment, _ robot: Robot, _ position: Double) {
    self.experiment = experiment
    self.robot = robot
    self.position = position
    joint = robot.joints[experiment.joint]
  }

  private var envelope: ExperimentEnvelope { experiment.envelope }
  private var isMotion: Bool {
    switch experiment.kind {
    case .friction, .gravity, .torqueConstant: true
    default: false
    }
  }
  private func text(_ value: Double) -> String { HomingError.Problem.text(value) }

  /// Numbers that are none, or out of all proportion.
  var numbers: [Finding] {
    let positive = [
      ("amplitude", experiment.amplitude), ("duration", experiment.duration),
      ("lowest frequency", experiment.band.lowerBound), ("travel", envelope.travel),
      ("velocity of the envelope", envelope.velocity), ("torque of the envelope", envelope.torque),
      ("tracking error of the envelope", envelope.trackingError),
    ]
    var found: [Finding] = positive.filter { !($0.1 > 0 && $0.1.isFinite) }.map {
      ("its \($0.0) is \(text($0.1)), not above zero", "give a number above zero")
    }
    let limits = joint.configuration.limits
    if !(envelope.temperature.isFinite && envelope.positions.lowerBound.isFinite
      && envelope.positions.upperBound.isFinite && position.isFinite)
    {
      found.append(("a number of its envelope is not finite", "give a finite one"))
    }
    let half = 0.5 / (Double(robot.period) * 1e-9)
    if !(experiment.band.upperBound < half) {
      found.append(
        (
          "its highest frequency of \(text(experiment.band.upperBound)) Hz is not below half the cycle's",
          "stay below \(text(half)) Hz"
        ))
    }
    if experiment.duration > Excitation.longest {
      found.append(
        ("it would take \(text(experiment.duration)) s", "stay within \(text(Excitation.longest)) s"))
    }
    if !(1...1000).contains(experiment.repetitions) {
      found.append(("it would be done \(experiment.repetitions) times", "give 1 to 1000"))
    }
    if experiment.kind == .friction
      && (experiment.speeds.isEmpty || experiment.speeds.contains { !($0 > 0 && $0 <= envelope.velocity) })
    {
      found.append(
        (
          "its speeds are not all above zero and within the envelope's \(text(envelope.velocity)) rad/s",
          "give speeds up to that"
        ))
    }
    if envelope.positions.lowerBound < limits.minPosition
      || envelope.positions.upperBound > limits.maxPosition
      || envelope.velocity > limits.velocity || envelope.torque > limits.torque
    {
      found.append(("its envelope is wider than the joint's limits", "stay within them"))
    }
    return found
  }

  /// A drive or a law that no experiment of this kind can be done with.
  var drive: [Finding] {
    var found: [Finding] = []
    let mode = joint.configuration.drive.mode
    if !isMotion && !mode.takesTorque {
      found.append(
        ("its drive is in mode \(mode) and takes no torque", "describe it with mode impedance or torque"))
    }
    if joint.configuration.gains.stiffness <= 0 || joint.configuration.gains.damping <= 0 {
      found.append(
        (
          "without stiffness and damping nothing holds it where it is",
          "give it gains above zero, however small"
        ))
    }
    if experiment.kind == .torqueConstant && robot.feedforward == .none && weightChange < 1e-9 {
      found.append(("the model knows no weight on it", "describe the masses behind it"))
    }
    return found
  }

  /// Gravity's torque at a position of the joint [N.m].
  private func weight(at position: Double) -> Double {
    let pose = ExperimentBudget.pose(of: robot, joint: experiment.joint, at: position)
    return gravity(robot.model, ModelData(robot.model), q: pose)[joint.configuration.velocityIndex]
  }

  /// By how much the weight changes over the poses that are visited [N.m].
  private var weightChange: Double {
    let weights = (0...16).map {
      weight(at: position + experiment.amplitude * (Double($0) / 8 - 1))
    }
    return (weights.max() ?? 0) - (weights.min() ?? 0)
  }

  /// Torque that is not there.
  var torque: [Finding] {
    let load = weight(at: position).magnitude
    let friction = joint.actuator.reducer.coulombFriction
    var found: [Finding] = []
    var asked = 0.0
    switch experiment.kind {
    case .step: asked = joint.configuration.gains.stiffness * experiment.amplitude
    case .friction, .gravity, .torqueConstant: asked = friction
    default: asked = experiment.amplitude
    }
    if load + asked > envelope.torque {
      found.append(
        (
          "weight and excitation take \(text(load + asked)) N.m, its envelope has \(text(envelope.torque)) N.m",
          "begin at a pose with less weight, lower the amplitude, or let it use a larger share of its limits"
        ))
    }
    let needsMotion = experiment.kind != .stiffness && experiment.kind != .backlash
    if !isMotion && needsMotion && asked <= friction {
      found.append(
        (
          "\(text(asked)) N.m do not overcome its friction of \(text(friction)) N.m",
          "raise the amplitude, or let it use a larger share of its limits"
        ))
    }
    if experiment.kind == .torqueConstant && weightChange > 1e-9 && weightChange < 0.5 * friction {
      found.append(
        (
          "its weight changes by \(text(weightChange)) N.m over the way, its friction is \(text(friction)) N.m",
          "raise the amplitude, or hang a known weight on it"
        ))
    }
    return found
  }

  /// Room that is not there.
  var room: [Finding] {
    guard envelope.positions.contains(position) else {
      return [
        (
          "it stands at \(text(position)) rad, outside the \(text(envelope.positions.lowerBound)) to "
            + "\(text(envelope.positions.upperBound)) rad of its envelope",
          "move it away from its limit first"
        )
      ]
    }
    let stiffness = joint.configuration.gains.stiffness
    let way: Double
    switch experiment.kind {
    case .step, .friction, .gravity, .torqueConstant: way = experiment.amplitude
    // Against its own spring; relay and breakaway end as soon as it moves.
    case .stiffness, .backlash: way = stiffness > 0 ? experiment.amplitude / stiffness : 0
    default: way = 0
    }
    let needed = max(way, Experiment.leastRoom)
    let near = min(position - envelope.positions.lowerBound, envelope.positions.upperBound - position)
    var found: [Finding] = []
    if way > envelope.travel {
      found.append(
        (
          "it would go \(text(way)) rad, its envelope lets it go \(text(envelope.travel)) rad",
          "lower the amplitude or raise the travel"
        ))
    }
    if needed > near {
      found.append(
        (
          "it needs \(text(needed)) rad either way, and there are \(text(max(near, 0))) rad to the edge of its envelope",
          "move it away from its limit first, or lower the amplitude"
        ))
    }
    return found
  }
}

extension Experiment {
  /// Room that any experiment needs either way [rad].
  static var leastRoom: Double { 0.02 }
}
