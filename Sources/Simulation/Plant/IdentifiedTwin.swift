public import JointControl
import RigidBody

/// A joint as experiments found it: what the simulator is to put in the place of the description's numbers.
public struct IdentifiedJoint: Sendable, Equatable {
  /// Whole inertia at the joint in the pose in which it was identified, rotor and limb [kg.m^2].
  public var inertia: Double
  /// Coulomb friction [N.m].
  public var coulombFriction: Double
  /// Viscous friction [N.m.s/rad].
  public var viscousFriction: Double

  /// A joint as it was found.
  public init(inertia: Double, coulombFriction: Double, viscousFriction: Double) {
    self.inertia = inertia
    self.coulombFriction = coulombFriction
    self.viscousFriction = viscousFriction
  }
}

extension Robot {
  /// The robot whose joints are as experiments found them, for simulating it.
  ///
  /// The limb's part of the inertia stays the model's, the rotor takes the rest, a tenth of what was described at least. Friction that
  /// grows with the load is in what was found. Torsion, heat and voltage of an actuator's profile are not simulated in such a joint.
  ///
  /// - Parameter found: by index of the joint.
  /// - Returns: the robot to simulate.
  public func twin(_ found: [Int: IdentifiedJoint]) -> Robot {
    let data = ModelData(model)
    var pose = [Double](repeating: 0, count: model.positionCount)
    for joint in joints { pose[joint.configuration.velocityIndex] = joint.home }
    let inertias = massMatrix(model, data, q: pose)
    var joints = joints
    var armatures = [Double?](repeating: nil, count: joints.count)
    for (index, joint) in found where joints.indices.contains(index) {
      let place = joints[index].configuration.velocityIndex
      let described = joints[index].actuator.armature
      let limb = inertias[place][place] - described
      let armature = max(joint.inertia - limb, 0.1 * described, 1e-6)
      armatures[index] = armature
      var actuator = joints[index].actuator
      actuator.physics = nil
      let ratio = actuator.reducer.ratio
      actuator.motor.rotorInertia = armature / (ratio * ratio)
      actuator.reducer.coulombFriction = max(0, joint.coulombFriction)
      actuator.reducer.viscousFriction = max(0, joint.viscousFriction)
      actuator.reducer.efficiency = 1
      joints[index].actuator = actuator
    }
    var twin = Robot(
      name: name, period: period, buses: buses, joints: joints,
      model: PlantBody.model(of: self, base: model.base, armatures: armatures), feedforward: feedforward,
      commandTimeout: commandTimeout, schedule: schedule, onBusLoss: onBusLoss)
    twin.contacts = contacts
    twin.supplies = supplies
    twin.poses = poses
    twin.collision = collision
    return twin
  }
}
