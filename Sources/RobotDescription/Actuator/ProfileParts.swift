import JointControl
import Yams

/// Makes the parts of a profile from their mappings.
struct ProfileParts {
  let log: DiagnosticLog

  /// A motor, and what of its torque stands behind the reducer.
  struct MotorPart {
    var model: MotorModel
    var peakTorque: Double
    var knee: Double
  }

  /// A reducer, and the inertia of its input.
  struct ReducerPart {
    var model: ReducerModel
    var inputInertia: Double
  }

  /// Kinds of reducers by the word used in files.
  enum Kind: String, CaseIterable {
    case planetary
    case strainWave = "strain_wave"
    case cycloidal
    case none
  }

  func motor(_ reader: MappingReader) -> MotorPart? {
    let winding = reader.choice("winding", MotorModel.Winding.self)
    guard let resistance = positive("resistance", reader, most: 100, hint: "ohm"),
      let inductance = positive("inductance", reader, most: 0.1, hint: "henry: 0.275 mH is 2.75e-4"),
      let constant = positive("torque_constant", reader, most: 10, hint: "N.m/A at the rotor"),
      let pairs = positive("pole_pairs", reader, most: 100, hint: "pairs, half the poles"),
      let inertia = positive("rotor_inertia", reader, most: 0.01, hint: "kg.m^2: 1 g.cm^2 is 1e-7"),
      let current = positive("peak_current", reader, most: 1000, hint: "ampere"),
      let torque = positive("peak_torque", reader, most: 5000, hint: "N.m at the joint"),
      let bandwidth = positive("current_bandwidth", reader, most: 10_000, hint: "hertz"),
      let supply = positive("supply_voltage", reader, most: 1000, hint: "volt")
    else { return nil }
    var model = MotorModel(
      resistance: resistance, inductance: inductance, torqueConstant: constant, polePairs: pairs,
      rotorInertia: inertia, peakCurrent: current, currentBandwidth: bandwidth, supplyVoltage: supply)
    model.winding = winding?.value ?? .threePhase
    if reader.node("iron_drag") != nil {
      model.ironDrag =
        positive("iron_drag", reader, most: 1, allowsZero: true, hint: "N.m.s/rad at the rotor") ?? 0
    }
    if reader.node("modulation") != nil {
      model.modulation = positive("modulation", reader, most: 1, hint: "a part") ?? 1
    }
    let knee =
      reader.node("saturation_knee") == nil
      ? 1 : positive("saturation_knee", reader, most: 1, hint: "a part of the peak torque")
    return knee.map { MotorPart(model: model, peakTorque: torque, knee: $0) }
  }

  func thermal(_ reader: MappingReader) -> ThermalModel? {
    guard let winding = positive("winding_capacity", reader, most: 1e6, hint: "J/K"),
      let inner = positive("winding_to_housing", reader, most: 1000, hint: "K/W"),
      let housing = positive("housing_capacity", reader, most: 1e6, hint: "J/K"),
      let outer = positive("housing_to_ambient", reader, most: 1000, hint: "K/W"),
      let derate = reader.number("derate"), let trip = reader.number("trip")
    else { return nil }
    var model = ThermalModel(
      windingCapacity: winding, windingToHousing: inner, housingCapacity: housing, housingToAmbient: outer,
      derate: derate.value, trip: trip.value)
    if let ambient = reader.number("ambient") { model.ambient = ambient.value }
    if !(model.ambient < derate.value && derate.value < trip.value) {
      log.report(
        derate.location,
        "derate \(written(derate.value)) is not between ambient \(written(model.ambient)) and trip \(written(trip.value))",
        fix: "write temperatures in degree Celsius that rise in this order")
    }
    for (name, path) in [("coil", \ThermalModel.coil), ("tooth", \ThermalModel.tooth)] {
      let keys = ["\(name)_capacity", "\(name)_resistance"]
      guard keys.contains(where: { reader.node($0) != nil }) else { continue }
      if let lacking = keys.first(where: { reader.node($0) == nil }) {
        log.report(reader.location, "thermal lacks '\(lacking)'", fix: "write both of \(name), or neither")
        continue
      }
      guard let capacity = positive(keys[0], reader, most: 1e6, hint: "J/K"),
        let resistance = positive(keys[1], reader, most: 1000, hint: "K/W")
      else { continue }
      model[keyPath: path] = ThermalModel.Branch(capacity: capacity, resistance: resistance)
    }
    return model
  }

  func friction(_ reader: MappingReader) -> FrictionModel? {
    guard let coulomb = positive("coulomb", reader, most: 1000, allowsZero: true, hint: "N.m at the joint")
    else {
      return nil
    }
    var model = FrictionModel(coulomb: coulomb)
    func take(
      _ key: String, _ path: WritableKeyPath<FrictionModel, Double>, most: Double, allowsZero: Bool = true
    ) {
      guard reader.node(key) != nil,
        let value = positive(key, reader, most: most, allowsZero: allowsZero, hint: "check the unit")
      else { return }
      model[keyPath: path] = value
    }
    take("breakaway", \.breakaway, most: 1000)
    take("stribeck_velocity", \.stribeckVelocity, most: 100, allowsZero: false)
    take("viscous", \.viscous, most: 1000)
    take("temperature_rate", \.temperatureRate, most: 1)
    take("bristle_stiffness", \.bristleStiffness, most: 1e9)
    take("bristle_damping", \.bristleDamping, most: 1e6)
    if model.breakaway < coulomb {
      log.report(
        reader.place(of: "breakaway"),
        "breakaway \(written(model.breakaway)) is below coulomb \(written(coulomb))",
        fix: "a joint at rest holds at least what it takes to slide: swap or correct them")
    }
    return model
  }

  func encoder(_ reader: MappingReader) -> EncoderModel? {
    guard
      let counts = reader.integer(
        "counts", in: 0...(1 << 26), fix: "write counts per turn, such as 16384 for 14 bits")
    else { return nil }
    var model = EncoderModel(counts: counts.value)
    if let turns = reader.integer(
      "turns", in: 0...65536, fix: "write 1 for a single-turn encoder, 0 for a counter")
    {
      model.turns = turns.value
    }
    if reader.node("noise") != nil {
      model.noise = positive("noise", reader, most: 0.1, allowsZero: true, hint: "rad, one deviation") ?? 0
    }
    if reader.node("latency") != nil {
      model.latency = positive("latency", reader, most: 0.01, allowsZero: true, hint: "seconds") ?? 0
    }
    if reader.node("eccentricity") != nil {
      model.eccentricity = positive("eccentricity", reader, most: 0.1, allowsZero: true, hint: "rad") ?? 0
    }
    if let offset = reader.number("offset") { model.offset = offset.value }
    return model
  }

  /// The number at a key, above zero and at most `most`; `hint` says its unit.
  func positive(
    _ key: String, _ reader: MappingReader, most: Double, allowsZero: Bool = false, hint: String
  ) -> Double? {
    guard let number = reader.number(key) else { return nil }
    if (number.value > 0 || (allowsZero && number.value == 0)) && number.value <= most { return number.value }
    log.report(
      number.location,
      "\(key) is \(written(number.value)), not \(allowsZero ? "from" : "above") 0 \(allowsZero ? "" : "and ")up to "
        + written(most), fix: "write it in \(hint)")
    return nil
  }
}
