import CServoWire
import ControlCycle

/// A command of a simulated Damiao drive in one of its modes but MIT: a target with its bounds, nothing before the first.
struct DamiaoBounds: BitwiseCopyable, Sendable {
  /// [rad]; nil in velocity mode.
  private var position: Double?
  /// Target, or bound beside a position [rad/s].
  private var velocity = 0.0
  /// Part of the largest torque.
  private var share = 1.0
  private var isThere = false

  init() {}

  /// The command in the data of a frame of a mode; one that holds no finite number is none.
  init(mode: UInt32, _ data: UnsafePointer<UInt8>) {
    let isForce = mode == DAMIAO_CONTROL_MODE_POSITION_FORCE.rawValue
    let floats = damiao_decode_float_command(data)
    let words = damiao_decode_force_command(data)
    let first = Double(Float(bitPattern: floats.first))
    guard first.isFinite else { return }
    switch mode {
    case DAMIAO_CONTROL_MODE_VELOCITY.rawValue: velocity = first
    default:
      position = first
      let bound = isForce ? Double(words.velocity) / 100 : Double(Float(bitPattern: floats.second))
      guard bound.isFinite else { return }
      velocity = bound.magnitude
      if isForce { share = min(1, Double(words.current) / 10_000) }
    }
    isThere = true
  }

  /// Torque of a proportional velocity loop, below a proportional position loop that the speed bounds [N.m].
  func torque(
    at shaft: ShaftMeasurement, zero: Double, positionGain: Double, velocityGain: Double, limit: Double
  ) -> Double {
    guard isThere else { return 0 }
    var target = velocity
    if let position {
      target = max(-velocity, min(velocity, positionGain * (position - (shaft.position - zero))))
    }
    let torque = velocityGain * (target - shaft.velocity)
    guard torque.isFinite else { return 0 }
    return max(-limit * share, min(limit * share, torque))
  }
}
