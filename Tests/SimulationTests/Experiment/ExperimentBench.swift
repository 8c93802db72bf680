import ControlCycle
import Foundation
import JointControl
import RobotDescription
import TestSupport

@testable import Simulation

/// Runs experiments on a simulated robot and watches what really happens below.
struct ExperimentBench {
  /// What a run came to.
  struct Outcome {
    var traces: [ExperimentTrace] = []
    var abort: ExperimentAbort?
    var completed = 0
    var fault: ControlFault?
    /// Simulated time that the loop ran [s].
    var time = 0.0
    /// Largest deviation of the experiment's joint from where it was when the first excitation began [rad].
    var travel = 0.0
    /// Highest true speed, and highest true torque of the motor [rad/s, N.m], while anything was excited.
    var speed = 0.0
    var torque = 0.0
    /// Whether the last command before the drives went off was damping alone.
    var endsInDamping = false
    var areOff = false
    /// Whether the robot was ever armed.
    var wasArmed = false
  }

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static func rig() throws -> Robot { try RobotDescription.load(root.appending(path: "Robots/rig").path) }

  let robot: Robot
  let experiments: [Experiment]
  var hold: HoldToRun?
  /// Called in each cycle with its number and the source, before it gives its setpoints.
  var meddle: (Int64, inout ExperimentSource, SimulatedRobot) -> Void = { _, _, _ in }

  init(_ robot: Robot, _ experiments: [Experiment], hold: HoldToRun? = nil) {
    self.robot = robot
    self.experiments = experiments
    self.hold = hold
  }

  /// Brings the robot up and runs the experiments on what is there.
  func run(on simulated: SimulatedRobot, stand: Stand) throws -> Outcome {
    let bounded = robot.bounded(by: experiments)
    var target = simulated
    try BringUp.run(bounded, on: &target)
    var source = WatchedExperiments(
      source: ExperimentSource(bounded, experiments, hold: hold), robot: simulated, stand: stand,
      meddle: meddle)
    var recorder = LastCommand(joint: experiments.first?.joint ?? 0)
    var outcome = Outcome()
    let begin = simulated.now
    var loop = ControlLoop(bounded, on: target)
    do throws(ControlFault) {
      try loop.run(from: &source, recording: &recorder)
    } catch { outcome.fault = error }
    outcome.time = Double(simulated.now - begin) * 1e-9
    outcome.traces = source.source.traces
    outcome.abort = source.source.abort
    outcome.completed = source.source.completed
    outcome.travel = source.travel
    outcome.speed = source.speed
    outcome.torque = source.torque
    outcome.endsInDamping = recorder.endsInDamping
    outcome.wasArmed = recorder.wasArmed
    _ = simulated.wait(until: simulated.now + 50_000_000)
    outcome.areOff = robot.joints.indices.allSatisfy { simulated.motorTorque(of: $0).magnitude < 1e-6 }
    return outcome
  }

  /// As above, on a robot as it is described.
  func run(seed: UInt64 = 1, injecting faults: [Injection] = []) throws -> Outcome {
    let stand = Stand()
    return try run(
      on: SimulatedRobot(robot, seed: seed, injections: faults, stand: stand), stand: stand)
  }
}

/// Lets the body go when it is armed, and notes what the first experiment's joint does.
struct WatchedExperiments: SetpointSource, ~Copyable {
  var source: ExperimentSource
  let robot: SimulatedRobot
  let stand: Stand
  let meddle: (Int64, inout ExperimentSource, SimulatedRobot) -> Void
  private(set) var travel = 0.0
  private(set) var speed = 0.0
  private(set) var torque = 0.0
  private var start: Double?

  init(
    source: consuming ExperimentSource, robot: SimulatedRobot, stand: Stand,
    meddle: @escaping (Int64, inout ExperimentSource, SimulatedRobot) -> Void
  ) {
    self.source = source
    self.robot = robot
    self.stand = stand
    self.meddle = meddle
  }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if control.safety.state == .armed { stand.letGo() }
    meddle(cycle.number, &source, robot)
    let directive = source.next(cycle, control: control, into: &setpoints)
    if let joint = source.experiments.first?.joint {
      let position = robot.position(of: joint)
      switch source.phase {
      case .reading, .arming, .settling:
        if start == nil && source.phase == .settling { start = position }
      case .exciting, .returning, .stopping:
        travel = max(travel, (position - (start ?? position)).magnitude)
        speed = max(speed, robot.velocity(of: joint).magnitude)
        torque = max(torque, robot.motorTorque(of: joint).magnitude)
      case .relaxing, .finished: break
      }
    }
    return directive
  }
}

/// The last command before drives were switched off.
struct LastCommand: CycleRecorder {
  let joint: Int
  var endsInDamping = false
  private(set) var wasArmed = false

  init(joint: Int) { self.joint = joint }

  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    switch control.safety.state {
    case .disarmed: break
    case .arming, .armed, .stopping, .fault:
      if control.safety.state == .armed { wasArmed = true }
      let command = control.commands[joint]
      endsInDamping = command.stiffness == 0 && command.damping > 0
    }
  }
}
