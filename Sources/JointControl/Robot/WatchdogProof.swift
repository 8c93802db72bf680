import ControlCycle

/// How far bring-up confirms that a drive lets go when commands stop.
public enum WatchdogProof: String, Sendable {
  /// Written, read back, and seen to trip: on after three quarters of its time in silence, off after five.
  case setAndTripped = "set_and_tripped"
  /// Seen to trip alike; the time itself cannot be read over CAN, so it may be off by a quarter.
  case tripped
  /// What the description says; no frame writes it, reads it, or shows whether the drive is on.
  case stated
  /// None: the joint goes on with its last command when the host dies.
  case absent = "none"
}

extension RobotJoint {
  /// How far bring-up confirms the drive's watchdog.
  public var watchdogProof: WatchdogProof {
    guard driveWatchdog_us > 0 else { return .absent }
    switch configuration.drive.family {
    case .canopen, .damiao, .moteus: return .setAndTripped
    case .mit: return .stated
    case .myactuator, .odrive, .odrive05: return .tripped
    case .robstride: return configuration.drive.dialect.isCyberGear ? .tripped : .setAndTripped
    }
  }
}
