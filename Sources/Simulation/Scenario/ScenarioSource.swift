import ControlCycle
import JointControl

/// Plays a scenario's motion: lets the body go once it is armed, and ends a run that does not end by itself.
struct ScenarioSource: StoppableSource, ~Copyable {
  private var player: MotionPlayer
  var isStopRequested: Bool {
    get { player.isStopRequested }
    set { player.isStopRequested = newValue }
  }
  private let stand: Stand
  /// Instant at which the run is cut off [ns].
  private let lastInstant: Int64
  /// Whether the run is over as soon as the robot is armed.
  private let endsWhenArmed: Bool
  private var laws: LawSchedule
  /// Instant from which the times of laws count [ns].
  private let reference: Int64
  /// Instant of the first armed cycle [ns].
  private(set) var armedAt: Int64?
  /// Whether the run was cut off.
  private(set) var isCutOff = false

  init(
    _ motion: Motion?, moves: MoveProgram? = nil, robot: Robot, runTime: Double?, stand: Stand,
    lastInstant: Int64, endsWhenArmed: Bool = false, laws: [TimedLaw] = [], reference: Int64 = 0
  ) {
    self.laws = LawSchedule(laws)
    self.reference = reference
    if let moves {
      player = MotionPlayer(moves, robot: robot, runTime: runTime)
    } else {
      player = MotionPlayer(motion, robot: robot, runTime: runTime)
    }
    self.stand = stand
    self.lastInstant = lastInstant
    self.endsWhenArmed = endsWhenArmed
  }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if control.safety.state == .armed {
      stand.letGo()
      if armedAt == nil { armedAt = cycle.time }
    }
    laws.ask(at: Double(cycle.time - reference) * 1e-9, into: &setpoints)
    var directive = player.next(cycle, control: control, into: &setpoints)
    if endsWhenArmed && armedAt != nil { directive.isFinished = true }
    if cycle.time >= lastInstant && !directive.isFinished {
      isCutOff = true
      directive.isFinished = true
    }
    return directive
  }
}
