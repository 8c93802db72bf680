import JointControl

extension JointBench {
  static let frictionMethod = """
    The joint is driven at a constant speed in both directions while the motor makes a constant torque; friction is the \
    motor's torque at the joint less the torque on the shaft. Without load the motor's current is zero.
    """

  static let backdrivingMethod = """
    The motor's current is zero. The joint is driven from rest at a creeping speed and the torque that takes is read: the \
    highest is what sets the actuator in motion, the mean of the last quarter what keeps it in motion.
    """

  func measureFriction(_ test: inout BenchRecord.Test) {
    let speeds = [0.001 * topSpeed] + Self.spaced(0.05 * topSpeed, 0.9 * topSpeed, points(18, 3))
    var series: [BenchRecord.Series] = []
    for part in isDriven ? [0.25, 0.5, 1] : [0, 0.25, 0.5] {
      let demand = part * model.peakTorque
      var forth: [(x: Double, y: Double)] = []
      for speed in speeds where !isDriven || speed >= 0.05 * topSpeed {
        let there = steady(velocity: speed, demand: demand)
        // A motor that the supply leaves less torque is not loaded as the curve says.
        guard there.motorTorque >= 0.98 * demand - 1e-9 else { continue }
        let back = steady(velocity: -speed, demand: -demand)
        let friction = 0.5 * (there.motorTorque - there.shaftTorque + back.shaftTorque - back.motorTorque)
        forth.append((speed, friction))
      }
      series.append(
        BenchRecord.Series(
          title: part == 0 ? "no load" : "\(Self.percent(part)) of peak torque", points: forth))
    }
    test.curves = [
      BenchRecord.Curve(
        key: "friction_over_speed", title: "Friction over speed",
        x: BenchRecord.Axis(title: "speed of the joint", unit: "rad/s"),
        y: BenchRecord.Axis(title: "friction at the joint", unit: "N.m"), series: series)
    ]
    if isDriven {
      test.figures = [
        loadFigure(series[1].points, series[2].points, apart: 0.5 * model.peakTorque)
      ]
      test.figures[0].note =
        "the profile describes no friction without load; what is seen is the reducer's loss under load"
      return
    }
    let free = series[0].points
    let (first, last) = (free[0], free[free.count - 1])
    let slope = (last.y - free[1].y) / (last.x - free[1].x)
    test.figures = [
      BenchRecord.Figure(
        key: "no_load_friction_nm", title: "no-load friction at 0.1 % of the top speed", value: first.y,
        unit: "N.m"),
      BenchRecord.Figure(
        key: "viscous_friction_nms_per_rad", title: "slope of no-load friction over speed", value: slope,
        unit: "N.m.s/rad"),
      loadFigure(series[1].points, series[2].points, apart: 0.25 * model.peakTorque),
    ]
  }

  private func loadFigure(
    _ some: [(x: Double, y: Double)], _ more: [(x: Double, y: Double)], apart torque: Double
  ) -> BenchRecord.Figure {
    let share = some.isEmpty || more.isEmpty ? nil : (more[0].y - some[0].y) / torque
    return BenchRecord.Figure(
      key: "load_friction_share", title: "friction that each N.m of the driving motor adds", value: share,
      unit: "")
  }

  func measureBackdriving(_ test: inout BenchRecord.Test) {
    if isDriven {
      test.missing = "the profile describes no friction without load"
      return
    }
    let reading = backdriven()
    test.figures = [
      BenchRecord.Figure(
        key: "breakaway_nm", title: "torque that sets it in motion", value: reading.highest, unit: "N.m"),
      BenchRecord.Figure(
        key: "running_nm", title: "torque that keeps it in motion", value: reading.running, unit: "N.m"),
      BenchRecord.Figure(
        key: "rotor_friction_nm", title: "the same at the rotor",
        value: reading.running / model.reducer.ratio,
        unit: "N.m"),
    ]
    test.curves = [
      BenchRecord.Curve(
        key: "backdriving_over_angle", title: "Torque from rest on",
        x: BenchRecord.Axis(title: "angle of the joint", unit: "rad"),
        y: BenchRecord.Axis(title: "torque on the joint", unit: "N.m"),
        series: [BenchRecord.Series(title: "driven joint", points: reading.trace)])
    ]
  }

  /// Torque against a joint that creeps from rest [N.m].
  func backdriven() -> (highest: Double, running: Double, trace: [(x: Double, y: Double)]) {
    // Slow enough that what winds up before the rotor lets go does not swing far over.
    let (speed, time) = model.reducer.isRigid ? (1e-3, 0.2) : (2e-4, 16.0)
    var rig = ActuatorRig(model, load: .infinity, step: Self.step)
    let count = Int(time / Self.step)
    let every = count / 200
    var highest = 0.0
    var sum = 0.0
    var trace: [(x: Double, y: Double)] = [(0, 0)]
    for number in 1...count {
      turn(&rig, velocity: speed, demand: 0)
      let torque = -rig.shaftTorque
      if torque > highest { highest = torque }
      if number > count - count / 4 { sum += torque }
      if number % every == 0 { trace.append((rig.position, torque)) }
    }
    return (highest, sum / Double(count / 4), trace)
  }

  /// A part as whole percents.
  static func percent(_ part: Double) -> String { "\(Int(100 * part + 0.5)) %" }
}
