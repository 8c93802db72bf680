import ControlCycle

/// The instants of a loop's cycles, and which deadlines were missed; the only place that skips.
///
/// Cycle `first + k` is due at `start + k * period`, and its deadline is the instant of the next one. A cycle that ends later
/// has missed it. A loop that wakes whole periods late leaves the cycles it slept through out; it goes on with the
/// last instant that has passed, never in a burst. Each missed deadline counts exactly once.
struct Timeline {
  let start: Int64
  let period: Int64
  /// Whether time stands still until the loop asks for it to pass; then no cycle is late for the core.
  let waitsForLoop: Bool
  private let first: Int64
  private var number: Int64
  /// Cycles left out before the present one.
  private(set) var skipped: Int64 = 0
  /// Deadlines missed: those of the cycles left out before the last finished one, and its own.
  private(set) var missed: Int64 = 0
  private var overran: Int64 = 0

  init(start: Int64, period: Int64, waitsForLoop: Bool, first: Int64 = 0) {
    self.start = start
    self.period = period
    self.waitsForLoop = waitsForLoop
    self.first = first
    number = first
  }

  /// Instant of the next cycle [ns].
  var due: Int64 { start + (number - first) * period }

  /// The cycle to run after waking at `instant`, and how late it is [ns].
  mutating func wake(at instant: Int64) -> (cycle: Cycle, lateness: Int64) {
    skipped = waitsForLoop ? 0 : max(0, (instant - due) / period)
    number += skipped
    let cycle = Cycle(
      number: number, time: due, period: Double(period) * 1e-9, missed: skipped + overran)
    return (cycle, instant - due)
  }

  /// Ends a cycle that was done `elapsed` after its instant [ns].
  mutating func finish(after elapsed: Int64) {
    let own: Int64 = elapsed > period ? 1 : 0
    overran = waitsForLoop ? 0 : own
    number += 1
    missed = skipped + own
  }
}
