public import ControlCycle
internal import RigidBody

extension FrictionCompensation.Gains {
  /// The friction of an actuator, from the object that the simulator integrates.
  ///
  /// - Parameters:
  ///   - actuator: the actuator.
  ///   - temperature: temperature of the reducer's grease [degree Celsius].
  ///   - share: part that is to be compensated.
  ///   - width: velocity over which the sign changes [rad/s].
  public init(_ actuator: ActuatorModel, temperature: Double = 25, share: Double = 1, width: Double = 0.05) {
    let (friction, reducer) = (actuator.friction, actuator.reducer)
    let iron = actuator.motor.ironDrag * reducer.ratio * reducer.ratio
    self.init(
      coulomb: friction.coulomb, breakaway: friction.breakaway, stribeckVelocity: friction.stribeckVelocity,
      viscous: friction.viscous(at: temperature) + iron,
      drivingLoss: reducer.loadShare(isDriving: true), backDrivingLoss: reducer.loadShare(isDriving: false),
      share: share, width: width)
  }
}

extension RippleTable {
  /// The transmission error of a reducer by the angle of its rotor, at the joint [rad].
  ///
  /// - Parameters:
  ///   - reducer: the reducer, with its lines.
  ///   - count: entries over a turn of the rotor.
  ///   - gains: how much is compensated and learnt.
  public init(_ reducer: ReducerModel, count: Int = 256, gains: Gains = Gains()) {
    let (first, second) = reducer.lines
    self.init(count: count, gains: gains) { angle in
      first.amplitude * SineCosine(of: first.order * angle + first.phase).sine
        + second.amplitude * SineCosine(of: second.order * angle + second.phase).sine
    }
  }
}
