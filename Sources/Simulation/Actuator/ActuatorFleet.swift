public import JointControl

/// Many actuators of one kind with an inertia each, stepped together: what a benchmark times.
public struct ActuatorFleet: ~Copyable {
  private let joints: UnsafeMutablePointer<ActuatorDynamics>
  private let count: Int
  private let step: Double
  private let load: Double
  private var positions: [Double]
  private var velocities: [Double]
  private let supply: Double
  private let torque: Double

  /// Actuators at rest.
  ///
  /// - Parameters:
  ///   - model: the actuator of each.
  ///   - count: how many.
  ///   - step: time of one mechanical step [s].
  ///   - substeps: steps of a motor's current in one of those.
  ///   - load: inertia on each joint [kg.m^2].
  public init(_ model: ActuatorModel, count: Int, step: Double, substeps: Int, load: Double) {
    self.count = count
    self.step = step
    self.load = load
    joints = .allocate(capacity: max(count, 1))
    for joint in 0..<count {
      (joints + joint).initialize(
        to: ActuatorDynamics(model, joint: 0, step: step, substeps: substeps, rule: .semiImplicit))
    }
    positions = Array(repeating: 0, count: count)
    velocities = Array(repeating: 0, count: count)
    supply = model.motor.supplyVoltage
    torque = 0.5 * model.peakTorque
  }

  deinit { joints.deallocate() }

  /// Advances all by some steps, each driven to and fro with half of its peak torque by a law of its own.
  ///
  /// - Parameter steps: mechanical steps.
  /// - Returns: the sum of all positions, so that nothing is left out [rad].
  public mutating func advance(steps: Int) -> Double {
    for _ in 0..<steps {
      for joint in 0..<count {
        // A spring to a place of its own, beyond the peak at first: the motors saturate, brake and come to rest in turn.
        let target = positions[joint] > 0 ? -1.0 : 1.0
        let demand = torque * target - 0.02 * torque * velocities[joint]
        let given = joints[joint].prepare(
          joint: positions[joint], velocity: velocities[joint], demand: demand, supply: supply)
        let acceleration = given / (load + joints[joint].addedInertia)
        joints[joint].finish(acceleration: acceleration)
        velocities[joint] += step * acceleration
        positions[joint] += step * velocities[joint]
      }
    }
    return positions.reduce(0, +)
  }
}
