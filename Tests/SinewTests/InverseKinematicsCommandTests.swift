import Foundation
import RigidBody
import RobotDescription
import Testing

@testable import sinew

/// Two hinges of 0.3 m and 0.2 m in a plane, a finger that follows the second one at twice its angle and leaves it -1...0.75.
private let urdf = """
  <robot name="arm">
    <link name="base"/><link name="upper"/><link name="lower"/><link name="tip"/><link name="finger"/>
    <joint name="a" type="revolute"><parent link="base"/><child link="upper"/><axis xyz="0 0 1"/>
      <limit lower="-2" upper="2" velocity="2" effort="30"/></joint>
    <joint name="b" type="revolute"><parent link="upper"/><child link="lower"/><axis xyz="0 0 1"/>
      <origin xyz="0.3 0 0"/><limit lower="-2" upper="2" velocity="2" effort="30"/></joint>
    <joint name="weld" type="fixed"><parent link="lower"/><child link="tip"/><origin xyz="0.2 0 0"/></joint>
    <joint name="c" type="revolute"><parent link="tip"/><child link="finger"/><axis xyz="0 0 1"/>
      <limit lower="-1" upper="2.5" velocity="2" effort="30"/><mimic joint="b" multiplier="-2" offset="0.5"/></joint>
  </robot>
  """

@Suite("sinew model ik") struct InverseKinematicsCommandTests {
  private func withFile<T>(_ text: String, _ body: (String) throws -> T) throws -> T {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("sinew-\(UUID().uuidString)")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
  }

  private func arm() throws -> (urdf: URDF, model: Model) {
    let file = try withFile(urdf) { try URDF.load($0) }
    return (file, try file.model(base: .fixed))
  }

  private func selection(_ frame: String, from: String? = nil, joints: String? = nil) throws -> LimbSelection
  {
    let (urdf, model) = try arm()
    return try LimbSelection(urdf: urdf, model: model, frame: frame, from: from, joints: joints)
  }

  @Test("A frame is found by its position, and the document says how") func solves() throws {
    let chain = try selection("tip")
    #expect(chain.coordinates.map(\.joint) == ["a", "b"])
    let targets = try [
      PoseText.read("0.4,0.27,0", at: "--pose"), PoseText.read("0.4 0.27 0 0 0 0 1", at: "--pose"),
      PoseText.read("0.9,-0.2,0", at: "--pose"),
    ]
    let search = try LimbSearch(
      chain: chain, targets: targets, settings: InverseKinematicsSettings(), start: [0.1, 0.1], posture: nil)
    let text = search.json.text
    #expect(
      text.hasPrefix(#"{"schema": "sinew.model.ik/1", "frame": "tip", "joints": ["a", "b"], "solved": 1, "#))
    let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let solutions = try #require(document?["solutions"] as? [[String: Any]])
    let outcomes = solutions.compactMap { $0["outcome"] as? String }
    #expect(
      outcomes.count == 3 && outcomes[0] == "solved" && outcomes[1] != "solved" && outcomes[2] == "singular")
    let q = try #require(solutions[0]["q"] as? [String: Double])
    let (a, b) = (q["a", default: 0], q["b", default: 0])
    #expect(abs(0.3 * cos(a) + 0.2 * cos(a + b) - 0.4) < 1e-7)
    #expect(abs(0.3 * sin(a) + 0.2 * sin(a + b) - 0.27) < 1e-7)
    #expect(abs((solutions[0]["manipulability"] as? Double ?? 0) - abs(0.06 * sin(b))) < 1e-9)
    #expect(search.text.contains("1 of 3 solved"))
  }

  @Test("The limits of what mimics a joint are the joint's too") func mimics() throws {
    let finger = try selection("finger")
    // -1 <= 0.5 - 2 b <= 2.5 leaves -1 <= b <= 0.75.
    #expect(
      finger.coordinates == [
        ChainCoordinate(joint: "a", lower: -2, upper: 2), ChainCoordinate(joint: "b", lower: -1, upper: 0.75),
      ])
    #expect(try selection("finger", from: "upper").coordinates.map(\.joint) == ["b"])
    #expect(try selection("finger", joints: "b, a").coordinates.map(\.joint) == ["b", "a"])
  }

  @Test("A posture decides where the pose leaves a choice") func posture() throws {
    let chain = try selection("tip")
    for elbow in [-0.7, 0.7] {
      let search = try LimbSearch(
        chain: chain, targets: [PoseText.read("0.4,0.27,0", at: "--pose")],
        settings: InverseKinematicsSettings(),
        start: [0, elbow], posture: [0, elbow])
      #expect(search.solutions[0].q[1] * elbow > 0)
    }
  }

  @Test(
    "What makes no chain is refused with its name",
    arguments: [
      ("hand", nil, nil, "no link 'hand'"), ("tip", "elbow", nil, "no link 'elbow'"),
      ("upper", "tip", nil, "does not carry"), ("tip", "lower", nil, "no joint moves"),
      ("tip", nil, "a,d", "'d'"), ("tip", nil, "a,c", "'c'"), ("tip", nil, "a,a", "twice"),
      ("upper", nil, "b", "does not move"),
    ] as [(String, String?, String?, String)])
  func refusals(frame: String, from: String?, joints: String?, words: String) throws {
    let error = #expect(throws: Failure.self) { _ = try selection(frame, from: from, joints: joints) }
    #expect(error?.code == Failure.badDescription)
    #expect(error?.problems.first?.message.contains(words) == true)
  }

  @Test(
    "A pose that is none is refused with its line",
    arguments: ["1,2", "1,2,x", "1,2,3,0,0,0,0", "1,2,nan", "a"])
  func poses(text: String) throws {
    try withFile("# poses\n\n0.1 0.2 0.3\n\(text)\n") { path in
      let error = #expect(throws: Failure.self) { _ = try PoseText.load(path) }
      #expect(error?.problems.first?.location.hasSuffix(":4") == true)
    }
    #expect(throws: Failure.self) { _ = try PoseText.load("/nowhere") }
    try withFile("# nothing\n") { path in
      _ = #expect(throws: Failure.self) { _ = try PoseText.load(path) }
    }
  }
}
