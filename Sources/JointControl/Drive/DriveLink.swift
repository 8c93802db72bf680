public import ControlCycle

/// Requests to drives and their answers, one at a time, on any target: what `sinew drive` speaks through.
///
/// Beside `BringUp`, which goes through the drives of a whole robot; both send again after the same time and give up after
/// the same number of tries. Nothing here belongs to the loop: it may wait and allocate.
public struct DriveLink<LoopTarget: Target & ~Copyable>: ~Copyable {
  /// What the drives are on.
  public private(set) var target: LoopTarget
  /// Time between two looks at the buses [ns].
  let period: Int64
  /// Time after which an unanswered request goes out again [ns].
  let patience: Int64
  /// Time that the first probe of an identifier may take to be answered [ns].
  public let probeWindow: Int64
  private var received = FrameBuffer(capacity: ReceiveRoom.loop)
  private var transmit = FrameBuffer(capacity: 2 * Capacity.joints)

  /// A link that looks at the buses every `period` [ns].
  public init(_ target: consuming LoopTarget, period: Int64) {
    precondition(period > 0)
    // Through adapters and operating systems an answer may take longer than bring-up, which looks at what the loop will
    // see, allows.
    let factor: Int64 = target.waitsForLoop ? 1 : 5
    patience = factor * BringUp.patience
    probeWindow = factor * 3_000_000
    self.target = target
    self.period = period
  }

  /// Gives the target back.
  public consuming func close() -> LoopTarget { target }

  /// The target's present instant [ns].
  public var now: Int64 { mutating get { target.now } }

  /// Sends frames now.
  public mutating func send(_ frames: [CANFrame]) {
    transmit.removeAll()
    for frame in frames { transmit.append(frame) }
    target.send(transmit)
  }

  /// Lets time pass up to an instant [ns], or until `take`, which gets every frame that arrives, says that it has what it
  /// wants.
  ///
  /// - Returns: whether it did.
  @discardableResult
  public mutating func listen(until end: Int64, _ take: (CANFrame) -> Bool) -> Bool {
    var instant = target.now
    var isSettled = false
    while !isSettled && instant < end {
      instant = max(min(instant + period, end), min(target.now, end))
      _ = target.wait(until: instant)
      received.removeAll()
      target.receive(into: &received)
      // All that arrived is looked at: an answer given twice shows that two drives have one identifier.
      for index in 0..<received.count where take(received[index]) { isSettled = true }
    }
    return isSettled
  }

  /// Lets time pass [ns]; what arrives is dropped.
  public mutating func pass(_ time: Int64) { listen(until: target.now + time) { _ in false } }

  /// Sends a request until it is answered; nil when it is not, after the tries of bring-up.
  ///
  /// - Parameters:
  ///   - frames: the request.
  ///   - patience: time after which it goes out again [ns]; the link's where not given.
  ///   - attempts: how often it goes out.
  ///   - answer: what a frame means; nil where it answers something else.
  /// - Returns: what the first answer means.
  public mutating func exchange<Answer>(
    _ frames: [CANFrame], patience: Int64? = nil, attempts: Int = BringUp.attempts,
    _ answer: (CANFrame) -> Answer?
  ) -> Answer? {
    var retry = Retry()
    var found: Answer?
    while found == nil {
      switch retry.decide(patience: patience ?? self.patience, attempts: attempts) {
      case .giveUp: return nil
      case .send: send(frames)
      case .wait: break
      }
      listen(until: target.now + period) { frame in
        if found == nil { found = answer(frame) }
        return found != nil
      }
      retry.waited += period
    }
    return found
  }
}
