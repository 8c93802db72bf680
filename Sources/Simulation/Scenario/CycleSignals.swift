import ControlCycle
import JointControl

/// The quantities of one cycle, each computed once for all expectations that ask for it.
struct CycleSignals {
  /// One joint in one cycle.
  struct Joint: BitwiseCopyable {
    /// By `Quantity`; NaN where the cycle has no sample of it.
    var values = InlineArray<15, Double>(repeating: .nan)
    /// What was commanded in the cycle before [rad].
    var lastPosition = 0.0
    /// What the command's torque was in the cycle before [N.m].
    var lastTorque = Double.nan
  }

  /// Instant of the cycle since the sound robot is armed [s].
  private(set) var time = 0.0
  private(set) var joints: [Joint]
  private(set) var power = 0.0
  private(set) var work = 0.0
  private(set) var strangers = 0.0
  private(set) var baseHeight = Double.nan
  private(set) var uprightness = Double.nan
  private let reference: Int64
  private var wasArmed = false

  /// Signals of a robot's joints; `reference` is the instant at which the sound robot is armed [ns].
  init(jointCount: Int, reference: Int64) {
    joints = Array(repeating: Joint(), count: jointCount)
    self.reference = reference
  }

  /// Seconds since the sound robot is armed, of an instant [ns].
  func seconds(_ instant: Int64) -> Double { Double(instant - reference) * 1e-9 }

  /// Takes a cycle.
  mutating func take(_ cycle: Cycle, control: borrowing ControlCycle, robot: SimulatedRobot) {
    time = seconds(cycle.time)
    strangers = Double(control.unknownFrames)
    let isArmed = control.safety.state == .armed
    power = 0
    for joint in joints.indices {
      power += take(joint, control: control, robot: robot, isArmed: isArmed)
    }
    if time >= 0 { work += power * cycle.period }
    if let base = robot.withPlant({ $0.isFree ? ($0.baseHeight, $0.uprightness) : nil }) {
      (baseHeight, uprightness) = base
    }
    wasArmed = isArmed
  }

  /// Takes one joint; returns its power [W].
  private mutating func take(
    _ joint: Int, control: borrowing ControlCycle, robot: SimulatedRobot, isArmed: Bool
  ) -> Double {
    let (state, command) = (control.states[joint], control.commands[joint])
    let sample = control.samples[joint]
    let limits = control.joints[joint].limits
    let motion = control.motions[joint].position
    let position = robot.position(of: joint)
    let velocity = robot.velocity(of: joint)
    let torque = robot.motorTorque(of: joint)
    let isHeld = control.safety.state.isHeld && !control.safety.isRelaxed
    var values = InlineArray<15, Double>(repeating: .nan)
    func set(_ quantity: Quantity, _ value: Double) { values[quantity.index] = value }
    if wasArmed && isArmed && sample.state.age == 1 {
      set(.tracking, joints[joint].lastPosition - sample.state.position)
    }
    if isHeld { set(.deviation, motion - position) }
    if sample.exists {
      set(.misreading, state.position - position)
      set(
        .excess,
        max(0, limits.minPosition - sample.state.position, sample.state.position - limits.maxPosition))
      set(.temperature, sample.temperature)
      if isHeld { set(.age, Double(state.age)) }
    }
    set(.position, position)
    set(.velocity, velocity)
    set(.torque, torque)
    set(.rejected, Double(sample.rejected))
    var asked = Double.nan
    if control.safety.state != .disarmed && !control.safety.isSwitchingOn && sample.exists {
      asked =
        command.stiffness * (command.position - state.position)
        + command.damping * (command.velocity - state.velocity) + command.torque
      set(.effort, asked / limits.torque)
      let step = asked - joints[joint].lastTorque
      if !step.isNaN { set(.torqueStep, step) }
    }
    joints[joint].values = values
    joints[joint].lastPosition = motion
    joints[joint].lastTorque = asked
    return torque * velocity
  }

  /// A quantity of a joint, or of the robot; NaN where the cycle has no sample of it.
  func value(_ quantity: Quantity, joint: Int) -> Double {
    switch quantity {
    case .power: power
    case .work: work
    case .strangers: strangers
    case .baseHeight: baseHeight
    case .uprightness: uprightness
    default: joints[joint].values[quantity.index]
    }
  }
}

extension Quantity {
  /// Where it stands among all quantities.
  var index: Int {
    switch self {
    case .tracking: 0
    case .deviation: 1
    case .misreading: 2
    case .position: 3
    case .velocity: 4
    case .torque: 5
    case .effort: 6
    case .torqueStep: 7
    case .excess: 8
    case .temperature: 9
    case .age: 10
    case .power: 11
    case .work: 12
    case .strangers: 13
    case .rejected: 14
    case .baseHeight: 15
    case .uprightness: 16
    }
  }
}

extension SafetyState {
  /// Whether the commanded motion is followed: armed, or braking to rest.
  var isHeld: Bool { self == .armed || self == .stopping }
}
