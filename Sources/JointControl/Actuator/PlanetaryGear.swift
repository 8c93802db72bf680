/// A planetary gear of one or more stages: backlash, stiffness of the meshes, a loss a stage in either direction.
public struct PlanetaryGear: Sendable, Equatable {
  /// One stage.
  public struct Stage: Sendable, Equatable {
    /// Turns of the sun per turn of the carrier, its ring held.
    public var ratio: Double
    /// Inertia of what turns with the carrier [kg.m^2, at the carrier].
    public var carrierInertia: Double

    /// A stage.
    public init(ratio: Double, carrierInertia: Double = 0) {
      self.ratio = ratio
      self.carrierInertia = carrierInertia
    }
  }

  /// The stages from the motor on.
  public var stages: [Stage]
  /// Stiffness of all meshes, at the output [N.m/rad]; infinite for a rigid gear.
  public var meshStiffness: Double
  /// Free angle at the output [rad].
  public var backlash: Double
  /// Part of the power that a stage lets through.
  public var stageEfficiency: Double

  /// A planetary gear.
  public init(stages: [Stage], meshStiffness: Double, backlash: Double, stageEfficiency: Double) {
    self.stages = stages
    self.meshStiffness = meshStiffness
    self.backlash = backlash
    self.stageEfficiency = stageEfficiency
  }

  /// Motor turns per output turn.
  public var ratio: Double { stages.reduce(1) { $0 * $1.ratio } }

  /// Inertia of all carriers, at the output [kg.m^2].
  public var inertia: Double {
    var after = 1.0
    var sum = 0.0
    for stage in stages.reversed() {
      sum += stage.carrierInertia * after * after
      after *= stage.ratio
    }
    return sum
  }

  /// What the simulator and the controller share.
  public var model: ReducerModel {
    var model = ReducerModel(ratio: ratio)
    model.inertia = inertia
    model.stiffness = (meshStiffness, meshStiffness, meshStiffness)
    model.backlash = meshStiffness < .infinity ? backlash : 0
    let efficiency = stages.reduce(1) { product, _ in product * stageEfficiency }
    model.drivingEfficiency = efficiency
    // A stage that loses a part of the driven torque as friction loses it from the other side too.
    model.backDrivingEfficiency = stages.reduce(1) { product, _ in
      product * max(0.05, 2 - 1 / stageEfficiency)
    }
    return model
  }
}
