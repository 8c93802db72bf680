import AllocationGuard
import JointControl
import TestSupport
import Testing

@testable import ControlCycle
@testable import Simulation

/// A player, and what its joints did cycle by cycle.
private struct WatchedTeaching: SetpointSource, ~Copyable {
  /// What the bound of the next torque step is computed from.
  private struct Look {
    var torque: Double
    var inputs: [Double]
  }
  var player: MotionPlayer
  private(set) var allocations: Int64 = 0
  /// Measured positions of each cycle in which the verbs were played [rad].
  private(set) var positions: [[Double]] = []
  /// Largest part of its bound that a torque step was, and the largest step [N.m].
  private(set) var worst = 0.0
  private(set) var largest = 0.0
  /// Cycles in which a joint was led.
  private(set) var guided = 0
  private var last: [Look] = []

  init(player: consuming MotionPlayer) { self.player = player }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if player.phase == .playing { look(control, period: cycle.period) }
    allocation_guard_enter()
    let directive = player.next(cycle, control: control, into: &setpoints)
    allocations += allocation_guard_leave()
    return directive
  }

  /// The bound of `LawBlend`, and what the motion itself does with the configured gains.
  private mutating func look(_ control: borrowing ControlCycle, period: Double) {
    var now: [Look] = []
    for joint in 0..<control.jointCount {
      let (command, state, motion) = (
        control.commands[joint], control.states[joint], control.shownMotion(joint)
      )
      let configuration = control.joints[joint]
      if control.laws[joint].isGuided { guided += 1 }
      let friction =
        configuration.coulombFriction * smoothSign(state.velocity, width: JointImpedance.frictionWidth)
        + configuration.viscousFriction * state.velocity
      let reach = LimitWall(configuration, period: period).reach(at: state.position)
      now.append(
        Look(
          torque: command.stiffness * (command.position - state.position)
            + command.damping * (command.velocity - state.velocity) + command.torque,
          inputs: [
            configuration.gains.stiffness * (motion.position - state.position),
            configuration.gains.damping * (motion.velocity - state.velocity),
            control.dynamics[configuration.velocityIndex],
            JointImpedance.friction(along: motion, joint: configuration), friction,
            reach.torque + reach.share * LimitWall.dampingShare * configuration.gains.damping
              * (motion.velocity - state.velocity),
          ]))
      guard joint < last.count else { continue }
      let law = 2 * configuration.limits.torque * period / LawOutput.fadeTime
      let inputs = zip(now[joint].inputs, last[joint].inputs).reduce(0) { $0 + abs($1.0 - $1.1) }
      let step = abs(now[joint].torque - last[joint].torque)
      largest = max(largest, step)
      worst = max(worst, step / (law + inputs))
    }
    last = now
    positions.append((0..<control.jointCount).map { control.states[$0].position })
  }
}

@Suite("Joints led by hand on simulated drives")
struct TeachTests {
  /// Cycles after which the arm has come to rest from arming, and that time [s].
  private static let settled = 500
  private static let settling = 0.5

  /// What a run came to.
  private struct Run {
    var positions: [[Double]]
    var taught: TaughtMotion?
    var records: [MovePlayer.Record]
    var worst: Double
    var largest: Double
    var guided: Int
    var allocations: Int64
    var collision: Collision?
    /// Where the joint ends [rad], less where it was when what arming does had settled.
    var led: Double { positions[positions.count - 1][1] - positions[TeachTests.settled][1] }
    /// Farthest that the other joint was from where it had settled [rad].
    var strayed: Double {
      let settled = positions[TeachTests.settled][0]
      return positions.dropFirst(TeachTests.settled).map { abs($0[0] - settled) }.max() ?? .infinity
    }
  }

  /// Plays verbs while somebody pushes the elbow.
  private func run(_ verbs: [MoveVerb], push: String? = "elbow pushed at 1.2 for 0.2 intensity 0.8") throws
    -> Run
  {
    var robot = SampleRobots.arm(losses: .planetary)
    robot.collision = CollisionReaction(level: 0.1)
    let program = MoveProgram(
      name: "moves", steps: ([.wait(Self.settling)] + verbs).map { MoveProgram.Step($0) })
    #expect(program.objections(for: robot).isEmpty)
    var target = SimulatedRobot(
      robot, seed: 1, injections: try push.map { [try Injection($0, robot: robot)] } ?? [], pace: .fast)
    try BringUp.run(robot, on: &target)
    var source = WatchedTeaching(player: MotionPlayer(program, robot: robot, runTime: nil))
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    try loop.run(from: &source, recording: &statistics)
    return Run(
      positions: source.positions, taught: source.player.taught, records: source.player.moveRecords,
      worst: source.worst, largest: source.largest, guided: source.guided, allocations: source.allocations,
      collision: source.player.collision)
  }

  private func teach(_ time: Double) -> MoveVerb {
    .teach(HandTeaching([false, true], for: time, every: 0.05))
  }

  @Test("A joint goes where it is pushed and is held there, without a torque step; the other one stays")
  func leads() throws {
    let run = try run([teach(2), .wait(0.4)])
    #expect(run.led > 0.2 && run.strayed < 0.02, "led \(run.led), strayed \(run.strayed)")
    #expect(run.worst <= 1 + 1e-9 && run.worst > 0, "\(run.worst) of the bound")
    print(
      "led \(run.led) rad, other \(run.strayed), largest step \(run.largest) N.m, \(run.worst) of its bound")
    #expect(run.guided > 1000 && run.allocations == 0 && run.collision == nil)
    #expect(run.records.map(\.outcome) == [.done, .done, .done])
    let taught = try #require(run.taught)
    #expect(taught.times.count == 42 && taught.times[0] == 0 && abs(taught.times[1] - 0.05) < 1e-9)
    for (row, time) in taught.times.dropLast().enumerated() {
      #expect(abs(time - 0.05 * Double(row)) < 1e-9)
      let index = Int(((run.records[1].begin + time) * 1000).rounded())
      let near = run.positions[max(0, index - 1)...min(run.positions.count - 1, index + 2)]
      #expect(near.contains { abs($0[1] - taught.positions[row][1]) < 1e-9 }, "row \(row)")
    }
    // It was held where the last row says, to what friction holds back.
    #expect(abs(taught.positions[41][1] - run.positions[run.positions.count - 1][1]) < 0.01)
  }

  @Test("Whoever is not led, or not pushed, stays; a push on a joint that is not led is a collision")
  func controls() throws {
    let idle = try run([teach(2), .wait(0.4)], push: nil)
    #expect(abs(idle.led) < 0.02 && idle.strayed < 0.02 && idle.guided > 1000)
    let held = try run([.collision(0), .wait(2.4)])
    #expect(abs(held.led) < 0.02 && held.guided == 0 && held.taught == nil)
    // Beyond the robot's level: led it goes along, held it is a collision.
    let push = "elbow pushed at 1.2 for 0.2 intensity 2"
    let along = try run([teach(2), .wait(0.4)], push: push)
    #expect(along.collision == nil && along.led > 0.5 && along.worst <= 1 + 1e-9)
    let noticed = try run([.wait(2.4)], push: push)
    #expect(noticed.collision?.joint == 1)
  }

  @Test("Taken back while it is pushed, and begun on the way of a motion, it steps no further")
  func boundaries() throws {
    let pushed = try run(
      [.collision(0), teach(1), .wait(0.6)], push: "elbow pushed at 1.5 for 1 intensity 0.7")
    #expect(pushed.worst <= 1 + 1e-9, "\(pushed.worst) of the bound")
    print("led \(pushed.led) rad, largest step \(pushed.largest) N.m, \(pushed.worst) of its bound")
    #expect(pushed.led > 0.2 && pushed.records[2].outcome == .done)

    var robot = SampleRobots.arm(losses: .planetary)
    robot.collision = nil
    var program = MoveProgram(
      name: "moves",
      steps: [MoveProgram.Step(.joints([1.0, 0.9], .time)), MoveProgram.Step(teach(5), at: 0.2)]
    )
    program.steps.append(MoveProgram.Step(.joints([0.4, -0.3], .time), at: 0.9))
    program.steps.append(MoveProgram.Step(.wait(Self.settling)))
    var target = SimulatedRobot(robot, seed: 1, pace: .fast)
    try BringUp.run(robot, on: &target)
    var source = WatchedTeaching(player: MotionPlayer(program, robot: robot, runTime: nil))
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    try loop.run(from: &source, recording: &statistics)
    #expect(source.player.moveRecords.map(\.outcome) == [.replaced, .replaced, .done, .done])
    #expect(source.worst <= 1 + 1e-9 && source.guided > 300 && source.allocations == 0)
    let end = source.positions[source.positions.count - 1]
    #expect(abs(end[0] - 0.4) < 0.03 && abs(end[1] + 0.3) < 0.03)
    for joint in 0..<2 { #expect(statistics.joints[joint].limited == 0) }
  }

  @Test("What cannot be led is refused before anything moves, joint by joint")
  func objections() {
    var robot = SampleRobots.arm()
    func words(_ teaching: HandTeaching) -> String {
      MoveProgram(name: "m", steps: [MoveProgram.Step(.teach(teaching))]).objections(for: robot)
        .map { $0.message }.joined(separator: "; ")
    }
    #expect(words(HandTeaching([true, true], for: 1, every: 0.05)).isEmpty)
    #expect(words(HandTeaching([false, false], for: 1)).contains("no joint"))
    #expect(words(HandTeaching([true], for: 1)).contains("no joint"))
    #expect(words(HandTeaching([true, true], for: 0)).contains("takes 0.0 s"))
    #expect(words(HandTeaching([true, true], for: .nan)).contains("nan"))
    for interval in [0, -1, 1e-6, Double.nan] {
      #expect(words(HandTeaching([true, true], for: 1, every: interval)).contains("sample every"))
    }
    var joints = robot.joints
    joints[1].configuration.drive.mode = .position
    robot = Robot(
      name: robot.name, period: robot.period, buses: robot.buses, joints: joints, model: robot.model,
      feedforward: robot.feedforward, commandTimeout: robot.commandTimeout)
    #expect(words(HandTeaching([true, true], for: 1)).contains("elbow cannot be led"))
    #expect(words(HandTeaching([true, false], for: 1)).isEmpty)
    let locked = MoveProgram(
      name: "m",
      steps: [MoveProgram.Step(.lock), MoveProgram.Step(.teach(HandTeaching([true, false], for: 1)))])
    #expect(locked.objections(for: robot).contains { $0.message.contains("locked") })
  }
}
