public import JointControl
import Yams

/// Reads a profile, an actuator of `Robots/actuators`; checks each value on its own and against the others.
struct ActuatorProfileReader {
  let document: YAMLDocument
  let log: DiagnosticLog

  /// The profile; nil, with what is wrong noted, when something was refused.
  func read() -> ActuatorProfile? {
    let before = log.diagnostics.count
    guard
      let root = MappingReader(
        document.root, title: "the actuator", keys: .profile, document: document, log: log)
    else { return nil }
    let name = root.text("actuator")
    let vendor = root.text("vendor")
    let parts = ProfileParts(log: log)
    let reducer = root.mapping("reducer", keys: .profileReducer).flatMap(parts.reducer)
    let motor = root.mapping("motor", keys: .profileMotor).flatMap(parts.motor)
    let thermal = root.mapping("thermal", keys: .profileThermal).flatMap(parts.thermal)
    let friction = root.mapping("friction", keys: .profileFriction).flatMap(parts.friction)
    let encoder = root.mapping("encoder", keys: .profileEncoder).flatMap(parts.encoder)
    let output = root.mapping("output_encoder", keys: .profileEncoder).flatMap(parts.encoder)
    let sources = texts("sources", of: root)
    if sources.isEmpty {
      log.report(
        root.place(of: "sources"), "sources names nothing",
        fix: "say where the numbers are from, one line each")
    }
    let printed = printed(root, hasMotor: motor != nil, hasThermal: thermal != nil)
    if root.node("motor") == nil {
      for key in ["thermal", "friction", "encoder", "output_encoder"] where root.node(key) != nil {
        log.report(
          root.place(of: key), "the actuator has \(key) and no motor",
          fix: "add the motor, or remove \(key) from a reducer alone")
      }
    }
    guard log.diagnostics.count == before, let name, let vendor, let reducer else { return nil }
    var actuator: ActuatorModel?
    if let motor {
      var model = ActuatorModel(
        name: name.value, motor: motor.model, reducer: reducer.model,
        friction: friction ?? FrictionModel(coulomb: 0), motorEncoder: encoder ?? EncoderModel(counts: 16384),
        peakTorque: motor.peakTorque)
      model.motor.saturate(
        peakTorque: motor.peakTorque / (model.reducer.ratio * model.reducer.drivingEfficiency),
        knee: motor.knee)
      model.thermal = thermal
      model.outputEncoder = output
      actuator = model
    }
    return ActuatorProfile(
      name: name.value, vendor: vendor.value, reducer: reducer.model, inputInertia: reducer.inputInertia,
      actuator: actuator, sources: sources, estimates: texts("estimates", of: root), printed: printed)
  }

  private func texts(_ key: String, of root: MappingReader) -> [String] {
    guard let node = root.node(key) else { return [] }
    guard let items = node.sequence else {
      log.report(root.place(of: key), "\(key) is not a list", fix: "write one line '- text' each")
      return []
    }
    return items.compactMap { item in
      if let text = item.scalar?.string, !text.isEmpty { return text }
      log.report(document.location(of: item), "an entry of \(key) is not a text", fix: "write it in quotes")
      return nil
    }
  }

  private func printed(_ root: MappingReader, hasMotor: Bool, hasThermal: Bool) -> [PrintedNumber] {
    guard let node = root.node("printed") else { return [] }
    guard let items = node.sequence, !items.isEmpty else {
      log.report(
        root.place(of: "printed"), "printed holds no number",
        fix: "write '- {quantity: no_load_speed, value: 200, tolerance: 0.1}' lines")
      return []
    }
    return items.compactMap { item in
      guard
        let reader = MappingReader(
          item, title: "a number of printed", keys: .profilePrinted, document: document, log: log),
        let quantity = reader.choice("quantity", PrintedNumber.Quantity.self),
        let value = reader.number("value"), let tolerance = reader.number("tolerance")
      else { return nil }
      let at = reader.number("at")
      let what = quantity.value.rawValue
      if value.value == 0 {
        log.report(value.location, "the value of \(what) is 0", fix: "write the printed number")
      }
      if !(tolerance.value > 0 && tolerance.value <= 1) {
        log.report(
          tolerance.location,
          "the tolerance of \(what) is \(written(tolerance.value)), not above 0 and up to 1",
          fix: "write a part of the number, such as 0.1 for 10 %")
      }
      if let unit = quantity.value.argumentUnit, at == nil {
        log.report(quantity.location, "\(what) lacks 'at'", fix: "add at: what it is printed for [\(unit)]")
      }
      if let at, quantity.value.argumentUnit == nil {
        log.report(at.location, "\(what) is printed for nothing", fix: "remove at")
      }
      if quantity.value.needsMotor && !hasMotor {
        log.report(quantity.location, "\(what) needs a motor, and the actuator has none", fix: "remove it")
      }
      if quantity.value.needsThermal && !hasThermal {
        log.report(quantity.location, "\(what) needs 'thermal', and the actuator has none", fix: "remove it")
      }
      return PrintedNumber(
        quantity: quantity.value, at: at?.value, value: value.value, tolerance: tolerance.value)
    }
  }
}

extension RobotDescription {
  /// Reads an actuator's profile; `path` names the file.
  public static func loadActuator(_ path: String) throws(DescriptionError) -> ActuatorProfile {
    try loadActuator(SourceText.read(path, what: "actuator file", limit: YAMLDocument.sizeLimit))
  }

  static func loadActuator(_ source: SourceText) throws(DescriptionError) -> ActuatorProfile {
    let log = DiagnosticLog()
    let profile = try ActuatorProfileReader(document: YAMLDocument(source, log: log), log: log).read()
    try log.throwIfAny()
    guard let profile else {
      throw DescriptionError(source.location, "the actuator cannot be read", fix: "see Robots/actuators")
    }
    return profile
  }
}
