import ControlCycle
import Foundation
import JointControl
import RobotDescription
import TestSupport
import Testing

@testable import Simulation

/// A drive in its place does what the same firmware does as a value.
struct DriveSlotTests {
  private static let mixed = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Robots/navigator/mixed.yaml")
    .path

  @Test func aDriveInItsPlaceAnswersAsItsValueDoes() throws {
    let robot = try RobotDescription.load(Self.mixed)
    var simulated = SimulatedRobot(robot, seed: 1)
    var frames: [CANFrame] = []
    simulated.tap = { frames.append($0) }
    _ = try BringUp.run(robot, on: &simulated)
    #expect(frames.count > 1000)
    var generator = SeededGenerator(seed: 3)
    var families: Set<String> = []
    for joint in robot.joints {
      let drive = joint.configuration.drive
      families.insert("\(drive.family)")
      var value = DriveFirmware(drive)
      var slot = DriveSlot(value)
      var (replies, parted) = (0, 0)
      for frame in frames where frame.bus == drive.bus {
        let shaft = ShaftMeasurement(
          position: .random(in: -3...3, using: &generator), velocity: .random(in: -3...3, using: &generator),
          torque: .random(in: -3...3, using: &generator), temperature: 30)
        value.tick(at: frame.time)
        slot.tick(at: frame.time)
        let accepts = slot.accepts(frame)
        if accepts != value.accepts(frame) { parted += 1 }
        if accepts {
          let reply = value.receive(frame, at: frame.time, measuring: shaft)
          let same = slot.receive(frame, at: frame.time, measuring: shaft)
          if Self.text(same) != Self.text(reply) { parted += 1 }
          if reply != nil { replies += 1 }
        }
        let own = value.transmit(at: frame.time, measuring: shaft)
        let same = slot.transmit(at: frame.time, measuring: shaft)
        if Self.text(same) != Self.text(own) { parted += 1 }
        if slot.torque(at: shaft) != value.torque(at: shaft) || slot.mode != value.mode { parted += 1 }
        if slot.isObeying != value.isObeying { parted += 1 }
      }
      let isTalkative = slot.isTalkative
      #expect(
        parted == 0 && isTalkative == value.isTalkative && (replies > 0 || isTalkative), "\(joint.name)")
      value.fail(.driverOverTemperature)
      slot.firmware = value
      let (mode, kept) = (slot.mode, slot.firmware.mode)
      #expect(mode == value.mode && kept == mode && mode != .enabled)
    }
    #expect(families.count >= 6)
  }

  private static func text(_ frame: CANFrame?) -> String {
    guard let frame else { return "none" }
    let bytes = (0..<Int(frame.length)).map { frame.payload[$0] }
    return "\(frame.id) \(frame.isExtended) \(frame.isFlexibleDataRate) \(bytes)"
  }
}
