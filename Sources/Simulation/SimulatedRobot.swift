import CServoBus
public import ControlCycle
public import JointControl

/// How simulated time passes.
public enum Pace: Sendable {
  /// As fast as the processor allows.
  case fast
  /// As fast as the real clock; the same bytes as `fast`.
  case real
}

/// A robot below the wire: buses, drives and body, for a control loop that cannot tell it from a real one.
///
/// Every frame is timed on its bus; a drive sees a frame at the instant it arrives, answers after its response
/// latency, and measures its shaft at that instant. The body moves in fixed steps; a command acts from the
/// first step that starts at or after its arrival. The robot starts at instant 0, at rest, joints at home,
/// drives off. Given the same calls, two robots of one seed carry the same bytes at the same instants, in
/// debug and release builds, whatever the pace. Not for use from two threads at once.
public final class SimulatedRobot: Target {
  /// Time between a frame reaching a drive and the drive's answer being ready to send [ns]: what the plan assumes.
  public static let responseLatency = BusPlan.responseLatency
  /// Time between `send` and the host's frames being ready at their interfaces [ns]: what the plan assumes.
  public static let hostLatency = BusPlan.hostLatency
  /// Frames the host's receive queue holds over all buses.
  static let inboxCapacity = 2048

  /// Called with every frame that was on any bus, at its end, in the order of time; lost frames are left out.
  public var tap: ((CANFrame) -> Void)?
  /// Simulated instant [ns]; the same at either pace, so that it may enter the control cycle.
  public private(set) var now: Int64 = 0
  /// Frames from drives that found the host's receive queue full.
  public private(set) var overrun = 0

  /// Whether it is noted when each drive was last spoken to and when it let go; see `contact(of:)`.
  public var observesDrives = false

  private let pace: Pace
  private let spinTail: Int64
  let busCount: Int
  let buses: UnsafeMutablePointer<SimulatedBus>
  let jointCount: Int
  let drives: UnsafeMutablePointer<DriveSlot>
  private let demands: UnsafeMutablePointer<Double>
  let contacts: UnsafeMutablePointer<DriveContact>
  /// By bus, one after another: the joints whose drives are its nodes 1, 2, ...
  private let nodes: UnsafeMutablePointer<Int>
  /// By bus: where its first node stands in `nodes`; one more at the end.
  private let firstNode: UnsafeMutablePointer<Int>
  private let stand: Stand?
  /// Part of a drive's full scale of torque beyond which it is driven and not tried: bring-up tries with 0.01.
  static let trialPart = 0.015
  /// Time on after which a drive is driven and not tried [ns]; an ODrive is on for about 250 ms when it is tried.
  static let trialTime: Int64 = 1_000_000_000
  /// Instants at which a drive was on last, and since when one has been [ns].
  private var lastOn = Int64.min / 2
  private var firstOn: Int64 = 0
  /// Torque that a drive may be tried with before it counts as driven [N.m].
  private let trialTorques: UnsafeMutablePointer<Double>
  // None of them is reached from within itself; the check at run time cost each look at it a call.
  @exclusivity(unchecked) private var plant: Plant
  @exclusivity(unchecked) private var inbox: FrameQueue
  @exclusivity(unchecked) var injector: FaultInjector
  /// Instant of the real clock at simulated instant 0 [ns].
  private var origin: Int64?

  /// A simulated robot.
  ///
  /// - Parameters:
  ///   - robot: the robot; every drive on one of its buses.
  ///   - seed: where the random streams of the faults start.
  ///   - faults: what goes wrong on the buses.
  ///   - injections: what goes wrong anywhere below the host; faults of host, clock and disk are not the robot's.
  ///   - pace: how simulated time passes.
  ///   - hostQueueDepth: frames each of the host's interfaces can hold before they are dropped.
  ///   - spinTail: at real pace, how long before an instant the wait for it stays awake [ns].
  ///   - stand: what holds the body until it is let go; without it the robot falls from instant 0 on.
  ///   - surroundings: what holds the base once the stand has let go, and the ground.
  ///   - currentStep: longest step of a motor's current, where a joint has a profile [ns].
  public init(
    _ robot: Robot, seed: UInt64, faults: [BusFault] = [], injections: [Injection] = [], pace: Pace = .fast,
    hostQueueDepth: Int = 64, spinTail: Int64 = 0, stand: Stand? = nil,
    surroundings: Surroundings = Surroundings(), currentStep: Int64 = Plant.currentStep
  ) {
    let faults = faults + injections.flatMap { $0.busFaults(period: robot.period) }
    injector = FaultInjector(injections, robot: robot, seed: seed)
    self.pace = pace
    self.stand = stand
    self.spinTail = spinTail
    busCount = robot.buses.count
    jointCount = robot.joints.count
    buses = .allocate(capacity: max(busCount, 1))
    drives = .allocate(capacity: max(jointCount, 1))
    demands = .allocate(capacity: max(jointCount, 1))
    demands.initialize(repeating: 0, count: max(jointCount, 1))
    trialTorques = .allocate(capacity: max(jointCount, 1))
    contacts = .allocate(capacity: max(jointCount, 1))
    contacts.initialize(repeating: DriveContact(), count: max(jointCount, 1))
    nodes = .allocate(capacity: max(jointCount, 1))
    firstNode = .allocate(capacity: busCount + 1)
    plant = Plant(
      robot, step: SimulatedRobot.plantStep(period: robot.period), currentStep: currentStep, in: surroundings)
    inbox = FrameQueue(capacity: SimulatedRobot.inboxCapacity)
    var next = 0
    for bus in 0..<busCount {
      (firstNode + bus).initialize(to: next)
      for (index, joint) in robot.joints.enumerated() where Int(joint.configuration.drive.bus) == bus {
        (nodes + next).initialize(to: index)
        next += 1
      }
      (buses + bus).initialize(
        to: SimulatedBus(
          robot.buses[bus], index: bus, drives: next - firstNode[bus], seed: seed, faults: faults,
          hostQueueDepth: hostQueueDepth))
    }
    (firstNode + busCount).initialize(to: next)
    precondition(next == jointCount, "every drive needs one of the robot's buses")
    for (index, joint) in robot.joints.enumerated() {
      (drives + index).initialize(to: DriveSlot(injector.firmware(of: index, joint)))
      (trialTorques + index).initialize(to: SimulatedRobot.trialPart * joint.configuration.drive.range.torque)
    }
    for injection in injections where injection.kind == .strangers {
      for bus in injection.buses {
        (buses + bus).pointee.setStrangerID(FaultInjector.strangerID(onBus: bus, of: robot))
      }
    }
    // Its links are those of the model that the injections were read for.
    for force in injector.forces { try? plant.setWrench(force) }
  }

  deinit {
    buses.deinitialize(count: busCount)
    buses.deallocate()
    drives.deinitialize(count: jointCount)
    drives.deallocate()
    demands.deallocate()
    trialTorques.deallocate()
    contacts.deallocate()
    nodes.deallocate()
    firstNode.deallocate()
  }

  /// Step of the body [ns]: the longest one up to 250 us that divides the period, unless that is under 100 us.
  static func plantStep(period: Int64) -> Int64 {
    let longest: Int64 = 250_000
    var parts = max(1, (period + longest - 1) / longest)
    while period / parts >= 100_000 {
      if period % parts == 0 { return period / parts }
      parts += 1
    }
    return longest
  }

  // MARK: Target

  /// Time stands still until the loop waits, at real pace too: a late cycle is late, it is never left out.
  public var waitsForLoop: Bool { true }

  /// Lets everything up to `time` happen [ns]; at real pace also sleeps until then.
  ///
  /// Returns the instant of waking [ns]: `time`, or at real pace what the real clock says, later by the
  /// scheduler's lateness and by whatever the simulation could not keep up with. An instant in the past lets
  /// nothing happen.
  public func wait(until time: Int64) -> Int64 {
    if pace == .real && origin == nil { origin = servo_clock_now() - now }
    if time > now {
      runEvents(until: time)
      while plant.time < time { stepPlant() }
      now = time
    }
    guard let origin else { return now }
    // Only an unusable clock makes this fail; the instant returned says how far off the waking is.
    _ = servo_clock_spin_until(origin + time, spinTail)
    return servo_clock_now() - origin
  }

  /// Appends every frame that reached the host since the last call, and notes what its interfaces say of themselves.
  public func receive(into frames: inout FrameBuffer) {
    while inbox.count > 0 {
      frames.append(inbox.first.pointee.frame)
      inbox.removeFirst()
    }
    for bus in 0..<busCount {
      frames.note(buses[injector.wire(ofPort: bus, at: now)].hostCondition(at: now), ofBus: bus)
    }
  }

  /// Queues frames at the host's interfaces; frames for no bus of this robot are ignored, and those for a bus that is lost
  /// are withheld, as every open interface does.
  public func send(_ frames: borrowing FrameBuffer) {
    for index in 0..<frames.count {
      var frame = frames[index]
      guard Int(frame.bus) < busCount else { continue }
      let wire = injector.wire(ofPort: Int(frame.bus), at: now)
      if buses[wire].hostState(at: now).isLost { continue }
      frame.bus = UInt8(wire)
      buses[wire].send(frame, from: SimulatedBus.host, at: now + SimulatedRobot.hostLatency)
    }
  }

  /// Lets the body go when a drive gives more than it is tried with, or one has been on for longer than any is tried.
  private func lean(on stand: Stand, joint: Int, at time: Int64) {
    if drives[joint].mode == .enabled { lastOn = time }
    if time - lastOn > 1_000_000 { firstOn = time }
    if demands[joint].magnitude > trialTorques[joint] || time - firstOn > SimulatedRobot.trialTime {
      stand.letGo()
    }
  }

  // MARK: What really is

  /// True position of a joint [rad].
  public func position(of joint: Int) -> Double { plant.position(of: joint) }

  /// True velocity of a joint [rad/s].
  public func velocity(of joint: Int) -> Double { plant.velocity(of: joint) }

  /// True torque of a joint's motor, at the joint and before the losses of the reducer [N.m].
  public func motorTorque(of joint: Int) -> Double { plant.motorTorque(of: joint) }

  /// True temperature of a joint's winding, as its drive reports it [degree Celsius].
  public func temperature(of joint: Int) -> Double { plant.temperature(of: joint) }

  /// What the body does: its base, what it touches, its energy.
  public func withPlant<Result>(_ body: (inout Plant) -> Result) -> Result { body(&plant) }

  /// Puts a joint somewhere, moving [rad, rad/s].
  public func setState(of joint: Int, position: Double, velocity: Double) {
    plant.setState(of: joint, position: position, velocity: velocity)
  }

  /// How far the parts of a joint are from sound.
  public func condition(of joint: Int) -> JointCondition { plant.condition(of: joint) }

  /// Makes the parts of a joint as sound or unsound as a condition says, from the next step of the body on. Fields that
  /// the joint has no part for do nothing: `JointCondition.objection(to:of:in:)` names them.
  public func setCondition(_ condition: JointCondition, of joint: Int) {
    plant.setCondition(condition, of: joint)
  }

  /// Lets a force act on a link for a time, beside all others that do.
  ///
  /// - Throws: that the robot has no such link.
  public func setWrench(_ wrench: LinkWrench) throws(LinkWrench.UnknownLink) { try plant.setWrench(wrench) }

  /// Lets time at real pace go on from here, after a pause in which nobody waited for it.
  public func resume() { origin = nil }

  /// What a bus carried so far.
  public func statistics(ofBus bus: Int) -> BusStatistics {
    precondition(bus >= 0 && bus < busCount)
    return BusStatistics(
      busyTime: buses[bus].busyTime, load: buses[bus].load(until: now), carried: buses[bus].carried,
      lost: buses[bus].lost, dropped: buses[bus].dropped)
  }

  // MARK: Events

  /// Everything on the buses up to and including `time`, in the order of time, then of buses.
  private func runEvents(until time: Int64) {
    while true {
      var bus = 0
      var instant = Int64.max
      for index in 0..<busCount {
        let next = buses[index].nextEvent
        if next < instant { (instant, bus) = (next, index) }
      }
      guard instant <= time else { return }
      while plant.time < instant { stepPlant() }
      switch buses[bus].turn() {
      case .started, .event(.started): break
      case .passed(let sender):
        let frame = buses[bus].onWire
        tap?(frame)
        deliver(frame, from: sender, onBus: bus)
      case .event(.ended(let frame, let isLost)): if !isLost { tap?(frame) }
      case .event(.arrived(let frame, let sender)): deliver(frame, from: sender, onBus: bus)
      }
    }
  }

  private func deliver(_ frame: CANFrame, from sender: Int, onBus bus: Int) {
    if sender != SimulatedBus.host && buses[bus].hostHears(at: frame.time) {
      var heard = frame
      heard.bus = UInt8(injector.port(ofWire: bus, at: frame.time))
      if !inbox.append(heard, from: sender, at: frame.time) { overrun += 1 }
    }
    let first = firstNode[bus]
    for node in 1..<(firstNode[bus + 1] - first + 1) where node != sender {
      let joint = nodes[first + node - 1]
      guard drives[joint].accepts(frame) else { continue }
      if injector.isActive && !injector.reaches(joint: joint, at: frame.time) { continue }
      receive(frame, by: joint, node: node, onBus: bus)
    }
  }

  /// Has a drive take a frame from its bus, and send what it answers.
  private func receive(_ frame: CANFrame, by joint: Int, node: Int, onBus bus: Int) {
    let shaft = measurement(of: joint, at: frame.time)
    if let reply = drives[joint].receive(frame, at: frame.time, measuring: shaft) {
      send(reply, of: joint, from: node, onBus: bus, at: frame.time)
    }
    if injector.hasTwins,
      var second = injector.twinAnswer(
        frame, of: joint, at: frame.time, firmware: drives[joint].firmware, shaft: shaft)
    {
      second.bus = UInt8(bus)
      buses[bus].sendBeside(second, from: node, at: frame.time + SimulatedRobot.responseLatency)
    }
    if observesDrives {
      contacts[joint].lastFrame = frame.time
      contacts[joint].note(isObeying: drives[joint].isObeying, at: frame.time)
    }
    if drives[joint].isTalkative { transmit(joint, node: node, onBus: bus, at: frame.time) }
  }

  /// What a drive has to send besides its reply, at an instant [ns].
  private func transmit(_ joint: Int, node: Int, onBus bus: Int, at time: Int64) {
    let shaft = measurement(of: joint, at: time)
    while let frame = drives[joint].transmit(at: time, measuring: shaft) {
      send(frame, of: joint, from: node, onBus: bus, at: time)
    }
  }

  private func send(_ frame: CANFrame, of joint: Int, from node: Int, onBus bus: Int, at time: Int64) {
    var frame = frame
    frame.bus = UInt8(bus)
    let ready = time + SimulatedRobot.responseLatency
    if injector.isActive {
      let passage = injector.nodes.act(on: &frame, of: joint, at: time)
      if passage.isLost { return }
      if passage.delay > 0 {
        buses[bus].sendBeside(frame, from: node, at: ready + passage.delay)
        return
      }
    }
    buses[bus].send(frame, from: node, at: ready)
  }

  /// What a joint's drive measures at an instant [ns].
  private func measurement(of joint: Int, at time: Int64) -> ShaftMeasurement {
    var shaft = plant.measurement(of: joint, at: time)
    if injector.isActive { shaft.torque += injector.drives.torqueBias(of: joint, at: time) }
    return shaft
  }

  private func stepPlant() {
    let time = plant.time
    if injector.isActive { applyInjections(at: time) }
    plant.sampleEncoders()
    for joint in 0..<jointCount {
      drives[joint].tick(at: time)
      if observesDrives { contacts[joint].note(isObeying: drives[joint].isObeying, at: time) }
      demands[joint] = drives[joint].torque(at: measurement(of: joint, at: time))
      if injector.isActive && !injector.drives.isPowered(joint, at: time) { demands[joint] = 0 }
      if let stand, stand.yieldsToDrives && stand.isHolding { lean(on: stand, joint: joint, at: time) }
    }
    for bus in 0..<busCount {
      for place in firstNode[bus]..<firstNode[bus + 1] where drives[nodes[place]].isTalkative {
        if injector.isActive && !injector.drives.isPowered(nodes[place], at: time) { continue }
        transmit(nodes[place], node: place - firstNode[bus] + 1, onBus: bus, at: time)
      }
    }
    plant.advance(demands: demands, isHeld: stand?.isHolding ?? false)
  }

  /// Lets the injected faults of drives and joints begin and end that are due by a step of the body [ns].
  private func applyInjections(at time: Int64) {
    while let event = injector.drives.takeEvent(until: time) {
      let drive = drives + event.joint
      switch event.action {
      case .fail(let fault): drive.pointee.firmware.fail(fault)
      case .powerCycle: drive.pointee.firmware.powerCycle(at: time)
      case .watchdog(let halves): drive.pointee.firmware.breakWatchdog(halves: halves)
      case .replace:
        drive.pointee.firmware.powerCycle(at: time)
        drive.pointee.firmware.changeSerial()
      }
    }
    guard injector.conditions.nextChange <= time else { return }
    injector.conditions.pass(time)
    for joint in 0..<jointCount {
      if let condition = injector.conditions.condition(of: joint, at: time) {
        setCondition(condition, of: joint)
      }
    }
  }
}
