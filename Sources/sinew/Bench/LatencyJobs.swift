import CServoBus
import ControlCycle
import JointControl
import Simulation

/// A loop that does nothing but wake in time: what the host alone costs.
struct EmptyCycleJob: RealtimeJob {
  let period: Int64
  let duration: Int64
  let spinTail: Int64
  let times: StageTimes

  mutating func run() {
    var instant = servo_clock_now() + 2_000_000
    let end = instant + duration
    while instant < end {
      _ = servo_clock_spin_until(instant, spinTail)
      let lateness = servo_clock_now() - instant
      times.wake.add(lateness)
      // As the loop of a real robot: instants that have passed are left out.
      let missed = max(0, lateness / period)
      times.missed += missed
      instant += (1 + missed) * period
    }
  }
}

/// The control loop of a simulated robot that holds its pose.
struct RobotCycleJob: RealtimeJob {
  let robot: Robot
  let duration: Double
  let spinTail: Int64
  let times: StageTimes
  private(set) var failure: Failure?

  init(robot: Robot, duration: Double, spinTail: Int64, times: StageTimes) {
    self.robot = robot
    self.duration = duration
    self.spinTail = spinTail
    self.times = times
  }

  mutating func run() {
    let stand = Stand()
    var simulated = SimulatedRobot(robot, seed: 1, pace: .real, spinTail: spinTail, stand: stand)
    do throws(BringUpError) { try BringUp.run(robot, on: &simulated) } catch {
      failure = Failure(error)
      return
    }
    var loop = ControlLoop(robot, on: StampedTarget(simulated, period: robot.period, times: times))
    var source = InterruptibleSource(
      player: MotionPlayer(nil, robot: robot, runTime: duration), stand: stand)
    var recorder = NoRecorder()
    do throws(ControlFault) { try loop.run(from: &source, recording: &recorder) } catch {
      failure = Failure(
        kind: "fault", location: robot.name, message: "fault stop: \(error)",
        fix: "see that sinew run goes through with this robot", code: Failure.checkFailed)
    }
  }
}

/// Keeps nothing.
struct NoRecorder: CycleRecorder {
  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {}
}
