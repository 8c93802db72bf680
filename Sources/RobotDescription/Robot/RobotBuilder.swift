import ControlCycle
import JointControl
import RigidBody

/// Joins a robot file and its URDF to a robot, checking one against the other.
struct RobotBuilder {
  let file: RobotFile
  let devices: DeviceFiles
  let log: DiagnosticLog
  /// Whether a bus that cannot carry the rate is a mistake.
  var plansBuses = true

  /// The command watchdog's time when the file gives none [s].
  static let defaultCommandTimeout = 0.05

  /// The robot; throws everything noted so far and found here.
  func build(urdf: URDF?) throws(DescriptionError) -> Robot {
    let drives = DriveResolution(file: file, log: log).resolve()
    if plansBuses { log.report(busPlanDiagnostics(drives)) }
    var proved: Schedule?
    if let rate = file.updateRate { proved = schedule(period: Int64((1e9 / Double(rate.value)).rounded())) }
    guard let urdf else { throw DescriptionError(log.diagnostics) }
    let driven = checkNames(urdf)
    let names = urdf.joints.filter { driven.contains($0.name) }.map(\.name)
    var joints: [String: RobotJoint] = [:]
    for (entry, drive) in zip(file.joints, drives) {
      guard names.contains(entry.name.value), let joint = urdf.joint(entry.name.value) else { continue }
      let builder = JointBuilder(
        entry: entry, drive: drive, defaults: file.defaults, joint: joint, devices: devices,
        gainsOverride: file.gainsOverride[joint.name], log: log)
      joints[joint.name] = builder.build(
        velocityIndex: 0, period: file.updateRate.map { 1 / Double($0.value) })
    }
    var locked = file.lockedJoints.mapValues(\.value)
    // What a gantry holds: the robot's own coordinates in the world.
    for joint in urdf.joints where Self.isFree(joint) && file.base == .gantry { locked[joint.name] = 0 }
    let contacts = contacts(urdf)
    let supplies = supplies()
    // Refused numbers must not reach the model: its complaints would be echoes.
    try log.throwIfAny()
    let model = try urdf.model(
      base: .fixed, lockedJoints: locked, armatures: joints.mapValues(\.actuator.armature),
      requiresPhysicalInertia: true)
    var robot = try robot(model, joints: joints, urdf: urdf, schedule: proved)
    robot.contacts = contacts
    robot.supplies = supplies
    robot.poses = poses(of: robot)
    robot.collision = file.collision
    if file.collision != nil && !CollisionWatch.suits(robot) {
      log.report(
        file.jointsLocation, "the robot looks for collisions, and its model does not let it",
        fix: "remove collision")
    }
    try log.throwIfAny()
    return robot
  }

  private func robot(
    _ model: Model, joints: [String: RobotJoint], urdf: URDF, schedule: Schedule?
  ) throws(DescriptionError) -> Robot {
    var ordered: [RobotJoint] = []
    for (index, name) in model.jointNames.enumerated() {
      guard var joint = joints[name] else { continue }
      joint.configuration.velocityIndex = index
      ordered.append(joint)
    }
    guard let rate = file.updateRate, ordered.count == model.jointNames.count,
      ordered.count == file.joints.count
    else {
      throw DescriptionError(
        file.jointsLocation, "joints of the file and of the model of \(urdf.path) do not match",
        fix: "give each moving joint of the URDF one entry")
    }
    let timeout = file.commandTimeout?.value ?? Self.defaultCommandTimeout
    return Robot(
      name: file.name, period: Int64((1e9 / Double(rate.value)).rounded()),
      buses: file.buses.compactMap(configuration), joints: ordered, model: model,
      feedforward: file.feedforward, commandTimeout: Int64((timeout * 1e9).rounded()), schedule: schedule,
      onBusLoss: file.onBusLoss)
  }

  private func configuration(_ bus: BusEntry) -> BusConfiguration? {
    guard let interface = bus.interface, let rate = bus.bitRate else { return nil }
    return BusConfiguration(
      name: bus.name.value, interface: interface.value, bitRate: rate.value,
      dataBitRate: bus.dataBitRate?.value, samplePoint: bus.samplePoint, dataSamplePoint: bus.dataSamplePoint,
      confirms: bus.confirms, adapter: bus.adapter?.value)
  }

  // MARK: Joints of the file against joints of the URDF

  /// Checks that the moving joints of the URDF and the entries of the file are the same; the names to build.
  private func checkNames(_ urdf: URDF) -> Set<String> {
    let movable = urdf.joints.filter { $0.kind.hasOneCoordinate && $0.mimic == nil }
    var driven: Set<String> = []
    for entry in file.joints {
      let name = entry.name
      guard let joint = urdf.joint(name.value) else {
        log.report(
          name.location, "the URDF has no joint '\(name.value)'",
          fix: suggestion(for: name.value, among: movable.map(\.name), what: "moving joint"))
        continue
      }
      if file.lockedJoints[name.value] != nil {
        log.report(
          name.location, "joint '\(name.value)' is driven and in locked_joints", fix: "remove one of the two")
      }
      if let reason = reasonAgainstDrive(joint) {
        log.report(name.location, "joint '\(name.value)' \(reason.0)", fix: reason.1)
      } else {
        driven.insert(name.value)
      }
    }
    checkLocked(urdf, movable: movable)
    let listed = Set(file.joints.map(\.name.value)).union(file.lockedJoints.keys)
    for joint in movable where !listed.contains(joint.name) {
      log.report(
        file.jointsLocation,
        "joint '\(joint.name)' of the URDF moves (line \(joint.location.line)) and has no drive",
        fix: "add it to joints, or hold it with locked_joints: {\(joint.name): 0.0}")
    }
    if file.base == .fixed {
      for joint in urdf.joints where Self.isFree(joint) {
        let motion = joint.kind == .planar ? "moves in a plane" : "floats"
        log.report(
          joint.location, "joint '\(joint.name)' \(motion), but the robot's base is fixed",
          fix: "write base: gantry, or make the joint fixed")
      }
    }
    return driven
  }

  private static func isFree(_ joint: URDFJoint) -> Bool { joint.kind == .floating || joint.kind == .planar }

  private func checkLocked(_ urdf: URDF, movable: [URDFJoint]) {
    for (name, position) in file.lockedJoints {
      guard let joint = urdf.joint(name) else {
        log.report(
          position.location, "the URDF has no joint '\(name)'",
          fix: suggestion(for: name, among: movable.map(\.name), what: "moving joint"))
        continue
      }
      if !joint.kind.hasOneCoordinate || joint.mimic != nil {
        log.report(
          position.location, "joint '\(name)' has no position of its own to lock",
          fix: "remove it from locked_joints")
      }
    }
  }

  private func reasonAgainstDrive(_ joint: URDFJoint) -> (String, String)? {
    if let mimic = joint.mimic {
      return (
        "mimics '\(mimic.joint)' and cannot have a drive", "remove it from joints; the model moves it along"
      )
    }
    switch joint.kind {
    case .fixed:
      return ("is fixed and cannot have a drive", "remove it from joints, or make it revolute in the URDF")
    case .planar: return ("moves in a plane and cannot have a drive", "remove it from joints")
    case .floating: return ("floats and cannot have a drive", "remove it from joints")
    case .prismatic:
      return (
        "is prismatic; drives turn", "hold it with locked_joints: {\(joint.name): 0.0}"
      )
    case .revolute, .continuous: return nil
    }
  }

  // MARK: Bus plan

  /// One mistake for each bus that cannot carry the loop's rate.
  private func busPlanDiagnostics(_ drives: [ResolvedDrive?]) -> [Diagnostic] {
    guard let rate = file.updateRate else { return [] }
    let buses = file.buses.map { configuration($0) }
    let known = drives.compactMap(\.self).filter { buses[$0.busIndex] != nil }
    let plan = BusPlan(
      period: Int64((1e9 / Double(rate.value)).rounded()),
      buses: buses.map { $0 ?? BusConfiguration(name: "", interface: "", bitRate: 1_000_000) },
      drives: known.map { (joint: $0.entry.name.value, drive: $0.configuration) })
    return zip(plan.buses, file.buses).compactMap { planned, entry in
      guard !planned.isFeasible, planned.busy > 0 else { return nil }
      let reachable = min(
        BusPlan.utilisationLimit * 1e9 / Double(planned.busy), 1e9 / Double(planned.completion))
      return Diagnostic(
        location: entry.name.location,
        message: "bus '\(entry.name.value)' cannot carry \(planned.joints.count) drives at \(rate.value) Hz: "
          + "its frames take \(written(Double(planned.completion) / 1000)) us of a cycle of "
          + "\(written(Double(plan.period) / 1000)) us at worst"
          + (planned.complaint.map { "; \($0)" } ?? ""),
        fix: "move drives to another bus, raise its bit rate, or write update_rate: \(Int(reachable)) or less"
      )
    }
  }
}
