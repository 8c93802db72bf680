import CServoBus
import TestSupport
import Testing

/// Instants of a controller's clock on the kernel's: bounded by the truth and by the kernel's stamp.
@Suite struct ClockFilterTests {
  /// Frames stamped by a clock that drifts, and by a kernel that is late.
  private struct Frames {
    var generator: SeededGenerator
    /// Kernel's time [ns].
    var now: Int64 = 5_000_000_000
    var epoch: Int64
    /// Of the controller's clock, in parts of a million.
    var drift: Double

    /// A frame after `gap` [ns], its delay at least `least`: its true instant, the controller's stamp, the kernel's.
    mutating func next(gap: Int64, least: Int64) -> (truth: Int64, hardware: Int64, kernel: Int64) {
      now += gap
      // Mostly short, now and then long: a kernel that is busy.
      let tail = Double.random(in: 0.0001...1, using: &generator)
      let delay = least + Int64(20_000 * (1 / tail).squareRoot())
      let hardware = epoch &+ Int64(Double(now) * (1 + drift * 1e-6))
      return (now, hardware, now + delay)
    }
  }

  @Test("Any delays, epochs and drifts: not before the truth, not after the kernel, close to the least delay")
  func bounds() {
    var seeds = SeededGenerator(seed: 62)
    for run in 0..<60 {
      var frames = Frames(
        generator: SeededGenerator(seed: UInt64(run)), epoch: .random(in: .min...(.max), using: &seeds),
        drift: .random(in: -190...190, using: &seeds))
      let least = Int64.random(in: 0...60_000, using: &seeds)
      var filter = servo_clock_filter()
      var (worst, kernelWorst) = (Int64(0), Int64(0))
      for index in 0..<4000 {
        let frame = frames.next(gap: .random(in: 50_000...400_000, using: &seeds), least: least)
        let instant = servo_clock_filter_take(&filter, frame.hardware, frame.kernel)
        // Arithmetic of this test rounds to a nanosecond.
        #expect(instant >= frame.truth - 1 && instant <= frame.kernel)
        guard index >= 200 else { continue }
        worst = max(worst, instant - frame.truth - least)
        kernelWorst = max(kernelWorst, frame.kernel - frame.truth - least)
      }
      // The least delay of the tail is 20 us; what drift adds until a frame shows it again is little.
      #expect(worst < 26_000 && kernelWorst > 200_000, "\(worst) \(kernelWorst) at \(frames.drift) ppm")
      #expect(filter.restarts == 0)
    }
  }

  @Test("A clock that is set forth or back is followed within a second, bounded by the kernel all the while")
  func steps() {
    for step in [Int64(-7_000_000_000), -40_000_000, 40_000_000, 7_000_000_000] {
      var frames = Frames(generator: SeededGenerator(seed: 3), epoch: 123, drift: 30)
      var filter = servo_clock_filter()
      for index in 0..<20_000 {
        if index == 4000 { frames.epoch &+= step }
        let frame = frames.next(gap: 250_000, least: 10_000)
        let instant = servo_clock_filter_take(&filter, frame.hardware, frame.kernel)
        #expect(instant <= frame.kernel)
        // The first frames tell little; and after the step a second, in frames.
        if (200..<4000).contains(index) || index > 4000 + 4100 {
          #expect(instant >= frame.truth - 1 && instant < frame.truth + 60_000, "\(step) \(index)")
        }
      }
      // A clock set forth shows at the first frame, one set back when none was near for a second.
      #expect(filter.restarts <= 1)
    }
  }

  @Test("The first frame has the kernel's instant; one that tells nothing changes nothing")
  func first() {
    var filter = servo_clock_filter()
    #expect(servo_clock_filter_read(&filter, 77, 1000) == 1000)
    #expect(servo_clock_filter_take(&filter, 500, 1000) == 1000)
    let offset = filter.offset_ns
    #expect(servo_clock_filter_read(&filter, 700, 1250) == 1200 && filter.offset_ns == offset)
    #expect(servo_clock_filter_read(&filter, 900, 1250) == 1250)
  }
}
