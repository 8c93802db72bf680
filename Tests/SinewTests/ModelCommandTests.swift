import Foundation
import RigidBody
import RobotDescription
import Testing

@testable import sinew

/// A slider and a hinge, one of them with limits.
private let urdf = """
  <robot name="crane">
    <link name="trolley"><inertial><mass value="2"/>
      <inertia ixx="0.1" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial></link>
    <link name="boom"><inertial><origin xyz="0.5 0 0"/><mass value="1"/>
      <inertia ixx="0.1" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial></link>
    <link name="tip"/>
    <joint name="hinge" type="revolute"><parent link="trolley"/><child link="boom"/><axis xyz="0 -1 0"/>
      <limit lower="-1" upper="1.5" velocity="2" effort="30"/></joint>
    <joint name="weld" type="fixed"><parent link="boom"/><child link="tip"/><origin xyz="1 0 0"/></joint>
  </robot>
  """

@Suite("sinew model") struct ModelCommandTests {
  private func withFile<T>(_ text: String, _ body: (String) throws -> T) throws -> T {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("sinew-\(UUID().uuidString)")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
  }

  private func crane(_ base: Base) throws -> (urdf: URDF, model: Model) {
    let file = try withFile(urdf) { try URDF.load($0) }
    return (file, try file.model(base: base))
  }

  private func parsed(_ value: JSONValue) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(value.text.utf8)) as? [String: Any])
  }

  @Test("eval prints the quantities of a crane held level") func evaluates() throws {
    let model = try crane(.fixed).model
    let states =
      #"{"frames": ["tip"], "states": [{"q": {"hinge": 0}, "v": {"hinge": 2}, "a": {"hinge": 3}}]}"#
    let request = try withFile(states) { try EvaluationRequest.load($0, for: model) }
    let output = try parsed(ModelEvaluation(model: model).json(request))
    #expect(output["schema"] as? String == "sinew.model.eval/1")
    #expect(output["joints"] as? [String] == ["hinge"])
    #expect(output["mass"] as? Double == 3)
    let state = try #require((output["states"] as? [[String: Any]])?.first)
    let gravity = try #require(state["gravity"] as? [String: Double])
    // 1 kg at 0.5 m against gravity, about -y.
    #expect(gravity.keys.sorted() == ["hinge"])
    #expect(abs(gravity["hinge", default: 0] - 9.81 * 0.5) < 1e-12)
    let inverse = try #require(state["inverse_dynamics"] as? [String: Double])
    #expect(abs(inverse["hinge", default: 0] - (0.35 * 3 + 9.81 * 0.5)) < 1e-12)
    let rows = try #require((state["jacobians"] as? [String: [[Double]]])?["tip"])
    #expect(rows == [[0], [-1], [0], [0], [0], [1]])
    let tip = try #require((state["link_poses"] as? [String: [String: [Double]]])?["tip"])
    #expect(tip["position"] == [1, 0, 0])
    #expect(tip["quaternion"] == [1, 0, 0, 0])
    let matrix = try #require(state["mass_matrix"] as? [[Double]])
    #expect(matrix.count == 1 && abs((matrix[0].first ?? 0) - 0.35) < 1e-15)
  }

  @Test("A floating base brings its six numbers, and tau may act on it") func floatingBase() throws {
    let model = try crane(.floating).model
    let states = #"{"states": [{"tau": {"base": [0, 0, 0, 0, 0, 29.43]}}]}"#
    let request = try withFile(states) { try EvaluationRequest.load($0, for: model) }
    #expect(request.states.first?.tau == [0, 0, 0, 0, 0, 29.43, 0])
    #expect(request.states.first?.q == [0, 0, 0, 1, 0, 0, 0, 0])
    let output = try parsed(ModelEvaluation(model: model).json(request))
    let state = try #require((output["states"] as? [[String: Any]])?.first)
    let bias = try #require(state["bias"] as? [String: Any])
    #expect(Set(bias.keys) == ["base", "hinge"])
    #expect((state["mass_matrix"] as? [[Double]])?.count == 7)
  }

  @Test("info names joints, limits and the tree") func info() throws {
    let (urdf, model) = try crane(.fixed)
    let info = ModelInfo(urdf: urdf, model: model)
    let text = info.text
    #expect(
      text.hasPrefix("crane: 3 links, 2 joints, 1 of them moving, 1 coordinates, fixed base, 3.000 kg\n"))
    #expect(text.contains("hinge  revolute    -y  -1.000  1.500     2.000  30.000"))
    #expect(text.contains("trolley\n  boom (hinge, revolute)\n    tip (fixed)\n"))
    #expect(text.hasSuffix("Waves of 1, the joints that the kernels work on at once:\n  1: hinge\n"))
    let joints = try #require(try parsed(info.json)["joints"] as? [String: [String: Any]])
    #expect(joints["hinge"]?["position_max_rad"] as? Double == 1.5)
    #expect(joints["hinge"]?["effort_max_nm"] as? Double == 30)
    #expect(joints["weld"]?["type"] as? String == "fixed")
  }

  @Test(
    "What does not fit the model is refused with its place",
    arguments: [
      ("{", ""), ("[]", ""), ("{}", ""), (#"{"states": 1}"#, ": states"),
      (#"{"states": [{"q": {"hing": 0}}]}"#, ": states[0].q.hing"),
      (#"{"states": [{}, {"v": {"hinge": "fast"}}]}"#, ": states[1].v.hinge"),
      (#"{"states": [{"a": {"hinge": true}}]}"#, ": states[0].a.hinge"),
      (#"{"states": [{"speed": {}}]}"#, ": states[0]"),
      (#"{"states": [{"q": [0]}]}"#, ": states[0].q"),
      (#"{"states": [{"base": {"position": [0, 0]}}]}"#, ": states[0].base.position"),
      (#"{"states": [{"base": {"quaternion": [0, 0, 0, 0]}}]}"#, ": states[0].base.quaternion"),
      (#"{"states": [{"base_velocity": {"linear": [0, 0, "x"]}}]}"#, ": states[0].base_velocity.linear"),
      (#"{"frames": ["hook"], "states": []}"#, ": frames[0]"),
      (#"{"states": [{"q": {"hinge": 1e999}}]}"#, ""),
    ])
  func refused(document: String, place: String) throws {
    let model = try crane(.floating).model
    try withFile(document) { path in
      let failure = #expect(throws: Failure.self) { try EvaluationRequest.load(path, for: model) }
      #expect(failure?.code == Failure.badDescription)
      #expect(failure?.problems.first?.location == path + place)
    }
  }

  @Test("A base that is fixed takes no pose") func fixedBaseTakesNoPose() throws {
    let model = try crane(.fixed).model
    _ = try withFile(#"{"states": [{"base": {"position": [0, 0, 1]}}]}"#) { path in
      #expect(throws: Failure.self) { try EvaluationRequest.load(path, for: model) }
    }
  }
}
