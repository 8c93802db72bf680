import CServoWire
import ControlCycle
import Foundation
import JointControl

/// Families whose frames say by their own bytes what they hold.
extension DBCMessages {
  /// The frames of the loop alone: they ask for the same registers each time, so their bytes stand still.
  static func moteus(_ drive: Named) -> [Message] {
    let turn = 2 * Double.pi
    let range = drive.range
    func address(_ source: UInt16, _ destination: UInt16, wantsReply: Bool) -> UInt32 {
      moteus_encode_address(
        moteus_address(
          prefix: 0, source: UInt8(truncatingIfNeeded: source),
          destination: UInt8(truncatingIfNeeded: destination),
          wants_reply: wantsReply))
    }
    let command = address(drive.drive.masterID, drive.drive.id, wantsReply: true)
    let answer = address(drive.drive.id, drive.drive.masterID, wantsReply: false)
    let note =
      "A DBC cannot follow the registers of a moteus frame: the bytes are those of the loop's frames of "
    return [
      Message(
        id: command, isExtended: moteus_is_extended(command), isFlexible: true, name: "\(drive.name)_Command",
        length: 48, sender: "Host", receiver: drive.name,
        signals: [
          byte("Mode", 2), float("Position", 6, turn, "rad"), float("Velocity", 10, turn, "rad/s"),
          float("Torque", 14, 1, "Nm"), float("Stiffness", 18, range.stiffness, "Nm/rad"),
          float("Damping", 22, range.damping, "Nms/rad"), float("MaximumTorque", 26, 1, "Nm"),
          float("Watchdog", 32, 1, "s"),
        ], comment: note + "48 bytes that begin with 01 00 0A 0C 06 20."),
      Message(
        id: answer, isExtended: moteus_is_extended(answer), isFlexible: true, name: "\(drive.name)_Feedback",
        length: 24, sender: drive.name, receiver: "Host",
        signals: [
          byte("Mode", 2, values: [(0, "Stopped"), (1, "Fault"), (10, "Position"), (11, "Timeout")]),
          float("Position", 5, turn, "rad"), float("Velocity", 9, turn, "rad/s"),
          float("Torque", 13, 1, "Nm"),
          Signal(name: "MotorTemperature", start: 8 * 19, length: 8, isSigned: true, unit: "degC"),
          Signal(name: "Temperature", start: 8 * 22, length: 8, isSigned: true, unit: "degC"),
          byte("Fault", 23),
        ], comment: note + "24 bytes that begin with 21 00."),
    ]
  }

  /// Byte 0 says what was asked and is answered.
  static func myActuator(_ drive: Named) -> [Message] {
    let degree = Double.pi / 180
    let constant = drive.drive.torqueConstant
    func signal(
      _ name: String, _ start: Int, _ length: Int, _ scale: Double, _ unit: String,
      by command: myactuator_command
    ) -> Signal {
      Signal(
        name: name, start: start, length: length, isSigned: true, scale: scale, unit: unit,
        selectedBy: Int(command.rawValue))
    }
    let commands = [(0xA1, "Current"), (0x92, "Angle"), (0x9A, "Status1"), (0x9C, "Status2"), (0x80, "Off")]
    var selector = byte("Command", 0, values: commands)
    selector.isSelector = true
    let current = MYACTUATOR_COMMAND_CURRENT
    let question = MYACTUATOR_COMMAND_READ_STATUS_2
    func feedback(_ suffix: String, _ command: myactuator_command) -> [Signal] {
      [
        signal("Temperature\(suffix)", 8, 8, 1, "degC", by: command),
        signal("Torque\(suffix)", 16, 16, 0.01 * constant, "Nm", by: command),
        signal("Velocity\(suffix)", 32, 16, degree, "rad/s", by: command),
      ]
    }
    var errors = Signal(name: "Errors", start: 48, length: 16)
    errors.selectedBy = Int(MYACTUATOR_COMMAND_READ_STATUS_1.rawValue)
    return [
      Message(
        id: MYACTUATOR_ID_REQUEST.rawValue + UInt32(drive.drive.id), name: "\(drive.name)_Command", length: 8,
        sender: "Host", receiver: drive.name,
        signals: [selector, signal("Torque", 32, 16, 0.01 * constant, "Nm", by: current)],
        comment: "Current times the torque constant, \(constant) Nm/A; the loop is closed on the host."),
      Message(
        id: MYACTUATOR_ID_REPLY.rawValue + UInt32(drive.drive.id), name: "\(drive.name)_Feedback", length: 8,
        sender: drive.name, receiver: "Host",
        signals: [selector] + feedback("", current) + feedback("_Status2", question) + [
          signal("Position", 32, 32, 0.01 * degree, "rad", by: MYACTUATOR_COMMAND_READ_ANGLE), errors,
        ]),
    ]
  }
}
