import Foundation
import RigidBody

/// What `sinew model ik` found for each pose.
struct LimbSearch {
  /// The result for one pose, with the positions of the chain's joints.
  struct Solution {
    let result: InverseKinematicsResult
    let q: [Double]
  }

  let chain: LimbSelection
  let start: [Double]
  let solutions: [Solution]

  /// Searches every pose from the same start.
  init(
    chain: LimbSelection, targets: [PoseText], settings: InverseKinematicsSettings, start: [Double],
    posture: [Double]?
  ) throws(Failure) {
    var solver: InverseKinematics
    do {
      solver = try InverseKinematics(chain.model, link: chain.link, coordinates: chain.coordinates)
    } catch {
      throw Failure(
        kind: "ik", location: chain.frame, message: "\(error)", fix: "name other joints",
        code: Failure.badDescription)
    }
    solver.settings = settings
    if let posture {
      solver.settings.postureIterationLimit = settings.iterationLimit
      for (i, place) in chain.places.enumerated() { solver.posture[i] = posture[place] }
    }
    let data = ModelData(chain.model)
    var solutions: [Solution] = []
    for target in targets {
      solver.settings.goal = target.goal
      var q = start
      let result = solver.solve(chain.model.kernel, data.workspace, q: &q, target: target.pose)
      solutions.append(Solution(result: result, q: chain.places.map { q[$0] }))
    }
    self.chain = chain
    self.start = start
    self.solutions = solutions
  }

  var solvedCount: Int { solutions.count { $0.result.outcome.isSolved } }

  /// The object that `--json` prints.
  var json: JSONValue {
    .object([
      ("schema", "sinew.model.ik/1"), ("frame", .string(chain.frame)),
      ("joints", .array(chain.coordinates.map { .string($0.joint) })),
      ("solved", .integer(Int64(solvedCount))), ("solutions", .array(solutions.map(json))),
    ])
  }

  private func json(_ solution: Solution) -> JSONValue {
    let result = solution.result
    let q = zip(chain.coordinates, solution.q).map { ($0.joint, JSONValue.number($1)) }
    return .object([
      ("outcome", .string(result.outcome.word)), ("q", .object(q)),
      ("distance_m", .number(result.residual.distance)), ("angle_rad", .number(result.residual.angle)),
      ("manipulability", .number(result.manipulability.volume)),
      ("least_singular_value", .number(result.manipulability.leastSingularValue)),
      ("iterations", .integer(Int64(result.iterations))), ("restarts", .integer(Int64(result.restarts))),
    ])
  }

  /// For people: the joints of one pose, or a line for each of many.
  var text: String {
    if solutions.count == 1, let only = solutions.first { return text(only) }
    var table = TextTable(["pose", "outcome", "off by m", "rad", "manipulability", "steps", "starts"])
    for (i, solution) in solutions.enumerated() {
      let result = solution.result
      table.append([
        "\(i + 1)", result.outcome.word, Self.short(result.residual.distance),
        Self.short(result.residual.angle),
        Self.short(result.manipulability.volume), "\(result.iterations)", "\(result.restarts + 1)",
      ])
    }
    return table.text + "\(solvedCount) of \(solutions.count) solved\n"
  }

  private func text(_ solution: Solution) -> String {
    let result = solution.result
    var table = TextTable(["joint", "from", "to", "lower", "upper"])
    for (i, coordinate) in chain.coordinates.enumerated() {
      table.append([
        coordinate.joint, RunReport.fixed(start[chain.places[i]], 4), RunReport.fixed(solution.q[i], 4),
        coordinate.lower.isFinite ? RunReport.fixed(coordinate.lower, 4) : "",
        coordinate.upper.isFinite ? RunReport.fixed(coordinate.upper, 4) : "",
      ])
    }
    return "\(chain.frame): \(result.outcome.word) after \(result.iterations) steps from"
      + " \(result.restarts + 1) start\(result.restarts == 0 ? "" : "s"), off by"
      + " \(Self.short(result.residual.distance)) m and \(Self.short(result.residual.angle)) rad\n"
      + "manipulability \(Self.short(result.manipulability.volume)), least singular value"
      + " \(Self.short(result.manipulability.leastSingularValue))\n\n" + table.text
  }

  /// Three digits.
  private static func short(_ value: Double) -> String { String(format: "%.3g", value) }
}

extension InverseKinematicsOutcome {
  /// What the command line calls it.
  var word: String {
    switch self {
    case .solved: "solved"
    case .stalled: "stalled"
    case .singular: "singular"
    case .undefined: "undefined"
    }
  }
}
