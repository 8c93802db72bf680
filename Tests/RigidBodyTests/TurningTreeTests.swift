import RigidBody
import Testing

extension RandomModel {
  /// The tree of a random model with turning joints alone, all of the same armature: kernels have shorter forms for bodies
  /// that count no mass and for joints without armature.
  fileprivate init(turning seed: UInt64, base: Base, armature: Double, width: LaneWidth?) throws {
    let random = try RandomModel(seed: seed, joints: 17, base: base)
    joints = random.joints.map {
      var joint = $0
      if joint.kind != .fixed {
        joint.kind = .continuous
        joint.armature = armature
      }
      return joint
    }
    links = random.links
    generator = random.generator
    model = try Model(name: "turning", links: links, joints: joints, base: base, laneWidth: width)
    data = ModelData(model)
  }
}

@Suite("Trees of turning joints") struct TurningTreeTests {
  @Test("The same bits at every width", arguments: [3, 14, 159] as [UInt64], [Base.fixed, .floating])
  func sameBits(seed: UInt64, base: Base) throws {
    var models = try LaneWidth.allCases.map {
      try RandomModel(turning: seed, base: base, armature: 0, width: $0)
    }
    for _ in 0..<20 {
      let bits = models.indices.map { quantities(&models[$0]).map(\.bitPattern) }
      #expect(bits[0] == bits[1])
      #expect(bits[0] == bits[2])
    }
  }

  @Test("An armature too small to count changes nothing", arguments: [3, 14, 159] as [UInt64])
  func armature(seed: UInt64) throws {
    var bare = try RandomModel(turning: seed, base: .floating, armature: 0, width: nil)
    let geared = try RandomModel(turning: seed, base: .floating, armature: 1e-300, width: nil)
    for _ in 0..<20 {
      let (q, v, tau) = (bare.position(), bare.velocity(), bare.velocity())
      let a = forwardDynamics(bare.model, bare.data, q: q, v: v, tau: tau)
      let b = forwardDynamics(geared.model, geared.data, q: q, v: v, tau: tau)
      #expect(relativeError(a, b) < 1e-11)
      #expect(relativeError(inverseDynamics(bare.model, bare.data, q: q, v: v, a: a), tau) < 1e-9)
    }
  }

  @Test("The lower triangle is that of the whole matrix", arguments: [0, 3], [Base.fixed, .floating])
  func lowerTriangle(mimics: Int, base: Base) throws {
    var random = try RandomModel(seed: 26, joints: 14, base: base, mimics: mimics)
    let (model, data) = (random.model, random.data)
    let order = model.velocityCount
    defer { withExtendedLifetime(data) {} }
    for _ in 0..<5 {
      let q = random.position()
      let whole = massMatrix(model, data, q: q)
      let lower = massMatrixLower(model.kernel, data.workspace, q: q)
      for i in 0..<order { for j in 0...i { #expect(lower[i * order + j] == whole[i][j]) } }
    }
  }
}
