/// Faults that a run draws from its seed.
public struct Chaos: Sendable {
  /// How many faults a run gets.
  public var count: Int
  /// What may be drawn: a target and a fault each.
  public var choices: [Injection]
  /// Instants between which faults begin, since arming [ns].
  public var start: ClosedRange<Int64>
  /// How long they last [ns]; nil lets them stay.
  public var duration: ClosedRange<Int64>?

  /// Faults to draw; at least one choice, and no start at 0 or before, which would be at power-up.
  public init(
    count: Int, choices: [Injection], start: ClosedRange<Int64>, duration: ClosedRange<Int64>? = nil
  ) {
    precondition(count >= 0 && !choices.isEmpty && start.lowerBound > 0)
    self.count = count
    self.choices = choices
    self.start = start
    self.duration = duration
  }

  /// The faults of a seed. Instants and durations are whole milliseconds where the ranges allow.
  public func draw(seed: UInt64) -> [Injection] {
    var random = RandomStream(seed: seed, stream: 0x5CE0)
    return (0..<count).map { _ in
      var fault = choices[Int(random.integer(upTo: Int64(choices.count - 1)))]
      fault.start = Self.draw(start, from: &random)
      // Drawn whether it is used or not, so that each fault takes as many numbers as any other.
      let length = Self.draw(duration ?? 0...0, from: &random)
      let lasts = fault.entry.span == .lasting || fault.entry.span == .cycle
      fault.duration = duration != nil && lasts ? length : nil
      return fault
    }
  }

  private static func draw(_ range: ClosedRange<Int64>, from random: inout RandomStream) -> Int64 {
    let value = range.lowerBound + random.integer(upTo: range.upperBound - range.lowerBound)
    let rounded = (value + 500_000) / 1_000_000 * 1_000_000
    return range.contains(rounded) ? rounded : value
  }
}
