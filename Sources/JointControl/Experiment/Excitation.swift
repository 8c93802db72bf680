internal import LaneMath
internal import RigidBody

/// What is asked of a joint in one cycle of an experiment.
struct ExcitationPoint: BitwiseCopyable, Sendable, Equatable {
  /// Position beside where the experiment began [rad].
  var offset = 0.0
  /// [rad/s]
  var velocity = 0.0
  /// [rad/s^2]
  var acceleration = 0.0
  /// Torque of the experiment [N.m].
  var torque = 0.0
  /// Part of the experiment; -1 between parts.
  var part: Int32 = -1
}

/// Excitations that depend on nothing that is measured, written down before the robot is armed: one point a cycle.
///
/// Parts count from 0: of `step` the plateaus (even: up), of `multisine` the periods, of `inertia` the tones, of `friction` speeds
/// and directions (2 x speed, +1 on the way down), of `backlash` and `stiffness` the monotone stretches, of `gravity` and `kt`
/// poses and sides (2 x pose from the lowest, +1 where it was reached from above).
enum Excitation {
  /// Longest experiment [s]; the memory of its trace is reserved.
  static var longest: Double { 600 }
  /// Most tones of a multisine.
  static var tones: Int { 40 }
  /// Longest stroke of a friction sweep in one direction [s].
  static var strokeTime: Double { 1 }
  /// Time that a pose is held, and how much of it is left for what moves [s].
  static var poseHold: Double { 1 }
  static var poseRest: Double { 0.4 }
  /// Speed between poses [rad/s].
  static var poseSpeed: Double { 0.3 }
  /// Time over which tones come and go [s].
  static var fade: Double { 0.25 }

  /// The points of an experiment; empty for one that answers to what is measured.
  ///
  /// - Parameters:
  ///   - experiment: what is done, its numbers sound.
  ///   - robot: the robot.
  /// - Returns: one point a cycle.
  static func points(_ experiment: Experiment, of robot: Robot) -> [ExcitationPoint] {
    let joint = robot.joints[experiment.joint]
    let budget = ExperimentBudget(
      robot, experiment.joint, envelope: experiment.envelope, from: joint.home)
    let (period, acceleration) = (budget.period, budget.acceleration)
    switch experiment.kind {
    case .step: return steps(experiment, stiffness: budget.gains.stiffness, period)
    case .chirp: return chirp(experiment, period)
    case .multisine: return multisine(experiment, period)
    case .delay: return binary(experiment, period)
    case .inertia: return tones(experiment, period)
    case .backlash, .stiffness: return triangles(experiment, period)
    case .friction: return sweep(experiment, acceleration: acceleration, period)
    case .gravity, .torqueConstant: return poses(experiment, acceleration: acceleration, period)
    case .relay, .breakaway: return []
    }
  }

  static func count(_ time: Double, _ period: Double) -> Int {
    max(1, Int((min(time, longest) / period).rounded()))
  }

  // MARK: - Torque

  private static func steps(_ experiment: Experiment, stiffness: Double, _ period: Double)
    -> [ExcitationPoint]
  {
    let plateaus = 2 * max(1, experiment.repetitions)
    let count = count(experiment.duration, period)
    return (0..<count).map { index in
      let plateau = index * plateaus / count
      var point = ExcitationPoint()
      point.torque = plateau % 2 == 0 ? stiffness * experiment.amplitude : 0
      point.part = Int32(plateau)
      return point
    }
  }

  private static func chirp(_ experiment: Experiment, _ period: Double) -> [ExcitationPoint] {
    let count = count(experiment.duration, period)
    let (low, high) = (experiment.band.lowerBound, experiment.band.upperBound)
    let growth = exponential(naturalLogarithm(high / low) / Double(count))
    var frequency = low
    var turns = 0.0
    return (0..<count).map { index in
      var point = ExcitationPoint()
      point.torque =
        experiment.amplitude * window(index, of: count, period) * SineCosine(of: 2 * Double.pi * turns).sine
      point.part = 0
      turns += frequency * period
      if turns >= 1 { turns -= turns.rounded(.down) }
      frequency *= growth
      return point
    }
  }

  private static func multisine(_ experiment: Experiment, _ period: Double) -> [ExcitationPoint] {
    let repetitions = max(1, experiment.repetitions)
    let each = count(experiment.duration / Double(repetitions), period)
    let base = 1 / (Double(each) * period)
    // Whole harmonics, evenly spread over the logarithm of the frequency.
    let (low, high) = (experiment.band.lowerBound, experiment.band.upperBound)
    var harmonics: [Int] = []
    for tone in 0..<tones {
      let share = Double(tone) / Double(tones - 1)
      let frequency = low * exponential(share * naturalLogarithm(high / low))
      let harmonic = max(1, Int((frequency / base).rounded()))
      if harmonic * 2 < each && harmonics.last != harmonic { harmonics.append(harmonic) }
    }
    var random = ExperimentRandom(experiment.seed)
    let phases = harmonics.map { _ in random.unit() }
    let wave = (0..<each).map { index in
      zip(harmonics, phases).reduce(0.0) { sum, tone in
        let turns = Double(tone.0 * index % each) / Double(each) + tone.1
        return sum + SineCosine(of: 2 * Double.pi * turns).sine
      }
    }
    let peak = max(wave.reduce(0) { max($0, $1.magnitude) }, 1e-9)
    return (0..<each * repetitions).map { index in
      var point = ExcitationPoint()
      point.torque = experiment.amplitude * wave[index % each] / peak
      point.part = Int32(index / each)
      return point
    }
  }

  /// Random binary torque; a bit lasts half a period of the highest frequency.
  private static func binary(_ experiment: Experiment, _ period: Double) -> [ExcitationPoint] {
    var random = ExperimentRandom(experiment.seed)
    let bit = max(1, Int((0.5 / (experiment.band.upperBound * period)).rounded()))
    var isHigh = true
    return (0..<count(experiment.duration, period)).map { index in
      if index % bit == 0 { isHigh = random.unit() < 0.5 }
      var point = ExcitationPoint()
      point.torque = isHigh ? experiment.amplitude : -experiment.amplitude
      point.part = 0
      return point
    }
  }

  /// Three tones, one after another.
  private static func tones(_ experiment: Experiment, _ period: Double) -> [ExcitationPoint] {
    let count = count(experiment.duration / 3, period)
    let ratio = naturalLogarithm(experiment.band.upperBound / experiment.band.lowerBound)
    return (0..<3).flatMap { tone in
      let frequency = experiment.band.lowerBound * exponential(ratio * Double(tone) / 2)
      return (0..<count).map { index in
        var point = ExcitationPoint()
        let turns = frequency * period * Double(index)
        let sine = SineCosine(of: 2 * Double.pi * (turns - turns.rounded(.down))).sine
        point.torque = experiment.amplitude * window(index, of: count, period) * sine
        point.part = Int32(tone)
        return point
      }
    }
  }

  /// Torque up, down and up again along straight lines.
  private static func triangles(_ experiment: Experiment, _ period: Double) -> [ExcitationPoint] {
    let cycles =
      experiment.kind == .stiffness
      ? max(1, experiment.repetitions)
      : max(1, Int((experiment.duration * experiment.band.lowerBound).rounded()))
    let count = count(experiment.duration, period)
    return (0..<count).map { index in
      let place = 4 * Double(cycles) * Double(index) / Double(count)
      let quarter = Int(place)
      let along = place - Double(quarter)
      var point = ExcitationPoint()
      switch quarter % 4 {
      case 0: point.torque = experiment.amplitude * along
      case 1: point.torque = experiment.amplitude * (1 - along)
      case 2: point.torque = -experiment.amplitude * along
      default: point.torque = experiment.amplitude * (along - 1)
      }
      point.part = Int32((quarter + 1) / 2)
      return point
    }
  }

  /// 0 to 1 at the beginning and back at the end, so that neither is a step.
  private static func window(_ index: Int, of count: Int, _ period: Double) -> Double {
    let edge = min(fade, 0.25 * Double(count) * period)
    let time = min(Double(index), Double(count - index)) * period
    return edge > 0 ? min(1, time / edge) : 1
  }
}

/// SplitMix64, for excitations: the same numbers on every machine.
struct ExperimentRandom {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  /// A number in [0, 1).
  mutating func unit() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }
}
