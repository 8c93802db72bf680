/// The profiles that a robot file names, and what a recording calls them.
///
/// A recording keeps files by name, and a path such as `../actuators/rs03.yaml` is none: whoever unpacks it would write
/// outside. Both sides give the same names from the same robot file.
struct RecordedProfiles {
  /// Folder of the names.
  private static let folder = "actuators"
  /// By path, as the robot file has it: the name.
  private(set) var names: [String: String] = [:]

  /// The profiles of a robot file.
  init(_ file: RobotFile) {
    let entries = Array(file.actuators.values) + file.joints.map(\.overrides)
    var taken: Set<String> = []
    for path in Set(entries.compactMap { $0.profile?.value }).sorted() {
      let last = path.split(separator: "/").last.map(String.init) ?? path
      var name = "\(Self.folder)/\(last)"
      var number = 2
      while !taken.insert(name).inserted {
        name = "\(Self.folder)/\(number)/\(last)"
        number += 1
      }
      names[path] = name
    }
  }
}
