import RigidBody
import Testing

private let trees: [(UInt64, Base, Int)] = [
  (21, .fixed, 0), (22, .floating, 0), (23, .fixed, 2), (24, .floating, 3),
]

@Suite("Derivatives in time") struct DerivativeTests {
  private let step = 1e-5

  @Test("J v is the velocity of every link's frame", arguments: trees)
  func jacobianIsDerivativeOfPose(seed: UInt64, base: Base, mimics: Int) throws {
    var random = try RandomModel(seed: seed, joints: 10, base: base, mimics: mimics)
    let (model, data) = (random.model, random.data)
    let (q, v) = (random.position(), random.velocity(1))
    let before = forwardKinematics(model, data, q: integrate(model, q: q, v: v, duration: -step))
    let after = forwardKinematics(model, data, q: integrate(model, q: q, v: v, duration: step))
    let now = forwardKinematics(model, data, q: q)
    for link in model.linkNames.indices {
      let velocity = jacobian(model, data, q: q, link: link).map { row in zip(row, v).map(*).reduce(0, +) }
      let linear = (after[link].translation - before[link].translation) * (0.5 / step)
      // R' R^T is the cross-product matrix of the angular velocity.
      let turn = after[link].rotation * now[link].rotation.transposed
      let back = before[link].rotation * now[link].rotation.transposed
      let angular =
        Vector3(
          x: (turn.zy - turn.yz) - (back.zy - back.yz), y: (turn.xz - turn.zx) - (back.xz - back.zx),
          z: (turn.yx - turn.xy) - (back.yx - back.xy)) * (0.25 / step)
      let expected = [angular.x, angular.y, angular.z, linear.x, linear.y, linear.z]
      #expect(relativeError(velocity, expected) < 1e-8)
    }
  }

  @Test("Energy changes by the power of the generalised forces", arguments: trees)
  func energyBalance(seed: UInt64, base: Base, mimics: Int) throws {
    var random = try RandomModel(seed: seed, joints: 10, base: base, mimics: mimics)
    let (model, data) = (random.model, random.data)
    for _ in 0..<5 {
      let (q, v, tau) = (random.position(), random.velocity(1), random.velocity(5))
      let a = forwardDynamics(model, data, q: q, v: v, tau: tau)
      func energy(after time: Double) -> Double {
        // Second order in time: the mean velocity of the step moves q, the acceleration changes v.
        let mean = zip(v, a).map { $0 + 0.5 * time * $1 }
        let moved = integrate(model, q: q, v: mean, duration: time)
        let faster = zip(v, a).map { $0 + time * $1 }
        return kineticEnergy(model, data, q: moved, v: faster) + potentialEnergy(model, data, q: moved)
      }
      let rate = (energy(after: step) - energy(after: -step)) * (0.5 / step)
      let power = zip(tau, v).map(*).reduce(0, +)
      let scale = zip(tau, v).map { abs($0 * $1) }.reduce(1, +)
      #expect(abs(rate - power) / scale < 1e-6)
    }
  }

  @Test("The base follows a constant screw motion exactly")
  func screwMotion() throws {
    var random = try RandomModel(seed: 25, joints: 1, base: .floating)
    let model = random.model
    for bound in [1e-6, 1e-3, 1, 4] {
      let (q, v) = (random.position(), random.velocity(bound))
      let once = integrate(model, q: q, v: v, duration: 1)
      var many = q
      for _ in 0..<100 { many = integrate(model, q: many, v: v, duration: 0.01) }
      // q and -q are the same rotation.
      let sign = zip(once[3..<7], many[3..<7]).map(*).reduce(0, +) < 0 ? -1.0 : 1.0
      for i in 3..<7 { many[i] *= sign }
      #expect(relativeError(once, many) < 1e-13)
    }
  }
}
