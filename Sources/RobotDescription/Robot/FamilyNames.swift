public import ControlCycle

extension DriveFamily {
  /// The family of a word used in robot.yaml and on the command line; nil when there is none.
  public init?(name: String) {
    guard let known = FamilyName(rawValue: name) else { return nil }
    self = known.family
  }

  /// The word used in robot.yaml and on the command line.
  public var name: String { FamilyName.allCases.first { $0.family == self }?.rawValue ?? "\(self)" }

  /// The words of all families.
  public static var names: [String] { FamilyName.allCases.map(\.rawValue) }
}
