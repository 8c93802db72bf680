import JointControl
import Yams

extension ProfileParts {
  /// A reducer by its kind; what another kind has is refused.
  func reducer(_ reader: MappingReader) -> ReducerPart? {
    guard let kind = reader.choice("kind", Kind.self) else { return nil }
    let own: [String]
    switch kind.value {
    case .planetary: own = ["stages", "carrier_inertias", "stage_efficiency", "mesh_stiffness", "backlash"]
    case .strainWave:
      own = [
        "ratio", "stiffness", "torques", "hysteresis_loss", "accuracy", "input_inertia", "efficiency",
        "ratchet_torque",
      ]
    case .cycloidal: own = ["lobes", "stiffness", "hysteresis_loss", "ripple", "efficiency"]
    case .none: own = []
    }
    for entry in reader.entries where !(own + ["kind", "damping", "shaft_stiffness"]).contains(entry.value) {
      log.report(
        entry.location, "a reducer of kind \(kind.value.rawValue) has no '\(entry.value)'",
        fix: own.isEmpty ? "remove it" : "it has \(own.joined(separator: ", "))")
    }
    var part: ReducerPart?
    switch kind.value {
    case .planetary: part = planetary(reader)
    case .strainWave: part = strainWave(reader)
    case .cycloidal: part = cycloidal(reader)
    case .none: part = ReducerPart(model: ReducerModel(ratio: 1), inputInertia: 0)
    }
    if reader.node("damping") != nil {
      part?.model.damping = positive("damping", reader, most: 1e5, allowsZero: true, hint: "N.m.s/rad") ?? 0
    }
    if reader.node("shaft_stiffness") != nil,
      let shaft = positive("shaft_stiffness", reader, most: 1e8, hint: "N.m/rad"), let model = part?.model
    {
      part?.model = model.inSeries(with: shaft)
    }
    return part
  }

  private func planetary(_ reader: MappingReader) -> ReducerPart? {
    guard let ratios = list("stages", reader, in: 1...1000), !ratios.isEmpty else {
      if reader.node("stages") == nil { lacks("stages", "[9]", reader) }
      return nil
    }
    let inertias = reader.node("carrier_inertias") == nil ? [] : list("carrier_inertias", reader, in: 0...1)
    guard let inertias else { return nil }
    if !inertias.isEmpty && inertias.count != ratios.count {
      log.report(
        reader.place(of: "carrier_inertias"),
        "there are \(inertias.count) carrier_inertias and \(ratios.count) stages", fix: "write one a stage")
      return nil
    }
    let stages = ratios.enumerated().map {
      PlanetaryGear.Stage(ratio: $0.element, carrierInertia: inertias.isEmpty ? 0 : inertias[$0.offset])
    }
    let efficiency = optional("stage_efficiency", reader, most: 1, or: 1, hint: "a part of the power")
    let stiffness = optional("mesh_stiffness", reader, most: 1e9, or: .infinity, hint: "N.m/rad at the joint")
    let backlash = optional("backlash", reader, most: 0.1, or: 0, allowsZero: true, hint: "rad at the joint")
    if let place = reader.node("backlash").map({ _ in reader.place(of: "backlash") }), backlash > 0,
      !(stiffness < .infinity)
    {
      log.report(
        place, "backlash needs the stiffness of the meshes behind it", fix: "add mesh_stiffness [N.m/rad]")
    }
    return ReducerPart(
      model: PlanetaryGear(
        stages: stages, meshStiffness: stiffness, backlash: backlash, stageEfficiency: efficiency
      ).model, inputInertia: 0)
  }

  private func strainWave(_ reader: MappingReader) -> ReducerPart? {
    for (key, example) in [
      ("ratio", "100"), ("stiffness", "[67000, 110000, 120000]"), ("torques", "[29, 108]"),
      ("efficiency", "0.75"),
    ] where reader.node(key) == nil { lacks(key, example, reader) }
    guard
      let ratio = reader.node("ratio").flatMap({ _ in positive("ratio", reader, most: 1000, hint: "turns") }),
      let stiffness = list("stiffness", reader, in: 1...1e9),
      let torques = list("torques", reader, in: 0...1e5),
      let efficiency = reader.node("efficiency").flatMap({ _ in
        positive("efficiency", reader, most: 1, hint: "a part of the power")
      })
    else { return nil }
    guard stiffness.count == 3, torques.count == 2, torques[0] < torques[1] else {
      log.report(
        reader.place(of: "stiffness"),
        "stiffness holds \(stiffness.count) numbers and torques \(torques.count)",
        fix: "write K1, K2, K3 [N.m/rad] and the rising torques T1, T2 [N.m] between them")
      return nil
    }
    let inertia = optional("input_inertia", reader, most: 0.1, or: 0, allowsZero: true, hint: "kg.m^2")
    let gear = StrainWave(
      ratio: ratio, stiffness: (stiffness[0], stiffness[1], stiffness[2]), firstTorque: torques[0],
      secondTorque: torques[1],
      hysteresisLoss: optional("hysteresis_loss", reader, most: 0.01, or: 0, allowsZero: true, hint: "rad"),
      accuracy: optional("accuracy", reader, most: 0.01, or: 0, allowsZero: true, hint: "rad"),
      waveGeneratorInertia: inertia, efficiency: efficiency,
      ratchetTorque: optional("ratchet_torque", reader, most: 1e6, or: .infinity, hint: "N.m"))
    return ReducerPart(model: gear.model, inputInertia: inertia)
  }

  private func cycloidal(_ reader: MappingReader) -> ReducerPart? {
    for (key, example) in [("lobes", "29"), ("stiffness", "[50000]"), ("efficiency", "0.85")]
    where reader.node(key) == nil { lacks(key, example, reader) }
    guard let lobes = reader.integer("lobes", in: 2...500, fix: "write the lobes of the disc, such as 29"),
      let stiffness = list("stiffness", reader, in: 1...1e9), stiffness.count == 1,
      let efficiency = reader.node("efficiency").flatMap({ _ in
        positive("efficiency", reader, most: 1, hint: "a part of the power")
      })
    else { return nil }
    let gear = CycloidalGear(
      lobes: lobes.value, stiffness: stiffness[0],
      lostMotion: optional("hysteresis_loss", reader, most: 0.01, or: 0, allowsZero: true, hint: "rad"),
      ripple: optional("ripple", reader, most: 0.01, or: 0, allowsZero: true, hint: "rad"),
      efficiency: efficiency)
    return ReducerPart(model: gear.model, inputInertia: 0)
  }

  private func lacks(_ key: String, _ example: String, _ reader: MappingReader) {
    log.report(reader.location, "\(reader.title) lacks '\(key)'", fix: "add \(key): \(example)")
  }

  private func optional(
    _ key: String, _ reader: MappingReader, most: Double, or standard: Double, allowsZero: Bool = false,
    hint: String
  ) -> Double {
    guard reader.node(key) != nil else { return standard }
    return positive(key, reader, most: most, allowsZero: allowsZero, hint: hint) ?? standard
  }

  /// The numbers of a list, each within `range`; nil, with a note, when there is none or one is not.
  private func list(_ key: String, _ reader: MappingReader, in range: ClosedRange<Double>) -> [Double]? {
    guard let node = reader.node(key) else { return nil }
    guard let items = node.sequence else {
      log.report(reader.place(of: key), "\(key) is not a list", fix: "write numbers in brackets")
      return nil
    }
    let numbers = items.compactMap { reader.number(in: $0, title: key) }
    for number in numbers where !range.contains(number.value) {
      log.report(
        number.location,
        "a number of \(key) is \(written(number.value)), not from \(written(range.lowerBound)) to "
          + written(range.upperBound), fix: "check the unit")
    }
    let isFine = numbers.count == items.count && numbers.allSatisfy { range.contains($0.value) }
    return isFine ? numbers.map(\.value) : nil
  }
}
