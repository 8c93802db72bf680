public import ControlCycle

extension DriveFamily {
  /// The family of a word used in robot.yaml and on the command line; nil when there is none.
  public init?(name: String) {
    guard let known = FamilyName(rawValue: name) else { return nil }
    self = known.family
  }

  /// The words of all families.
  public static var names: [String] { FamilyName.allCases.map(\.rawValue) }
}
