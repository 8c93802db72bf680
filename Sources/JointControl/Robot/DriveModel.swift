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
  /// Where the numbers come from.
  public var source: String
  /// Torque of one ampere [N.m/A], for drives that report current.
  public var torqueConstant = 0.0

  /// A model.
  public init(
    name: String, family: DriveFamily, range: DriveRange, builtInRatio: Double,
    dialect: DriveDialect = .standard, source: String, torqueConstant: Double = 0
  ) {
    self.name = name
    self.family = family
    self.range = range
    self.builtInRatio = builtInRatio
    self.dialect = dialect
    self.source = source
    self.torqueConstant = torqueConstant
  }
}
