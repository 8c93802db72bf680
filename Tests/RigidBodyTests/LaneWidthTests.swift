import Foundation
import RigidBody
import Testing

/// One row a random tree: seed, joints, base, joints that mimic.
private let trees: [(UInt64, Int, Base, Int)] = [
  (41, 34, .floating, 0), (42, 20, .fixed, 0), (43, 12, .floating, 3), (44, 1, .floating, 0),
  (45, 7, .fixed, 0),
]

/// FNV-1a over the bits of numbers (Fowler, Noll, Vo).
private struct BitHash {
  var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ numbers: [Double]) {
    for number in numbers {
      for shift in stride(from: 0, to: 64, by: 8) {
        value = (value ^ (number.bitPattern >> shift & 0xFF)) &* 0x100_0000_01B3
      }
    }
  }
}

@Suite("Lane widths") struct LaneWidthTests {
  /// Every quantity of one random state.
  private func quantities(_ random: inout RandomModel) -> [Double] {
    let (model, data) = (random.model, random.data)
    let (q, v, a) = (random.position(), random.velocity(), random.velocity(10))
    var numbers = forwardKinematics(model, data, q: q).flatMap { pose in
      let (r, t) = (pose.rotation, pose.translation)
      return [r.xx, r.xy, r.xz, r.yx, r.yy, r.yz, r.zx, r.zy, r.zz, t.x, t.y, t.z]
    }
    let com = centreOfMass(model, data, q: q)
    numbers += [com.x, com.y, com.z] + gravity(model, data, q: q) + bias(model, data, q: q, v: v)
    numbers += inverseDynamics(model, data, q: q, v: v, a: a)
    numbers += forwardDynamics(model, data, q: q, v: v, tau: a)
    numbers += massMatrix(model, data, q: q).flatMap { $0 }
    numbers += jacobian(model, data, q: q, link: model.linkNames.count - 1).flatMap { $0 }
    let inverse = inverseDynamicsDerivatives(model, data, q: q, v: v, a: a)
    let forward = forwardDynamicsDerivatives(model, data, q: q, v: v, tau: a)
    for matrix in [
      inverse.byPosition, inverse.byVelocity, forward.byPosition, forward.byVelocity, forward.byInput,
      coriolisMatrix(model, data, q: q, v: v), centroidalMomentumMap(model, data, q: q),
      jacobianRate(model, data, q: q, v: v, link: model.linkNames.count - 1),
    ] { numbers += matrix.flatMap { $0 } }
    return numbers + [kineticEnergy(model, data, q: q, v: v), potentialEnergy(model, data, q: q)]
  }

  @Test("One, two and four lanes give the same bits", arguments: trees)
  func sameBits(seed: UInt64, joints: Int, base: Base, mimics: Int) throws {
    var models = try LaneWidth.allCases.map { width in
      try RandomModel(seed: seed, joints: joints, base: base, mimics: mimics, laneWidth: width)
    }
    for (model, width) in zip(models, LaneWidth.allCases) { #expect(model.model.laneWidth == width) }
    for _ in 0..<20 {
      let bits = models.indices.map { quantities(&models[$0]).map(\.bitPattern) }
      #expect(bits[0] == bits[1])
      #expect(bits[0] == bits[2])
    }
  }

  /// SINEW_WRITE_GOLDEN=1 swift test --filter LaneWidthTests writes the file anew.
  @Test("The bits of 1000 states are those of the golden file") func goldenBits() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/bits.txt")
    var lines = ["# FNV-1a of every quantity of 200 states a tree; written by LaneWidthTests.swift"]
    for (seed, joints, base, mimics) in trees {
      var random = try RandomModel(seed: seed, joints: joints, base: base, mimics: mimics)
      var hash = BitHash()
      for _ in 0..<200 { hash.add(quantities(&random)) }
      lines.append("\(joints) joints, \(base.rawValue) base: \(String(hash.value, radix: 16))")
    }
    let text = lines.joined(separator: "\n") + "\n"
    if ProcessInfo.processInfo.environment["SINEW_WRITE_GOLDEN"] == "1" {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == text)
  }

  @Test("A chain runs in one lane, limbs side by side") func choosesWidth() throws {
    let chain = try RandomModel(seed: 1, joints: 1, base: .fixed)
    #expect(chain.model.laneWidth == .one)
    let tree = try RandomModel(seed: 41, joints: 34, base: .floating)
    #expect(tree.model.laneWidth != .one)
  }
}
