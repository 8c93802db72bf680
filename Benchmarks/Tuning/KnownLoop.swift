import ControlCycle
import JointControl
import Simulation
import Tuning

/// A simulated joint that is known, shaken by a chirp, and the margins that its measured loop has.
///
/// The joints are those of `RandomJoint` without play, without hysteresis, and without Coulomb friction but where it is said. Gains are
/// by the joint's own inertia, so that crossings lie where the chirp moves it well.
struct KnownLoop {
  /// What the joint is.
  private let random: RandomJoint
  /// Whether its actuator is integrated, with current and torsion, or plain.
  private let hasProfile: Bool
  /// Coulomb friction as a part of the excitation.
  private let friction: Double

  /// Loops that are closed in the drive and on the host, of 0.036 to 0.28 kg.m^2, one to three cycles late.
  static let all: [KnownLoop] =
    [1, 2, 3, 5, 6, 8].map { KnownLoop(random: RandomJoint(seed: $0), hasProfile: true, friction: 0) }
    + [2, 3, 5, 6, 7, 8, 11, 13, 14].map {
      KnownLoop(random: RandomJoint(seed: $0), hasProfile: false, friction: 0)
    } + [2, 6].map { KnownLoop(random: RandomJoint(seed: $0), hasProfile: false, friction: 0.04) }

  /// Undamped frequency that the gains in use make of the joint [rad/s].
  private var rate: Double { 2 * .pi * (random.isClosedOnHost ? hasProfile ? 4 : 5 : 8) }

  private var gains: ImpedanceGains {
    ImpedanceGains(stiffness: random.inertia * rate * rate, damping: 1.4 * random.inertia * rate)
  }

  /// Highest torque of the chirp [N.m].
  private var amplitude: Double { min(7, 0.04 * gains.stiffness) }

  /// Frequencies of the chirp [Hz]: below where a torsion rings.
  private var band: ClosedRange<Double> { 2...(hasProfile ? 50 : 220) }

  private var coulomb: Double { friction * amplitude }

  /// A description with the joint's true friction and with the gains; of the simulated joint or of the one that the host knows.
  private func changed(_ robot: Robot) -> Robot {
    var joints = robot.joints
    joints[0].configuration.gains = gains
    joints[0].actuator.reducer.coulombFriction = coulomb
    joints[0].actuator.reducer.viscousFriction = random.viscous
    joints[0].actuator.reducer.efficiency = 1
    if hasProfile {
      joints[0].actuator.physics?.friction.coulomb = coulomb
      joints[0].actuator.physics?.friction.breakaway = coulomb
      joints[0].actuator.physics?.reducer.backlash = 0
      joints[0].actuator.physics?.reducer.hysteresisTorque = 0
      let first = joints[0].actuator.physics?.reducer.stiffness.first ?? 0
      joints[0].actuator.physics?.reducer.stiffness = (first, first, first)
      joints[0].actuator.physics?.reducer.lines = (ReducerModel.Line(), ReducerModel.Line())
    } else {
      joints[0].actuator.physics = nil
    }
    return Robot(
      name: robot.name, period: robot.period, buses: robot.buses, joints: joints, model: robot.model,
      feedforward: robot.feedforward, commandTimeout: robot.commandTimeout)
  }

  /// The joint and its margins, as a line of JSON.
  private func line() throws -> String {
    let actual = changed(random.actual)
    var experiment = Experiment.usual(.chirp, joint: 0, of: actual)
    experiment.amplitude = amplitude
    experiment.band = band
    experiment.duration = 10
    let robot = actual.bounded(by: [experiment])
    let simulated = SimulatedRobot(actual, seed: random.seed, injections: random.injections)
    var target = simulated
    try BringUp.run(robot, on: &target)
    var source = ExperimentSource(robot, [experiment], hold: nil)
    var loop = ControlLoop(robot, on: target)
    let arrival = Arrival()
    simulated.tap = { arrival.note($0, period: robot.period) }
    var nothing = NoRecording()
    try loop.run(from: &source, recording: &nothing)
    guard let trace = source.traces.first, trace.abort == nil, var record = JointRecord(trace) else {
      return "{\"seed\": \(random.seed), \"abort\": \"\(source.abort.map { "\($0)" } ?? "no record")\"}"
    }
    let drive =
      random.isClosedOnHost
      ? nil : MeasuredLoop.Drive(stiffness: gains.stiffness, damping: gains.damping, period: 250e-6)
    if random.isClosedOnHost {
      record.appliedTorques = trace.samples.map { $0.hostTorque(period: trace.period) }
      record.carriedTime = trace.measurementAge
    }
    let swept = 2 * Double.pi * band.lowerBound...2 * Double.pi * band.upperBound
    let measured = MeasuredLoop(record, averaging: .swept(swept), drive: drive)
    return "{" + described(arrival.latest) + ", \"answer_ns\": \(arrival.answer)"
      + ", \"rows\": \(measured?.law?.rows ?? 0), \"drive_delay\": \(measured?.law?.positionDelay ?? 0)"
      + ", \"measured\": ["
      + [(1.0, 1.0), (2.0, 1.5), (0.5, 0.6)].compactMap { stiffer, damper in
        measured.map {
          margins($0, stiffness: stiffer * gains.stiffness, damping: damper * gains.damping)
        }
      }.joined(separator: ", ") + "]}"
  }

  private func described(_ arrival: Int64) -> String {
    let physics = random.actual.joints[0].actuator.physics
    return "\"seed\": \(random.seed), \"abort\": null, \"profile\": \(hasProfile),"
      + " \"closed_on_host\": \(random.isClosedOnHost), \"inertia\": \(random.inertia), \"viscous\": \(random.viscous),"
      + " \"coulomb\": \(coulomb), \"amplitude\": \(amplitude), \"delay_cycles\": \(random.delay),"
      + " \"rotor_inertia\": \(RandomJoint.armature), \"arrival_ns\": \(arrival),"
      + " \"stiffness_first\": \(physics?.reducer.stiffness.first ?? 0),"
      + " \"reducer_damping\": \(physics?.reducer.damping ?? 0),"
      + " \"current_bandwidth_hz\": \(hasProfile ? physics?.motor.currentBandwidth ?? 0 : 1000),"
      + " \"stiffness_in_use\": \(gains.stiffness), \"damping_in_use\": \(gains.damping)"
  }

  private func margins(_ measured: MeasuredLoop, stiffness: Double, damping: Double) -> String {
    let margins = measured.margins(stiffness: stiffness, damping: damping)
    func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "null" }
    return "{\"gain_stiffness\": \(stiffness), \"gain_damping\": \(damping),"
      + " \"phase_deg\": \(text(margins.phase.map { $0.value * 180 / .pi })),"
      + " \"crossover\": \(text(margins.phase?.frequency)), \"gain\": \(text(margins.gain?.value)),"
      + " \"phase_crossover\": \(text(margins.gain?.frequency))}"
  }

  /// All loops, one a line.
  static func text() throws -> String {
    try all.map { try $0.line() }.joined(separator: "\n") + "\n"
  }
}
