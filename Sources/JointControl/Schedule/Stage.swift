internal import CServoBus

/// The parts of every cycle, in the order they run; each is a row of the schedule and measured.
public enum Stage: Int, Sendable, CaseIterable {
  /// From the cycle's instant to the loop's waking.
  case wakeUp
  /// Frames taken from the buses.
  case receive
  /// Setpoints asked of their source.
  case setpoints
  /// Decode, estimate, inspect, shape.
  case sense
  /// Gravity or inverse dynamics.
  case dynamics
  /// Laws and torque limits.
  case laws
  /// Encode, and frames given to the buses.
  case send
  /// Statistics and recorders.
  case record

  /// Number of stages.
  public static var count: Int { 8 }

  /// The name in tables, JSON and robot files.
  public var name: String {
    switch self {
    case .wakeUp: "wake_up"
    case .receive: "receive"
    case .setpoints: "setpoints"
    case .sense: "sense"
    case .dynamics: "dynamics"
    case .laws: "laws"
    case .send: "send"
    case .record: "record"
    }
  }

  /// Part of the period the stage may take when the robot's description gives no budget [percent].
  public var share: Int64 {
    switch self {
    case .wakeUp: 20
    case .dynamics: 15
    case .receive, .send: 10
    case .setpoints, .sense, .laws, .record: 5
    }
  }
}

/// How long each stage of one cycle took [ns].
public struct StageTimes: BitwiseCopyable, Sendable {
  private var values: InlineArray<8, Int64> = InlineArray(repeating: 0)

  /// No time at all.
  public init() {}

  /// The time of a stage [ns].
  public subscript(stage: Stage) -> Int64 {
    get { values[stage.rawValue] }
    set { values[stage.rawValue] = newValue }
  }

  /// The time of a stage by its raw value [ns].
  public subscript(index: Int) -> Int64 { values[index] }
}

/// Stamps between the loop's verbs: each `end` takes what passed since the one before.
struct StageClock {
  private(set) var times = StageTimes()
  private var last: Int64 = 0
  private var first: Int64 = 0

  /// Starts a cycle that woke `lateness` after its instant [ns].
  mutating func wake(lateness: Int64) {
    times[.wakeUp] = lateness
    first = servo_clock_now()
    last = first
  }

  /// The stage that ends now.
  mutating func end(_ stage: Stage) {
    let now = servo_clock_now()
    times[stage] = now - last
    last = now
  }

  /// Time since waking [ns], up to the last stage that ended.
  var busy: Int64 { last - first }
}

extension Schedule {
  /// Name of the row that hands figures to other threads.
  public static let telemetry = "telemetry"

  /// The table of a control loop: its stages in every cycle, then slower tasks.
  ///
  /// - Parameters:
  ///   - period: time between two cycles [ns].
  ///   - budgets: longest time of a stage [ns]; its share of the period where there is none.
  ///   - telemetry: the row that hands figures to other threads; twenty times a second when nil.
  ///   - overruns: when missed deadlines have consequences.
  /// - Returns: the proved table.
  /// - Throws: `ScheduleError` with everything that is wrong.
  public static func loop(
    period: Int64, budgets: [Stage: Int64] = [:], telemetry: Task? = nil,
    overruns: OverrunPolicy = OverrunPolicy()
  ) throws(ScheduleError) -> Schedule {
    let stages = Stage.allCases.map {
      Task(name: $0.name, budget: budgets[$0] ?? max(1, period * $0.share / 100), deadline: period)
    }
    return try Schedule(
      tick: period, tasks: stages + [telemetry ?? standardTelemetry(period: period)], overruns: overruns)
  }

  /// Twenty times a second, two percent of the period.
  public static func standardTelemetry(period: Int64) -> Task {
    let every = Int(max(1, 50_000_000 / period))
    return Task(
      name: telemetry, every: every, phase: every > 1 ? 1 : 0, budget: max(1, period / 50),
      deadline: period * Int64(every))
  }

  /// The table of a loop whose description gives no budgets; its shares fit any period.
  public static func standard(period: Int64) -> Schedule {
    do { return try loop(period: period) } catch {
      preconditionFailure("a period of \(period) ns cannot be scheduled: \(error)")
    }
  }

  /// Row of the task with a name.
  public func row(_ name: String) -> Int? { tasks.firstIndex { $0.name == name } }

  /// Longest time a stage may take [ns].
  public func budget(of stage: Stage) -> Int64 { tasks.first { $0.name == stage.name }?.budget ?? tick }
}
