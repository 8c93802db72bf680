import Foundation
import JointControl
import Yams

/// Reads the nodes of a robot file into entries; checks each value on its own.
struct RobotFileReader {
  let document: YAMLDocument
  let log: DiagnosticLog
  var units: UnitChecks { UnitChecks(log: log) }

  func read() -> RobotFile {
    var file = RobotFile(jointsLocation: document.source.location)
    guard
      let root = MappingReader(
        document.root, title: "the robot", keys: .robot, document: document, log: log)
    else { return file }
    if let name = root.text("robot") {
      file.name = name.value
      let isPlain = name.value.utf8.allSatisfy { byte in
        byte < 0x80 && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber)
          || "_.-".utf8.contains(byte)
      }
      if !isPlain {
        log.report(
          name.location,
          "the robot's name '\(name.value.prefix(40))' holds more than letters, digits, _ and -",
          fix: "choose a name such as my_robot")
      }
    }
    file.urdf = root.text("urdf")
    file.base = root.choice("base", BaseName.self)?.value ?? file.base
    file.feedforward = root.choice("feedforward", Feedforward.self)?.value ?? file.feedforward
    file.onBusLoss = root.choice("on_bus_loss", BusLossReaction.self)?.value ?? file.onBusLoss
    file.collision = collision(root)
    readTimes(root, into: &file)
    file.schedule = schedule(root)
    readBuses(root, into: &file)
    for (name, reader) in children("actuators", of: root, kind: "actuator", keys: .actuator) {
      file.actuators[name.value] = actuator(reader)
      if reader.node("motor") == nil && reader.node("profile") == nil {
        log.report(
          reader.location, "\(reader.title) lacks 'motor'",
          fix:
            "add motor: {rotor_inertia: 1.0e-4, peak_torque: 120, knee_velocity: 10, no_load_velocity: 20.9}, or "
            + "profile: with the path of one of Robots/actuators")
      }
    }
    if let reader = root.mapping("defaults", keys: .defaults) { file.defaults = settings(reader) }
    file.jointsLocation = root.place(of: "joints")
    file.joints = children("joints", of: root, kind: "joint", keys: .joint).map { joint($0.0, $0.1) }
    readLockedJoints(root, into: &file)
    file.supplies = children("supply", of: root, kind: "supply", keys: .supply).map {
      SupplyReader(log: log).read($0.0, $0.1)
    }
    file.contacts = ContactReader(document: document, log: log).read(root)
    file.poses = PoseReader(document: document, log: log).read(root)
    readGainsOverride(root, into: &file)
    return file
  }

  private func collision(_ root: MappingReader) -> CollisionReaction? {
    guard let reader = root.mapping("collision", keys: .collision), let level = reader.number("level") else {
      return nil
    }
    if !(level.value > 0 && level.value <= 1) {
      log.report(
        level.location, "a collision's level is \(written(level.value)) of the torque limits",
        fix: "choose one above 0, at most 1, such as 0.3")
    }
    let stop = reader.integer("stop", in: 0...2, fix: "write 0, 1 or 2, the category of the stop")?.value ?? 1
    return CollisionReaction(level: level.value, stop: CollisionReaction.Stop(rawValue: stop) ?? .one)
  }

  private func readTimes(_ root: MappingReader, into file: inout RobotFile) {
    if let rate = root.number("update_rate") {
      if let whole = Int(exactly: rate.value), (50...4000).contains(whole) {
        file.updateRate = Located(value: whole, location: rate.location)
      } else {
        let isPeriod = rate.value > 0 && rate.value < 1
        log.report(
          rate.location, "update_rate is \(written(rate.value)) Hz, not a whole number from 50 to 4000",
          fix: isPeriod
            ? "write \(written((1 / rate.value).rounded())); the rate in Hz, not the period"
            : "write the cycles per second, such as 1000")
      }
    }
    if let timeout = root.number("command_timeout") {
      if timeout.value > 0 && timeout.value <= 1 {
        file.commandTimeout = timeout
      } else {
        log.report(
          timeout.location, "command_timeout is \(written(timeout.value)) s, not above 0 and up to 1",
          fix: timeout.value > 1
            ? "write \(written(timeout.value / 1000)), in seconds, if these are milliseconds"
            : "write a time such as 0.05; the command watchdog is always on")
      }
    }
  }

  private func readLockedJoints(_ root: MappingReader, into file: inout RobotFile) {
    guard let node = root.node("locked_joints"),
      let reader = MappingReader(
        namesIn: node, title: "locked_joints", at: root.place(of: "locked_joints"), document: document,
        log: log)
    else { return }
    for name in reader.entries {
      let position = reader.number(name.value)
      let isBelievable = position.map { units.angle($0, name.value) } ?? false
      file.lockedJoints[name.value] = Located(
        value: isBelievable ? position?.value ?? .nan : .nan, location: name.location)
    }
  }

  private func readGainsOverride(_ root: MappingReader, into file: inout RobotFile) {
    guard let node = root.node("gains_override"),
      let reader = MappingReader(
        namesIn: node, title: "gains_override", at: root.place(of: "gains_override"), document: document,
        log: log)
    else { return }
    for name in reader.entries {
      guard let reason = reader.text(name.value) else { continue }
      if reason.value.count < 10 {
        log.report(
          reason.location, "gains_override of joint '\(name.value)' gives no reason",
          fix:
            "say why its gains are stable outside the bound, such as \"a flywheel of 0.2 kg.m^2 is on the joint\""
        )
      }
      if !file.joints.contains(where: { $0.name.value == name.value }) {
        log.report(
          name.location, "gains_override names '\(name.value)', which has no drive",
          fix: suggestion(for: name.value, among: file.joints.map(\.name.value), what: "joint"))
      }
      file.gainsOverride[name.value] = Located(value: reason.value, location: name.location)
    }
  }

  /// The mappings below a key with free names, in the order of the text.
  private func children(
    _ key: String, of root: MappingReader, kind: String, keys: DescriptionKeys
  ) -> [(Located<String>, MappingReader)] {
    guard let node = root.node(key),
      let group = MappingReader(
        namesIn: node, title: key, at: root.place(of: key), document: document, log: log)
    else { return [] }
    if group.entries.isEmpty {
      log.report(group.location, "\(key) is empty", fix: "add at least one \(kind)")
    }
    return group.entries.compactMap { name in
      guard let node = group.node(name.value),
        let reader = MappingReader(
          node, title: "\(kind) '\(name.value)'", keys: keys, at: name.location, document: document, log: log)
      else { return nil }
      return (name, reader)
    }
  }

  private func readBuses(_ root: MappingReader, into file: inout RobotFile) {
    for (name, reader) in children("buses", of: root, kind: "bus", keys: .bus) {
      var bus = BusEntry(name: name)
      bus.interface = interface(reader)
      bus.bitRate = bitRate("bitrate", of: reader, in: 10_000...1_000_000)
      bus.isFlexibleDataRate = reader.node("dbitrate") != nil
      bus.dataBitRate = bitRate("dbitrate", of: reader, in: 1_000_000...8_000_000)
      checkInterface(of: bus)
      bus.adapter = AdapterReader(log: log).read(reader, interface: bus.interface)
      if let point = reader.number("sample_point") {
        bus.samplePoint = units.samplePoint(point, "sample_point") ?? bus.samplePoint
      }
      if let point = reader.number("dsample_point") {
        bus.dataSamplePoint = units.samplePoint(point, "dsample_point") ?? bus.dataSamplePoint
        if !bus.isFlexibleDataRate {
          log.report(
            reader.place(of: "dsample_point"), "bus '\(name.value)' has a dsample_point and no dbitrate",
            fix: "add dbitrate, or remove dsample_point from a classic bus")
        }
      }
      if let confirm = reader.flag("confirm") { bus.confirms = checkConfirm(confirm, of: bus) }
      file.buses.append(bus)
    }
    AdapterReader(log: log).checkShared(file.buses)
  }

  private func interface(_ reader: MappingReader) -> Located<String>? {
    guard let interface = reader.text("interface") else { return nil }
    do throws(BusInterfaceError) { _ = try BusInterface(interface.value) } catch {
      log.report(interface.location, error.message, fix: error.fix)
      return nil
    }
    return interface
  }

  /// Whether the interface can be set to the bus's bit rates.
  private func checkInterface(of bus: BusEntry) {
    guard let interface = bus.interface, let rate = bus.bitRate,
      !bus.isFlexibleDataRate || bus.dataBitRate != nil, let meant = try? BusInterface(interface.value),
      let objection = meant.objection(bitRate: rate.value, dataBitRate: bus.dataBitRate?.value)
    else { return }
    log.report(interface.location, objection.message, fix: objection.fix)
  }

  /// Whether own frames come back on the bus: only interfaces of the kernel give them back.
  private func checkConfirm(_ confirm: Located<Bool>, of bus: BusEntry) -> Bool {
    guard confirm.value, let interface = bus.interface, let meant = try? BusInterface(interface.value)
    else { return confirm.value }
    if case .kernel = meant { return true }
    log.report(
      confirm.location,
      "bus '\(bus.name.value)' asks for confirmation, and '\(interface.value.prefix(60))' gives no frame back",
      fix: "remove confirm, or reach the bus through a CAN interface of the kernel, such as can0")
    return false
  }

  private func bitRate(_ key: String, of reader: MappingReader, in range: ClosedRange<Int>) -> Located<Int>? {
    guard let rate = reader.integer(key, in: 0...Int(Int32.max), fix: "write bits per second") else {
      return nil
    }
    return units.bitRate(rate, key, in: range) ? rate : nil
  }

  private func joint(_ name: Located<String>, _ reader: MappingReader) -> JointEntry {
    var joint = JointEntry(name: name)
    joint.actuator = reader.text("actuator")
    joint.bus = reader.text("bus")
    joint.id = reader.integer("id", in: 0...0x7FF, fix: "write the drive's identifier, such as 1 or 0x01")
    joint.masterID = reader.integer(
      "master_id", in: 0...0x7FF, fix: "write the identifier the drive answers with, such as 0x11")
    joint.overrides = actuator(reader)
    joint.settings = settings(reader)
    joint.homing = homing(reader)
    if reader.node("home") != nil {
      joint.home = Located(value: .nan, location: reader.place(of: "home"))
      if let home = reader.number("home"), units.angle(home, "home") { joint.home = home }
    }
    return joint
  }

  private func actuator(_ reader: MappingReader) -> ActuatorEntry {
    var entry = ActuatorEntry()
    entry.family = reader.choice("family", FamilyName.self)
    entry.model = reader.text("model")
    entry.isFlexibleDataRate = reader.flag("fd")
    entry.mode = reader.choice("mode", ModeName.self)
    entry.eds = reader.text("eds")
    entry.dcf = reader.text("dcf")
    entry.profile = reader.text("profile")
    if let watchdog = reader.number("watchdog") {
      let isFine = units.watchdog(watchdog)
      entry.watchdog = isFine ? watchdog : Located(value: .nan, location: watchdog.location)
    }
    if let range = reader.mapping("range", keys: .range) {
      entry.range = range.numbers(.range)
      for (key, unit) in [
        ("position", "rad"), ("velocity", "rad/s"), ("torque", "N.m"), ("stiffness", "N.m/rad"),
        ("damping", "N.m.s/rad"),
      ] { units.positive(key, in: &entry.range, unit: unit) }
    }
    if let motor = reader.mapping("motor", keys: .motor) { entry.motor = self.motor(motor) }
    if let reducer = reader.mapping("reducer", keys: .reducer) { entry.reducer = self.reducer(reducer) }
    return entry
  }

  private func motor(_ reader: MappingReader) -> NumberTable {
    var motor = reader.numbers(.motor)
    units.positive("rotor_inertia", in: &motor, unit: "kg.m^2", most: 0.01, allowsZero: true) {
      "if this is g.cm^2, write \(written($0 * 1e-7)); if it is reflected to the joint, divide by ratio^2"
    }
    units.positive("peak_torque", in: &motor, unit: "N.m", most: 5000)
    units.positive("rated_torque", in: &motor, unit: "N.m", most: 5000)
    for key in ["knee_velocity", "no_load_velocity"] {
      units.positive(key, in: &motor, unit: "rad/s", most: 300) {
        "if this is rpm, write \(written($0 * .pi / 30))"
      }
    }
    if let constant = motor["torque_constant"], constant.value == 0 || abs(constant.value) > 100 {
      log.report(
        constant.location, "torque_constant is \(written(constant.value)) N.m/A, not above 0 and up to 100",
        fix: "write 8.27 / KV, such as 0.055; negative where the drive's encoder direction is -1")
      motor.refuse("torque_constant")
    }
    if let counts = motor["encoder_counts"],
      counts.value < 16 || counts.value > 16_777_216
        || counts.value != counts.value.rounded()
    {
      log.report(
        counts.location, "encoder_counts is \(written(counts.value)), not a whole number from 16 to 2^24",
        fix: "write the counts per turn, such as 16384 for 14 bits")
      motor.refuse("encoder_counts")
    }
    return motor
  }

  private func reducer(_ reader: MappingReader) -> NumberTable {
    var reducer = reader.numbers(.reducer)
    if let ratio = reducer["ratio"], ratio.value <= 0 || ratio.value > 1000 {
      log.report(
        ratio.location, "ratio is \(written(ratio.value)), not above 0 and up to 1000",
        fix: ratio.value < 0
          ? "write \(written(-ratio.value)) and sign: -1" : "write motor turns per joint turn, such as 9")
      reducer.refuse("ratio")
    }
    if let sign = reducer["sign"], abs(sign.value) != 1 {
      if !sign.value.isNaN {
        log.report(sign.location, "sign is \(written(sign.value)), not 1 or -1", fix: "write 1 or -1")
      }
      reducer.refuse("sign")
    }
    units.angle("offset", in: &reducer)
    units.positive("coulomb_friction", in: &reducer, unit: "N.m", most: 1000, allowsZero: true)
    units.positive("viscous_friction", in: &reducer, unit: "N.m.s/rad", most: 1000, allowsZero: true)
    units.positive("efficiency", in: &reducer, unit: "", most: 1) {
      $0 <= 100 ? "write \(written($0 / 100)), a part and not percent" : "write a part up to 1"
    }
    return reducer
  }
}
