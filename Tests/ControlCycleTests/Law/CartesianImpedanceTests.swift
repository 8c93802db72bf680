import AllocationGuard
import Foundation
import RigidBody
import TestSupport
import Testing

@testable import ControlCycle

@Suite("Laws: Cartesian impedance")
struct CartesianImpedanceTests {
  /// A pose away from singularities.
  private static let start = [0.3, 0.7, -0.4, 1.3, 0.5, -0.9, 0.2]

  private func gains() -> CartesianImpedance.Gains {
    var gains = CartesianImpedance.Gains(
      translation: Vector3(x: 800, y: 1200, z: 500), rotation: Vector3(x: 40, y: 60, z: 25))
    gains.dampingRatio = 1
    gains.delay = 0.0015
    gains.linearSpeed = 1e6
    gains.angularSpeed = 1e6
    return gains
  }

  /// A law on the arm, and the arm; the loop is a period late.
  private struct Bench: ~Copyable {
    var law: CartesianImpedance
    let data: ModelData
    let plant: ArmPlant
    var pending: [Double]

    init(_ gains: CartesianImpedance.Gains, at q: [Double], handFromTarget: RigidTransform = .identity) throws
    {
      let model = try SevenJointArm.model()
      let space = try OperationalSpace(
        model, link: #require(model.linkIndex(of: SevenJointArm.hand)),
        linkFromFrame: SevenJointArm.linkFromHand, joints: SevenJointArm.joints)
      data = ModelData(model)
      plant = ArmPlant(
        model, hand: SevenJointArm.hand, linkFromHand: SevenJointArm.linkFromHand, at: q)
      pending = [Double](repeating: 0, count: 7)
      law = CartesianImpedance(gains, space: space, model: model.kernel, workspace: data.workspace)
      for joint in 0..<7 {
        law.setLimit(joint, 300)
        law.take(joint, position: q[joint], velocity: 0)
      }
      law.update(over: 0.001)
      law.target = law.state.pose * handFromTarget
      law.isOn = true
      for _ in 0..<55 { law.update(over: 0.001) }
      for joint in 0..<7 { pending[joint] = law[joint] }
    }

    mutating func step() {
      for joint in 0..<7 { law.take(joint, position: plant.q[joint], velocity: plant.v[joint]) }
      law.update(over: 0.001)
      plant.advance(pending, over: 0.001, parts: 1)
      for joint in 0..<7 { pending[joint] = law[joint] }
    }
  }

  private func component(_ pair: (Vector3, Vector3), _ index: Int) -> Double {
    let vector = index < 3 ? pair.0 : pair.1
    return index % 3 == 0 ? vector.x : (index % 3 == 1 ? vector.y : vector.z)
  }

  @Test("A push finds the stiffness within 0.5 % in every direction, and moves the hand in no other")
  func stiffness() throws {
    let gains = gains()
    let stiffness = [40, 60, 25, 800, 1200, 500]
    for direction in 0..<6 {
      var bench = try Bench(gains, at: Self.start)
      let axes = bench.law.target.rotation
      let axis = [axes.columnX, axes.columnY, axes.columnZ][direction % 3]
      let size = direction < 3 ? 0.3 : 6.0
      if direction < 3 { bench.plant.push.moment = axis * size } else { bench.plant.push.force = axis * size }
      for _ in 0..<1200 { bench.step() }
      let hand = bench.plant.hand
      let moved = PoseError(from: bench.law.target, to: hand)
      let turned = axes.transposedTimes(moved.rotation)
      let slid = axes.transposedTimes(moved.translation)
      for other in 0..<6 {
        let found = component((turned, slid), other) * Double(stiffness[other])
        if other == direction {
          #expect(abs(found / size - 1) < 0.005, "direction \(direction): \(found) of \(size)")
        } else {
          // Energy of a displacement that nobody asked for, beside that of the one which was.
          let energy = found * found / Double(stiffness[other]) * Double(stiffness[direction]) / (size * size)
          #expect(energy < 1e-4, "push \(direction) moves \(other): \(found)")
        }
      }
    }
  }

  @Test("Every mode of the frame has the damping ratio within 2 %", arguments: [0.4, 0.7])
  func damping(ratio: Double) throws {
    var gains = gains()
    gains.dampingRatio = ratio
    for mode in 0..<6 {
      var still = try Bench(gains, at: Self.start)
      let (frequency, rawTurn, rawSlide) = still.law.space.mode(mode)
      let scale = 1e-4 / max(rawTurn.squaredLength.squareRoot(), rawSlide.squaredLength.squareRoot())
      let (turn, slide) = (rawTurn * scale, rawSlide * scale)
      // The target is put where the mode's displacement is, against the hand.
      let axes = still.law.state.pose.rotation
      let small = axes.transposedTimes(turn)
      let offset = RigidTransform(
        rotation: Quaternion(w: 1, x: small.x / 2, y: small.y / 2, z: small.z / 2).normalized.rotation,
        translation: axes.transposedTimes(slide))
      var bench = try Bench(gains, at: Self.start, handFromTarget: offset)
      let target = bench.law.target
      /// The mode's coordinate: displacements of different modes are orthogonal by K.
      func coordinate(_ hand: RigidTransform) -> Double {
        let error = PoseError(from: hand, to: target)
        let (a, b) = (axes.transposedTimes(error.rotation), axes.transposedTimes(turn))
        let (c, d) = (axes.transposedTimes(error.translation), axes.transposedTimes(slide))
        return gains.rotation.scaling(a).dot(b) + gains.translation.scaling(c).dot(d)
      }
      let first = coordinate(bench.plant.hand)
      var lowest = first
      let half = Double.pi / (frequency * (1 - ratio * ratio).squareRoot())
      for _ in 0..<Int(1.4 * half / 0.001) {
        bench.step()
        lowest = min(lowest, coordinate(bench.plant.hand))
      }
      // Overshoot of a second-order system: exp(-pi z / sqrt(1 - z^2)).
      let decrement = -log(-lowest / first) / Double.pi
      let found = decrement / (1 + decrement * decrement).squareRoot()
      #expect(
        abs(found / ratio - 1) < 0.02, "mode \(mode) of \(frequency) rad/s: \(found) instead of \(ratio)")
    }
  }

  /// How far joints, and the hand, went while the posture was led elsewhere [rad, m, rad].
  private func leadPosture(isProjected: Bool) throws -> (joints: Double, distance: Double, angle: Double) {
    var gains = gains()
    gains.posture = 20
    gains.reserve = 10
    var bench = try Bench(gains, at: Self.start)
    let hand = bench.plant.hand
    let posture = zip(Self.start, [0.9, -0.4, -0.9, 0, 0.9, 0.4, -0.9]).map { $0 + $1 }
    for joint in 0..<7 { bench.law.setPosture(joint, posture[joint]) }
    var (distance, angle) = (0.0, 0.0)
    for _ in 0..<800 {
      bench.step()
      for joint in 0..<7 where !isProjected {
        bench.pending[joint] +=
          gains.posture * (posture[joint] - bench.plant.q[joint]) - bench.law.joints[joint].postureSpring
      }
      let error = PoseError(from: hand, to: bench.plant.hand)
      distance = max(distance, error.distance)
      angle = max(angle, error.angle)
    }
    return (zip(bench.plant.q, Self.start).map { abs($0 - $1) }.max() ?? 0, distance, angle)
  }

  @Test("The posture moves the joints and hardly the hand; without its projection it moves that too")
  func nullSpace() throws {
    let led = try leadPosture(isProjected: true)
    #expect(led.joints > 0.3, "the joints moved \(led.joints) rad")
    #expect(led.distance < 5e-3 && led.angle < 0.01, "the hand moved \(led.distance) m, \(led.angle) rad")
    let pushed = try leadPosture(isProjected: false)
    #expect(pushed.distance > 0.02, "the hand moved \(pushed.distance) m")
  }

  @Test("The frequency bound is half of where the sampled oscillator loses stability")
  func frequencyBound() {
    var gains = gains()
    for ratio in [0.3, 0.7, 1] {
      gains.dampingRatio = ratio
      let bound = gains.frequencyBound(period: 0.001, lateness: 1)
      #expect(bound > 80 && bound < 300, "\(bound) rad/s")
      let loop = GainBound(inertia: 1, period: 0.001, delay: 1)
      // Stable all the way up to twice the bound, and no further.
      for part in 1...44 {
        let square = bound * bound * Double(part * part) / 400
        let damping = gains.modalDamping.damping(ofSquare: square)
        if part == 40 { continue }
        #expect(loop.isStable(stiffness: square, damping: damping) == (part < 40), "\(part) of 20")
      }
    }
  }

  @Test("Stretched out, the frame's lost direction is said, and the torques stay numbers")
  func singular() throws {
    let straight = [0.2, 0, 0.1, 0, 0, 0, 0.3]
    var bench = try Bench(
      gains(), at: straight,
      handFromTarget: RigidTransform(rotation: .identity, translation: Vector3(x: 0.05, y: 0, z: 0.1)))
    #expect(bench.law.state.singularity == .at)
    for _ in 0..<300 { bench.step() }
    #expect(bench.plant.q.allSatisfy { abs($0) < 6 } && bench.plant.v.allSatisfy { abs($0) < 20 })
    let bent = try Bench(gains(), at: Self.start)
    #expect(bent.law.state.singularity == .none && bent.law.state.leastSingularValue > 0.02)
  }

  @Test("An update allocates nothing")
  func allocation() throws {
    var bench = try Bench(gains(), at: Self.start)
    allocation_guard_enter()
    for _ in 0..<20 { bench.law.update(over: 0.001) }
    #expect(allocation_guard_leave() == 0)
  }
}
