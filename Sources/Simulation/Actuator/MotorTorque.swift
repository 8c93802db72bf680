import JointControl

/// Torque a motor makes of the torque its drive asks for: current loop and torque-speed limit.
///
/// All values stand at the joint, before the losses of the reducer.
struct MotorTorque: BitwiseCopyable {
  /// Closed-loop bandwidth of the current control [Hz]. Pole-zero cancellation makes the loop first order,
  /// w / (s + w); vendors set 1 kHz and more for motors of this size.
  static let currentBandwidth = 1000.0

  /// Torque of the motor [N.m].
  private(set) var torque = 0.0
  /// Speed that a supply below its nominal voltage takes from the envelope, negative above it [rad/s].
  private var droop = 0.0
  private let peakTorque: Double
  private let kneeVelocity: Double
  private let noLoadVelocity: Double
  private let decay: Double

  /// A motor at rest, stepped by `step` [s].
  init(_ motor: Motor, step: Double) {
    peakTorque = motor.peakTorque
    kneeVelocity = motor.kneeVelocity
    noLoadVelocity = max(motor.noLoadVelocity, motor.kneeVelocity)
    decay = exponentialDecay(2 * Double.pi * MotorTorque.currentBandwidth * step)
  }

  /// Highest torque in one direction at a velocity along that direction [N.m, rad/s].
  ///
  /// The supply voltage limits a motor that drives: peak torque up to the knee, then along a line to zero at
  /// the no-load velocity. A braking motor has the voltage on its side and keeps the peak torque.
  func limit(alongVelocity velocity: Double) -> Double {
    if velocity <= kneeVelocity { return peakTorque }
    if velocity >= noLoadVelocity { return 0 }
    return peakTorque * (noLoadVelocity - velocity) / (noLoadVelocity - kneeVelocity)
  }

  /// Power that the motor draws at a joint velocity, negative when it gives back [rad/s, W]: the envelope's slope from knee
  /// to no load is the winding's resistance over the square of its torque constant, and its loss that slope times torque
  /// squared.
  func power(velocity: Double) -> Double {
    let slope = peakTorque > 0 ? (noLoadVelocity - kneeVelocity) / peakTorque : 0
    return torque * velocity + slope * torque * torque
  }

  /// Takes the voltage of the supply as a part of the nominal one: back-EMF reaches it at that part of the no-load
  /// velocity, and the line of the envelope, whose slope is the winding's, moves with it.
  mutating func setSupply(_ share: Double) { droop = noLoadVelocity * (1 - share) }

  /// Advances by one step towards the torque asked for, at a joint velocity [N.m, rad/s].
  mutating func advance(towards demand: Double, velocity: Double) -> Double {
    let high = limit(alongVelocity: velocity + droop)
    let low = -limit(alongVelocity: droop - velocity)
    // A drive's arithmetic cannot ask for what is not a number; what it asks for is bounded here.
    let bounded = demand >= low ? (demand <= high ? demand : high) : low
    let next = bounded + decay * (torque - bounded)
    torque = next > high ? high : next < low ? low : next
    return torque
  }
}

/// exp(-x) for x >= 0 from a series and squarings, the same bits everywhere; for set-up, not for the loop.
func exponentialDecay(_ exponent: Double) -> Double {
  guard exponent > 0 else { return 1 }
  var scaled = exponent
  var squarings = 0
  while scaled > 0.125 && squarings < 64 {
    scaled *= 0.5
    squarings += 1
  }
  // Taylor series of exp(scaled), error below 1e-19 at 0.125.
  var term = 1.0
  var sum = 1.0
  for order in 1...12 {
    term *= scaled / Double(order)
    sum += term
  }
  for _ in 0..<squarings { sum *= sum }
  return 1 / sum
}
