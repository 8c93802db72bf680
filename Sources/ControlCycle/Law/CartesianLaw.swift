import LaneMath

/// Lets joints of one limb hold a frame by `CartesianImpedance`, in the place of what the built-in law asks of them.
///
/// While it is wanted and the robot is armed and follows setpoints, stiffness, damping and torque of the built-in law fade
/// from these joints and the law's torques grow, in `LawOutput.fadeTime`; otherwise the other way round. The joints' commanded
/// motion goes on as the setpoints say: led back to it by the built-in law, they go with its stiffness, within their torque
/// limits. So let the setpoints follow where the limb is before the law goes off.
public struct CartesianLaw: Law, ~Copyable {
  /// The law of the frame. Its limits are those of the joints, and it is switched on and off by this one.
  public var impedance: CartesianImpedance
  /// Whether the frame is to be held.
  public var isWanted = false
  /// 0...1, how far the built-in law has given way.
  public private(set) var share = 0.0
  /// The driven joint behind each joint of the chain.
  let driven: FixedArray<Int>

  @_noLocks init(_ impedance: consuming CartesianImpedance, driven: consuming FixedArray<Int>) {
    self.impedance = impedance
    self.driven = driven
  }

  /// Takes all joints' states, and sets the efforts of the limb.
  @_noLocks public mutating func update(
    _ cycle: Cycle, control: borrowing ControlCycle, efforts: inout JointEfforts
  ) {
    for joint in 0..<control.jointCount {
      let state = control.states[joint]
      impedance.take(control.joints[joint].velocityIndex, position: state.position, velocity: state.velocity)
    }
    for place in 0..<driven.count {
      impedance.setLimit(place, control.joints[driven[place]].limits.torque)
    }
    let isActive = isWanted && control.safety.state.isArmed && !control.safety.isFrozen
    impedance.isOn = isActive
    impedance.update(over: cycle.period)
    let step = cycle.period / LawOutput.fadeTime
    share = clamp(share + (isActive && impedance.state.isOn ? step : -step), 0, 1)
    guard share > 0 else { return }
    for place in 0..<driven.count {
      let joint = driven[place]
      efforts[joint].stiffness *= 1 - share
      efforts[joint].damping *= 1 - share
      efforts[joint].torque = efforts[joint].torque * (1 - share) + impedance[place]
    }
  }
}
