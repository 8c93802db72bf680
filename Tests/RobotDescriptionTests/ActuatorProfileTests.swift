import Foundation
import JointControl
import Testing

@testable import RobotDescription

@Suite struct ActuatorProfileTests {
  private static let good = """
    actuator: X1
    vendor: Somebody
    motor:
      resistance: 0.2
      inductance: 1.0e-4
      torque_constant: 0.1
      pole_pairs: 14
      rotor_inertia: 1.0e-4
      peak_current: 40
      peak_torque: 30
      saturation_knee: 0.8
      current_bandwidth: 1000
      supply_voltage: 48
    thermal: {winding_capacity: 60, winding_to_housing: 0.6, housing_capacity: 900, housing_to_ambient: 1.2, derate: 135, trip: 145}
    reducer:
      kind: planetary
      stages: [3, 3]
      carrier_inertias: [1.0e-5, 2.0e-5]
      stage_efficiency: 0.97
      mesh_stiffness: 8000
      backlash: 1.0e-3
    friction: {coulomb: 0.3, breakaway: 0.4, viscous: 0.02}
    encoder: {counts: 16384, noise: 1.0e-4}
    output_encoder: {counts: 4096, turns: 1}
    estimates: [friction]
    sources: [a data sheet]
    printed:
      - {quantity: no_load_speed, value: 400, tolerance: 0.2}
      - {quantity: torque_at_current, at: 40, value: 30, tolerance: 0.01}
    """

  private func load(_ text: String) throws -> ActuatorProfile {
    try RobotDescription.loadActuator(SourceText(path: "x1.yaml", text: text))
  }

  @Test func readsAWholeProfile() throws {
    let profile = try load(Self.good)
    let model = try #require(profile.actuator)
    #expect(profile.name == "X1" && profile.vendor == "Somebody" && profile.estimates == ["friction"])
    #expect(model.reducer.ratio == 9 && model.reducer.backlash == 1e-3)
    #expect(abs(model.reducer.inertia - (1e-5 * 9 + 2e-5)) < 1e-18)
    #expect(abs(model.outputTorque(current: 40) - 30) < 1e-9)
    #expect(model.friction.breakaway == 0.4 && model.motorEncoder.noise == 1e-4)
    #expect(model.outputEncoder?.turns == 1 && model.thermal?.trip == 145)
    #expect(profile.printed[1].at == 40 && profile.printed.count == 2)
    #expect(try load(Self.good) == profile)
  }

  @Test(arguments: [
    ("resistance: 0.2", "resistance: -0.2", "x1.yaml:4:15: resistance is -0.2"),
    ("inductance: 1.0e-4", "inductance: 0.275", "henry"),
    ("  peak_current: 40\n", "", "lacks 'peak_current'"),
    ("derate: 135", "derate: 150", "is not between ambient"),
    ("kind: planetary", "kind: planetery", "did you mean 'planetary'"),
    ("kind: planetary", "kind: strain_wave", "a reducer of kind strain_wave has no 'stages'"),
    ("carrier_inertias: [1.0e-5, 2.0e-5]", "carrier_inertias: [1.0e-5]", "1 carrier_inertias and 2 stages"),
    ("stages: [3, 3]", "stages: 9", "stages is not a list"),
    ("stages: [3, 3]", "stages: [3, 0.1]", "a number of stages is 0.1"),
    ("stage_efficiency: 0.97", "stage_efficiency: 97", "stage_efficiency is 97"),
    ("  mesh_stiffness: 8000\n", "", "backlash needs the stiffness"),
    ("breakaway: 0.4", "breakaway: 0.2", "breakaway 0.2 is below coulomb 0.3"),
    ("counts: 16384", "counts: 3.5", "counts is 3.5"),
    ("sources: [a data sheet]", "sources: []", "sources names nothing"),
    ("quantity: no_load_speed", "quantity: no_load_sped", "did you mean 'no_load_speed'"),
    ("at: 40, ", "", "torque_at_current lacks 'at'"),
    ("value: 400, tolerance: 0.2", "value: 400, tolerance: 20", "tolerance of no_load_speed is 20"),
    ("friction: {", "fricton: {", "has no key 'fricton'"),
    ("encoder: {counts: 16384, noise", "encoder: {counts: 16384, nois", "has no key 'nois'"),
  ])
  func mistakesAreNamedWithTheirPlace(_ part: String, _ wrong: String, _ message: String) throws {
    #expect(Self.good.contains(part))
    let text = Self.good.replacing(part, with: wrong, maxReplacements: 1)
    let error = #expect(throws: DescriptionError.self) { try load(text) }
    let lines = try #require(error).description
    #expect(lines.contains(message) && lines.hasPrefix("x1.yaml:"), "\(lines)")
  }

  @Test func aReducerAloneHasNoMotor() throws {
    var lines = Self.good.split(separator: "\n").map(String.init)
    let start = try #require(lines.firstIndex(of: "motor:"))
    let end = try #require(lines.firstIndex { $0.hasPrefix("reducer:") })
    lines.removeSubrange(start..<end)
    let error = #expect(throws: DescriptionError.self) { try load(lines.joined(separator: "\n")) }
    let message = try #require(error).description
    #expect(message.contains("has friction and no motor") && message.contains("no_load_speed needs a motor"))
  }

  // MARK: In a robot

  private static let robots = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Robots")

  /// The navigator with its RS03 by profile.
  private func navigator(_ change: (String) -> String) throws -> Robot {
    let file = Self.robots.appendingPathComponent("navigator/robot.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    return try RobotDescription.load(SourceText(path: file.path, text: change(text)))
  }

  private static let motor =
    "    motor: {rotor_inertia: 2.47e-4, peak_torque: 60, knee_velocity: 12.6, no_load_velocity: 20.9, encoder_counts: 16384}\n"
  private static let reducer =
    "    reducer: {ratio: 9, coulomb_friction: 0.5, viscous_friction: 0.05, efficiency: 0.97}\n"

  @Test func aRobotTakesAnActuatorsProfile() throws {
    let robot = try navigator {
      $0.replacing(Self.motor + Self.reducer, with: "    profile: ../actuators/rs03.yaml\n")
    }
    let profile = try RobotDescription.loadActuator(
      Self.robots.appendingPathComponent("actuators/rs03.yaml").path)
    let model = try #require(profile.actuator)
    let joints = robot.joints.filter { $0.actuator.physics != nil }
    #expect(!joints.isEmpty)
    for joint in joints {
      #expect(joint.driveModel.name == "RS03" && joint.actuator.physics == model)
      #expect(joint.configuration.coulombFriction == model.friction.coulomb)
      #expect(joint.actuator.armature == model.actuator.armature)
      #expect(robot.model.joints.contains { $0.name == joint.name && $0.armature == model.actuator.armature })
    }
    let plain = try navigator { $0 }
    #expect(plain.joints.allSatisfy { $0.actuator.physics == nil })
  }

  @Test func aRecordingsFilesAreEnoughForProfiles() throws {
    let path = Self.robots.appendingPathComponent("navigator/profiles.yaml").path
    let robot = try RobotDescription.load(path)
    #expect(robot.joints.allSatisfy { $0.actuator.physics != nil })
    let files = try RobotDescription.files(of: path)
    #expect(
      files.profiles.map(\.name)
        == ["ak80-9", "rs02", "rs03", "rs04"].map { "actuators/\($0).yaml" })
    func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }
    var kept: [String: [UInt8]] = [:]
    for file in files.profiles { kept[file.name] = try bytes(file.path) }
    let (description, urdf) = (try bytes(files.robot), try bytes(files.urdf))
    let again = try RobotDescription.load(
      robotFile: description, urdf: urdf, profiles: kept, from: "recorded.mcap")
    #expect(again.joints.map(\.actuator) == robot.joints.map(\.actuator))
    #expect(again.joints.map(\.configuration.drive) == robot.joints.map(\.configuration.drive))

    // Without one of them, and with one that is broken, the place is told.
    kept["actuators/rs03.yaml"] = nil
    let missing = #expect(throws: DescriptionError.self) {
      try RobotDescription.load(robotFile: description, urdf: urdf, profiles: kept, from: "recorded.mcap")
    }
    let gone = try #require(missing?.diagnostics.first)
    #expect(gone.message.contains("'../actuators/rs03.yaml' is not part of the recording"))
    #expect(gone.location.file == "recorded.mcap/robot.yaml")
    kept["actuators/rs03.yaml"] = Array("actuator: [".utf8)
    let broken = #expect(throws: DescriptionError.self) {
      try RobotDescription.load(robotFile: description, urdf: urdf, profiles: kept, from: "recorded.mcap")
    }
    #expect(broken?.diagnostics.first?.location.file == "recorded.mcap/actuators/rs03.yaml")
  }

  @Test(arguments: [
    ("profile: ../actuators/rs99.yaml", "does not exist"),
    ("profile: ../actuators/rs02.yaml", "has a ratio of 7.75, the joint one of 9"),
    ("profile: ../actuators/csg-32-100.yaml", "is a reducer without a motor"),
    ("profile: ../actuators/rs03.yaml\n    motor: {peak_torque: 60}", "which brings peak_torque"),
    ("profile: ../actuators/rs03.yaml\n    reducer: {efficiency: 0.9}", "which brings efficiency"),
    ("watchdog: 0.03", "lacks 'motor'"),
  ])
  func wrongProfilesAreRefused(_ line: String, _ message: String) throws {
    let error = #expect(throws: DescriptionError.self) {
      try navigator { text in
        let changed = text.replacing(Self.motor + Self.reducer, with: "    \(line)\n")
        return line.hasPrefix("watchdog")
          ? changed.replacing("    watchdog: 0.02\n    watchdog: 0.03", with: "    watchdog: 0.03") : changed
      }
    }
    let text = try #require(error).description
    #expect(text.contains(message), "\(text)")
  }
}
