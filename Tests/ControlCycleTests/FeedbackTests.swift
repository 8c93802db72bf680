import Testing

@testable import ControlCycle

@Suite("Samples that no sound drive sends") struct FeedbackTests {
  /// A harness whose joints move away from where their drives say they are.
  private func leaving(noise: Double) throws -> CycleHarness {
    var harness = try CycleHarness()
    harness.noise = noise
    harness.arm()
    #expect(harness.control.safety.state == .armed)
    for joint in 0..<3 { harness.setpoints.joints[joint].position = 0.5 }
    return harness
  }

  private func enabled(at position: Double) -> MotorState {
    var report = MotorState()
    report.mode = .enabled
    report.position = position
    return report
  }

  @Test("The same sample for ever stops the robot once the motion has left it")
  func frozen() throws {
    var harness = try leaving(noise: 0)
    harness.reports[2]?.torque = 0.3
    var cycles = 0
    while harness.control.safety.state == .armed && cycles < 200 {
      harness.step()
      // The first two joints measure, and go on.
      for joint in 0..<2 { harness.reports[joint]?.torque += 1e-3 }
      cycles += 1
    }
    #expect(harness.control.safety.fault.kind == .feedbackFrozen)
    #expect(harness.control.safety.fault.joints == JointSet(bits: 0b100))
    let distance = harness.control.motions[2].position
    #expect(distance > 0.04 && distance < 0.13, "twenty cycles after the motion has left, at 4 rad/s at most")
  }

  @Test("A joint that presses on something rigid reports a torque that grows, and goes on")
  func pressing() throws {
    var harness = try leaving(noise: 1e-3)
    for _ in 0..<300 { harness.step() }
    #expect(harness.control.safety.state == .armed)
    #expect(harness.control.motions[2].position == 0.5)
  }

  @Test("A joint that presses with all the torque it may use reports the same, and goes on")
  func pressingAtTheLimit() throws {
    var harness = try leaving(noise: 0)
    for joint in 0..<3 { harness.reports[joint]?.torque = 0.95 * CycleHarness.limits.torque }
    for _ in 0..<300 { harness.step() }
    #expect(harness.control.safety.state == .armed)
  }

  @Test("A joint at rest may report the same for ever")
  func resting() throws {
    var harness = try CycleHarness()
    harness.noise = 0
    harness.arm()
    for _ in 0..<300 { harness.step() }
    #expect(harness.control.safety.state == .armed)
  }

  @Test("What was said at rest does not count once a joint that sags under its load sets off")
  func sagging() throws {
    var harness = try CycleHarness()
    harness.noise = 0
    harness.arm()
    for joint in 0..<3 { harness.setpoints.joints[joint].position = 0.05 }
    for _ in 0..<300 {
      harness.step()
      // On the way: the drives measure. At rest there they say the same for ever, 0.05 rad below.
      if harness.control.motions[0].velocity != 0 {
        for joint in 0..<3 { harness.reports[joint]?.torque += 1e-3 }
      }
    }
    #expect(harness.control.safety.state == .armed)
    for joint in 0..<3 { harness.setpoints.joints[joint].position = 0.5 }
    // Friction holds them for a moment.
    for _ in 0..<12 { harness.step() }
    #expect(harness.control.motions[0].velocity > 0.05)
    #expect(harness.control.safety.state == .armed)
  }

  @Test("Two answers a cycle that differ are two drives; a late one after a gap is none")
  func twins() throws {
    var harness = try CycleHarness()
    harness.arm()
    harness.twin = enabled(at: 0.02)
    harness.step()
    harness.step()
    #expect(harness.control.safety.state == .armed)
    harness.step()
    #expect(harness.control.safety.fault.kind == .identifierShared)
    #expect(harness.control.safety.fault.joints == JointSet(bits: 0b100))
  }

  @Test("Every second answer comes a cycle late, and so with the next one")
  func late() throws {
    var harness = try CycleHarness()
    harness.arm()
    for cycle in 0..<200 {
      harness.reports[2] = cycle % 2 == 0 ? nil : enabled(at: 0)
      harness.twin = cycle % 2 == 0 ? nil : enabled(at: 0.02)
      harness.step()
    }
    #expect(harness.control.safety.state == .armed)
  }
}
