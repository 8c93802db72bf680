import Foundation
import RigidBody
import RobotDescription
import TestSupport
import Testing

/// What a URDF means: places, numbers, and the model made of it.
@Suite struct URDFTests {
  private func load(_ text: String) throws -> URDF {
    let directory = try RobotDirectory(urdf: text)
    return try URDF.load(directory.path + "/leg.urdf")
  }

  @Test func elementsKnowTheirPlace() throws {
    let urdf = try load(GoodRobot.urdf)
    #expect(urdf.name == "leg" && urdf.rootLink == "pelvis")
    #expect(urdf.links.map(\.name) == ["pelvis", "thigh", "shank", "foot", "sole", "toe", "heel"])
    for name in ["hip", "knee", "ankle", "sole_fix", "toe_spread", "heel_lift"] {
      let joint = try #require(urdf.joint(name))
      #expect(joint.location.line == GoodRobot.urdf.line(of: "<joint name=\"\(name)\" type"))
      #expect(joint.location.column == 3)
    }
    let knee = try #require(urdf.joint("knee"))
    #expect(knee.axis == Vector3(x: 0, y: 1, z: 0))
    #expect(knee.limits?.upper == 2.2 && knee.limits?.velocity == 11 && knee.limits?.effort == 100)
    #expect(knee.dynamics?.damping == 0.7 && knee.dynamics?.friction == 0.2)
    #expect(knee.safetyController?.softUpperLimit == 2.1 && knee.safetyController?.velocityGain == 5)
    #expect(urdf.joint("heel_lift")?.mimic == Mimic(joint: "ankle", multiplier: -0.5, offset: 0.1))
    #expect(urdf.links.first { $0.name == "pelvis" }?.inertia == nil)
  }

  @Test func placesSurviveTagsOverSeveralLinesAndOddText() throws {
    let text = """
      <?xml version="1.0"?>
      <robot name="ü &amp; co"><!-- <link name="no"/> --><link name="a"/>
        <![CDATA[ <link name="neither"/> ]]>
        <link
           name="b > c"/>  <joint
          name='j "1"' type="fixed"><parent link="a"/><child link="b > c"/></joint>
      </robot>
      """
    let urdf = try load(text)
    #expect(urdf.links.map(\.name) == ["a", "b > c"])
    #expect(urdf.name == "ü & co")
    let joint = try #require(urdf.joint("j \"1\""))
    #expect(joint.location.line == 5 && joint.location.column == 22)
  }

  @Test func theModelLeavesOutWhatDoesNotMove() throws {
    let urdf = try load(GoodRobot.urdf)
    let model = try urdf.model(base: .fixed, lockedJoints: ["toe_spread": 0.1])
    #expect(model.jointNames == ["hip", "knee", "ankle"])
    #expect(try urdf.model(base: .floating).jointNames == ["hip", "knee", "ankle", "toe_spread"])
    #expect(
      try urdf.model(base: .fixed, lockedJoints: ["ankle": 0.3]).jointNames == ["hip", "knee", "toe_spread"])
    #expect(throws: DescriptionError.self) { try urdf.model(base: .fixed, lockedJoints: ["toes": 0]) }
    #expect(throws: DescriptionError.self) { try urdf.model(base: .fixed, armatures: ["hipp": 0.1]) }
  }

  /// A joint locked at a position is the same robot as one that moves and stands there; its mimic comes along.
  @Test func lockedJointsStandWhereMovingOnesWould() throws {
    let urdf = try load(GoodRobot.urdf)
    let free = try urdf.model(base: .fixed)
    var random = SeededGenerator(seed: 11)
    for _ in 0..<50 {
      let q = free.jointNames.map { _ in Double.random(in: -1.5...1.5, using: &random) }
      let poses = forwardKinematics(free, ModelData(free), q: q)
      let locked = try urdf.model(
        base: .fixed, lockedJoints: Dictionary(uniqueKeysWithValues: zip(free.jointNames, q)))
      #expect(locked.jointNames.isEmpty)
      for (a, b) in zip(poses, forwardKinematics(locked, ModelData(locked), q: [])) { expectEqual(a, b) }
    }
  }

  /// Roll, pitch, yaw of an origin are three turns about the fixed axes x, y, z.
  @Test func originsTurnAboutFixedAxes() throws {
    var random = SeededGenerator(seed: 12)
    for _ in 0..<50 {
      let rpy = (0..<3).map { _ in Double.random(in: -3...3, using: &random) }
      let direct = try load(chain([("1 2 3", "\(rpy[0]) \(rpy[1]) \(rpy[2])", "1 0 0")]))
      let turned = try load(
        chain([("1 2 3", "0 0 0", "0 0 1"), ("0 0 0", "0 0 0", "0 1 0"), ("0 0 0", "0 0 0", "1 0 0")]))
      let a = try direct.model(base: .fixed)
      let b = try turned.model(base: .fixed)
      let wanted = forwardKinematics(a, ModelData(a), q: [0])
      let found = forwardKinematics(b, ModelData(b), q: [rpy[2], rpy[1], rpy[0]])
      expectEqual(try #require(wanted.last), try #require(found.last))
    }
  }

  /// An inertia keeps its trace and its determinant however its frame is turned.
  @Test func inertiasTurnWithTheirFrame() throws {
    var random = SeededGenerator(seed: 13)
    for _ in 0..<50 {
      let rpy = (0..<3).map { _ in Double.random(in: -3...3, using: &random) }
      let text = try #require(
        GoodRobot.urdf.editing("rpy=\"0.1 0 0\"", to: "rpy=\"\(rpy[0]) \(rpy[1]) \(rpy[2])\""))
      let link = try #require(try load(text).links.first { $0.name == "thigh" })
      let moments = try #require(link.inertia).rotational.eigenvalues
      #expect(abs(moments.x - 0.02) < 1e-12 && abs(moments.y - 0.1) < 1e-12 && abs(moments.z - 0.1) < 1e-12)
      #expect(link.inertia?.centreOfMass == Vector3(x: 0, y: 0, z: -0.2))
    }
  }

  @Test func publishedModelsPassWithInertiasThatNoBodyHas() throws {
    let text = try #require(GoodRobot.urdf.editing("iyy=\"0.05\"", to: "iyy=\"5.0\""))
    let urdf = try load(text)
    #expect(try urdf.model(base: .floating).mass == 10)
    let error = try #require(throws: DescriptionError.self) {
      try urdf.model(base: .floating, requiresPhysicalInertia: true)
    }
    #expect(error.diagnostics.first?.location.line == text.line(of: "<link name=\"shank\">"))
  }

  private func chain(_ joints: [(xyz: String, rpy: String, axis: String)]) -> String {
    var text = "<robot name=\"chain\"><link name=\"l0\"/>"
    for (i, joint) in joints.enumerated() {
      text += "<link name=\"l\(i + 1)\"/><joint name=\"j\(i)\" type=\"continuous\"><parent link=\"l\(i)\"/>"
      text += "<child link=\"l\(i + 1)\"/><origin xyz=\"\(joint.xyz)\" rpy=\"\(joint.rpy)\"/>"
      text += "<axis xyz=\"\(joint.axis)\"/></joint>"
    }
    return text + "</robot>"
  }

  private func expectEqual(_ a: RigidTransform, _ b: RigidTransform) {
    func numbers(_ t: RigidTransform) -> [Double] {
      let (r, p) = (t.rotation, t.translation)
      return [r.xx, r.xy, r.xz, r.yx, r.yy, r.yz, r.zx, r.zy, r.zz, p.x, p.y, p.z]
    }
    for (x, y) in zip(numbers(a), numbers(b)) { #expect(abs(x - y) < 1e-12) }
  }
}
