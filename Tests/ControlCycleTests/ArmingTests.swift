import Testing

@testable import ControlCycle

@Suite("Arming, stopping and letting go")
struct ArmingTests {
  @Test("Arming waits for every drive, starts from the measured pose and steps no torque")
  func arming() throws {
    var harness = try CycleHarness(content: .inverseDynamics)
    harness.reports[0]?.position = 0.4
    harness.reports[2]?.position = -0.3
    for joint in 0..<3 { harness.setpoints.joints[joint].position = harness.reports[joint]?.position ?? 0 }
    for _ in 0..<20 { harness.step() }
    #expect(harness.control.safety.state == .arming && harness.control.safety.isSwitchingOn)

    for joint in 0..<2 { harness.reports[joint]?.mode = .enabled }
    for _ in 0..<20 { harness.step() }
    #expect(harness.control.safety.isSwitchingOn, "one drive is still off")

    harness.reports[2]?.mode = .enabled
    var before = (0..<3).map { harness.control.commands[$0] }
    var largestStep = 0.0
    for cycle in 0..<300 {
      // The robot sags while it is limp; the law's torque at the drive is what must not step.
      for joint in 0..<3 {
        harness.reports[joint]?.velocity = cycle < 100 ? -0.02 * Double(cycle) / 100 : -0.02
      }
      harness.step()
      for joint in 0..<3 {
        let command = harness.control.commands[joint]
        #expect(abs(command.position - (harness.reports[joint]?.position ?? 0)) < 1e-12)
        largestStep = max(largestStep, abs(command.torque - before[joint].torque))
      }
      before = (0..<3).map { harness.control.commands[$0] }
    }
    #expect(harness.control.safety.state == .armed)
    // 250 ms of ramp: no cycle may add more than a fraction of the full torque.
    let gravity = abs(before[0].torque)
    #expect(gravity > 1, "the pose needs holding torque, or the test shows nothing")
    #expect(largestStep < gravity / 100)
    #expect(before[0].stiffness == 80)
  }

  @Test("A drive that answers for the first time switched on is armed where it stands")
  func armingFromFirstSample() throws {
    var harness = try CycleHarness()
    harness.reports = [nil, nil, nil]
    for _ in 0..<3 { harness.step() }
    for joint in 0..<3 {
      var report = MotorState()
      report.position = -1.2
      report.mode = .enabled
      harness.reports[joint] = report
      harness.setpoints.joints[joint].position = -1.2
    }
    for _ in 0..<300 {
      harness.step()
      for joint in 0..<3 { #expect(abs(harness.control.motions[joint].position + 1.2) < 1e-12) }
    }
    #expect(harness.control.safety.state == .armed)
  }

  @Test("Arming ends in a fault that names the drives that stay off")
  func armingTimeout() throws {
    var harness = try CycleHarness()
    harness.reports[0]?.mode = .enabled
    for _ in 0..<1100 { harness.step() }
    #expect(harness.control.safety.state == .fault)
    #expect(harness.control.safety.fault.kind == .armingTimeout)
    #expect(harness.control.safety.fault.joints == JointSet(bits: 0b110))
  }

  @Test("Stiffness and feed-forward fade after a fault; no cycle takes more than its share")
  func fading() throws {
    var harness = try CycleHarness()
    for joint in 0..<3 { harness.reports[joint]?.position = 0.5 }
    harness.arm()
    let held = harness.control.commands[0].torque
    #expect(abs(held) > 1)
    harness.reports[2]?.mode = .disabled
    var last = harness.control.commands[0]
    for _ in 0..<300 {
      harness.step()
      let command = harness.control.commands[0]
      #expect(abs(command.torque - last.torque) <= abs(held) / 200)
      #expect(last.stiffness - command.stiffness <= 80.0 / 200)
      last = command
    }
    #expect(last.torque == 0 && last.stiffness == 0 && last.damping == 2)
  }

  @Test("A stop brakes within the deceleration limit; only then is stiffness given up")
  func stopAndRelax() throws {
    var harness = try CycleHarness()
    harness.arm()
    harness.setpoints.joints[0] = JointSetpoint(position: 1.4)
    for _ in 0..<60 { harness.step() }
    #expect(harness.control.motions[0].meanVelocity > 1)
    harness.step(.stop)
    harness.step(.relax)
    #expect(!harness.control.safety.isRelaxed && harness.control.motions[0].meanVelocity > 1)
    while !harness.control.safety.isAtRest {
      let before = harness.control.motions[0].meanVelocity
      harness.step(.relax)
      #expect(!harness.control.safety.isRelaxed || harness.control.safety.isAtRest)
      #expect(abs(harness.control.motions[0].meanVelocity - before) <= 40 * 0.001 + 1e-12)
    }
    for _ in 0..<260 { harness.step(.relax) }
    #expect(harness.control.safety.isRelaxed && harness.control.commands[0].stiffness == 0)
    harness.step(.disarm)
    #expect(harness.control.safety.state == .disarmed)
  }

  @Test("A joint that falls beyond a limit once it was let go is no fault; one that is held there is")
  func lettingGo() throws {
    for isLetGo in [true, false] {
      var harness = try CycleHarness()
      harness.arm()
      harness.step(.stop)
      while !harness.control.safety.isAtRest { harness.step(.stop) }
      for _ in 0..<10 { harness.step(isLetGo ? .relax : .stop) }
      #expect(harness.control.safety.isRelaxed == isLetGo)
      // It sinks there; a jump no joint can make would not be taken.
      for step in 1...400 {
        harness.reports[0]?.position = 0.004 * Double(step)
        harness.step(isLetGo ? .relax : .stop)
      }
      #expect(harness.control.states[0].position > 1.55)
      #expect(harness.control.safety.fault.kind == (isLetGo ? .none : .positionLimit))
    }
  }

  @Test("A fault stays latched, refuses arming and leaves only by a reset")
  func latching() throws {
    var harness = try CycleHarness()
    harness.arm()
    harness.reports[0]?.mode = .disabled
    harness.step()
    for _ in 0..<5 { harness.step() }
    #expect(harness.control.safety.state == .fault)
    harness.step(.disarm)
    harness.step(.arm)
    #expect(harness.control.safety.state == .disarmed, "arming while a fault is latched")
    harness.step(.reset)
    harness.step(.arm)
    #expect(harness.control.safety.fault.kind == .driveDisabled, "the drive may have lost its watchdog")
    #expect(harness.control.safety.state == .disarmed)
  }

  @Test("A reset forgets a fault of the host, and the robot may be armed again")
  func resetOfHostFault() throws {
    var harness = try CycleHarness()
    harness.arm()
    for _ in 0..<200 { harness.step(refresh: false) }
    #expect(harness.control.safety.fault.kind == .commandTimeout)
    harness.step(.reset)
    #expect(!harness.control.safety.fault.isLatched)
    harness.step(.arm)
    #expect(harness.control.safety.state == .arming)
  }

  @Test("Disarm is obeyed from every state in one cycle")
  func disarmAlways() throws {
    for cycles in [0, 1, 5, 100, 400] {
      var harness = try CycleHarness()
      if cycles > 50 { harness.arm() }
      for _ in 0..<cycles { harness.step() }
      harness.step(.disarm)
      #expect(harness.control.safety.state == .disarmed)
      for index in 0..<harness.transmit.count {
        let drive = harness.control.joints[index].drive
        let off = DriveCodec.encode(DriveRequest.disable, for: drive)
        #expect(harness.transmit[index].id == off.id && harness.transmit[index].payload[7] == off.payload[7])
      }
    }
  }
}
