public import ControlCycle

/// Why a run ended in a fault stop: what happened to which joints on which buses, in which cycle.
public struct ControlFault: Error, Sendable {
  /// The fault as the core latched it.
  public let fault: Fault
  /// Names of the joints that showed it first.
  public let joints: [String]
  /// Names of the buses those joints are on.
  public let buses: [String]
  /// Whether every joint of each named bus shows it, so that the bus itself is the suspect.
  public let isWholeBus: Bool
  /// The last cycles up to the fault, oldest first.
  public let history: [CycleSnapshot]

  package init(_ fault: Fault, robot: Robot, history: [CycleSnapshot]) {
    self.fault = fault
    self.history = history
    let affected = robot.joints.indices.filter { fault.joints.contains($0) }
    joints = affected.map { robot.joints[$0].name }
    let indices = Set(affected.map { Int(robot.joints[$0].configuration.drive.bus) }).sorted()
    buses = indices.map { robot.buses[$0].name }
    isWholeBus =
      !affected.isEmpty
      && robot.joints.indices.allSatisfy {
        fault.joints.contains($0) || !indices.contains(Int(robot.joints[$0].configuration.drive.bus))
      }
  }
}

extension ControlFault: CustomStringConvertible {
  /// What happened, where and when, and what to do.
  public var description: String {
    let who = joints.isEmpty ? "the robot" : "joints " + joints.joined(separator: ", ")
    let place = buses.isEmpty ? "" : " on bus " + buses.joined(separator: ", ")
    return "cycle \(fault.cycle): \(cause)\(place): \(who). \(remedy)"
  }

  /// The kind of fault as logs and JSON spell it.
  public var kindName: String { Self.name(of: fault.kind) }

  /// A kind of fault as logs and JSON spell it.
  public static func name(of kind: FaultKind) -> String {
    switch kind {
    case .none: "none"
    case .sampleLost: "sample_lost"
    case .driveFault: "drive_fault"
    case .driveDisabled: "drive_disabled"
    case .positionLimit: "position_limit"
    case .overspeed: "overspeed"
    case .setpointNotFinite: "setpoint_not_finite"
    case .commandNotFinite: "command_not_finite"
    case .commandTimeout: "command_timeout"
    case .armingTimeout: "arming_timeout"
    case .deadlineMissed: "deadline_missed"
    case .busLost: "bus_lost"
    case .busQueueFull: "bus_queue_full"
    case .busPassive: "bus_passive"
    case .busOverloaded: "bus_overloaded"
    case .feedbackFrozen: "feedback_frozen"
    case .identifierShared: "identifier_shared"
    }
  }

  private var cause: String {
    switch fault.kind {
    case .none: "no fault"
    case .sampleLost: isWholeBus ? "every reply lost" : "replies lost"
    case .driveFault: "drive fault (\(driveWords))"
    case .driveDisabled: "drive switched itself off"
    case .positionLimit: "measured outside the position limits"
    case .overspeed: "measured above the velocity limit"
    case .feedbackFrozen: "the drive reports the same for ever while the joint is to move"
    case .identifierShared: "two drives answer with one identifier"
    case .setpointNotFinite: "setpoints that are not finite numbers"
    case .commandNotFinite: "a law computed a command that is not a finite number"
    case .commandTimeout: "no fresh setpoint within the command timeout"
    case .armingTimeout: "did not switch on in time"
    default: Self.cause(of: fault.kind)
    }
  }

  /// What became of a bus or of the loop, in a few words.
  package static func cause(of kind: FaultKind) -> String {
    switch kind {
    case .deadlineMissed: "the loop missed its deadlines"
    case .busLost: "bus lost"
    case .busQueueFull: "the queue refused commands in several cycles in a row"
    case .busPassive: "error-passive for too long"
    case .busOverloaded: "flooded with frames"
    default: "\(kind)"
    }
  }

  private var remedy: String {
    switch fault.kind {
    case .none: ""
    case .sampleLost where isWholeBus: "Check the bus's cable, termination, supply and adapter."
    case .sampleLost: "Check the drive's supply, its identifier and its connector."
    case .driveFault: "Read the drive's fault, remove its cause, then clear it."
    case .driveDisabled: "The drive rebooted or its watchdog fired; check its supply and the bus load."
    case .positionLimit: "Move the joint back by hand with the drives off; check zero, sign and offset."
    case .overspeed: "Check the motion, the gains and what pushed the joint."
    case .feedbackFrozen: "The drive answers without measuring: power it off and on, and check its firmware."
    case .identifierShared:
      "Unplug one of the two and give it another identifier; sinew drive scan lists them."
    case .setpointNotFinite: "The setpoint source computes NaN or infinity; --json lists the last cycles."
    case .commandNotFinite: "Gains, model or law are at fault; --json lists the last cycles."
    case .commandTimeout: "The setpoint source is late or dead; it must refresh every cycle."
    case .busLost: "Check the bus's adapter, cable, termination and supply; the report names its state."
    case .busQueueFull:
      "The controller does not send: check wiring, bit rates, and whether anybody acknowledges."
    case .busPassive: "Many frames are destroyed: check termination, cable, and the bit rate of every node."
    case .busOverloaded:
      "A node sends on and on: unplug drives until it is quiet; sinew can dump shows who speaks."
    case .deadlineMissed: "Something kept the processor from the loop; see the stages of the report."
    case .armingTimeout: "Check supply, emergency stop and identifiers of these drives."
    }
  }

  private var driveWords: String {
    let words: [(DriveFaults, String)] = [
      (.overVoltage, "over-voltage"), (.underVoltage, "under-voltage"), (.overCurrent, "over-current"),
      (.driverOverTemperature, "power stage too hot"), (.motorOverTemperature, "motor too hot"),
      (.communicationLost, "communication lost"), (.overload, "overload"), (.encoder, "encoder"),
      (.uncalibrated, "not calibrated"), (.hardware, "electronics failed"), (.unknown, "unknown code"),
    ]
    let present = words.filter { fault.drive.contains($0.0) }.map(\.1)
    let code = fault.drive.code == 0 ? "" : ", code 0x\(String(fault.drive.code, radix: 16, uppercase: true))"
    return (present.isEmpty ? "no reason given" : present.joined(separator: ", ")) + code
  }
}
