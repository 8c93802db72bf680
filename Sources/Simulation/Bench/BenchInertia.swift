import JointControl

extension JointBench {
  static let inertiaMethod = """
    A known inertia is on the joint and the motor's current is zero. A torque from outside lets it gain speed through 30 % of the \
    top speed, a smaller one lets it lose speed through the same; the difference of the torques over that of the accelerations \
    is the inertia, whatever the friction.
    """

  func measureInertia(_ test: inout BenchRecord.Test) {
    let inertia = measuredInertia()
    let ratio = model.reducer.ratio
    test.figures = [
      BenchRecord.Figure(
        key: "inertia_kgm2", title: "inertia of rotor and reducer at the joint", value: inertia,
        unit: "kg.m^2",
        printed: printed(.armature).first),
      BenchRecord.Figure(
        key: "input_inertia_kgm2", title: "the same at the reducer's input", value: inertia / (ratio * ratio),
        unit: "kg.m^2", printed: printed(.inputInertia).first),
    ]
  }

  /// Inertia at the joint from speeding up and slowing down [kg.m^2].
  private func measuredInertia() -> Double {
    let load = model.armature
    let middle = isDriven ? 0.1 : 0.3 * topSpeed
    // So long that what the torsion of a reducer adds is gone before the speeds that are looked at.
    let time = model.reducer.isRigid ? 0.2 : hasErrorLines ? 20.0 : 2.0
    let friction = isDriven ? 0 : -steady(velocity: middle, demand: 0).shaftTorque
    let change = (load + model.armature) * middle / time
    let up = acceleration(friction + change, from: 0.3 * middle, through: middle, load: load)
    let down = acceleration(friction - change, from: 1.7 * middle, through: middle, load: load)
    return 2 * change / (up - down) - load
  }

  /// Mean acceleration while the joint passes a speed [rad/s^2], from the times at three angles. Where the reducer's error is
  /// periodic these are whole turns of the rotor apart, so that the error is the same at each.
  private func acceleration(_ torque: Double, from start: Double, through middle: Double, load: Double)
    -> Double
  {
    let turn = 2 * Double.pi / model.reducer.ratio
    let step = hasErrorLines ? 4 * Self.step : Self.step
    var rig = ActuatorRig(model, load: load, velocity: start, step: step)
    // Friction changes with speed: where there is some, only speeds near the middle are looked at.
    let near = hasErrorLines ? 0.5 : 0.005
    var marks: [(time: Double, angle: Double)] = []
    for number in 1...Int(60 / step) {
      let before = rig.position
      rig.advance(demand: 0, external: torque, supply: model.motor.supplyVoltage)
      let off = rig.velocity / middle - 1
      if start < middle ? off > near : off < -near { break }
      guard off >= -near, off <= near else { continue }
      guard hasErrorLines else {
        marks.append((Double(number) * step, rig.position))
        continue
      }
      let turns = Double(Int(rig.position / turn)) * turn
      guard before < turns, turns <= rig.position else { continue }
      let part = (turns - before) / (rig.position - before)
      marks.append(((Double(number) - 1 + part) * step, turns))
    }
    guard marks.count > 2 else { return .nan }
    let (a, b, c) = (marks[0], marks[marks.count / 2], marks[marks.count - 1])
    let (first, second) = ((b.angle - a.angle) / (b.time - a.time), (c.angle - b.angle) / (c.time - b.time))
    return 2 * (second - first) / (c.time - a.time)
  }
}
