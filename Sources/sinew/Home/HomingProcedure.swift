import JointControl
import RobotDescription
import Simulation

/// How the joints of one robot are homed, and where what is found is kept: what `sinew home` does, and a run with --home before it.
struct HomingProcedure {
  let robot: Robot
  /// By joint; nil where a joint is not homed.
  let plans: [HomingPlan?]
  /// File of zeros and turns; nil keeps nothing.
  let state: String?
  var weighs = true

  /// The plans of joints.
  ///
  /// - Parameters:
  ///   - robot: the robot.
  ///   - path: where it was read from.
  ///   - joints: those to home; all that have homing: where empty.
  ///   - target: what it runs on.
  ///   - state: file of zeros and turns; by default `homing.state` beside a real robot, none in simulation.
  /// - Throws: `Failure` where there is nothing to home, or a plan cannot come out well.
  init(
    _ robot: Robot, at path: String, joints: [String] = [], target: RunTarget, state: String?
  ) throws {
    self.robot = robot
    self.state =
      state ?? (target == .real ? RobotDescription.besideRobotFile(path, "homing.state") : nil)
    let named = try Set(joints.map { try robot.index(ofJoint: $0) })
    plans = robot.joints.indices.map { index in
      if named.isEmpty { return robot.joints[index].homing }
      return named.contains(index) ? robot.joints[index].homing ?? .saved(robot.joints[index]) : nil
    }
    guard plans.contains(where: { $0 != nil }) else {
      throw Failure(
        kind: "usage", location: path, message: "no joint of this robot has homing:",
        fix:
          "add homing: {method: stop, at: ..., torque: ...} to a joint, or name one with sinew home --joint",
        code: Failure.badDescription)
    }
    for (index, plan) in plans.enumerated() where target == .real && plan?.method == .index {
      throw Failure(
        kind: "homing", location: "joint \(robot.joints[index].name)",
        message: "no drive family here tells the host of an index",
        fix: "home it by saved turns or a stop, or with a program of your own (HomingMarks)",
        code: Failure.badDescription)
    }
    do throws(HomingError) {
      // What is saved is looked at later, where it is known.
      try Homing.check(robot, plans.map { $0?.method == .saved ? nil : $0 })
    } catch { throw Failure(error, robot: robot) }
  }

  /// Homes a simulated robot, freshly powered up: its joints stand anywhere, with zeros that nobody knows.
  ///
  /// - Returns: what was found, and how far each zero really was off [rad].
  func run(
    on simulated: SimulatedRobot, seed: UInt64, stand: Stand
  ) throws -> (report: HomingReport, truth: [Double]) {
    let pose = UnknownPose(robot, plans: plans, seed: seed)
    pose.apply(to: simulated)
    var memory = try load()
    if memory == nil {
      // As the last run of a real robot would have left it, before its drives forgot their turns.
      memory = TurnMemory(
        robot: robot.name,
        entries: robot.joints.indices.map {
          TurnMemory.Entry(joint: robot.joints[$0].name, correction: 0, pose: pose.positions[$0])
        })
    }
    var buses = simulated
    let report = try run(memory, on: &buses, marks: SimulatedMarks(simulated, plans: plans)) {
      if $0 { stand.letGo() } else { stand.hold() }
    }
    try keep(report.memory(keeping: memory))
    return (report, pose.offsets)
  }

  /// Homes a real robot.
  func run(on buses: inout RealRobot) throws -> HomingReport {
    let memory = try load()
    let report = try run(memory, on: &buses, marks: NoMarks()) { _ in }
    try keep(report.memory(keeping: memory))
    return report
  }

  /// Forgets where the homed joints are, before they move: a run that is killed leaves no pose behind. An old one would be taken for
  /// the last, and a joint that had moved on by a turn of its rotor for one whose drive lost that turn.
  func forget() throws {
    guard var memory = try load() else { return }
    let homed = robot.joints.indices.filter { plans[$0] != nil }.map { robot.joints[$0].name }
    memory.entries.removeAll { homed.contains($0.joint) }
    try keep(memory)
  }

  /// Keeps where a homed robot's joints were left [rad], for the next time.
  func keep(_ report: HomingReport, leftAt positions: [Double]) throws {
    var memory = report.memory(keeping: try load())
    for index in memory.entries.indices {
      guard let joint = robot.joints.firstIndex(where: { $0.name == memory.entries[index].joint }),
        positions.indices.contains(joint), positions[joint].isFinite
      else { continue }
      memory.entries[index].pose = positions[joint]
    }
    try keep(memory)
  }

  private func run<LoopTarget: Target & ~Copyable, Marks: HomingMarks & ~Copyable>(
    _ memory: TurnMemory?, on target: inout LoopTarget, marks: consuming Marks,
    carries: @escaping (Bool) -> Void
  ) throws -> HomingReport {
    do throws(HomingError) {
      return try Homing.run(
        robot, plans: plans, memory: memory, options: Homing.Options(weighs: weighs), on: &target,
        marks: marks, carries: carries)
    } catch { throw Failure(error, robot: robot) }
  }

  private func load() throws -> TurnMemory? {
    guard let state else { return nil }
    do throws(TurnMemoryError) { return try TurnMemory.load(state) } catch {
      throw Failure(
        kind: "homing_state", location: error.line.map { "\(error.path):\($0)" } ?? error.path,
        message: error.message, fix: error.fix, code: Failure.badDescription)
    }
  }

  private func keep(_ memory: TurnMemory) throws {
    guard let state else { return }
    do throws(TurnMemoryError) { try memory.save(state) } catch {
      throw Failure(
        kind: "homing_state", location: error.path, message: error.message,
        fix: "see to the directory, or name another file with --state", code: Failure.hostFault)
    }
  }
}

extension RunPlace {
  /// Homes what the loop will run on. A simulated body is held again as soon as its drives carry it no more.
  mutating func home(_ procedure: HomingProcedure, seed: UInt64, stand: Stand) throws -> HomingReport {
    func simulate(_ simulated: SimulatedRobot) throws -> HomingReport {
      let report = try procedure.run(on: simulated, seed: seed, stand: stand).report
      simulated.resume()
      return report
    }
    switch consume self {
    case .lockstep(let simulated):
      self = .lockstep(simulated)
      return try simulate(simulated)
    case .live(let simulated):
      self = .live(simulated)
      return try simulate(simulated)
    case .faulty(let host, let injections):
      let simulated = host.robot
      self = .faulty(host, injections)
      return try simulate(simulated)
    case .real(var buses):
      do {
        let report = try procedure.run(on: &buses)
        self = .real(buses)
        return report
      } catch {
        self = .real(buses)
        throw error
      }
    }
  }
}
