import RigidBody
import TestSupport
import Testing

@testable import ControlCycle

@Suite("Laws: Cartesian impedance, random")
struct CartesianPropertyTests {
  @Test("No contact takes out more energy than was there")
  func passivity() throws {
    let model = try SevenJointArm.model()
    // `make contact-proof` plays ten thousand.
    let count = 200
    var proof = ContactProof()
    for index in 0..<count {
      let trial = ContactProof.trial(model, seed: 11, index: index)
      proof.count(try trial.run(model, for: 0.04, parts: 2), index: index)
    }
    #expect(proof.failed.isEmpty, "contacts \(proof.failed.prefix(10))")
    // What is looked at has to happen.
    #expect(proof.giving > count / 20 && proof.taking > count / 20 && proof.singular > count / 50)
  }

  @Test("A damper that pushes, and springs beyond the bound, are seen not to be passive")
  func controls() throws {
    let model = try SevenJointArm.model()
    var (reversed, stiff) = (ContactProof(), ContactProof())
    for index in 0..<12 {
      var trial = ContactProof.trial(model, seed: 12, index: index)
      trial.isReversed = true
      reversed.count(try trial.run(model, for: 0.2, parts: 2), index: index)
      let beyond = ContactProof.trial(model, seed: 12, index: index, bound: 4)
      stiff.count(try beyond.run(model, for: 0.06, parts: 2), index: index)
    }
    #expect(reversed.failed.count > 3, "reversed: \(reversed.failed)")
    #expect(stiff.failed.count > 3, "beyond: \(stiff.failed)")
  }

  /// A pose within 0.2 m and 0.6 rad of another.
  private func near(_ pose: RigidTransform, _ random: inout SeededGenerator) -> RigidTransform {
    func part(_ size: Double) -> Vector3 {
      Vector3(
        x: random.number(-size...size), y: random.number(-size...size), z: random.number(-size...size))
    }
    let turn = part(0.17)
    return pose
      * RigidTransform(
        rotation: Quaternion(w: 1, x: turn.x, y: turn.y, z: turn.z).normalized.rotation,
        translation: part(0.11))
  }

  private func law(_ q: [Double], limit: Double, data: ModelData, model: Model) throws -> CartesianImpedance {
    let space = try OperationalSpace(
      model, link: #require(model.linkIndex(of: SevenJointArm.hand)),
      linkFromFrame: SevenJointArm.linkFromHand, joints: SevenJointArm.joints)
    var gains = CartesianImpedance.Gains(
      translation: Vector3(x: 500, y: 500, z: 500), rotation: Vector3(x: 20, y: 20, z: 20))
    gains.posture = 10
    var law = CartesianImpedance(gains, space: space, model: model.kernel, workspace: data.workspace)
    for joint in 0..<7 {
      law.setLimit(joint, limit)
      law.take(joint, position: q[joint], velocity: 0)
    }
    law.update(over: 0.001)
    law.target = law.state.pose
    return law
  }

  @Test("Changes of gains, target, posture, owner, on and off make no torque step")
  func bumpless() throws {
    let model = try SevenJointArm.model()
    var random = SeededGenerator(seed: 21)
    for _ in 0..<6 {
      let data = ModelData(model)
      let q = (0..<7).map { _ in random.number(-2...2) }
      let limit = 60.0
      var law = try law(q, limit: limit, data: data, model: model)
      let home = law.state.pose
      var before = (0..<7).map { _ in 0.0 }
      for _ in 0..<250 {
        var isForeign = false
        switch random.next() % 12 {
        case 0: law.isOn.toggle()
        case 1:
          let k = random.number(0...2000)
          law.gains.translation = Vector3(x: k, y: random.number(0...2000), z: random.number(0...2000))
          law.gains.rotation = Vector3(x: random.number(0...80), y: random.number(0...80), z: 30)
        case 2: law.gains.dampingRatio = random.number(0...1.5)
        case 3: law.target = near(home, &random)
        case 4: law.gains.posture = random.number(0...50)
        case 5: for joint in 0..<7 { law.takeOver(joint, from: before[joint]) }
        case 6: law.gains.translation.x = [.nan, -1, .infinity, 1e300][Int(random.next() % 4)]
        case 7: law.target.translation.x = [.nan, .infinity, 1e300][Int(random.next() % 3)]
        case 8:
          isForeign = true
          law.take(Int(random.next() % 7), position: .nan, velocity: 1e300)
        default: break
        }
        for _ in 0..<(1 + Int(random.next() % 4)) {
          if !isForeign { for joint in 0..<7 { law.take(joint, position: q[joint], velocity: 0) } }
          law.update(over: 0.001)
          // The reference walks at up to 0.5 m/s and 1.5 rad/s: springs move, and their axes turn under 0.4 m.
          let used = law.state.gains
          let stiff = max(used.translation.x, used.translation.y, used.translation.z)
          let turning = max(used.rotation.x, used.rotation.y, used.rotation.z)
          let walk = 0.001 * (stiff * (0.5 + 2 * 0.4 * 1.5) * 1.3 + turning * 1.5 * 4)
          let bound = 2 * limit * 0.001 / LawOutput.fadeTime + walk
          for joint in 0..<7 {
            #expect(law[joint].isFinite && abs(law[joint]) <= limit)
            #expect(abs(law[joint] - before[joint]) <= bound * (1 + 1e-9), "a step of joint \(joint)")
            before[joint] = law[joint]
          }
        }
      }
    }
  }

  @Test("Whatever goes in, torques are numbers within their limits")
  func nonsense() throws {
    let model = try SevenJointArm.model()
    let data = ModelData(model)
    var random = SeededGenerator(seed: 22)
    var law = try law([Double](repeating: 0.3, count: 7), limit: 40, data: data, model: model)
    law.isOn = true
    let strange = [0, -0.0, 1e-300, 1e9, -1e9, 1e12, 1e300, -1e300, .infinity, -.infinity, .nan, 3]
    for _ in 0..<400 {
      for joint in 0..<7 {
        law.take(
          joint, position: random.next() % 3 == 0 ? strange[Int(random.next() % 12)] : random.number(-3...3),
          velocity: random.next() % 3 == 0 ? strange[Int(random.next() % 12)] : random.number(-9...9))
      }
      law.gains.rotation.y = strange[Int(random.next() % 12)]
      law.gains.posture = strange[Int(random.next() % 12)]
      law.target.rotation.xy = strange[Int(random.next() % 12)]
      law.target.translation.z = strange[Int(random.next() % 12)]
      law.update(over: random.next() % 5 == 0 ? strange[Int(random.next() % 12)] : 0.001)
      for joint in 0..<7 { #expect(law[joint].isFinite && abs(law[joint]) <= 40) }
    }
    #expect(law.state.rejected > 100)
  }
}
