import ControlCycle
public import JointControl
import RigidBody

/// A joint as experiments found it: what the simulator is to put in the place of the description's numbers.
public struct IdentifiedJoint: Sendable, Equatable {
  /// Inertia that the joint felt where it was excited, rotor and limb, the other joints held by their gains [kg.m^2].
  public var inertia: Double
  /// Frequency at which it was excited [rad/s].
  public var frequency: Double
  /// Coulomb friction [N.m].
  public var coulombFriction: Double
  /// Viscous friction [N.m.s/rad].
  public var viscousFriction: Double

  /// A joint as it was found.
  public init(inertia: Double, frequency: Double, coulombFriction: Double, viscousFriction: Double) {
    self.inertia = inertia
    self.frequency = frequency
    self.coulombFriction = coulombFriction
    self.viscousFriction = viscousFriction
  }
}

extension Robot {
  /// The robot whose joints are as experiments found them, for simulating it.
  ///
  /// The limb's part of the inertia stays the model's, the rotor takes the rest, a tenth of what was described at least. A limb on joints that
  /// their gains hold gives way as the joint is shaken; what it feels of it at the frequency of the experiment is counted. Friction that
  /// grows with the load is in what was found. Torsion, heat and voltage of an actuator's profile are not simulated in such a joint.
  ///
  /// - Parameter found: by index of the joint.
  /// - Returns: the robot to simulate.
  public func twin(_ found: [Int: IdentifiedJoint]) -> Robot {
    var joints = joints
    var armatures = [Double?](repeating: nil, count: joints.count)
    for (index, joint) in found where joints.indices.contains(index) {
      let described = joints[index].actuator.armature
      let limb = feltInertia(of: index, at: joint.frequency) - described
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

  /// The inertia that a joint feels when it is shaken at home, the other joints held by their gains [kg.m^2].
  ///
  /// Of M x'' + D x' + K x = torque the others give way by x = w^2 Z^-1 m, Z = K - w^2 M + i w D, and take w^2 m Z^-1 m with them.
  ///
  /// - Parameters:
  ///   - index: the joint.
  ///   - frequency: of the shaking [rad/s].
  /// - Returns: rotor and limb, with what the others give way.
  public func feltInertia(of index: Int, at frequency: Double) -> Double {
    var pose = [Double](repeating: 0, count: model.positionCount)
    for joint in joints { pose[joint.configuration.velocityIndex] = joint.home }
    let inertias = massMatrix(model, ModelData(model), q: pose)
    let places = joints.map(\.configuration.velocityIndex)
    let others = joints.indices.filter { $0 != index }
    let square = frequency * frequency
    let own = inertias[places[index]]
    // Real parts over imaginary ones.
    let count = others.count
    var rows = [[Double]](repeating: [Double](repeating: 0, count: 2 * count + 1), count: 2 * count)
    for (row, one) in others.enumerated() {
      for (column, other) in others.enumerated() {
        let gains = joints[one].configuration.gains
        let elastic = (one == other ? gains.stiffness : 0) - square * inertias[places[one]][places[other]]
        let damped = one == other ? frequency * gains.damping : 0
        rows[row][column] = elastic
        rows[row][count + column] = -damped
        rows[count + row][column] = damped
        rows[count + row][count + column] = elastic
      }
      rows[row][2 * count] = own[places[one]]
    }
    guard let given = Self.solve(rows) else { return own[places[index]] }
    let way = others.indices.reduce(0) { $0 + own[places[others[$1]]] * given[$1] }
    return own[places[index]] + square * way
  }

  /// Solves equations, the right side last in each row; nil where they have no single solution.
  private static func solve(_ equations: [[Double]]) -> [Double]? {
    var rows = equations
    let count = rows.count
    for pivot in 0..<count {
      guard let best = (pivot..<count).max(by: { rows[$0][pivot].magnitude < rows[$1][pivot].magnitude }),
        rows[best][pivot].magnitude > 0
      else { return nil }
      rows.swapAt(pivot, best)
      for row in 0..<count where row != pivot {
        let factor = rows[row][pivot] / rows[pivot][pivot]
        guard factor != 0 else { continue }
        for column in pivot...count { rows[row][column] -= factor * rows[pivot][column] }
      }
    }
    return rows.indices.map { rows[$0][count] / rows[$0][$0] }
  }
}
