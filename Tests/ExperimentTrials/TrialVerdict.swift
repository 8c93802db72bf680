import ControlCycle
public import JointControl
import Simulation

/// What a trial came to, and what of it was not as it has to be.
public struct TrialVerdict: Sendable {
  /// Why the experiment ended early.
  public var abort: ExperimentAbort?
  /// Whether the drives were ever on.
  public var wasArmed = false
  /// Largest ratios of what was seen to what is allowed: commanded torque, true torque, true speed, true travel.
  public var ratios = [0.0, 0.0, 0.0, 0.0]
  /// What was not as it has to be.
  public var violations: [String] = []
}

extension ExperimentTrial {
  /// Longest time that a run may take [s].
  static var patience: Double { 40 }

  /// Runs the trial.
  public func run() throws -> TrialVerdict {
    let robot = joint.described.bounded(by: [experiment])
    let reference = joint.simulated(stand: Stand())
    var sound = reference
    try BringUp.run(robot, on: &sound)
    let begin = sound.now
    let injections = injections(after: begin)
    let stand = Stand()
    let simulated = joint.simulated(injecting: injections, stand: stand)
    var target = HangingHost(
      simulated, hangsAt: mishap == .hostHangs ? begin + Int64(moment * span * 1e9) : .max)
    try BringUp.run(robot, on: &target)
    let key = HoldToRun(firstGap: 0.1, gap: 0.05)
    var source = TrialSource(
      FaultySource(ExperimentSource(robot, [experiment], hold: key), injections: injections, robot: robot),
      key: key, simulated: simulated, stand: stand,
      release: mishap == .keyReleased ? moment * span : .infinity,
      stop: mishap == .stopRequested ? moment * span : .infinity)
    var watch = TrialWatch(experiment.envelope)
    var loop = ControlLoop(robot, on: target)
    do throws(ControlFault) { try loop.run(from: &source, recording: &watch) } catch {}
    var verdict = TrialVerdict()
    verdict.abort = source.faulty.source.abort
    verdict.wasArmed = watch.wasArmed
    if source.isCutOff { verdict.violations.append("it does not end") }
    if watch.wasArmed && !watch.endsInDamping {
      verdict.violations.append("the last command before the drives went off was no damping")
    }
    if case .disarmed = loop.control.safety.state {
    } else {
      verdict.violations.append("the drives are asked to be on")
    }
    _ = simulated.wait(until: simulated.now + 50_000_000)
    if simulated.motorTorque(of: 0).magnitude > 1e-6 { verdict.violations.append("the motor is not off") }
    judge(&verdict, source, watch)
    return verdict
  }

  private func judge(_ verdict: inout TrialVerdict, _ source: borrowing TrialSource, _ watch: TrialWatch) {
    let envelope = experiment.envelope
    func check(_ place: Int, _ what: String, _ seen: Double, _ allowed: Double) {
      verdict.ratios[place] = seen / allowed
      if seen > allowed { verdict.violations.append("\(what) \(seen), allowed \(allowed)") }
    }
    check(0, "commanded torque", watch.torque, envelope.torque * (1 + 1e-9))
    if watch.isOutside { verdict.violations.append("a commanded position outside the envelope") }
    // What a drive that obeys makes of a command between two of them.
    let bounds = TrialBounds(self, speed: source.speed)
    if mishap != .torqueScale { check(1, "true torque", source.torque, bounds.torque) }
    guard mishap.isSound else { return }
    check(2, "true speed", source.speed, bounds.speed)
    check(3, "true travel", source.travel, bounds.travel)
  }
}

/// What the joint may really do, from the envelope and from what follows between an instant and the answer to it.
///
/// Position is judged by samples that are `delay` cycles old, and the answer takes one more to act. From there a drive that obeys
/// brakes with at least R = min(K x travel, torque limit) less what pushes: it comes to rest within J v^2 / 2 R. Where stiffness has
/// to grow first, it coasts for the time in which laws fade. A drive that is lost gives its last torque until its watchdog ends
/// that, and then the joint coasts against its own friction, within J v^2 / 2 F.
struct TrialBounds {
  /// Highest true torque [N.m].
  let torque: Double
  /// Highest true speed [rad/s].
  let speed: Double
  /// Farthest from the beginning [rad].
  let travel: Double

  /// Bounds of a trial in which the joint reached a true speed [rad/s].
  init(_ trial: ExperimentTrial, speed reached: Double) {
    let (joint, envelope) = (trial.joint, trial.experiment.envelope)
    let configuration = joint.described.joints[0].configuration
    let cycle = 1e-3
    let reaction = Double(joint.delay + 1) * cycle
    let push = trial.mishap == .pushed ? trial.intensity.magnitude : 0
    let watchdog = trial.mishap.losesDrive ? 0.022 : 0
    // Rotor and load meet again after the backlash: the load alone has the speed until then.
    let acceleration = (envelope.torque + push) / joint.inertia
    torque =
      envelope.torque * 1.001 + configuration.gains.damping * (envelope.torque / RandomJoint.armature) * cycle
    // A motion that somebody else asks for is cut to the velocity limit; the joint swings over by what its damping leaves.
    let isMisled = trial.mishap == .setpointJumps
    speed = (isMisled ? 1.35 : 1) * envelope.velocity + acceleration * (reaction + watchdog)
    let resistance = max(min(configuration.gains.stiffness * envelope.travel, envelope.torque) - push, 1e-3)
    let energy = 0.5 * joint.inertia * reached * reached
    var way = reached * (reaction + watchdog) + 0.5 * acceleration * watchdog * watchdog
    switch trial.experiment.kind {
    case .relay, .breakaway: way += reached * LawOutput.fadeTime
    default: break
    }
    // The commanded motion brakes with the acceleration limit before it rests.
    var asked = isMisled ? envelope.velocity : 0
    switch trial.experiment.kind {
    case .friction, .gravity, .torqueConstant: asked = max(asked, reached)
    default: break
    }
    way += 0.5 * asked * asked / configuration.limits.acceleration
    way += trial.mishap.losesDrive ? energy / joint.coulomb : energy / resistance
    // Steps of position on the wire, and what gives way between rotor and load.
    travel = envelope.travel + way + joint.backlash + 0.002
  }
}
