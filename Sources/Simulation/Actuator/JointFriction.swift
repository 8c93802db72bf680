import JointControl

/// Friction of bearings and reducer at a joint: Coulomb friction that can stick, viscous friction, losses that
/// grow with the load.
///
/// Coulomb friction is an elasto-plastic bristle, the element of a Maxwell-slip model (Lampaert, Swevers,
/// Al-Bender: Modification of the Leuven integrated friction model structure, IEEE TAC 47 (2002)): a spring
/// that follows the joint and slips at the Coulomb torque. A joint at rest stays at rest without creep and
/// without chatter, and while it slides the torque is exact. Spring and damper are tuned to the step and to
/// the rotor inertia the joint feels, which bounds the mass matrix from below in every direction, so that
/// explicit integration is stable whatever hangs on the joint.
struct JointFriction: BitwiseCopyable {
  /// Stiffness of a bristle in units of inertia / step^2; an explicit step is stable below 4.
  private static let stiffnessNumber = 0.05
  /// Damping of a sticking bristle in units of inertia / step: critical at the bare rotor.
  private static let dampingNumber = 0.4472135954999579
  /// Highest viscous coefficient in units of inertia / step that is integrated; stable below 2.
  private static let viscousNumber = 0.5
  /// Inertia assumed for a joint without rotor inertia [kg.m^2].
  private static let leastInertia = 1e-4

  private var coulombTorque: Double
  private var viscousCoefficient: Double
  private var drivingLoss: Double
  private var backDrivingLoss: Double
  private let stiffness: Double
  private let damping: Double
  private let step: Double
  private var deflection = 0.0

  /// The friction of an actuator's joint, stepped by `step` [s].
  init(_ actuator: Actuator, step: Double) {
    let inertia = max(actuator.armature, JointFriction.leastInertia)
    let reducer = actuator.reducer
    let efficiency = min(max(reducer.efficiency, 0.01), 1)
    coulombTorque = max(reducer.coulombFriction, 0)
    viscousCoefficient = min(max(reducer.viscousFriction, 0), JointFriction.viscousNumber * inertia / step)
    drivingLoss = 1 - efficiency
    backDrivingLoss = 1 / efficiency - 1
    stiffness = JointFriction.stiffnessNumber * inertia / (step * step)
    damping = JointFriction.dampingNumber * inertia / step
    self.step = step
  }

  /// Makes every friction of an actuator a multiple of what it is; the bristle stays where it is.
  mutating func scale(_ actuator: Actuator, by factor: Double) {
    let sound = JointFriction(actuator, step: step)
    let inertia = max(actuator.armature, JointFriction.leastInertia)
    coulombTorque = factor * sound.coulombTorque
    viscousCoefficient = min(
      factor * sound.viscousCoefficient, JointFriction.viscousNumber * inertia / step)
    drivingLoss = factor * sound.drivingLoss
    backDrivingLoss = factor * sound.backDrivingLoss
  }

  /// Friction torque on the joint over the next step [N.m].
  ///
  /// With efficiency e the joint gets e x motor torque when the motor drives and motor torque / e when the
  /// joint drives the motor: Coulomb friction of (1 - e) and (1/e - 1) times the motor torque.
  mutating func advance(velocity: Double, motorTorque: Double) -> Double {
    let load = motorTorque < 0 ? -motorTorque : motorTorque
    let driving = coulombTorque + drivingLoss * load
    let backDriven = coulombTorque + backDrivingLoss * load
    let high = motorTorque >= 0 ? driving : backDriven
    let low = motorTorque >= 0 ? -backDriven : -driving
    let spring = stiffness * (deflection + step * velocity)
    // The bristle slips where its spring alone would exceed the bound.
    let held = spring > high ? high : spring < low ? low : spring
    deflection = held / stiffness
    let resisting = held + damping * velocity
    let bounded = resisting > high ? high : resisting < low ? low : resisting
    return -(bounded + viscousCoefficient * velocity)
  }
}
