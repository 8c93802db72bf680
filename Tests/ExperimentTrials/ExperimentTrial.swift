import ControlCycle
public import JointControl
public import Simulation

/// A random experiment on a random joint in which something goes wrong at a random instant, or nothing does.
public struct ExperimentTrial: Sendable {
  /// What goes wrong.
  public enum Mishap: String, CaseIterable, Sendable {
    case nothing
    // The drive is gone: it reports a fault, reboots, has no power, or its bus is lost.
    case overcurrent, encoderFault, reboots, missing, busLost, answersLost, commandsLost
    // What it says is wrong.
    case answersFrozen, encoderJumps, encoderStuck, encoderOffset, encoderNoise, torqueBias
    // The joint is not what it was.
    case blocked, friction, sheared, torqueScale, pushed
    // What is asked for is wrong.
    case setpointNaN, setpointFrozen, setpointJumps, hostHangs
    // Somebody ends it.
    case keyReleased, stopRequested

    /// The catalogue's name; nil for what no injection makes.
    var kind: Injection.Kind? {
      switch self {
      case .nothing, .keyReleased, .stopRequested, .hostHangs: nil
      case .overcurrent: .overcurrent
      case .encoderFault: .encoderFault
      case .reboots: .reboots
      case .missing: .missing
      case .busLost: .lost
      case .answersLost: .answersLost
      case .commandsLost: .commandsLost
      case .answersFrozen: .answersFrozen
      case .encoderJumps: .encoderJumps
      case .encoderStuck: .encoderStuck
      case .encoderOffset: .encoderOffset
      case .encoderNoise: .encoderNoise
      case .torqueBias: .torqueBias
      case .blocked: .blocked
      case .friction: .friction
      case .sheared: .sheared
      case .torqueScale: .torqueScale
      case .pushed: .pushed
      case .setpointNaN: .setpointNaN
      case .setpointFrozen: .setpointFrozen
      case .setpointJumps: .setpointJumps
      }
    }

    /// Whether the joint is where the drive says, and gets the torque that the drive says, for as long as the drive obeys.
    var isSound: Bool {
      switch self {
      case .encoderJumps, .encoderStuck, .encoderOffset, .encoderNoise, .answersFrozen, .sheared,
        .torqueScale:
        false
      default: true
      }
    }

    /// Whether the drive hears nothing any more, or obeys nothing.
    var losesDrive: Bool {
      switch self {
      case .overcurrent, .encoderFault, .reboots, .missing, .busLost, .answersLost, .commandsLost, .hostHangs:
        true
      default: false
      }
    }
  }

  /// What all numbers follow from.
  public let seed: UInt64
  /// The joint.
  public let joint: RandomJoint
  /// What is done.
  public let experiment: Experiment
  /// What goes wrong.
  public let mishap: Mishap
  /// When, in parts of the run.
  public let moment: Double
  /// How much, where that has a meaning.
  public let intensity: Double

  /// The trial of a seed.
  public init(seed: UInt64) {
    var random = RandomStream(seed: seed, stream: 0x5452_4941)
    self.seed = seed
    joint = RandomJoint(seed: random.next())
    let robot = joint.described
    let kinds = Experiment.Kind.allCases
    let kind = kinds[Int(random.integer(upTo: Int64(kinds.count - 1)))]
    let share = 0.2 + 0.6 * random.uniform()
    var experiment = Experiment.usual(kind, joint: 0, of: robot, share: share)
    // Far from what suits the joint, too.
    experiment.amplitude *= 0.3 + 2.2 * random.uniform()
    experiment.envelope.travel *= 0.3 + 1.2 * random.uniform()
    experiment.envelope.trackingError *= 0.5 + 0.5 * random.uniform()
    experiment.duration = min(experiment.duration, 1 + 2 * random.uniform())
    experiment.seed = random.next()
    switch kind {
    case .friction:
      experiment.speeds = [0.1 + 0.5 * random.uniform()]
      experiment.repetitions = 1
    case .gravity, .torqueConstant:
      experiment.amplitude *= 0.3
      experiment.repetitions = 2
    case .breakaway: experiment.repetitions = 1
    default: break
    }
    self.experiment = experiment
    let mishaps = Mishap.allCases
    let mishap = mishaps[Int(seed % UInt64(mishaps.count))]
    self.mishap = mishap
    moment = random.uniform()
    let sign = random.uniform() < 0.5 ? -1.0 : 1.0
    let size = random.uniform()
    let stiffest = min(
      robot.joints[0].configuration.gains.stiffness * experiment.envelope.travel, experiment.envelope.torque)
    intensity =
      switch mishap {
      case .encoderJumps, .encoderOffset: sign * (0.01 + size * size)
      case .encoderNoise: 0.001 + 0.02 * size
      case .torqueBias: sign * 20 * size
      case .friction: 10 * size
      case .torqueScale: 3 * size
      // Half of what the joint can resist with at the edge of its travel.
      case .pushed: sign * 0.5 * size * stiffest
      case .setpointJumps: sign * size
      default: 1
      }
  }

  /// Time that the run takes where nothing goes wrong, from the first cycle on; about [s].
  var span: Double {
    switch experiment.kind {
    case .friction: 3
    case .gravity, .torqueConstant: 8
    default: 1 + experiment.duration
    }
  }

  /// What goes wrong below the loop or in what it is asked for, from an instant on [ns].
  func injections(after start: Int64) -> [Injection] {
    guard let kind = mishap.kind else { return [] }
    let time = start + Int64(moment * span * 1e9)
    let isOfBus = kind == .lost
    let isOfHost = FaultCatalogue.entry(of: kind).targets == [.host]
    let target =
      isOfBus
      ? Injection.Target(name: "only", place: .buses([0]))
      : isOfHost
        ? Injection.Target(name: "host", place: .host) : Injection.Target(name: "joint", place: .joints([0]))
    let hasIntensity = FaultCatalogue.entry(of: kind).intensity != nil
    return [Injection(kind, on: target, at: time, intensity: hasIntensity ? intensity : nil)]
  }
}

extension ExperimentTrial: CustomStringConvertible {
  /// In one line.
  public var description: String {
    "trial \(seed): \(experiment.kind.rawValue) of \(experiment.amplitude) on \(joint.gear.rawValue) J \(joint.inertia) F "
      + "\(joint.coulomb) delay \(joint.delay)\(joint.isClosedOnHost ? " on the host" : ""), travel "
      + "\(experiment.envelope.travel), \(mishap.rawValue) \(intensity) at \(moment)"
  }
}
