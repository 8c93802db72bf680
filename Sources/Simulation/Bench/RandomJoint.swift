import ControlCycle
public import JointControl
import LaneMath
import RigidBody

/// A single joint with random numbers, as it is and as its description has it, for trials of identification and tuning.
///
/// The description is the same for all: 0.1 kg.m^2, 0.5 N.m of Coulomb friction, an actuator of 20 N.m, gains that bear whatever
/// comes. What is there has 0.3 to 3 times the inertia, 0.2 to 5 times the friction, 1 to 3 cycles from a command until a
/// measurement that was taken as it began to act is used, and with a planetary gear up to half a degree of backlash. The axis is
/// upright, so that nothing weighs; gears lose no load-dependent part, so that torque is what the drive says it is.
public struct RandomJoint: Sendable, Equatable {
  /// What is between motor and joint.
  public enum Gear: String, Sendable, CaseIterable {
    /// Nine to one, backlash, one stiffness.
    case planetary
    /// A hundred to one, no backlash, stiffness that grows with load, hysteresis, an error at twice the rotor's turns.
    case strainWave = "strain_wave"
  }

  /// Inertia that the description states, rotor included [kg.m^2].
  public static let describedInertia = 0.1
  /// Coulomb friction that it states [N.m].
  public static let describedCoulomb = 0.5
  /// Viscous friction that it states [N.m.s/rad].
  public static let describedViscous = 0.1
  /// Inertia of the rotor, at the joint [kg.m^2].
  public static let armature = 0.02
  /// Torque that the joint may have, which its motor can hold for ever [N.m].
  public static let ratedTorque = 20.0

  /// What all numbers follow from.
  public let seed: UInt64
  /// The gear.
  public let gear: Gear
  /// Whether the host closes the loop, once a cycle, or the drive does at a rate of its own.
  public let isClosedOnHost: Bool
  /// Inertia of rotor and load together [kg.m^2].
  public let inertia: Double
  /// Coulomb friction [N.m].
  public let coulomb: Double
  /// Viscous friction [N.m.s/rad].
  public let viscous: Double
  /// Free angle between rotor and load [rad].
  public let backlash: Double
  /// Cycles from a command until a measurement that was taken as it began to act is used for another one: 1, 2 or 3.
  public let delay: Int

  /// The joint of a seed.
  public init(seed: UInt64) {
    var random = RandomStream(seed: seed, stream: 0x4A4F_494E)
    func between(_ low: Double, _ high: Double) -> Double {
      low * exponential(random.uniform() * naturalLogarithm(high / low))
    }
    self.seed = seed
    gear = random.uniform() < 0.5 ? .planetary : .strainWave
    isClosedOnHost = random.uniform() < 0.5
    inertia = Self.describedInertia * between(0.3, 3)
    let friction = between(0.2, 5)
    coulomb = Self.describedCoulomb * friction
    viscous = Self.describedViscous * friction
    let free = random.uniform() * 0.5 * Double.pi / 180
    backlash = gear == .planetary ? free : 0
    delay = 1 + Int(random.integer(upTo: 2))
  }

  /// The joint as it is described: what a loop and a tuner know.
  public var described: Robot {
    robot(
      inertia: Self.describedInertia,
      actuator: Actuator(
        motor: Motor(
          rotorInertia: Self.armature / (ratio * ratio), peakTorque: 60, kneeVelocity: 12.6,
          noLoadVelocity: 20.9, encoderCounts: 16384),
        reducer: Reducer(
          ratio: ratio, coulombFriction: Self.describedCoulomb, viscousFriction: Self.describedViscous,
          efficiency: 1)))
  }

  /// The joint as it is, for the simulator.
  public var actual: Robot { robot(inertia: inertia, actuator: physics.actuator) }

  /// What makes the answers of its drive late; for a simulated robot.
  public var injections: [Injection] {
    guard delay > 1 else { return [] }
    return [
      Injection(
        .answersLate, on: Injection.Target(name: "joint", place: .joints([0])),
        intensity: Double(delay - 1) * Double(Self.period) * 1e-9)
    ]
  }

  /// The simulated joint.
  ///
  /// - Parameters:
  ///   - faults: what goes wrong besides.
  ///   - stand: what holds it until it is let go.
  /// - Returns: the joint as it is, on its bus.
  public func simulated(injecting faults: [Injection] = [], stand: Stand? = nil) -> SimulatedRobot {
    SimulatedRobot(actual, seed: seed, injections: injections + faults, stand: stand)
  }
}

extension RandomJoint {
  private static var period: Int64 { 1_000_000 }
  private var ratio: Double { gear == .planetary ? 9 : 100 }

  /// The actuator as physics: one motor, seen from the joint, whatever the ratio.
  private var physics: ActuatorModel {
    var motor = MotorModel(
      resistance: 0.0975, inductance: 6.9e-5, torqueConstant: 1.7895 / ratio, polePairs: 189 / ratio,
      rotorInertia: Self.armature / (ratio * ratio), peakCurrent: 43, currentBandwidth: 2000,
      supplyVoltage: 48)
    motor.modulation = 1
    return ActuatorModel(
      name: "random", motor: motor, reducer: reducer,
      friction: FrictionModel(
        coulomb: coulomb, breakaway: 1.2 * coulomb, stribeckVelocity: 0.02, viscous: viscous),
      motorEncoder: EncoderModel(counts: 16384), peakTorque: 60)
  }

  private var reducer: ReducerModel {
    var reducer: ReducerModel
    switch gear {
    case .planetary:
      reducer =
        PlanetaryGear(
          stages: [PlanetaryGear.Stage(ratio: ratio)], meshStiffness: 2e4, backlash: backlash,
          stageEfficiency: 1
        ).model
    case .strainWave:
      reducer =
        StrainWave(
          ratio: ratio, stiffness: (1e4, 1.3e4, 1.6e4), firstTorque: 4, secondTorque: 12,
          hysteresisLoss: 1e-4, accuracy: 1e-4, waveGeneratorInertia: 0, efficiency: 1,
          ratchetTorque: .infinity
        ).model
    }
    // Some percent of critical damping of the two inertias on the softest stiffness.
    let load = inertia - Self.armature
    let reduced = Self.armature * load / (Self.armature + load)
    reducer.damping = 0.1 * (reducer.stiffness.first * reduced).squareRoot()
    return reducer
  }

  private func robot(inertia: Double, actuator: Actuator) -> Robot {
    guard let model = DriveModel.named("RS03", family: .robstride) else {
      preconditionFailure("a model is missing")
    }
    var drive = DriveConfiguration(
      family: .robstride, bus: 0, id: 1, masterID: 0xFD, isFlexibleDataRate: false, range: model.range)
    if isClosedOnHost { drive.mode = .torque }
    let joint = RobotJoint(
      name: "joint",
      configuration: JointConfiguration(
        drive: drive, transmission: Transmission(ratio: 1, sign: 1, offset: 0),
        limits: JointLimits(
          minPosition: -1.5, maxPosition: 1.5, velocity: 10, acceleration: 60, torque: Self.ratedTorque),
        gains: ImpedanceGains(stiffness: 100, damping: 3.5),
        staleness: StalenessPolicy(reaction: .stop, maxAge: 5), coulombFriction: Self.describedCoulomb,
        viscousFriction: Self.describedViscous, velocityIndex: 0),
      driveModel: model, driveWatchdog_us: 20_000, actuator: actuator, home: 0)
    return Robot(
      name: "random", period: Self.period,
      buses: [BusConfiguration(name: "only", interface: "can0", bitRate: 1_000_000)], joints: [joint],
      model: body(inertia: inertia - Self.armature), feedforward: .none, commandTimeout: 50_000_000)
  }

  /// One link about an upright axis through its centre of mass.
  private func body(inertia: Double) -> Model {
    let link = SpatialInertia(
      mass: 1, centreOfMass: Vector3(x: 0, y: 0, z: 0), rotational: SymmetricMatrix3(diagonal: inertia))
    do {
      return try Model(
        name: "random",
        links: [
          LinkDescription(name: "base", inertia: nil), LinkDescription(name: "link", inertia: link),
        ],
        joints: [
          JointDescription(
            name: "joint", kind: .revolute, parent: "base", child: "link",
            origin: RigidTransform(rotation: .identity, translation: Vector3(x: 0, y: 0, z: 0)),
            axis: Vector3(x: 0, y: 0, z: 1), armature: Self.armature, mimic: nil)
        ], base: .fixed)
    } catch {
      preconditionFailure("one link is sound: \(error)")
    }
  }
}
