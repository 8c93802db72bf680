import ControlCycle

/// How far bring-up confirms that a drive lets go when commands stop.
public enum WatchdogProof: String, Sendable {
  /// Written, read back, and seen to trip: on after three quarters of its time in silence, off after five. A CANopen drive in
  /// a loop of its own is not switched on for it: no fault after three quarters, a fault after five.
  case setAndTripped = "set_and_tripped"
  /// Written and read back; not tried, as the drive closes a loop of its own, where no command is sure to be without torque.
  case set
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
    case .damiao where !configuration.drive.mode.hasZeroTorque: return .set
    case .canopen, .damiao, .moteus: return .setAndTripped
    case .mit: return .stated
    case .myactuator, .odrive, .odrive05: return .tripped
    case .robstride: return configuration.drive.dialect.isCyberGear ? .tripped : .setAndTripped
    }
  }
}
