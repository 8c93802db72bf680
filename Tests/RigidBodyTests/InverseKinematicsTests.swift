import Foundation
import LaneMath
import RigidBody
import Testing

/// A chain in a random tree: its solver, the coordinates and where they stand.
private struct RandomChain: ~Copyable {
  var random: RandomModel
  var solver: InverseKinematics
  let link: Int
  let places: [Int]
  let bound = 2.0

  /// The joints of one axis above the last link, or what those that mimic follow.
  init(_ tree: RandomTree) throws {
    let drawn = try RandomModel(tree)
    let (model, joints) = (drawn.model, drawn.joints)
    let index = try #require(model.linkIndex(of: "tool\(tree.joints)"))
    var names: [String] = []
    var body = model.linkNames[index]
    while let joint = joints.first(where: { $0.child == body }) {
      let name = joint.mimic?.joint ?? joint.name
      if joint.kind.hasOneCoordinate, !names.contains(name), model.coordinates(of: name) != nil {
        names.append(name)
      }
      body = joint.parent
    }
    let coordinates = names.map { ChainCoordinate(joint: $0, lower: -2, upper: 2) }
    solver = try InverseKinematics(model, link: index, coordinates: coordinates)
    random = drawn
    link = index
    places = names.compactMap { model.coordinates(of: $0)?.positions.lowerBound }
  }

  /// Positions whose chain has the coordinates of another draw: what is to be found.
  mutating func pair() -> (start: [Double], goal: [Double]) {
    let start = random.position()
    var goal = start
    let other = random.position()
    for place in places { goal[place] = other[place] }
    return (start, goal)
  }

  func pose(_ q: [Double]) -> RigidTransform { forwardKinematics(random.model, random.data, q: q)[link] }
}

/// Two links of 0.3 m and 0.2 m that turn about z, in a plane.
private func planarArm() throws -> Model {
  let z = Vector3(x: 0, y: 0, z: 1)
  func along(_ x: Double) -> RigidTransform {
    RigidTransform(rotation: .identity, translation: Vector3(x: x, y: 0, z: 0))
  }
  return try Model(
    name: "arm", links: ["base", "upper", "lower", "tip"].map { LinkDescription(name: $0) },
    joints: [
      JointDescription(name: "a", kind: .revolute, parent: "base", child: "upper", axis: z),
      JointDescription(
        name: "b", kind: .revolute, parent: "upper", child: "lower", origin: along(0.3), axis: z),
      JointDescription(name: "tip", kind: .fixed, parent: "lower", child: "tip", origin: along(0.2)),
    ], base: .fixed, requiresPhysicalInertia: false)
}

@Suite("Inverse kinematics") struct InverseKinematicsTests {
  @Test("The arc tangent is within 2 units in the last place") func arctangents() {
    var g = SeededGenerator(seed: 8)
    var worst = 0.0
    for _ in 0..<20_000 {
      let (y, x) = (abs(g.real(-1, 1)) * pow(10, g.real(-8, 2)), g.real(-1, 1))
      let expected = atan2(y, x)
      worst = max(worst, abs(arctangent(y, x) - expected) / expected.ulp)
    }
    #expect(worst <= 2)
    #expect(arctangent(0, 1) == 0 && arctangent(0, -1) == .pi && arctangent(1, 0) == .pi / 2)
    #expect(arctangent(.nan, 1).isNaN && arctangent(1, .nan).isNaN && arctangent(0, .nan).isNaN)
  }

  @Test("J^T e is the gradient of half the squared error") func gradient() throws {
    var random = try RandomModel(seed: 4, joints: 9, base: .fixed)
    let (model, data) = (random.model, random.data)
    let link = model.linkNames.count - 1
    for _ in 0..<20 {
      let q = random.position()
      let target = forwardKinematics(model, data, q: random.position())[link]
      func half(_ q: [Double]) -> Double {
        let e = PoseError(from: forwardKinematics(model, data, q: q)[link], to: target)
        return 0.5 * (e.rotation.squaredLength + e.translation.squaredLength)
      }
      let e = PoseError(from: forwardKinematics(model, data, q: q)[link], to: target)
      if e.angle > 3 { continue }
      let j = jacobian(model, data, q: q, link: link)
      let error = [
        e.rotation.x, e.rotation.y, e.rotation.z, e.translation.x, e.translation.y, e.translation.z,
      ]
      for c in 0..<model.velocityCount {
        var (up, down) = (q, q)
        up[c] += 1e-6
        down[c] -= 1e-6
        let expected = -(half(up) - half(down)) / 2e-6
        #expect(abs((0..<6).reduce(0) { $0 + j[$1][c] * error[$1] } - expected) < 1e-7)
      }
    }
  }

  @Test(
    "The frame is where it was asked to be, within limits, and nothing else moved",
    arguments: [
      RandomTree(21, 7, .fixed), RandomTree(22, 14, .floating), RandomTree(23, 12, .fixed, mimics: 2),
      RandomTree(24, 14, .floating, mimics: 1, free: 2), RandomTree(25, 3, .fixed),
    ])
  func solves(tree: RandomTree) throws {
    var chain = try RandomChain(tree)
    let (kernel, workspace) = (chain.random.model.kernel, chain.random.data.workspace)
    var solved = 0
    for _ in 0..<30 {
      let (start, goal) = chain.pair()
      let target = chain.pose(goal)
      var q = start
      let result = chain.solver.solve(kernel, workspace, q: &q, target: target)
      let left = PoseError(from: chain.pose(q), to: target)
      #expect(abs(left.distance - result.residual.distance) < 1e-12)
      for i in q.indices {
        #expect(chain.places.contains(i) ? abs(q[i]) <= chain.bound : q[i] == start[i])
      }
      guard result.outcome.isSolved else { continue }
      solved += 1
      #expect(left.distance < 1e-6 && left.angle < 1e-6)
      // The same inputs, the same bits; and a solution is its own solution.
      var again = start
      _ = chain.solver.solve(kernel, workspace, q: &again, target: target)
      #expect(again == q)
      let warm = chain.solver.solve(kernel, workspace, q: &again, target: target)
      #expect(warm.outcome.isSolved && warm.iterations == 0 && again == q)
    }
    #expect(solved >= 28)
  }

  @Test("Reaches positions alone and orientations alone", arguments: [PoseGoal.position, .orientation])
  func partialGoals(goal: PoseGoal) throws {
    var chain = try RandomChain(RandomTree(31, 22, .fixed))
    chain.solver.settings.goal = goal
    for _ in 0..<20 {
      let (start, other) = chain.pair()
      var q = start
      let result = chain.solver.solve(
        chain.random.model.kernel, chain.random.data.workspace, q: &q, target: chain.pose(other))
      let left = PoseError(from: chain.pose(q), to: chain.pose(other))
      guard result.outcome.isSolved else { continue }
      switch goal {
      case .position: #expect(left.distance < 1e-6 && left.angle > 1e-3)
      default: #expect(left.angle < 1e-6 && left.distance > 1e-3)
      }
    }
  }

  @Test("Out of reach is said, with the nearest positions") func outOfReach() throws {
    let model = try planarArm()
    let data = ModelData(model)
    let tip = try #require(model.linkIndex(of: "tip"))
    var solver = try InverseKinematics(
      model, link: tip,
      coordinates: ["a", "b"].map { ChainCoordinate(joint: $0, lower: -3, upper: 3) })
    solver.settings.goal = .position
    var q = [0.3, 0.4]
    let far = RigidTransform(rotation: .identity, translation: Vector3(x: 0.6, y: 0.8, z: 0))
    let result = solver.solve(model.kernel, data.workspace, q: &q, target: far)
    if case .singular = result.outcome {} else { Issue.record("\(result.outcome)") }
    // Stretched towards the target, half a metre short of it.
    #expect(abs(q[0] - atan2(0.8, 0.6)) < 1e-3 && abs(q[1]) < 1e-2)
    #expect(abs(result.residual.distance - 0.5) < 1e-4)
    #expect(result.iterations <= solver.settings.iterationLimit)
    // Above the plane no posture is nearer for being singular: bent, the measure is that of the textbook.
    let above = RigidTransform(rotation: .identity, translation: Vector3(x: 0.25, y: 0.2, z: 0.1))
    let second = solver.solve(model.kernel, data.workspace, q: &q, target: above)
    if case .stalled = second.outcome {} else { Issue.record("\(second.outcome)") }
    #expect(abs(second.residual.distance - 0.1) < 1e-6)
    #expect(abs(second.manipulability.volume - abs(0.06 * sin(q[1]))) < 1e-12)
  }

  @Test("What is not finite, or no rotation, changes nothing", arguments: 0..<4) func undefined(fault: Int)
    throws
  {
    let model = try planarArm()
    let data = ModelData(model)
    var solver = try InverseKinematics(model, link: 3, coordinates: [ChainCoordinate(joint: "a")])
    var target = RigidTransform.identity
    var q = [0.1, 0.2]
    switch fault {
    case 0: target.translation.y = .nan
    case 1: target.rotation.xx = .infinity
    case 2: target.rotation.zz = -1
    default: q[1] = .nan
    }
    let before = q.map(\.bitPattern)
    let result = solver.solve(model.kernel, data.workspace, q: &q, target: target)
    if case .undefined = result.outcome {} else { Issue.record("\(result.outcome)") }
    #expect(q.map(\.bitPattern) == before && result.residual.distance.isNaN && result.iterations == 0)
  }

  @Test("The posture is as near as the pose and the limits allow") func posture() throws {
    var chain = try RandomChain(RandomTree(41, 24, .fixed))
    try #require(chain.places.count > 7)
    let (kernel, workspace) = (chain.random.model.kernel, chain.random.data.workspace)
    var (judged, nearer, held) = (0, 0, 0)
    for _ in 0..<40 {
      let (start, goal) = chain.pair()
      let target = chain.pose(goal)
      let wished = chain.random.position()
      for (i, place) in chain.places.enumerated() { chain.solver.posture[i] = 1.2 * wished[place] }
      func distance(_ q: [Double]) -> Double {
        chain.places.reduce(0) { $0 + pow(q[$1] - 1.2 * wished[$1], 2) }
      }
      chain.solver.settings.postureIterationLimit = 0
      var plain = start
      guard chain.solver.solve(kernel, workspace, q: &plain, target: target).outcome.isSolved else {
        continue
      }
      chain.solver.settings.postureIterationLimit = 2000
      var q = start
      let result = chain.solver.solve(kernel, workspace, q: &q, target: target)
      #expect(result.outcome.isSolved && result.residual.distance < 1e-6 && result.residual.angle < 1e-6)
      #expect(chain.places.allSatisfy { abs(q[$0]) <= chain.bound })
      #expect(distance(q) <= distance(plain))
      if distance(q) < distance(plain) - 1e-6 { nearer += 1 }
      judged += 1
      held += chain.places.contains { abs(q[$0]) > chain.bound - 1e-9 } ? 1 : 0
      // No motion that keeps the pose and the limits leads nearer: what is left of the pull is a combination of J's rows.
      let j = jacobian(chain.random.model, chain.random.data, q: q, link: chain.link)
      let free = chain.places.filter { abs(q[$0]) < chain.bound - 1e-9 }
      let rest = remainder(free.map { 1.2 * wished[$0] - q[$0] }, rows: j.map { row in free.map { row[$0] } })
      #expect(rest < 1e-4)
    }
    #expect(judged > 30 && nearer > judged / 2 && held > 5)
  }

  /// Length of what is left of `vector` beside the rows, by Gram and Schmidt.
  private func remainder(_ vector: [Double], rows: [[Double]]) -> Double {
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    var base: [[Double]] = []
    var rest = vector
    for row in rows {
      var part = row
      for _ in 0..<2 {
        for b in base {
          let share = dot(part, b)
          part = zip(part, b).map { $0 - share * $1 }
        }
      }
      let length = dot(part, part).squareRoot()
      if length > 1e-9 { base.append(part.map { $0 / length }) }
    }
    for _ in 0..<2 {
      for b in base {
        let share = dot(rest, b)
        rest = zip(rest, b).map { $0 - share * $1 }
      }
    }
    return dot(rest, rest).squareRoot()
  }

  @Test("What makes no chain is refused by name") func chainErrors() throws {
    let model = try planarArm()
    func error(_ coordinates: [ChainCoordinate], link: Int = 3) -> ChainError? {
      do throws(ChainError) {
        _ = try InverseKinematics(model, link: link, coordinates: coordinates)
        return nil
      } catch { return error }
    }
    let a = ChainCoordinate(joint: "a")
    #expect(error([a]) == nil)
    #expect(error([a], link: 9) == .noSuchLink(9))
    #expect(error([]) == .jointCount(0))
    #expect(error([a, ChainCoordinate(joint: "c")]) == .unknownJoint("c"))
    #expect(error([a, a]) == .namedTwice("a"))
    #expect(error([ChainCoordinate(joint: "b")], link: 1) == .movesNothing(joint: "b", link: "upper"))
    for (low, high, velocity) in [(1.0, -1.0, 1.0), (.nan, 1, 1), (0, 1, 0), (.infinity, .infinity, 1)] {
      guard
        case .limits(let joint, _, _, _)? = error([
          ChainCoordinate(
            joint: "a", lower: low, upper: high, velocity: velocity)
        ])
      else {
        Issue.record("\(low) \(high) \(velocity) passed")
        continue
      }
      #expect(joint == "a")
    }
    #expect(error([a, a])?.description.contains("'a'") == true)
    let free = try RandomModel(seed: 1, joints: 4, base: .fixed, free: 1)
    #expect(throws: ChainError.severalCoordinates("joint1")) {
      _ = try InverseKinematics(free.model, link: 1, coordinates: [ChainCoordinate(joint: "joint1")])
    }
  }
}
