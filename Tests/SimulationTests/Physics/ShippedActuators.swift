import Foundation
import JointControl
import RobotDescription

/// The profiles of Robots/actuators.
enum ShippedActuators {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Robots/actuators")

  /// File names.
  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".yaml") }.sorted()

  /// One of them by its file's name.
  static func profile(_ name: String) throws -> ActuatorProfile {
    try RobotDescription.loadActuator(folder.appendingPathComponent(name).path)
  }
}
