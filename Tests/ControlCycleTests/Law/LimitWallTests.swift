import RigidBody
import TestSupport
import Testing

@testable import ControlCycle

/// A joint that is led by hand, through the laws of the cycle and with the lateness of a bus, into its limit.
private struct PushedJoint: ~Copyable {
  let joint: JointConfiguration
  let wall: LimitWall
  let inertia: Double
  /// Whether the host evaluates stiffness and damping, a cycle late, or the drive at once.
  let isClosedOnHost: Bool
  let isWalled: Bool
  var position = 0.0
  var velocity = 0.0
  private let law: LawBlend
  /// Efforts on their way to the drive, for one or two periods.
  private var waiting: [JointEffort]
  static let period = 0.001

  init(seed: UInt64, isWalled: Bool = true) {
    var random = SeededGenerator(seed: seed)
    func number(_ range: ClosedRange<Double>) -> Double { .random(in: range, using: &random) }
    let stiffness = number(5...300)
    // From far too soft a damper for the spring, which then has to be softer, to a stiff one.
    let damping = stiffness * number(0.001...0.1)
    isClosedOnHost = random.next() % 2 == 0
    waiting = Array(repeating: JointEffort(), count: random.next() % 2 == 0 ? 1 : 2)
    inertia = (isClosedOnHost ? 3 * damping * Self.period : 0.02) + number(0...0.5)
    joint = JointConfiguration(
      drive: DriveConfiguration(
        family: .damiao, bus: 0, id: 1, masterID: 0x11, isFlexibleDataRate: false,
        range: DriveRange(position: 12.5, velocity: 30, torque: 200, stiffness: 500, damping: 50)),
      transmission: Transmission(ratio: 1, sign: 1, offset: 0),
      limits: JointLimits(
        minPosition: number(-3...(-0.2)), maxPosition: number(0.2...3), velocity: 10, acceleration: 100,
        torque: number(2...120)),
      gains: ImpedanceGains(stiffness: stiffness, damping: damping),
      staleness: StalenessPolicy(reaction: .stop, maxAge: 5), coulombFriction: 0, viscousFriction: 0,
      velocityIndex: 0)
    wall = LimitWall(joint, period: Self.period)
    law = LawBlend(LawChoice(.handGuiding))
    self.isWalled = isWalled
  }

  /// A period of somebody's push [N.m].
  mutating func advance(pushed torque: Double) {
    let effort = waiting.removeFirst()
    let reach = wall.reach(at: position)
    let share = isWalled ? law.shares.wall : 0
    var next = JointEffort(
      damping: law.shares.damping * joint.gains.damping + share * reach.share * LimitWall.dampingShare
        * joint.gains.damping,
      torque: share * reach.torque)
    if isClosedOnHost {
      next.torque -= next.damping * velocity
      next.damping = 0
    }
    next.torque = min(max(next.torque, -joint.limits.torque), joint.limits.torque)
    waiting.append(next)
    for _ in 0..<10 {
      velocity += Self.period / 10 * (torque + effort.torque - effort.damping * velocity) / inertia
      position += Self.period / 10 * velocity
    }
  }
}

@Suite("Laws: walls before the position limits")
struct LimitWallTests {
  /// Goes into a limit as fast and pushed as hard as the wall is said to hold, `excess` times; how far it comes beyond, in
  /// parts of the wall's depth.
  private func worst(_ seed: UInt64, excess: Double = 1, isWalled: Bool = true) -> Double {
    var random = SeededGenerator(seed: seed &+ 1_000_000)
    var joint = PushedJoint(seed: seed, isWalled: isWalled)
    let (limits, depth) = (joint.joint.limits, joint.wall.depth)
    let side: Double = random.next() % 2 == 0 ? 1 : -1
    let energy = joint.wall.heldTorque * depth
    // Shared out between the push and the speed.
    let share = Double.random(in: 0...1, using: &random)
    let push = excess * share * joint.wall.heldTorque
    let limit = side > 0 ? limits.maxPosition : limits.minPosition
    joint.position = limit - side * depth
    joint.velocity = side * (2 * excess * (1 - share) * energy / joint.inertia).squareRoot()
    var most = -Double.infinity
    for _ in 0..<2000 {
      // A hand that pulls out again in between does no harm either.
      joint.advance(pushed: side * push * (random.next() % 8 == 0 ? .random(in: -1...1, using: &random) : 1))
      most = max(most, side * (joint.position - limit))
    }
    return most / depth
  }

  @Test("No joint passes its limit that comes as fast and is pushed as hard as the wall holds")
  func holds() {
    for seed in 0..<200 as Range<UInt64> {
      let beyond = worst(seed)
      #expect(beyond <= 0, "seed \(seed): \(beyond) of the wall's depth")
    }
  }

  @Test("Without the wall, or pushed three times as hard, joints do pass their limits")
  func control() {
    let seeds = 0..<40 as Range<UInt64>
    #expect(seeds.allSatisfy { worst($0, isWalled: false) > 0 })
    #expect(seeds.contains { worst($0, excess: 3) > 0 })
  }

  @Test("A wall's torque grows without a step, has its bound, and stays within half of the joint's limit")
  func continuous() {
    for seed in 0..<50 as Range<UInt64> {
      let joint = PushedJoint(seed: seed)
      let (wall, limits) = (joint.wall, joint.joint.limits)
      let step = (limits.maxPosition - limits.minPosition) / 20_000
      var last = LimitWall.Reach(torque: 0, share: 0)
      for index in -1000...21_000 {
        let reach = wall.reach(at: limits.minPosition + Double(index) * step)
        if index > -1000 {
          #expect(abs(reach.torque - last.torque) <= wall.stiffness * step * (1 + 1e-9))
          #expect(abs(reach.share - last.share) <= 4 * step / wall.depth * (1 + 1e-6))
        }
        #expect(abs(reach.torque) <= limits.torque / 2 && reach.share >= 0 && reach.share <= 1)
        last = reach
      }
      let middle = wall.reach(at: (limits.minPosition + limits.maxPosition) / 2)
      #expect(middle.torque == 0 && middle.share == 0)
      // Pushed in slowly, the spring holds 7/8 K z at the limit.
      let end = wall.reach(at: limits.maxPosition).torque
      #expect(abs(end + 0.875 * wall.stiffness * wall.depth) < 1e-9 * limits.torque)
    }
  }

  @Test("A joint that turns without end has no wall, nor has one without gains")
  func none() {
    var joint = PushedJoint(seed: 1).joint
    joint.gains = ImpedanceGains(stiffness: 0, damping: 0)
    #expect(LimitWall(joint, period: 0.001).depth == 0)
    #expect(LimitWall(joint, period: 0.001).reach(at: joint.limits.maxPosition + 1).torque == 0)
    joint.gains = ImpedanceGains(stiffness: 80, damping: 2)
    joint.limits.minPosition = -.infinity
    joint.limits.maxPosition = .infinity
    let reach = LimitWall(joint, period: 0.001).reach(at: 1e6)
    #expect(reach.torque == 0 && reach.share == 0)
  }

  @Test(
    "In the whole cycle, a joint that is led by hand against its limit stays before it, and holds no fault")
  func inTheCycle() throws {
    var harness = try CycleHarness(content: .none)
    let wall = LimitWall(harness.control.joints[1], period: CycleHarness.period)
    var (position, velocity) = (CycleHarness.limits.maxPosition - wall.depth, 0.0)
    harness.reports[1]?.position = position
    harness.arm()
    harness.setpoints.ask(LawChoice(.handGuiding), for: 1)
    for _ in 0..<200 { harness.step() }
    var highest = position
    for _ in 0..<4000 {
      harness.reports[1]?.position = position
      harness.reports[1]?.velocity = velocity
      harness.step()
      let command = harness.control.commands[1]
      let torque = command.torque - command.damping * velocity + 0.9 * wall.heldTorque
      velocity += CycleHarness.period * torque / 0.5
      position += CycleHarness.period * velocity
      highest = max(highest, position)
    }
    #expect(highest < CycleHarness.limits.maxPosition, "\(highest)")
    #expect(position > CycleHarness.limits.maxPosition - wall.depth && abs(velocity) < 1e-3)
    #expect(harness.control.safety.state == .armed && !harness.control.safety.fault.isLatched)
  }
}
