import Foundation
import RigidBody
import Testing

private let trees: [RandomTree] = [
  RandomTree(81, 4, .fixed), RandomTree(82, 6, .floating), RandomTree(83, 6, .fixed, mimics: 1),
  RandomTree(84, 6, .floating, free: 2), RandomTree(85, 7, .fixed, mimics: 1, free: 2),
]

/// Steps of the free motion, tau = 0, by methods whose order is known.
private enum Method: Int, CaseIterable {
  case euler = 1
  case midpoint = 2
  /// Runge, Kutta, Munthe-Kaas.
  case fourth = 4
}

private struct FreeMotion {
  let model: Model
  let data: ModelData
  private let blocks: [Range<Int>]

  init(_ random: RandomModel) {
    model = random.model
    data = random.data
    var blocks = model.base == .floating ? [0..<6] : []
    for name in model.jointNames {
      if let range = model.coordinates(of: name)?.velocities, range.count > 1 { blocks.append(range) }
    }
    self.blocks = blocks
  }

  func acceleration(_ q: [Double], _ v: [Double]) -> [Double] {
    forwardDynamics(model, data, q: q, v: v, tau: [Double](repeating: 0, count: v.count))
  }

  func step(_ method: Method, _ q: [Double], _ v: [Double], _ h: Double) -> (q: [Double], v: [Double]) {
    func move(_ u: [Double], _ t: Double = 1) -> [Double] { integrate(model, q: q, v: u, duration: t) }
    switch method {
    case .euler: return (move(v, h), sum(v, acceleration(q, v), h))
    case .midpoint:
      let middle = sum(v, acceleration(q, v), h / 2)
      return (move(middle, h), sum(v, acceleration(move(v, h / 2), middle), h))
    case .fourth:
      let still = [Double](repeating: 0, count: v.count)
      // u' = v + [u, v] / 2 + [u, [u, v]] / 12 for q exp(u), v along the moving axes.
      func slope(_ u: [Double], _ v: [Double]) -> (u: [Double], v: [Double]) {
        let once = bracket(u, v)
        return (sum(sum(v, once, 0.5), bracket(u, once), 1.0 / 12), acceleration(move(u), v))
      }
      let a = slope(still, v)
      let b = slope(sum(still, a.u, h / 2), sum(v, a.v, h / 2))
      let c = slope(sum(still, b.u, h / 2), sum(v, b.v, h / 2))
      let d = slope(sum(still, c.u, h), sum(v, c.v, h))
      func mean(_ x: [Double], _ y: [Double], _ z: [Double], _ w: [Double]) -> [Double] {
        x.indices.map { (x[$0] + 2 * y[$0] + 2 * z[$0] + w[$0]) / 6 }
      }
      return (move(sum(still, mean(a.u, b.u, c.u, d.u), h)), sum(v, mean(a.v, b.v, c.v, d.v), h))
    }
  }

  /// Product of motions, joint by joint; zero for a joint of one axis.
  private func bracket(_ a: [Double], _ b: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: a.count)
    for block in blocks {
      let isPlanar = block.count == 3
      func parts(_ v: [Double]) -> (Vector3, Vector3) {
        let x = Array(v[block])
        if isPlanar { return (Vector3(x: 0, y: 0, z: x[0]), Vector3(x: x[1], y: x[2], z: 0)) }
        return (Vector3(x: x[0], y: x[1], z: x[2]), Vector3(x: x[3], y: x[4], z: x[5]))
      }
      let ((w, u), (o, s)) = (parts(a), parts(b))
      let (turn, slide) = (w.cross(o), w.cross(s) + u.cross(o))
      let numbers = [turn.x, turn.y, turn.z, slide.x, slide.y, slide.z]
      result.replaceSubrange(block, with: isPlanar ? Array(numbers[2..<5]) : numbers)
    }
    return result
  }

  private func sum(_ a: [Double], _ b: [Double], _ scale: Double) -> [Double] {
    zip(a, b).map { $0 + scale * $1 }
  }

  func energy(_ q: [Double], _ v: [Double]) -> Double {
    kineticEnergy(model, data, q: q, v: v) + potentialEnergy(model, data, q: q)
  }

  /// Angular momentum about the centre of mass, and linear momentum.
  func momentum(_ q: [Double], _ v: [Double]) -> [Double] {
    centroidalMomentumMap(model, data, q: q).map { row in zip(row, v).map(*).reduce(0, +) }
  }
}

@Suite("Free motion at the integrator's order") struct SimulationOrderTests {
  /// Largest error on the way, at the same eight instants for every number of steps.
  private func error(
    _ motion: FreeMotion, _ method: Method, _ q: [Double], _ v: [Double], steps: Int, duration: Double,
    _ measure: ([Double], [Double], Double) -> Double
  ) -> Double {
    var (q, v) = (q, v)
    let h = duration / Double(8 * steps)
    var worst = 0.0
    for instant in 1...8 {
      for _ in 0..<steps { (q, v) = motion.step(method, q, v, h) }
      worst = max(worst, abs(measure(q, v, duration * Double(instant) / 8)))
    }
    return worst
  }

  @Test("Energy stays; halving the step divides its error by 2^order", arguments: trees, Method.allCases)
  fileprivate func energy(tree: RandomTree, method: Method) throws {
    var random = try RandomModel(tree)
    let motion = FreeMotion(random)
    let (q, v) = (random.position(), random.velocity(1))
    let start = motion.energy(q, v)
    // Long enough steps that truncation, not rounding, is what is measured.
    let (steps, duration) = method == .fourth ? ([8, 16, 32], 0.8) : ([16, 32, 64], 0.1)
    let errors = steps.map { steps in
      error(motion, method, q, v, steps: steps, duration: duration) { q, v, _ in
        motion.energy(q, v) - start
      }
    }
    for (coarse, fine) in zip(errors, errors.dropFirst()) {
      let order = log2(coarse / fine)
      #expect(abs(order - Double(method.rawValue)) < 0.4, "\(errors)")
    }
  }

  @Test("A free robot keeps its angular momentum and falls with g", arguments: [trees[1], trees[3]])
  func momentum(tree: RandomTree) throws {
    var random = try RandomModel(tree)
    let motion = FreeMotion(random)
    let (q, v) = (random.position(), random.velocity(1))
    let start = motion.momentum(q, v)
    func worst(_ q: [Double], _ v: [Double], _ time: Double) -> Double {
      var expected = start
      expected[5] -= 9.81 * motion.model.mass * time
      return zip(motion.momentum(q, v), expected).map { abs($0 - $1) }.max() ?? 0
    }
    let errors = [8, 16].map { steps in
      error(motion, .fourth, q, v, steps: steps, duration: 0.1) { worst($0, $1, $2) }
    }
    #expect(abs(log2(errors[0] / errors[1]) - 4) < 0.4, "\(errors)")
    #expect(errors[1] < 1e-5)
  }
}
