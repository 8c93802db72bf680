import ControlCycle
import Foundation
import JointControl
import RigidBody
import Testing

@testable import RobotDescription

/// Programs of motion verbs, and what of them is planned when they are read.
@Suite("Programs of moves")
struct ProgramTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Robots/navigator").path
  private static let robot = try? RobotDescription.load(root)

  private func read(_ moves: String) throws -> MoveProgram {
    let source = SourceText(path: "test.yaml", text: "program: test\nmoves:\n" + moves)
    return try RobotDescription.loadProgram(source, for: try #require(Self.robot), robotPath: Self.root)
  }

  private func refusal(_ moves: String) -> String {
    do { _ = try read(moves) } catch { return "\(error)" }
    return ""
  }

  @Test("Every verb is read")
  func verbs() throws {
    let program = try read(
      """
        - {verb: movej, to: {Elbow_L: -0.5}, speed: 0.5, sync: none}
        - {verb: movej, to: ready, at: 0.2}
        - {verb: home}
        - {verb: down}
        - {verb: stop, category: 1, at: 5}
        - {verb: wait, for: 0.5}
        - {verb: lock}
        - {verb: unlock}
        - {verb: play, motion: wave}
        - {verb: path, via: [{Elbow_L: -0.8}, ready]}
        - {verb: servoj, watchdog: 0.3, targets: [{time: 0, Elbow_L: -1}, {time: 0.1, Elbow_R: -1}]}
        - {verb: speedj, targets: [{time: 0, Elbow_L: 0.1}]}
        - {verb: teach, joints: [Elbow_L, Elbow_R], for: 2}
        - {verb: teach, for: 1}
      """)
    #expect(
      program.steps.map(\.verb.word) == [
        "movej", "movej", "movej", "movej", "stop", "wait", "lock", "unlock", "wave", "path", "servoj",
        "speedj", "teach", "teach",
      ])
    #expect(program.steps[1].start == 0.2 && program.steps[0].speed == 0.5 && program.steps[2].speed == 0.25)
  }

  @Test(
    "What is wrong is told with its place and what to do",
    arguments: [
      ("  - {verb: movej, to: {Elbow_L: 3}}", "outside its limits"), ("  - {verb: jump}", "unknown"),
      ("  - {verb: movej, to: {Elbw_L: -1}}", "did you mean 'Elbow_L'"), ("  - {verb: movej}", "lacks 'to'"),
      ("  - {verb: movej, to: redy}", "did you mean 'ready'"), ("  - {verb: wait}", "lacks 'for'"),
      ("  - {verb: lock}\n  - {verb: home}", "locked"), ("  - {verb: home, speed: 2}", "speed"),
      ("  - {verb: home, at: 2}\n  - {verb: stop, at: 1}", "let times increase"),
      ("  - {verb: play, motion: none}", "motions/none.yaml"), ("  - {verb: path}", "lacks 'via'"),
      ("  - {verb: path, via: [{Elbow_L: 2}]}", "outside its limits"),
      ("  - {verb: movel, link: hand_X, by: [[0, 0, 0.1]]}", "no link 'hand_X'"),
      ("  - {verb: movel, link: hand_L, by: [[0, 0]]}", "three numbers"),
      ("  - {verb: servoj}", "lacks 'targets'"), ("  - {verb: teach}", "lacks 'for'"),
      ("  - {verb: teach, for: 0}", "takes 0.0 s"),
      ("  - {verb: teach, for: 1, joints: []}", "list of names"),
      ("  - {verb: teach, for: 1, joints: [Elbw_L]}", "did you mean 'Elbow_L'"),
      ("  - {verb: lock}\n  - {verb: teach, for: 1}", "locked"),
      ("  - {verb: servoj, targets: [{Elbow_L: 0}]}", "lacks 'time'"),
      ("  - {verb: servoj, targets: [{time: 0, Elbw_L: 0}]}", "did you mean 'Elbow_L'"),
      ("  - {verb: servoj, targets: [{time: 0, Elbow_L: 3}]}", "outside its limits"),
      (
        "  - {verb: servoj, targets: [{time: 1, Elbow_L: -1}, {time: 0.5, Elbow_L: -1}]}",
        "let times increase"
      ),
      ("  - {verb: speedj, targets: [{time: 0, Elbow_L: 9}]}", "faster than"),
      ("  - {verb: servoj, watchdog: 0, targets: [{time: 0, Elbow_L: -1}]}", "watchdog above 0"),
      ("  - {verb: servol, targets: [{time: 0, position: [0, 0, 0]}]}", "lacks 'link'"),
      (
        "  - {verb: servol, link: hand_L, from: clavicle_L, targets: [{time: 0, position: [0, 0]}]}",
        "3 numbers"
      ),
      (
        "  - {verb: servol, link: hand_L, from: clavicle_L, targets: [{time: 0, position: [0, 0, 9]}]}",
        "cannot be there"
      ),
      (
        "  - {verb: servol, link: hand_L, from: clavicle_L, targets: [{time: 0, quaternion: [0, 0, 0, 0]}]}",
        "is zero"
      ),
      ("  - {verb: lock}\n  - {verb: speedj, targets: [{time: 0, Elbow_L: 0.1}]}", "locked"),
      ("  - {verb: movel, link: hand_L, from: hand_R, by: [[0, 0, 0.1]]}", "does not carry"),
      ("  - {verb: movel, link: hand_L, from: clavicle_L, by: [[0, 0, 2]]}", "% of the way"),
      ("  - {verb: movel, link: hand_L, from: clavicle_L, by: [[0, 0, 0.05], [0, 0.05, 0]]}", "sharp corner"),
    ])
  func refusals(moves: String, words: String) {
    let text = refusal(moves)
    #expect(text.contains(words) && text.contains("test.yaml:"), "\(text)")
  }

  @Test(
    "A hand keeps to its lines within a micrometre, its orientation to a microradian, joints within their limits"
  )
  func linear() throws {
    let robot = try #require(Self.robot)
    let program = try read(
      """
        - {verb: movej, to: ready}
        - verb: movel
          link: hand_L
          from: clavicle_L
          by: [[0, 0, 0.06], [0, 0.06, 0], [0, 0, -0.06], [0, -0.06, 0]]
          blend: 0.02
          velocity: 0.2
      """)
    let start = MovePreview(MoveProgram(name: "", steps: [program.steps[0]]), robot: robot).joints.map(\.end)
    let link = try #require(robot.model.linkIndex(of: "hand_L"))
    let chain = try #require(robot.chain(from: "clavicle_L", to: "hand_L"))
    #expect(chain.count == 7)
    let pose = robot.pose(ofLink: link, at: start)
    let corners = [(0, 0, 0.06), (0, 0.06, 0.06), (0, 0.06, 0), (0, 0, 0)].map {
      pose.translation + Vector3(x: Double($0.0), y: $0.1, z: $0.2)
    }
    let path = LinearPath(from: pose, through: corners, blend: 0.02)
    var pace = LinearMotion.Pace()
    pace.velocity = 0.2
    let planned = try LinearMotion(
      "movel", robot: robot, link: link, chain: chain, from: start, along: path, pace: pace, speed: 0.25,
      riseTime: 0.05)
    #expect(planned.deviation <= 1e-6 && planned.turnedOff <= 1e-6)
    #expect(planned.leastSingularValue > 0.01)
    guard case .motion(let motion) = program.steps[1].verb else {
      Issue.record("movel is no motion")
      return
    }
    for (one, other) in zip(motion.points, planned.motion.points) {
      for (a, b) in zip(one.positions, other.positions) { #expect(abs(a - b) < 1e-7) }
    }
    let end = robot.pose(ofLink: link, at: motion.points[motion.points.count - 1].positions)
    #expect(PoseError(from: end, to: pose).distance <= 1e-7)
    #expect(abs(path.length - 0.24) < 1e-12)
  }

  /// A line of the left hand from the pose ready, as verbs of a program.
  private func line(_ words: String) throws -> (start: [Double], motion: Motion) {
    let robot = try #require(Self.robot)
    let program = try read(
      "  - {verb: movej, to: ready}\n  - {verb: movel, link: hand_L, from: clavicle_L, speed: 0.5, \(words)}\n"
    )
    let start = MovePreview(MoveProgram(name: "", steps: [program.steps[0]]), robot: robot).joints.map(\.end)
    guard case .motion(let motion) = program.steps[1].verb else {
      throw MoveError(step: 2, message: "", fix: "")
    }
    return (start, motion)
  }

  /// Farthest that the hand is from the line [m] and the even turn to its end [rad] in any cycle of a motion, by its way along the line.
  private func deviation(of motion: Motion, from start: [Double]) throws -> (distance: Double, angle: Double)
  {
    let robot = try #require(Self.robot)
    let link = try #require(robot.model.linkIndex(of: "hand_L"))
    let trajectory = Trajectory(motion, jointCount: start.count)
    let (first, last) = (
      robot.pose(ofLink: link, at: start),
      robot.pose(ofLink: link, at: motion.points[motion.points.count - 1].positions)
    )
    let path = LinearPath(from: first, through: [last.translation], orientation: last.rotation, blend: 0)
    let way = last.translation - first.translation
    var worst = (distance: 0.0, angle: 0.0)
    for cycle in 0...Int(trajectory.duration / 0.001) {
      let joints = (0..<start.count).map {
        trajectory.setpoint(joint: $0, at: 0.001 * Double(cycle)).position
      }
      let pose = robot.pose(ofLink: link, at: joints)
      let moved = pose.translation - first.translation
      let along = moved.x * way.x + moved.y * way.y + moved.z * way.z
      let turned = PoseError(from: first, to: pose).angle
      let share = way.squaredLength > 1e-6 ? along / way.squaredLength : turned / path.angle
      let off = PoseError(from: path.pose(at: share), to: pose)
      worst = (max(worst.distance, off.distance), max(worst.angle, off.angle))
    }
    return worst
  }

  /// An orientation as a program writes it: that of the hand at the pose ready, turned by a quaternion in the world.
  private func turned(by turn: Quaternion) throws -> (text: String, rotation: Matrix3) {
    let robot = try #require(Self.robot)
    let link = try #require(robot.model.linkIndex(of: "hand_L"))
    let ready = try #require(robot.poses.first { $0.name == "ready" })
    let pose = robot.pose(ofLink: link, at: zip(ready.positions, robot.joints).map { $0 ?? $1.home })
    let rotation = turn.normalized.rotation * pose.rotation
    let q = Quaternion(rotation: rotation).normalized
    return ("orientation: [\(q.w), \(q.x), \(q.y), \(q.z)]", rotation)
  }

  @Test(
    "In each cycle the hand is within 1e-4 m of its line and 1e-3 rad of the even turn, held or turned",
    arguments: [
      ("by: [[0, 0.05, 0.08]]", [1.0, 0, 0, 0]), ("by: [[0.03, 0, 0.05]]", [1, 0.05, -0.05, 0.1]),
      ("by: [[0, 0, 0]]", [1, 0, 0.1, 0]),
    ])
  func orientation(way: String, turn: [Double]) throws {
    let wanted = try turned(by: Quaternion(w: turn[0], x: turn[1], y: turn[2], z: turn[3]))
    let (start, motion) = try line("\(way), \(wanted.text)")
    let off = try deviation(of: motion, from: start)
    #expect(off.distance <= 1e-4 && off.angle <= 1e-3, "\(off)")
    #expect(motion.points.count > 20)
    let robot = try #require(Self.robot)
    let link = try #require(robot.model.linkIndex(of: "hand_L"))
    let end = robot.pose(ofLink: link, at: motion.points[motion.points.count - 1].positions)
    let exact = RigidTransform(rotation: wanted.rotation, translation: end.translation)
    #expect(PoseError(from: exact, to: end).angle <= 1e-6)
  }

  @Test("With free the line is kept and the hand turns as it will; what is no orientation is refused")
  func free() throws {
    let robot = try #require(Self.robot)
    let link = try #require(robot.model.linkIndex(of: "hand_L"))
    let (start, free) = try line("by: [[0, 0, 0.08]], orientation: free")
    let first = robot.pose(ofLink: link, at: start)
    let last = robot.pose(ofLink: link, at: free.points[free.points.count - 1].positions)
    #expect(PoseError(from: first, to: last).angle > 1e-3)
    let off = try deviation(of: free, from: start)
    #expect(off.distance <= 1e-4)
    #expect(
      LineOrientation("0,0,0,2") == nil && LineOrientation("up") == nil && LineOrientation("0,0") == nil)
    #expect(
      refusal("  - {verb: movel, link: hand_L, by: [[0, 0, 0.1]], orientation: up}").contains(
        "makes no sense"))
    // Roll by 90 degrees, then yaw by 90 about the world's axis: x goes to y, y to z.
    let rotation = try #require(LineOrientation("1.5707963267948966,0,1.5707963267948966")?.end)
    for (found, wanted) in [(rotation.yx, 1.0), (rotation.zy, 1), (rotation.xz, 1), (rotation.xx, 0)] {
      #expect(abs(found - wanted) <= 1e-12)
    }
  }

  @Test("Corners are rounded without a jump of direction or curvature; a blend cuts less than half of it off")
  func corner() {
    let path = LinearPath(
      from: .identity, through: [Vector3(x: 0.1, y: 0, z: 0), Vector3(x: 0.1, y: 0.1, z: 0)], blend: 0.04)
    let step = 1e-4
    var last = path.pose(at: 0).translation
    var direction: Vector3?
    var (nearest, mostTurn) = (1.0, 0.0)
    for index in 1...10_000 {
      let now = path.pose(at: Double(index) * step).translation
      let move = (now - last) * (1 / (step * path.length))
      if let direction { mostTurn = max(mostTurn, (move - direction).squaredLength.squareRoot()) }
      direction = move
      nearest = min(nearest, (now - Vector3(x: 0.1, y: 0, z: 0)).squaredLength.squareRoot())
      last = now
    }
    #expect(mostTurn < 0.01, "a right angle turned at once would be 1.4")
    #expect(nearest > 0.005 && nearest < 0.02)
    #expect((last - Vector3(x: 0.1, y: 0.1, z: 0)).squaredLength < 1e-24)
    #expect(!path.hasSharpCorner)
    #expect(
      LinearPath(from: .identity, through: [Vector3(x: 1, y: 0, z: 0), Vector3(x: 1, y: 1, z: 0)], blend: 0)
        .hasSharpCorner)
  }

  @Test("The orientation turns evenly, from the start's to the end's")
  func turns() {
    let goal = Quaternion(w: 0.6, x: 0, y: 0.8, z: 0).rotation
    let path = LinearPath(
      from: .identity, through: [Vector3(x: 0.1, y: 0, z: 0)], orientation: goal, blend: 0)
    #expect(
      PoseError(from: path.pose(at: 1), to: RigidTransform(rotation: goal, translation: .zero)).angle < 1e-12)
    for share in [0.0, 0.1, 0.25, 0.5, 0.9] {
      let turned = PoseError(from: .identity, to: path.pose(at: share)).angle
      #expect(abs(turned - share * path.angle) < 1e-9)
    }
  }

  @Test("Five random paths through poses: every pose is met, no share of a limit is passed")
  func paths() throws {
    let robot = try #require(Self.robot)
    let limits = robot.joints.map(\.configuration.limits)
    var seed: UInt64 = 5
    func random(_ range: ClosedRange<Double>) -> Double {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return range.lowerBound + (range.upperBound - range.lowerBound) * Double(seed >> 11) * 0x1p-53
    }
    for _ in 0..<5 {
      var poses = [robot.joints.map(\.home)]
      for _ in 0..<3 {
        // In the middle of the limits: a spline swings beyond its poses.
        poses.append(
          limits.enumerated().map { joint, limit in
            joint < 8 ? 0.5 * (limit.minPosition + limit.maxPosition) + random(-0.1...0.1) : poses[0][joint]
          })
      }
      let motion = Motion("path", through: poses, limits: limits, speed: 0.3, riseTime: 0.05)
      let program = MoveProgram(name: "path", steps: [MoveProgram.Step(.motion(motion), speed: 0.3)])
      #expect(program.objections(for: robot).isEmpty)
      for pose in poses {
        var nearest = Double.infinity
        for point in motion.points {
          var off = 0.0
          for (a, b) in zip(point.positions, pose) { off = max(off, abs(a - b)) }
          nearest = min(nearest, off)
        }
        #expect(nearest <= 1e-9)
      }
      let factor = motion.stretch(limits: limits, speed: 0.3, riseTime: 0.05)
      #expect(factor <= 1 && factor > 0.97, "no slower than it must be")
    }
  }
}
