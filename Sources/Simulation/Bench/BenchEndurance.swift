import JointControl

extension JointBench {
  static let enduranceMethod = """
    From 25 degree Celsius on the motor makes a constant torque, its rotor turning or standing where one phase carries the \
    peak. Times are those until the hottest phase is where the drive begins to derate, and where it trips. Continuous torque \
    is the highest with which the winding of a turning rotor stays below either for ever. Friction that does not depend on \
    load is left out.
    """

  static let heatMethod = """
    The motor's copper loss is held at a power from ambient temperature on, and the temperatures of winding and housing are \
    read: the first millisecond gives the winding's capacity, what they are after very long the two resistances, and what is \
    left of the energy when the housing is half warm its capacity.
    """

  func measureEndurance(_ test: inout BenchRecord.Test) {
    guard !isDriven, let thermal = model.thermal else {
      test.missing = isDriven ? "the part has no motor" : "the profile describes no heat"
      return
    }
    for (key, title, temperature) in [
      ("below_derating", "continuous torque below derating", thermal.derate),
      ("below_trip", "continuous torque below the trip", thermal.trip),
    ] {
      let current = continuousCurrent(to: temperature)
      test.figures += [
        BenchRecord.Figure(
          key: "continuous_\(key)_nm", title: title, value: current.map(model.outputTorque), unit: "N.m"),
        BenchRecord.Figure(
          key: "continuous_\(key)_a", title: "its current, amplitude", value: current, unit: "A"),
      ]
    }
    let continuous = continuousCurrent(to: thermal.trip) ?? 0
    let peak = model.outputTorque(current: model.motor.peakCurrent)
    let torques = Self.graded(1.06 * model.outputTorque(current: continuous), peak, points(12, 3))
    var series: [BenchRecord.Series] = []
    for isTurning in [true, false] {
      let runs = torques.map { torque in
        OverloadRun(model, torque: torque, isTurning: isTurning)?.times(to: [thermal.derate, thermal.trip])
          ?? []
      }
      for (index, what) in ["derating", "trip"].enumerated() {
        let points = zip(torques, runs).filter { index < $1.count && $1[index] < .infinity }
        series.append(
          BenchRecord.Series(
            title: "to \(what), \(isTurning ? "turning" : "standing")", points: points.map { ($0, $1[index]) }
          ))
      }
    }
    let share = min(1, continuous / model.motor.peakCurrent)
    let held = [1.0, 0.7, 0.5].map { part in
      BenchRecord.Series(
        title: "\(Self.percent(part)) of peak asked for",
        points: OverloadRun(model, torque: part * peak, isTurning: true)?.derated(
          continuous: share, for: resolution.isFine ? 3600 : 60) ?? [])
    }
    test.curves = [
      BenchRecord.Curve(
        key: "time_over_torque", title: "Time to derating and to the trip",
        x: BenchRecord.Axis(title: "torque on the joint", unit: "N.m"),
        y: BenchRecord.Axis(title: "time from 25 degree", unit: "s", isLogarithmic: true), series: series),
      BenchRecord.Curve(
        key: "derated_torque", title: "Torque that is left under derating, rotor turning",
        x: BenchRecord.Axis(title: "time", unit: "s", isLogarithmic: true),
        y: BenchRecord.Axis(title: "torque on the joint", unit: "N.m"), series: held),
    ]
    for (quantity, isTurning) in [(PrintedNumber.Quantity.overloadTurning, true), (.overloadStanding, false)]
    {
      for number in printed(quantity) {
        let way = isTurning ? "turning" : "standing"
        let run = OverloadRun(model, torque: number.at ?? 0, isTurning: isTurning)
        test.figures.append(
          BenchRecord.Figure(
            key: "overload_\(way)_at_\(Int(number.at ?? 0))_nm_s",
            title: "time to the trip at \(number.at ?? 0) N.m, \(way)",
            value: run?.times(to: [thermal.trip]).first.flatMap { $0 < .infinity ? $0 : nil }, unit: "s",
            printed: number))
      }
    }
  }

  /// Current with which a turning rotor's winding ends at a temperature, however long it takes [A]; nil without heat.
  func continuousCurrent(to temperature: Double) -> Double? {
    guard var thermal = model.thermal else { return nil }
    (thermal.coil, thermal.tooth) = (.none, .none)
    // So long a step that each ends at the rest its power has.
    let step =
      100 * (thermal.housingCapacity + thermal.windingCapacity)
      * (thermal.housingToAmbient + thermal.windingToHousing)
    func ends(_ current: Double) -> Double {
      var heat = WindingHeat(thermal, polePairs: model.motor.polePairs, step: step)
      for _ in 0..<200 {
        let before = heat.temperature
        let loss = model.motor.powerFactor * model.motor.resistance(at: before) * current * current
        heat.advance(power: loss, angle: 0)
        let gained = heat.temperature - before
        if heat.temperature > 10 * thermal.trip || gained < 1e-10 { break }
      }
      return heat.temperature
    }
    var (low, high) = (0.0, model.motor.peakCurrent)
    if ends(high) <= temperature { return high }
    for _ in 0..<50 {
      let middle = 0.5 * (low + high)
      if ends(middle) <= temperature { low = middle } else { high = middle }
    }
    return low
  }

  func measureHeat(_ test: inout BenchRecord.Test) {
    guard !isDriven, let thermal = model.thermal else {
      test.missing = isDriven ? "the part has no motor" : "the profile describes no heat"
      return
    }
    let pairs = model.motor.polePairs
    let power = 0.5 * (thermal.trip - thermal.ambient) / (thermal.windingToHousing + thermal.housingToAmbient)
    let blink = 1e-3
    var first = WindingHeat(thermal.averaged, polePairs: pairs, step: blink)
    first.advance(power: power, angle: 0)
    let windingCapacity = power * blink / first.winding
    var last = WindingHeat(thermal.averaged, polePairs: pairs, step: 1e7)
    for _ in 0..<10 { last.advance(power: power, angle: 0) }
    let inner = (last.winding - last.housing) / power
    let outer = last.housing / power
    let step = resolution.isFine ? 0.02 : 0.2
    var heat = WindingHeat(thermal.averaged, polePairs: pairs, step: step)
    var (time, left) = (0.0, 0.0)
    var trace: [(time: Double, winding: Double, housing: Double)] = [(0, thermal.ambient, thermal.ambient)]
    var next = 0.1
    while heat.housing < 0.5 * last.housing {
      let before = heat.housing
      heat.advance(power: power, angle: 0)
      left += 0.5 * (before + heat.housing) / outer * step
      time += step
      if time >= next {
        trace.append((time, heat.temperature, heat.housingTemperature))
        next = time * 1.05
      }
    }
    let housingCapacity = (power * time - windingCapacity * heat.winding - left) / heat.housing
    test.figures = [
      BenchRecord.Figure(key: "power_w", title: "copper loss held", value: power, unit: "W"),
      BenchRecord.Figure(
        key: "winding_to_housing_k_per_w", title: "resistance from winding to housing", value: inner,
        unit: "K/W"),
      BenchRecord.Figure(
        key: "housing_to_ambient_k_per_w", title: "resistance from housing to what is around", value: outer,
        unit: "K/W"),
      BenchRecord.Figure(
        key: "winding_capacity_j_per_k", title: "heat capacity of the winding", value: windingCapacity,
        unit: "J/K"),
      BenchRecord.Figure(
        key: "housing_capacity_j_per_k", title: "heat capacity of the housing", value: housingCapacity,
        unit: "J/K"),
      BenchRecord.Figure(
        key: "winding_time_constant_s", title: "time constant of the winding", value: windingCapacity * inner,
        unit: "s",
        printed: printed(.windingTimeConstant).first),
      BenchRecord.Figure(
        key: "housing_time_constant_s", title: "time constant of the housing", value: housingCapacity * outer,
        unit: "s",
        printed: printed(.housingTimeConstant).first),
    ]
    test.curves = [
      BenchRecord.Curve(
        key: "temperature_over_time", title: "Temperatures under a constant loss",
        x: BenchRecord.Axis(title: "time", unit: "s"),
        y: BenchRecord.Axis(title: "temperature", unit: "degree Celsius"),
        series: [
          BenchRecord.Series(title: "winding", points: trace.map { ($0.time, $0.winding) }),
          BenchRecord.Series(title: "housing", points: trace.map { ($0.time, $0.housing) }),
        ])
    ]
  }
}

extension ThermalModel {
  /// The same heat as a turning rotor has it.
  fileprivate var averaged: ThermalModel {
    var model = self
    (model.coil, model.tooth) = (.none, .none)
    return model
  }
}

extension JointBench.Resolution {
  /// Whether it is for a report.
  var isFine: Bool {
    switch self {
    case .fine: true
    case .coarse: false
    }
  }
}
