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

  /// Torque that the motor is to give at most [N.m], under three tenths of what it may: a load that meets the flanks of its play adds to what
  /// is computed, the less the more friction there is, and so does a loop whose delay takes some of its damping.
  private static func highestTorque(_ joint: RandomJoint, coulomb: Double) -> Double {
    let loose = min(0.23, 0.16 + 0.8 * coulomb / RandomJoint.ratedTorque)
    let share = joint.gear == .planetary ? loose : 0.23
    return (joint.isClosedOnHost ? share - 0.015 : share) * RandomJoint.ratedTorque
  }

  /// An experiment whose torque, that of the loop with it, is bounded by the core and the drive as well.
  private static func guarded(_ experiment: Experiment) -> Experiment {
    var guarded = experiment
    guarded.envelope.torque = min(experiment.envelope.torque, 0.29 * RandomJoint.ratedTorque)
    return guarded
  }

  /// Swings that show the inertia roughly: with the torque that friction takes, and a little more.
  static func first(_ robot: Robot, coulomb: Double) -> [Experiment] {
    var inertial = Experiment.usual(.inertia, joint: 0, of: robot)
    inertial.amplitude = min(inertial.amplitude, 4 / .pi * coulomb + 0.1 * RandomJoint.ratedTorque)
    inertial.duration = 4.5
    // About the frequency of the joint as it is described, where it swings widest: play is the smaller part of the way.
    let gains = robot.joints[0].configuration.gains
    let natural = (gains.stiffness / RandomJoint.describedInertia).squareRoot() / (2 * Double.pi)
    inertial.band = (0.6 * natural)...(1.2 * natural)
    return [guarded(inertial)]
  }

  /// The experiments of the third run, as large as what the first two found allows.
  static func second(
    _ robot: Robot, of joint: RandomJoint, inertia: Double, coulomb: Double
  ) -> [Experiment] {
    var inertial = Experiment.usual(.inertia, joint: 0, of: robot)
    var chirp = Experiment.usual(.chirp, joint: 0, of: robot)
    var binary = Experiment.usual(.delay, joint: 0, of: robot)
    let gains = robot.joints[0].configuration.gains
    // Where the joint turns the inertia takes most and friction changes sides: they add up.
    let highest = highestTorque(joint, coulomb: coulomb)
    let left = max(0.2 * highest, highest - coulomb)
    let friction = 4 / .pi * coulomb
    var size = ExcitationSize(
      inertia: inertia, coulombFriction: coulomb, stiffness: gains.stiffness, damping: gains.damping,
      way: 0.5 * ExperimentEnvelope.usualTravel,
      motorTorque: (left * left + friction * friction).squareRoot(),
      excitationTorque: 0.25 * RandomJoint.ratedTorque)
    let natural = (gains.stiffness / inertia).squareRoot() / (2 * Double.pi)
    inertial.band = (0.8 * natural)...(1.7 * natural)
    inertial.duration = 9
    inertial.amplitude = size.amplitude(in: inertial.band)
    size.way *= 0.8
    chirp.band = 2...45
    chirp.duration = 8
    // On the host, where delay leaves little room, the impedance answers quick torque with more of it.
    let most = joint.gear == .planetary ? 1.2 + coulomb : 2.4 + 4 / .pi * coulomb
    let broad = min(size.amplitude(in: 2...30), most)
    chirp.amplitude = broad
    binary.duration = 7
    binary.amplitude = 0.7 * min(broad, 1.2 + coulomb)
    return [inertial, chirp, binary].map(guarded)
  }

  func run() throws -> Outcome {
    let robot = joint.described
    let sweep = Self.guarded(Experiment.usual(.friction, joint: 0, of: robot))
    let stand = Stand()
    let simulated = joint.simulated(stand: stand)
    let bounded = robot.bounded(by: [sweep])
    var target = simulated
    try BringUp.run(bounded, on: &target)
    var outcome = Outcome(joint: joint)
    let begin = simulated.now
    defer { outcome.seconds = Double(simulated.now - begin) * 1e-9 }
    func play(_ experiments: [Experiment]) -> [JointRecord] {
      let traces = self.play(experiments, bounded, target, simulated, stand, &outcome)
      outcome.seconds = Double(simulated.now - begin) * 1e-9
      return traces.compactMap(Self.unbroken).compactMap(JointRecord.init)
    }
    func again(_ experiments: [Experiment]) -> [JointRecord] {
      let found = play(experiments)
      guard outcome.abort != nil,
        let left = Self.gentler(Array(experiments.dropFirst(found.count)), within: outcome.seconds)
      else { return found }
      outcome.abort = nil
      return found + play(left)
    }
    var records = play([sweep])
    // Most of a sweep that was broken off is one.
    if records.count == 1 { outcome.abort = nil }
    guard let friction = records.first else { return outcome }
    let coulomb = max(0, FrictionMap(friction)?.coulomb.value ?? RandomJoint.describedCoulomb)
    records += again(Self.first(robot, coulomb: coulomb))
    guard records.count == 2 else { return outcome }
    let known = Self.known(robot, joint)
    let rough = PlantFit(tones: [records[1]], broad: [], sweep: friction, known: known)
    let isSound = rough.map { fit in
      fit.inertia.relativeError < Self.roughError && fit.inertia.value > 1.2 * RandomJoint.armature
    }
    let inertia = isSound == true ? rough?.inertia.value : nil
    let second = Self.second(
      robot, of: joint, inertia: inertia ?? RandomJoint.describedInertia,
      coulomb: rough?.coulomb.value ?? coulomb)
    records += again(second)
    if keepsRecords { outcome.records = records }
    guard records.count > 2 else { return outcome }
    let fit = PlantFit(
      tones: [records[1], records[2]], broad: Array(records.dropFirst(3)), sweep: friction, known: known)
    design(fit, robot, &outcome)
    return outcome
  }

  /// Simulated time that one joint may take [s], and what arming and coming to rest take of it.
  private static let longest = (whole: 60.0, around: 4.0)

  /// What was broken off, once more with half the amplitude; nil where there is no time for it.
  private static func gentler(_ experiments: [Experiment], within spent: Double) -> [Experiment]? {
    let time = experiments.reduce(longest.around) { $0 + $1.duration + 1 }
    guard spent + time < longest.whole else { return nil }
    return experiments.map { experiment in
      var gentler = experiment
      gentler.amplitude *= 0.5
      return gentler
    }
  }

  /// What was broken off says nothing, but for the strokes of a sweep before that.
  private static func unbroken(_ trace: ExperimentTrace) -> ExperimentTrace? {
    guard trace.abort != nil else { return trace }
    guard trace.experiment.kind == .friction, let last = trace.samples.last,
      last.time > 0.5 * trace.experiment.duration
    else { return nil }
    let part = trace.samples.last { $0.part >= 0 }?.part
    let first = trace.samples.lastIndex { $0.part >= 0 && $0.part != part } ?? 0
    var whole = trace
    whole.samples = Array(trace.samples[...first])
    return whole
  }

  /// Error of a rough inertia, as a part of it, up to which experiments are sized by it.
  private static let roughError = 0.3

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
    // A wave generator has two lobes.
    known.reducerErrors = joint.gear == .strainWave ? 2 * described.actuator.reducer.ratio : nil
    // So says the protocol.
    known.answersOnArrival = true
    let gains = described.configuration.gains
    known.gains = .init(stiffness: gains.stiffness, damping: gains.damping)
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
      velocities: samples.map(\.measuredVelocity),
      torques: samples.map(\.measuredTorque),
      appliedTorques: samples.map(\.appliedTorque), commandedPositions: samples.map(\.position),
      excitations: samples.map(\.excitation), parts: samples.map { Int($0.part) })
  }
}

/// When the newest command reached the drive, after its cycle began.
final class Arrival {
  /// When the drive's answer was there.
  private(set) var answer: Int64 = 0
  private(set) var latest: Int64 = 0

  func note(_ frame: CANFrame, period: Int64) {
    // Of a command and its answer the command is the first in a cycle.
    let since = frame.time % period
    if latest == 0 || since < latest { latest = since }
    answer = max(answer, since)
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
