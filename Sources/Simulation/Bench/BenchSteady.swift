import JointControl

/// Means of what the bench reads while a joint turns steadily.
struct BenchSteady {
  /// Torque of the actuator on the joint [N.m].
  var shaftTorque = 0.0
  /// Torque of the motor at the joint, before losses [N.m].
  var motorTorque = 0.0
  /// Power of the motor on its shaft [W].
  var motorPower = 0.0
  /// Power from the supply [W].
  var supplied = 0.0
  /// Current at the end [A].
  var current = 0.0
}

extension JointBench {
  /// Drives the joint at a velocity against a torque of the motor, and reads once all is steady.
  ///
  /// - Parameters:
  ///   - velocity: of the joint [rad/s].
  ///   - demand: torque asked of the motor, at the joint and before losses [N.m].
  ///   - model: the actuator; the bench's own without.
  /// - Returns: the means.
  func steady(velocity: Double, demand: Double, of model: ActuatorModel? = nil) -> BenchSteady {
    let model = model ?? self.model
    var rig = ActuatorRig(model, load: .infinity, velocity: velocity, step: Self.step)
    // Long enough for the current, the torsion, and bristles that slide only after a way.
    let way = velocity == 0 ? 0 : min(1e-2 / velocity.magnitude, 1)
    let settling = max(model.reducer.isRigid ? 0.025 : 0.3, way)
    for _ in 0..<Int(settling / Self.step) { turn(&rig, velocity: velocity, demand: demand) }
    let count = Int((readingTime(velocity: velocity) / Self.step).rounded())
    let supplied = rig.actuator.energies.supplied
    var sums = BenchSteady()
    for _ in 0..<count {
      turn(&rig, velocity: velocity, demand: demand)
      sums.shaftTorque += rig.shaftTorque
      sums.motorTorque += rig.actuator.motorTorque
      sums.motorPower += rig.actuator.motorTorque * rig.actuator.rotorVelocity
    }
    let share = 1 / Double(count)
    return BenchSteady(
      shaftTorque: sums.shaftTorque * share, motorTorque: sums.motorTorque * share,
      motorPower: sums.motorPower * share,
      supplied: (rig.actuator.energies.supplied - supplied) * share / Self.step,
      current: rig.actuator.electrics.current)
  }

  /// One step at a driven velocity.
  func turn(_ rig: inout ActuatorRig, velocity: Double, demand: Double) {
    rig.advance(
      demand: demand + regulator * (velocity - rig.actuator.rotorVelocity), velocity: velocity,
      supply: model.motor.supplyVoltage)
  }

  /// Time over which the bench averages [s]: whole turns of the rotor where the reducer's error is periodic.
  private func readingTime(velocity: Double) -> Double {
    guard hasErrorLines, velocity != 0 else { return 0.01 }
    let speed = model.reducer.ratio * velocity
    return 2 * Double.pi / (speed < 0 ? -speed : speed)
  }
}
