import AllocationGuard
import ControlCycle
import Foundation
import JointControl
import RigidBody
import RobotDescription
import Testing

@testable import Simulation

/// Holds the hand from the armed cycle 1000 on, has it pushed in 1700, and lets it go in 2750; looks before, in 100 cycles each.
private struct HeldHand: Law, ~Copyable {
  var law: CartesianLaw
  let simulated: SimulatedRobot
  let force: Vector3
  let watched: [Int]
  private(set) var armed = 0
  /// Mean way from the target when it was looked at: free, pushed [m].
  private(set) var free = Vector3.zero
  private(set) var pushed = Vector3.zero
  /// Largest turn while pushed [rad].
  private(set) var turned = 0.0
  private(set) var frequency = 0.0
  /// Largest change of a joint's torque from one cycle to the next while the law came and went [N.m].
  private(set) var worstStep = 0.0
  private(set) var allocations: Int64 = 0
  private var before = [Double](repeating: 0, count: 64)

  init(_ law: consuming CartesianLaw, on simulated: SimulatedRobot, force: Vector3, watched: [Int]) {
    self.law = law
    self.simulated = simulated
    self.force = force
    self.watched = watched
  }

  mutating func update(_ cycle: Cycle, control: borrowing ControlCycle, efforts: inout JointEfforts) {
    if control.safety.state == .armed { armed += 1 }
    law.isWanted = armed >= 1000 && armed < 2750
    if armed == 1000 { law.impedance.target = law.impedance.state.pose }
    if armed == 1700 {
      try? simulated.setWrench(
        LinkWrench(link: "hand_L", force: force, start: cycle.time, duration: 10_000_000_000))
    }
    allocation_guard_enter()
    law.update(cycle, control: control, efforts: &efforts)
    allocations += allocation_guard_leave()
    let moved = PoseError(from: law.impedance.target, to: law.impedance.state.pose)
    if (1600..<1700).contains(armed) { free += moved.translation * 0.01 }
    if (2640..<2740).contains(armed) {
      pushed += moved.translation * 0.01
      turned = max(turned, moved.angle)
      frequency = law.impedance.state.frequency
    }
    for joint in watched {
      let (state, motion, effort) = (control.states[joint], control.motions[joint], efforts[joint])
      let torque =
        effort.stiffness * (motion.position - state.position)
        + effort.damping * (motion.velocity - state.velocity) + effort.torque
      let isSwitching = armed > 990 && armed < 1100 || armed > 2740 && armed < 2850
      if isSwitching { worstStep = max(worstStep, abs(torque - before[joint])) }
      before[joint] = torque
    }
  }
}

@Suite("Cartesian impedance on the navigator's arm")
struct CartesianLawTests {
  private static let arm = [
    "Shoulder_Y_L", "Shoulder_X_L", "Shoulder_Z_L", "Elbow_L", "Wrist_Z_L", "Wrist_Y_L", "Wrist_X_L",
  ]

  /// The navigator without friction, which would hide the stiffness.
  private func robot() throws -> Robot {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let robot = try RobotDescription.load(root.appending(path: "Robots/navigator").path)
    var joints = robot.joints
    for index in joints.indices {
      joints[index].actuator.reducer.coulombFriction = 0
      joints[index].actuator.reducer.viscousFriction = 0
      joints[index].actuator.reducer.efficiency = 1
      joints[index].configuration.coulombFriction = 0
      joints[index].configuration.viscousFriction = 0
    }
    return Robot(
      name: robot.name, period: robot.period, buses: robot.buses, joints: joints, model: robot.model,
      feedforward: robot.feedforward, commandTimeout: robot.commandTimeout)
  }

  private func gains() -> CartesianImpedance.Gains {
    var gains = CartesianImpedance.Gains(
      translation: Vector3(x: 600, y: 600, z: 600), rotation: Vector3(x: 15, y: 15, z: 15))
    gains.dampingRatio = 0.9
    gains.posture = 5
    return gains
  }

  @Test("A push finds the stiffness; the law comes and goes without a torque step")
  func push() throws {
    let robot = try robot()
    let data = ModelData(robot.model)
    let law = try CartesianLaw(robot: robot, link: "hand_L", joints: Self.arm, gains: gains(), data: data)
    let watched = Self.arm.compactMap { name in robot.joints.firstIndex { $0.name == name } }
    try #require(watched.count == 7)
    var bent = robot.joints.map(\.home)
    for (joint, angle) in zip(watched, [-0.3, 0.3, 0.2, -1.3, 0.1, 0.3, 0.1]) { bent[joint] = angle }
    let motion = Motion(
      name: "bend",
      points: [(0, robot.joints.map(\.home)), (0.9, bent), (3.0, bent)].map {
        Motion.Point(time: $0.0, positions: $0.1)
      })
    let force = Vector3(x: 4, y: -3, z: 5)
    let simulated = SimulatedRobot(robot, seed: 1)
    var buses = simulated
    try BringUp.run(robot, on: &buses)
    var source = MotionPlayer(motion, robot: robot, runTime: nil)
    var held = HeldHand(law, on: simulated, force: force, watched: watched)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: simulated)
    try loop.run(from: &source, applying: &held, recording: &statistics)
    // A quantum of these drives' velocity, 0.02 rad/s, is worth 0.3 N of the damper; most of it is there without a push too.
    let found = (held.pushed + -held.free) * 600
    let error = ((found + -force).squaredLength / force.squaredLength).squareRoot()
    #expect(error < 0.04, "\(found) N instead of \(force) N, \(error)")
    let turned = held.turned
    #expect(turned < 0.01, "turned by \(turned) rad")
    #expect(held.frequency < gains().frequencyBound(period: 0.001, lateness: 1))
    #expect(held.worstStep < 2 * 40 * 0.001 / LawOutput.fadeTime, "a step of \(held.worstStep) N.m")
    #expect(held.allocations == 0)
  }

  @Test("Links and joints that are not there are refused with what to do")
  func refusals() throws {
    let robot = try robot()
    let data = ModelData(robot.model)
    func refusal(_ link: String, _ joints: [String]) -> String? {
      do throws(CartesianLawError) {
        _ = try CartesianLaw(robot: robot, link: link, joints: joints, gains: gains(), data: data)
        return nil
      } catch { return error.description }
    }
    #expect(refusal("hand_L", Self.arm) == nil)
    #expect(refusal("hand_l", Self.arm) == "there is no link 'hand_l'; did you mean 'hand_L'?")
    #expect(refusal("hand_R", Self.arm)?.contains("does not move link 'hand_R'") == true)
    #expect(refusal("hand_L", Self.arm + ["Tail"])?.contains("does not drive 'Tail'") == true)
  }
}
