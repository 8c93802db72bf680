public import ControlCycle

/// What a vendor prints of one model: full scales, built-in reducer, dialect.
public struct DriveModel: Sendable, Equatable {
  /// The vendor's name, such as RS04 or DM4310.
  public var name: String
  /// The wire protocol.
  public var family: DriveFamily
  /// Full scale of the fixed-point fields as delivered.
  public var range: DriveRange
  /// Rotor turns per turn of the shaft the drive reports.
  public var builtInRatio: Double
  /// Which of its family's ways the model speaks and acts in.
  public var dialect: DriveDialect
  /// Firmware that the numbers hold for.
  public var firmware: String
  /// How a number becomes a word of the wire.
  public var rounding: WireRounding
  /// How the watchdog's time is told to the drive.
  public var watchdogUnit: WatchdogUnit
  /// Where the numbers come from.
  public var source: String
  /// Torque of one ampere [N.m/A], for drives that report current.
  public var torqueConstant = 0.0
  /// Pole pairs of the motor, for drives that report electrical speed.
  public var polePairs = 0

  /// A model.
  public init(
    name: String, family: DriveFamily, range: DriveRange, builtInRatio: Double,
    dialect: DriveDialect = .standard, source: String, torqueConstant: Double = 0,
    firmware: String = "not stated", rounding: WireRounding = .dropsFraction,
    watchdogUnit: WatchdogUnit = .stored
  ) {
    self.firmware = firmware
    self.rounding = rounding
    self.watchdogUnit = watchdogUnit
    self.name = name
    self.family = family
    self.range = range
    self.builtInRatio = builtInRatio
    self.dialect = dialect
    self.source = source
    self.torqueConstant = torqueConstant
  }
}

/// How a number becomes a word of the wire; every word saturates.
public enum WireRounding: String, Sendable {
  /// `(x - min) (2^n - 1) / (max - min)`, the fraction dropped: zero is half a step low.
  case dropsFraction = "drops_fraction"
  /// To the nearest step.
  case nearest
  /// IEEE 754 single precision; nothing is scaled.
  case singlePrecision = "single_precision"
}

/// How the watchdog's time is told to a drive.
public enum WatchdogUnit: Sendable, Equatable {
  /// In steps of some microseconds, rounded up, so that a positive time is never 0, which is off.
  case steps(microseconds: Int)
  /// In seconds, single precision.
  case seconds
  /// Not over CAN: a tool stores it.
  case stored
}
