import Foundation
import JointControl
import RigidBody
import RobotDescription
import Testing

@testable import Simulation

/// The navigator on its feet, each joint held at home by its gains of robot.yaml, as its drives do.
@Suite struct StandingTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Robots/navigator").path

  private func navigator() throws -> Robot { try RobotDescription.load(Self.folder) }

  private func stand(_ plant: inout Plant, _ robot: Robot, steps: Int, limp: Set<String> = []) {
    var demands = [Double](repeating: 0, count: robot.joints.count)
    for _ in 0..<steps {
      plant.sampleEncoders()
      for (index, joint) in robot.joints.enumerated() {
        let gains = joint.configuration.gains
        let transmission = joint.configuration.transmission
        let torque =
          gains.stiffness * (joint.home - plant.position(of: index))
          - gains.damping * plant.velocity(of: index)
        demands[index] = limp.contains(joint.name) ? 0 : torque / (transmission.sign * transmission.ratio)
      }
      demands.withUnsafeBufferPointer { if let base = $0.baseAddress { plant.advance(demands: base) } }
    }
  }

  @Test func standsForThreeSeconds() throws {
    let robot = try navigator()
    var plant = Plant(robot, in: .standing)
    let start = plant.baseHeight
    stand(&plant, robot, steps: 12_000)
    #expect(plant.uprightness > 0.98, "\(plant.uprightness)")
    #expect(abs(plant.baseHeight - start) < 0.05, "\(start) to \(plant.baseHeight)")
    let (left, right) = (plant.groundForce(onLink: "foot_L").z, plant.groundForce(onLink: "foot_R").z)
    #expect(abs((left + right) / (60 * 9.81) - 1) < 0.05 && abs(left - right) < 60, "\(left) \(right)")
  }

  /// Without its knees it falls, and the ground takes it: what `standsForThreeSeconds` asks can be false.
  @Test func fallsWithoutKnees() throws {
    let robot = try navigator()
    var plant = Plant(robot, in: .standing)
    let start = plant.baseHeight
    stand(&plant, robot, steps: 6000, limp: ["Knee_L", "Knee_R"])
    #expect(plant.baseHeight < 0.7 * start && plant.baseHeight > 0, "\(start) to \(plant.baseHeight)")
  }
}
