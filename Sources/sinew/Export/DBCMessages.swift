import CServoWire
import ControlCycle
import Foundation
import JointControl
import RobotDescription

/// What the drives of one bus send and are sent by the loop, as DBC messages with the drives' own scales.
struct DBCMessages {
  typealias Message = DBCFile.Message
  typealias Signal = DBCFile.Signal

  /// A drive and the name of its joint in the file.
  struct Named {
    var name: String
    var joint: RobotJoint
    var drive: DriveConfiguration { joint.configuration.drive }
    var range: DriveRange { drive.range }
  }

  /// The file of a bus.
  static func file(bus: Int, of robot: Robot) -> DBCFile {
    var taken: Set<String> = ["Host"]
    let drives = robot.joints.filter { Int($0.configuration.drive.bus) == bus }.map { joint -> Named in
      let plain = DBCFile.name(joint.name)
      var name = plain
      var number = 2
      while !taken.insert(name).inserted {
        name = "\(plain.prefix(17))_\(number)"
        number += 1
      }
      return Named(name: name, joint: joint)
    }
    let configuration = robot.buses[bus]
    let families = Array(Set(drives.map(\.drive.family.name))).sorted().joined(separator: ", ")
    var comment =
      "\(robot.name), bus \(configuration.name) at \(configuration.bitRate) bit/s"
      + (configuration.dataBitRate.map { ", data \($0) bit/s" } ?? "")
      + "; families: \(families). Values are those of the shafts that the drives report."
    for drive in drives {
      let t = drive.joint.configuration.transmission
      comment +=
        " \(drive.name): \(drive.joint.name), \(drive.joint.driveModel.name), id \(drive.drive.id), ratio \(t.ratio), "
        + "sign \(Int(t.sign)), offset \(t.offset) rad to the joint."
    }
    return DBCFile(
      nodes: ["Host"] + drives.map(\.name), comment: comment,
      messages: drives.flatMap(messages)
        + feedbackOfMIT(drives.filter { $0.drive.family == .mit && !$0.drive.dialect.isForce })
        + shared(drives))
  }

  private static func messages(of drive: Named) -> [Message] {
    switch drive.drive.family {
    case .damiao: damiao(drive)
    case .robstride: robStride(drive)
    // Its frames are those of Protocols/cubemars.dbc.
    case .mit where drive.drive.dialect.isForce: []
    case .mit:
      [impedance(drive, comment: "Impedance command. FF x 7 with FC, FD, FE is no command but an action.")]
    case .canopen: canopen(drive)
    case .odrive, .odrive05: oDrive(drive)
    case .moteus: moteus(drive)
    case .myactuator: myActuator(drive)
    }
  }

  // MARK: - Fields

  /// A fixed-point field of the vendors' rule: the word of n bits spans low to high in 2^n - 1 steps.
  private static func field(
    _ name: String, _ start: Int, _ length: Int, _ low: Double, _ high: Double, _ unit: String
  ) -> Signal {
    Signal(
      name: name, start: start, length: length, isMotorola: true,
      scale: (high - low) / Double((UInt64(1) << UInt64(length)) - 1), offset: low, unit: unit)
  }

  static func byte(_ name: String, _ place: Int, _ unit: String = "", values: [(Int, String)] = [])
    -> Signal
  {
    Signal(name: name, start: 8 * place, length: 8, unit: unit, values: values)
  }

  static func float(
    _ name: String, _ place: Int, _ scale: Double = 1, _ unit: String = ""
  ) -> Signal {
    Signal(name: name, start: 8 * place, length: 32, isFloat: true, scale: scale, unit: unit)
  }

  private static func impedance(_ drive: Named, comment: String) -> Message {
    let range = drive.range
    return Message(
      id: UInt32(drive.drive.id), isFlexible: drive.drive.isFlexibleDataRate, name: "\(drive.name)_Command",
      length: 8, sender: "Host", receiver: drive.name,
      signals: [
        field("Position", 7, 16, -range.position, range.position, "rad"),
        field("Velocity", 23, 12, -range.velocity, range.velocity, "rad/s"),
        field("Stiffness", 27, 12, 0, range.stiffness, "Nm/rad"),
        field("Damping", 47, 12, 0, range.damping, "Nms/rad"),
        field("Torque", 51, 12, -range.torque, range.torque, "Nm"),
      ], comment: comment)
  }

  /// Position, velocity and torque of a sample of 6 bytes whose first names the drive.
  private static func sample(_ range: DriveRange, suffix: String = "", selectedBy: Int? = nil) -> [Signal] {
    [
      field("Position\(suffix)", 15, 16, -range.position, range.position, "rad"),
      field("Velocity\(suffix)", 31, 12, -range.velocity, range.velocity, "rad/s"),
      field("Torque\(suffix)", 35, 12, -range.torque, range.torque, "Nm"),
    ].map { signal in
      var signal = signal
      signal.selectedBy = selectedBy
      return signal
    }
  }

  // MARK: - Families

  private static func damiao(_ drive: Named) -> [Message] {
    let status = [
      (0, "Disabled"), (1, "Enabled"), (8, "OverVoltage"), (9, "UnderVoltage"), (10, "OverCurrent"),
      (11, "DriverOverTemperature"), (12, "RotorOverTemperature"), (13, "CommunicationLost"),
      (14, "Overload"),
    ]
    return [
      damiaoCommand(drive),
      Message(
        id: UInt32(drive.drive.masterID), isFlexible: drive.drive.isFlexibleDataRate,
        name: "\(drive.name)_Feedback", length: 8, sender: drive.name, receiver: "Host",
        signals: [
          Signal(name: "Status", start: 7, length: 4, isMotorola: true, values: status),
          Signal(name: "DriveID", start: 3, length: 4, isMotorola: true),
        ] + sample(drive.range) + [
          byte("DriverTemperature", 6, "degC"), byte("RotorTemperature", 7, "degC"),
        ],
        comment:
          "Answer to every command. Register replies share the identifier: bytes 0 and 1 are then the id, "
          + "byte 2 is 33, 55 or AA."),
    ]
  }

  /// The command of the drive's mode, at an identifier of its own.
  private static func damiaoCommand(_ drive: Named) -> Message {
    let id = UInt32(drive.drive.id)
    func message(_ offset: UInt32, _ length: Int, _ signals: [Signal]) -> Message {
      Message(
        id: offset + id, isFlexible: drive.drive.isFlexibleDataRate, name: "\(drive.name)_Command",
        length: length,
        sender: "Host", receiver: drive.name, signals: signals,
        comment: "Command of the drive's own mode; actions go to its id.")
    }
    switch drive.drive.mode {
    case .impedance, .torque:
      return impedance(
        drive, comment: "Impedance command. FF x 7 with FB, FC, FD, FE is no command but an action.")
    case .position:
      return message(
        DAMIAO_ID_POSITION_VELOCITY.rawValue, 8,
        [float("Position", 0, 1, "rad"), float("Velocity", 4, 1, "rad/s")])
    case .velocity: return message(DAMIAO_ID_VELOCITY.rawValue, 8, [float("Velocity", 0, 1, "rad/s")])
    case .positionForce:
      return message(
        DAMIAO_ID_POSITION_FORCE.rawValue, 8,
        [
          float("Position", 0, 1, "rad"),
          Signal(name: "VelocityLimit", start: 32, length: 16, scale: 0.01, unit: "rad/s"),
          Signal(name: "CurrentLimit", start: 48, length: 16, scale: 0.0001),
        ])
    }
  }

  private static func robStride(_ drive: Named) -> [Message] {
    let range = drive.range
    func id(_ type: robstride_type, _ data: UInt16, to destination: UInt16) -> UInt32 {
      robstride_encode_address(
        robstride_address(
          type: UInt8(type.rawValue), data: data, destination: UInt8(truncatingIfNeeded: destination)))
    }
    func feedback(_ suffix: String, mode: robstride_mode) -> Message {
      let status = robstride_encode_status(
        robstride_status(
          id: UInt8(truncatingIfNeeded: drive.drive.id), faults: 0, mode: UInt8(mode.rawValue)))
      return Message(
        id: id(ROBSTRIDE_TYPE_FEEDBACK, status, to: drive.drive.masterID), isExtended: true,
        name: "\(drive.name)_\(suffix)", length: 8, sender: drive.name, receiver: "Host",
        signals: [
          field("Position", 7, 16, -range.position, range.position, "rad"),
          field("Velocity", 23, 16, -range.velocity, range.velocity, "rad/s"),
          field("Torque", 39, 16, -range.torque, range.torque, "Nm"),
          Signal(name: "Temperature", start: 55, length: 16, isMotorola: true, scale: 0.1, unit: "degC"),
        ],
        comment:
          "Type 2, \(suffix == "Feedback" ? "running" : "stopped"), without a fault: bits 23..22 of the identifier are "
          + "the mode, 21..16 faults, 15..8 the id. Compare under 0x1F00FFFF to see all.")
    }
    return [
      Message(
        id: id(ROBSTRIDE_TYPE_OPERATION, 0x7FFF, to: drive.drive.id), isExtended: true,
        name: "\(drive.name)_Command", length: 8, sender: "Host", receiver: drive.name,
        signals: [
          field("Position", 7, 16, -range.position, range.position, "rad"),
          field("Velocity", 23, 16, -range.velocity, range.velocity, "rad/s"),
          field("Stiffness", 39, 16, 0, range.stiffness, "Nm/rad"),
          field("Damping", 55, 16, 0, range.damping, "Nms/rad"),
        ],
        comment:
          "Type 1 with the torque word of zero. A DBC cannot say that bits 23..8 of the identifier are the torque, "
          + "scale \(2 * range.torque / 65535), offset \(-range.torque) Nm: compare under 0x1F0000FF."),
      feedback("Feedback", mode: ROBSTRIDE_MODE_RUN), feedback("Stopped", mode: ROBSTRIDE_MODE_RESET),
    ]
  }

  private static func canopen(_ drive: Named) -> [Message] {
    let node = UInt32(drive.drive.id)
    let position = drive.range.position / 2_147_483_648
    let velocity = drive.range.velocity / 2_147_483_648
    let torque = drive.range.torque / 32768
    func word(
      _ name: String, _ start: Int, _ length: Int, _ scale: Double = 1, _ unit: String = "",
      isSigned: Bool = false
    ) -> Signal {
      Signal(name: name, start: start, length: length, isSigned: isSigned, scale: scale, unit: unit)
    }
    return [
      Message(
        id: CANOPEN_ID_RPDO1.rawValue + node, name: "\(drive.name)_Command", length: 8, sender: "Host",
        receiver: drive.name,
        signals: [
          word("Controlword", 0, 16),
          drive.drive.mode == .velocity
            ? word("Velocity", 16, 32, velocity, "rad/s", isSigned: true)
            : word("Position", 16, 32, position, "rad", isSigned: true),
          word("Torque", 48, 16, torque, "Nm", isSigned: true),
        ], comment: "RPDO1 as bring-up maps it; cyclic torque mode does not use the position."),
      Message(
        id: CANOPEN_ID_TPDO1.rawValue + node, name: "\(drive.name)_State", length: 8, sender: drive.name,
        receiver: "Host",
        signals: [
          word("Statusword", 0, 16), word("Position", 16, 32, position, "rad", isSigned: true),
          word("Torque", 48, 16, torque, "Nm", isSigned: true),
        ], comment: "TPDO1 as bring-up maps it."),
      Message(
        id: CANOPEN_ID_TPDO2.rawValue + node, name: "\(drive.name)_Detail", length: 8, sender: drive.name,
        receiver: "Host",
        signals: [
          word("Velocity", 0, 32, velocity, "rad/s", isSigned: true), word("ErrorCode", 32, 16),
          word("Mode", 48, 8, isSigned: true), word("ErrorRegister", 56, 8),
        ], comment: "TPDO2 as bring-up maps it."),
      Message(
        id: CANOPEN_ID_EMERGENCY.rawValue + node, name: "\(drive.name)_Emergency", length: 8,
        sender: drive.name,
        receiver: "Host", signals: [word("Code", 0, 16), word("ErrorRegister", 16, 8)]),
    ]
  }

  private static func oDrive(_ drive: Named) -> [Message] {
    let turn = 2 * Double.pi
    func message(
      _ command: odrive_command, _ suffix: String, fromHost: Bool = false, _ signals: [Signal],
      _ comment: String = ""
    ) -> Message {
      Message(
        id: UInt32(drive.drive.id) << 5 | command.rawValue, name: "\(drive.name)_\(suffix)", length: 8,
        sender: fromHost ? "Host" : drive.name, receiver: fromHost ? drive.name : "Host", signals: signals,
        comment: comment)
    }
    let states = [(0, "Undefined"), (1, "Idle"), (8, "ClosedLoop")]
    let state = byte("State", 4, values: states)
    let errors = Signal(name: "Errors", start: 0, length: 32)
    let isNew = drive.drive.family == .odrive
    let constant = drive.drive.torqueConstant
    return [
      message(
        ODRIVE_COMMAND_SET_INPUT_TORQUE, "Command", fromHost: true, [float("Torque", 0, 1, "Nm")],
        "Torque; the loop is closed on the host."),
      message(
        ODRIVE_COMMAND_GET_ENCODER_ESTIMATES, "Estimates",
        [float("Position", 0, turn, "rad"), float("Velocity", 4, turn, "rad/s")]),
      isNew
        ? message(
          ODRIVE_COMMAND_GET_TORQUES, "Torques",
          [float("TorqueTarget", 0, 1, "Nm"), float("Torque", 4, 1, "Nm")])
        : message(
          ODRIVE_COMMAND_GET_IQ, "Current",
          [float("TorqueTarget", 0, constant, "Nm"), float("Torque", 4, constant, "Nm")],
          "Current times the torque constant, \(constant) Nm/A."),
      message(
        ODRIVE_COMMAND_HEARTBEAT, "Heartbeat", [errors, state] + (isNew ? [byte("Procedure", 5)] : [])),
    ]
  }

  /// MIT drives may answer with one identifier; byte 0 says which of them did.
  private static func feedbackOfMIT(_ drives: [Named]) -> [Message] {
    let errors = [
      (0, "None"), (1, "MotorOverTemperature"), (2, "OverCurrent"), (3, "OverVoltage"), (4, "UnderVoltage"),
      (5, "Encoder"), (6, "DriverOverTemperature"), (7, "Locked"),
    ]
    let hosts = Array(Set(drives.map(\.drive.masterID))).sorted()
    return hosts.map { host in
      let own = drives.filter { $0.drive.masterID == host }
      let isShared = own.count > 1
      let length = own.map { Int(MIT.answerLength($0.drive.dialect)) }.max() ?? 6
      var signals = [
        Signal(name: "DriveID", start: 7, length: 8, isMotorola: true, isSelector: isShared)
      ]
      for drive in own {
        let suffix = isShared ? "_\(drive.name)" : ""
        let selection = isShared ? Int(drive.drive.id & 0xFF) : nil
        signals += sample(drive.range, suffix: suffix, selectedBy: selection)
        if case .error = drive.drive.dialect {
          var temperature = byte("Temperature\(suffix)", 6, "degC")
          var error = byte("Error\(suffix)", 7, values: errors)
          (temperature.selectedBy, error.selectedBy) = (selection, selection)
          signals += [temperature, error]
        }
      }
      return Message(
        id: UInt32(host), name: isShared ? "MIT_Feedback_\(host)" : "\(own[0].name)_Feedback", length: length,
        sender: own[0].name, receiver: "Host", signals: signals,
        comment: isShared
          ? "Answers of all MIT drives with this identifier; DriveID says whose." : "Answer to every command."
      )
    }
  }

  /// Frames that belong to no one drive.
  private static func shared(_ drives: [Named]) -> [Message] {
    var messages: [Message] = []
    if let damiao = drives.first(where: { $0.drive.family == .damiao }) {
      messages.append(
        Message(
          id: DAMIAO_ID_REGISTERS.rawValue, isFlexible: damiao.drive.isFlexibleDataRate,
          name: "Damiao_Register",
          length: 8, sender: "Host", receiver: drives.map(\.name).joined(separator: ","),
          signals: [
            Signal(name: "DriveID", start: 0, length: 16),
            byte("Access", 2, values: [(0x33, "Read"), (0x55, "Write"), (0xAA, "Save"), (0xCC, "Refresh")]),
            byte("Index", 3), Signal(name: "Value", start: 32, length: 32),
          ], comment: "Register access; Value is an integer or a single-precision pattern, by register."))
    }
    if let canopen = drives.first(where: { $0.drive.family == .canopen }) {
      let receivers = drives.map(\.name).joined(separator: ",")
      messages.append(
        Message(
          id: CANOPEN_ID_SYNC.rawValue, name: "SYNC", length: 0, sender: "Host", receiver: receivers,
          signals: []))
      messages.append(
        Message(
          id: CANOPEN_ID_HEARTBEAT.rawValue + UInt32(canopen.drive.masterID), name: "Host_Heartbeat",
          length: 1,
          sender: "Host", receiver: receivers, signals: [byte("State", 0, values: [(5, "Operational")])]))
    }
    return messages
  }
}
