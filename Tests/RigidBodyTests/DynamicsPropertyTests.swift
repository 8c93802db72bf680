import RigidBody
import Testing

private let trees: [RandomTree] = [
  RandomTree(1, 1, .fixed), RandomTree(2, 2, .fixed), RandomTree(3, 7, .fixed),
  RandomTree(4, 12, .floating), RandomTree(5, 34, .floating), RandomTree(6, 8, .fixed, mimics: 2),
  RandomTree(7, 20, .floating, mimics: 5), RandomTree(8, 1, .floating), RandomTree(9, 34, .fixed),
  RandomTree(10, 9, .fixed, free: 3), RandomTree(11, 14, .floating, mimics: 2, free: 4),
  RandomTree(12, 12, .floating, free: 6), RandomTree(13, 1, .fixed, free: 1),
]

@Suite("Dynamics of random trees") struct DynamicsPropertyTests {
  @Test("Forward dynamics inverts inverse dynamics", arguments: trees)
  func forwardInvertsInverse(tree: RandomTree) throws {
    var random = try RandomModel(tree)
    let (model, data) = (random.model, random.data)
    for _ in 0..<20 {
      let (q, v, a) = (random.position(), random.velocity(), random.velocity(10))
      let tau = inverseDynamics(model, data, q: q, v: v, a: a)
      #expect(relativeError(forwardDynamics(model, data, q: q, v: v, tau: tau), a) < 1e-9)
    }
  }

  @Test("The mass matrix is symmetric, positive, and M a is what acceleration adds", arguments: trees)
  func massMatrixMatchesInverseDynamics(tree: RandomTree) throws {
    var random = try RandomModel(tree)
    let (model, data) = (random.model, random.data)
    for _ in 0..<10 {
      let (q, v, a) = (random.position(), random.velocity(), random.velocity(10))
      let matrix = massMatrix(model, data, q: q)
      let product = matrix.map { row in zip(row, a).map(*).reduce(0, +) }
      let bias = bias(model, data, q: q, v: v)
      let tau = inverseDynamics(model, data, q: q, v: v, a: a)
      #expect(relativeError(zip(product, bias).map(+), tau) < 1e-12)
      for i in matrix.indices { for j in 0..<i { #expect(matrix[i][j] == matrix[j][i]) } }
      #expect(isPositiveDefinite(matrix))
    }
  }

  @Test("Gravity is inverse dynamics at rest", arguments: trees)
  func gravityIsInverseDynamicsAtRest(tree: RandomTree) throws {
    var random = try RandomModel(tree)
    let (model, data) = (random.model, random.data)
    let still = [Double](repeating: 0, count: model.velocityCount)
    for _ in 0..<20 {
      let q = random.position()
      let tau = inverseDynamics(model, data, q: q, v: still, a: still)
      #expect(relativeError(gravity(model, data, q: q), tau) < 1e-12)
    }
  }

  @Test("Kinetic energy is v M v / 2", arguments: trees)
  func kineticEnergyMatchesMassMatrix(tree: RandomTree) throws {
    var random = try RandomModel(tree)
    let (model, data) = (random.model, random.data)
    for _ in 0..<20 {
      let (q, v) = (random.position(), random.velocity())
      let momentum = massMatrix(model, data, q: q).map { row in zip(row, v).map(*).reduce(0, +) }
      let expected = 0.5 * zip(momentum, v).map(*).reduce(0, +)
      #expect(relativeError([kineticEnergy(model, data, q: q, v: v)], [expected]) < 1e-12)
    }
  }
}

/// Whether every pivot of Gaussian elimination is positive (Sylvester).
private func isPositiveDefinite(_ matrix: [[Double]]) -> Bool {
  var m = matrix
  for k in m.indices {
    guard m[k][k] > 0 else { return false }
    for i in (k + 1)..<max(m.count, k + 1) {
      let share = m[i][k] / m[k][k]
      for j in k..<m.count { m[i][j] -= share * m[k][j] }
    }
  }
  return true
}
