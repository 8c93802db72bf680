import JointControl

extension JointBench {
  static let currentStepMethod = """
    The joint is held and the drive asked for a fifth of its peak torque at once; the current is read every 5 us. Rise is \
    from 10 to 90 % of what is asked for, settling the last time it is more than 2 % off.
    """

  static let positionStepMethod = """
    The joint carries an inertia like the actuator's own. The drive's loop (torque = stiffness x error - damping x velocity, \
    at 20 kHz, without feed-forward) is asked for another position at once. Gains are those given, or by the rule that the \
    published gains of Unitree's G1 follow: 10 Hz and a damping ratio of 2 on the armature. Rise, overshoot and settling are of \
    the way it goes until it rests; what friction leaves of the error is a figure of its own.
    """

  func measureCurrentStep(_ test: inout BenchRecord.Test) {
    guard !isDriven else {
      test.missing = "the part has no motor"
      return
    }
    let step = 5e-6
    var rig = ActuatorRig(inChamber(at: 25), load: .infinity, step: step)
    let demand = 0.2 * peakDemand
    let asked = model.motor.current(torque: demand / model.reducer.ratio)
    let count = Int(3 / model.motor.currentBandwidth / step)
    var trace: [(x: Double, y: Double)] = [(0, 0)]
    for number in 1...count {
      rig.advance(demand: demand, velocity: 0, supply: model.motor.supplyVoltage)
      trace.append((Double(number) * step, rig.actuator.electrics.current))
    }
    let metrics = StepMetrics(trace, to: asked)
    test.figures = metrics.figures
    test.figures.append(
      BenchRecord.Figure(
        key: "bandwidth_hz", title: "bandwidth of a loop of first order that rises as fast",
        value: metrics.rise.map { StepMetrics.riseOfFirstOrder / ($0 * 2 * Double.pi) }, unit: "Hz"))
    test.curves = [
      BenchRecord.Curve(
        key: "current_over_time", title: "Current after a step",
        x: BenchRecord.Axis(title: "time", unit: "ms"), y: BenchRecord.Axis(title: "current", unit: "A"),
        series: [
          BenchRecord.Series(title: "asked for", points: [(0, asked), (1000 * (trace.last?.x ?? 0), asked)]),
          BenchRecord.Series(title: "current", points: Self.thinned(trace).map { (1000 * $0.x, $0.y) }),
        ])
    ]
  }

  func measurePositionStep(_ test: inout BenchRecord.Test) {
    guard !isDriven else {
      test.missing = "the part has no motor"
      return
    }
    // Half the peak torque at most, so that the loop and not the limit is seen.
    let target = min(0.2, 0.5 * model.peakTorque / gains.stiffness)
    var rig = ActuatorRig(model, load: model.armature, step: Self.step)
    var trace: [(x: Double, y: Double)] = [(0, 0)]
    let bound = peakDemand
    var saturated = 0
    let count = Int(1.5 / Self.step)
    for number in 1...count {
      let wanted =
        gains.stiffness * (target - rig.actuator.rotor) - gains.damping * rig.actuator.rotorVelocity
      let demand = min(max(wanted, -bound), bound)
      if wanted != demand { saturated += 1 }
      rig.advance(demand: demand, supply: model.motor.supplyVoltage)
      trace.append((Double(number) * Self.step, rig.position))
    }
    let rest = trace.last?.y ?? 0
    let metrics = StepMetrics(trace, to: rest)
    let errors = StepMetrics.errors(trace, to: target)
    test.figures = [
      BenchRecord.Figure(key: "step_rad", title: "step", value: target, unit: "rad"),
      BenchRecord.Figure(
        key: "stiffness_nm_per_rad", title: "stiffness of the loop", value: gains.stiffness, unit: "N.m/rad"),
      BenchRecord.Figure(
        key: "damping_nms_per_rad", title: "damping of the loop", value: gains.damping, unit: "N.m.s/rad"),
    ]
    test.figures += metrics.figures
    test.figures += [
      BenchRecord.Figure(
        key: "rest_error_rad", title: "error that is left at rest", value: target - rest, unit: "rad",
        note: "what friction holds, as the loop has no integral part"),
      BenchRecord.Figure(
        key: "iae_rad_s", title: "integral of the error's magnitude", value: errors.absolute, unit: "rad.s"),
      BenchRecord.Figure(
        key: "itae_rad_s2", title: "the same weighted with time", value: errors.timed, unit: "rad.s^2"),
      BenchRecord.Figure(
        key: "ise_rad2_s", title: "integral of its square", value: errors.squared, unit: "rad^2.s"),
      BenchRecord.Figure(
        key: "saturated_share", title: "part of the time at the torque limit",
        value: Double(saturated) / Double(count),
        unit: ""),
    ]
    test.curves = [
      BenchRecord.Curve(
        key: "position_over_time", title: "Position after a step",
        x: BenchRecord.Axis(title: "time", unit: "s"),
        y: BenchRecord.Axis(title: "position of the joint", unit: "rad"),
        series: [
          BenchRecord.Series(title: "asked for", points: [(0, target), (trace.last?.x ?? 0, target)]),
          BenchRecord.Series(title: "joint", points: Self.thinned(trace)),
        ])
    ]
  }

  /// Every so manieth point, some 300 in all.
  static func thinned(_ trace: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    let every = max(1, trace.count / 300)
    return trace.enumerated().filter { $0.offset % every == 0 || $0.offset == trace.count - 1 }.map(\.element)
  }
}

/// What a step response is judged by.
struct StepMetrics {
  /// Rise of a loop of first order from 10 to 90 %, in units of its time constant: the logarithm of 9.
  static let riseOfFirstOrder = 2.1972245773362196

  /// Time from 10 to 90 % of the way [s]; nil when it never gets there.
  let rise: Double?
  /// How far it goes beyond, as a part of the way.
  let overshoot: Double
  /// When it is within 2 % of the way for good [s]; nil when it never is.
  let settling: Double?

  /// Judges a trace from 0 to `end`.
  init(_ trace: [(x: Double, y: Double)], to end: Double) {
    let parts = trace.map { (x: $0.x, y: $0.y / end) }
    func crossing(_ level: Double) -> Double? {
      guard let place = parts.firstIndex(where: { $0.y >= level }), place > 0 else { return nil }
      let (a, b) = (parts[place - 1], parts[place])
      return a.x + (b.x - a.x) * (level - a.y) / (b.y - a.y)
    }
    let (low, high) = (crossing(0.1), crossing(0.9))
    rise = low.flatMap { low in high.map { $0 - low } }
    // Bristles creep to their rest; that is no overshoot.
    let beyond = (parts.map(\.y).max() ?? 0) - 1
    overshoot = beyond > 1e-6 ? beyond : 0
    let inside = (parts.lastIndex { $0.y < 0.98 || $0.y > 1.02 } ?? -1) + 1
    settling = inside < parts.count ? parts[inside].x : nil
  }

  /// Integrals of the error over the trace: of its magnitude, of that times time, of its square.
  static func errors(_ trace: [(x: Double, y: Double)], to target: Double) -> (
    absolute: Double, timed: Double, squared: Double
  ) {
    var sums = (absolute: 0.0, timed: 0.0, squared: 0.0)
    for (a, b) in zip(trace, trace.dropFirst()) {
      let error = target - 0.5 * (a.y + b.y)
      let magnitude = error < 0 ? -error : error
      sums.absolute += magnitude * (b.x - a.x)
      sums.timed += magnitude * (b.x - a.x) * 0.5 * (a.x + b.x)
      sums.squared += error * error * (b.x - a.x)
    }
    return sums
  }

  /// The three as figures.
  var figures: [BenchRecord.Figure] {
    [
      BenchRecord.Figure(key: "rise_s", title: "rise from 10 to 90 %", value: rise, unit: "s"),
      BenchRecord.Figure(key: "overshoot_percent", title: "overshoot", value: 100 * overshoot, unit: "%"),
      BenchRecord.Figure(
        key: "settling_s", title: "settling within 2 %", value: settling, unit: "s",
        note: settling == nil ? "it is not within 2 % when the test ends" : nil),
    ]
  }
}
