import ControlCycle
import JointControl
import RigidBody

/// What injections do to a simulated robot while it runs, layer by layer; without any, nothing.
struct FaultInjector {
  /// Faults of one node's frames.
  var nodes: NodeFaults
  /// Faults of drives.
  var drives: DriveInjections
  /// Faults of joints' physics.
  var conditions: ConditionInjections
  /// Forces on links.
  let forces: [LinkWrench]
  private var twins: [Twin]
  private let swaps: [(bus: Int, interval: FaultInterval)]
  private let busCount: Int
  /// By joint, what is different from power-up on.
  private let scales: [Double]
  private let firmwareDiffers: Set<Int>
  /// Whether anything is injected.
  let isActive: Bool

  /// Whether a second node answers at some time.
  var hasTwins: Bool { !twins.isEmpty }

  /// A second node with a drive's identifier, and a shaft that stands still.
  private struct Twin {
    let joint: Int
    let interval: FaultInterval
    var firmware: DriveFirmware?
    var shaft: ShaftMeasurement?
  }

  init(_ injections: [Injection], robot: Robot, seed: UInt64) {
    let period = robot.period
    isActive = !injections.isEmpty
    nodes = NodeFaults(injections, period: period, seed: seed)
    drives = DriveInjections(injections, period: period)
    conditions = ConditionInjections(injections, robot: robot)
    forces = injections.compactMap { $0.wrench(in: robot) }
    twins = injections.filter { $0.kind == .twin }.flatMap { injection in
      injection.joints.map { Twin(joint: $0, interval: injection.interval(period: period)) }
    }
    swaps = injections.filter { $0.kind == .swapped }.flatMap { injection in
      injection.buses.map { ($0, injection.interval(period: period)) }
    }
    busCount = robot.buses.count
    var scales = [Double](repeating: 1, count: robot.joints.count)
    for injection in injections where injection.kind == .scaleDiffers {
      for joint in injection.joints { scales[joint] *= injection.intensity }
    }
    self.scales = scales
    firmwareDiffers = Set(injections.filter { $0.kind == .firmwareDiffers }.flatMap(\.joints))
  }

  /// The identifier of strangers' frames on a bus: the lowest in priority that no drive there takes or answers with.
  static func strangerID(onBus bus: Int, of robot: Robot) -> UInt32 {
    let drives = robot.joints.map(\.configuration.drive).filter { Int($0.bus) == bus }
    let firmware = drives.map { DriveFirmware($0) }
    let free = (UInt32(0)..<0x7FF).reversed().first { id in
      let frame = CANFrame(id: id, bus: UInt8(clamping: bus), isExtended: false)
      return !drives.contains { $0.answerFilter.passes(frame) } && !firmware.contains { $0.accepts(frame) }
    }
    return free ?? 0x7FE
  }

  /// A joint's drive as it is delivered, which need not be what is described.
  func firmware(of joint: Int, _ described: RobotJoint) -> DriveFirmware {
    var configuration = described.configuration.drive
    configuration.range.position *= scales[joint]
    configuration.range.velocity *= scales[joint]
    configuration.range.torque *= scales[joint]
    var firmware = DriveFirmware(configuration, storedWatchdog_us: described.driveWatchdog_us)
    firmware.storeWatchdog(microseconds: described.driveWatchdog_us)
    if firmwareDiffers.contains(joint) { firmware.changeVersion() }
    return firmware
  }

  /// Whether a frame that arrives at an instant [ns] reaches a joint's drive.
  mutating func reaches(joint: Int, at time: Int64) -> Bool {
    nodes.reaches(joint: joint, at: time) && drives.isPowered(joint, at: time)
  }

  /// The bus that a port of the host is on at an instant [ns].
  func wire(ofPort port: Int, at time: Int64) -> Int {
    var wire = port
    for swap in swaps where swap.interval.contains(time) { wire = exchanged(wire, swap.bus) }
    return wire
  }

  /// The port of the host that is on a bus at an instant [ns].
  func port(ofWire wire: Int, at time: Int64) -> Int {
    var port = wire
    for swap in swaps.reversed() where swap.interval.contains(time) { port = exchanged(port, swap.bus) }
    return port
  }

  private func exchanged(_ port: Int, _ bus: Int) -> Int {
    let other = bus + 1 == busCount ? 0 : bus + 1
    return port == bus ? other : (port == other ? bus : port)
  }

  /// What the twin of a joint's drive answers to a frame at an instant [ns]; nil when there is none.
  ///
  /// `firmware` and `shaft` are those of the drive itself: its twin is as the drive is when the twin comes.
  mutating func twinAnswer(
    _ frame: CANFrame, of joint: Int, at time: Int64, firmware: DriveFirmware, shaft: ShaftMeasurement
  ) -> CANFrame? {
    for index in twins.indices where twins[index].joint == joint && twins[index].interval.contains(time) {
      var twin = twins[index].firmware ?? firmware
      var still = twins[index].shaft ?? shaft
      still.velocity = 0
      still.torque = 0
      let answer = twin.receive(frame, at: time, measuring: still)
      twins[index].firmware = twin
      twins[index].shaft = still
      return answer
    }
    return nil
  }
}

extension Injection {
  /// The force of a push on a link, at its centre of mass; nil for a fault of anything else.
  fileprivate func wrench(in robot: Robot) -> LinkWrench? {
    guard case .link(let link) = target.place else { return nil }
    let force: Vector3
    switch kind {
    case .pushX: force = Vector3(x: intensity, y: 0, z: 0)
    case .pushY: force = Vector3(x: 0, y: intensity, z: 0)
    case .pushZ: force = Vector3(x: 0, y: 0, z: intensity)
    default: return nil
    }
    let description = robot.model.links[link]
    let end = end(period: robot.period)
    return LinkWrench(
      link: description.name, point: description.inertia?.centreOfMass ?? .zero, force: force, start: start,
      duration: end == .max ? .max - start : end - start)
  }
}
