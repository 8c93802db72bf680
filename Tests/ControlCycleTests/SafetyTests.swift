import Testing

@testable import ControlCycle

@Suite("Safety monitor")
struct SafetyTests {
  @Test("A lost sample is bridged up to its age limit, then the robot stops", arguments: [4, 5, 6, 40])
  func staleness(lostCycles: Int) throws {
    var harness = try CycleHarness()
    harness.arm()
    let report = harness.reports[1]
    harness.reports[1] = nil
    for _ in 0..<lostCycles { harness.step() }
    harness.reports[1] = report
    // The first lost cycle finds a sample of age 2.
    if lostCycles + 1 <= 5 {
      #expect(harness.control.safety.state == .armed)
    } else {
      #expect(harness.control.safety.fault.kind == .sampleLost)
      #expect(harness.control.safety.fault.joints == JointSet(bits: 0b010))
      #expect(harness.control.safety.state != .armed)
    }
  }

  @Test(
    "A stale joint does what its policy says until the loss age, then the robot stops",
    arguments: [StalenessPolicy.Reaction.extrapolate, .hold, .damp])
  func policies(reaction: StalenessPolicy.Reaction) throws {
    var harness = try CycleHarness(reactions: [.stop, reaction, .stop])
    harness.arm()
    harness.setpoints.joints[1].position = 0.5
    for _ in 0..<10 { harness.step() }
    harness.reports[1] = nil
    for _ in 0..<16 { harness.step() }
    let before = harness.control.motions[1]
    harness.step()
    #expect(harness.control.safety.state == .armed)
    let after = harness.control.motions[1]
    switch reaction {
    case .hold:
      #expect(
        after.meanVelocity == 0 || abs(before.meanVelocity - after.meanVelocity - 0.04) < 1e-12,
        "braking or at rest")
    case .damp: #expect(harness.control.commands[1].stiffness == 0 && harness.control.commands[1].damping > 0)
    case .extrapolate:
      #expect(after.position > before.position && harness.control.commands[1].stiffness == 80)
    case .stop: Issue.record("not an argument of this test")
    }
    for _ in 0..<8 { harness.step() }
    #expect(harness.control.safety.fault.kind == .sampleLost)
  }

  @Test("When samples come back to a damped joint, its stiffness returns slowly, from where the joint is")
  func samplesReturn() throws {
    var harness = try CycleHarness(reactions: [.stop, .damp, .stop], content: .none)
    harness.arm()
    harness.setpoints.joints[1].position = 0.5
    for _ in 0..<20 { harness.step() }
    let report = harness.reports[1]
    harness.reports[1] = nil
    for _ in 0..<17 { harness.step() }
    #expect(harness.control.commands[1].stiffness == 0)
    // It sagged while nobody knew where it was.
    harness.reports[1] = report
    harness.reports[1]?.position -= 0.1
    var last = 0.0
    harness.step()
    #expect(abs(harness.control.motions[1].position - harness.control.states[1].position) < 0.001)
    for _ in 0..<300 {
      harness.step()
      let command = harness.control.commands[1]
      let torque = command.stiffness * (command.position - harness.control.states[1].position)
      #expect(abs(torque - last) < 0.4, "80 N.m/rad around a lag would be a step")
      last = torque
    }
    #expect(harness.control.safety.state == .armed)
    #expect(harness.control.commands[1].stiffness > 0)
  }

  @Test("Skipped cycles count into the age, and what a joint moved in them is no jump")
  func skippedCycles() throws {
    var harness = try CycleHarness()
    harness.arm()
    harness.number += 3
    for joint in 0..<3 {
      harness.reports[joint]?.position += 0.0155
      harness.reports[joint]?.velocity = 3.9
    }
    harness.step()
    #expect(harness.control.samples[0].rejected == 0)
    #expect(harness.control.safety.state == .armed)
    for joint in 0..<3 { harness.reports[joint] = nil }
    harness.number += 5
    harness.step()
    #expect(harness.control.states[0].age == 4 + 6)
    #expect(harness.control.safety.fault.kind == .sampleLost)
  }

  @Test("A fault that comes with a garbage position, or apart from any sample, is a drive fault")
  func faultsOutsideSamples() throws {
    var garbage = try CycleHarness()
    garbage.arm()
    garbage.reports[1]?.position = 9
    garbage.reports[1]?.faults = .encoder
    garbage.step()
    #expect(garbage.control.samples[1].state.position == 0)
    #expect(garbage.control.safety.fault.kind == .driveFault)
    #expect(garbage.control.safety.fault.drive.contains(.encoder))

    var reported = try CycleHarness()
    reported.arm()
    reported.control.samples[2].reportedFaults.insert(.hardware)
    reported.step()
    #expect(reported.control.safety.fault.drive.contains(.hardware))
    reported.step(.disarm)
    #expect(reported.control.samples[2].reportedFaults.isEmpty)
  }

  @Test("A robot that brakes or holds is watched like one that moves")
  func watchedWhileStopping() throws {
    var lost = try CycleHarness()
    lost.arm()
    for _ in 0..<20 { lost.step(.stop) }
    #expect(lost.control.safety.state == .stopping && !lost.control.safety.fault.isLatched)
    lost.reports[0] = nil
    for _ in 0..<6 { lost.step(.stop) }
    #expect(lost.control.safety.fault.kind == .sampleLost)
    #expect(lost.control.safety.state == .fault)

    var relaxed = try CycleHarness()
    relaxed.arm()
    for _ in 0..<20 { relaxed.step(.stop) }
    for _ in 0..<20 { relaxed.step(.relax) }
    relaxed.reports[1]?.mode = .disabled
    relaxed.step(.relax)
    #expect(relaxed.control.safety.fault.kind == .driveDisabled)
  }

  @Test("A frozen robot gives up the torque that was asked for")
  func frozenTorque() throws {
    var harness = try CycleHarness(content: .none)
    harness.arm()
    harness.setpoints.joints[0].torque = 7
    harness.step()
    #expect(harness.control.commands[0].torque == 7)
    for _ in 0..<60 { harness.step(refresh: false) }
    #expect(harness.control.safety.isFrozen && harness.control.commands[0].torque == 0)
  }

  @Test("All joints of a lost bus are named by the same fault")
  func wholeBus() throws {
    var harness = try CycleHarness()
    harness.arm()
    for joint in 0..<3 { harness.reports[joint] = nil }
    for _ in 0..<10 { harness.step() }
    #expect(harness.control.safety.fault.joints == JointSet(bits: 0b111))
    for _ in 0..<10 { harness.step() }
    #expect(harness.control.commands[0].stiffness == 0, "damped, not held blindly")
  }

  @Test("A drive's fault and a drive that went off by itself stop the robot at once")
  func driveTrouble() throws {
    var harness = try CycleHarness()
    harness.arm()
    harness.reports[2]?.mode = .fault
    harness.reports[2]?.faults = .overCurrent
    harness.step()
    #expect(harness.control.safety.fault.kind == .driveFault)
    #expect(harness.control.safety.fault.drive.contains(.overCurrent))

    var other = try CycleHarness()
    other.arm()
    other.reports[0]?.mode = .disabled
    other.step()
    #expect(other.control.safety.fault.kind == .driveDisabled)
    #expect(other.control.safety.state == .stopping)
  }

  @Test(
    "After a fault the healthy joints brake within their deceleration limit, stiff, and are damped at rest")
  func controlledStop() throws {
    var harness = try CycleHarness()
    harness.arm()
    harness.setpoints.joints[0] = JointSetpoint(position: 1.4)
    for _ in 0..<60 { harness.step() }
    harness.reports[2]?.mode = .disabled
    harness.step()
    #expect(harness.control.safety.state == .stopping)
    var cycles = 0
    while harness.control.safety.state == .stopping {
      let before = harness.control.motions[0].meanVelocity
      #expect(harness.control.commands[0].stiffness > 0)
      harness.step()
      #expect(abs(harness.control.motions[0].meanVelocity - before) <= 40 * 0.001 + 1e-12)
      cycles += 1
    }
    #expect(cycles > 20 && cycles < 110)
    #expect(harness.control.safety.state == .fault)
    for _ in 0..<260 { harness.step() }
    #expect(harness.control.commands[0].stiffness == 0 && harness.control.commands[0].damping == 2)
  }

  @Test("Measured positions and speeds outside the limits stop the robot; a jump is refused as no motion")
  func measuredGuards() throws {
    var harness = try CycleHarness()
    harness.reports[0]?.position = 1.54
    harness.arm()
    #expect(harness.control.safety.state == .armed, "within the margin")
    harness.reports[0]?.position = 1.56
    harness.step()
    #expect(harness.control.safety.fault.kind == .positionLimit)

    var fast = try CycleHarness()
    fast.arm()
    fast.reports[1]?.velocity = -4.7
    fast.step()
    #expect(fast.control.safety.state == .armed)
    fast.reports[1]?.velocity = -4.9
    fast.step()
    #expect(fast.control.safety.fault.kind == .overspeed)

    var jumping = try CycleHarness()
    jumping.arm()
    jumping.reports[1]?.position = 0.9
    jumping.step()
    #expect(jumping.control.samples[1].state.position == 0)
    #expect(jumping.control.samples[1].rejected == 1)
    #expect(jumping.control.safety.state == .armed)
  }

  @Test("One setpoint that is not a number is skipped; three in a row stop the robot", arguments: [1, 2, 3])
  func nonFinite(count: Int) throws {
    var harness = try CycleHarness()
    harness.arm()
    for bad in 0..<count {
      harness.setpoints.joints[0].position = bad % 2 == 0 ? .nan : .infinity
      harness.step()
      #expect(harness.control.commands[0].isFinite)
      #expect(abs(harness.control.commands[0].position) < 1e-9)
    }
    harness.setpoints.joints[0].position = 0
    harness.step()
    #expect((harness.control.safety.fault.kind == .setpointNotFinite) == (count == 3))
  }

  @Test("Stale setpoints freeze the motion, then stop the robot")
  func commandWatchdog() throws {
    var harness = try CycleHarness()
    harness.arm()
    harness.setpoints.joints[0] = JointSetpoint(position: 1.2, velocity: 2)
    harness.step()
    for _ in 0..<49 { harness.step(refresh: false) }
    #expect(!harness.control.safety.isFrozen)
    for _ in 0..<80 { harness.step(refresh: false) }
    #expect(harness.control.safety.isFrozen && harness.control.safety.state == .armed)
    #expect(harness.control.motions[0].meanVelocity == 0)
    for _ in 0..<25 { harness.step(refresh: false) }
    #expect(harness.control.safety.fault.kind == .commandTimeout)
  }
}
