/// Which of the last 128 deadlines were missed, one bit each: the window of an (m, k) rule.
struct DeadlineWindow: BitwiseCopyable, Sendable {
  /// Deadlines the window holds.
  static var capacity: Int64 { @_noLocks get { 128 } }
  private(set) var recent: UInt64 = 0
  private(set) var older: UInt64 = 0

  @_noLocks init() {}

  /// The window of 128 bits, the newest one lowest.
  init(recent: UInt64, older: UInt64) {
    self.recent = recent
    self.older = older
  }

  /// Takes the deadlines since the last call: those that were met, then those that were missed.
  @_noLocks mutating func append(met: Int64, missed: Int64) {
    push(met, bit: 0)
    push(missed, bit: 1)
  }

  @_noLocks private mutating func push(_ count: Int64, bit: UInt64) {
    let count = count > Self.capacity ? Self.capacity : count
    guard count > 0 else { return }
    for _ in 0..<count {
      older = (older &<< 1) | (recent &>> 63)
      recent = (recent &<< 1) | bit
    }
  }

  /// Deadlines missed among the last `window` ones, 1...128.
  @_noLocks func misses(in window: Int32) -> Int32 {
    if window <= 0 { return 0 }
    if window >= 128 { return Int32(recent.nonzeroBitCount + older.nonzeroBitCount) }
    if window >= 64 {
      let mask = (UInt64(1) &<< UInt64(window - 64)) &- 1
      return Int32(recent.nonzeroBitCount + (older & mask).nonzeroBitCount)
    }
    return Int32((recent & ((UInt64(1) &<< UInt64(window)) &- 1)).nonzeroBitCount)
  }
}

extension ControlCycle {
  /// The overrun ladder: a missed deadline is held through and counted; more than m in k slow the motion, more
  /// than 2 m stop the robot, and so does one gap that is too long. Nothing is ever caught up.
  @_noLocks mutating func inspectDeadlines(at cycle: Cycle) {
    safety.deadlines.append(met: Int64(elapsed) &- cycle.missed, missed: cycle.missed)
    let misses = safety.deadlines.misses(in: thresholds.missWindow)
    safety.isSlowed = misses > thresholds.missLimit
    let isTooLate = misses > 2 &* thresholds.missLimit || cycle.missed > thresholds.gapLimit
    if isTooLate && safety.state.isPowered {
      safety.trip(.deadlineMissed, joint: nil, cycle: cycle.number)
    }
  }
}
