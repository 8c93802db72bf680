import CServoWire
import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// What bring-up does with a device's file and with what the device calls itself.
@Suite("The device behind a CANopen drive") struct CANopenDeviceTests {
  private func robot(_ objects: DeviceObjects) -> Robot {
    let arm = SampleRobots.canopenArm()
    var joints = arm.joints
    joints[1].objects = objects
    return Robot(
      name: "arm", period: arm.period, buses: arm.buses, joints: joints, model: arm.model,
      feedforward: arm.feedforward, commandTimeout: arm.commandTimeout)
  }

  private func bringUp(_ objects: DeviceObjects) -> BringUpError? {
    let robot = robot(objects)
    var target = SimulatedRobot(robot, seed: 1)
    do { try BringUp.run(robot, on: &target) } catch { return error }
    return nil
  }

  @Test("The identity of its file is compared with 1018")
  func identity() throws {
    #expect(bringUp(DeviceObjects(product: 0x402, revision: 0x10000)) == nil)
    for wrong in [
      DeviceObjects(vendor: 0x1234), DeviceObjects(product: 0x403), DeviceObjects(revision: 0x10001),
    ] {
      let error = try #require(bringUp(wrong))
      let problems = error.problems
      #expect(problems.count == 1 && problems[0].joint == "elbow" && problems[0].message.contains("1018:"))
      // The complaint says which device it is about: texts of 9, 1 and 15 bytes, in segments and not.
      #expect(problems[0].device == "Sinew 402, 1, 1.0.0-simulated")
      #expect(error.description.contains("(Sinew 402, 1, 1.0.0-simulated)"))
    }
  }

  @Test("The values of its file are written and read back, and a drive that does not take one is refused")
  func writes() throws {
    func write(_ address: UInt32, _ value: UInt32) -> DeviceObjects {
      DeviceObjects(writes: [.init(address: address, value: value, name: "own", place: "d.dcf:7")])
    }
    #expect(bringUp(write(0x2000_0120, 25_000)) == nil)
    for (address, value) in [(UInt32(0x2001_0020), UInt32(1)), (0x2000_0320, 1001), (0x6076_0020, 5)] {
      let problems = try #require(bringUp(write(address, value))).problems
      #expect(problems.count == 1 && problems[0].message.contains("refuses to write 'own (d.dcf:7)'"))
    }
  }

  @Test("Segments: toggle, length, and what does not belong there")
  func segments() throws {
    let joint = SampleRobots.canopenArm().joints[0]
    let drive = joint.configuration.drive
    var firmware = DriveFirmware(drive)
    let shaft = ShaftMeasurement(position: 0, velocity: 0, torque: 0, temperature: 30)
    func ask(_ address: UInt32) throws -> DriveReply {
      let frame = DriveCodec.encode(.readParameter(address), for: drive)
      let answer = firmware.receive(frame, at: 0, measuring: shaft)
      return DriveCodec.decode(try #require(answer), for: drive)
    }
    let (first, second) = (CANopen.Object.segment(toggle: false), CANopen.Object.segment(toggle: true))
    let name = CANopen.Object.address(0x1008)
    // A segment of nothing.
    #expect(
      try ask(first) == .parameter(index: 0x20, value: CANOPEN_ABORT_COMMAND.rawValue, succeeded: false))
    let begun = DriveSegment(index: name, bytes: 9, count: 0, toggle: false, isLast: false)
    #expect(try ask(name) == .segment(begun))
    guard case .segment(let piece) = try ask(first) else { throw Refused() }
    #expect(
      piece.count == 7 && !piece.isLast && !piece.toggle && UInt8(truncatingIfNeeded: piece.bytes) == 0x53)
    guard case .segment(let rest) = try ask(second) else { throw Refused() }
    #expect(rest.count == 2 && rest.isLast && rest.toggle && rest.bytes == 0x3230)
    // The wrong toggle ends the transfer.
    _ = try ask(name)
    guard case .parameter(_, let code, false) = try ask(second) else { throw Refused() }
    #expect(code == CANOPEN_ABORT_TOGGLE.rawValue)
    guard case .parameter(_, _, false) = try ask(first) else { throw Refused() }
    // Another upload in between ends it too.
    _ = try ask(name)
    _ = try ask(CANopen.Object.ratedTorque)
    guard case .parameter(_, _, false) = try ask(first) else { throw Refused() }
  }
  private struct Refused: Error {}

  /// A drive's fault ends the run with the drive's own code, which says more than our words for it.
  @Test("The error code of an emergency is in the fault")
  func errorCode() throws {
    let robot = SampleRobots.canopenArm()
    let simulated = SimulatedRobot(robot, seed: 1)
    var isBroken = false
    simulated.tap = { frame in
      guard frame.time > 1_500_000_000, !isBroken else { return }
      isBroken = true
      simulated.breakDrive(of: 1, .overCurrent)
    }
    var target = simulated
    try BringUp.run(robot, on: &target)
    var source = MotionPlayer(nil, robot: robot, runTime: 3)
    var statistics = RunStatistics(robot.schedule)
    var loop = ControlLoop(robot, on: target)
    let fault = #expect(throws: ControlFault.self) { try loop.run(from: &source, recording: &statistics) }
    #expect(fault?.fault.drive.code == 0x2310)
    #expect(fault?.description.contains("over-current, code 0x2310") == true)
  }
}
