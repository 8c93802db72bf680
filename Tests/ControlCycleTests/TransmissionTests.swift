import TestSupport
import Testing

@testable import ControlCycle

@Suite("Transmission")
struct TransmissionTests {
  @Test("Both ways cancel, power is kept, gains scale with the square of the ratio")
  func roundTrip() {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<2000 {
      let transmission = Transmission(
        ratio: Double.random(in: 0.5...20, using: &random), sign: Bool.random(using: &random) ? 1 : -1,
        offset: Double.random(in: -3...3, using: &random))
      var command = JointCommand()
      command.position = Double.random(in: -3...3, using: &random)
      command.velocity = Double.random(in: -10...10, using: &random)
      command.torque = Double.random(in: -50...50, using: &random)
      command.stiffness = 100
      command.damping = 2
      let motor = transmission.motorCommand(of: command)
      var measured = MotorState()
      measured.position = motor.position
      measured.velocity = motor.velocity
      measured.torque = motor.torque
      let joint = transmission.jointState(of: measured)
      #expect(abs(joint.position - command.position) < 1e-12)
      #expect(abs(joint.velocity - command.velocity) < 1e-12)
      #expect(abs(joint.torque - command.torque) < 1e-11)
      #expect(abs(motor.torque * motor.velocity - command.torque * command.velocity) < 1e-9)

      // The drive's own law, seen from the joint, has the joint's stiffness and damping.
      let (e, de) = (0.01, 0.2)
      let atDrive =
        motor.stiffness * e * transmission.ratio * transmission.sign
        + motor.damping * de * transmission.ratio * transmission.sign
      let atJoint = transmission.sign * atDrive * transmission.ratio
      #expect(abs(atJoint - (100 * e + 2 * de)) < 1e-9)
    }
  }
}
