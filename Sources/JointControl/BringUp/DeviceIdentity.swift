import ControlCycle

/// Who a drive says it is; nil where its family has no frame that tells.
public struct DeviceIdentity: Sendable, Equatable {
  /// The vendor, as its number in the list of CAN in Automation.
  public var vendor: String?
  /// The vendor's word or number for the product.
  public var model: String?
  /// Version of the firmware.
  public var firmware: String?
  /// Serial number.
  public var serial: String?

  /// What a drive answered while it was brought up.
  struct Answers: Sendable, Equatable {
    /// Parameters by their address, as 32-bit patterns.
    var values: [UInt32: UInt32] = [:]
    /// The answer to `identify`.
    var word: UInt64?
  }

  /// The identity in a drive's answers, by the family's page.
  init(_ family: DriveFamily, _ answers: Answers) {
    switch family {
    case .canopen:
      vendor = answers.values[CANopen.Object.identity(1)].map { Self.hexadecimal($0) }
      model = answers.values[CANopen.Object.identity(2)].map { Self.hexadecimal($0) }
      // CiA 301: major in the upper half, minor in the lower.
      firmware = answers.values[CANopen.Object.identity(3)].map { "\($0 >> 16).\($0 & 0xFFFF)" }
      serial = answers.values[CANopen.Object.identity(4)].map { Self.hexadecimal($0) }
    case .damiao:
      let version = answers.values[Damiao.Register.softwareVersion]
      let revision = answers.values[Damiao.Register.subVersion]
      firmware = version.map { version in revision.map { "\(version).\($0)" } ?? "\(version)" }
      serial = answers.values[Damiao.Register.serialNumber].map { Self.hexadecimal($0) }
    case .mit, .myactuator, .odrive05: break
    case .moteus:
      model = answers.values[Moteus.Parameter.model].map { "\($0)" }
      firmware = answers.values[Moteus.Parameter.firmware].map { Self.version([$0 >> 16, $0 >> 8, $0]) }
      let parts = (0...2).compactMap { answers.values[Moteus.Parameter.serial($0)] }
      serial = parts.count == 3 ? parts.map { Self.hexadecimal($0) }.joined() : nil
    case .odrive:
      guard let word = answers.word else { break }
      let bytes = (0..<8).map { UInt32(truncatingIfNeeded: word >> (8 * $0)) }
      model = "hardware \(Self.version([bytes[1], bytes[2], bytes[3]]))"
      firmware = Self.version([bytes[4], bytes[5], bytes[6]])
    case .robstride:
      serial = answers.word.map {
        Self.hexadecimal(UInt32($0 >> 32)) + Self.hexadecimal(UInt32(truncatingIfNeeded: $0))
      }
    }
  }

  private static func version(_ parts: [UInt32]) -> String {
    parts.map { "\($0 & 0xFF)" }.joined(separator: ".")
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }
}
