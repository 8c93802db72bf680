import AllocationGuard
import RigidBody
import Testing

/// Buffers of one cycle, as a control loop holds them.
private struct Buffers {
  let q, v, a, tau, matrix, second, third, wrenches, regressor: UnsafeMutablePointer<Double>

  init(_ model: Model, q positions: [Double], v velocities: [Double]) {
    func copy(_ values: [Double]) -> UnsafeMutablePointer<Double> {
      let memory = UnsafeMutablePointer<Double>.allocate(capacity: max(values.count, 1))
      memory.initialize(from: values, count: values.count)
      return memory
    }
    let zeros = [Double](repeating: 0, count: model.velocityCount)
    q = copy(positions)
    v = copy(velocities)
    a = copy(zeros)
    tau = copy(zeros)
    let square = [Double](repeating: 0, count: max(model.velocityCount, 6) * model.velocityCount)
    matrix = copy(square)
    second = copy(square)
    third = copy(square)
    wrenches = copy([Double](repeating: 1, count: 6 * model.linkNames.count))
    regressor = copy([Double](repeating: 0, count: 10 * model.linkNames.count * model.velocityCount))
  }

  func free() {
    for memory in [q, v, a, tau, matrix, second, third, wrenches, regressor] { memory.deallocate() }
  }
}

/// Every kernel once. That this compiles shows that each may be called from the cycle of another module.
@_noLocks private func everyKernel(_ m: ModelKernel, _ w: Workspace, _ b: Buffers) -> Double {
  forwardKinematics(m, w, q: b.q)
  var sum = linkPose(m, w, link: 0).translation.x + centreOfMass(m, w, q: b.q).x
  gravity(m, w, q: b.q, into: b.tau)
  bias(m, w, q: b.q, v: b.v, into: b.tau)
  massMatrix(m, w, q: b.q, into: b.matrix)
  jacobian(m, w, q: b.q, link: m.linkCount - 1, into: b.matrix)
  inverseDynamics(m, w, q: b.q, v: b.v, a: b.a, into: b.tau)
  forwardDynamics(m, w, q: b.q, v: b.v, tau: b.tau, into: b.a)
  jacobian(m, w, q: b.q, link: m.linkCount - 1, in: .local, into: b.matrix)
  jacobianRate(m, w, q: b.q, v: b.v, link: m.linkCount - 1, in: .world, into: b.matrix)
  jointScrews(m, w, q: b.q, into: b.matrix)
  centroidalMomentumMap(m, w, q: b.q, into: b.matrix)
  centreOfMassJacobian(m, w, q: b.q, into: b.matrix)
  coriolisMatrix(m, w, q: b.q, v: b.v, into: b.matrix)
  inverseMassMatrix(m, w, q: b.q, into: b.matrix)
  inverseMassProduct(m, w, q: b.q, b.tau, into: b.a)
  forwardDynamics(m, w, q: b.q, v: b.v, tau: b.tau, wrenches: b.wrenches, into: b.a)
  regressor(m, w, q: b.q, v: b.v, a: b.a, into: b.regressor)
  inverseDynamicsDerivatives(
    m, w, q: b.q, v: b.v, a: b.a, byPosition: b.matrix, byVelocity: b.second, byAcceleration: b.third)
  forwardDynamicsDerivatives(
    m, w, q: b.q, v: b.v, tau: b.tau, byPosition: b.matrix, byVelocity: b.second, byForce: b.third)
  integrate(m, q: b.q, v: b.v, duration: 1e-3, into: b.q)
  sum += kineticEnergy(m, w, q: b.q, v: b.v) + potentialEnergy(m, w, q: b.q)
  return sum + SineCosine(of: sum).sine
}

/// One search and one cycle of each inverse kinematics.
@_noLocks private func invert(
  _ m: ModelKernel, _ w: Workspace, _ b: Buffers, _ solver: inout InverseKinematics,
  _ differential: inout DifferentialInverseKinematics, to target: RigidTransform
) -> Double {
  let result = solver.solve(m, w, q: b.q, target: target)
  differential.begin(q: b.q, period: 1e-3)
  differential.addFrame(
    m, w, q: b.q, link: m.linkCount - 1, angular: target.translation, linear: target.translation)
  differential.addJoint(0, velocity: 0.1, weight: 1e-3)
  return result.residual.distance + differential.solve(into: b.a).residual
}

@Suite("Allocation") struct AllocationTests {
  @Test("Neither inverse kinematics calls the allocator") func inverseKinematicsDoesNotAllocate() throws {
    var random = try RandomModel(seed: 12, joints: 20, base: .floating)
    let model = random.model
    let buffers = Buffers(model, q: random.position(), v: random.velocity())
    defer { buffers.free() }
    var path: [ChainCoordinate] = []
    var body = model.linkNames[model.linkNames.count - 1]
    while let joint = random.joints.first(where: { $0.child == body }) {
      if joint.kind != .fixed { path.append(ChainCoordinate(joint: joint.name, lower: -2, upper: 2)) }
      body = joint.parent
    }
    var solver = try InverseKinematics(model, link: model.linkNames.count - 1, coordinates: path)
    solver.settings.postureIterationLimit = 10
    var differential = try DifferentialInverseKinematics(model, coordinates: path, movesBase: true)
    // A debug build's iterator of an array allocates, a pointer does not.
    let targets = UnsafeMutablePointer<RigidTransform>.allocate(capacity: 10)
    defer { targets.deallocate() }
    for i in 0..<10 {
      let poses = forwardKinematics(model, random.data, q: random.position())
      (targets + i).initialize(to: poses[poses.count - 1])
    }
    targets[3].translation.x += 100
    let (kernel, workspace) = (model.kernel, random.data.workspace)
    var sum = 0.0
    allocation_guard_enter()
    for i in 0..<10 { sum += invert(kernel, workspace, buffers, &solver, &differential, to: targets[i]) }
    let calls = allocation_guard_leave()
    #expect(calls == 0)
    #expect(sum.isFinite)
  }

  @Test("No kernel calls the allocator", arguments: [(0, 0), (3, 0), (0, 4)])
  func kernelsDoNotAllocate(mimics: Int, free: Int) throws {
    var random = try RandomModel(seed: 11, joints: 34, base: .floating, mimics: mimics, free: free)
    let buffers = Buffers(random.model, q: random.position(), v: random.velocity())
    defer { buffers.free() }
    let (kernel, workspace) = (random.model.kernel, random.data.workspace)
    var sum = everyKernel(kernel, workspace, buffers)
    allocation_guard_enter()
    for _ in 0..<100 { sum += everyKernel(kernel, workspace, buffers) }
    let calls = allocation_guard_leave()
    #expect(calls == 0)
    #expect(sum.isFinite)
  }

  @Test("The guard counts what allocates") func guardCounts() {
    allocation_guard_enter()
    let memory = UnsafeMutablePointer<Double>.allocate(capacity: 100)
    memory.initialize(repeating: 1, count: 100)
    let value = memory[99]
    memory.deallocate()
    let calls = allocation_guard_leave()
    #expect(value == 1)
    #expect(calls == 2)
  }
}
