internal import CCommandPort
internal import CServoBus
public import ControlCycle

/// Setpoints from a command port: the newest set of the owner, once a cycle, without waiting.
///
/// The command watchdog of the cycle counts sets that were accepted, and nothing else: what is between two sets is marked as
/// not fresh (`SetpointBuffer.sequence`). So an owner that hangs, dies or sends what is refused freezes the robot after
/// `command_timeout`, and stops it after three.
public struct PortSource: ~Copyable {
  /// Longest wait for an owner where simulated time waits [ns of the host].
  static var patience: Int64 { 30_000_000_000 }
  /// Time in which the torque of an owner fades that is followed no more [s].
  static var fadeTime: Double { 0.1 }

  private let host: OpaquePointer
  private let figures: UnsafeMutablePointer<PortFigures>
  private let set: UnsafeMutablePointer<command_port_set>
  private let judge: PortJudge
  private let waits: Bool
  private var lease: UnsafePointer<command_port_lease>?
  /// Newest set that was looked at.
  private var looked: UInt64 = 0
  /// Sets that were fresh.
  private var fresh: Int64 = 0
  private var period = 0.0
  private var tracks: InlineArray<64, PortTrack>
  /// Where the joints are held, or were when the lease began.
  private var held: InlineArray<64, Double>
  /// Torque that fades.
  private var rest: InlineArray<64, Double>
  private var restSince: Int64 = 0
  private var blend = PortBlend()
  private var firstAt: Int64 = 0
  /// Whether the owner ended the run.
  private var isEnded = false
  /// Whether somebody had the lease: simulated time waits for the first owner alone.
  private var hadOwner = false

  init(_ port: CommandPort, robot: Robot, takesGains: Bool, waits: Bool) {
    host = port.host
    figures = port.shared
    judge = PortJudge(robot, takesGains: takesGains)
    self.waits = waits
    set = .allocate(capacity: 1)
    set.initialize(to: command_port_set())
    tracks = InlineArray(repeating: PortTrack(restingAt: 0))
    held = InlineArray(repeating: 0)
    rest = InlineArray(repeating: 0)
  }

  deinit { set.deallocate() }

  /// A cycle in which the port is not asked: the robot is not armed, or stops.
  public mutating func pause() {
    figures.pointee.phase = .closed
    figures.pointee.hasGains = false
    lease = command_port_host_lease(host)
    figures.pointee.lease = lease?.pointee.number ?? 0
    // What was written before the port opens is never followed.
    if let lease {
      looked = command_port_newest(lease.pointee.memory)
      hadOwner = true
    }
  }

  /// Fills in the setpoints of a cycle in which the robot is armed.
  ///
  /// - Returns: whether the owner ended the run.
  public mutating func fill(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Bool {
    if fresh < setpoints.sequence { fresh = setpoints.sequence }
    if case .closed = figures.pointee.phase { hold(cycle, control) }
    if waits { wait(cycle) }
    lookAtLease(cycle, control)
    var isFresh = true
    switch figures.pointee.phase {
    case .free: break
    case .waiting: _ = takeSet(cycle, control)
    case .following, .frozen:
      isFresh = takeSet(cycle, control)
      if !isFresh && control.safety.isFrozen {
        figures.pointee.phase = .frozen
        figures.pointee.hasGains = false
      }
    case .closed: break
    }
    write(cycle, control, into: &setpoints)
    if isFresh { fresh += 1 }
    setpoints.sequence = isFresh ? fresh : -fresh
    return isEnded
  }

  /// Who has the lease now; a change of owner, or one that gave it back, holds the pose.
  private mutating func lookAtLease(_ cycle: Cycle, _ control: borrowing ControlCycle) {
    let newest = command_port_host_lease(host)
    let number = newest?.pointee.number ?? 0
    lease = newest
    if number != figures.pointee.lease {
      figures.pointee.lease = number
      figures.pointee.sequence = 0
      figures.pointee.acceptedCycle = -1
      looked = 0
      hold(cycle, control)
    }
    guard let newest else { return }
    hadOwner = true
    let isReleased = command_port_lease_gone(newest) == 1
    switch figures.pointee.phase {
    case .free: if !isReleased { figures.pointee.phase = .waiting }
    case .waiting, .following, .frozen:
      if isReleased && command_port_newest(newest.pointee.memory) == looked { hold(cycle, control) }
    case .closed: break
    }
  }

  /// Stays where the commanded motion can come to rest.
  private mutating func hold(_ cycle: Cycle, _ control: borrowing ControlCycle) {
    figures.pointee.phase = .free
    figures.pointee.hasGains = false
    restSince = cycle.time
    for joint in 0..<control.jointCount {
      let motion = control.motions[joint]
      let limits = control.joints[joint].limits
      let way = motion.velocity * motion.velocity.magnitude / (2 * limits.acceleration)
      held[joint] = max(limits.minPosition, min(limits.maxPosition, motion.position + way))
      // A frozen joint has none any more.
      rest[joint] = control.safety.isFrozen ? 0 : control.setpoints[joint].torque
      tracks[joint] = PortTrack(restingAt: held[joint])
    }
  }

  /// Takes the owner's newest set, when there is one that may be followed; whether there was.
  private mutating func takeSet(_ cycle: Cycle, _ control: borrowing ControlCycle) -> Bool {
    guard let lease else { return false }
    let newest = command_port_newest(lease.pointee.memory)
    if newest == looked { return false }
    if newest < looked { return refuse(.malformed, newest) }
    // Looked at again in the next cycle: by then it is whole, or another is newer.
    let isWhole = command_port_get_set(lease.pointee.memory, newest, set) == 1
    if !isWhole { return refuse(.torn, looked) }
    if let refusal = judge.refusal(of: set, cycle: cycle.number) { return refuse(refusal, newest) }
    looked = newest
    aim(cycle, control, period: lease.pointee.period_ns)
    note(cycle)
    return true
  }

  private mutating func refuse(_ reason: PortFigures.Refusal, _ newest: UInt64) -> Bool {
    figures.pointee.refused[reason.rawValue] += 1
    looked = newest
    return false
  }

  /// Lets every joint's track go from where it is to the set.
  private mutating func aim(_ cycle: Cycle, _ control: borrowing ControlCycle, period nanoseconds: Int64) {
    let flags = Int(set.pointee.flags)
    let isFirst = figures.pointee.acceptedCycle < 0
    var wasFollowing = false
    if case .following = figures.pointee.phase { wasFollowing = true }
    let elapsed = Double(cycle.time - figures.pointee.acceptedAt) * 1e-9
    let before = period
    period = Double(nanoseconds) * 1e-9
    // After a freeze as after a change of owner: the joints are elsewhere than their tracks.
    let begins = isFirst || !wasFollowing
    if begins {
      hold(cycle, control)
      blend = PortBlend()
      firstAt = cycle.time
    }
    for joint in 0..<control.jointCount {
      let asked = command_port_setpoint_at(set, Int32(joint)).pointee
      let limits = control.joints[joint].limits
      var target = PortTrack.Point()
      target.position = max(limits.minPosition, min(limits.maxPosition, asked.position_rad))
      if flags & Int(COMMAND_PORT_HAS_VELOCITY) != 0 { target.velocity = asked.velocity_rad_s }
      if flags & Int(COMMAND_PORT_HAS_TORQUE) != 0 { target.torque = asked.torque_nm }
      if flags & Int(COMMAND_PORT_HAS_GAINS) != 0 {
        figures.pointee.stiffness[joint] = asked.stiffness_nm_rad
        figures.pointee.damping[joint] = asked.damping_nm_s_rad
      }
      if begins {
        // The blend brings the joint here; the track itself begins at its first set.
        tracks[joint].aim(from: target, to: target, isCubic: false)
        blend.reach(target.position - held[joint], limits: limits)
      } else {
        tracks[joint].aim(
          from: tracks[joint].point(at: elapsed, period: before), to: target,
          isCubic: flags & Int(COMMAND_PORT_HAS_VELOCITY) != 0)
      }
    }
    figures.pointee.hasGains = flags & Int(COMMAND_PORT_HAS_GAINS) != 0
  }

  private mutating func note(_ cycle: Cycle) {
    let gap = figures.pointee.acceptedCycle < 0 ? 0 : cycle.number - figures.pointee.acceptedCycle
    figures.pointee.longestGap = max(figures.pointee.longestGap, gap)
    figures.pointee.phase = .following
    figures.pointee.sequence = looked
    figures.pointee.stamp = set.pointee.stamp_ns
    figures.pointee.acceptedAt = cycle.time
    figures.pointee.acceptedCycle = cycle.number
    figures.pointee.latency =
      set.pointee.answers_cycle < 0 ? -1 : cycle.number - set.pointee.answers_cycle
    figures.pointee.accepted += 1
    if Int(set.pointee.flags) & Int(COMMAND_PORT_ENDS) != 0 { isEnded = true }
  }

  private func write(_ cycle: Cycle, _ control: borrowing ControlCycle, into setpoints: inout SetpointBuffer)
  {
    let faded = 1 - Double(cycle.time - restSince) * 1e-9 / Self.fadeTime
    var isFollowing = true
    switch figures.pointee.phase {
    case .free, .waiting, .closed: isFollowing = false
    case .following, .frozen: break
    }
    for joint in 0..<control.jointCount {
      var point = PortTrack.Point()
      point.position = held[joint]
      if isFollowing {
        let elapsed = Double(cycle.time - figures.pointee.acceptedAt) * 1e-9
        point = blend.mix(
          tracks[joint].point(at: elapsed, period: period), held: held[joint],
          at: Double(cycle.time - firstAt) * 1e-9)
      }
      if faded > 0 { point.torque += faded * rest[joint] }
      setpoints.joints[joint] = JointSetpoint(
        position: point.position, velocity: point.velocity, acceleration: point.acceleration,
        torque: point.torque)
    }
  }
}

// MARK: Simulated time that waits

extension PortSource {
  /// Waits until the owner's next set is due and there, or nobody is there to send it. Only in simulated time: against a clock
  /// nothing waits for an owner.
  private func wait(_ cycle: Cycle) {
    guard isDue(cycle) else { return }
    let begin = servo_clock_now()
    var now = begin
    while !isAnswered && now - begin < Self.patience && servo_signal_caught() == 0 {
      _ = servo_clock_sleep_until(now + 20_000)
      now = servo_clock_now()
    }
  }

  private func isDue(_ cycle: Cycle) -> Bool {
    switch figures.pointee.phase {
    case .free: return !hadOwner
    case .waiting: return true
    case .following: return cycle.time - figures.pointee.acceptedAt >= (lease?.pointee.period_ns ?? 0)
    case .frozen, .closed: return false
    }
  }

  private var isAnswered: Bool {
    guard let newest = command_port_host_lease(host) else { return false }
    return newest.pointee.number != figures.pointee.lease || command_port_lease_gone(newest) != 0
      || command_port_newest(newest.pointee.memory) != looked
  }
}
