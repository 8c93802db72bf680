import ControlCycle
public import JointControl
import RigidBody

/// Small robots made in code, for tests that need one without a description.
public enum SampleRobots {
  /// What a sample robot's actuators lose.
  public struct Losses: Sendable {
    /// Coulomb friction of each joint [N.m].
    public var coulombFriction: Double
    /// Viscous friction of each joint [N.m.s/rad].
    public var viscousFriction: Double
    /// Efficiency of each reducer.
    public var efficiency: Double

    /// Losses; none when nothing is given.
    public init(coulombFriction: Double = 0, viscousFriction: Double = 0, efficiency: Double = 1) {
      self.coulombFriction = coulombFriction
      self.viscousFriction = viscousFriction
      self.efficiency = efficiency
    }
    /// A lossless actuator.
    public static let none = Losses()
    /// Losses of a small planetary actuator.
    public static let planetary = Losses(coulombFriction: 0.2, viscousFriction: 0.05, efficiency: 0.95)
  }

  /// Length of each link of `arm` and of `pendulum` [m].
  public static let linkLength = 0.3
  /// Mass of each link, a point at half its length with a small rotational inertia [kg].
  public static let linkMass = 1.0
  /// Rotational inertia of each link about its centre of mass, every axis [kg.m^2].
  public static let linkInertia = 0.002
  /// Rotor inertia of every actuator as the joint feels it [kg.m^2].
  public static let armature = 0.0081

  /// Two links hanging in the plane y = 0, axes along y, positions positive towards -x.
  ///
  /// The shoulder has a Damiao DM4340 on `upper` (CAN FD, 1 and 5 Mbit/s, id 1, master id 0x11), the elbow a
  /// RobStride RS02 on `lower` (classic, 1 Mbit/s, id 0x7F, host 0xFD), turned round and zeroed at 0.25 rad.
  ///
  /// `period` is the time between two control cycles [ns], `home` where each joint starts [rad].
  public static func arm(
    losses: Losses = .none, period: Int64 = 1_000_000, home: [Double] = [0.4, -0.3]
  ) -> Robot {
    precondition(home.count == 2)
    return Robot(
      name: "arm", period: period,
      buses: [
        BusConfiguration(name: "upper", interface: "can0", bitRate: 1_000_000, dataBitRate: 5_000_000),
        BusConfiguration(name: "lower", interface: "can1", bitRate: 1_000_000),
      ],
      joints: [
        joint(
          "shoulder", drive: damiao(bus: 0, id: 1), model: dm4340,
          transmission: Transmission(ratio: 1, sign: 1, offset: 0), losses: losses, home: home[0], index: 0),
        joint(
          "elbow", drive: robstride(bus: 1, id: 0x7F), model: rs02,
          transmission: Transmission(ratio: 1, sign: -1, offset: 0.25), losses: losses, home: home[1],
          index: 1),
      ], model: model(names: ["shoulder", "elbow"]), feedforward: .gravity, commandTimeout: 50_000_000)
  }

  /// One link of `arm` on a RobStride RS02, limits far away.
  public static func pendulum(losses: Losses = .none, home: Double = 0) -> Robot {
    Robot(
      name: "pendulum", period: 1_000_000,
      buses: [BusConfiguration(name: "only", interface: "can0", bitRate: 1_000_000)],
      joints: [
        joint(
          "hinge", drive: robstride(bus: 0, id: 1), model: rs02,
          transmission: Transmission(ratio: 1, sign: 1, offset: 0), losses: losses, home: home, index: 0)
      ], model: model(names: ["hinge"]), feedforward: .none, commandTimeout: 50_000_000)
  }

  /// A chain of many joints with drives of both families on as many buses as they need, for speed and size.
  ///
  /// Every third joint a RobStride RS02 on a classic bus of two, the others Damiao DM4340 on buses of six.
  public static func chain(joints count: Int, losses: Losses = .planetary) -> Robot {
    var buses: [BusConfiguration] = []
    var joints: [RobotJoint] = []
    var places: [DriveFamily: (bus: Int, used: Int)] = [:]
    for index in 0..<count {
      let family: DriveFamily = index % 3 == 2 ? .robstride : .damiao
      let room = family == .damiao ? 6 : 2
      var place = places[family] ?? (bus: 0, used: room)
      if place.used == room {
        place = (bus: buses.count, used: 0)
        buses.append(
          BusConfiguration(
            name: "bus\(buses.count)", interface: "can\(buses.count)", bitRate: 1_000_000,
            dataBitRate: family == .damiao ? 5_000_000 : nil))
      }
      place.used += 1
      places[family] = place
      let bus = UInt8(place.bus)
      let id = UInt16(place.used)
      joints.append(
        joint(
          "joint\(index)", drive: family == .damiao ? damiao(bus: bus, id: id) : robstride(bus: bus, id: id),
          model: family == .damiao ? dm4340 : rs02,
          transmission: Transmission(ratio: 1, sign: index % 2 == 0 ? 1 : -1, offset: 0), losses: losses,
          home: 0.1, index: index))
    }
    return Robot(
      name: "chain", period: 1_000_000, buses: buses, joints: joints,
      model: model(names: joints.map(\.name), length: 0.04, mass: 0.2), feedforward: .none,
      commandTimeout: 50_000_000)
  }

  /// Damiao's numbers of the DM4340 at 24 V.
  public static let dm4340 = DriveModel(
    name: "DM4340", family: .damiao,
    range: DriveRange(position: 12.5, velocity: 10, torque: 28, stiffness: 500, damping: 5),
    builtInRatio: 40, source: "openarm_can, damiao-motor 1.0.6")
  /// RobStride's numbers of the RS02.
  public static let rs02 = DriveModel(
    name: "RS02", family: .robstride,
    range: DriveRange(position: 12.57, velocity: 44, torque: 17, stiffness: 500, damping: 5),
    builtInRatio: 7.75, source: "RobStride RS02 user manual 260428")

  private static func damiao(bus: UInt8, id: UInt16) -> DriveConfiguration {
    DriveConfiguration(
      family: .damiao, bus: bus, id: id, masterID: 0x10 + id, isFlexibleDataRate: true, range: dm4340.range)
  }

  private static func robstride(bus: UInt8, id: UInt16) -> DriveConfiguration {
    DriveConfiguration(
      family: .robstride, bus: bus, id: id, masterID: 0xFD, isFlexibleDataRate: false, range: rs02.range)
  }

  static func joint(
    _ name: String, drive: DriveConfiguration, model: DriveModel, transmission: Transmission, losses: Losses,
    home: Double, index: Int
  ) -> RobotJoint {
    let ratio = model.builtInRatio * transmission.ratio
    return RobotJoint(
      name: name,
      configuration: JointConfiguration(
        drive: drive, transmission: transmission,
        limits: JointLimits(
          minPosition: -3, maxPosition: 3, velocity: 8, acceleration: 80, torque: 15),
        gains: ImpedanceGains(stiffness: 60, damping: 1.5),
        staleness: StalenessPolicy(reaction: .stop, maxAge: 5), coulombFriction: losses.coulombFriction,
        viscousFriction: losses.viscousFriction, velocityIndex: index),
      driveModel: model, driveWatchdog_us: 20_000,
      actuator: Actuator(
        motor: Motor(
          rotorInertia: armature / (ratio * ratio), peakTorque: 17, kneeVelocity: 15, noLoadVelocity: 43,
          encoderCounts: 16384),
        reducer: Reducer(
          ratio: ratio, coulombFriction: losses.coulombFriction, viscousFriction: losses.viscousFriction,
          efficiency: losses.efficiency)), home: home)
  }

  /// A chain of equal links along -z when every joint is at zero, hinged about y.
  static func model(
    names: [String], length: Double = linkLength, mass: Double = linkMass
  ) -> Model {
    let inertia = SpatialInertia(
      mass: mass, centreOfMass: Vector3(x: 0, y: 0, z: -length / 2),
      rotational: SymmetricMatrix3(
        diagonal: linkInertia))
    var links = [LinkDescription(name: "base", inertia: nil)]
    var joints: [JointDescription] = []
    for (index, name) in names.enumerated() {
      links.append(LinkDescription(name: "link\(index)", inertia: inertia))
      joints.append(
        JointDescription(
          name: name, kind: .revolute, parent: index == 0 ? "base" : "link\(index - 1)",
          child: "link\(index)",
          origin: RigidTransform(
            rotation: .identity, translation: Vector3(x: 0, y: 0, z: index == 0 ? 0 : -length)),
          axis: Vector3(x: 0, y: 1, z: 0), armature: armature, mimic: nil))
    }
    do {
      return try Model(name: "sample", links: links, joints: joints, base: .fixed)
    } catch {
      preconditionFailure("the sample model is sound: \(error)")
    }
  }
}
