import JointControl
import RigidBody
import Simulation

/// The body of a robot let go from states of a file: its plant alone, without drives, buses and loop.
struct ModelRoll {
  /// Where one roll was, sample by sample.
  struct Course {
    var times: [Double] = []
    /// By joint, in the robot's order.
    var positions: [[Double]]
    var velocities: [[Double]]
    /// Position and quaternion of a base that floats.
    var base: [[Double]] = []
  }

  let robot: Robot
  /// Time of one step [ns].
  let step: Int64
  /// Steps between two samples, and samples after the first.
  let stride: Int
  let samples: Int
  /// Whether the base floats, in free flight: there is no ground.
  var isFree = false

  /// The robot's model with its base as asked, for the states of a file.
  static func model(of robot: Robot, isFree: Bool) throws(Failure) -> Model {
    let own = robot.model
    if !isFree { return own }
    do throws(ModelError) {
      return try Model(
        name: own.name, links: own.links, joints: own.joints, base: .floating, gravity: own.gravity,
        requiresPhysicalInertia: false)
    } catch {
      throw Failure(
        kind: "model", location: own.name, message: "its base cannot float: \(error)",
        fix: "leave out --free",
        code: Failure.badDescription)
    }
  }

  /// States as `sinew model eval` reads them; without a file, the homes at rest.
  static func starts(
    _ path: String?, of robot: Robot, isFree: Bool = false
  ) throws(Failure) -> [EvaluationRequest.State] {
    let model = try model(of: robot, isFree: isFree)
    guard let path else {
      var q = model.zeroPosition
      for joint in robot.joints { q[joint.configuration.velocityIndex + (isFree ? 7 : 0)] = joint.home }
      let zeros = [Double](repeating: 0, count: model.velocityCount)
      return [EvaluationRequest.State(q: q, v: zeros, a: zeros, tau: zeros, wrenches: nil)]
    }
    let request = try EvaluationRequest.load(path, for: model)
    for (index, state) in request.states.enumerated() {
      guard state.wrenches == nil && state.a.allSatisfy({ $0 == 0 }) else {
        throw Failure(
          kind: "states", location: "\(path): states[\(index)]",
          message: "a roll starts from q, v and tau; a and wrenches would go unheard",
          fix: "remove them, or ask sinew model eval", code: Failure.badDescription)
      }
      guard !isFree || state.tau[0..<6].allSatisfy({ $0 == 0 }) else {
        throw Failure(
          kind: "states", location: "\(path): states[\(index)].tau", message: "no motor acts on the base",
          fix: "remove base", code: Failure.badDescription)
      }
    }
    return request.states
  }

  /// Lets the body go from a state; the motors give its `tau` throughout, as far as they can.
  func course(from start: EvaluationRequest.State) -> Course {
    var plant = Plant(robot, step: step, in: Surroundings(base: isFree ? .floating : .held))
    if isFree {
      let turn = Quaternion(w: start.q[3], x: start.q[4], y: start.q[5], z: start.q[6]).normalized
      plant.setBase(
        RigidTransform(rotation: turn.rotation, translation: Self.vector(start.q[0..<3])),
        angular: Self.vector(start.v[0..<3]), linear: Self.vector(start.v[3..<6]))
    }
    let (inPositions, inVelocities) = isFree ? (7, 6) : (0, 0)
    let count = robot.joints.count
    var demands = [Double](repeating: 0, count: count)
    for (index, joint) in robot.joints.enumerated() {
      let place = joint.configuration.velocityIndex
      plant.setState(
        of: index, position: start.q[place + inPositions], velocity: start.v[place + inVelocities])
      let transmission = joint.configuration.transmission
      demands[index] = start.tau[place + inVelocities] / (transmission.sign * transmission.ratio)
    }
    let none = [[Double]](repeating: [], count: count)
    var course = Course(positions: none, velocities: none)
    for sample in 0...samples {
      course.times.append(Double(plant.time) * 1e-9)
      for joint in 0..<count {
        course.positions[joint].append(plant.position(of: joint))
        course.velocities[joint].append(plant.velocity(of: joint))
      }
      if isFree { course.base.append(Self.numbers(plant.basePose)) }
      if sample == samples { break }
      demands.withUnsafeBufferPointer { demands in
        guard let demands = demands.baseAddress else { return }
        for _ in 0..<stride { plant.advance(demands: demands) }
      }
    }
    return course
  }

  /// For machines.
  func json(_ courses: [Course]) -> JSONValue {
    .object([
      ("schema", "sinew.model.roll/1"), ("robot", .string(robot.name)), ("step_ns", .integer(step)),
      ("joints", .object(robot.joints.map { ($0.name, Self.json(of: $0)) })),
      (
        "rolls",
        .array(
          courses.map { course in
            .object(
              [
                ("times_s", Self.array(course.times)), ("positions_rad", object(course.positions)),
                ("velocities_rad_s", object(course.velocities)),
              ] + (isFree ? [("base", .array(course.base.map(Self.array)))] : []))
          })
      ),
    ])
  }

  /// For people: where each joint began and ended.
  func text(_ courses: [Course]) -> String {
    var out = ""
    for (index, course) in courses.enumerated() {
      out += courses.count > 1 ? "state \(index)\n" : ""
      var table = TextTable([
        "joint", "rad", "rad/s", "after \(RunReport.fixed(course.times.last ?? 0, 3)) s rad", "rad/s",
      ])
      for (joint, name) in robot.joints.map(\.name).enumerated() {
        let ends = [
          course.positions[joint].first, course.velocities[joint].first, course.positions[joint].last,
          course.velocities[joint].last,
        ]
        table.append([name] + ends.map { RunReport.fixed($0 ?? 0, 5) })
      }
      out += table.text
    }
    return out + "\nsteps of \(RunReport.fixed(Double(step) / 1000, 3)) us; --json has the course.\n"
  }

  /// What the plant integrates for a joint.
  private static func json(of joint: RobotJoint) -> JSONValue {
    let reducer = joint.actuator.reducer
    return .object([
      ("armature_kg_m2", .number(joint.actuator.armature)),
      ("viscous_nms_rad", .number(reducer.viscousFriction)),
      ("coulomb_nm", .number(reducer.coulombFriction)), ("efficiency", .number(reducer.efficiency)),
      ("home_rad", .number(joint.home)), ("has_profile", .boolean(joint.actuator.physics != nil)),
    ])
  }

  private func object(_ values: [[Double]]) -> JSONValue {
    .object(zip(robot.joints, values).map { ($0.name, Self.array($1)) })
  }

  private static func vector(_ values: ArraySlice<Double>) -> Vector3 {
    Vector3(x: values[values.startIndex], y: values[values.startIndex + 1], z: values[values.startIndex + 2])
  }

  private static func numbers(_ pose: RigidTransform) -> [Double] {
    let turn = Quaternion(rotation: pose.rotation)
    return [
      pose.translation.x, pose.translation.y, pose.translation.z, turn.w, turn.x, turn.y, turn.z,
    ]
  }

  private static func array(_ values: [Double]) -> JSONValue { .array(values.map { .number($0) }) }
}
