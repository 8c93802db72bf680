import CServoBus
import ControlCycle
public import JointControl

/// A simulated robot on open interfaces, at real pace, for any other program.
///
/// What comes in on an interface is the host's frame on the simulated bus; what drives send to the host goes out. The
/// instant at which the kernel received a frame is the one at which it is sent on the simulated bus, whenever this program
/// gets round to it: a drive's watchdog sees the silence of the other program and not the lateness of this one.
public struct RobotGateway: ~Copyable {
  /// The robot.
  public let robot: SimulatedRobot
  private var buses: OpenBuses
  private let tick: Int64
  /// Instant of CLOCK_MONOTONIC at simulated instant 0 [ns].
  private let origin: Int64
  private var incoming = FrameBuffer(capacity: ReceiveRoom.drives)
  private var outgoing = FrameBuffer(capacity: 16 * Capacity.joints)
  private var single = FrameBuffer(capacity: 1)

  /// A gateway between a robot, made with pace `fast`, and its buses.
  ///
  /// `tick` is the time between two looks at the interfaces [ns], which answers may wait for.
  public init(_ robot: SimulatedRobot, on buses: consuming OpenBuses, tick: Int64) {
    precondition(tick > 0)
    self.robot = robot
    self.buses = buses
    self.tick = tick
    origin = servo_clock_now() - robot.now
  }

  /// Frames for which there was no room on the way.
  public var dropped: Int { incoming.dropped + outgoing.dropped + robot.overrun }

  /// What a bus's interface carried and met so far.
  public func traffic(ofBus bus: Int) -> BusTraffic { buses.traffic(ofBus: bus) }

  /// Sleeps until the next tick, takes what has come, lets everything happen up to now, and gives what is there.
  public mutating func turn() {
    _ = servo_clock_sleep_until(origin + (robot.now / tick + 1) * tick)
    let woken = servo_clock_now() - origin
    incoming.removeAll()
    buses.receive(into: &incoming)
    for index in (0..<incoming.count).sorted(by: { (incoming[$0].time, $0) < (incoming[$1].time, $1) }) {
      let frame = incoming[index]
      _ = robot.wait(until: frame.time - origin)
      single.removeAll()
      single.append(frame)
      robot.send(single)
    }
    _ = robot.wait(until: woken)
    outgoing.removeAll()
    robot.receive(into: &outgoing)
    buses.send(outgoing)
  }
}
