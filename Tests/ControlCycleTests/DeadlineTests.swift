import TestSupport
import Testing

@testable import ControlCycle

/// The overrun ladder: hold and count, slow, stop; deadlines enter the core as data.
@Suite("Missed deadlines")
struct DeadlineTests {
  @Test("The window counts as a list of the last k deadlines does", arguments: [UInt64(1), 2, 3, 4])
  func window(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var window = DeadlineWindow()
    var list: [Bool] = []
    for _ in 0..<2000 {
      let met = Int64.random(in: 0...3, using: &random)
      let missed = Int.random(in: 0..<20, using: &random) == 0 ? Int64.random(in: 1...200, using: &random) : 0
      window.append(met: met, missed: missed)
      list += Array(repeating: false, count: Int(met)) + Array(repeating: true, count: Int(missed))
      let k = Int.random(in: 1...128, using: &random)
      for size in [k, 1, 63, 64, 65, 127, 128] {
        #expect(window.misses(in: Int32(size)) == Int32(list.suffix(size).filter { $0 }.count))
      }
    }
  }

  @Test("Up to three misses in a hundred cycles change nothing")
  func holds() throws {
    var harness = try CycleHarness()
    harness.arm()
    for _ in 0..<3 { harness.step(missed: 1) }
    #expect(harness.control.safety.state == .armed && !harness.control.safety.isSlowed)
    for _ in 0..<97 { harness.step() }
    for _ in 0..<3 { harness.step(missed: 1) }
    #expect(harness.control.safety.state == .armed && !harness.control.safety.isSlowed)
  }

  @Test("The fourth halves the speed until the window is clean; the motion keeps its acceleration limit")
  func slows() throws {
    var harness = try CycleHarness()
    harness.arm()
    harness.setpoints.joints[0].position = 1.4
    for _ in 0..<100 { harness.step() }
    let fast = harness.control.motions[0].velocity
    #expect(fast > 0.9 * CycleHarness.limits.velocity)
    for _ in 0..<4 { harness.step(missed: 1) }
    #expect(harness.control.safety.isSlowed && harness.control.safety.state == .armed)
    var last = harness.control.motions[0].velocity
    for _ in 0..<60 {
      harness.step()
      let velocity = harness.control.motions[0].velocity
      #expect(abs(velocity - last) <= CycleHarness.limits.acceleration * CycleHarness.period * (1 + 1e-9))
      last = velocity
    }
    #expect(last <= 0.5 * CycleHarness.limits.velocity * (1 + 1e-9))
    for _ in 0..<41 { harness.step() }
    #expect(!harness.control.safety.isSlowed && harness.control.safety.state == .armed)
  }

  @Test("The seventh in a window is a controlled stop with a fault of its own")
  func stops() throws {
    var harness = try CycleHarness()
    harness.arm()
    for count in 1...7 {
      #expect(harness.control.safety.state == .armed, "before miss \(count)")
      harness.step(missed: 1)
      harness.step()
    }
    #expect(harness.control.safety.fault.kind == .deadlineMissed)
    #expect(harness.control.safety.fault.joints.isEmpty)
    #expect(harness.control.safety.state == .stopping || harness.control.safety.state == .fault)
  }

  @Test(
    "A gap of more than twenty periods stops even where many misses are allowed, and only a reset re-arms")
  func gap() throws {
    var thresholds = SafetyThresholds(commandTimeout: 0.05)
    thresholds.missLimit = 60
    var harness = try CycleHarness(thresholds: thresholds)
    harness.arm()
    harness.step(missed: 20)
    #expect(harness.control.safety.state == .armed)
    harness.step(missed: 21, after: 21)
    #expect(harness.control.safety.fault.kind == .deadlineMissed)
    for _ in 0..<500 { harness.step(.arm) }
    #expect(harness.control.safety.state == .fault)
    harness.step(.reset)
    harness.arm()
    #expect(harness.control.safety.state == .armed && !harness.control.safety.fault.isLatched)
  }

  @Test("A shorter gap stops where the thresholds say so, before any sample is too old")
  func shortGap() throws {
    var thresholds = SafetyThresholds(commandTimeout: 0.05)
    thresholds.missLimit = 60
    thresholds.gapLimit = 8
    var harness = try CycleHarness(
      reactions: [.extrapolate, .extrapolate, .extrapolate], thresholds: thresholds)
    harness.arm()
    harness.step(missed: 8)
    #expect(harness.control.safety.state == .armed)
    harness.step(missed: 9, after: 9)
    #expect(harness.control.safety.fault.kind == .deadlineMissed)
  }

  @Test("Misses while disarmed do not keep the robot from arming")
  func missesBeforeArming() throws {
    var harness = try CycleHarness()
    for _ in 0..<50 { harness.step(.disarm, missed: 5) }
    harness.arm()
    #expect(harness.control.safety.state == .armed && !harness.control.safety.isSlowed)
  }

  @Test("A sample ages by the cycles that were left out")
  func ages() throws {
    var harness = try CycleHarness()
    harness.arm()
    harness.reports[2] = nil
    harness.step()
    #expect(harness.control.samples[2].state.age == 2)
    harness.step(missed: 2, after: 2)
    #expect(harness.control.samples[2].state.age == 5)
    #expect(harness.control.samples[0].state.age == 3)
  }

  @Test("Samples that are too old because the loop was away are no fault of the drives")
  func blame() throws {
    var harness = try CycleHarness()
    harness.arm()
    harness.step(missed: 5, after: 5)
    #expect(harness.control.samples[0].state.age == 6)
    #expect(
      harness.control.safety.fault.kind == .deadlineMissed && harness.control.safety.fault.joints.isEmpty)
  }
}
