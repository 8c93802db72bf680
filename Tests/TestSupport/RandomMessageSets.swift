public import JointControl

/// Random sets of messages of one bus, and that bus played with full or shorter frames.
public enum RandomMessageSets {
  /// A set and the bus it is for.
  public struct MessageSet {
    /// The messages; lower index, lower number of the arbitration field.
    public var messages: [PeriodicMessage]
    /// Payload of each [bytes].
    public var bytes: [Int]
    /// Nominal bit rate [bit/s].
    public var bitRate: Int
    /// One bit [ns].
    public var bitTime: Int64 { 1_000_000_000 / Int64(bitRate) }
  }

  /// 2 to 9 messages of 11-bit identifiers with a load of 0.2 to 1.1, one set in three with jitter, some of it over a period.
  public static func set(using random: inout SeededGenerator) -> MessageSet {
    let bitRate = [125_000, 250_000, 500_000, 1_000_000].randomElement(using: &random) ?? 1_000_000
    let count = Int.random(in: 2...9, using: &random)
    let load = Double.random(in: 0.2...1.1, using: &random)
    let shares = (0..<count).map { _ in Double.random(in: 0.1...1, using: &random) }
    let hasJitter = Int.random(in: 0..<3, using: &random) == 0
    var set = MessageSet(messages: [], bytes: [], bitRate: bitRate)
    for index in 0..<count {
      let bytes = Int.random(in: 0...8, using: &random)
      let length = FrameTime(worstCaseBytes: bytes, isExtended: false, isFlexibleDataRate: false)
        .nanoseconds(bitRate: bitRate, dataBitRate: bitRate)
      let period = Int64(Double(length) * shares.reduce(0, +) / shares[index] / load)
      let jitter = hasJitter ? Int64.random(in: 0...(period * 3 / 2), using: &random) : 0
      set.messages.append(
        PeriodicMessage(
          name: "m\(index)", priority: UInt64(index) << 24, length: length, period: max(1, period),
          deadline: max(1, period), jitter: jitter))
      set.bytes.append(bytes)
    }
    return set
  }

  /// Longest response of a message when everything more urgent becomes ready at once, all of it as late as its jitter allows,
  /// just as the longest less urgent frame has begun: the instant that the theory calls critical [ns].
  ///
  /// A node may join an arbitration until its first bit is over. The bus is followed until nothing waits, or for as many
  /// frames as `frames`, whichever is first.
  public static func criticalResponse(of index: Int, in set: MessageSet, frames: Int) -> Int64 {
    let messages = set.messages
    var now = messages[(index + 1)...].map(\.length).max() ?? 0
    var sent = [Int64](repeating: 0, count: index + 1)
    var worst: Int64 = 0
    let ready = { (message: Int) -> Int64 in
      max(0, sent[message] * messages[message].period - messages[message].jitter)
    }
    for _ in 0..<frames {
      // The first bit of a frame that is on the bus can still be joined by what is more urgent.
      guard (0...index).contains(where: { ready($0) <= now }) else { return worst }
      guard let winner = (0...index).first(where: { ready($0) < now + ($0 == index ? 1 : set.bitTime) })
      else {
        return worst
      }
      now += messages[winner].length
      if winner == index {
        worst = max(worst, now - (sent[winner] * messages[winner].period - messages[winner].jitter))
      }
      sent[winner] += 1
    }
    return worst
  }
}
