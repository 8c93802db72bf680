public import ControlCycle

/// One thing that a drive lets read or write, as data: where it is, what its bits mean, and what may be written.
public struct DriveParameter: Sendable, Equatable {
  /// Where the drive keeps it.
  public enum Place: Sendable, Equatable {
    /// A register, parameter, object or endpoint, by the family's own address (`DriveRequest.readParameter`).
    case address(UInt32)
    /// A name on the console of a moteus drive.
    case console
    /// A word, 0 or 1, of an ODrive's message that is asked for by an empty frame.
    case message(UInt8, word: Int)
  }
  /// How its 32 bits are meant.
  public enum Form: Sendable, Equatable {
    /// IEEE 754 single precision.
    case float
    /// A whole number without a sign, of so many bits.
    case unsigned(bits: Int)
    /// A whole number with a sign, of so many bits.
    case signed(bits: Int)
  }
  /// Who may change it, and when.
  public enum Access: Sendable, Equatable {
    /// Nobody.
    case readOnly
    /// Anybody; it acts at once.
    case always
    /// While the power stage is off, as it changes what the drive's frames mean or what it does with them.
    case whileOff
    /// Nobody here, with the reason and what to do instead.
    case hazard(String, fix: String)
  }
  /// What `sinew drive info` shows it as.
  public enum Group: String, Sendable, Equatable {
    /// Who the drive is.
    case identity
    /// What its numbers are scaled by.
    case scale
    /// What it does, how it is.
    case condition
    /// When it lets go by itself.
    case watchdog
  }
  /// The vendor's name.
  public var name: String
  /// Where the drive keeps it.
  public var place: Place
  /// How its bits are meant.
  public var form: Form
  /// Unit of its value; empty where it has none.
  public var unit = ""
  /// Least and greatest value that may be written.
  public var bounds: ClosedRange<Double>?
  /// Who may change it, and when.
  public var access: Access
  /// Where it is shown.
  public var group: Group?
  /// Where the facts come from.
  public var source: String

  /// A parameter.
  public init(
    _ name: String, _ place: Place, _ form: Form, _ unit: String = "", _ access: Access = .readOnly,
    in bounds: ClosedRange<Double>? = nil, group: Group? = nil, source: String
  ) {
    self.name = name
    self.place = place
    self.form = form
    self.unit = unit
    self.access = access
    self.bounds = bounds
    self.group = group
    self.source = source
  }

  /// Whether `sinew` writes it at all.
  public var isWritable: Bool {
    switch access {
    case .always, .whileOff: true
    case .readOnly, .hazard: false
    }
  }

  /// The number that a family's tools know it by, such as 9, 0x7028, 6072:0; empty where it has a name alone.
  public func number(in family: DriveFamily) -> String {
    switch (place, family) {
    case (.console, _): ""
    case (.message(let command, let word), _): "\(hexadecimal(UInt32(command))).\(word)"
    case (.address(let address), .canopen):
      hexadecimal(address >> 16) + ":\(address >> 8 & 0xFF)"
    case (.address(let address), .damiao), (.address(let address), .odrive): "\(address)"
    case (.address(let address), _): "0x" + hexadecimal(address)
    }
  }

  private func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 2 - digits.count)) + digits
  }
}

// MARK: - Values

extension DriveParameter {
  /// The value of a 32-bit pattern.
  public func value(of pattern: UInt32) -> Double {
    switch form {
    case .float: return Double(Float(bitPattern: pattern))
    case .unsigned(let bits): return Double(pattern & mask(bits))
    case .signed(let bits):
      let shift = 32 - bits
      return Double(Int32(bitPattern: pattern << UInt32(shift)) >> Int32(shift))
    }
  }

  /// The value as text: whole numbers without a point, others as short as reads back exactly.
  public func text(of pattern: UInt32) -> String {
    switch form {
    case .float: "\(Float(bitPattern: pattern))"
    case .unsigned, .signed: "\(Int64(value(of: pattern)))"
    }
  }

  /// The pattern of a value, or why there is none: out of bounds, not whole, not a number.
  public func pattern(of value: Double) throws(DriveError) -> UInt32 {
    let bounds = bounds ?? formBounds
    guard value.isFinite, bounds.contains(value) else {
      throw DriveError(
        .refused,
        "\(name) takes \(short(bounds.lowerBound)) to \(short(bounds.upperBound))"
          + (unit.isEmpty ? "" : " \(unit)") + " and not \(short(value))",
        fix: "write a value within the bounds")
    }
    if case .float = form { return Float(value).bitPattern }
    guard value == value.rounded(.towardZero) else {
      throw DriveError(
        .refused, "\(name) is a whole number and not \(short(value))", fix: "leave out the fraction")
    }
    if case .unsigned = form { return UInt32(value) }
    return UInt32(bitPattern: Int32(value))
  }

  /// Whether a pattern that was read is the one that was written.
  func agrees(_ read: UInt32, with written: UInt32) -> Bool {
    switch form {
    case .float:
      // A console prints six decimals.
      let difference = (Float(bitPattern: read) - Float(bitPattern: written)).magnitude
      if case .console = place { return Double(difference) <= 1e-6 * max(1, value(of: written).magnitude) }
      return read == written || difference == 0
    case .unsigned(let bits), .signed(let bits): return read & mask(bits) == written & mask(bits)
    }
  }

  private var formBounds: ClosedRange<Double> {
    switch form {
    case .float: -Double(Float.greatestFiniteMagnitude)...Double(Float.greatestFiniteMagnitude)
    case .unsigned(let bits): 0...Double(mask(bits))
    case .signed(let bits): -Double(UInt64(1) << UInt64(bits - 1))...Double(mask(bits - 1))
    }
  }

  private func mask(_ bits: Int) -> UInt32 { bits >= 32 ? .max : (1 << UInt32(bits)) - 1 }

  private func short(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? "\(Int64(value))" : "\(value)"
  }
}
