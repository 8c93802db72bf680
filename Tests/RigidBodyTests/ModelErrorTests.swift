import RigidBody
import Testing

/// A description with one mistake in it, and what the model says about it.
private struct Broken: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var links: [LinkDescription]
  var joints: [JointDescription]
  var base: Base = .fixed
  var expected: [ModelError]
}

private let solid = SpatialInertia(
  mass: 1, centreOfMass: .zero, rotational: SymmetricMatrix3(diagonal: 0.01))

private func inertia(
  _ mass: Double = 1, at c: Vector3 = .zero, _ xx: Double = 0.01, _ yy: Double = 0.01, _ zz: Double = 0.01
) -> SpatialInertia {
  SpatialInertia(
    mass: mass, centreOfMass: c, rotational: SymmetricMatrix3(xx: xx, xy: 0, xz: 0, yy: yy, yz: 0, zz: zz))
}

/// a - b, joined by the joint j, with one thing changed.
private func pair(
  _ inertia: SpatialInertia? = solid, _ change: (inout JointDescription) -> Void = { _ in }
) -> (links: [LinkDescription], joints: [JointDescription]) {
  var joint = JointDescription(name: "j", kind: .revolute, parent: "a", child: "b")
  change(&joint)
  return (
    [LinkDescription(name: "a", inertia: solid), LinkDescription(name: "b", inertia: inertia)], [joint]
  )
}

private func broken(
  _ what: String, _ parts: (links: [LinkDescription], joints: [JointDescription]), base: Base = .fixed,
  _ subject: ModelError.Subject, _ reason: ModelError.Reason
) -> Broken {
  Broken(
    testDescription: what, links: parts.links, joints: parts.joints, base: base,
    expected: [ModelError(subject, reason)])
}

private func links(_ names: String...) -> [LinkDescription] {
  names.map { LinkDescription(name: $0, inertia: solid) }
}

private func joint(_ name: String, _ parent: String, _ child: String, mimic: Mimic? = nil) -> JointDescription
{
  JointDescription(name: name, kind: .revolute, parent: parent, child: child, mimic: mimic)
}

private let trees: [Broken] = [
  broken("no links", ([], []), .model, .noLinks),
  broken("two links of one name", (links("a", "a"), []), .link("a"), .duplicateName),
  broken(
    "two joints of one name", (links("a", "b", "c"), [joint("j", "a", "b"), joint("j", "a", "c")]),
    .joint("j"), .duplicateName),
  broken("unknown parent", (links("a"), [joint("j", "x", "a")]), .joint("j"), .unknownLink("x")),
  broken("unknown child", (links("a"), [joint("j", "a", "x")]), .joint("j"), .unknownLink("x")),
  broken(
    "two parents", (links("a", "b", "c"), [joint("j", "a", "c"), joint("k", "b", "c")]),
    .link("c"), .severalParents("j", "k")),
  broken("two roots", (links("a", "b", "c"), [joint("j", "a", "b")]), .model, .severalRoots(["a", "c"])),
  broken(
    "a loop beside the tree", (links("a", "b", "c"), [joint("j", "b", "c"), joint("k", "c", "b")]),
    .link("b"), .cycle),
  broken("a link that hangs on itself", (links("a", "b"), [joint("j", "b", "b")]), .link("b"), .cycle),
]

private let joints: [Broken] = [
  broken(
    "origin not a number",
    pair { $0.origin.translation.y = .nan }, .joint("j"), .notFinite("the origin")),
  broken(
    "origin not a rotation", pair { $0.origin.rotation.xx = 1.001 }, .joint("j"), .notARotation),
  broken(
    "left-handed origin", pair { $0.origin.rotation.xx = -1 }, .joint("j"), .notARotation),
  broken("axis of length zero", pair { $0.axis = .zero }, .joint("j"), .zeroAxis),
  broken("axis infinite", pair { $0.axis.x = .infinity }, .joint("j"), .notFinite("the axis")),
  broken(
    "axis too long", pair { $0.axis.x = 1e200 }, .joint("j"), .notFinite("the length of the axis")),
  broken("negative armature", pair { $0.armature = -0.1 }, .joint("j"), .negativeArmature(-0.1)),
  broken("armature not a number", pair { $0.armature = .nan }, .joint("j"), .notFinite("the armature")),
  broken(
    "armature of a planar joint",
    pair {
      $0.kind = .planar
      $0.armature = 0.1
    }, .joint("j"), .armatureNeedsOneCoordinate),
  broken(
    "plane without a normal",
    pair {
      $0.kind = .planar
      $0.axis = .zero
    }, .joint("j"), .zeroAxis),
  broken(
    "mimic of nothing", pair { $0.mimic = Mimic(joint: "x") }, .joint("j"), .unknownMimicSource("x")),
  broken("mimic of itself", pair { $0.mimic = Mimic(joint: "j") }, .joint("j"), .mimicCycle),
  broken(
    "mimic multiplier not a number", pair { $0.mimic = Mimic(joint: "j", multiplier: .nan) },
    .joint("j"), .notFinite("the mimic multiplier")),
  broken(
    "mimic offset infinite", pair { $0.mimic = Mimic(joint: "j", offset: .infinity) },
    .joint("j"), .notFinite("the mimic offset")),
  broken(
    "mimic of a fixed joint",
    (
      links("a", "b", "c"),
      [
        JointDescription(name: "weld", kind: .fixed, parent: "a", child: "b"),
        joint("j", "b", "c", mimic: Mimic(joint: "weld")),
      ]
    ), .joint("j"), .mimicNeedsOneCoordinate("weld")),
]

private let masses: [Broken] = [
  broken("negative mass", pair(inertia(-1)), .link("b"), .negativeMass(-1)),
  broken("mass not a number", pair(inertia(.nan)), .link("b"), .notFinite("the mass")),
  broken(
    "centre of mass infinite", pair(inertia(at: Vector3(x: .infinity, y: 0, z: 0))),
    .link("b"), .notFinite("the centre of mass")),
  broken("inertia not a number", pair(inertia(1, .nan)), .link("b"), .notFinite("the inertia")),
  broken(
    "negative moment", pair(inertia(1, -0.01)), .link("b"), .notPositiveDefinite(-0.01)),
  broken(
    "triangle inequality", pair(inertia(1, 0.01, 0.02, 0.04)),
    .link("b"), .triangleInequality(0.01, 0.02, 0.04)),
  broken("nothing to move", pair(nil), .joint("j"), .movesNoMass),
  broken("a point mass on the axis", pair(inertia(1, 0, 0, 0)), .joint("j"), .movesNoMass),
  broken(
    "a massless floating base", ([LinkDescription(name: "a")], []), base: .floating, .link("a"), .masslessBase
  ),
]

@Suite("Descriptions refused") struct ModelErrorTests {
  @Test("Every mistake is named", arguments: trees + joints + masses)
  private func refused(_ broken: Broken) throws {
    let problems = Model.problems(links: broken.links, joints: broken.joints, base: broken.base)
    #expect(problems == broken.expected)
    #expect(throws: try #require(broken.expected.first)) {
      try Model(name: "broken", links: broken.links, joints: broken.joints, base: broken.base)
    }
    for problem in problems {
      #expect(!problem.message.isEmpty && !problem.fix.isEmpty)
      #expect(problem.description.hasSuffix("\(problem.message); \(problem.fix)"))
    }
  }

  @Test(
    "Published files may hold inertias that no body has; on request they pass", arguments: masses.suffix(5))
  private func unphysicalInertiaOnRequest(_ broken: Broken) throws {
    let model = try Model(
      name: "published", links: broken.links, joints: broken.joints, base: broken.base,
      requiresPhysicalInertia: false)
    #expect(model.linkNames.count == broken.links.count)
    let q = model.zeroPosition
    let zeros = [Double](repeating: 0, count: model.velocityCount)
    // Nothing traps, whatever the accelerations are.
    _ = forwardDynamics(model, ModelData(model), q: q, v: zeros, tau: zeros)
  }

  @Test("Gravity must be finite") func gravityNotFinite() {
    let parts = pair()
    let problems = Model.problems(
      links: parts.links, joints: parts.joints, base: .fixed, gravity: Vector3(x: 0, y: 0, z: .nan))
    #expect(problems == [ModelError(.model, .notFinite("gravity"))])
  }

  @Test("All mistakes are reported at once") func allAtOnce() {
    var parts = pair(inertia(-1)) { $0.axis = .zero }
    parts.links[0].inertia = inertia(1, -1)
    let problems = Model.problems(links: parts.links, joints: parts.joints, base: .fixed)
    #expect(problems.count == 3)
  }

  @Test("Two mimic joints that follow each other") func mimicLoop() {
    let joints = [
      joint("j", "a", "b", mimic: Mimic(joint: "k")), joint("k", "b", "c", mimic: Mimic(joint: "j")),
    ]
    let problems = Model.problems(links: links("a", "b", "c"), joints: joints, base: .fixed)
    #expect(problems == [ModelError(.joint("j"), .mimicCycle), ModelError(.joint("k"), .mimicCycle)])
  }

  @Test("A chain of 100 000 links makes a model") func deepTree() throws {
    let count = 100_000
    let links = (0...count).map { LinkDescription(name: "l\($0)", inertia: $0 == count ? solid : nil) }
    let joints = (0..<count).map {
      JointDescription(name: "j\($0)", kind: .fixed, parent: "l\($0)", child: "l\($0 + 1)")
    }
    let model = try Model(name: "deep", links: links, joints: joints, base: .floating)
    #expect(model.mass == 1)
  }

  @Test("Principal moments of a random tensor are those it was made of")
  func eigenvalues() {
    var g = SeededGenerator(seed: 5)
    for _ in 0..<200 {
      let moments = g.reals(3, 2).sorted()
      let tensor = SymmetricMatrix3(xx: moments[2], xy: 0, xz: 0, yy: moments[0], yz: 0, zz: moments[1])
      let values = tensor.rotated(by: g.rotation()).eigenvalues
      #expect(relativeError([values.x, values.y, values.z], moments) < 1e-14)
    }
  }
}
