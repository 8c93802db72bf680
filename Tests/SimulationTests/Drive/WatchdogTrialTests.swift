import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// A watchdog is believed when it was seen to trip.
@Suite("Watchdog of one drive")
struct WatchdogTrialTests {
  @Test(
    "The measured time is the drive's own, and the drive is off in the end",
    arguments: [
      (DriveFamily.damiao, 20_000), (.damiao, 150_000), (.robstride, 20_000), (.robstride, 7000),
      (.moteus, 20_000),
      (.canopen, 20_000), (.canopen, 60_000),
    ])
  func measured(family: DriveFamily, microseconds: Int) throws {
    let bench = DriveBench(DriveBench.robot(family))
    let drive = try bench.link.setWatchdog(microseconds: microseconds, of: bench.drive())
    if family != .moteus { #expect(try bench.link.watchdog(of: drive) == microseconds) }
    let time = Int64(microseconds) * 1000
    let measured = try bench.link.proveWatchdog(of: drive, time: time)
    // Two frames and a response lie between the last command and the answer.
    #expect(measured.survived <= time && measured.tripped >= time - 1_000_000, "\(measured)")
    let resolution = max(time / 32, 1_000_000)
    #expect(
      measured.tripped <= time + resolution && measured.tripped - measured.survived <= resolution,
      "\(measured)")
    #expect(bench.simulated.firmware(of: 0).mode == .disabled)
    #expect(bench.simulated.firmware(of: 1).mode == .disabled)
  }

  @Test(
    "ODrives and CyberGears cannot be asked, and are measured all the same",
    arguments: [
      DriveBench.robot(.odrive), DriveBench.robot(.odrive05), DriveBench.robot(.robstride, cyberGear: true),
    ])
  func unasked(robot: Robot) throws {
    let bench = DriveBench(robot)
    #expect(try bench.link.watchdog(of: bench.drive()) == nil)
    #expect(
      bench.refusal { _ = try $0.setWatchdog(microseconds: 20_000, of: bench.drive()) }?.kind == .refused)
    let measured = try bench.link.proveWatchdog(of: bench.drive(), time: 20_000_000)
    #expect((18_000_000...22_000_000).contains(measured.tripped), "\(measured)")
    #expect(bench.simulated.firmware(of: 0).mode == .disabled)
  }

  @Test(
    "A drive without a watchdog is found out, and switched off", arguments: [DriveFamily.damiao, .robstride])
  func missing(family: DriveFamily) {
    let bench = DriveBench(DriveBench.robot(family))
    let refusal = bench.refusal { _ = try $0.proveWatchdog(of: bench.drive(), time: 20_000_000) }
    #expect(refusal?.kind == .drive && refusal?.message.contains("still on") == true)
    #expect(bench.simulated.firmware(of: 0).mode == .disabled)
  }

  @Test("A watchdog of another time is measured as what it is")
  func wrong() throws {
    let bench = DriveBench(DriveBench.robot(.robstride))
    _ = try bench.link.setWatchdog(microseconds: 50_000, of: bench.drive())
    let measured = try bench.link.proveWatchdog(of: bench.drive(), time: 20_000_000)
    #expect((49_000_000...52_000_000).contains(measured.tripped), "\(measured)")
  }

  @Test("No torque is given meanwhile", arguments: [DriveFamily.damiao, .robstride, .moteus, .odrive])
  func torque(family: DriveFamily) throws {
    let robot = DriveBench.robot(family)
    let bench = DriveBench(robot)
    let drive =
      family == .odrive ? bench.drive() : try bench.link.setWatchdog(microseconds: 20_000, of: bench.drive())
    var highest = 0.0
    bench.simulated.tap = { [unowned simulated = bench.simulated] _ in
      highest = max(highest, abs(simulated.motorTorque(of: 0)))
    }
    _ = try bench.link.proveWatchdog(of: drive, time: 20_000_000)
    // Half a step of a 12-bit torque word, times the ratio.
    let step = robot.joints[0].configuration.drive.range.torque / 4095
    #expect(highest <= 1.1 * step * robot.joints[0].configuration.transmission.ratio, "\(highest)")
  }

  @Test("A time of zero, which is off, and times out of bounds are refused", arguments: [0, 999, 10_000_001])
  func bounds(microseconds: Int) {
    let bench = DriveBench(DriveBench.robot(.damiao))
    #expect(
      bench.refusal { _ = try $0.setWatchdog(microseconds: microseconds, of: bench.drive()) }?.kind
        == .refused)
    #expect(bench.frames.isEmpty)
  }

  @Test("An MIT drive does not say whether it is on, and is not tried")
  func mit() {
    let bench = DriveBench(DriveBench.robot(.mit))
    #expect(bench.refusal { _ = try $0.proveWatchdog(of: bench.drive(), time: 20_000_000) }?.kind == .refused)
    #expect(bench.frames.isEmpty)
  }
}
