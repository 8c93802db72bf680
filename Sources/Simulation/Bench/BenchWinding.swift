import JointControl

extension JointBench {
  static let windingMethod = """
    Winding at 25 degree Celsius. The joint is driven at 1000 rpm of the rotor, or half of the top speed if that is less, \
    with a small current either way: sum and difference of the powers from the supply give resistance and back-EMF. Torque \
    constants are slopes of torque over current at a hundredth of that speed.
    """

  static let noLoadMethod = """
    The joint carries half of the actuator's own inertia and nothing else. All the torque the drive gives accelerates it \
    until its speed stands.
    """

  static let envelopeMethod = """
    The joint is driven at a speed while the drive asks for its peak torque; what arrives at the shaft is read, with the \
    winding at 25 and at 100 degree Celsius, and for the current that the thermal endurance test finds to be continuous.
    """

  func measureWinding(_ test: inout BenchRecord.Test) {
    guard !isDriven else {
      test.missing = "the part has no motor"
      return
    }
    let ratio = model.reducer.ratio
    let rotorSpeed = min(1000 * Double.pi / 30, 0.5 * model.motor.idealNoLoadSpeed)
    let cool = inChamber(at: 25)
    let factor = model.motor.powerFactor
    let small = 0.05 * ratio * model.motor.torque(current: model.motor.peakCurrent)
    let ahead = steady(velocity: rotorSpeed / ratio, demand: small, of: cool)
    let against = steady(velocity: rotorSpeed / ratio, demand: -small, of: cool)
    let current = 0.5 * (ahead.current - against.current)
    let emf = (ahead.supplied - against.supplied) / (2 * factor * current)
    let resistance = (ahead.supplied + against.supplied) / (2 * factor * current * current)
    let slow = 0.01 * rotorSpeed / ratio
    let (one, two) = (
      steady(velocity: slow, demand: small, of: cool), steady(velocity: slow, demand: 2 * small, of: cool)
    )
    let gained = two.current - one.current
    let isThree = model.motor.winding.isThreePhase
    let perAmpere = (two.shaftTorque - one.shaftTorque) / gained * (isThree ? 2.0.squareRoot() : 1)
    let rotorConstant = (two.motorTorque - one.motorTorque) / ratio / gained
    let cold = resistance / (1 + MotorModel.copperCoefficient * 5)
    let speedPerVolt = rotorSpeed / emf * model.motor.voltageLimit(supply: 1)
    test.figures = [
      BenchRecord.Figure(
        key: "resistance_ohm", title: isThree ? "resistance of a phase" : "resistance", value: resistance,
        unit: "ohm"),
      BenchRecord.Figure(
        key: "back_emf_v_rms_per_krpm",
        title: "back-EMF at 1000 rpm of the rotor, line to line",
        value: isThree ? emf / rotorSpeed * 1000 * Double.pi / 30 * 1.5.squareRoot() : nil, unit: "V rms",
        printed: printed(.backEMF).first,
        note: isThree ? nil : "the profile counts the winding as that of a direct-current motor"),
      BenchRecord.Figure(
        key: "speed_constant_rpm_per_v", title: "speed of the rotor per volt of the supply",
        value: speedPerVolt * 30 / Double.pi, unit: "rpm/V", printed: printed(.speedConstant).first),
      BenchRecord.Figure(
        key: "rotor_torque_constant_nm_per_a", title: "torque constant at the rotor, per amplitude",
        value: rotorConstant, unit: "N.m/A"),
      BenchRecord.Figure(
        key: "torque_constant_nm_per_a",
        title: "torque constant at the joint" + (isThree ? ", per ampere rms" : ""), value: perAmpere,
        unit: "N.m/A",
        printed: printed(.torqueConstant).first),
      BenchRecord.Figure(
        key: "motor_constant_nm_per_sqrt_w", title: "motor constant at the rotor, 20 degree",
        value: rotorConstant / (factor * cold).squareRoot(), unit: "N.m/sqrt(W)",
        printed: printed(.motorConstant).first),
    ]
    for number in printed(.torqueAtCurrent) {
      let asked = ratio * model.motor.torque(current: number.at ?? 0)
      test.figures.append(
        BenchRecord.Figure(
          key: "torque_at_\(Int(number.at ?? 0))_a_nm", title: "torque at the joint at \(number.at ?? 0) A",
          value: steady(velocity: slow, demand: asked, of: cool).shaftTorque, unit: "N.m", printed: number))
    }
  }

  func measureNoLoad(_ test: inout BenchRecord.Test) {
    guard !isDriven else {
      test.missing = "the part has no motor"
      return
    }
    var rig = ActuatorRig(model, load: 0.5 * model.armature, step: Self.step)
    let slice = Int(0.02 / Self.step)
    var trace: [(x: Double, y: Double)] = [(0, 0)]
    var time = 0.0
    while time < 10 {
      let before = rig.velocity
      for number in 1...slice {
        rig.advance(demand: peakDemand, supply: model.motor.supplyVoltage)
        if time < 1, number % (slice / 10) == 0 {
          trace.append((time + Double(number) * Self.step, rig.velocity))
        }
      }
      time += 0.02
      let gained = rig.velocity - before
      if time > 0.1, gained < 1e-7 * rig.velocity, gained > -1e-7 * rig.velocity { break }
    }
    test.figures = [
      BenchRecord.Figure(
        key: "no_load_speed_rpm", title: "speed without load", value: rig.velocity * 30 / Double.pi,
        unit: "rpm",
        printed: printed(.noLoadSpeed).first),
      BenchRecord.Figure(
        key: "no_load_current_a", title: "current there, amplitude", value: rig.actuator.electrics.current,
        unit: "A"),
    ]
    test.curves = [
      BenchRecord.Curve(
        key: "run_up", title: "Run-up without load", x: BenchRecord.Axis(title: "time", unit: "s"),
        y: BenchRecord.Axis(title: "speed of the joint", unit: "rad/s"),
        series: [BenchRecord.Series(title: "joint", points: trace)])
    ]
  }

  /// Torque that a drive which is asked for its peak torque asks of the motor, at the joint and before losses [N.m].
  var peakDemand: Double { model.peakTorque / model.reducer.drivingEfficiency }

  func measureEnvelope(_ test: inout BenchRecord.Test) {
    guard !isDriven else {
      test.missing = "the part has no motor"
      return
    }
    let speeds = Self.spaced(0.002 * topSpeed, topSpeed, points(33, 7))
    let (cool, hot) = (inChamber(at: 25), inChamber(at: 100))
    func torques(_ demand: Double, _ model: ActuatorModel) -> [(x: Double, y: Double)] {
      speeds.map { ($0, steady(velocity: $0, demand: demand, of: model).shaftTorque) }.filter { $0.1 > 0 }
    }
    let peak = torques(peakDemand, cool)
    var series = [
      BenchRecord.Series(title: "peak, winding at 25 degree", points: peak),
      BenchRecord.Series(title: "peak, winding at 100 degree", points: torques(peakDemand, hot)),
    ]
    test.figures = [
      BenchRecord.Figure(
        key: "peak_torque_nm", title: "highest torque", value: peak.map(\.y).max(), unit: "N.m"),
      BenchRecord.Figure(
        key: "peak_power_w", title: "highest power on the shaft", value: peak.map { $0.x * $0.y }.max(),
        unit: "W"),
    ]
    if let thermal = model.thermal, let current = continuousCurrent(to: thermal.trip) {
      let demand = model.reducer.ratio * model.motor.torque(current: current)
      // Its heat is that of the trip by definition.
      let continuous = torques(demand, inChamber(at: thermal.trip))
      series.append(BenchRecord.Series(title: "continuous", points: continuous))
      test.figures.append(
        BenchRecord.Figure(
          key: "continuous_torque_nm", title: "highest continuous torque", value: continuous.map(\.y).max(),
          unit: "N.m"))
    } else {
      test.figures.append(
        BenchRecord.Figure(
          key: "continuous_torque_nm", title: "highest continuous torque", value: nil, unit: "N.m",
          note: "the profile describes no heat"))
    }
    for number in printed(.torqueAtSpeed) {
      let speed = (number.at ?? 0) * Double.pi / 30
      test.figures.append(
        BenchRecord.Figure(
          key: "torque_at_\(Int(number.at ?? 0))_rpm_nm",
          title: "peak torque at \(number.at ?? 0) rpm, winding at 100 degree",
          value: steady(velocity: speed, demand: peakDemand, of: hot).shaftTorque, unit: "N.m",
          printed: number))
    }
    test.curves = [
      BenchRecord.Curve(
        key: "torque_over_speed", title: "Torque over speed",
        x: BenchRecord.Axis(title: "speed of the joint", unit: "rad/s"),
        y: BenchRecord.Axis(title: "torque on the joint", unit: "N.m"), series: series)
    ]
  }
}
