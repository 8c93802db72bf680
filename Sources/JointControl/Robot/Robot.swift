public import ControlCycle
public import RigidBody

/// A robot: what is driven, over which buses, within which limits. Immutable; everything is checked.
public struct Robot: Sendable {
  /// The robot's name.
  public let name: String
  /// Time between two control cycles [ns].
  public let period: Int64
  /// The buses, in the order drives refer to them.
  public let buses: [BusConfiguration]
  /// The driven joints, in the order of the model.
  public let joints: [RobotJoint]
  /// The tree of links and joints, its base held fixed in a gantry or bolted down.
  public let model: Model
  /// Which torque the law adds ahead of any error.
  public let feedforward: Feedforward
  /// Longest time without a fresh setpoint before the robot freezes [ns].
  public let commandTimeout: Int64
  /// What stops when a bus is lost.
  public let onBusLoss: BusLossReaction
  /// What the loop does in which cycle, and how long each part may take.
  public let schedule: Schedule
  /// Where the body touches the ground, for the simulator.
  public var contacts: [ContactPatch] = []
  /// What feeds the drives, for the simulator; a bus that none feeds has a stiff supply.
  public var supplies: [PowerSupply] = []
  /// Poses by name, for motion verbs.
  public var poses: [NamedPose] = []
  /// What it does about collisions; nil where it does not look for them unless it is told to.
  public var collision: CollisionReaction?

  /// A robot; `RobotDescription` is what usually makes one. Without a `schedule` every stage gets its share.
  public init(
    name: String, period: Int64, buses: [BusConfiguration], joints: [RobotJoint], model: Model,
    feedforward: Feedforward, commandTimeout: Int64, schedule: Schedule? = nil,
    onBusLoss: BusLossReaction = .body
  ) {
    precondition(period > 0 && joints.count <= Capacity.joints && buses.count <= Capacity.buses)
    self.name = name
    self.period = period
    self.buses = buses
    self.joints = Self.grouped(joints, period: period)
    self.model = model
    self.feedforward = feedforward
    self.commandTimeout = commandTimeout
    self.onBusLoss = onBusLoss
    self.schedule = schedule ?? Schedule.standard(period: period)
    precondition(self.schedule.tick == period, "a schedule's tick is the robot's period")
  }

  /// The joints with the last drive of each family on each bus marked, behind which the cycle sends what is for all of them.
  private static func grouped(_ joints: [RobotJoint], period: Int64) -> [RobotJoint] {
    var joints = joints
    for index in joints.indices {
      joints[index].period = period
      let drive = joints[index].configuration.drive
      joints[index].configuration.drive.endsGroup = !joints[(index + 1)...].contains {
        $0.configuration.drive.family == drive.family && $0.configuration.drive.bus == drive.bus
      }
    }
    return joints
  }
}

/// What stops when a bus is lost, or has to be given up.
public enum BusLossReaction: String, Sendable, CaseIterable {
  /// Every joint.
  case body
  /// The joints of that bus: they brake, then damp. The others go on.
  case limb
}

/// A pose by its name: where some or all of the joints are.
public struct NamedPose: Sendable, Equatable {
  /// The name.
  public var name: String
  /// Position of each joint in the robot's order [rad]; nil for one that the pose says nothing of.
  public var positions: [Double?]

  /// A pose.
  public init(name: String, positions: [Double?]) {
    self.name = name
    self.positions = positions
  }
}

/// Points of a link that touch the ground first: the corners of a sole, the tip of a hand.
public struct ContactPatch: Sendable, Equatable {
  /// Name of the link.
  public var link: String
  /// The points, in the link's frame [m].
  public var points: [Vector3]

  /// A patch.
  public init(link: String, points: [Vector3]) {
    self.link = link
    self.points = points
  }
}

/// One CAN bus.
public struct BusConfiguration: Sendable, Equatable {
  /// The robot's name for the bus.
  public var name: String
  /// What the bus is reached through, as `BusInterface` reads it, such as can0.
  public var interface: String
  /// Nominal bit rate [bit/s].
  public var bitRate: Int
  /// Data-phase bit rate of CAN FD [bit/s]; nil on a classic bus.
  public var dataBitRate: Int?
  /// Nominal sample point, as a part of the bit.
  public var samplePoint: Double
  /// Data-phase sample point, as a part of the bit.
  public var dataSamplePoint: Double
  /// Which adapter the interface has to be; nil takes whatever has its name.
  public var adapter: AdapterSelector?
  /// Whether the kernel is to give back what was sent once it has been on the wire; interfaces of the kernel can.
  public var confirms: Bool

  /// A bus.
  public init(
    name: String, interface: String, bitRate: Int, dataBitRate: Int? = nil, samplePoint: Double = 0.8,
    dataSamplePoint: Double = 0.8, confirms: Bool = false, adapter: AdapterSelector? = nil
  ) {
    self.name = name
    self.interface = interface
    self.bitRate = bitRate
    self.dataBitRate = dataBitRate
    self.samplePoint = samplePoint
    self.dataSamplePoint = dataSamplePoint
    self.adapter = adapter
    self.confirms = confirms
  }
}

/// One driven joint with its actuator.
public struct RobotJoint: Sendable {
  /// The joint's name in the URDF.
  public var name: String
  /// What the control cycle needs to know.
  public var configuration: JointConfiguration
  /// The drive's model.
  public var driveModel: DriveModel
  /// Time without a command after which the drive lets go on its own [us].
  public var driveWatchdog_us: Int
  /// Motor and reducer, for the simulator and for feed-forward.
  public var actuator: Actuator
  /// Position the joint takes when a motion says nothing else [rad].
  public var home: Double
  /// How the joint finds out where it is; nil where its drive knows.
  public var homing: HomingPlan?
  /// What the device's own file says, where the drive is a CANopen device with one.
  public var objects = DeviceObjects()
  /// Time between two commands [ns]; that of the robot which the joint is part of.
  package(set) public var period: Int64 = 0
  /// Why the gains may be outside their bound; nil where they must not.
  package(set) public var gainsOverride: String?

  /// A driven joint.
  public init(
    name: String, configuration: JointConfiguration, driveModel: DriveModel, driveWatchdog_us: Int,
    actuator: Actuator, home: Double
  ) {
    self.name = name
    self.configuration = configuration
    self.driveModel = driveModel
    self.driveWatchdog_us = driveWatchdog_us
    self.configuration.drive.watchdog_us = UInt32(clamping: driveWatchdog_us)
    self.configuration.drive.velocityLimit =
      configuration.limits.velocity * configuration.transmission.ratio
    self.configuration.drive.currentLimit = min(1, configuration.limits.torque / actuator.motor.peakTorque)
    self.actuator = actuator
    self.home = home
  }
}
