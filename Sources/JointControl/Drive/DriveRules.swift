import CServoWire
public import ControlCycle

/// What must not be asked of a drive, whoever asks, and what is known of its family.
public enum DriveRules {
  /// What is known of how often a drive's memory may be written.
  public static func memoryLife(of drive: DriveConfiguration) -> String {
    switch drive.family {
    case .damiao: "the manual says about 10,000 times"
    default: "the vendor prints no number; flash of this kind bears about 10,000 times"
    }
  }

  /// Identifiers that a family's drives may have.
  public static func identifiers(of family: DriveFamily) -> ClosedRange<UInt16> {
    switch family {
    case .canopen, .moteus, .robstride: 1...127
    // 0x7FF is the identifier of registers.
    case .damiao: 1...0x7FE
    case .mit: 1...0x7FF
    case .myactuator: 1...MyActuator.highestID
    case .odrive, .odrive05: 0...ODrive.highestID
    }
  }

  /// Refuses what has no frame to save with.
  public static func requireSavable(_ drive: DriveConfiguration) throws(DriveError) {
    switch drive.family {
    case .canopen, .damiao, .moteus, .odrive: return
    case .robstride:
      guard drive.dialect.isCyberGear else { return }
      throw DriveError(
        .refused,
        "a CyberGear has no frame that saves: type 22, with which a RobStride saves, sets its bit rate",
        fix: "use the vendor's tool")
    case .myactuator:
      throw DriveError(
        .refused, "a MyActuator drive stores what it takes at once, and has no frame that saves",
        fix: "nothing is to do")
    case .mit:
      throw DriveError(
        .refused, "the MIT protocol has no frame that saves", fix: "use the vendor's tool over its own line")
    case .odrive05:
      throw DriveError(
        .refused, "firmware 0.5 saves over USB alone; the frame with which 0.6 saves makes it start anew",
        fix: "use odrivetool")
    }
  }

  /// Refuses what has no order that sets zero.
  public static func requireZeroable(_ drive: DriveConfiguration) throws(DriveError) {
    if case .myactuator = drive.family {
      throw DriveError(
        .refused,
        "a MyActuator drive stores its zero for the next start, so that nothing shows whether it took it",
        fix: "use the vendor's tool, or write the offset into robot.yaml")
    }
    guard case .canopen = drive.family else { return }
    throw DriveError(
      .refused, "CiA 402 sets zero by homing alone, whose objects vendors use for other things",
      fix: "home it with the vendor's tool, or write the offset into robot.yaml")
  }

  /// Why probes of a family must not go out on a bus with drives of another; nil when they may.
  public static func disturbance(probing family: DriveFamily, near other: DriveFamily) -> String? {
    guard family != other else { return nil }
    switch (family, other) {
    case (.damiao, .odrive), (.damiao, .odrive05):
      return "0x7FF, the identifier of Damiao registers, sends an ODrive of node 63 into its boot loader"
    case (.mit, .odrive), (.mit, .odrive05), (.mit, .canopen), (.mit, .damiao):
      return
        "the order 'exit', the only frame an MIT drive answers without moving, means something else to them"
    case (.myactuator, .odrive), (.myactuator, .odrive05), (.myactuator, .damiao), (.myactuator, .mit),
      (.myactuator, .canopen):
      return
        "identifiers 0x141 to 0x160 are commands of theirs, such as the emergency stop of an ODrive of node 10"
    case (.canopen, .odrive), (.canopen, .odrive05):
      return "identifiers of SDO requests are commands of ODrives of nodes 48 to 51"
    default: return nil
    }
  }

  /// Times that can be set [us].
  public static var watchdogBounds: ClosedRange<Int> { 1000...10_000_000 }

  /// Whether the proof switches the power stage on, at zero torque.
  public static func provesSwitchedOn(_ family: DriveFamily) -> Bool { family != .canopen }

  /// Refuses identifiers that a family cannot have, or that are somebody's.
  public static func requireIdentifiers(
    _ new: DriveConfiguration, from old: DriveConfiguration, others: Set<UInt16>
  ) throws(DriveError) {
    switch old.family {
    case .canopen:
      throw DriveError(
        .refused,
        "a CANopen node's id is set by its switches, its vendor's tool or LSS, which is not spoken here",
        fix: "set it there")
    case .mit:
      throw DriveError(
        .refused, "the MIT protocol has no frame that sets an id",
        fix: "use the vendor's tool over its own line")
    case .myactuator:
      throw DriveError(
        .refused, "sources disagree where the order for a MyActuator's id goes and which byte holds it",
        fix: "use the vendor's tool")
    case .odrive05:
      throw DriveError(
        .refused,
        "firmware 0.5 takes a new id from any four bytes, with nothing to prove which drive took it",
        fix: "set axis.config.can.node_id with odrivetool")
    case .damiao, .moteus, .odrive, .robstride: break
    }
    let range = identifiers(of: old.family)
    guard range.contains(new.id) else {
      throw DriveError(
        .refused, "id \(new.id) is not within \(range.lowerBound)...\(range.upperBound)",
        fix: "choose one that is")
    }
    guard old.family == .damiao else {
      return try requireFree(new.id, "id", others)
    }
    guard range.contains(new.masterID) else {
      throw DriveError(
        .refused,
        "MST_ID \(new.masterID) is not within \(range.lowerBound)...\(range.upperBound); 0, as delivered, is shared by "
          + "all drives and the highest priority of the bus",
        fix: "give each drive an MST_ID of its own, such as 0x10 + id")
    }
    guard new.masterID != new.id else {
      throw DriveError(.refused, "MST_ID \(new.masterID) is the drive's own id", fix: "choose another")
    }
    if new.id != old.id { try requireFree(new.id, "id", others) }
    if new.masterID != old.masterID { try requireFree(new.masterID, "MST_ID", others) }
  }

  private static func requireFree(_ id: UInt16, _ what: String, _ others: Set<UInt16>) throws(DriveError) {
    guard others.contains(id) else { return }
    throw DriveError(
      .refused, "\(what) \(id) belongs to another drive of this bus in the description", fix: "choose another"
    )
  }
}
