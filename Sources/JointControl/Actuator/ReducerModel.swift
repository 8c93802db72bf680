/// A reducer as physics, whatever its kind: `StrainWave`, `PlanetaryGear` and `CycloidalGear` each make one.
///
/// All values stand at the joint. Torsion is the angle of the rotor's side, divided by the ratio, less that of the joint.
public struct ReducerModel: Sendable, Equatable, BitwiseCopyable {
  /// A periodic error of the angle.
  public struct Line: Sendable, Equatable, BitwiseCopyable {
    /// Periods per turn of the rotor.
    public var order: Double
    /// Amplitude at the joint [rad].
    public var amplitude: Double
    /// Phase at rotor angle 0 [rad].
    public var phase: Double

    /// A line; none without arguments.
    public init(order: Double = 0, amplitude: Double = 0, phase: Double = 0) {
      self.order = order
      self.amplitude = amplitude
      self.phase = phase
    }
  }

  /// Motor turns per joint turn.
  public var ratio: Double
  /// Inertia of wave generator, carriers and gears, at the joint [kg.m^2].
  public var inertia = 0.0
  /// Stiffness up to `firstTorque`, up to `secondTorque` and beyond [N.m/rad]; infinite for a rigid reducer.
  public var stiffness: (first: Double, second: Double, third: Double) = (.infinity, .infinity, .infinity)
  /// Torque up to which the first stiffness holds [N.m].
  public var firstTorque = 0.0
  /// Torque up to which the second stiffness holds [N.m].
  public var secondTorque = 0.0
  /// Damping across the torsion [N.m.s/rad].
  public var damping = 0.0
  /// Angle that the joint can turn freely [rad].
  public var backlash = 0.0
  /// Highest torque of the hysteresis loop, half its height [N.m].
  public var hysteresisTorque = 0.0
  /// Torsion at which the last of the hysteresis slips [rad].
  public var hysteresisTorsion = 0.0
  /// The two strongest lines of the transmission error.
  public var lines = (Line(), Line())
  /// Part of the power that passes when the motor drives, in (0, 1].
  public var drivingEfficiency = 1.0
  /// Part of the power that passes when the joint drives the motor, in (0, 1].
  public var backDrivingEfficiency = 1.0
  /// Torque at which teeth jump [N.m].
  public var ratchetTorque = Double.infinity
  /// Angle that one jump gives way [rad].
  public var toothPitch = 0.0

  /// A rigid reducer without losses; the rest by its properties.
  public init(ratio: Double) { self.ratio = ratio }

  /// Whether the joint follows the rotor without torsion.
  @inlinable public var isRigid: Bool { !(stiffness.first < .infinity) }

  /// Highest stiffness that a torsion can meet, hysteresis included [N.m/rad].
  public var highestStiffness: Double {
    let elastic = max(stiffness.first, max(stiffness.second, stiffness.third))
    return elastic + (hysteresisTorsion > 0 ? 2.5 * hysteresisTorque / hysteresisTorsion : 0)
  }

  /// Torsion under a torque, backlash and hysteresis left out [N.m, rad].
  public func torsion(torque: Double) -> Double {
    if isRigid { return 0 }
    let load = torque < 0 ? -torque : torque
    var angle = min(load, firstTorque) / stiffness.first
    if load > firstTorque { angle += (min(load, secondTorque) - firstTorque) / stiffness.second }
    if load > secondTorque { angle += (load - secondTorque) / stiffness.third }
    return torque < 0 ? -angle : angle
  }

  /// Torque of a torsion, hysteresis left out [rad, N.m]; nothing inside the backlash.
  @inlinable public func torque(torsion: Double) -> Double {
    let magnitude = (torsion < 0 ? -torsion : torsion) - 0.5 * backlash
    if !(magnitude > 0) || isRigid { return 0 }
    let firstAngle = firstTorque / stiffness.first
    let secondAngle = firstAngle + (secondTorque - firstTorque) / stiffness.second
    let torque =
      magnitude <= firstAngle
      ? stiffness.first * magnitude
      : magnitude <= secondAngle
        ? firstTorque + stiffness.second * (magnitude - firstAngle)
        : secondTorque + stiffness.third * (magnitude - secondAngle)
    return torsion < 0 ? -torque : torque
  }

  /// Energy that a torsion stores, hysteresis left out [J].
  public func energy(torsion: Double) -> Double {
    let magnitude = (torsion < 0 ? -torsion : torsion) - 0.5 * backlash
    if !(magnitude > 0) || isRigid { return 0 }
    let firstAngle = firstTorque / stiffness.first
    let secondAngle = firstAngle + (secondTorque - firstTorque) / stiffness.second
    let first = min(magnitude, firstAngle)
    var energy = 0.5 * stiffness.first * first * first
    if magnitude > firstAngle {
      let second = min(magnitude, secondAngle) - firstAngle
      energy += second * (firstTorque + 0.5 * stiffness.second * second)
    }
    if magnitude > secondAngle {
      let third = magnitude - secondAngle
      energy += third * (secondTorque + 0.5 * stiffness.third * third)
    }
    return energy
  }

  /// The same reducer with an elastic shaft or torque sensor behind it [N.m/rad].
  public func inSeries(with shaft: Double) -> ReducerModel {
    var result = self
    func joined(_ own: Double) -> Double { own < .infinity ? own * shaft / (own + shaft) : shaft }
    result.stiffness = (joined(stiffness.first), joined(stiffness.second), joined(stiffness.third))
    return result
  }

  /// Loss that Coulomb friction stands for: with efficiency e the joint gets e x the motor's torque when the motor
  /// drives, and the motor gets e x the joint's torque when the joint drives.
  ///
  /// - Parameter isDriving: whether the motor drives.
  /// - Returns: friction per motor torque, at the joint.
  @inlinable public func loadShare(isDriving: Bool) -> Double {
    isDriving ? 1 - drivingEfficiency : 1 / backDrivingEfficiency - 1
  }

  /// Whether two reducers are the same in every number.
  public static func == (left: ReducerModel, right: ReducerModel) -> Bool {
    left.ratio == right.ratio && left.inertia == right.inertia && left.stiffness == right.stiffness
      && left.firstTorque == right.firstTorque && left.secondTorque == right.secondTorque
      && left.damping == right.damping && left.backlash == right.backlash
      && left.hysteresisTorque == right.hysteresisTorque && left.hysteresisTorsion == right.hysteresisTorsion
      && left.lines == right.lines && left.drivingEfficiency == right.drivingEfficiency
      && left.backDrivingEfficiency == right.backDrivingEfficiency
      && left.ratchetTorque == right.ratchetTorque && left.toothPitch == right.toothPitch
  }
}
