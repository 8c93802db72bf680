import JointControl
import RigidBody

/// The model that a plant integrates, and how it is made of a robot's.
///
/// The plant's own: its base may float where the robot's is held, and a joint carries what its actuator leaves it.
struct PlantBody {
  /// Inertia of a joint that cannot move [kg.m^2]: so large that no torque of a robot moves it by a bit that counts.
  static let blockedInertia = 1e9

  let model: Model
  let data: ModelData

  init(_ model: Model) {
    self.model = model
    data = ModelData(model)
  }

  /// The model of a robot.
  ///
  /// - Parameters:
  ///   - robot: the robot.
  ///   - base: whether the base floats.
  ///   - armatures: inertia that each driven joint carries for its actuator [kg.m^2]; nil where it is the model's own.
  ///   - masses: mass beside that of each driven joint's link, at its centre of mass [kg].
  /// - Returns: the robot's own model where nothing differs from it, else one of the same joints.
  static func model(
    of robot: Robot, base: Base, armatures: [Double?], masses: [Double] = []
  ) -> Model {
    let own = robot.model
    if base == own.base && armatures.allSatisfy({ $0 == nil }) && masses.allSatisfy({ $0 == 0 }) {
      return own
    }
    var joints = own.joints
    var links = own.links
    for index in robot.joints.indices {
      guard let place = joints.firstIndex(where: { $0.name == robot.joints[index].name }) else { continue }
      if let armature = armatures[index] { joints[place].armature = armature }
      guard masses.indices.contains(index), masses[index] != 0,
        let link = links.firstIndex(where: { $0.name == joints[place].child }),
        let inertia = links[link].inertia
      else { continue }
      // A point mass at the centre of mass leaves the moments about it. What is taken away leaves something.
      links[link].inertia?.mass = max(inertia.mass + masses[index], 1e-3 * inertia.mass)
    }
    do throws(ModelError) {
      return try Model(
        name: own.name, links: links, joints: joints, base: base, gravity: own.gravity,
        requiresPhysicalInertia: false, laneWidth: base == own.base ? own.laneWidth : nil)
    } catch {
      preconditionFailure("a model with other inertias is a model: \(error)")
    }
  }
}

extension Plant {
  /// The model of a robot whose joints carry what their actuators leave them: the reducers' torsion takes the rest of the
  /// rotor. The robot's own where no actuator is integrated and its base is held.
  static func model(of robot: Robot, step: Double, base: Base = .fixed) -> Model {
    PlantBody.model(
      of: robot, base: base, armatures: robot.joints.map { PlantActuator.addedInertia(of: $0, step: step) })
  }
}

extension Model {
  /// The link that no joint moves.
  var rootLink: Int {
    let children = Set(joints.map(\.child))
    return linkNames.firstIndex { !children.contains($0) } ?? 0
  }
}
