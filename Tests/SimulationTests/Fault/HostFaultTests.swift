import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

@Suite("Faults of the host and its clock")
struct HostFaultTests {
  @Test("Setpoints that are no numbers are held for two cycles and stop the robot in the third")
  func notANumber() throws {
    #expect(try FaultRun(["elbow setpoint-nan at 1 for 0.002"]).fault == nil)
    let run = try FaultRun(["elbow setpoint-nan at 1"])
    #expect(
      run.fault?.fault.kind == .setpointNotFinite && run.fault?.joints == ["elbow"] && run.reaction == 2)
  }

  @Test("A source that is gone freezes the motion, then stops the robot; one that comes back does not")
  func frozen() throws {
    let run = try FaultRun(["host setpoint-frozen at 1"])
    #expect(run.fault?.fault.kind == .commandTimeout)
    let first = try #require(run.cycles(within: 1).firstIndex { $0.isFrozen })
    #expect((49...51).contains(first), "after \(first) cycles")
    let back = try FaultRun(["host setpoint-frozen at 1 for 0.1"])
    #expect(back.fault == nil && back.cycles.contains(where: \.isFrozen))
  }

  @Test("A jump moves nothing faster than its limits; a torque far outside is stopped as overspeed")
  func jumps() throws {
    let run = try FaultRun(["elbow setpoint-jumps 2 at 1 for 0.5"])
    #expect(run.fault == nil && run.joints[1].limited > 0 && run.joints[0].limited == 0)
    let limits = run.robot.joints[1].configuration.limits
    #expect(run.joints[1].peakVelocity <= 1.2 * limits.velocity)
    #expect(run.joints[1].maxPosition <= limits.maxPosition + 0.05)
    let huge = try FaultRun(["elbow setpoint-huge 1000 at 1"])
    #expect(huge.fault?.fault.kind == .overspeed && huge.fault?.joints == ["elbow"])
    #expect(huge.joints[1].peakTorque <= 1.01 * limits.torque)
  }

  @Test(
    "A cycle that takes longer than its period misses its deadline and the one it slept through, once each")
  func late() throws {
    let once = try FaultRun(["host late 1.5 at 1 for 0.0005"])
    #expect(once.missed == 1 && once.fault == nil)
    #expect(try FaultRun(["host late 0.9 at 1 for 0.1"]).missed == 0)
    let slow = try FaultRun(["host late 1.5 at 1"])
    #expect(slow.fault?.fault.kind == .deadlineMissed)
  }

  @Test("A loop that stands still misses as many deadlines as it slept through, and nothing is caught up")
  func hangs() throws {
    let short = try FaultRun(["host hangs 0.004 at 1"])
    #expect(short.fault == nil && short.skipped == 4, "\(short.skipped)")
    let numbers = short.cycles(within: 0.02).map(\.time)
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 - $0 >= 1_000_000 }, "no burst")
    let long = try FaultRun(["host hangs 0.05 at 1"])
    #expect(long.fault?.fault.kind == .deadlineMissed && long.skipped >= 50)
  }

  @Test("A loop that wakes late is late by that and misses nothing while it is less than a period")
  func wakesLate() throws {
    let run = try FaultRun(["host wakes-late 0.0005 at 1 for 0.3"])
    #expect(run.fault == nil && run.skipped == 0 && run.missed == 0)
    #expect(run.cycles(within: 0.3).contains { $0.ages[0] == 1 })
  }

  @Test("A killed loop sends nothing any more; every drive lets go by its watchdog")
  func killed() throws {
    let run = try FaultRun(["host killed at 1"])
    #expect(run.isKilled && run.cycles.last?.time == 1_000_000_000)
    for joint in run.robot.joints.indices {
      let after = try #require(run.simulated.contact(of: joint).letGoAfter)
      let watchdog = Int64(run.robot.joints[joint].driveWatchdog_us) * 1000
      #expect(after >= watchdog && after <= watchdog + 250_000)
    }
  }

  @Test("Termination ends the run in a controlled stop before its time")
  func stops() throws {
    let whole = try FaultRun([])
    let run = try FaultRun(["host stops at 1"])
    #expect(run.fault == nil && run.cycles.count < whole.cycles.count)
    #expect(run.cycles.contains { $0.state == .stopping } && run.cycles.last?.state == .disarmed)
  }

  @Test("A step of the time of day changes no instant by more than a cycle, and no motion")
  func steps() throws {
    for size in [3600, -3600] {
      let run = try FaultRun(["clock steps \(size) at 1"])
      #expect(run.fault == nil && run.missed == 0)
      #expect(run.joints.allSatisfy { $0.worstAge == 1 })
    }
  }

  @Test("A clock that runs fast makes as many more cycles in the world's time")
  func drifts() throws {
    let robot = SampleRobots.arm(losses: .planetary)
    func worldTime(_ ppm: Int) throws -> Int64 {
      let run = try FaultRun(["clock drifts \(ppm)"], on: robot, motion: nil, runTime: 3)
      #expect(run.fault == nil && run.missed == 0)
      return run.simulated.now
    }
    let (slow, right, fast) = (try worldTime(-50_000), try worldTime(0), try worldTime(50_000))
    #expect(abs(Double(slow) / Double(right) - 1 / 0.95) < 0.005)
    #expect(abs(Double(fast) / Double(right) - 1 / 1.05) < 0.005)
  }

  @Test("The clock's reading and the instant of a reading are each other's inverse")
  func inverse() throws {
    let robot = SampleRobots.arm()
    let injections = try [
      "clock drifts 500 at 1 for 2", "clock drifts -90000 at 2", "clock drifts 100000 at 0.5",
    ].map {
      try Injection($0, robot: robot)
    }
    let clock = HostClock(injections, period: robot.period)
    var random = RandomStream(seed: 4)
    for _ in 0..<5000 {
      let reading = random.integer(upTo: 10_000_000_000)
      let time = clock.instant(of: reading)
      #expect(clock.reading(at: time) >= reading && clock.reading(at: time - 1) < reading)
    }
  }

  @Test("Any two faults of any layer compose, and a run with them is the same when it is run again")
  func pairs() throws {
    let robot = FaultRun.profiledArm
    var random = RandomStream(seed: 8)
    let entries = FaultCatalogue.entries.filter { $0.layer != .disk && $0.kind != .syncLost }
    func text(_ entry: FaultEntry) -> String {
      let target =
        switch entry.targets[Int(random.integer(upTo: Int64(entry.targets.count - 1)))] {
        case .bus: "lower"
        case .joint: "shoulder"
        case .link: robot.model.linkNames[1]
        case .host: "host"
        case .clock: "clock"
        case .disk: "disk"
        }
      let at = entry.span == .powerUp ? "" : " at 0.\(random.integer(upTo: 9))"
      return "\(target) \(entry.name)\(at)"
    }
    for _ in 0..<15 {
      let texts = (0..<2).map { _ in text(entries[Int(random.integer(upTo: Int64(entries.count - 1)))]) }
      let runs = try (0..<2).map { _ in try FaultRun(texts, on: robot, motion: nil, runTime: 0.3) }
      #expect(
        runs[0].cycles.map(\.positions).elementsEqual(runs[1].cycles.map(\.positions)) {
          zip($0, $1).allSatisfy { $0.bitPattern == $1.bitPattern }
        }, "\(texts)")
      #expect(runs[0].fault?.description == runs[1].fault?.description, "\(texts)")
    }
  }
}
