import ControlCycle
import TestSupport
import Testing

@testable import JointControl
@testable import Simulation

@Suite("Homing of simulated joints")
struct HomingTests {
  /// The plant's stops lie so far beyond the limits.
  private static let low = -3 - PlantJoint.stopMargin
  private let robot = SampleRobots.arm(losses: .planetary)

  private func plans(
    _ method: HomingPlan.Method, mark: Double = low, direction: Double = -1, time: Double = 60
  ) -> [HomingPlan?] {
    [9.5, 3].map { torque in
      HomingPlan(
        method, mark: mark, direction: direction, torque: torque, speed: 0.5, travel: 7, time: time)
    }
  }

  private struct Outcome {
    var report: HomingReport?
    var error: HomingError?
    var truth: [Double]
    /// Highest torque of each motor over the whole run [N.m].
    var peak: [Double]
    /// How far each joint got from where it was until it was let down [rad].
    var moved: [Double]
    var areOff = false
  }

  /// Homes at a pose that nobody knows.
  private func home(
    _ plans: [HomingPlan?], pose: UnknownPose, memory: TurnMemory? = nil, options: Homing.Options = .init(),
    condition: JointCondition? = nil, width: Double = SimulatedMarks.standardWidth
  ) -> Outcome {
    let stand = Stand()
    let simulated = SimulatedRobot(robot, seed: 1, stand: stand)
    if let condition { simulated.setCondition(condition, of: 0) }
    pose.apply(to: simulated)
    var target = WatchedRobot(simulated, joints: robot.joints.count, stand: stand)
    var outcome = Outcome(report: nil, error: nil, truth: [], peak: [], moved: [])
    do throws(HomingError) {
      outcome.report = try Homing.run(
        robot, plans: plans, memory: memory, options: options, on: &target,
        marks: SimulatedMarks(simulated, plans: plans, width: width), carries: { if $0 { stand.letGo() } })
    } catch { outcome.error = error }
    outcome.truth = robot.joints.indices.map { simulated.position(of: $0) }
    outcome.peak = target.peak
    outcome.moved = target.moved
    // A motor's torque takes some time to go.
    _ = simulated.wait(until: simulated.now + 50_000_000)
    outcome.areOff = robot.joints.indices.allSatisfy { simulated.motorTorque(of: $0).magnitude < 1e-9 }
    return outcome
  }

  private func memory(of pose: UnknownPose, corrections: [Double]? = nil) -> TurnMemory {
    TurnMemory(
      robot: robot.name,
      entries: robot.joints.indices.map {
        TurnMemory.Entry(
          joint: robot.joints[$0].name, correction: corrections?[$0] ?? 0, pose: pose.positions[$0])
      })
  }

  @Test("A hard stop is found from six random poses and zeros, within torque, speed, travel and time")
  func hardStop() throws {
    let plans = plans(.stop)
    for seed in UInt64(0)..<6 {
      let pose = UnknownPose(robot, plans: plans, seed: seed)
      let outcome = home(plans, pose: pose)
      guard let report = outcome.report else {
        Issue.record("seed \(seed): \(String(describing: outcome.error))")
        continue
      }
      for (index, joint) in report.joints.enumerated() {
        let search = try #require(joint.search)
        let bound = try #require(plans[index])
        #expect((joint.correction + pose.offsets[index]).magnitude < 0.005, "seed \(seed), joint \(index)")
        #expect(search.peakTorque <= HomingSearch.excess * bound.torque)
        #expect(outcome.peak[index] <= 1.1 * bound.torque, "seed \(seed): \(outcome.peak[index]) N.m")
        #expect(search.spread <= HomingSearch.repeatability)
        #expect(search.reach <= bound.travel && search.elapsed <= bound.time)
        #expect(joint.weight?.verdict != .contradicts)
      }
      #expect(outcome.areOff)
    }
  }

  @Test("An index is found from six random poses and zeros, from either side of it")
  func index() throws {
    let plans = plans(.index, mark: 0.4, direction: 1)
    var worst = 0.0
    for seed in UInt64(0)..<6 {
      let pose = UnknownPose(robot, plans: plans, seed: seed)
      let outcome = home(plans, pose: pose)
      guard let report = outcome.report else {
        Issue.record("seed \(seed): \(String(describing: outcome.error))")
        continue
      }
      for (index, joint) in report.joints.enumerated() {
        worst = max(worst, (joint.correction + pose.offsets[index]).magnitude)
        #expect(outcome.peak[index] <= 1.1 * (plans[index]?.torque ?? 0))
      }
    }
    #expect(worst < 0.003, "\(worst) rad")
  }

  @Test("Saved turns are put back from 60 random losses of turns, and nothing moves")
  func savedTurns() throws {
    let plans = plans(.saved)
    for seed in UInt64(0)..<60 {
      let pose = UnknownPose(robot, plans: plans, seed: seed)
      let outcome = home(plans, pose: pose, memory: memory(of: pose), options: .init(weighs: false))
      let report = try #require(outcome.report, "\(String(describing: outcome.error))")
      for (index, joint) in report.joints.enumerated() {
        #expect((joint.correction + pose.offsets[index]).magnitude < 1e-9)
        #expect((joint.position - pose.positions[index]).magnitude < 0.002)
        #expect(outcome.moved[index] == 0)
      }
    }
  }

  /// What is saved says that the shoulder is a few turns of its rotor from where it is: pose and correction agree with each other.
  private func wrongTurns(_ turns: Double) -> (UnknownPose, TurnMemory) {
    let pose = UnknownPose(positions: [0.9, 0.2], offsets: [0, 0])
    let off = turns * robot.joints[0].turnPitch
    var wrong = pose
    wrong.positions[0] += off
    return (pose, memory(of: wrong, corrections: [off, 0]))
  }

  @Test("A wrong saved turn is found by the weight before anything moves")
  func wrongTurn() throws {
    // A turn of this rotor is 0.157 rad at the joint; -8 of them take the arm to the other side.
    let (pose, memory) = wrongTurns(-8)
    let outcome = home(plans(.saved), pose: pose, memory: memory)
    guard case .joints(let problems) = outcome.error else {
      Issue.record("not refused: \(String(describing: outcome))")
      return
    }
    #expect(problems.contains { $0.joint == "shoulder" && $0.message.contains("N.m") })
    #expect(outcome.moved[0] < 0.15, "it sags by its stiffness and no more: \(outcome.moved[0])")
    #expect(outcome.areOff)
  }

  @Test("Without the check of plausibility the joint goes to a wrong place")
  func negativeControl() throws {
    let (pose, memory) = wrongTurns(-8)
    let unchecked = try #require(
      home(plans(.saved), pose: pose, memory: memory, options: .init(weighs: false)).report)
    let believed = robot.zeroed(unchecked.corrections)
    let goal = 0.5
    let stand = Stand()
    let simulated = SimulatedRobot(robot, seed: 1, stand: stand)
    pose.apply(to: simulated)
    var target = simulated
    try BringUp.run(believed, on: &target)
    let motion = Motion(name: "there", points: [Motion.Point(time: 0, positions: [goal, 0.2])])
    var source = StandingSource(
      MotionPlayer(motion, robot: believed, runTime: 6), stand: stand, robot: simulated)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(believed, on: target)
    try loop.run(from: &source, recording: &statistics)
    #expect((source.last - goal).magnitude > 1, "it went to \(source.last)")
  }

  @Test("A joint that was moved while off, or saved outside its limits, is refused with nothing switched on")
  func implausible() throws {
    let pose = UnknownPose(positions: [0.9, 0.2], offsets: [0, 0])
    var saved = pose
    saved.positions[0] += 0.4 * robot.joints[0].turnPitch
    saved.positions[1] = 3.2
    let outcome = home(plans(.saved), pose: pose, memory: memory(of: saved, corrections: [0, 3]))
    guard case .joints(let problems) = outcome.error else {
      Issue.record("not refused: \(String(describing: outcome))")
      return
    }
    #expect(problems.map(\.joint) == ["shoulder", "elbow"])
    #expect(problems[1].message.contains("outside its limits"))
    #expect(outcome.moved == [0, 0] && outcome.peak.allSatisfy { $0 < 0.2 })
  }

  @Test("A search that meets an obstacle before the stop is found out by its weight")
  func obstacle() throws {
    var blocked = JointCondition()
    blocked.isBlocked = true
    let pose = UnknownPose(positions: [0.9, 0.2], offsets: [0.3, 0])
    let outcome = home(plans(.stop), pose: pose, condition: blocked)
    guard case .joints(let problems) = outcome.error else {
      Issue.record("not refused: \(String(describing: outcome))")
      return
    }
    #expect(problems.first?.joint == "shoulder")
    if case .search(.stuck, _, _)? = problems.first?.reason {} else { Issue.record("\(problems)") }
    #expect(outcome.areOff)
  }

  @Test("A search that finds nothing ends at its bounds, in drives that are off")
  func bounds() throws {
    let pose = UnknownPose(positions: [0.9, 0.2], offsets: [0.3, 0])
    var short = plans(.stop)
    short[0]?.travel = 0.5
    for (plans, failure) in [(short, HomingSearch.Failure.travel), (plans(.stop, time: 1), .time)] {
      let outcome = home(plans, pose: pose)
      guard case .joints(let problems) = outcome.error,
        case .search(failure, let search, _)? = problems.first?.reason
      else {
        Issue.record("\(failure): \(String(describing: outcome.error))")
        continue
      }
      #expect(search.reach < 0.6 && search.elapsed <= 1.01 || failure == .travel)
      #expect(outcome.areOff)
    }
  }

  @Test("A torque bound under the joint's own weight is refused before anything is sent")
  func weak() throws {
    var weak = plans(.stop)
    weak[0]?.torque = 4
    let outcome = home(weak, pose: UnknownPose(positions: [0, 0], offsets: [0, 0]))
    guard case .joints(let problems) = outcome.error else {
      Issue.record("not refused")
      return
    }
    #expect(problems.map(\.joint) == ["shoulder"] && problems[0].message.contains("carry"))
    #expect(outcome.moved == [0, 0])
  }

  @Test("Without marks an index search ends at the second stop")
  func noMark() throws {
    let outcome = home(
      plans(.index, mark: 0.4, direction: 1), pose: UnknownPose(positions: [0.9, 0.2], offsets: [0, 0]),
      width: -1)
    guard case .joints(let problems) = outcome.error, case .search(.noMark, _, _)? = problems.first?.reason
    else {
      Issue.record("\(String(describing: outcome.error))")
      return
    }
    #expect(outcome.areOff)
  }
}

extension UnknownPose {
  /// A pose that the test knows.
  fileprivate init(positions: [Double], offsets: [Double]) {
    self.init(SampleRobots.arm(), plans: [nil, nil], seed: 0)
    self.positions = positions
    self.offsets = offsets
  }
}

/// A simulated robot that notes how hard its motors pull and how far its joints get.
private struct WatchedRobot: Target {
  let robot: SimulatedRobot
  private(set) var peak: [Double]
  private let start: [Double]
  private(set) var moved: [Double]

  private let stand: Stand
  /// When it was let go [ns].
  private var released: Int64?

  init(_ robot: SimulatedRobot, joints: Int, stand: Stand) {
    self.robot = robot
    self.stand = stand
    peak = Array(repeating: 0, count: joints)
    moved = peak
    start = (0..<joints).map { robot.position(of: $0) }
  }

  var now: Int64 { robot.now }
  var waitsForLoop: Bool { true }
  mutating func wait(until time: Int64) -> Int64 {
    let woken = robot.wait(until: time)
    if released == nil && !stand.isHolding { released = robot.now }
    // Afterwards it is damped and let down.
    let isUp = robot.now - (released ?? robot.now) < 1_000_000_000
    for joint in peak.indices {
      peak[joint] = max(peak[joint], robot.motorTorque(of: joint).magnitude)
      if isUp { moved[joint] = max(moved[joint], (robot.position(of: joint) - start[joint]).magnitude) }
    }
    return woken
  }
  mutating func receive(into frames: inout FrameBuffer) { robot.receive(into: &frames) }
  mutating func send(_ frames: borrowing FrameBuffer) { robot.send(frames) }
}

/// Lets the body go when it is armed, and notes where the first joint really is for as long as it is.
private struct StandingSource: SetpointSource, ~Copyable {
  var player: MotionPlayer
  let stand: Stand
  let robot: SimulatedRobot
  private(set) var last = 0.0

  init(_ player: consuming MotionPlayer, stand: Stand, robot: SimulatedRobot) {
    self.player = player
    self.stand = stand
    self.robot = robot
  }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if control.safety.state == .armed {
      stand.letGo()
      last = robot.position(of: 0)
    }
    return player.next(cycle, control: control, into: &setpoints)
  }
}
