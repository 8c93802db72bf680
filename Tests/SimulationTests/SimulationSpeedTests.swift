import ControlCycle
import Glibc
import JointControl
import TestSupport
import Testing

@testable import Simulation

@Suite struct SimulationSpeedTests {
  /// Processor time of this thread [s]; what other work the machine does leaves it alone.
  private var threadTime: Double {
    var now = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
  }

  /// 34 joints and their buses at 1 kHz. Measured on one core of an EPYC at 3 GHz: 25 times real time in a
  /// release build, twice real time in a debug build; the bound leaves room for slower machines.
  @Test func keepsUpWithRealTime() {
    let robot = SampleRobots.chain(joints: 34)
    let simulated = SimulatedRobot(robot, seed: 1)
    var transmit = FrameBuffer(capacity: 64)
    var received = FrameBuffer(capacity: 128)
    for joint in robot.joints {
      transmit.append(DriveCodec.encode(.enable, for: joint.configuration.drive))
    }
    simulated.send(transmit)
    transmit.removeAll()
    for joint in robot.joints {
      let command = MotorCommand(position: 0.1, stiffness: 40, damping: 1)
      transmit.append(DriveCodec.encode(command, for: joint.configuration.drive))
    }
    let start = threadTime
    for cycle: Int64 in 1...1000 {
      _ = simulated.wait(until: cycle * robot.period)
      received.removeAll()
      simulated.receive(into: &received)
      #expect(received.count == 34)
      simulated.send(transmit)
    }
    let elapsed = threadTime - start
    print("ROBOT", elapsed)
    #expect(elapsed < 2)
  }
}
