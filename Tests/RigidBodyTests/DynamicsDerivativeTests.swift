import RigidBody
import Testing

private let trees: [RandomTree] = [
  RandomTree(51, 7, .fixed), RandomTree(52, 12, .floating), RandomTree(53, 10, .fixed, mimics: 2),
  RandomTree(54, 10, .floating, mimics: 3), RandomTree(55, 1, .floating), RandomTree(56, 30, .floating),
  RandomTree(57, 9, .fixed, free: 3), RandomTree(58, 14, .floating, mimics: 2, free: 4),
  RandomTree(59, 12, .floating, free: 6), RandomTree(60, 1, .fixed, free: 1),
]

/// Central differences along each coordinate of v: column j is d f / d q_j.
private func differences(
  _ model: Model, _ q: [Double], _ f: ([Double]) -> [Double], step: Double = 1e-6
) -> [[Double]] {
  let columns = (0..<model.velocityCount).map { j in
    var direction = [Double](repeating: 0, count: model.velocityCount)
    direction[j] = 1
    let after = f(integrate(model, q: q, v: direction, duration: step))
    let before = f(integrate(model, q: q, v: direction, duration: -step))
    return zip(after, before).map { ($0 - $1) / (2 * step) }
  }
  return columns.first.map { $0.indices.map { i in columns.map { $0[i] } } } ?? []
}

/// The same along a vector.
private func differences(_ v: [Double], _ f: ([Double]) -> [Double], step: Double = 1e-6) -> [[Double]] {
  let columns = v.indices.map { j in
    var (after, before) = (v, v)
    after[j] += step
    before[j] -= step
    return zip(f(after), f(before)).map { ($0 - $1) / (2 * step) }
  }
  return columns.first.map { $0.indices.map { i in columns.map { $0[i] } } } ?? []
}

private func error(_ a: [[Double]], _ b: [[Double]]) -> Double {
  relativeError(a.flatMap { $0 }, b.flatMap { $0 })
}

@Suite("Derivatives of dynamics") struct DynamicsDerivativeTests {
  @Test("Inverse dynamics: central differences", arguments: trees)
  func inverseDynamics(tree: RandomTree) throws {
    var random = try RandomModel(tree)
    let (model, data) = (random.model, random.data)
    for _ in 0..<3 {
      let (q, v, a) = (random.position(), random.velocity(), random.velocity(5))
      let found = inverseDynamicsDerivatives(model, data, q: q, v: v, a: a)
      #expect(
        found.byInput == massMatrix(model, data, q: q)
          || error(found.byInput, massMatrix(model, data, q: q)) < 1e-13)
      let byVelocity = differences(v) { RigidBody.inverseDynamics(model, data, q: q, v: $0, a: a) }
      #expect(error(found.byVelocity, byVelocity) < 1e-7)
      let byPosition = differences(model, q) { RigidBody.inverseDynamics(model, data, q: $0, v: v, a: a) }
      #expect(error(found.byPosition, byPosition) < 1e-7)
    }
  }

  @Test("Forward dynamics: central differences", arguments: trees)
  func forwardDynamics(tree: RandomTree) throws {
    var random = try RandomModel(tree)
    let (model, data) = (random.model, random.data)
    for _ in 0..<3 {
      let (q, v, tau) = (random.position(), random.velocity(), random.velocity(5))
      let found = forwardDynamicsDerivatives(model, data, q: q, v: v, tau: tau)
      #expect(error(found.byInput, inverseMassMatrix(model, data, q: q)) < 1e-13)
      let byVelocity = differences(v) { RigidBody.forwardDynamics(model, data, q: q, v: $0, tau: tau) }
      #expect(error(found.byVelocity, byVelocity) < 1e-6)
      let byPosition = differences(model, q) { RigidBody.forwardDynamics(model, data, q: $0, v: v, tau: tau) }
      #expect(error(found.byPosition, byPosition) < 1e-6)
    }
  }

  @Test("Coriolis: C v is what velocity adds, and dM/dt - 2C is skew", arguments: trees)
  func coriolis(tree: RandomTree) throws {
    var random = try RandomModel(tree)
    let (model, data) = (random.model, random.data)
    for _ in 0..<3 {
      let (q, v) = (random.position(), random.velocity())
      let matrix = coriolisMatrix(model, data, q: q, v: v)
      let product = matrix.map { row in zip(row, v).map(*).reduce(0, +) }
      let added = zip(bias(model, data, q: q, v: v), gravity(model, data, q: q)).map(-)
      #expect(relativeError(product, added) < 1e-11)

      let step = 1e-6
      let after = massMatrix(model, data, q: integrate(model, q: q, v: v, duration: step))
      let before = massMatrix(model, data, q: integrate(model, q: q, v: v, duration: -step))
      var (rate, twice) = ([Double](), [Double]())
      for i in matrix.indices {
        for j in matrix.indices {
          rate.append((after[i][j] - before[i][j]) / (2 * step))
          twice.append(matrix[i][j] + matrix[j][i])
        }
      }
      // A free body's M is constant in its own axes; one more entry of 1 keeps the scale.
      #expect(relativeError(rate + [1], twice + [1]) < 1e-7)
    }
  }
}
