import CServoWire
public import ControlCycle

/// Who a drive is, as far as it tells.
public struct DriveIdentity: Sendable, Equatable {
  /// Its serial number, or what stands for one.
  public var serial: UInt64?
  /// Its firmware, as the vendor counts.
  public var firmware: String?
  /// Models of the table that it may be, by what it says of itself; empty where it says nothing.
  public var models: [String] = []

  /// Nothing is known.
  public init() {}
}

/// All that `sinew drive info` shows.
public struct DriveReport: Sendable, Equatable {
  /// Who it is.
  public var identity: DriveIdentity
  /// How it is.
  public var condition: DriveCondition
  /// Parameters with a group, and what the drive says of them; nil where it does not answer or has none.
  public var values: [Value]

  /// One parameter.
  public struct Value: Sendable, Equatable {
    /// What it is.
    public var parameter: DriveParameter
    /// Its pattern.
    public var pattern: UInt32?
  }
}

extension DriveLink where LoopTarget: ~Copyable {
  /// Asks a drive all that its family tells.
  ///
  /// - Throws: `DriveError` when it does not say how it is; what else it leaves open is nil in the report.
  public mutating func report(of drive: DriveConfiguration) throws(DriveError) -> DriveReport {
    let condition = try condition(of: drive)
    var identity = identity(of: drive)
    if case .robstride = drive.family, condition.isOff { addVersion(to: &identity, of: drive) }
    var values: [DriveReport.Value] = []
    for parameter in DriveParameter.all(of: drive) where parameter.group != nil {
      values.append(DriveReport.Value(parameter: parameter, pattern: try? read(parameter, of: drive)))
    }
    return DriveReport(identity: identity, condition: condition, values: values)
  }

  /// Asks a drive who it is, with questions alone.
  public mutating func identity(of drive: DriveConfiguration) -> DriveIdentity {
    switch drive.family {
    case .canopen: canopenIdentity(of: drive)
    case .damiao: damiaoIdentity(of: drive)
    case .mit, .odrive05: DriveIdentity()
    case .myactuator: myActuatorIdentity(of: drive)
    case .odrive: oDriveIdentity(of: drive)
    case .moteus: moteusIdentity(of: drive)
    case .robstride: robStrideIdentity(of: drive)
    }
  }

  private mutating func word(_ name: String, _ drive: DriveConfiguration) -> UInt32? {
    guard let parameter = try? DriveParameter.named(name, of: drive) else { return nil }
    return try? read(parameter, of: drive)
  }

  /// Models with the full scale that the drive reports; registers that read 0 say nothing.
  private mutating func damiaoIdentity(of drive: DriveConfiguration) -> DriveIdentity {
    var identity = DriveIdentity()
    if let serial = word("SN", drive), serial != 0 { identity.serial = UInt64(serial) }
    if let version = word("sw_ver", drive), version != 0 {
      identity.firmware = "\(version).\(word("sub_ver", drive) ?? 0)"
    }
    let scale = ["PMAX", "VMAX", "TMAX"].map { word($0, drive).map { Float(bitPattern: $0) } }
    identity.models = DriveModel.all(.damiao).filter {
      [Float($0.range.position), Float($0.range.velocity), Float($0.range.torque)] == scale
    }.map(\.name)
    return identity
  }

  /// A CyberGear alone has the parameter rotation.
  private mutating func robStrideIdentity(of drive: DriveConfiguration) -> DriveIdentity {
    var identity = DriveIdentity()
    identity.serial = exchange([DriveCodec.encode(.identify, for: drive)]) { frame -> UInt64? in
      guard case .identity(let serial) = DriveCodec.decode(frame, for: drive) else { return nil }
      return serial
    }
    let rotation = DriveParameter(
      "rotation", .address(RobStride.Parameter.rotation), .signed(bits: 16), source: "")
    if (try? read(rotation, of: drive)) != nil { identity.models = ["CyberGear"] }
    return identity
  }

  /// The second number of a RobStride's firmware is that of its model: RS03 has 0.3.1.41.
  private mutating func addVersion(to identity: inout DriveIdentity, of drive: DriveConfiguration) {
    let version = exchange([DriveFrames.robStrideVersion(drive)], attempts: 2) {
      DriveFrames.version($0, drive)
    }
    guard let version else { return }
    identity.firmware = version.map(String.init).joined(separator: ".")
    if !drive.dialect.isCyberGear { identity.models = ["RS0\(version[1])"] }
  }

  private mutating func canopenIdentity(of drive: DriveConfiguration) -> DriveIdentity {
    var identity = DriveIdentity()
    if let serial = word("serial_number", drive), serial != 0 { identity.serial = UInt64(serial) }
    if let revision = word("revision", drive) {
      identity.firmware = "revision \(revision >> 16).\(revision & 0xFFFF)"
    }
    if let vendor = word("vendor_id", drive), let product = word("product_code", drive) {
      identity.models = [
        "vendor \(String(vendor, radix: 16, uppercase: true)) product \(String(product, radix: 16, uppercase: true))"
      ]
    }
    return identity
  }

  private mutating func moteusIdentity(of drive: DriveConfiguration) -> DriveIdentity {
    var identity = DriveIdentity()
    if let low = word("serial_1", drive), let high = word("serial_2", drive) {
      identity.serial = UInt64(high) << 32 | UInt64(low)
    }
    if let version = word("firmware_version", drive) {
      identity.firmware = [16, 8, 0].map { String(version >> UInt32($0) & 0xFF, radix: 16) }.joined(
        separator: ".")
    }
    if let model = word("model_number", drive) { identity.models = ["moteus board \(model)"] }
    return identity
  }

  /// A version is a date.
  private mutating func myActuatorIdentity(of drive: DriveConfiguration) -> DriveIdentity {
    var identity = DriveIdentity()
    identity.firmware = exchange([DriveCodec.encode(.identify, for: drive)]) { frame -> String? in
      guard case .identity(let version) = DriveCodec.decode(frame, for: drive) else { return nil }
      return "\(version)"
    }
    return identity
  }

  /// The address is asked only of what proved to be 0.6: to 0.5 the question is an order.
  private mutating func oDriveIdentity(of drive: DriveConfiguration) -> DriveIdentity {
    var identity = DriveIdentity()
    guard let hardware = word("version_hardware", drive), let firmware = word("version_firmware", drive)
    else {
      return identity
    }
    identity.firmware = [0, 8, 16].map { "\(firmware >> UInt32($0) & 0xFF)" }.joined(separator: ".")
    identity.models = [
      "hardware " + [8, 16, 24].map { "\(hardware >> UInt32($0) & 0xFF)" }.joined(separator: ".")
    ]
    let question = DriveFrames.oDriveQuestion(ODRIVE_COMMAND_ADDRESS.rawValue, drive)
    identity.serial = exchange([question], attempts: 2) { DriveFrames.oDriveAddress($0, drive)?.serial }
    return identity
  }
}
