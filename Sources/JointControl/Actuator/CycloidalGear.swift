/// A cycloidal gear: stiff and without free play, with a ripple at its lobes.
public struct CycloidalGear: Sendable, Equatable {
  /// Lobes of the disc: input turns per output turn.
  public var lobes: Int
  /// Stiffness at the output [N.m/rad].
  public var stiffness: Double
  /// Lost motion: width of the hysteresis loop at no torque [rad].
  public var lostMotion: Double
  /// Amplitude of the ripple at the lobes, at the output [rad].
  public var ripple: Double
  /// Part of the power that passes when the motor drives.
  public var efficiency: Double

  /// A cycloidal gear.
  public init(lobes: Int, stiffness: Double, lostMotion: Double, ripple: Double, efficiency: Double) {
    self.lobes = lobes
    self.stiffness = stiffness
    self.lostMotion = lostMotion
    self.ripple = ripple
    self.efficiency = efficiency
  }

  /// What the simulator and the controller share.
  public var model: ReducerModel {
    var model = ReducerModel(ratio: Double(lobes))
    model.stiffness = (stiffness, stiffness, stiffness)
    model.hysteresisTorque = 0.5 * lostMotion * stiffness
    model.hysteresisTorsion = lostMotion
    // The contact runs past one pin a lobe while the eccentric turns once; and the eccentric itself once a turn.
    model.lines = (
      ReducerModel.Line(order: Double(lobes), amplitude: ripple),
      ReducerModel.Line(order: 1, amplitude: 0.25 * ripple)
    )
    model.drivingEfficiency = efficiency
    model.backDrivingEfficiency = max(0.05, 2 - 1 / efficiency)
    return model
  }
}
