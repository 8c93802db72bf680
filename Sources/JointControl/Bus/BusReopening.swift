internal import CServoBus
public import ControlCycle
internal import Glibc

/// What a bus told of its counts so far, so that each cycle hears what is new.
struct BusTold: BitwiseCopyable {
  var refused: Int64 = 0
  var overflowed: Int64 = 0
}

extension OpenBus {
  /// What the bus says of itself now: its state, and what found no room since the last call. Asks nobody: error frames and
  /// errors of the calls before have told it.
  mutating func nextCondition() -> BusCondition {
    var health = servo_can_health()
    let counts = servo_interface_get_counts(interface)
    var state = BusState.errorActive
    var refused = Int64(truncatingIfNeeded: counts.unsent)
    if servo_interface_get_health(interface, &health) == 0 {
      // What it was lost with stays, whatever the controller does on its own afterwards.
      state = BusState(rawValue: health.lost != 0 ? health.lost : health.state) ?? .gone
      refused = health.refused
    } else if servo_interface_error(interface) != 0 {
      state = .gone
    }
    let overflowed = Int64(truncatingIfNeeded: counts.missing)
    defer { told = BusTold(refused: refused, overflowed: overflowed) }
    return BusCondition(
      state: state, refused: UInt16(clamping: refused - told.refused),
      overflowed: UInt16(clamping: overflowed - told.overflowed))
  }

  /// Gives up an interface that only one program may have, such as a terminal, so that it can be opened anew.
  func release() { if kernelName == nil { servo_interface_shut(interface) } }

  /// The state of the bus, as the kernel knows it now; for set-up.
  func stateNow() -> BusState {
    guard let kernelName else { return servo_interface_error(interface) == 0 ? .errorActive : .gone }
    var link = servo_can_link()
    guard servo_can_link_read(kernelName, &link) == 0 else { return .gone }
    if link.is_up == 0 { return .down }
    guard link.has_controller != 0 else { return .errorActive }
    // Stopped and sleeping stand behind bus-off in the kernel's list: neither takes part.
    return BusState(rawValue: link.controller_state).map { min($0, .busOff) } ?? .busOff
  }

  /// Drops what waits in the kernel's queue, by taking the interface down; others have none that outlives them.
  mutating func purge() -> RecoveryAnswer {
    guard let kernelName else {
      release()
      return .done
    }
    let answer = servo_can_link_set_up(kernelName, 0)
    switch -answer {
    // An interface that is no more took its queue with it.
    case 0, ENODEV, ENXIO: return .done
    case EPERM, EACCES:
      // One that went down dropped its queue then; it is for somebody with the right to take it up.
      if case .down = stateNow() { return .done }
      return .refused(
        "\(kernelName) may hold commands from before, and to take it down is not allowed",
        fix:
          "type: sudo ip link set \(kernelName) down, then sudo sinew can up ROBOT, and start the run again")
    default: return .pending("\(kernelName): \(String(cString: strerror(-answer)))")
    }
  }

  /// Takes the interface up, where it is down and that is allowed; what came of it.
  func takeUp() -> RecoveryAnswer {
    guard let kernelName else { return .done }
    switch stateNow() {
    case .gone: return .pending("there is no interface \(kernelName): connect the adapter")
    case .down:
      let answer = servo_can_link_set_up(kernelName, 1)
      switch -answer {
      case 0: return .done
      case EPERM, EACCES: return .pending("\(kernelName) is down: type sudo sinew can up ROBOT")
      default: return .pending("\(kernelName) does not come up: \(String(cString: strerror(-answer)))")
      }
    case .errorActive, .warning, .passive, .busOff: return .done
    }
  }
}

extension RealRobot: RecoverableTarget {
  /// State of a bus, as the kernel knows it now.
  public func state(ofBus bus: Int) -> BusState { buses.buses[bus].stateNow() }

  /// Drops whatever waits to be sent on a bus.
  public func purge(bus: Int) -> RecoveryAnswer { buses.buses[bus].purge() }

  /// Takes a bus's interface up and opens it anew.
  public func restart(bus: Int) -> RecoveryAnswer {
    let answer = buses.buses[bus].takeUp()
    guard answer == .done else { return answer }
    do throws(BusError) {
      try buses.reopen(bus)
      return .done
    } catch { return .pending("\(error.message); \(error.fix)") }
  }
}

extension BusTraffic {
  /// This and what was carried and met before the bus was opened anew; how it does now is what counts of its health, but for
  /// the worst and the counts.
  func following(_ earlier: BusTraffic?) -> BusTraffic {
    guard let earlier else { return self }
    var sum = self
    sum.received += earlier.received
    sum.sent += earlier.sent
    sum.unsent += earlier.unsent
    sum.own += earlier.own
    sum.remote += earlier.remote
    sum.errorFrames += earlier.errorFrames
    sum.overlong += earlier.overlong
    sum.foreign += earlier.foreign
    sum.missing += earlier.missing
    sum.refused += earlier.refused
    sum.overrun += earlier.overrun
    if let before = earlier.health, let now = health {
      sum.health?.worst = max(before.worst, now.worst)
      sum.health?.refused += before.refused
      sum.health?.busOffs += before.busOffs
      sum.health?.restarts += before.restarts
    }
    return sum
  }
}
