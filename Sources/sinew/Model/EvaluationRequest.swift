import Foundation
import RigidBody

/// The states of a file, in a model's coordinates.
struct EvaluationRequest {
  /// One state; lengths and order are those of the model's q and v.
  struct State {
    var q: [Double]
    var v: [Double]
    var a: [Double]
    var tau: [Double]
    /// Six numbers a link, when the state has wrenches.
    var wrenches: [[Double]]?
  }

  /// Links whose Jacobians are wanted: name and link index.
  var frames: [(name: String, link: Int)] = []
  var states: [State] = []

  /// Reads a states file; a name or a shape that does not fit is refused with its place in the document.
  static func load(_ path: String, for model: Model) throws(Failure) -> EvaluationRequest {
    let document = try JSONNode.load(path, kind: "states", help: "sinew model eval --help")
    var reader = StatesReader(path: path, model: model)
    return try reader.request(document)
  }

  fileprivate static func refusal(_ location: String, _ message: String, _ fix: String) -> Failure {
    Failure(kind: "states", location: location, message: message, fix: fix, code: Failure.badDescription)
  }
}

/// Walks a states document; `path` grows into the place of what is read.
private struct StatesReader {
  let path: String
  let model: Model
  init(path: String, model: Model) {
    self.path = path
    self.model = model
  }

  mutating func request(_ document: JSONNode) throws(Failure) -> EvaluationRequest {
    var request = EvaluationRequest()
    let members = try object(document, "", keys: ["frames", "states"])
    for (i, frame) in try array(members["frames"] ?? .array([]), "frames").enumerated() {
      guard case .string(let name) = frame else { throw wrong("frames[\(i)]", "a link's name is expected") }
      guard let link = model.linkIndex(of: name) else {
        throw wrong("frames[\(i)]", "there is no link '\(name)'")
      }
      request.frames.append((name, link))
    }
    guard let states = members["states"] else { throw wrong("", "there is no 'states'") }
    for (i, state) in try array(states, "states").enumerated() {
      request.states.append(try self.state(state, "states[\(i)]"))
    }
    return request
  }

  private func state(_ node: JSONNode, _ at: String) throws(Failure) -> EvaluationRequest.State {
    let members = try object(
      node, at, keys: ["q", "v", "a", "tau", "wrenches", "base", "base_velocity", "base_acceleration"])
    var q = model.zeroPosition
    let zeros = [Double](repeating: 0, count: model.velocityCount)
    var (v, a, tau) = (zeros, zeros, zeros)
    try readJoints(members["q"], at + ".q", into: &q, arePositions: true)
    try readJoints(members["v"], at + ".v", into: &v)
    try readJoints(members["a"], at + ".a", into: &a)
    try readJoints(members["tau"], at + ".tau", into: &tau, baseForce: true)
    if let base = members["base"] {
      let place = at + ".base"
      let parts = try baseObject(base, place, keys: ["position", "quaternion"])
      if let position = parts["position"] {
        q.replaceSubrange(0..<3, with: try numbers(position, place + ".position", count: 3))
      }
      if let quaternion = parts["quaternion"] {
        let values = try numbers(quaternion, place + ".quaternion", count: 4)
        guard values.contains(where: { abs($0) > 1e-6 }) else {
          throw wrong(place + ".quaternion", "its length is zero")
        }
        q.replaceSubrange(3..<7, with: values)
      }
    }
    try readMotion(members["base_velocity"], at + ".base_velocity", into: &v)
    try readMotion(members["base_acceleration"], at + ".base_acceleration", into: &a)
    let wrenches = try members["wrenches"].map { node throws(Failure) in
      try readWrenches(node, at + ".wrenches")
    }
    return EvaluationRequest.State(q: q, v: v, a: a, tau: tau, wrenches: wrenches)
  }

  /// Moment and force by link, along its axes about its origin.
  private func readWrenches(_ node: JSONNode, _ at: String) throws(Failure) -> [[Double]] {
    var wrenches = [[Double]](repeating: [0, 0, 0, 0, 0, 0], count: model.linkNames.count)
    guard case .object(let members) = node else { throw wrong(at, "an object of wrenches is expected") }
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      guard let link = model.linkIndex(of: name) else { throw wrong(at, "there is no link '\(name)'") }
      wrenches[link] = try numbers(value, "\(at).\(name)", count: 6)
    }
    return wrenches
  }

  /// Joint values by name into `values`, an array for a joint of several; for forces also the base's six, under "base".
  private func readJoints(
    _ node: JSONNode?, _ at: String, into values: inout [Double], arePositions: Bool = false,
    baseForce: Bool = false
  ) throws(Failure) {
    guard let node else { return }
    guard case .object(let members) = node else { throw wrong(at, "an object of joint values is expected") }
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      if let joint = model.coordinates(of: name) {
        let range = arePositions ? joint.positions : joint.velocities
        if range.count > 1 {
          values.replaceSubrange(range, with: try numbers(value, "\(at).\(name)", count: range.count))
          try checkQuaternion(values[range], "\(at).\(name)")
          continue
        }
        guard case .number(let number) = value else { throw wrong("\(at).\(name)", "a number is expected") }
        values[range.lowerBound] = number
      } else if baseForce && name == "base" && model.base == .floating {
        values.replaceSubrange(0..<6, with: try numbers(value, at + ".base", count: 6))
      } else {
        throw wrong("\(at).\(name)", "there is no joint '\(name)' with a coordinate of its own")
      }
    }
  }

  /// Seven numbers are a position and a quaternion.
  private func checkQuaternion(_ pose: ArraySlice<Double>, _ at: String) throws(Failure) {
    guard pose.count != 7 || pose.dropFirst(3).contains(where: { abs($0) > 1e-6 }) else {
      throw wrong(at, "the length of its quaternion is zero")
    }
  }

  private func readMotion(_ node: JSONNode?, _ at: String, into values: inout [Double]) throws(Failure) {
    guard let node else { return }
    let parts = try baseObject(node, at, keys: ["angular", "linear"])
    if let angular = parts["angular"] {
      values.replaceSubrange(0..<3, with: try numbers(angular, at + ".angular", count: 3))
    }
    if let linear = parts["linear"] {
      values.replaceSubrange(3..<6, with: try numbers(linear, at + ".linear", count: 3))
    }
  }

  private func baseObject(
    _ node: JSONNode, _ at: String, keys: [String]
  ) throws(Failure) -> [String: JSONNode] {
    if model.base == .fixed {
      throw EvaluationRequest.refusal(
        "\(path): \(at)", "the base is fixed", "leave it out, or leave out --fixed-base")
    }
    return try object(node, at, keys: keys)
  }

  private func object(_ node: JSONNode, _ at: String, keys: [String]) throws(Failure) -> [String: JSONNode] {
    guard case .object(let members) = node else { throw wrong(at, "an object is expected") }
    if let unknown = members.keys.sorted().first(where: { !keys.contains($0) }) {
      throw wrong(at, "'\(unknown)' is not one of \(keys.joined(separator: ", "))")
    }
    return members
  }

  private func array(_ node: JSONNode, _ at: String) throws(Failure) -> [JSONNode] {
    guard case .array(let elements) = node else { throw wrong(at, "an array is expected") }
    return elements
  }

  private func numbers(_ node: JSONNode, _ at: String, count: Int) throws(Failure) -> [Double] {
    var values: [Double] = []
    for element in try array(node, at) {
      guard case .number(let value) = element else { throw wrong(at, "\(count) numbers are expected") }
      values.append(value)
    }
    guard values.count == count else { throw wrong(at, "\(count) numbers are expected") }
    return values
  }

  private func wrong(_ at: String, _ message: String) -> Failure {
    EvaluationRequest.refusal(
      at.isEmpty ? path : "\(path): \(at)", message, "correct it; see sinew model eval --help for the format")
  }
}
