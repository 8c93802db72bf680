import TestSupport
import Testing

@testable import ControlCycle

/// What the core does about a bus, each with its bound.
@Suite("Reactions to buses")
struct BusReactionTests {
  private func moving(
    buses: [UInt8] = [0, 1, 1], thresholds: SafetyThresholds = SafetyThresholds(commandTimeout: 0.05),
    frameLimits: [Int32] = []
  ) throws -> CycleHarness {
    var harness = try CycleHarness(thresholds: thresholds, buses: buses, frameLimits: frameLimits)
    harness.arm()
    for joint in 0..<3 { harness.setpoints.joints[joint].position = 1.4 }
    for _ in 0..<60 { harness.step() }
    #expect(harness.control.safety.state == .armed)
    #expect((0..<3).allSatisfy { harness.control.motions[$0].velocity > 2 })
    return harness
  }

  private static var isolating: SafetyThresholds {
    var thresholds = SafetyThresholds(commandTimeout: 0.05)
    thresholds.isolatesBuses = true
    return thresholds
  }

  @Test("A warning is told and changes nothing")
  func warning() throws {
    var harness = try moving()
    var same = try moving()
    harness.conditions[1].state = .warning
    harness.strangers = [1, 1, 1]
    for _ in 0..<300 {
      harness.step()
      same.step()
      for joint in 0..<3 { #expect(harness.control.motions[joint] == same.control.motions[joint]) }
    }
    #expect(harness.control.safety.state == .armed && harness.control.buses[1].state == .warning)
  }

  @Test(
    "An error-passive bus slows every joint to a quarter from the same cycle on, without a step of velocity")
  func passiveSlows() throws {
    var harness = try moving()
    harness.strangers = [1, 1, 1]
    harness.conditions[1].state = .passive
    var before = (0..<3).map { harness.control.motions[$0].meanVelocity }
    for cycle in 0..<90 {
      harness.step()
      for joint in 0..<3 {
        let velocity = harness.control.motions[joint].meanVelocity
        if cycle == 0 { #expect(velocity < before[joint], "slower in the first cycle") }
        #expect(abs(velocity - before[joint]) <= 40 * 0.001 + 1e-12)
        if cycle > 70 { #expect(abs(velocity) <= 0.25 * 4 + 1e-12) }
        before[joint] = velocity
      }
    }
    #expect(harness.control.safety.state == .armed)
    harness.conditions[1].state = .errorActive
    for _ in 0..<50 { harness.step() }
    #expect(harness.control.motions[0].meanVelocity > 1, "full speed again")
  }

  @Test("A bus that is error-passive for longer than 100 ms is given up", arguments: [99, 100, 101])
  func passiveStops(cycles: Int) throws {
    var harness = try moving()
    harness.strangers = [1, 1, 1]
    harness.conditions[1].state = .passive
    for _ in 0..<cycles { harness.step() }
    #expect((harness.control.safety.fault.kind == .busPassive) == (cycles > 100))
    harness.conditions[1].state = .warning
    for _ in 0..<100 { harness.step() }
    #expect((harness.control.safety.fault.kind == .busPassive) == (cycles > 100))
  }

  @Test(
    "A lost bus stops the whole robot in that cycle, within the deceleration limit, and is latched",
    arguments: [BusState.busOff, .down, .gone])
  func lost(state: BusState) throws {
    var harness = try moving()
    let report = harness.reports
    harness.conditions[1].state = state
    var before = (0..<3).map { harness.control.motions[$0].meanVelocity }
    harness.step()
    #expect(harness.control.safety.state == .stopping)
    #expect(harness.control.safety.fault.kind == .busLost)
    #expect(harness.control.safety.fault.joints == JointSet(bits: 0b110))
    #expect(harness.control.safety.fault.cycle == harness.number - 1)
    harness.reports[1] = nil
    harness.reports[2] = nil
    for _ in 0..<400 {
      for joint in 0..<3 {
        let velocity = harness.control.motions[joint].meanVelocity
        #expect(abs(velocity - before[joint]) <= 40 * 0.001 + 1e-12)
        before[joint] = velocity
      }
      harness.step()
    }
    #expect(harness.control.safety.state == .fault && before == [0, 0, 0])
    // It comes back by itself: nothing follows from that.
    harness.conditions[1].state = .errorActive
    harness.reports = report
    for _ in 0..<50 { harness.step() }
    #expect(harness.control.safety.state == .fault)
    harness.step(.reset)
    harness.step(.arm)
    #expect(harness.control.safety.state == .disarmed && harness.control.safety.fault.kind == .busLost)
  }

  @Test("Recover takes a given-up bus into use again, from disarmed alone")
  func recover() throws {
    var harness = try moving()
    harness.conditions[1].state = .busOff
    harness.step()
    harness.step(.recover)
    #expect(harness.control.safety.fault.kind == .busLost && harness.control.safety.state != .disarmed)
    for _ in 0..<300 { harness.step(.stop) }
    harness.step(.disarm)
    harness.conditions[1].state = .errorActive
    harness.step(.recover)
    #expect(!harness.control.safety.fault.isLatched && harness.control.safety.state == .disarmed)
    harness.step(.disarm)
    #expect(harness.control.safety.state == .disarmed, "nothing arms by itself")
    for joint in 0..<3 { harness.reports[joint]?.position = 0.3 + 0.1 * Double(joint) }
    harness.arm()
    #expect(harness.control.safety.state == .armed)
    for joint in 0..<3 {
      #expect(
        abs(harness.control.motions[joint].position - 0.3 - 0.1 * Double(joint)) < 1e-9, "from where it is")
    }
  }

  @Test("A bus that is lost while the robot is off refuses arming, until it is back and recovered")
  func lostWhileOff() throws {
    var harness = try CycleHarness(buses: [0, 1, 1])
    harness.step(.disarm)
    harness.conditions[1].state = .gone
    harness.step(.arm)
    #expect(harness.control.safety.state == .disarmed && harness.control.safety.fault.kind == .busLost)
    harness.step(.recover)
    harness.step(.arm)
    #expect(harness.control.safety.state == .disarmed && harness.control.safety.fault.kind == .busLost)
    harness.conditions[1].state = .errorActive
    harness.step(.recover)
    harness.step(.arm)
    #expect(harness.control.safety.state == .arming)
  }

  @Test("No acknowledgement: counters climb and nobody is heard for five cycles", arguments: [4, 5])
  func deaf(cycles: Int) throws {
    var harness = try moving()
    harness.strangers = [1, 1, 0]
    harness.step()
    harness.conditions[1].state = .warning
    harness.strangers[1] = 0
    for _ in 0..<cycles { harness.step() }
    #expect((harness.control.safety.fault.kind == .busLost) == (cycles == 5))
  }

  @Test("A full queue in three cycles in a row stops the robot; with one between it does not")
  func queueFull() throws {
    var harness = try moving()
    for cycle in 0..<90 {
      harness.conditions[0].refused = cycle % 3 == 2 ? 0 : 2
      harness.step()
    }
    #expect(harness.control.safety.state == .armed && harness.control.refusedFrames == 120)
    harness.conditions[0].refused = 1
    for _ in 0..<2 { harness.step() }
    #expect(harness.control.safety.state == .armed)
    harness.step()
    #expect(harness.control.safety.fault.kind == .busQueueFull)
    #expect(harness.control.safety.fault.joints == JointSet(bits: 0b001))
  }

  @Test("A flooded bus is given up after ten cycles in a row, also where the loop skips some")
  func flooded() throws {
    var harness = try moving(frameLimits: [4, 6])
    harness.strangers = [5, 6, 0]
    for _ in 0..<9 { harness.step() }
    harness.strangers[0] = 4
    harness.step()
    harness.strangers[0] = 5
    for _ in 0..<9 { harness.step() }
    #expect(harness.control.safety.state == .armed)
    // Three cycles' worth of frames after a gap of three is no flood.
    harness.strangers = [12, 18, 0]
    for _ in 0..<3 { harness.step(missed: 0, after: 2) }
    #expect(harness.control.safety.state == .armed)
    harness.strangers = [5, 6, 0]
    for _ in 0..<10 { harness.step() }
    #expect(harness.control.safety.fault.kind == .busOverloaded)
    #expect(harness.control.safety.fault.joints == JointSet(bits: 0b001))
  }

  @Test("Frames that found no room are counted and change nothing")
  func overflow() throws {
    var harness = try moving()
    harness.conditions[0].overflowed = 7
    for _ in 0..<200 { harness.step() }
    #expect(harness.control.safety.state == .armed && harness.control.overflowedFrames == 1400)
  }

  @Test(
    "By policy the joints of a lost bus alone stop; the others go on, and nothing the bus does later counts")
  func limb() throws {
    var harness = try moving(thresholds: Self.isolating)
    let reports = harness.reports
    harness.conditions[1].state = .busOff
    harness.step()
    #expect(harness.control.safety.state == .armed && !harness.control.safety.fault.isLatched)
    #expect(harness.control.safety.isolated == JointSet(bits: 0b110))
    harness.reports[1] = nil
    harness.reports[2] = nil
    for _ in 0..<700 { harness.step() }
    #expect(harness.control.safety.state == .armed)
    #expect(abs(harness.control.motions[0].position - 1.4) < 1e-6, "the others follow")
    for joint in 1...2 {
      #expect(harness.control.motions[joint].meanVelocity == 0)
      #expect(harness.control.commands[joint].stiffness == 0 && harness.control.commands[joint].damping == 2)
      #expect(harness.control.commands[joint].torque == 0)
    }
    // The drives come back, one of them with a fault, one of them off: they are asked for nothing.
    harness.conditions[1].state = .errorActive
    harness.reports = reports
    harness.reports[1]?.mode = .fault
    harness.reports[2]?.mode = .disabled
    for _ in 0..<100 { harness.step() }
    #expect(harness.control.safety.state == .armed)
    for joint in 1...2 { #expect(harness.control.commands[joint].stiffness == 0) }
    harness.step(.disarm)
    harness.step(.arm)
    #expect(harness.control.safety.state == .disarmed, "not without its limb")
    harness.reports[1]?.mode = .disabled
    harness.step(.recover)
    harness.step(.arm)
    #expect(harness.control.safety.state == .arming)
  }

  @Test("By that policy an error-passive bus slows its own joints alone")
  func limbSlows() throws {
    var harness = try moving(thresholds: Self.isolating)
    harness.strangers = [1, 1, 1]
    harness.conditions[1].state = .passive
    harness.step()
    #expect(harness.control.derated == JointSet(bits: 0b110))
  }

  @Test("When no joint is left to go on, the robot stops; and while it is armed a lost bus is a fault")
  func lastLimb() throws {
    var harness = try moving(thresholds: Self.isolating)
    harness.conditions[0].state = .gone
    harness.step()
    #expect(harness.control.safety.state == .armed)
    harness.conditions[1].state = .gone
    harness.step()
    #expect(harness.control.safety.state == .stopping && harness.control.safety.fault.kind == .busLost)
    var arming = try CycleHarness(thresholds: Self.isolating, buses: [0, 1, 1])
    for _ in 0..<3 { arming.step() }
    #expect(arming.control.safety.state == .arming)
    arming.conditions[1].state = .busOff
    arming.step()
    #expect(arming.control.safety.state == .fault)
  }
}

@Suite("Conditions of buses as words")
struct BusWordTests {
  @Test("Every condition comes back from its word; a word with other bits is none", arguments: UInt64(1)...10)
  func conditions(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let condition = BusCondition(
        state: BusState(code: UInt8.random(in: 0...5, using: &random)) ?? .gone,
        refused: .random(in: 0...UInt16.max, using: &random),
        overflowed: .random(in: 0...UInt16.max, using: &random))
      #expect(BusCondition(word: condition.word) == condition)
      let bit = UInt64(1) << UInt64.random(in: 48..<64, using: &random)
      #expect(BusCondition(word: condition.word | bit) == nil)
    }
    #expect(BusCondition(word: 6) == nil && BusState(code: 6) == nil)
  }

  @Test("A core that takes over the carried state goes on as the one it comes from", arguments: UInt64(1)...6)
  func carried(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var thresholds = SafetyThresholds(commandTimeout: 0.05)
    thresholds.isolatesBuses = seed % 2 == 0
    var first = try CycleHarness(thresholds: thresholds, buses: [0, 1, 2], frameLimits: [3, 3, 3])
    first.arm()
    var second = try CycleHarness(thresholds: thresholds, buses: [0, 1, 2], frameLimits: [3, 3, 3])
    let moment = Int.random(in: 1..<150, using: &random)
    for cycle in 0..<250 {
      if cycle % 20 == 0 {
        for bus in 0..<3 {
          let state = BusState(code: UInt8.random(in: 0...2, using: &random)) ?? .gone
          first.conditions[bus] = BusCondition(state: state, refused: .random(in: 0...1, using: &random))
          first.strangers[bus] = Int.random(in: 0...4, using: &random)
        }
      }
      if cycle == 200 { first.conditions[1].state = .busOff }
      first.step()
      if cycle == moment {
        var words = [UInt64](repeating: 0, count: first.control.carriedWordCount)
        words.withUnsafeMutableBufferPointer { buffer in
          if let base = buffer.baseAddress { first.control.copyCarriedState(into: base) }
        }
        let isTaken = second.control.restoreCarriedState(from: words)
        #expect(isTaken)
        second.number = first.number
        second.setpoints.sequence = first.setpoints.sequence
        (second.reports, second.conditions) = (first.reports, first.conditions)
      } else if cycle > moment {
        (second.conditions, second.strangers) = (first.conditions, first.strangers)
        second.step()
        #expect(first.control.safety.state == second.control.safety.state)
        #expect(first.control.safety.fault == second.control.safety.fault)
        #expect(first.control.safety.isolated == second.control.safety.isolated)
        for joint in 0..<3 { #expect(first.control.motions[joint] == second.control.motions[joint]) }
      }
    }
  }

  @Test("The words of a build that knew nothing of buses are taken over; buses are then in order")
  func oldWords() throws {
    var harness = try CycleHarness(buses: [0, 1, 1])
    harness.arm()
    var words = [UInt64](repeating: 0, count: harness.control.carriedWordCount)
    words.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { harness.control.copyCarriedState(into: base) }
    }
    var old = words
    old.removeSubrange(17..<ControlCycle.robotWordCount)
    var other = try CycleHarness(buses: [0, 1, 1])
    let isTaken = other.control.restoreCarriedState(from: old)
    #expect(isTaken)
    #expect(other.control.safety.state == .armed && !other.control.buses[1].cause.isFault)
    // A state that no bus has, a cause that there is not, a word too few.
    for (word, list) in [(UInt64(6), words), (200 << 8, words), (0, Array(old.dropLast()))] {
      var list = list
      if word != 0 { list[20] = word }
      let isTaken = other.control.restoreCarriedState(from: list)
      #expect(!isTaken, "\(word)")
    }
    #expect(
      ControlCycle.robotWordNames.count == ControlCycle.robotWordCount
        && ControlCycle.jointWordNames.count == ControlCycle.jointWordCount)
  }
}
