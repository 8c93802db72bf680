import JointControl
import RigidBody
import TestSupport
import Testing

@testable import Simulation

@Suite struct SupplyTests {
  /// The twins, the left one's bus on a soft supply.
  private func robot(
    isProfiled: Bool, resistance: Double = 0.5, capacitance: Double = 5e-3, chopper: Double = .infinity
  ) throws -> Robot {
    var robot = try TwinPendulums.robot(physics: isProfiled ? TwinPendulums.profile : nil)
    robot.supplies = [
      PowerSupply(
        name: "battery", voltage: 48, resistance: resistance, capacitance: capacitance, chopper: chopper,
        buses: [0])
    ]
    return robot
  }

  @Test(arguments: [false, true]) func voltageSagsUnderLoad(_ isProfiled: Bool) throws {
    var plant = try Plant(robot(isProfiled: isProfiled))
    #expect(plant.terminalVoltage(of: 0) == 48 && plant.terminalVoltage(of: 1) == nil)
    var lowest = 48.0
    for _ in 0..<300 {
      _ = PlantTrace(&plant, steps: 1, demand: 10)
      lowest = min(lowest, plant.terminalVoltage(of: 0) ?? 0)
    }
    #expect(lowest < 47.8 && lowest > 20, "\(lowest)")
    #expect(plant.measurement(of: 0, at: plant.time).supply == plant.terminalVoltage(of: 0))
    #expect(plant.measurement(of: 1, at: plant.time).supply == nil)
    // The bus at rest again, so is its voltage.
    plant.setState(of: 0, position: 0, velocity: 0)
    _ = PlantTrace(&plant, steps: 400, demand: 0)
    #expect(abs((plant.terminalVoltage(of: 0) ?? 0) - 48) < 0.1)
  }

  /// A soft supply leaves less of the envelope: the joint on it falls behind the one on a stiff supply.
  @Test(arguments: [false, true]) func envelopeFollowsTheVoltage(_ isProfiled: Bool) throws {
    var plant = try Plant(robot(isProfiled: isProfiled, resistance: 6))
    _ = PlantTrace(&plant, steps: 400, demand: 16)
    #expect(plant.position(of: 0) < 0.98 * plant.position(of: 1))
    #expect(plant.velocity(of: 1) > 0)
  }

  /// A joint that is driven backwards lifts the voltage, up to the chopper, which burns the rest.
  @Test(arguments: [false, true]) func brakingLiftsTheVoltage(_ isProfiled: Bool) throws {
    var highest: [Double] = []
    for chopper in [Double.infinity, 50] {
      var plant = try Plant(robot(isProfiled: isProfiled, resistance: 5, capacitance: 5e-4, chopper: chopper))
      plant.setState(of: 0, position: -2.5, velocity: 18)
      var most = 0.0
      for _ in 0..<300 {
        _ = PlantTrace(&plant, steps: 1, demand: -6)
        most = max(most, plant.terminalVoltage(of: 0) ?? 0)
      }
      highest.append(most)
      #expect((plant.burnedEnergy > 0) == (chopper < 100))
    }
    #expect(highest[0] > 50.5 && highest[1] == 50, "\(highest)")
  }

  /// Of a plain joint the envelope's own line: at half of the voltage half of the no-load speed.
  @Test func plainEnvelopeIsALine() {
    let actuator = SampleRobots.pendulum().joints[0].actuator
    var motor = MotorTorque(actuator.motor, step: 250e-6)
    motor.setSupply(0.5)
    for _ in 0..<200 { _ = motor.advance(towards: 100, velocity: 21.5 - 1e-9) }
    #expect(abs(motor.torque) < 1e-6)
    // The slope is the winding's and stays.
    for _ in 0..<200 { _ = motor.advance(towards: 100, velocity: 7.5) }
    #expect(abs(motor.torque - 17 * 14 / 28) < 1e-6)
  }

  @Test func lowSupplyOfOneDriveIsAsked() throws {
    let robot = try robot(isProfiled: false)
    #expect(JointCondition.objection(to: .supplyOffset, of: 0, in: robot) == nil)
    #expect(JointCondition.objection(to: .supplyOffset, of: 1, in: robot) != nil)
    var plant = Plant(robot)
    var condition = JointCondition()
    condition.supplyOffset = -40
    plant.setCondition(condition, of: 0)
    _ = PlantTrace(&plant, steps: 400, demand: 16)
    #expect(plant.position(of: 0) < 0.8 * plant.position(of: 1))
    #expect((plant.terminalVoltage(of: 0) ?? 48) < 9)
  }
}
