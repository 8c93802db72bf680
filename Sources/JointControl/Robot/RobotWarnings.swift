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
      case .setAndTripped, .tripped: nil
      case .stated, .absent: joint.driveWatchdog_us
      }
    }
    let unscaled = groups { joint -> DriveRange? in
      guard case .mit = joint.configuration.drive.family else { return nil }
      return joint.configuration.drive.range
    }
    let constants = groups { joint -> Double? in
      guard case .myactuator = joint.configuration.drive.family else { return nil }
      return joint.configuration.drive.torqueConstant
    }
    return unwatched.map(watchdogWarning) + unscaled.map(scaleWarning) + constants.map(constantWarning)
      + buses.indices.compactMap(answerWarning)
  }

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

  /// A torque constant that is not the drive's makes every torque wrong by one factor.
  private func constantWarning(_ joints: [RobotJoint], constant: Double) -> RobotWarning {
    RobotWarning(
      subject: subject(joints),
      message:
        "the torque constant of the \(joints[0].driveModel.name) cannot be read: \(Float(constant)) N.m/A "
        + "is what the description and sources say, and sources differ",
      fix: "measure it (hold a known weight on a lever) and write torque_constant")
  }

  /// Two nodes that send one identifier at one instant destroy each other's frames, again and again.
  private func answerWarning(onBus bus: Int) -> RobotWarning? {
    let drives = joints.filter {
      guard case .mit = $0.configuration.drive.family else { return false }
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
