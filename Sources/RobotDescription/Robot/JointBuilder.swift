import ControlCycle
import JointControl
import RigidBody

/// Makes one driven joint of its entry, and checks it against its drive and its motor.
struct JointBuilder {
  let entry: JointEntry
  /// The drive; nil when it was refused, so that only limits and gains can be checked.
  let drive: ResolvedDrive?
  let defaults: JointDefaults
  let joint: URDFJoint
  let devices: DeviceFiles
  /// The reason for gains outside their bound, where there is one.
  let gainsOverride: Located<String>?
  let log: DiagnosticLog

  /// The drive's watchdog when the file gives none [s].
  static let defaultWatchdog = 0.02
  /// Counts per turn of the rotor's encoder when the file gives none: 14 bits, as many drives have.
  static let defaultEncoderCounts = 16384.0
  /// The staleness policy when the file gives none.
  static let defaultPolicy = StalenessPolicy(reaction: .stop, maxAge: 5)

  private var place: SourceLocation { entry.name.location }

  /// The joint; nil when something about it was refused. `period` is that of the loop [s].
  func build(velocityIndex: Int, period: Double?) -> RobotJoint? {
    let bounds = LimitResolution(entry: entry, defaults: defaults, joint: joint, log: log).resolve()
    let gains = gains()
    guard let drive else { return nil }
    let checks = FullScaleChecks(drive: drive, joint: joint.name, place: place, log: log)
    checks.check(bounds)
    let modes = ModeChecks(drive: drive, joint: joint.name, place: place, log: log)
    // Gains that do not travel have no full scale.
    if let gains, drive.mode == .impedance { checks.check(gains) }
    modes.check(entry.settings.policy ?? defaults.policy)
    let law = entry.settings.law ?? defaults.law
    modes.check(law)
    let actuator = actuator(drive)
    if let actuator {
      checkMotor(actuator.motor, bounds: bounds)
      modes.check(effort: bounds.effort, peakTorque: actuator.motor.peakTorque)
    }
    let watchdog = watchdog(drive, period: period)
    guard let limits = limits(bounds, drive: drive), let home = home(limits), let gains, let actuator,
      let watchdog
    else { return nil }
    let policy = StalenessPolicy(
      reaction: (entry.settings.policy ?? defaults.policy)?.value.reaction ?? Self.defaultPolicy.reaction,
      maxAge: (entry.settings.maxAge ?? defaults.maxAge).map { Int32($0.value) } ?? Self.defaultPolicy.maxAge)
    let configuration = JointConfiguration(
      drive: drive.configuration, transmission: drive.transmission, limits: limits,
      gains: ImpedanceGains(stiffness: gains.stiffness.value, damping: gains.damping.value),
      staleness: policy, coulombFriction: actuator.reducer.coulombFriction,
      viscousFriction: actuator.reducer.viscousFriction, velocityIndex: velocityIndex,
      law: law?.value.law ?? .impedance)
    var built = RobotJoint(
      name: joint.name, configuration: configuration, driveModel: drive.model,
      driveWatchdog_us: Int((watchdog * 1e6).rounded()), actuator: actuator, home: home)
    built.homing = entry.homing?.plan(built)
    if let period {
      built.period = Int64((period * 1e9).rounded())
      let checks = GainChecks(joint: built, gains: gains, override: gainsOverride, log: log)
      if checks.check() { built.gainsOverride = gainsOverride?.value }
    }
    if let name = drive.actuator.dcf ?? drive.actuator.eds, let sheet = devices.sheet(name),
      let rate = drive.bus.bitRate
    {
      built.objects = DeviceChecks(
        sheet: sheet, joint: built, isConfiguration: drive.actuator.dcf != nil, place: name.location,
        jointPlace: place, bitRate: rate.value, log: log
      ).objects()
    }
    return built
  }

  private func limits(_ bounds: LimitResolution.Bounds, drive: ResolvedDrive) -> JointLimits? {
    guard let velocity = bounds.velocity, let acceleration = bounds.acceleration, let effort = bounds.effort
    else { return nil }
    // A continuous joint goes as far as its drive's position field does.
    let transmission = drive.transmission
    let reach = drive.range.position / transmission.ratio
    let low = bounds.minPosition?.value ?? transmission.offset - reach
    let high = bounds.maxPosition?.value ?? transmission.offset + reach
    guard joint.kind == .continuous || (bounds.minPosition != nil && bounds.maxPosition != nil) else {
      return nil
    }
    let limits = JointLimits(
      minPosition: low, maxPosition: high, velocity: velocity.value, acceleration: acceleration.value,
      torque: effort.value)
    let all = [low, high, velocity.value, acceleration.value, effort.value]
    return all.allSatisfy(\.isFinite) && low < high ? limits : nil
  }

  private func gains() -> FullScaleChecks.Gains? {
    let table = entry.settings.gains.merged(over: defaults.gains)
    for (key, example) in [("stiffness", "100"), ("damping", "3")] where table[key] == nil {
      log.report(
        place, "joint '\(joint.name)' has no \(key)",
        fix: "add gains: {\(key): \(example)} to the joint or to defaults")
    }
    guard let stiffness = table["stiffness"], let damping = table["damping"] else { return nil }
    guard stiffness.value.isFinite && damping.value.isFinite else { return nil }
    return FullScaleChecks.Gains(stiffness: stiffness, damping: damping)
  }

  private func watchdog(_ drive: ResolvedDrive, period: Double?) -> Double? {
    let given = drive.actuator.watchdog
    // Where the host cannot set it, what the file does not say is not there.
    if given == nil && !drive.configuration.setsWatchdog { return 0 }
    let value = given?.value ?? Self.defaultWatchdog
    if let period, value < 3 * period {
      log.report(
        given?.location ?? place,
        "the drive's watchdog of \(written(value)) s is shorter than three cycles "
          + "(\(written(3 * period)) s)",
        fix: "write a longer watchdog, such as \(written(min(0.1, 20 * period)))")
      return nil
    }
    return value.isFinite ? value : nil
  }

  private func actuator(_ drive: ResolvedDrive) -> Actuator? {
    if let name = drive.actuator.profile { return profiled(drive, name) }
    let motor = drive.actuator.motor
    for key in ["rotor_inertia", "peak_torque", "knee_velocity", "no_load_velocity"] where motor[key] == nil {
      log.report(
        entry.actuator?.location ?? place, "the motor of joint '\(joint.name)' lacks '\(key)'",
        fix: "add motor: {\(key): ...} to the actuator")
    }
    guard let inertia = motor["rotor_inertia"], let torque = motor["peak_torque"],
      let knee = motor["knee_velocity"], let noLoad = motor["no_load_velocity"]
    else { return nil }
    let counts = motor["encoder_counts"]?.value ?? Self.defaultEncoderCounts
    if knee.value > noLoad.value {
      log.report(
        knee.location,
        "knee_velocity \(written(knee.value)) is above no_load_velocity \(written(noLoad.value))",
        fix: "peak torque ends at the knee, all torque at no load: swap or correct them")
    }
    let reducer = drive.actuator.reducer
    let coulomb = reducer["coulomb_friction"]?.value ?? joint.dynamics?.friction ?? 0
    let viscous = reducer["viscous_friction"]?.value ?? joint.dynamics?.damping ?? 0
    let efficiency = reducer["efficiency"]?.value ?? 1
    let all = [
      inertia.value, torque.value, knee.value, noLoad.value, counts, drive.gearRatio, coulomb, viscous,
      efficiency, drive.transmission.sign, drive.transmission.offset,
    ]
    guard all.allSatisfy(\.isFinite) else { return nil }
    return Actuator(
      motor: Motor(
        rotorInertia: inertia.value, peakTorque: torque.value, kneeVelocity: knee.value,
        noLoadVelocity: noLoad.value, encoderCounts: Int(counts)),
      reducer: Reducer(
        ratio: drive.gearRatio, coulombFriction: coulomb, viscousFriction: viscous, efficiency: efficiency))
  }

  /// The actuator of a profile, which brings all that the robot file would say of motor and reducer.
  private func profiled(_ drive: ResolvedDrive, _ name: Located<String>) -> Actuator? {
    let brought = [
      (drive.actuator.motor, ["rotor_inertia", "peak_torque", "knee_velocity", "no_load_velocity"]),
      (drive.actuator.reducer, ["coulomb_friction", "viscous_friction", "efficiency"]),
    ]
    for (table, keys) in brought {
      for key in keys {
        guard let number = table[key] else { continue }
        log.report(
          number.location, "joint '\(joint.name)' has a profile, which brings \(key)",
          fix: "remove \(key), or the profile")
      }
    }
    guard let model = devices.profile(name) else { return nil }
    if abs(model.reducer.ratio / drive.gearRatio - 1) > 1e-3 {
      log.report(
        name.location,
        "the profile of joint '\(joint.name)' has a ratio of \(written(model.reducer.ratio)), the joint one of "
          + written(drive.gearRatio), fix: "name the profile of this actuator, with what stands behind it")
      return nil
    }
    return model.actuator
  }

  /// Checks that the motor can do what the limits let it be asked.
  private func checkMotor(_ motor: Motor, bounds: LimitResolution.Bounds) {
    if let effort = bounds.effort, effort.value > motor.peakTorque * (1 + 1e-9) {
      log.report(
        inFile(effort),
        "joint '\(joint.name)': \(effort.title) \(written(effort.value)) N.m is beyond the motor's peak_torque "
          + "\(written(motor.peakTorque)) N.m",
        fix: "write limits: {max_effort: \(written(motor.peakTorque))} or less for this joint")
    }
    if let velocity = bounds.velocity, velocity.value > motor.noLoadVelocity * (1 + 1e-9) {
      log.report(
        inFile(velocity),
        "joint '\(joint.name)': \(velocity.title) \(written(velocity.value)) rad/s is beyond the motor's "
          + "no_load_velocity \(written(motor.noLoadVelocity)) rad/s",
        fix: "write limits: {max_velocity: \(written(motor.noLoadVelocity))} or less for this joint")
    }
  }

  private func inFile(_ limit: LimitValue) -> SourceLocation {
    limit.location.file == place.file ? limit.location : place
  }

  private func home(_ limits: JointLimits) -> Double? {
    let home = entry.home?.value ?? 0
    if home >= limits.minPosition && home <= limits.maxPosition { return home }
    if !home.isNaN {
      let range = "\(written(limits.minPosition)) to \(written(limits.maxPosition))"
      let middle = (limits.minPosition + limits.maxPosition) / 2
      log.report(
        entry.home?.location ?? place,
        entry.home == nil
          ? "joint '\(joint.name)' has no home, and 0 is outside its limits \(range)"
          : "home \(written(home)) of joint '\(joint.name)' is outside its limits \(range)",
        fix: "write home: \(written(middle)), for example")
    }
    return nil
  }
}
