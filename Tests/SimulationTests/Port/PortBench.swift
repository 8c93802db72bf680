import AllocationGuard
import ControlCycle
import Glibc
import TestSupport

@testable import JointControl
@testable import Simulation

/// A run of an arm of two joints whose setpoints come through a command port, on this thread: what the clients do stands
/// in `act`, once a cycle, with the number of cycles since the port was first asked.
struct PortBench {
  /// A cycle as it was sent.
  struct Row {
    var positions: [Double]
    var velocities: [Double]
    var torques: [Double]
    var stiffness: [Double]
    var isFrozen: Bool
    var phase: PortFigures.Phase
  }
  /// What a run was.
  struct Result {
    var fault: ControlFault?
    /// From the first cycle in which the port was asked.
    var rows: [Row]
    var figures: PortFigures
    var allocations: Int64
    /// Number of the first cycle in which the port was asked.
    var first: Int64
  }

  static let robot = SampleRobots.arm(losses: .planetary)
  /// Path of a port that no other test has.
  let path: String
  let port: CommandPort

  init(takesGains: Bool = false) throws {
    path = "/tmp/sinew-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).port"
    port = try CommandPort(path, robot: Self.robot, takesGains: takesGains)
  }

  func client(_ name: String = "test", wish: PortClient.Wish = .lease, period: Int64 = 20_000_000) throws
    -> PortClient
  {
    try PortClient(path, name: name, period: period, wish: wish)
  }

  /// Runs for a time [s]. `ignoresAge` is the control of every test of the watchdog: every cycle then counts as fresh.
  func run(for time: Double, ignoresAge: Bool = false, act: @escaping (Int) -> Void) throws -> Result {
    var target = SimulatedRobot(Self.robot, seed: 1, faults: [], pace: .fast)
    try BringUp.run(Self.robot, on: &target)
    var source = Source(
      player: MotionPlayer(nil, robot: Self.robot, runTime: time), port: port.makeSource(), act: act,
      ignoresAge: ignoresAge)
    var recorder = Recorder(publisher: port.makePublisher(), figures: port.shared)
    var law = port.makeLaw()
    var loop = ControlLoop(Self.robot, on: target)
    var fault: ControlFault?
    do throws(ControlFault) {
      try loop.run(from: &source, applying: &law, recording: &recorder)
    } catch { fault = error }
    let first = source.first
    return Result(
      fault: fault, rows: Array(recorder.rows.dropFirst(Int(first))), figures: port.figures,
      allocations: source.allocations, first: first)
  }

  private struct Source: SetpointSource, ~Copyable {
    var player: MotionPlayer
    var port: PortSource
    let act: (Int) -> Void
    let ignoresAge: Bool
    var first: Int64 = -1
    var allocations: Int64 = 0

    init(
      player: consuming MotionPlayer, port: consuming PortSource, act: @escaping (Int) -> Void,
      ignoresAge: Bool
    ) {
      self.player = player
      self.port = port
      self.act = act
      self.ignoresAge = ignoresAge
    }

    mutating func next(
      _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
    ) -> Directive {
      let directive = player.next(cycle, control: control, into: &setpoints)
      if player.phase != .playing {
        port.pause()
        return directive
      }
      if first < 0 { first = cycle.number }
      act(Int(cycle.number - first))
      allocation_guard_enter()
      let ends = port.fill(cycle, control: control, into: &setpoints)
      let count = allocation_guard_leave()
      // The first cycles make the metadata of generic types, where no test before them did.
      if cycle.number > first + 5 { allocations += count }
      if ends { player.isStopRequested = true }
      if ignoresAge { setpoints.sequence = cycle.number + 1_000_000 }
      return directive
    }
  }

  private struct Recorder: CycleRecorder, ~Copyable {
    let publisher: PortPublisher
    let figures: UnsafeMutablePointer<PortFigures>
    var rows: [Row] = []

    init(publisher: consuming PortPublisher, figures: UnsafeMutablePointer<PortFigures>) {
      self.publisher = publisher
      self.figures = figures
    }

    mutating func record(
      _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
      transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
    ) {
      publisher.publish(record.cycle, control: control)
      var row = Row(
        positions: [], velocities: [], torques: [], stiffness: [], isFrozen: control.safety.isFrozen,
        phase: figures.pointee.phase)
      for joint in 0..<control.jointCount {
        row.positions.append(control.motions[joint].position)
        row.velocities.append(control.motions[joint].velocity)
        row.torques.append(control.commands[joint].torque)
        row.stiffness.append(control.commands[joint].stiffness)
      }
      rows.append(row)
    }
  }
}

extension PortBench.Result {
  /// Whether every commanded motion kept every limit of the arm, within rounding.
  var keepsLimits: Bool {
    for (joint, configured) in PortBench.robot.joints.enumerated() {
      let limits = configured.configuration.limits
      for row in rows {
        let (q, v) = (row.positions[joint], row.velocities[joint])
        if !(q >= limits.minPosition - 1e-9 && q <= limits.maxPosition + 1e-9) { return false }
        if !(v.magnitude <= limits.velocity + 1e-9) { return false }
      }
      // The limiter counts acceleration from one step of the position to the next.
      for ((a, b), c) in zip(zip(rows, rows.dropFirst()), rows.dropFirst(2)) {
        let bend = (c.positions[joint] - 2 * b.positions[joint] + a.positions[joint]).magnitude
        if !(bend <= limits.acceleration * 1e-6 * (1 + 1e-6) + 1e-12) { return false }
      }
    }
    return true
  }
}
