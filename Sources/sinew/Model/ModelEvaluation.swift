import RigidBody

/// Evaluates every quantity of a model at given states.
struct ModelEvaluation {
  let model: Model
  private let data: ModelData

  init(model: Model) {
    self.model = model
    data = ModelData(model)
  }

  /// The object that `sinew model eval --json` prints.
  /// With `derivatives`, each state has the matrices of `derivativeMembers` too.
  func json(_ request: EvaluationRequest, derivatives: Bool = false) -> JSONValue {
    .object([
      ("schema", "sinew.model.eval/1"), ("joints", .array(model.jointNames.map { .string($0) })),
      ("mass", .number(model.mass)),
      ("states", .array(request.states.map { json(of: $0, request, derivatives) })),
    ])
  }

  private func json(
    of state: EvaluationRequest.State, _ request: EvaluationRequest, _ derivatives: Bool
  ) -> JSONValue {
    let q = state.q
    let poses = forwardKinematics(model, data, q: q)
    let com = centreOfMass(model, data, q: q)
    let jacobians = request.frames.map { frame in
      (frame.name, matrix(jacobian(model, data, q: q, link: frame.link)))
    }
    let members: [(String, JSONValue)] = [
      ("link_poses", .object(zip(model.linkNames, poses).map { ($0, pose($1)) })),
      ("com", vector(com)),
      ("gravity", generalised(gravity(model, data, q: q))),
      ("bias", generalised(bias(model, data, q: q, v: state.v))),
      ("inverse_dynamics", generalised(inverseDynamics(model, data, q: q, v: state.v, a: state.a))),
      ("forward_dynamics", generalised(forwardDynamics(model, data, q: q, v: state.v, tau: state.tau))),
      ("mass_matrix", matrix(massMatrix(model, data, q: q))),
      ("jacobians", .object(jacobians)),
    ]
    return .object(
      members + wrenchMembers(of: state) + (derivatives ? derivativeMembers(of: state, request) : []))
  }

  private func wrenchMembers(of state: EvaluationRequest.State) -> [(String, JSONValue)] {
    guard let wrenches = state.wrenches else { return [] }
    let inverse = inverseDynamics(model, data, q: state.q, v: state.v, a: state.a, wrenches: wrenches)
    let forward = forwardDynamics(model, data, q: state.q, v: state.v, tau: state.tau, wrenches: wrenches)
    return [
      ("inverse_dynamics_with_wrenches", generalised(inverse)),
      ("forward_dynamics_with_wrenches", generalised(forward)),
    ]
  }

  private func derivativeMembers(
    of state: EvaluationRequest.State, _ request: EvaluationRequest
  ) -> [(String, JSONValue)] {
    let (q, v) = (state.q, state.v)
    let inverse = inverseDynamicsDerivatives(model, data, q: q, v: v, a: state.a)
    let forward = forwardDynamicsDerivatives(model, data, q: q, v: v, tau: state.tau)
    func frames(_ value: (Int, VelocityFrame) -> [[Double]]) -> JSONValue {
      .object(
        request.frames.map { frame in
          (
            frame.name,
            .object([
              ("world", matrix(value(frame.link, .world))), ("local", matrix(value(frame.link, .local))),
              ("local_world_aligned", matrix(value(frame.link, .localWorldAligned))),
            ])
          )
        })
    }
    return [
      ("inverse_dynamics_by_position", matrix(inverse.byPosition)),
      ("inverse_dynamics_by_velocity", matrix(inverse.byVelocity)),
      ("forward_dynamics_by_position", matrix(forward.byPosition)),
      ("forward_dynamics_by_velocity", matrix(forward.byVelocity)),
      ("inverse_mass_matrix", matrix(forward.byInput)),
      ("coriolis_matrix", matrix(coriolisMatrix(model, data, q: q, v: v))),
      ("centroidal_momentum_map", matrix(centroidalMomentumMap(model, data, q: q))),
      ("com_jacobian", matrix(centreOfMassJacobian(model, data, q: q))),
      ("kinetic_energy", .number(kineticEnergy(model, data, q: q, v: v))),
      ("potential_energy", .number(potentialEnergy(model, data, q: q))),
      ("frame_jacobians", frames { jacobian(model, data, q: q, link: $0, in: $1) }),
      ("frame_jacobian_rates", frames { jacobianRate(model, data, q: q, v: v, link: $0, in: $1) }),
    ]
  }

  /// Tables for people: one block a state.
  func text(_ request: EvaluationRequest) -> String {
    var out = ""
    for (i, state) in request.states.enumerated() {
      let com = centreOfMass(model, data, q: state.q)
      out += "state \(i): centre of mass \(RunReport.fixed(com.x, 4)) \(RunReport.fixed(com.y, 4)) "
      out += "\(RunReport.fixed(com.z, 4)) m of \(RunReport.fixed(model.mass, 3)) kg\n"
      let columns = [
        gravity(model, data, q: state.q), bias(model, data, q: state.q, v: state.v),
        inverseDynamics(model, data, q: state.q, v: state.v, a: state.a),
        forwardDynamics(model, data, q: state.q, v: state.v, tau: state.tau),
      ]
      var table = TextTable(["", "gravity", "bias", "inverse dynamics", "forward dynamics"])
      for (row, name) in coordinateNames.enumerated() {
        table.append([name] + columns.map { RunReport.fixed($0[row], 4) })
      }
      out += table.text
      for frame in request.frames {
        let pose = forwardKinematics(model, data, q: state.q)[frame.link].translation
        out += "\(frame.name) at \(RunReport.fixed(pose.x, 4)) \(RunReport.fixed(pose.y, 4)) "
        out += "\(RunReport.fixed(pose.z, 4)) m\n"
      }
      out += "\n"
    }
    return out + "Forces in N.m and N, accelerations in rad/s2 and m/s2; --json has every quantity.\n"
  }

  private var coordinateNames: [String] {
    let axes = ["x", "y", "z"]
    func free(_ name: String) -> [String] {
      axes.map { "\(name) angular \($0)" } + axes.map { "\(name) linear \($0)" }
    }
    return (model.base == .floating ? free("base") : [])
      + model.jointNames.flatMap { name in
        switch model.coordinates(of: name)?.velocities.count {
        case 3: ["\(name) angular", "\(name) linear x", "\(name) linear y"]
        case 6: free(name)
        default: [name]
        }
      }
  }

  /// Joint values by name, after the base's six (angular, linear) if it floats; an array for a joint of several
  /// coordinates.
  private func generalised(_ values: [Double]) -> JSONValue {
    let base: [(String, JSONValue)] =
      model.base == .floating ? [("base", array(Array(values[0..<6])))] : []
    return .object(
      base
        + model.jointNames.map { name in
          guard let range = model.coordinates(of: name)?.velocities else { return (name, .null) }
          return (name, range.count == 1 ? .number(values[range.lowerBound]) : array(Array(values[range])))
        })
  }

  private func pose(_ worldFromLink: RigidTransform) -> JSONValue {
    let q = Quaternion(rotation: worldFromLink.rotation)
    return .object([
      ("position", vector(worldFromLink.translation)), ("quaternion", array([q.w, q.x, q.y, q.z])),
    ])
  }

  private func vector(_ v: Vector3) -> JSONValue { array([v.x, v.y, v.z]) }

  private func array(_ values: [Double]) -> JSONValue { .array(values.map { .number($0) }) }

  private func matrix(_ rows: [[Double]]) -> JSONValue { .array(rows.map(array)) }
}
