import JointControl
import LaneMath

/// Friction of a joint as it moves: LuGre's bristles, integrated exactly for a velocity that stands over a step.
///
/// An explicit step of z' = v - s0 |v| z / g diverges as soon as it is longer than 2 g / (s0 |v|), which a joint in motion
/// exceeds at any usual rate; its exponential does not.
struct BristleFriction: BitwiseCopyable {
  /// Stiffness a step bears, in units of inertia / step^2; explicit steps are stable below 4.
  private static let stiffnessNumber = 0.05
  /// Damping in units of inertia / step that makes a sticking joint critical at that stiffness.
  private static let dampingNumber = 0.4472135954999579
  /// Highest viscous coefficient in units of inertia / step.
  private static let viscousNumber = 0.5

  /// Deflection of the bristles [rad].
  private(set) var deflection = 0.0
  /// Factor of every friction; 1 is the model's.
  var factor = 1.0
  private let model: FrictionModel
  private let stiffness: Double
  private let damping: Double
  private let step: Double
  private let highestViscous: Double

  /// Friction at rest.
  ///
  /// - Parameters:
  ///   - model: the friction.
  ///   - inertia: the least inertia that the joint can feel [kg.m^2]; bounds what is integrated.
  ///   - step: time of one step [s].
  init(_ model: FrictionModel, inertia: Double, step: Double) {
    self.model = model
    self.step = step
    let stiffest = Self.stiffnessNumber * inertia / (step * step)
    stiffness = model.bristleStiffness > 0 ? min(model.bristleStiffness, stiffest) : stiffest
    let critical = 2 * (stiffness * inertia).squareRoot()
    let damped = model.bristleStiffness > 0 ? model.bristleDamping : critical
    damping = min(damped, Self.dampingNumber * inertia / step)
    highestViscous = Self.viscousNumber * inertia / step
  }

  /// Mean friction over one step, against the motion [N.m].
  ///
  /// - Parameters:
  ///   - velocity: velocity of the joint over the step [rad/s].
  ///   - loadFriction: Coulomb friction that the load adds [N.m].
  ///   - temperature: of the grease [degree Celsius].
  /// - Returns: the friction; its sign is that of the velocity while the joint slides.
  mutating func advance(velocity: Double, loadFriction: Double, temperature: Double) -> Double {
    let speed = velocity < 0 ? -velocity : velocity
    let level = max(factor * (model.level(velocity: velocity) + loadFriction), 1e-12)
    let exponent = stiffness * speed * step / level
    let before = deflection
    let mean: Double
    if exponent > 1e-8 {
      let settled = (velocity < 0 ? -level : level) / stiffness
      let decay = exponential(-exponent)
      deflection = settled + (before - settled) * decay
      mean = settled + (before - settled) * (1 - decay) / exponent
    } else {
      deflection = before + velocity * step
      mean = before + 0.5 * velocity * step
    }
    let rate = (deflection - before) / step
    let viscous = min(factor * model.viscous(at: temperature), highestViscous)
    return stiffness * mean + damping * rate + viscous * velocity
  }
}
