/// A strain-wave gear: soft where only some teeth carry, stiffer with load, with a hysteresis loop and an error at twice
/// the wave generator's turns.
public struct StrainWave: Sendable, Equatable {
  /// Input turns per output turn.
  public var ratio: Double
  /// Stiffness of the three ranges [N.m/rad] and the torques between them [N.m], as catalogues print K1, K2, K3, T1, T2.
  public var stiffness: (first: Double, second: Double, third: Double)
  /// Torque between first and second range [N.m].
  public var firstTorque: Double
  /// Torque between second and third range [N.m].
  public var secondTorque: Double
  /// Hysteresis loss: width of the loop at no torque [rad].
  public var hysteresisLoss: Double
  /// Peak of the transmission error [rad].
  public var accuracy: Double
  /// Inertia of the wave generator [kg.m^2, at the input].
  public var waveGeneratorInertia: Double
  /// Efficiency at rated load, when the motor drives.
  public var efficiency: Double
  /// Torque at which teeth jump [N.m]; infinite when unknown.
  public var ratchetTorque: Double

  /// A strain-wave gear.
  public init(
    ratio: Double, stiffness: (first: Double, second: Double, third: Double), firstTorque: Double,
    secondTorque: Double, hysteresisLoss: Double, accuracy: Double, waveGeneratorInertia: Double,
    efficiency: Double, ratchetTorque: Double
  ) {
    self.ratio = ratio
    self.stiffness = stiffness
    self.firstTorque = firstTorque
    self.secondTorque = secondTorque
    self.hysteresisLoss = hysteresisLoss
    self.accuracy = accuracy
    self.waveGeneratorInertia = waveGeneratorInertia
    self.efficiency = efficiency
    self.ratchetTorque = ratchetTorque
  }

  /// What the simulator and the controller share.
  public var model: ReducerModel {
    var model = ReducerModel(ratio: ratio)
    model.inertia = ratio * ratio * waveGeneratorInertia
    model.stiffness = stiffness
    model.firstTorque = firstTorque
    model.secondTorque = secondTorque
    // Half the loop's width at no torque is what the softest range gives way under the loop's torque.
    model.hysteresisTorque = 0.5 * hysteresisLoss * stiffness.first
    model.hysteresisTorsion = hysteresisLoss
    // The second harmonic of the wave generator dominates, the fourth is of the order of a fifth of it.
    model.lines = (
      ReducerModel.Line(order: 2, amplitude: accuracy / 1.2),
      ReducerModel.Line(order: 4, amplitude: accuracy / 6, phase: 0.5)
    )
    model.drivingEfficiency = efficiency
    model.backDrivingEfficiency = max(0.05, 2 - 1 / efficiency)
    model.ratchetTorque = ratchetTorque
    // The flexspline has two teeth per unit of ratio.
    model.toothPitch = Double.pi / ratio
    return model
  }

  /// Whether two gears are the same in every number.
  public static func == (left: StrainWave, right: StrainWave) -> Bool {
    left.model == right.model
  }
}
