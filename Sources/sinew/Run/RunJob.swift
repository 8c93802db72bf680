import ControlCycle
import JointControl
import Simulation

/// What a loop runs on.
enum RunPlace: ~Copyable {
  /// A simulated robot whose time waits for the loop.
  case lockstep(SimulatedRobot)
  /// A simulated robot whose time does not.
  case live(SimulatedRobot)
  /// A robot on its interfaces.
  case real(RealRobot)
}

/// What a bus carried in a run.
struct BusCarried {
  /// Part of the time that the bus carried frames; nil where nobody can tell.
  var load: Double?
  /// What went over a real interface.
  var traffic: BusTraffic?
}

/// What the loop's thread does: no drive is touched before the kernel granted what the loop needs.
struct RunJob: RealtimeJob, ~Copyable {
  let robot: Robot
  private var place: RunPlace?
  var source: InterruptibleSource
  var recorder: RunRecorder
  private(set) var bringUpError: BringUpError?
  private(set) var bringUp = RunReport.BringUpOutcome()
  private(set) var fault: ControlFault?
  private(set) var lost = RunReport.Lost()
  /// By bus.
  private(set) var carried: [BusCarried] = []

  init(
    robot: Robot, place: consuming RunPlace, source: consuming InterruptibleSource,
    recorder: consuming RunRecorder
  ) {
    self.robot = robot
    self.place = .some(place)
    self.source = source
    self.recorder = recorder
  }

  mutating func run() {
    guard let robotOrTwin = self.place.take() else { return }
    switch consume robotOrTwin {
    case .lockstep(let simulated):
      var buses = simulated
      guard bringsUp(&buses) else { return }
      _ = run(ControlLoop(robot, on: simulated))
      note(simulated)
    case .live(let simulated):
      var buses = simulated
      guard bringsUp(&buses) else { return }
      _ = run(ControlLoop(robot, on: LiveRobot(simulated, period: robot.period)))
      note(simulated)
    case .real(var real):
      guard bringsUp(&real) else { return real.secure() }
      let loop = run(ControlLoop(robot, on: real))
      loop.target.secure()
      for bus in robot.buses.indices {
        let traffic = loop.target.traffic(ofBus: bus)
        lost.droppedFrames += Int(traffic.unsent + traffic.missing)
        carried.append(BusCarried(load: nil, traffic: traffic))
      }
    }
  }

  private mutating func bringsUp<LoopTarget: Target & ~Copyable>(_ target: inout LoopTarget) -> Bool {
    do throws(BringUpError) {
      let start = target.now
      bringUp.identities = try BringUp.run(robot, on: &target)
      bringUp.time = target.now - start
      return true
    } catch {
      bringUpError = error
      return false
    }
  }

  private mutating func run<LoopTarget: Target & ~Copyable>(
    _ stopped: consuming ControlLoop<LoopTarget>
  ) -> ControlLoop<LoopTarget> {
    var loop = stopped
    do throws(ControlFault) { try loop.run(from: &source, recording: &recorder) } catch { fault = error }
    lost.droppedFrames = loop.droppedFrames
    lost.unknownFrames = loop.control.unknownFrames
    for joint in robot.joints.indices { lost.rejectedSamples += loop.control.samples[joint].rejected }
    return loop
  }

  private mutating func note(_ simulated: SimulatedRobot) {
    lost.droppedFrames += simulated.overrun
    for bus in robot.buses.indices {
      let statistics = simulated.statistics(ofBus: bus)
      lost.droppedFrames += statistics.dropped
      carried.append(BusCarried(load: statistics.load, traffic: nil))
    }
  }
}
