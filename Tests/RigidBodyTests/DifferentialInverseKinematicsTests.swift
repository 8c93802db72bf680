import Foundation
import RigidBody
import Testing

@Suite("Differential inverse kinematics") struct DifferentialInverseKinematicsTests {
  /// A tree, a solver for all its joints of one axis within +-2 at up to 3 per second, and a link at its end.
  private func tree(
    _ seed: UInt64, _ joints: Int, _ base: Base, movesBase: Bool = false
  ) throws -> (random: RandomModel, names: [String]) {
    let random = try RandomModel(seed: seed, joints: joints, base: base)
    return (random, random.model.jointNames)
  }

  private func coordinates(_ names: [String]) -> [ChainCoordinate] {
    names.map { ChainCoordinate(joint: $0, lower: -2, upper: 2, velocity: 3) }
  }

  /// Largest violation of the conditions of optimality, from the program as it was set up.
  private func violation(_ program: borrowing BoxQuadraticProgram) -> Double {
    var worst = 0.0
    for i in 0..<program.count {
      var (rate, size) = (program.gradient[i], 1 + abs(program.gradient[i]))
      for k in 0..<program.count {
        let h = k <= i ? program.matrix[i * program.count + k] : program.matrix[k * program.count + i]
        rate += h * program.solution[k]
        size += abs(h * program.solution[k])
      }
      if program.solution[i] < program.lower[i] || program.solution[i] > program.upper[i] { return .infinity }
      if program.solution[i] > program.lower[i] { worst = max(worst, rate / size) }
      if program.solution[i] < program.upper[i] { worst = max(worst, -rate / size) }
    }
    return worst
  }

  @Test("Away from limits and singularities the frame moves as asked") func tracks() throws {
    var (random, names) = try tree(5, 24, .floating)
    let model = random.model
    let link = try #require(model.linkIndex(of: "tool24"))
    var solver = try DifferentialInverseKinematics(
      model, coordinates: names.map { ChainCoordinate(joint: $0) })
    solver.settings.damping = 1e-12
    var v = [Double](repeating: 1, count: model.velocityCount)
    var judged = 0
    for _ in 0..<50 {
      let q = random.position()
      let (angular, linear) = (random.generator.vector(), random.generator.vector())
      solver.begin(q: q, period: 1e-3)
      let measure = solver.addFrame(
        model.kernel, random.data.workspace, q: q, link: link, angular: angular, linear: linear)
      let result = solver.solve(into: &v)
      #expect(result.outcome.isSolved && v[0..<6].allSatisfy { $0 == 0 })
      guard measure.leastSingularValue > 0.03 else { continue }
      judged += 1
      let j = jacobian(model, random.data, q: q, link: link)
      let moved = j.map { row in zip(row, v).reduce(0) { $0 + $1.0 * $1.1 } }
      let wish = [angular.x, angular.y, angular.z, linear.x, linear.y, linear.z]
      #expect(zip(moved, wish).allSatisfy { abs($0 - $1) < 1e-6 })
      #expect(result.residual < 1e-6)
    }
    #expect(judged > 20)
  }

  @Test(
    "Optimal to 1e-9, limits held over time, what is not named stands still",
    arguments: [(11, 8, Base.fixed, false), (12, 34, .floating, false), (13, 34, .floating, true)])
  func holdsLimits(seed: UInt64, joints: Int, base: Base, movesBase: Bool) throws {
    var (random, names) = try tree(seed, joints, base)
    let model = random.model
    let still = names.removeLast()
    let place = try #require(model.coordinates(of: still))
    let links = try ["tool\(joints)", "tool\(joints / 2)"].map { try #require(model.linkIndex(of: $0)) }
    var solver = try DifferentialInverseKinematics(
      model, coordinates: coordinates(names), movesBase: movesBase)
    let places = names.compactMap { model.coordinates(of: $0) }
    var q = random.position()
    var v = [Double](repeating: 0, count: model.velocityCount)
    let period = 0.01
    var (worst, most, held) = (0.0, 0, 0)
    var twists = [random.generator.vector(3), random.generator.vector(3)]
    for cycle in 0..<150 {
      if cycle % 30 == 0 { twists = [random.generator.vector(3), random.generator.vector(3)] }
      solver.begin(q: q, period: period)
      for (link, twist) in zip(links, twists) {
        solver.addFrame(
          model.kernel, random.data.workspace, q: q, link: link, angular: twist, linear: twist,
          weight: link == links[0] ? 1 : 0.3)
      }
      for i in names.indices {
        solver.addJoint(i, velocity: -0.5 * q[places[i].positions.lowerBound], weight: 1e-3)
      }
      let result = solver.solve(into: &v)
      #expect(result.outcome.isSolved)
      worst = max(worst, violation(solver.program))
      most = max(most, result.iterations)
      held = max(held, result.heldCount)
      #expect(v[place.velocities.lowerBound] == 0)
      if base == .floating { #expect((v[0..<6].contains { $0 != 0 }) == movesBase) }
      q = integrate(model, q: q, v: v, duration: period)
      for joint in places {
        #expect(abs(v[joint.velocities.lowerBound]) <= 3 && abs(q[joint.positions.lowerBound]) <= 2)
      }
    }
    #expect(worst < 1e-9)
    #expect(most < 50 && held > 0)
  }

  @Test("A joint beyond a limit is led back, no faster than it may move") func leadsBack() throws {
    let random = try RandomModel(seed: 6, joints: 5, base: .fixed)
    let model = random.model
    var solver = try DifferentialInverseKinematics(model, coordinates: coordinates(model.jointNames))
    var q = [Double](repeating: 2.5, count: 5)
    var v = [Double](repeating: 0, count: 5)
    solver.begin(q: q, period: 0.01)
    solver.addFrame(
      model.kernel, random.data.workspace, q: q, link: 1, angular: .zero, linear: .zero)
    #expect(solver.solve(into: &v).outcome.isSolved)
    #expect(v.allSatisfy { $0 == -3 })
    // A number that is none stops what it can.
    q[2] = .nan
    solver.begin(q: q, period: 0.01)
    solver.addFrame(model.kernel, random.data.workspace, q: q, link: 1, angular: .zero, linear: .zero)
    let result = solver.solve(into: &v)
    #expect(!result.outcome.isSolved && v.allSatisfy { $0.isFinite })
  }

  @Test("A stretched arm is singular, a bent one is not, and velocities stay bounded between")
  func singularity() throws {
    func along(_ x: Double) -> RigidTransform {
      RigidTransform(rotation: .identity, translation: Vector3(x: x, y: 0, z: 0))
    }
    let (x, y, z) = (Vector3(x: 1, y: 0, z: 0), Vector3(x: 0, y: 1, z: 0), Vector3(x: 0, y: 0, z: 1))
    let axes = [z, y, x, y, x, y, x]
    let names = (0..<7).map { "j\($0)" }
    let model = try Model(
      name: "arm", links: (0...7).map { LinkDescription(name: "l\($0)") },
      joints: (0..<7).map {
        JointDescription(
          name: names[$0], kind: .revolute, parent: "l\($0)", child: "l\($0 + 1)",
          origin: along($0 == 3 || $0 == 5 ? 0.3 : 0), axis: axes[$0])
      }, base: .fixed, requiresPhysicalInertia: false)
    let data = ModelData(model)
    var solver = try DifferentialInverseKinematics(
      model, coordinates: names.map { ChainCoordinate(joint: $0) })
    var v = [Double](repeating: 0, count: 7)
    var seen: [Singularity] = []
    for elbow in [0, 0.02, 0.1, 1.2] {
      let q = [0.2, 0.3, 0.1, elbow, 0.2, 0.4, 0.3]
      let pose = forwardKinematics(model, data, q: q)[7].translation
      solver.begin(q: q, period: 1e-3)
      // Outwards, which the stretched arm cannot.
      solver.addFrame(
        model.kernel, data.workspace, q: q, link: 7, angular: .zero, linear: pose * (1 / pose.squaredLength))
      let result = solver.solve(into: &v)
      seen.append(result.singularity)
      #expect(v.allSatisfy { abs($0) < 20 })
    }
    #expect(seen.first == .at && seen.last == Singularity.none)
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.rawValue >= $1.rawValue } && seen.contains(.near))
  }
}
