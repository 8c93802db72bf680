/// An excitation that answers to what is measured: relay or breakaway. The joint has its damping and no stiffness meanwhile.
///
/// Parts: of the relay the times on one side, of breakaway 2 x repetition for the way up and +1 for the way down.
struct AnsweringExcitation: BitwiseCopyable, Sendable {
  /// What it is doing.
  private enum Stage: BitwiseCopyable {
    /// Stiffness fades, the joint comes to rest.
    case waiting
    /// Torque rises, or changes sides.
    case acting
    /// All was seen.
    case done
    /// Not all was seen in the time.
    case inconclusive
  }

  /// Time before the first torque, and between two of them [s]; the law has faded by then.
  static var rest: Double { 0.4 }
  /// Changes of side that a relay waits for: the first settle.
  static var sides: Int32 { 24 }
  /// Differences of position that hysteresis is made of, and how far a joint must get to have broken away.
  static var hysteresisSteps: Double { 4 }
  static var movedSteps: Double { 12 }
  /// Least motion that counts as having broken away [rad]: bristles and backlash give way before.
  static var leastMotion: Double { 0.003 }

  private let isRelay: Bool
  private let amplitude: Double
  private let duration: Double
  private let repetitions: Int32
  private let quantum: Double
  private var stage = Stage.waiting
  private var time = 0.0
  private var stageTime = 0.0
  private var part: Int32 = 0
  private var isUpper = true
  private var from = 0.0

  /// An excitation of a joint whose positions are measured in steps of `quantum` [rad].
  init(_ experiment: Experiment, quantum: Double) {
    isRelay = experiment.kind == .relay
    amplitude = experiment.amplitude
    duration = experiment.duration
    repetitions = Int32(clamping: max(1, experiment.repetitions))
    self.quantum = quantum
  }

  /// Longest time that it can take [s].
  static func longest(_ experiment: Experiment) -> Double {
    let rests = experiment.kind == .relay ? 1 : 2 * max(1, experiment.repetitions)
    return experiment.duration + Double(rests) * rest
  }

  var isDone: Bool { if case .done = stage { true } else { false } }
  var isInconclusive: Bool { if case .inconclusive = stage { true } else { false } }

  /// One cycle.
  ///
  /// - Parameters:
  ///   - offset: measured position beside where the experiment began [rad].
  ///   - period: time since the call before [s].
  /// - Returns: what is asked of the joint.
  mutating func next(_ offset: Double, period: Double) -> ExcitationPoint {
    time += period
    stageTime += period
    var point = ExcitationPoint()
    switch stage {
    case .waiting:
      from = offset
      if stageTime >= Self.rest { enter(.acting) }
    case .acting: if isRelay { relay(offset, &point) } else { rise(offset, &point) }
    case .done, .inconclusive: break
    }
    return point
  }

  private mutating func enter(_ next: Stage) {
    stage = next
    stageTime = 0
  }

  private mutating func relay(_ offset: Double, _ point: inout ExcitationPoint) {
    let level = Self.hysteresisSteps * quantum
    if isUpper ? offset > level : offset < -level {
      isUpper.toggle()
      part += 1
    }
    point.torque = isUpper ? amplitude : -amplitude
    point.part = part
    if part >= Self.sides { enter(.done) } else if stageTime >= duration { enter(.inconclusive) }
  }

  private mutating func rise(_ offset: Double, _ point: inout ExcitationPoint) {
    let full = duration / Double(2 * repetitions)
    let moved = (offset - from).magnitude
    if moved > max(Self.leastMotion, Self.movedSteps * quantum) {
      part += 1
      isUpper.toggle()
      enter(part >= 2 * repetitions ? .done : .waiting)
      return
    }
    if stageTime > full { return enter(.inconclusive) }
    point.torque = (isUpper ? amplitude : -amplitude) * stageTime / full
    point.part = part
  }
}
