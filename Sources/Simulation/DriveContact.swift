/// When a drive was last spoken to, and when it let go.
public struct DriveContact: BitwiseCopyable, Sendable, Equatable {
  /// Instant at which the last frame reached the drive that its filter let through [ns]; nil before the first.
  public internal(set) var lastFrame: Int64?
  /// Instant of the first step of the body at which the drive no longer obeyed after it did [ns]; nil before, and while it
  /// obeys again.
  public private(set) var letGo: Int64?
  /// Time from the last frame before that until then [ns]: 0 when a frame told the drive to let go.
  public private(set) var letGoAfter: Int64?
  private var isObeying = false

  init() {}

  mutating func note(isObeying now: Bool, at time: Int64) {
    if now {
      letGo = nil
      letGoAfter = nil
    } else if isObeying {
      letGo = time
      letGoAfter = lastFrame.map { time - $0 }
    }
    isObeying = now
  }
}
