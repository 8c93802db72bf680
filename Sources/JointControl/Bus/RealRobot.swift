internal import CServoBus
public import ControlCycle

/// A robot on its open buses and the real clock, CLOCK_MONOTONIC.
///
/// Nothing here waits but `wait`. A bus that disappears brings no frames any more: the cycle sees its drives as lost and
/// stops the robot; `traffic` tells why.
public struct RealRobot: Target, ~Copyable {
  private let spinTail: Int64
  var buses: OpenBuses
  // Keeps the ring alive that the loop reaches without counting references.
  private let trace: FrameRing?
  private let ring: Unmanaged<FrameRing>?

  /// Opens every bus of a robot.
  ///
  /// - Parameters:
  ///   - robot: the robot.
  ///   - spinTail: how long before an instant the wait for it stays awake [ns].
  ///   - trace: where every frame is put, both ways, for a trace; those sent carry the instant of sending.
  /// - Throws: `BusErrors` naming every bus that cannot be opened; the others are closed again.
  public init(_ robot: Robot, spinTail: Int64 = 0, trace: FrameRing? = nil) throws(BusErrors) {
    self.spinTail = spinTail
    self.trace = trace
    ring = trace.map(Unmanaged.passUnretained)
    buses = try OpenBuses(robot)
  }

  /// What a bus carried and met so far.
  public func traffic(ofBus bus: Int) -> BusTraffic { buses.traffic(ofBus: bus) }

  /// Sees to it that no command that still waits on any bus is ever sent. For when the loop is over.
  public func secure() { buses.secure() }

  // MARK: Target

  /// Real time waits for nobody: a loop that is late skips cycles.
  public var waitsForLoop: Bool { false }

  /// The clock's present instant [ns].
  public var now: Int64 { servo_clock_now() }

  /// Sleeps until an instant [ns] and returns when it woke [ns].
  public func wait(until time: Int64) -> Int64 {
    // Only an unusable clock makes this fail; the instant returned says how far off the waking is.
    _ = servo_clock_spin_until(time, spinTail)
    return servo_clock_now()
  }

  /// Appends what has arrived on all buses, within what a cycle may take (`OpenBuses.receive`), and notes what
  /// they say of themselves.
  public mutating func receive(into frames: inout FrameBuffer) {
    let first = frames.count
    buses.receive(into: &frames)
    buses.report(into: &frames)
    guard ring != nil else { return }
    for index in first..<frames.count { note(frames[index]) }
  }

  /// Sends each frame on its bus.
  public func send(_ frames: borrowing FrameBuffer) {
    buses.send(frames)
    guard ring != nil else { return }
    let instant = servo_clock_now()
    for index in 0..<frames.count {
      var frame = frames[index]
      frame.time = instant
      note(frame)
    }
  }

  /// Puts a frame into the trace; one that does not fit is counted.
  private func note(_ frame: CANFrame) {
    ring?._withUnsafeGuaranteedRef { if !$0.append(frame) { $0.countDrop() } }
  }
}
