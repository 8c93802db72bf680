import Foundation
import TestSupport
import Testing

@testable import JointControl

@Suite("The command port")
struct CommandPortTests {
  private typealias Setpoint = PortClient.Setpoint

  /// What a policy asks for `time` [s] after it began: slow sines, with their velocities.
  private static func sines(at time: Double) -> [(position: Double, velocity: Double)] {
    [(0.4 + 0.2 * sin(3 * time), 0.6 * cos(3 * time)), (-0.3 + 0.1 * sin(4 * time), 0.4 * cos(4 * time))]
  }

  /// The set of that policy after so many cycles.
  private static func moving(at cycle: Int) -> [Setpoint] {
    sines(at: Double(cycle) * 1e-3).map { Setpoint(position: $0.position, velocity: $0.velocity) }
  }

  @Test(
    "Sets at 50 Hz become a smooth motion at 1 kHz, one period of the policy late", arguments: [true, false])
  func follows(hasVelocity: Bool) throws {
    let bench = try PortBench()
    let client = try bench.client()
    let result = try bench.run(for: 3) { cycle in
      guard cycle % 20 == 0 else { return }
      client.send(
        Self.sines(at: Double(cycle) * 1e-3).map {
          Setpoint(position: $0.position, velocity: hasVelocity ? $0.velocity : nil)
        }, answers: client.state?.cycle)
    }
    #expect(result.fault == nil && result.keepsLimits)
    #expect(result.figures.accepted == 150 && result.figures.refusedTotal == 0)
    #expect(result.figures.longestGap == 20 && result.figures.latency == 1)
    #expect(result.allocations == 0)
    var worst = 0.0
    // Once the policy's motion has come in.
    for cycle in 600..<2990 {
      let asked = Self.sines(at: Double(cycle - 20) * 1e-3)
      for joint in 0..<2 {
        worst = max(worst, (result.rows[cycle].positions[joint] - asked[joint].position).magnitude)
      }
    }
    // Hermite's cubic is within h^4/384 of the largest fourth derivative: 1.1e-8 rad here. A line is within h^2/8 of the
    // second, 9e-5 rad, and what the limits of acceleration add at each corner.
    #expect(worst < (hasVelocity ? 1.2e-8 : 2e-3), "\(worst) rad")
  }

  @Test(
    "When the sets end the robot freezes after the command timeout, and stops after three")
  func watchdog() throws {
    let bench = try PortBench()
    let client = try bench.client()
    func act(_ cycle: Int) {
      guard cycle % 20 == 0 && cycle <= 1000 else { return }
      client.send(Self.moving(at: cycle))
    }
    let result = try bench.run(for: 3, act: act)
    let fault = try #require(result.fault)
    #expect(fault.fault.kind == .commandTimeout)
    // The timeout is 50 ms. The last set came in cycle 1000.
    #expect(fault.fault.cycle == result.first + 1151)
    #expect(!result.rows[1050].isFrozen && result.rows[1051].isFrozen)
    #expect(result.rows[1051].phase == .following && result.rows[1052].phase == .frozen)
    let speed = result.rows[1050].velocities[0].magnitude
    let limit = PortBench.robot.joints[0].configuration.limits.acceleration
    let bound = 1051 + Int((speed / limit * 1000).rounded(.up)) + 1
    #expect(result.rows[bound].velocities.allSatisfy { $0 == 0 }, "at rest in \(bound - 1000) ms")
    #expect(result.keepsLimits)
    #expect(client.isOwner, "a client that hangs keeps its lease")
    // Without the watchdog the robot stays armed: what stops it above is the watchdog and nothing else.
    let unwatched = try PortBench()
    let other = try unwatched.client()
    let control = try unwatched.run(for: 2, ignoresAge: true) { cycle in
      guard cycle % 20 == 0 && cycle <= 1000 else { return }
      other.send(Self.moving(at: cycle))
    }
    #expect(control.fault == nil && !control.rows[..<1900].contains { $0.isFrozen })
  }

  @Test("Sets that may not be followed are refused and counted, and the motion stays what it was")
  func refuses() throws {
    let bench = try PortBench()
    let client = try bench.client()
    let home = PortBench.robot.joints.map(\.home)
    let limits = PortBench.robot.joints.map(\.configuration.limits)
    let bad: [[Setpoint]] = [
      [Setpoint(position: .nan), Setpoint(position: home[1])],
      [Setpoint(position: home[0]), Setpoint(position: .infinity)],
      [Setpoint(position: limits[0].maxPosition + 0.01), Setpoint(position: home[1])],
      [
        Setpoint(position: home[0], velocity: -limits[0].velocity * 1.01),
        Setpoint(position: home[1], velocity: 0),
      ],
      [Setpoint(position: home[0], torque: limits[0].torque * 1.01), Setpoint(position: home[1], torque: 0)],
      [Setpoint(position: home[0], gains: (1, 1)), Setpoint(position: home[1], gains: (1, 1))],
    ]
    let result = try bench.run(for: 0.5) { cycle in
      // A good one in between, so that the watchdog is content.
      if cycle % 20 == 0 { client.send(home.map { Setpoint(position: $0) }) }
      if cycle % 20 == 10, bad.indices.contains(cycle / 20) { client.send(bad[cycle / 20]) }
      if cycle == 210 { client.send(home.map { Setpoint(position: $0) }, answers: 3) }
      if cycle == 230 { client.send(home.map { Setpoint(position: $0) }, answers: 1_000_000) }
    }
    #expect(result.fault == nil)
    let counts = PortFigures.Refusal.allCases.map { result.figures.refused[$0.rawValue] }
    #expect(counts == [0, 0, 2, 1, 1, 1, 1, 2])
    #expect(result.figures.accepted == 25)
    // The arm is armed where gravity left it, 0.024 rad beside home.
    for row in result.rows {
      for joint in 0..<2 { #expect((row.positions[joint] - home[joint]).magnitude < 0.03) }
    }
  }

  @Test("A second client is refused with who has the lease; taking it hands over without a step")
  func lease() throws {
    let bench = try PortBench()
    let first = try bench.client("first policy")
    #expect {
      _ = try bench.client("second policy")
    } throws: { ($0 as? PortError)?.message.contains("first policy (process \(getpid()))") == true }
    var second: PortClient?
    let result = try bench.run(for: 3) { cycle in
      if cycle == 1000 { second = try? bench.client("second policy", wish: .take) }
      guard cycle % 20 == 0 else { return }
      // The first goes on writing: nobody reads it any more.
      first.send(Self.moving(at: cycle))
      second?.send([Setpoint(position: -0.5, velocity: 0), Setpoint(position: 0.5, velocity: 0)])
    }
    #expect(result.fault == nil && result.keepsLimits && !first.isOwner && second?.isOwner == true)
    #expect(result.figures.lease == 2)
    let last = try #require(result.rows.dropLast(10).last)
    #expect((last.positions[0] + 0.5).magnitude < 1e-6 && (last.positions[1] - 0.5).magnitude < 1e-6)
    // A step of the setpoint by 0.9 rad is a motion at a quarter of the limits, and no step of torque.
    let speeds = result.rows[1100...].map { $0.velocities[0].magnitude }
    #expect(
      try #require(speeds.max()) <= 0.25 * PortBench.robot.joints[0].configuration.limits.velocity + 1e-9)
  }

  @Test("A lease that is given back leaves the robot holding, armed, for the next one")
  func release() throws {
    let bench = try PortBench()
    var client: PortClient? = try bench.client()
    let result = try bench.run(for: 2) { cycle in
      if cycle == 500 { client = nil }
      if cycle == 1000 { client = try? bench.client("next") }
      if cycle % 20 == 0 { client?.send(Self.sines(at: 0).map { Setpoint(position: $0.position) }) }
      // The port's thread hears of it in its own time.
      if cycle == 500 { usleep(50_000) }
    }
    #expect(result.fault == nil && result.keepsLimits && result.figures.lease == 2)
    #expect(result.rows[520].phase == .free && result.rows[1500].phase == .following)
  }

  @Test("Gains of the owner hold, move without a step, and give way to those of the description")
  func gains() throws {
    let bench = try PortBench(takesGains: true)
    let client = try bench.client()
    let home = PortBench.robot.joints.map(\.home)
    let most = PortBench.robot.joints.map(\.configuration.gains)
    let result = try bench.run(for: 1) { cycle in
      guard cycle % 20 == 0 else { return }
      let share = cycle < 500 ? 0.25 : 1.0
      client.send(
        zip(home, most).map {
          Setpoint(position: $0, gains: (share * $1.stiffness, share * $1.damping))
        })
      if cycle == 800 { client.send(home.map { Setpoint(position: $0, gains: (-1, 0)) }) }
    }
    #expect(result.fault == nil && result.figures.refused[PortFigures.Refusal.gains.rawValue] == 1)
    #expect((result.rows[400].stiffness[0] - 0.25 * most[0].stiffness).magnitude < 1e-9)
    #expect((result.rows[700].stiffness[0] - most[0].stiffness).magnitude < 1e-9)
    for (before, after) in zip(result.rows, result.rows.dropFirst()) {
      #expect((after.stiffness[0] - before.stiffness[0]).magnitude <= most[0].stiffness * 0.0101)
    }
  }

  @Test("A port that is in use is refused, one that was left behind is not")
  func path() throws {
    let bench = try PortBench()
    #expect {
      _ = try CommandPort(bench.path, robot: PortBench.robot)
    } throws: { ($0 as? PortError)?.fix.contains("another name") == true }
    let watcher = try bench.client("watcher", wish: .watch, period: 0)
    #expect(watcher.lease == 0 && watcher.holder == nil && watcher.joints == ["shoulder", "elbow"])
    #expect(watcher.send([Setpoint(position: 0), Setpoint(position: 0)]) == nil)
    #expect(throws: PortError.self) { _ = try bench.client(period: 60_000_000) }
  }
}
