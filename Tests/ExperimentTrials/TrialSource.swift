import ControlCycle
import JointControl
import Simulation

/// An experiment's source with whoever holds its key and watches the true joint.
struct TrialSource: SetpointSource, ~Copyable {
  var faulty: FaultySource<ExperimentSource>
  private let key: HoldToRun
  private let simulated: SimulatedRobot
  private let stand: Stand
  private let release: Double
  private let stop: Double
  private var begin: Int64?
  private var start: Double?
  /// What the joint really did from its experiment's beginning until it was let go.
  private(set) var travel = 0.0
  private(set) var speed = 0.0
  private(set) var torque = 0.0
  private(set) var isCutOff = false

  init(
    _ faulty: consuming FaultySource<ExperimentSource>, key: HoldToRun, simulated: SimulatedRobot,
    stand: Stand,
    release: Double, stop: Double
  ) {
    self.faulty = faulty
    self.key = key
    self.simulated = simulated
    self.stand = stand
    self.release = release
    self.stop = stop
  }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    let since = Double(cycle.time - (begin ?? cycle.time)) * 1e-9
    begin = begin ?? cycle.time
    if control.safety.state == .armed { stand.letGo() }
    if since < release { key.press() }
    if since >= stop { faulty.source.isStopRequested = true }
    var directive = faulty.next(cycle, control: control, into: &setpoints)
    look()
    if since > ExperimentTrial.patience {
      isCutOff = true
      directive.isFinished = true
    }
    return directive
  }

  private mutating func look() {
    let position = simulated.position(of: 0)
    switch faulty.source.phase {
    case .exciting, .returning, .stopping:
      if start == nil { start = position }
      travel = max(travel, (position - (start ?? position)).magnitude)
      speed = max(speed, simulated.velocity(of: 0).magnitude)
      torque = max(torque, simulated.motorTorque(of: 0).magnitude)
    case .reading, .arming, .settling, .relaxing, .finished: break
    }
  }
}

/// What is commanded, and how it ends.
struct TrialWatch: CycleRecorder {
  private let envelope: ExperimentEnvelope
  private(set) var wasArmed = false
  private(set) var endsInDamping = false
  private(set) var torque = 0.0
  private(set) var isOutside = false

  init(_ envelope: ExperimentEnvelope) { self.envelope = envelope }

  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    switch control.safety.state {
    case .disarmed: return
    case .armed: wasArmed = true
    case .arming, .stopping, .fault: break
    }
    let (command, state) = (control.commands[0], control.states[0])
    endsInDamping = command.stiffness == 0 && command.damping > 0
    let total =
      command.stiffness * (command.position - state.position)
      + command.damping * (command.velocity - state.velocity) + command.torque
    torque = max(torque, total.magnitude)
    if !envelope.positions.contains(command.position) { isOutside = true }
  }
}

/// A host that stands still for a while: the loop wakes late by some cycles, once.
struct HangingHost: Target {
  private let robot: SimulatedRobot
  private let hangsAt: Int64
  private var hasHung = false

  init(_ robot: SimulatedRobot, hangsAt: Int64) {
    self.robot = robot
    self.hangsAt = hangsAt
  }

  var now: Int64 { robot.now }
  var waitsForLoop: Bool { false }
  mutating func wait(until time: Int64) -> Int64 {
    guard !hasHung && time >= hangsAt else { return robot.wait(until: time) }
    hasHung = true
    return robot.wait(until: time + 30_000_000)
  }
  mutating func receive(into frames: inout FrameBuffer) { robot.receive(into: &frames) }
  mutating func send(_ frames: borrowing FrameBuffer) { robot.send(frames) }
}
