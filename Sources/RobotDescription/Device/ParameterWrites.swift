import CServoWire
import ControlCycle
import JointControl

/// The parameter values of a DCF that bring-up writes: all that the drive takes and that nobody else sees to.
struct ParameterWrites {
  let sheet: DataSheet
  let joint: RobotJoint
  /// Where robot.yaml has the joint.
  let jointPlace: SourceLocation
  let log: DiagnosticLog

  private var node: UInt8 { UInt8(truncatingIfNeeded: joint.configuration.drive.id) }

  /// The values in the order of the dictionary; what collides is noted.
  func writes() -> [DeviceObjects.Write] {
    let own = ownValues()
    return sheet.sorted.compactMap { entry in
      guard let text = entry.parameterValue, entry.isWritable else { return nil }
      guard let value = entry.pattern(text, node: node), let bits = entry.bits else {
        report(
          entry, "'\(text.prefix(40))' is no value of DataType \(entry.dataType) with 4 bytes at most",
          fix: "correct it, or remove the line and set the object with the vendor's tool")
        return nil
      }
      let address =
        UInt32(entry.index) << 16 | UInt32(entry.subindex) << 8 | UInt32(bits)
      if let wanted = own[address] {
        if !wanted.contains(value) { reportCollision(entry, value, wanted.last ?? 0) }
        return nil
      }
      if let reason = Self.refusal(entry.index, value) {
        report(entry, reason, fix: "remove the line")
        return nil
      }
      return DeviceObjects.Write(
        address: address, value: value, isReadable: entry.isReadable,
        name: "\(DeviceChecks.title(entry.index, entry.subindex)) \(entry.name)",
        place: "\(sheet.path):\(entry.valueLine)")
    }
  }

  /// What bring-up writes without the file, by address.
  private func ownValues() -> [UInt32: [UInt32]] {
    var values: [UInt32: [UInt32]] = [:]
    for step in BringUpStep.sequence(for: joint) {
      if case .writeParameter(let address, let value) = step.request {
        values[address, default: []].append(value)
      }
    }
    return values
  }

  /// Why an object is nobody's to write here; nil when it may be written.
  static func refusal(_ index: UInt16, _ value: UInt32) -> String? {
    switch index {
    case 0x1010, 0x1011: "stores or restores the drive's parameters for good, which is no part of bring-up"
    case 0x1005, 0x1012, 0x1014: "moves an identifier that the loop listens to or sends"
    case 0x1016: "has the drive watch another node's heartbeat"
    case 0x1017, 0x1006:
      value == 0 ? nil : "has the drive send frames that the bus plan does not count"
    case 0x1400...0x1BFF: "changes process data, which the loop maps itself and the bus plan counts"
    case 0x6040, 0x6060, 0x6071, 0x607A, 0x60B1, 0x60B2, 0x60FF: "is a command, which the loop alone gives"
    case 0x6098, 0x6099: "sets homing, which some vendors use for something else (canopen.md)"
    default: nil
    }
  }

  private func report(_ entry: DataSheet.Entry, _ message: String, fix: String) {
    log.report(
      SourceLocation(file: sheet.path, line: entry.valueLine, column: 1),
      "ParameterValue of \(DeviceChecks.title(entry.index, entry.subindex)): \(message)", fix: fix)
  }

  private func reportCollision(_ entry: DataSheet.Entry, _ value: UInt32, _ wanted: UInt32) {
    report(
      entry, "\(value) is not the \(wanted) that bring-up writes for joint '\(joint.name)' (\(jointPlace))",
      fix: "remove the line, or change what robot.yaml says")
  }
}
