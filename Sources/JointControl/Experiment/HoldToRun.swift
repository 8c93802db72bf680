import Synchronization

/// What has to be held for an experiment to go on: a key that repeats, a gamepad's button that is read again and again.
///
/// Whoever reads it calls `press` each time it is seen; the loop looks at how often that was, and counts time by its cycles. Any
/// thread may press; nothing waits and nothing locks.
public final class HoldToRun: Sendable {
  /// Time after the first press within which it must be seen again [s]: keyboards begin to repeat after up to 0.66 s.
  public let firstGap: Double
  /// Time within which it must be seen again from then on [s].
  public let gap: Double
  private let presses = Atomic<Int>(0)

  /// What has to be held.
  public init(firstGap: Double = 0.8, gap: Double = 0.25) {
    precondition(firstGap > 0 && gap > 0)
    self.firstGap = firstGap
    self.gap = gap
  }

  /// It was seen to be held.
  public func press() { _ = presses.wrappingAdd(1, ordering: .relaxed) }

  /// How often it was seen.
  var count: Int { presses.load(ordering: .relaxed) }
}

/// The loop's side of `HoldToRun`.
struct HoldWatch {
  private let key: HoldToRun?
  private var seen = 0
  private var changes = 0
  private var silence = 0.0

  init(_ key: HoldToRun?) {
    self.key = key
    seen = key?.count ?? 0
  }

  /// Whether it was seen at all, or none is asked for.
  var hasBegun: Bool { key == nil || changes > 0 }

  /// Whether it was let go.
  var isReleased: Bool {
    guard let key, changes > 0 else { return false }
    return silence > (changes > 1 ? key.gap : key.firstGap)
  }

  /// Looks, once a cycle; `elapsed` is the time since the look before [s].
  mutating func look(after elapsed: Double) {
    guard let key else { return }
    let count = key.count
    if count != seen {
      seen = count
      changes = min(changes + 1, 2)
      silence = 0
    } else {
      silence += elapsed
    }
  }
}
