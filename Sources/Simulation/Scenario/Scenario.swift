public import JointControl

/// A simulated motion test: a robot, what it does, what goes wrong, and what is expected.
///
/// A scenario stands for many runs: each of its points with each of its seeds. Every time in it counts from the instant at
/// which the sound robot is armed; a fault without an instant is there from power-up on, before bring-up.
public struct Scenario: Sendable {
  /// One combination of the values that are swept, and what they make of the scenario.
  public struct Point: Sendable {
    /// The swept values by name, in the order of the file.
    public var values: [(name: String, value: Double)]
    /// What goes wrong.
    public var faults: [Injection]
    /// What is expected.
    public var expectations: [ScenarioExpectation]
    /// Where joints start that do not start at home [rad], by joint.
    public var start: [(joint: Int, position: Double)]
    /// What goes wrong in the negative control.
    public var controlFaults: [Injection]
    /// Laws that joints follow from given instants on, in seconds since the sound robot was armed.
    public var laws: [TimedLaw] = []
    /// Those of the negative control.
    public var controlLaws: [TimedLaw] = []

    /// A point.
    public init(
      values: [(name: String, value: Double)] = [], faults: [Injection] = [],
      expectations: [ScenarioExpectation], start: [(joint: Int, position: Double)] = [],
      controlFaults: [Injection] = []
    ) {
      self.values = values
      self.faults = faults
      self.expectations = expectations
      self.start = start
      self.controlFaults = controlFaults
    }

    /// The values as `name=value`, separated by commas.
    public var text: String {
      values.map { "\($0.name)=\(Injection.text(of: $0.value))" }.joined(separator: ",")
    }
  }

  /// The scenario's name.
  public var name: String
  /// What it is about, in a sentence.
  public var about: String
  /// Numbers of the fault table that it shows the reaction to.
  public var covers: [Int] = []
  /// Where it was read from.
  public var path: String
  /// The robot.
  public var robot: Robot
  /// The robot's directory or file.
  public var robotPath: String
  /// The motion it plays; without one the pose is held.
  public var motion: Motion?
  /// The motion verbs that it makes in place of a motion.
  public var moves: MoveProgram?
  /// File of the motion.
  public var motionPath: String?
  /// Armed time after which it stops [s]; nil ends with the motion.
  public var runTime: Double?
  /// Seeds of what is random.
  public var seeds: [UInt64]
  /// Every combination of the swept values; at least one.
  public var points: [Point]
  /// Faults drawn from the seed, if any.
  public var chaos: Chaos?
  /// What holds the base once the robot is armed, and the ground.
  public var surroundings = Surroundings()
  /// Whether the negative control was described, and so is not simply the scenario without its faults.
  public var hasOwnControl = false
  /// Whether the negative control looks for no collisions.
  public var controlIgnoresCollisions = false

  /// A scenario; `RobotDescription` is what usually makes one.
  public init(
    name: String, about: String = "", path: String = "", robot: Robot, robotPath: String = "",
    motion: Motion? = nil, motionPath: String? = nil, runTime: Double? = nil, seeds: [UInt64] = [1],
    points: [Point], chaos: Chaos? = nil, moves: MoveProgram? = nil
  ) {
    precondition(!points.isEmpty && !seeds.isEmpty && (motion != nil || moves != nil || runTime != nil))
    self.moves = moves
    self.name = name
    self.about = about
    self.path = path
    self.robot = robot
    self.robotPath = robotPath
    self.motion = motion
    self.motionPath = motionPath
    self.runTime = runTime
    self.seeds = seeds
    self.points = points
    self.chaos = chaos
  }
}

/// One run of a scenario.
public struct ScenarioCase: Sendable {
  /// Which faults a run has.
  public enum Faults: Sendable {
    /// All of them.
    case all
    /// Those with these numbers, from 0.
    case only([Int])
    /// These, in place of the scenario's.
    case replaced([Injection])
  }
  /// Which of the scenario's points.
  public var point: Int
  /// Seed of what is random.
  public var seed: UInt64
  /// Which faults.
  public var faults = Faults.all
  /// Whether this is the negative control, which must fail.
  public var isControl = false

  /// A run.
  public init(point: Int, seed: UInt64, faults: Faults = .all, isControl: Bool = false) {
    self.point = point
    self.seed = seed
    self.faults = faults
    self.isControl = isControl
  }
}

extension Scenario {
  /// The runs in order: points, then seeds.
  public var cases: [ScenarioCase] {
    points.indices.flatMap { point in seeds.map { ScenarioCase(point: point, seed: $0) } }
  }

  /// The negative controls: each point with the first seed.
  public var controls: [ScenarioCase] {
    points.indices.map { ScenarioCase(point: $0, seed: seeds[0], isControl: true) }
  }

  /// What goes wrong in a run, times counted from arming: what the file says, then what is drawn.
  public func faults(of run: ScenarioCase) -> [Injection] {
    let point = points[run.point]
    var all = run.isControl ? point.controlFaults : point.faults
    if let chaos, !run.isControl { all += chaos.draw(seed: run.seed) }
    switch run.faults {
    case .all: return all
    case .only(let numbers): return all.indices.filter { numbers.contains($0) }.map { all[$0] }
    case .replaced(let others): return others
    }
  }
}
