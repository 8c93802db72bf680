public import ControlCycle
public import JointControl

extension SimulatedRobot: RecoverableTarget {
  /// The state of the host's controller on a bus.
  public func state(ofBus bus: Int) -> BusState { buses[wire(ofPort: bus)].hostState(at: now) }

  /// Drops what waits in the host's queue; there is none while the adapter is away.
  public func purge(bus: Int) -> RecoveryAnswer {
    buses[wire(ofPort: bus)].purgeHost()
    return .done
  }

  /// Starts the host's controller again, which works once what took it off the bus is over.
  public func restart(bus: Int) -> RecoveryAnswer {
    buses[wire(ofPort: bus)].restartHost(at: now)
      ? .done : .pending("the bus is still \(state(ofBus: bus).name)")
  }

  /// The bus that a port of the host is on.
  private func wire(ofPort port: Int) -> Int {
    precondition(port >= 0 && port < busCount)
    return injector.wire(ofPort: port, at: now)
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
