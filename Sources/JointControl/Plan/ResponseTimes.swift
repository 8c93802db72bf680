/// A message that comes again and again, in a controller that sends the most urgent frame it has.
public struct PeriodicMessage: Sendable, Equatable {
  /// What it is called in tables.
  public var name: String
  /// Its arbitration field, `FramePriority.key`; lower wins.
  public var priority: UInt64
  /// Longest time on the bus, interframe space included [ns].
  public var length: Int64
  /// Shortest time between two instances [ns].
  public var period: Int64
  /// Time after its release by which it must be over [ns].
  public var deadline: Int64
  /// Longest time from its release to its being ready to send [ns].
  public var jitter: Int64

  /// A message.
  public init(
    name: String, priority: UInt64, length: Int64, period: Int64, deadline: Int64, jitter: Int64 = 0
  ) {
    self.name = name
    self.priority = priority
    self.length = length
    self.period = period
    self.deadline = deadline
    self.jitter = jitter
  }
}

/// How late a message of a bus can end, for messages whose phases nobody knows.
///
/// Davis, Burns, Bril, Lukkien, "Controller Area Network (CAN) schedulability analysis: refuted, revisited and revised",
/// Real-Time Systems 35 (2007). Fixed priorities, not preemptive: a message of priority m waits for one less urgent frame
/// that has begun (blocking B), and for every more urgent one. All instances in the longest busy period of m are looked at,
/// because the first is not always the latest:
///
///     busy period   t    = B + sum over hp and m of ceil((t + J) / T) C
///     instance q    w(q) = B + q C + sum over hp of ceil((w(q) + J + bit) / T) C
///     response      R    = max over q of J + w(q) - q T + C
///
/// `worst` is exact for independent phases and full frame lengths. `sufficient` replaces B by max(B, C) and looks at one
/// instance; it bounds messages that are over before their next release. Controllers that send first in, first out do not
/// fulfil the premise: see `CycleResponses` for those.
///
/// Integers throughout. Nothing traps: a set without a bound (load of 1 or more, a busy period over `longestWindow`,
/// lengths or periods that are not above 0) has nil.
public struct ResponseTimes: Sendable, Equatable {
  /// Longest time the frame of a less urgent message can be in the way [ns].
  public private(set) var blocking: Int64 = 0
  /// Length of the longest busy period of this and more urgent messages [ns]; nil when it has no end.
  public private(set) var busyPeriod: Int64?
  /// Longest response of each instance in the busy period [ns].
  public private(set) var instances: [Int64] = []
  /// Longest response [ns]; nil when there is no bound.
  public private(set) var worst: Int64?
  /// Bound by the sufficient test [ns]; nil when it finds none.
  public private(set) var sufficient: Int64?

  /// Longest busy period that is followed [ns]: 1000 s.
  public static let longestWindow: Int64 = 1_000_000_000_000
  /// Most instances of a message in one busy period that are looked at.
  public static let mostInstances: Int64 = 1_000_000

  /// The responses of one message among all of its bus, itself included.
  ///
  /// - Parameters:
  ///   - index: which of `messages`.
  ///   - messages: all messages of the bus; two of one priority delay each other.
  ///   - bitTime: one bit at the nominal rate [ns].
  public init(of index: Int, among messages: [PeriodicMessage], bitTime: Int64) {
    let own = messages[index]
    var urgent: [PeriodicMessage] = []
    for (other, message) in messages.enumerated() where other != index {
      if message.priority <= own.priority {
        urgent.append(message)
      } else {
        blocking = max(blocking, message.length)
      }
    }
    guard (urgent + [own]).allSatisfy({ $0.isSound }), blocking < Self.longestWindow, bitTime >= 0,
      bitTime < Self.longestWindow
    else { return }
    if Self.isBounded(urgent) {
      sufficient = Self.fixedPoint(from: max(blocking, own.length), base: max(blocking, own.length)) {
        Self.demand(of: urgent, in: $0, bitTime: bitTime)
      }.map { own.jitter + $0 + own.length }
    }
    guard Self.isBounded(urgent + [own]) else { return }
    busyPeriod = Self.fixedPoint(from: blocking + own.length, base: blocking) {
      Self.demand(of: urgent + [own], in: $0, bitTime: 0)
    }
    guard let busyPeriod else { return }
    let count = Self.releases(of: own, in: busyPeriod)
    guard count <= Self.mostInstances else { return }
    var start = blocking
    for instance in 0..<count {
      let window = Self.fixedPoint(from: start, base: blocking + instance * own.length) {
        Self.demand(of: urgent, in: $0, bitTime: bitTime)
      }
      guard let window else {
        instances = []
        return
      }
      instances.append(own.jitter + window - instance * own.period + own.length)
      start = window + own.length
    }
    worst = instances.max()
  }

  /// The responses of all messages of a bus, in their order.
  public static func all(of messages: [PeriodicMessage], bitTime: Int64) -> [ResponseTimes] {
    messages.indices.map { ResponseTimes(of: $0, among: messages, bitTime: bitTime) }
  }

  /// Part of the time that messages take, for tables.
  public static func utilisation(of messages: [PeriodicMessage]) -> Double {
    messages.reduce(0) { $0 + Double($1.length) / Double($1.period) }
  }

  /// Whether messages leave some of the time free; exact but for one part in 2^62 a message, on the safe side.
  private static func isBounded(_ messages: [PeriodicMessage]) -> Bool {
    var sum: UInt128 = 0
    for message in messages {
      let period = UInt128(message.period)
      sum += (UInt128(message.length) << 62 + period - 1) / period
    }
    return sum < 1 << 62
  }

  /// The least window that holds `base` and the demand that falls into it [ns]; nil beyond `longestWindow`.
  private static func fixedPoint(from start: Int64, base: Int64, demand: (Int64) -> Int64?) -> Int64? {
    var window = start
    while true {
      guard let more = demand(window), base + more <= longestWindow else { return nil }
      if base + more <= window { return window }
      window = base + more
    }
  }

  /// Time that the releases of messages within a window take [ns]; nil when it is longer than any window.
  private static func demand(of messages: [PeriodicMessage], in window: Int64, bitTime: Int64) -> Int64? {
    var sum: Int64 = 0
    for message in messages {
      let (time, overflow) = releases(of: message, in: window + bitTime).multipliedReportingOverflow(
        by: message.length)
      if overflow || time > longestWindow { return nil }
      sum += time
      if sum > longestWindow { return nil }
    }
    return sum
  }

  /// Instances that can become ready within a window [ns] that begins with one.
  private static func releases(of message: PeriodicMessage, in window: Int64) -> Int64 {
    (window + message.jitter + message.period - 1) / message.period
  }
}

extension PeriodicMessage {
  /// Whether the numbers are ones the analysis can work with.
  fileprivate var isSound: Bool {
    let range = 1...ResponseTimes.longestWindow
    return range.contains(length) && range.contains(period) && jitter >= 0
      && jitter <= ResponseTimes.longestWindow
  }
}
