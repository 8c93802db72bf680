public import ControlCycle
public import JointControl

extension SimulatedRobot: RecoverableTarget {
  /// The state of the host's controller on a bus.
  public func state(ofBus bus: Int) -> BusState { hostState(ofBus: bus) }

  /// Drops what waits in the host's queue; there is none while the adapter is away.
  public func purge(bus: Int) -> RecoveryAnswer {
    purgeHost(ofBus: bus)
    return .done
  }

  /// Starts the host's controller again, which works once what took it off the bus is over.
  public func restart(bus: Int) -> RecoveryAnswer {
    restartHost(ofBus: bus) ? .done : .pending("the bus is still \(hostState(ofBus: bus).name)")
  }
}

extension LiveRobot: RecoverableTarget {
  /// The state of the host's controller on a bus.
  public func state(ofBus bus: Int) -> BusState { robot.state(ofBus: bus) }

  /// Drops what waits in the host's queue.
  public func purge(bus: Int) -> RecoveryAnswer { robot.purge(bus: bus) }

  /// Starts the host's controller again, which works once what took it off the bus is over.
  public func restart(bus: Int) -> RecoveryAnswer { robot.restart(bus: bus) }
}
