public import ControlCycle

/// What a control loop runs on: the real robot's buses and clock, or simulated ones.
///
/// The loop calls `wait`, `receive` and `send` once each per cycle, in that order, from one thread.
public protocol Target: ~Copyable {
  /// Blocks until `time` [ns, this target's clock] and returns the instant it woke [ns].
  mutating func wait(until time: Int64) -> Int64
  /// Appends every frame that arrived since the last call.
  mutating func receive(into frames: inout FrameBuffer)
  /// Queues frames for transmission, bus by bus in the order given; never blocks.
  mutating func send(_ frames: borrowing FrameBuffer)
  /// The clock's present instant [ns].
  var now: Int64 { mutating get }
  /// Whether time stands still until the loop asks for it to pass, as in a simulation: no cycle is ever skipped.
  var waitsForLoop: Bool { get }
}
