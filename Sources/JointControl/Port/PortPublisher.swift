internal import CCommandPort
public import ControlCycle

/// Puts the robot's state after each cycle where the clients of a command port see it.
public struct PortPublisher: ~Copyable {
  private let memory: UnsafeMutablePointer<command_port_states>
  private let state: UnsafeMutablePointer<command_port_state>
  private let figures: UnsafeMutablePointer<PortFigures>

  init(_ port: CommandPort) {
    memory = command_port_host_states(port.host)
    figures = port.shared
    state = .allocate(capacity: 1)
    state.initialize(to: command_port_state())
  }

  deinit { state.deallocate() }

  /// Publishes the state after a cycle; on the loop's thread.
  public func publish(_ cycle: Cycle, control: borrowing ControlCycle) {
    state.pointee.cycle = cycle.number
    state.pointee.time_ns = cycle.time
    state.pointee.lease = figures.pointee.lease
    state.pointee.set_sequence = figures.pointee.sequence
    state.pointee.set_stamp_ns = figures.pointee.stamp
    state.pointee.set_age_ns = figures.pointee.sequence == 0 ? 0 : cycle.time - figures.pointee.acceptedAt
    state.pointee.set_latency_cycles = figures.pointee.latency
    state.pointee.accepted = figures.pointee.accepted
    for reason in 0..<Int(COMMAND_PORT_REASONS) {
      command_port_refused_at(state, Int32(reason)).pointee = figures.pointee.refused[reason]
    }
    state.pointee.safety = Self.number(of: control.safety.state)
    state.pointee.fault = UInt32(control.safety.fault.kind.code)
    state.pointee.phase = figures.pointee.phase.rawValue
    state.pointee.joint_count = UInt32(control.jointCount)
    for joint in 0..<control.jointCount {
      let place = command_port_state_at(state, Int32(joint))
      place.pointee.position_rad = control.states[joint].position
      place.pointee.velocity_rad_s = control.states[joint].velocity
      place.pointee.torque_nm = control.states[joint].torque
      place.pointee.commanded_position_rad = control.motions[joint].position
      place.pointee.commanded_velocity_rad_s = control.motions[joint].velocity
      place.pointee.age_cycles = Int64(control.states[joint].age)
    }
    command_port_put_state(memory, state)
  }

  private static func number(of state: SafetyState) -> UInt32 {
    switch state {
    case .disarmed: 0
    case .arming: 1
    case .armed: 2
    case .stopping: 3
    case .fault: 4
    }
  }
}
