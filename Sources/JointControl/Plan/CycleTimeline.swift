/// One cycle of a bus, played with full frame lengths: what is sent when, if drives answer as late as the plan assumes.
///
/// The host queues its messages at once and they leave in that order; a drive's answer is ready one response latency after
/// the end of what it answers; the most urgent frame wins. What a drive sends of its own accord counts as due at the start,
/// as often as it comes in a cycle. What comes more seldom than every cycle is left out.
public struct CycleTimeline: Sendable, Equatable {
  /// A frame on the bus.
  public struct Slot: Sendable, Equatable {
    /// Place of the message among the bus's.
    public var message: Int
    /// Start of frame, from the cycle's start [ns].
    public var start: Int64
    /// End of the interframe space [ns].
    public var end: Int64
  }
  /// The frames, in their order.
  public private(set) var slots: [Slot] = []
  /// When the drives that are asked sample: the ends of the first and last frame that is answered [ns]; nil where none is.
  public private(set) var sampling: ClosedRange<Int64>?

  /// The cycle of a bus.
  ///
  /// - Parameters:
  ///   - messages: the bus's messages.
  ///   - period: the loop's period [ns].
  ///   - delay: time by which the host waits before it queues its messages [ns].
  public init(_ messages: [PlannedMessage], period: Int64, delay: Int64 = 0) {
    let start = BusPlan.hostLatency + delay
    var queue: [Int] = []
    var ready: [(time: Int64, message: Int)] = []
    for index in messages.indices where messages[index].interval <= period {
      if messages[index].isFromHost {
        queue.append(index)
      } else if messages[index].trigger == nil {
        let count = Int(messages[index].countEveryCycle(of: period))
        ready += Array(repeating: (start, index), count: count)
      }
    }
    var next = 0
    var now = start
    var instants: [Int64] = []
    while next < queue.count || !ready.isEmpty {
      let key = { (index: Int) in messages[index].priorities.lowerBound }
      let waiting = ready.indices.filter { ready[$0].time <= now }
      let answer = waiting.min { (key(ready[$0].message), $0) < (key(ready[$1].message), $1) }
      let sent: Int
      if next < queue.count && (answer.map { key(queue[next]) <= key(ready[$0].message) } ?? true) {
        sent = queue[next]
        next += 1
      } else if let answer {
        sent = ready[answer].message
        ready.remove(at: answer)
      } else {
        now = ready.map(\.time).min() ?? now
        continue
      }
      let end = now + messages[sent].length
      slots.append(Slot(message: sent, start: now, end: end))
      let answers = messages.indices.filter {
        messages[$0].trigger == sent && messages[$0].interval <= period
      }
      ready += answers.map { (end + BusPlan.responseLatency, $0) }
      if !answers.isEmpty { instants.append(end) }
      now = end
    }
    if let first = instants.min(), let last = instants.max() { sampling = first...last }
  }

  /// End of the last frame [ns].
  public var end: Int64 { slots.last?.end ?? 0 }
}
