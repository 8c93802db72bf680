import ControlCycle

/// When a drive was last spoken to, and when it let go.
public struct DriveContact: BitwiseCopyable, Sendable, Equatable {
  /// Instant at which the last frame reached the drive that its filter let through [ns]; nil before the first.
  public internal(set) var lastFrame: Int64?
  /// Instant of the first step of the body at which the drive was seen off after it was on [ns]; nil before, and while it
  /// is on again.
  public private(set) var letGo: Int64?
  /// Time from the last frame before that until then [ns]: 0 when a frame told the drive to let go.
  public private(set) var letGoAfter: Int64?
  private var isOn = false

  init() {}

  mutating func note(_ mode: DriveMode, at time: Int64) {
    let isOnNow = if case .enabled = mode { true } else { false }
    if isOnNow {
      letGo = nil
      letGoAfter = nil
    } else if isOn {
      letGo = time
      letGoAfter = lastFrame.map { time - $0 }
    }
    isOn = isOnNow
  }
}
