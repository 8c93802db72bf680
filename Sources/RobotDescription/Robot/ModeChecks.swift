public import ControlCycle
import JointControl

/// The loop a drive closes by the word used in files; those of profile modes are known to be refused with their reason.
enum ModeName: String, CaseIterable {
  case impedance
  case torque
  case position
  case velocity
  case positionForce = "position_force"
  case profilePosition = "profile_position"
  case profileVelocity = "profile_velocity"
  case profileTorque = "profile_torque"

  var mode: ControlMode? {
    switch self {
    case .impedance: .impedance
    case .torque: .torque
    case .position: .position
    case .velocity: .velocity
    case .positionForce: .positionForce
    case .profilePosition, .profileVelocity, .profileTorque: nil
    }
  }
}

extension ControlMode {
  /// The word used in robot.yaml.
  public var word: String { ModeName.allCases.first { $0.mode == self }?.rawValue ?? "" }
}

extension DriveResolution {
  /// The mode of a drive; nil when it cannot run in the one that is named.
  func mode(of actuator: ActuatorEntry, family: DriveFamily) -> ControlMode? {
    guard let name = actuator.mode else { return family.standardMode }
    let known = family.modes.map(\.word).joined(separator: ", ")
    guard let mode = name.value.mode else {
      log.report(
        name.location,
        "mode \(name.value.rawValue): the drive would shape the motion a second time, with ramps of its own, and take a "
          + "set-point only after a handshake of two cycles and more, so that it is never where the loop's limits have it",
        fix: "write one of \(known)")
      return nil
    }
    guard family.modes.contains(mode) else {
      log.report(
        name.location, "\(family.vendor) drives are not driven in mode \(name.value.rawValue)",
        fix: "write one of \(known)")
      return nil
    }
    return mode
  }

  /// A drive whose targets come at a period that two bytes cannot say would interpolate between them wrongly.
  func checkPeriods(_ drives: [ResolvedDrive]) {
    guard let rate = file.updateRate,
      let drive = drives.first(where: { $0.family == .canopen && $0.mode != .torque }),
      CANopen.interpolation(period: Int64((1e9 / Double(rate.value)).rounded())) == nil
    else { return }
    log.report(
      rate.location,
      "a period of 1/\(rate.value) s cannot be told to the drive of '\(drive.entry.name.value)', which takes a byte and a "
        + "power of ten (60C2)", fix: "write a rate such as 250, 400, 500 or 1000")
  }
}

/// Checks that what a joint is described to do can be said to a drive that closes a loop of its own.
struct ModeChecks {
  let drive: ResolvedDrive
  let joint: String
  /// Where the joint's entry is.
  let place: SourceLocation
  let log: DiagnosticLog

  /// Without samples a position drive has nowhere to yield to: its target would be a guess.
  func check(_ policy: Located<StalenessName>?) {
    guard let policy, policy.value == .damp, drive.mode.holdsPosition else { return }
    log.report(
      policy.location,
      "joint '\(joint)': a drive in mode \(drive.mode.word) cannot be damped without knowing where it is",
      fix: "write staleness: {policy: stop} or hold")
  }

  /// A drive with a position or velocity loop of its own knows no law but the one around its target.
  func check(_ law: Located<LawName>?) {
    guard let law, law.value.law.follows, !drive.mode.takesTorque else { return }
    log.report(
      law.location,
      "joint '\(joint)': a drive in mode \(drive.mode.word) cannot follow the law \(law.value.rawValue)",
      fix: "write law: impedance, or a mode in which the drive takes torque")
  }

  /// Damiao's modes of position and velocity have no bound on torque, so that no limit below the motor's own is kept.
  func check(effort: LimitValue?, peakTorque: Double) {
    guard let effort, drive.family == .damiao, drive.mode == .position || drive.mode == .velocity,
      effort.value < peakTorque * (1 - 1e-9)
    else { return }
    log.report(
      effort.location.file == place.file ? effort.location : place,
      "joint '\(joint)': a Damiao drive in mode \(drive.mode.word) cannot keep to \(effort.title) \(written(effort.value)) "
        + "N.m, below the motor's peak_torque \(written(peakTorque)) N.m: its frames bound no torque",
      fix: "write mode: impedance or position_force, or max_effort: \(written(peakTorque))")
  }
}
