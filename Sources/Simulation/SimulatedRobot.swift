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
  private let busCount: Int
  private let buses: UnsafeMutablePointer<SimulatedBus>
  private let jointCount: Int
  private let drives: UnsafeMutablePointer<DriveSlot>
  private let demands: UnsafeMutablePointer<Double>
  private let contacts: UnsafeMutablePointer<DriveContact>
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
  // Neither is reached from within itself; the check at run time cost each look at it a call.
  @exclusivity(unchecked) private var plant: Plant
  @exclusivity(unchecked) private var inbox: FrameQueue
  /// Instant of the real clock at simulated instant 0 [ns].
  private var origin: Int64?

  /// A simulated robot.
  ///
  /// - Parameters:
  ///   - robot: the robot; every drive on one of its buses.
  ///   - seed: where the random streams of the faults start.
  ///   - faults: what goes wrong on the buses.
  ///   - pace: how simulated time passes.
  ///   - hostQueueDepth: frames each of the host's interfaces can hold before they are dropped.
  ///   - spinTail: at real pace, how long before an instant the wait for it stays awake [ns].
  ///   - stand: what holds the body until it is let go; without it the robot falls from instant 0 on.
  ///   - surroundings: what holds the base once the stand has let go, and the ground.
  ///   - currentStep: longest step of a motor's current, where a joint has a profile [ns].
  public init(
    _ robot: Robot, seed: UInt64, faults: [BusFault] = [], pace: Pace = .fast, hostQueueDepth: Int = 64,
    spinTail: Int64 = 0, stand: Stand? = nil, surroundings: Surroundings = Surroundings(),
    currentStep: Int64 = Plant.currentStep
  ) {
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
      var firmware = DriveFirmware(joint.configuration.drive, storedWatchdog_us: joint.driveWatchdog_us)
      firmware.storeWatchdog(microseconds: joint.driveWatchdog_us)
      (drives + index).initialize(to: DriveSlot(firmware))
      (trialTorques + index).initialize(to: SimulatedRobot.trialPart * joint.configuration.drive.range.torque)
    }
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
    for bus in 0..<busCount { frames.note(buses[bus].hostCondition(at: now), ofBus: bus) }
  }

  /// Queues frames at the host's interfaces; frames for no bus of this robot are ignored, and those for a bus that is lost
  /// are withheld, as every open interface does.
  public func send(_ frames: borrowing FrameBuffer) {
    for index in 0..<frames.count {
      let frame = frames[index]
      if Int(frame.bus) < busCount && !buses[Int(frame.bus)].hostState(at: now).isLost {
        buses[Int(frame.bus)].send(frame, from: SimulatedBus.host, at: now + SimulatedRobot.hostLatency)
      }
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

  /// Breaks a joint's drive: its power stage is off and its fault latched from `now` on.
  public func breakDrive(of joint: Int, _ fault: DriveFaults) {
    precondition(joint >= 0 && joint < jointCount)
    drives[joint].firmware.fail(fault)
  }

  /// Takes a joint's drive off its power at `now` and gives it back.
  public func powerCycleDrive(of joint: Int) {
    precondition(joint >= 0 && joint < jointCount)
    drives[joint].firmware.powerCycle(at: now)
  }

  /// The firmware of a joint's drive as it is at `now`, its watchdog looked at to the nanosecond.
  public func firmware(of joint: Int) -> DriveFirmware {
    precondition(joint >= 0 && joint < jointCount)
    var firmware = drives[joint].firmware
    firmware.tick(at: now)
    return firmware
  }

  /// Makes the watchdog of a joint's drive defective, whatever its registers say: it needs so many halves of its time; 2 is
  /// sound, and with 0 the drive goes on with its last command for ever.
  public func breakWatchdog(of joint: Int, halves: Int64 = 0) {
    precondition(joint >= 0 && joint < jointCount)
    drives[joint].firmware.breakWatchdog(halves: halves)
  }

  /// When a joint's drive was last spoken to and when it let go, as far as it was observed.
  public func contact(of joint: Int) -> DriveContact {
    precondition(joint >= 0 && joint < jointCount)
    return contacts[joint]
  }

  /// Changes what a moteus drive holds, as its vendor's tool does over a line of its own; nothing for other drives.
  func changeMoteus(of joint: Int, _ change: (inout MoteusFirmware) -> Void) {
    precondition(joint >= 0 && joint < jointCount)
    guard case .moteus(var firmware) = drives[joint].firmware else { return }
    change(&firmware)
    drives[joint].firmware = .moteus(firmware)
  }

  // MARK: The host's controllers

  func hostState(ofBus bus: Int) -> BusState {
    precondition(bus >= 0 && bus < busCount)
    return buses[bus].hostState(at: now)
  }

  func purgeHost(ofBus bus: Int) {
    precondition(bus >= 0 && bus < busCount)
    buses[bus].purgeHost()
  }

  func restartHost(ofBus bus: Int) -> Bool {
    precondition(bus >= 0 && bus < busCount)
    return buses[bus].restartHost(at: now)
  }

  /// Puts another drive of the same model in the place of a joint's Damiao or RobStride: just powered up, with another serial
  /// number.
  public func replaceDrive(of joint: Int) {
    precondition(joint >= 0 && joint < jointCount)
    drives[joint].firmware.powerCycle(at: now)
    drives[joint].firmware.changeSerial()
  }

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
    if sender != SimulatedBus.host && !buses[bus].hostState(at: frame.time).isLost {
      if !inbox.append(frame, from: sender, at: frame.time) { overrun += 1 }
    }
    let first = firstNode[bus]
    for node in 1..<(firstNode[bus + 1] - first + 1) where node != sender {
      let joint = nodes[first + node - 1]
      guard drives[joint].accepts(frame) else { continue }
      let measurement = plant.measurement(of: joint, at: frame.time)
      if let reply = drives[joint].receive(frame, at: frame.time, measuring: measurement) {
        send(reply, from: node, onBus: bus, at: frame.time)
      }
      if observesDrives {
        contacts[joint].lastFrame = frame.time
        contacts[joint].note(isObeying: drives[joint].isObeying, at: frame.time)
      }
      if drives[joint].isTalkative { transmit(joint, node: node, onBus: bus, at: frame.time) }
    }
  }

  /// What a drive has to send besides its reply, at an instant [ns].
  private func transmit(_ joint: Int, node: Int, onBus bus: Int, at time: Int64) {
    let measurement = plant.measurement(of: joint, at: time)
    while let frame = drives[joint].transmit(at: time, measuring: measurement) {
      send(frame, from: node, onBus: bus, at: time)
    }
  }

  private func send(_ frame: CANFrame, from node: Int, onBus bus: Int, at time: Int64) {
    var frame = frame
    frame.bus = UInt8(bus)
    buses[bus].send(frame, from: node, at: time + SimulatedRobot.responseLatency)
  }

  private func stepPlant() {
    let time = plant.time
    plant.sampleEncoders()
    for joint in 0..<jointCount {
      drives[joint].tick(at: time)
      if observesDrives { contacts[joint].note(isObeying: drives[joint].isObeying, at: time) }
      demands[joint] = drives[joint].torque(at: plant.measurement(of: joint, at: time))
      if let stand, stand.yieldsToDrives && stand.isHolding { lean(on: stand, joint: joint, at: time) }
    }
    for bus in 0..<busCount {
      for place in firstNode[bus]..<firstNode[bus + 1] where drives[nodes[place]].isTalkative {
        transmit(nodes[place], node: place - firstNode[bus] + 1, onBus: bus, at: time)
      }
    }
    plant.advance(demands: demands, isHeld: stand?.isHolding ?? false)
  }
}

/// What one simulated bus carried since instant 0.
public struct BusStatistics: BitwiseCopyable, Sendable, Equatable {
  /// Time the bus carried frames, interframe spaces included [ns].
  public var busyTime: Int64
  /// Part of the time that the bus carried frames.
  public var load: Double
  /// Frames that ended on the bus.
  public var carried: Int
  /// Frames that ended on the bus and reached nobody.
  public var lost: Int
  /// Frames that were never sent: no room in their node's queue, or CAN FD on a classic bus.
  public var dropped: Int
}
