import ControlCycle

/// Something about a robot that nothing here can confirm and somebody has to vouch for.
public struct RobotWarning: Sendable, Equatable, CustomStringConvertible {
  /// What it is about: joints, or a bus.
  public var subject: String
  /// What is not confirmed.
  public var message: String
  /// What to do.
  public var fix: String

  /// One line.
  public var description: String { "\(subject): \(message); \(fix)" }
}

extension Robot {
  /// What bring-up cannot confirm of the drives; joints of one model of which the same is said share a warning.
  public var warnings: [RobotWarning] {
    let unwatched = groups { joint -> Int? in
      switch joint.watchdogProof {
      case .setAndTripped, .set, .tripped: nil
      case .stated, .absent: joint.driveWatchdog_us
      }
    }
    let unscaled = groups { joint -> DriveRange? in
      guard case .mit = joint.configuration.drive.family else { return nil }
      return joint.configuration.drive.range
    }
    let unaided = groups { joint -> ControlMode? in
      let drive = joint.configuration.drive
      guard case .damiao = drive.family, drive.mode != .impedance else { return nil }
      return drive.mode
    }
    let constants = groups { joint -> Double? in
      let drive = joint.configuration.drive
      guard drive.family == .myactuator || drive.dialect.isForce else { return nil }
      return joint.configuration.drive.torqueConstant
    }
    let forced = groups { $0.configuration.drive.dialect.isForce ? true : nil }
    return unwatched.map(watchdogWarning) + forced.map { forceWarning($0.joints) }
      + unscaled.map(scaleWarning) + constants.map(constantWarning) + unaided.map(torqueWarning)
      + buses.indices.compactMap(answerWarning) + stepWarnings + gainWarnings
  }

  /// What steps of the drives' fields cost that is worth a look, and not yet a refusal.
  private var stepWarnings: [RobotWarning] {
    let coarse = [JointField.Quantity.stiffness, .damping].flatMap { quantity in
      groups { joint -> String? in
        guard let field = joint.fields.first(where: { $0.quantity == quantity }), field.limit > 0,
          let change = field.carriedGain.map({ abs($0 - field.limit) / field.limit }), change > 0.01
        else { return nil }
        return percent(change)
      }.map { joints, change in
        RobotWarning(
          subject: subject(joints),
          message: "\(quantity.rawValue) arrives \(change) off, as the frame carries it in steps",
          fix: "see sinew check --fields; use a larger gain, or a drive with finer steps")
      }
    }
    let rough = groups { joint -> String? in
      let share = joint.torqueOfSteps / joint.configuration.limits.torque
      return share > 0.05 ? percent(share) : nil
    }.map { joints, share in
      RobotWarning(
        subject: subject(joints),
        message: "one step of measured position and velocity makes \(share) of the torque limit",
        fix: "use lower gains, a smaller range where the drive can be set to one, or a drive with finer steps"
      )
    }
    return coarse + rough
  }

  /// Gains that somebody vouches for, and steps of position that would keep a joint moving.
  private var gainWarnings: [RobotWarning] {
    let overridden = joints.compactMap { joint in
      joint.gainsOverride.map { reason in
        RobotWarning(
          subject: "joint \(joint.name)",
          message: "its gains are outside their bound, by gains_override: \(reason)",
          fix: "see sinew check for the bound")
      }
    }
    let stepping = joints.filter {
      $0.isClosedOnHost && $0.configuration.coulombFriction > 0
        && $0.configuration.gains.stiffness > $0.quantisedStiffness
    }.map { joint in
      RobotWarning(
        subject: "joint \(joint.name)",
        message:
          "its stiffness is above \(Float(joint.quantisedStiffness)) N.m/rad, up to which friction holds one step of "
          + "measured position, so that it may not come to rest",
        fix: "use a lower stiffness, or an encoder with finer steps")
    }
    return overridden + stepping
  }

  private func percent(_ part: Double) -> String { "\((part * 1000).rounded() / 10) %" }

  /// Joints of one model with one value, in the order of joints; nil is left out.
  private func groups<Value: Equatable>(_ value: (RobotJoint) -> Value?) -> [(joints: [RobotJoint], Value)] {
    var groups: [(joints: [RobotJoint], Value)] = []
    for joint in joints {
      guard let own = value(joint) else { continue }
      if let index = groups.firstIndex(where: { $0.1 == own && $0.joints[0].driveModel == joint.driveModel })
      {
        groups[index].joints.append(joint)
      } else {
        groups.append(([joint], own))
      }
    }
    return groups
  }

  private func subject(_ joints: [RobotJoint]) -> String {
    (joints.count == 1 ? "joint " : "joints ") + joints.map(\.name).joined(separator: ", ")
  }

  /// A watchdog that nobody can set, read or see trip is what the description says of it, or none.
  private func watchdogWarning(_ joints: [RobotJoint], watchdog_us: Int) -> RobotWarning {
    let model = joints[0].driveModel.name
    guard watchdog_us > 0 else {
      return RobotWarning(
        subject: subject(joints),
        message: "the \(model)'s watchdog cannot be set over CAN and the description names none, "
          + "so that when the host dies the joint goes on with its last command",
        fix: "set one with the vendor's tool, see it trip, and write watchdog; or have an emergency stop")
    }
    return RobotWarning(
      subject: subject(joints),
      message:
        "the \(model)'s watchdog can neither be set nor read over CAN, nor seen to trip, as no answer says "
        + "whether the drive is on: \(Double(watchdog_us) / 1000) ms is what the description says",
      fix: "see it trip on a bench before you trust it")
  }

  /// A full scale that is not the drive's makes every velocity, damping and torque wrong by one factor.
  private func scaleWarning(_ joints: [RobotJoint], range: DriveRange) -> RobotWarning {
    RobotWarning(
      subject: subject(joints),
      message: "the full scale of the \(joints[0].driveModel.name) cannot be read: "
        + "\(range.velocity) rad/s and \(range.torque) N.m are what the description and sources say, and firmwares differ",
      fix: "measure it (turn the shaft at a known speed) and write range")
  }

  /// Frames without a torque leave gravity to the drive's own integral, and a motion source's torque to nobody.
  private func torqueWarning(_ joints: [RobotJoint], mode: ControlMode) -> RobotWarning {
    let current =
      mode == .positionForce
      ? "; its bound on current is a part of the motor's peak_torque, which nobody reads back" : ""
    return RobotWarning(
      subject: subject(joints),
      message:
        "a Damiao drive in mode \(mode) takes no torque: gravity, friction and torque setpoints are not sent to it"
        + current,
      fix: "use mode: impedance where they matter")
  }

  /// A torque constant that is not the drive's makes every torque wrong by one factor.
  private func constantWarning(_ joints: [RobotJoint], constant: Double) -> RobotWarning {
    RobotWarning(
      subject: subject(joints),
      message:
        "the torque constant of the \(joints[0].driveModel.name) cannot be read: \(Float(constant)) N.m/A "
        + "is what the description and sources say, and sources differ",
      fix: "measure it (hold a known weight on a lever) and write torque_constant")
  }

  /// A drive that no frame switches off is off only as far as it obeys.
  private func forceWarning(_ joints: [RobotJoint]) -> RobotWarning {
    RobotWarning(
      subject: subject(joints),
      message:
        "no frame switches the power stage of the \(joints[0].driveModel.name) on or off: disarmed means no current",
      fix: "have an emergency stop that removes power, and let the drive answer each command (vendor's tool)")
  }

  /// Two nodes that send one identifier at one instant destroy each other's frames, again and again.
  private func answerWarning(onBus bus: Int) -> RobotWarning? {
    let drives = joints.filter {
      guard case .mit = $0.configuration.drive.family, !$0.configuration.drive.dialect.isForce else {
        return false
      }
      return Int($0.configuration.drive.bus) == bus
    }
    let hosts = Set(drives.map(\.configuration.drive.masterID))
    guard hosts.count < drives.count else { return nil }
    return RobotWarning(
      subject: "bus \(buses[bus].name)",
      message: "its MIT drives answer with one identifier, which works while no two answers wait for the bus",
      fix: "let each answer with its own, where its firmware has that setting, and write master_id")
  }
}
