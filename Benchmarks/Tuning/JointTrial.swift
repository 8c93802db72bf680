import ControlCycle
import JointControl
import Simulation
import Tuning

/// One random joint: experiments on it as they are run on a robot, identification, design.
struct JointTrial {
  /// What a trial came to.
  struct Outcome {
    let joint: RandomJoint
    var abort: String?
    var fit: PlantFit?
    var design: GainDesign?
    var refusal: String?
    /// Simulated time of the whole run [s].
    var seconds = 0.0
    /// Farthest from where it began [rad], and highest torque of the motor while anything was excited [N.m].
    var travel = 0.0
    var torque = 0.0
    /// When a command reaches the drive, after the cycle that sent it began [ns].
    var arrival: Int64 = 0
    /// What the experiments recorded, where that is kept.
    var records: [JointRecord] = []
  }

  let joint: RandomJoint
  /// Whether the outcome holds the records.
  var keepsRecords = false

  init(seed: UInt64) { joint = RandomJoint(seed: seed) }

  /// The experiments of the first run, with the numbers that suit the joint as it is described.
  static func first(_ robot: Robot) -> [Experiment] {
    [Experiment.usual(.friction, joint: 0, of: robot), Experiment.usual(.inertia, joint: 0, of: robot)]
  }

  /// The experiments of the second run, as large as what the first one found allows.
  static func second(_ robot: Robot, inertia: Double, coulomb: Double) -> [Experiment] {
    var inertial = Experiment.usual(.inertia, joint: 0, of: robot)
    var chirp = Experiment.usual(.chirp, joint: 0, of: robot)
    var binary = Experiment.usual(.delay, joint: 0, of: robot)
    let gains = robot.joints[0].configuration.gains
    var size = ExcitationSize(
      inertia: inertia, coulombFriction: coulomb, stiffness: gains.stiffness, damping: gains.damping,
      way: 0.5 * ExperimentEnvelope.usualTravel, motorTorque: 0.18 * RandomJoint.ratedTorque,
      excitationTorque: 0.25 * RandomJoint.ratedTorque)
    let natural = (gains.stiffness / inertia).squareRoot() / (2 * Double.pi)
    inertial.band = (0.8 * natural)...(2 * natural)
    inertial.duration = 9
    inertial.amplitude = size.amplitude(in: inertial.band)
    size.way *= 0.8
    chirp.band = 2...45
    chirp.duration = 8
    // On the host, where delay leaves little room, the impedance answers quick torque with more of it.
    let broad = min(size.amplitude(in: 2...30), 1.2 + coulomb)
    chirp.amplitude = broad
    binary.duration = 8
    binary.amplitude = 0.7 * broad
    return [inertial, chirp, binary]
  }

  func run() throws -> Outcome {
    let robot = joint.described
    let stand = Stand()
    let simulated = joint.simulated(stand: stand)
    let first = Self.first(robot)
    let bounded = robot.bounded(by: first)
    var target = simulated
    try BringUp.run(bounded, on: &target)
    var outcome = Outcome(joint: joint)
    let begin = simulated.now
    defer { outcome.seconds = Double(simulated.now - begin) * 1e-9 }
    let early = play(first, bounded, target, simulated, stand, &outcome).compactMap(JointRecord.init)
    outcome.seconds = Double(simulated.now - begin) * 1e-9
    guard outcome.abort == nil, early.count == first.count else { return outcome }
    let known = Self.known(robot, joint)
    let rough = PlantFit(tones: [early[1]], broad: [], sweep: early[0], known: known)
    let inertia = rough.map { $0.inertia.isIdentified ? $0.inertia.value : RandomJoint.describedInertia }
    let second = Self.second(
      robot, inertia: inertia ?? RandomJoint.describedInertia,
      coulomb: FrictionMap(early[0])?.coulomb.value ?? RandomJoint.describedCoulomb)
    let late = play(second, bounded, target, simulated, stand, &outcome).compactMap(JointRecord.init)
    outcome.seconds = Double(simulated.now - begin) * 1e-9
    if keepsRecords { outcome.records = early + late }
    // What was broken off says nothing, what came before it does.
    let whole = outcome.abort == nil ? late : Array(late.dropLast())
    guard let tones = whole.first else { return outcome }
    let fit = PlantFit(
      tones: [early[1], tones], broad: Array(whole.dropFirst()), sweep: early[0], known: known)
    design(fit, robot, &outcome)
    return outcome
  }

  /// Runs experiments, one after another, as they are run on a robot.
  private func play(
    _ experiments: [Experiment], _ robot: Robot, _ target: SimulatedRobot, _ simulated: SimulatedRobot,
    _ stand: Stand, _ outcome: inout Outcome
  ) -> [ExperimentTrace] {
    var source = WatchedTrial(
      source: ExperimentSource(robot, experiments, hold: nil), robot: simulated, stand: stand)
    var loop = ControlLoop(robot, on: target)
    let arrival = Arrival()
    simulated.tap = { arrival.note($0, period: robot.period) }
    do throws(ControlFault) {
      var nothing = NoRecording()
      try loop.run(from: &source, recording: &nothing)
    } catch { outcome.abort = "\(error)" }
    simulated.tap = nil
    outcome.arrival = arrival.latest
    outcome.travel = max(outcome.travel, source.travel)
    outcome.torque = max(outcome.torque, source.torque)
    if let abort = source.source.abort { outcome.abort = "\(abort)" }
    return source.source.traces
  }

  /// What a tuner knows of the joint by its description.
  private static func known(_ robot: Robot, _ joint: RandomJoint) -> PlantFit.Known {
    let described = robot.joints[0]
    var known = PlantFit.Known(
      closure: described.isClosedOnHost ? .host : .drive, period: Double(robot.period) * 1e-9)
    let carried = described.fields.first { !$0.isCommand && $0.quantity == .position && $0.isCarried }?.step
    let motor = described.actuator.motor
    known.encoderQuantum = 2 * .pi / (Double(motor.encoderCounts) * described.actuator.reducer.ratio)
    known.positionQuantum = max(carried ?? 0, known.encoderQuantum ?? 0)
    // By its maker: the random joints differ in load, friction, play and delay, not in the make of their gear.
    known.reducerStiffness = joint.actual.joints[0].actuator.physics?.reducer.stiffness.first
    known.velocityQuantum =
      described.fields.first { !$0.isCommand && $0.quantity == .velocity && $0.isCarried }?.step ?? 0
    known.rotorInertia = described.actuator.armature
    // What the kind of gear may have at most; how much it has is not known.
    known.backlash = joint.gear == .planetary ? 0.5 * .pi / 180 : 0
    return known
  }

  private func design(_ fit: PlantFit?, _ robot: Robot, _ outcome: inout Outcome) {
    guard let fit else { return }
    let described = robot.joints[0]
    outcome.fit = fit
    var limits = DesignLimits()
    limits.ratedTorque = RandomJoint.ratedTorque
    limits.peakTorque = described.actuator.motor.peakTorque
    limits.stiffnessScale = described.configuration.drive.range.stiffness
    limits.dampingScale = described.configuration.drive.range.damping
    do throws(DesignRefusal) {
      outcome.design = try GainDesign(plant: fit.plant, limits: limits)
    } catch { outcome.refusal = error.text }
  }
}

extension JointRecord {
  /// A trace as numbers.
  init?(_ trace: ExperimentTrace) {
    let samples = trace.samples
    self.init(
      period: trace.period, times: samples.map(\.time), positions: samples.map(\.measuredPosition),
      velocities: samples.map(\.measuredVelocity), torques: samples.map(\.measuredTorque),
      appliedTorques: samples.map(\.appliedTorque), commandedPositions: samples.map(\.position),
      excitations: samples.map(\.excitation), parts: samples.map { Int($0.part) })
  }
}

/// When the newest command reached the drive, after its cycle began.
final class Arrival {
  private(set) var latest: Int64 = 0

  func note(_ frame: CANFrame, period: Int64) {
    // Of a command and its answer the command is the first in a cycle.
    let since = frame.time % period
    if latest == 0 || since < latest { latest = since }
  }
}

/// Nothing is kept but what the source notes.
struct NoRecording: CycleRecorder {
  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {}
}

/// Lets the joint go when it is armed, and notes what it really does.
private struct WatchedTrial: SetpointSource, ~Copyable {
  var source: ExperimentSource
  let robot: SimulatedRobot
  let stand: Stand
  private(set) var travel = 0.0
  private(set) var torque = 0.0
  private var start: Double?

  init(source: consuming ExperimentSource, robot: SimulatedRobot, stand: Stand) {
    self.source = source
    self.robot = robot
    self.stand = stand
  }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if control.safety.state == .armed { stand.letGo() }
    let directive = source.next(cycle, control: control, into: &setpoints)
    let position = robot.position(of: 0)
    switch source.phase {
    case .settling: if start == nil { start = position }
    case .exciting, .returning, .stopping:
      travel = max(travel, (position - (start ?? position)).magnitude)
      torque = max(torque, robot.motorTorque(of: 0).magnitude)
    case .reading, .arming, .relaxing, .finished: break
    }
    return directive
  }
}
