import JointControl
import RigidBody
import TestSupport
import Testing

@testable import Simulation

/// Every condition is seen in the motion or the reading of its joint, and not at all in those of the sound one beside it.
@Suite struct ConditionTests {
  private typealias Field = JointCondition.Field

  /// A condition that is wrong in one field alone.
  static func broken(_ field: JointCondition.Field) -> JointCondition {
    var condition = JointCondition()
    switch field {
    case .torqueScale: condition.torqueScale = 0.7
    case .lacksPhase: condition.lacksPhase = true
    case .commutationOffset: condition.commutationOffset = 0.8
    case .extraHeat: condition.extraHeat = 50
    case .ambientRise: condition.ambientRise = 40
    case .frictionFactor: condition.frictionFactor = 5
    case .stiffnessFactor: condition.stiffnessFactor = 0.3
    case .extraBacklash: condition.extraBacklash = 0.05
    case .isSheared: condition.isSheared = true
    case .isBlocked: condition.isBlocked = true
    case .externalTorque: condition.externalTorque = 2
    case .extraMass: condition.extraMass = 1
    case .encoderOffset: condition.encoderOffset = 0.1
    case .encoderNoise: condition.encoderNoise = 0.01
    case .encoderIsStuck: condition.encoderIsStuck = true
    case .outputEncoderIsLost: condition.outputEncoderIsLost = true
    case .supplyOffset: condition.supplyOffset = -46
    }
    return condition
  }

  private func robot(_ isProfiled: Bool) throws -> Robot {
    try TwinPendulums.robot(
      physics: isProfiled ? TwinPendulums.profile : nil, losses: .planetary, home: 0.6)
  }

  @Test(arguments: JointCondition.Field.allCases, [false, true])
  func isSeenOrRefused(_ field: JointCondition.Field, isProfiled: Bool) throws {
    let robot = try robot(isProfiled)
    var sound = Plant(robot)
    var plant = Plant(robot)
    plant.setCondition(Self.broken(field), of: 0)
    #expect(plant.condition(of: 0) == Self.broken(field) && plant.condition(of: 1) == JointCondition())
    // Beyond the speed that 2 V leave, so that a low supply counts.
    let expected = PlantTrace(&sound, steps: 2000, demand: 4)
    let seen = PlantTrace(&plant, steps: 2000, demand: 4)
    #expect(seen.positions[1] == expected.positions[1] && seen.readings[1] == expected.readings[1])
    let isDifferent =
      seen.positions[0] != expected.positions[0] || seen.readings[0] != expected.readings[0]
      || plant.temperature(of: 0) != sound.temperature(of: 0)
    let objection = JointCondition.objection(to: field, of: 0, in: robot)
    #expect(isDifferent == (objection == nil), "\(field): \(objection ?? "no objection")")
  }

  /// Sound again, a joint is the sound plant's to the bit: nothing is left of a condition but where it has led.
  @Test(arguments: [false, true]) func soundAgainIsSound(_ isProfiled: Bool) throws {
    let robot = try robot(isProfiled)
    var sound = Plant(robot)
    var plant = Plant(robot)
    for field in Field.allCases where field != .isBlocked {
      plant.setCondition(Self.broken(field), of: 0)
    }
    plant.setCondition(JointCondition(), of: 0)
    let expected = PlantTrace(&sound, steps: 1000, demand: 2)
    #expect(PlantTrace(&plant, steps: 1000, demand: 2) == expected)
  }

  @Test(arguments: [false, true]) func scaledTorqueIsNotReported(_ isProfiled: Bool) throws {
    var plant = try Plant(robot(isProfiled))
    plant.setCondition(Self.broken(.torqueScale), of: 0)
    let trace = PlantTrace(&plant, steps: 200, demand: 3)
    #expect(abs(plant.motorTorque(of: 0) / plant.motorTorque(of: 1) - 0.7) < 1e-3)
    #expect(abs(trace.torques[0][199] - 3) < 0.02 && abs(trace.torques[1][199] - 3) < 0.02)
  }

  /// Of the torque the square of a cosine of the electrical angle is left: half on average, none at some angles.
  @Test func lostPhaseLeavesHalf() throws {
    var plant = try Plant(TwinPendulums.robot(physics: SampleActuators.model(ReducerModel(ratio: 1))))
    var condition = Self.broken(.lacksPhase)
    condition.isBlocked = true
    plant.setCondition(condition, of: 0)
    let electrical = SampleActuators.motor.polePairs * SampleRobots.dm4340.builtInRatio
    let torques = (0..<16).map { part -> Double in
      plant.setState(of: 0, position: 2 * Double.pi / electrical * Double(part) / 16, velocity: 0)
      _ = PlantTrace(&plant, steps: 20, demand: 4)
      return plant.motorTorque(of: 0)
    }
    #expect(abs(torques.reduce(0, +) / 16 - 2) < 0.01)
    #expect(torques.min() ?? 9 < 0.01 && torques.max() ?? 0 > 3.99)
  }

  /// Turned by a quarter, commutation gives nothing; by half a turn, it drives the wrong way.
  @Test(arguments: [false, true]) func commutationTurnsTorque(_ isProfiled: Bool) throws {
    for (offset, share) in [(0.5 * Double.pi, 0.0), (Double.pi, -1.0), (Double.pi / 3, 0.5)] {
      var plant = try Plant(robot(isProfiled))
      var condition = JointCondition()
      condition.commutationOffset = offset
      plant.setCondition(condition, of: 0)
      _ = PlantTrace(&plant, steps: 100, demand: 3)
      #expect(abs(plant.motorTorque(of: 0) - 3 * share) < 0.02, "\(offset)")
    }
  }

  /// Teeth gone, the rotor runs away under a torque that the joint never feels; the joint falls as a free pendulum.
  @Test(arguments: [false, true]) func shearedRotorTurnsAlone(_ isProfiled: Bool) throws {
    var plant = try Plant(robot(isProfiled))
    plant.setCondition(Self.broken(.isSheared), of: 0)
    let trace = PlantTrace(&plant, steps: 8000, demand: 2)
    #expect(trace.positions[0].map { abs($0) }.max() ?? 9 < 0.61)
    #expect(abs(trace.readings[0][7999] - trace.positions[0][7999]) > 3)
    // It holds on where it is when the teeth are there again: the reading keeps what it slipped.
    plant.setCondition(JointCondition(), of: 0)
    let lag = plant.measurement(of: 0, at: plant.time).position - plant.position(of: 0)
    _ = PlantTrace(&plant, steps: 8000, demand: 0)
    let later = plant.measurement(of: 0, at: plant.time).position - plant.position(of: 0)
    #expect(abs(later - lag) < 0.02 && abs(lag) > 3, "\(lag) \(later)")
  }

  /// A brake closes on a joint in motion: it stands, and no energy is won.
  @Test(arguments: [false, true]) func blockedJointStands(_ isProfiled: Bool) throws {
    var plant = try Plant(robot(isProfiled))
    _ = PlantTrace(&plant, steps: 400)
    plant.setCondition(Self.broken(.isBlocked), of: 0)
    let held = plant.position(of: 0)
    let trace = PlantTrace(&plant, steps: 4000, demand: 8)
    #expect(trace.positions[0].allSatisfy { $0 == held } && plant.velocity(of: 0) == 0)
    plant.setCondition(JointCondition(), of: 0)
    _ = PlantTrace(&plant, steps: 400)
    #expect(plant.position(of: 0) != held)
  }

  /// The impulse that blocks one joint of a chain passes through the other, and takes energy.
  @Test func blockingTakesEnergy() {
    var plant = Plant(SampleRobots.arm())
    plant.setState(of: 0, position: 0.4, velocity: 3)
    plant.setState(of: 1, position: -0.3, velocity: -5)
    let before = plant.energy
    plant.setCondition(Self.broken(.isBlocked), of: 1)
    #expect(plant.velocity(of: 1) == 0 && plant.velocity(of: 0) != 3)
    #expect(plant.energy < before)
  }

  /// The weight of a mass beside the link's own: seen in the torque that holds the joint still.
  @Test(arguments: [false, true]) func extraMassHangsAtTheLink(_ isProfiled: Bool) throws {
    var plant = try Plant(TwinPendulums.robot(physics: isProfiled ? TwinPendulums.profile : nil, home: 0.6))
    plant.setCondition(Self.broken(.extraMass), of: 0)
    _ = PlantTrace(&plant, steps: 40)
    // One kilogram more at half the length; the rest of the inertia is the link's own and the rotor's.
    let reach = TwinPendulums.length / 2
    let own = SampleRobots.linkInertia + SampleRobots.armature
    let light = reach * 9.81 * reach / (reach * reach + own)
    let heavy = 2 * reach * 9.81 * reach / (2 * reach * reach + own)
    let ratio = plant.velocity(of: 0) / plant.velocity(of: 1)
    #expect(isProfiled || abs(ratio - heavy / light) < 1e-3, "\(ratio) \(heavy / light)")
    #expect(abs(ratio) > 1.1)
  }

  @Test func heatWarmsAndColdStiffens() throws {
    var profile = TwinPendulums.profile
    profile.friction.temperatureRate = 0.05
    var plant = try Plant(TwinPendulums.robot(physics: profile, home: 0.6))
    plant.setCondition(Self.broken(.extraHeat), of: 0)
    _ = PlantTrace(&plant, steps: 4000)
    // 50 J in a winding of 5 J/K, less what has passed on.
    #expect(plant.temperature(of: 0) > 31 && plant.temperature(of: 0) < 35 && plant.temperature(of: 1) < 25.1)
    var cold = JointCondition()
    cold.ambientRise = -40
    plant.setCondition(cold, of: 1)
    let before = plant.temperature(of: 1)
    _ = PlantTrace(&plant, steps: 40)
    #expect(abs(plant.temperature(of: 1) - before) < 0.5)
    _ = PlantTrace(&plant, steps: 40_000)
    #expect(plant.temperature(of: 1) < 18 && plant.temperature(of: 1) > -15)
  }
}
