public import ControlCycle
public import JointControl

/// What the hash of a run goes into: frames come from the buses, states from the loop.
final class HashCell {
  var hash = RunHash()
}

/// Looks at every cycle of a scenario's run; allocates nothing on the way unless a trace is kept.
struct ScenarioRecorder: CycleRecorder, ~Copyable {
  private(set) var monitors: [ExpectationMonitor]
  private(set) var invariants: InvariantMonitor
  /// Joints that were given up when the last cycle was over.
  private(set) var isolated = JointSet()
  /// The run cycle by cycle, where that is kept.
  private(set) var trace: ScenarioTrace?
  private var signals: CycleSignals
  private let robot: SimulatedRobot
  private let cell: HashCell

  init(
    _ expectations: [ScenarioExpectation], robot: SimulatedRobot, jointCount: Int, reference: Int64,
    cell: HashCell,
    keepsTrace: Bool
  ) {
    trace = keepsTrace ? ScenarioTrace(jointCount: jointCount) : nil
    monitors = expectations.map { ExpectationMonitor($0, jointCount: jointCount) }
    invariants = InvariantMonitor(jointCount: jointCount)
    signals = CycleSignals(jointCount: jointCount, reference: reference)
    self.robot = robot
    self.cell = cell
  }

  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    let cycle = record.cycle
    signals.take(cycle, control: control, robot: robot)
    for index in monitors.indices { monitors[index].take(signals, control: control, robot: robot) }
    invariants.take(copy record, time: signals.time, transmitted: transmitted, control: control)
    cell.hash.add(cycle, control)
    trace?.take(signals, control: control)
    isolated = control.safety.isolated
  }

  /// Takes an instant [ns] at which the loop is gone and the drives are left to themselves.
  mutating func takeSilence(at time: Int64, control: borrowing ControlCycle) {
    let seconds = signals.seconds(time)
    for index in monitors.indices { monitors[index].takeSilence(at: seconds, control: control, robot: robot) }
  }
}

/// A scenario's recorder and what else looks at every cycle after it.
struct ObservedRecorder<Observer: CycleRecorder & ~Copyable>: CycleRecorder, ~Copyable {
  var recorder: ScenarioRecorder
  var observer: Observer

  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    recorder.record(
      record, received: received, setpoints: setpoints, transmitted: transmitted, control: control)
    observer.record(
      record, received: received, setpoints: setpoints, transmitted: transmitted, control: control)
  }
}

/// Looks at nothing.
public struct NoObserver: CycleRecorder {
  /// One that looks at nothing.
  public init() {}

  /// Does nothing.
  public mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {}
}
