import CServoBus
import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// A simulated robot behind an interface, and a loop in front of it, in one process.
@Suite("The gateway") struct GatewayTests {
  /// The arm, both buses on cannelloni, which needs no multicast route.
  private static func robot() -> Robot {
    let arm = SampleRobots.arm(period: 10_000_000)
    let port = UInt16.random(in: 20000...40000)
    var buses = arm.buses
    for index in buses.indices {
      let first = Int(port) + 2 * index
      buses[index].interface = "cannelloni://127.0.0.1:\(first)?local=\(first + 1)"
    }
    return Robot(
      name: arm.name, period: arm.period, buses: buses, joints: arm.joints, model: arm.model,
      feedforward: arm.feedforward, commandTimeout: arm.commandTimeout)
  }

  @Test("A frame reaches the drive at the instant the kernel received it, however late the gateway looks")
  func instants() throws {
    let robot = Self.robot()
    let simulated = SimulatedRobot(robot, seed: 1)
    simulated.observesDrives = true
    var gateway = RobotGateway(simulated, on: try OpenBuses(robot, as: .drives), tick: 1_000_000)
    let host = try OpenBuses(robot)
    gateway.turn()
    var frames = FrameBuffer(capacity: 4)
    frames.append(DriveCodec.encode(DriveRequest.enable, for: robot.joints[0].configuration.drive))
    host.send(frames)
    let sent = servo_clock_now()
    // The gateway is away for 60 ms, three times the watchdog.
    _ = servo_clock_sleep_until(sent + 60_000_000)
    gateway.turn()
    let contact = try #require(simulated.contact(of: 0).lastFrame)
    #expect(simulated.now - contact >= 50_000_000, "\(simulated.now - contact) ns ago")
    let received = [gateway.traffic(ofBus: 0).received, gateway.traffic(ofBus: 1).received]
    #expect(received == [1, 0])
  }

  @Test("What drives send to the host goes out, what the host sent does not")
  func answers() throws {
    let robot = Self.robot()
    var gateway = RobotGateway(
      SimulatedRobot(robot, seed: 1), on: try OpenBuses(robot, as: .drives), tick: 1_000_000)
    var host = try OpenBuses(robot)
    var frames = FrameBuffer(capacity: 64)
    for joint in robot.joints {
      frames.append(DriveCodec.encode(DriveRequest.disable, for: joint.configuration.drive))
    }
    host.send(frames)
    for _ in 0..<20 { gateway.turn() }
    frames.removeAll()
    host.receive(into: &frames)
    let heard = (0..<frames.count).map { frames[$0] }
    #expect(heard.count == 2)
    for frame in heard {
      let answers = DriveCodec.answers(frame, robot.joints[Int(frame.bus)].configuration.drive)
      #expect(answers)
    }
    let dropped = gateway.dropped
    #expect(dropped == 0)
  }
}
