import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// Faults of one drive's frames and of drives, each beside the sound joint of the same run.
@Suite("Faults of one node and of drives")
struct NodeFaultTests {
  @Test("Without faults nothing is lost, late or wrong, on the host that faults can be made of too")
  func sound() throws {
    let run = try FaultRun([])
    #expect(run.fault == nil && run.refusal == nil && run.missed == 0 && run.skipped == 0)
    #expect(run.joints.allSatisfy { $0.worstAge == 1 && $0.late == 0 })
    #expect(run.unknownFrames == 0 && run.rejectedSamples == 0)
  }

  @Test("Lost answers age one joint's samples and not the other's")
  func answersLost() throws {
    let run = try FaultRun(["elbow answers-lost at 1 for 0.003"])
    #expect(run.fault == nil)
    #expect(run.joints[1].worstAge == 4 && run.joints[0].worstAge == 1)
    let half = try FaultRun(["elbow answers-lost 0.5 at 1 for 0.2"])
    let old = half.cycles(within: 0.2).count { $0.ages[1] > 1 }
    #expect(old > 60 && old < 140)
  }

  @Test("A drive that hears no command lets go by its watchdog and not before")
  func commandsLost() throws {
    let run = try FaultRun(["elbow commands-lost at 1"])
    #expect(run.fault?.joints == ["elbow"])
    let after = try #require(run.simulated.contact(of: 1).letGoAfter)
    let watchdog = Int64(run.robot.joints[1].driveWatchdog_us) * 1000
    #expect(after >= watchdog && after <= watchdog + 250_000)
  }

  @Test("Late answers leave a gap that is as long as they are late")
  func answersLate() throws {
    let run = try FaultRun(["elbow answers-late 0.002 at 1 for 0.1"])
    #expect(run.fault == nil)
    // An answer bears no number: what is seen is the gap as the delay begins.
    #expect(run.joints[1].worstAge == 3 && run.joints[0].worstAge == 1 && run.joints[1].late == 2)
  }

  @Test("Frozen answers are fresh and say the same")
  func answersFrozen() throws {
    let run = try FaultRun(["elbow answers-frozen at 1 for 0.05"])
    let seen = run.cycles(within: 0.05).dropFirst(2)
    #expect(seen.allSatisfy { $0.ages[1] == 1 } && Set(seen.map { $0.positions[1] }).count == 1)
    #expect(Set(seen.map { $0.positions[0] }).count > 10)
  }

  @Test("Corrupt answers differ from sound ones, short ones are no answers")
  func answersCorrupt() throws {
    let sound = try FaultRun([])
    let run = try FaultRun(["elbow answers-corrupt 0.3 at 1 for 0.02"])
    let pairs = zip(sound.cycles(within: 0.02), run.cycles(within: 0.02))
    #expect(pairs.contains { $0.positions[1] != $1.positions[1] || $0.torques[1] != $1.torques[1] })
    let short = try FaultRun(["elbow answers-short at 1 for 0.003"])
    #expect(short.joints[1].worstAge == 4 && short.fault == nil, "\(short.joints[1].worstAge)")
    #expect(
      short.unknownFrames + short.rejectedSamples == 3, "\(short.unknownFrames) \(short.rejectedSamples)")
  }

  @Test("A twin doubles the answers on its bus, and what it says stands still")
  func twin() throws {
    let run = try FaultRun(["elbow twin at 1 for 0.05"])
    let seen = run.cycles(within: 0.05).dropFirst(2)
    #expect(seen.allSatisfy { $0.received == [1, 2] }, "\(seen.map(\.received).first ?? [])")
  }

  @Test("A drive that reboots is off, one that trips says its own word for it")
  func trips() throws {
    let reboot = try FaultRun(["elbow reboots at 1"])
    #expect(reboot.fault?.fault.kind == .driveDisabled && reboot.fault?.joints == ["elbow"])
    // A DM4340 has a word for each of these.
    let words: [(String, DriveFaults)] = [
      ("overvoltage", .overVoltage), ("undervoltage", .underVoltage), ("overcurrent", .overCurrent),
      ("overtemperature", .driverOverTemperature), ("winding-overtemperature", .motorOverTemperature),
      ("overload", .overload),
    ]
    for (word, fault) in words {
      let run = try FaultRun(["shoulder \(word) at 1"])
      #expect(run.fault?.fault.kind == .driveFault && run.fault?.joints == ["shoulder"], "\(word)")
      #expect(
        run.fault?.fault.drive.contains(fault) == true,
        "\(word): \(String(describing: run.fault?.fault.drive))")
    }
  }

  @Test("A drive that is missing at power-up is refused by name; one that comes in time is not missed")
  func missing() throws {
    let gone = try #require(try FaultRun(["elbow missing"]).refusal)
    #expect(gone.problems.allSatisfy { $0.joint == "elbow" } && !gone.problems.isEmpty)
    #expect(try FaultRun(["elbow missing for 0.002"]).refusal == nil)
    let later = try FaultRun(["elbow missing at 1"])
    #expect(later.fault?.joints == ["elbow"])
  }

  @Test("A dead watchdog is found by its trial, another scale by reading it back")
  func settings() throws {
    for text in ["elbow watchdog-off", "shoulder scale-differs 1.5"] {
      let refusal = try #require(try FaultRun([text]).refusal, "\(text)")
      #expect(refusal.problems.allSatisfy { text.hasPrefix($0.joint) }, "\(text)")
    }
  }

  @Test("Another firmware is refused where the loop was made for one")
  func firmware() throws {
    let robot = SampleRobots.moteusArm()
    #expect(try FaultRun([], on: robot).refusal == nil)
    let name = robot.joints[0].name
    let refusal = try #require(try FaultRun(["\(name) firmware-differs"], on: robot).refusal)
    #expect(refusal.problems.allSatisfy { $0.joint == name })
  }

  @Test("Swapped buses are refused: neither drive is where it should be")
  func swapped() throws {
    let robot = SampleRobots.chain(joints: 12)
    #expect(try FaultRun([], on: robot, motion: nil, runTime: 0.1).refusal == nil)
    let refusal = try #require(try FaultRun(["bus0 swapped"], on: robot, motion: nil, runTime: 0.1).refusal)
    let named = Set(refusal.problems.map(\.bus))
    #expect(named.isSuperset(of: ["bus1"]), "\(named)")
  }

  @Test("A torque bias is in what the drive says and not in what it does")
  func torqueBias() throws {
    let sound = try FaultRun([])
    let run = try FaultRun(["elbow torque-bias 2 at 1 for 0.1"])
    let pairs = zip(sound.cycles(within: 0.1), run.cycles(within: 0.1)).dropFirst(2)
    #expect(pairs.allSatisfy { abs(($1.torques[1] - $0.torques[1]).magnitude - 2) < 0.01 })
    #expect(pairs.allSatisfy { abs($1.positions[1] - $0.positions[1]) < 1e-6 })
  }

  @Test("Conditions compose, and are taken back when their faults are over")
  func conditions() throws {
    let robot = FaultRun.profiledArm
    let injections = try [
      "elbow friction 3 at 0.001 for 0.003", "elbow friction 2 at 0.002 for 0.003",
      "elbow encoder-offset 0.1 at 0.002 for 0.001", "elbow encoder-offset 0.2 at 0.002 for 0.001",
      "elbow encoder-noise 3 at 0.002 for 0.001", "elbow encoder-noise 4 at 0.002 for 0.001",
      "elbow blocked at 0.002 for 0.001", "elbow sags 5 at 0.002 for 0.001",
      "elbow surges 2 at 0.002 for 0.001",
    ].map { try Injection($0, robot: robot) }
    let simulated = SimulatedRobot(robot, seed: 1, injections: injections)
    _ = simulated.wait(until: 1_000_000)
    #expect(simulated.condition(of: 1) == JointCondition())
    _ = simulated.wait(until: 1_500_000)
    #expect(simulated.condition(of: 1).frictionFactor == 3 && !simulated.condition(of: 1).isBlocked)
    _ = simulated.wait(until: 2_500_000)
    let worst = simulated.condition(of: 1)
    #expect(worst.frictionFactor == 6 && worst.isBlocked && worst.encoderNoise == 5)
    #expect(abs(worst.encoderOffset - 0.3) < 1e-12 && worst.supplyOffset == -3)
    _ = simulated.wait(until: 4_500_000)
    #expect(simulated.condition(of: 1).frictionFactor == 2 && !simulated.condition(of: 1).isBlocked)
    _ = simulated.wait(until: 6_000_000)
    #expect(simulated.condition(of: 1) == JointCondition() && simulated.condition(of: 0) == JointCondition())
  }
}
