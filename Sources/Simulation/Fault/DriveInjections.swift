import ControlCycle
import JointControl

/// What injections do to drives, each at its instant.
struct DriveInjections {
  /// What is done to one drive.
  enum Action: Sendable, Equatable {
    /// It trips.
    case fail(DriveFaults)
    /// It loses its power and has it back.
    case powerCycle
    /// It becomes another drive of its model.
    case replace
    /// Its watchdog needs so many halves of its time.
    case watchdog(halves: Int64)
  }
  /// One action, when and to which joint's drive.
  struct Event {
    var time: Int64
    var joint: Int
    var action: Action
  }

  private var events: [Event] = []
  private var next = 0
  private var unpowered: [(joint: Int, interval: FaultInterval)] = []
  private var biases: [(joint: Int, interval: FaultInterval, torque: Double)] = []

  /// The faults among `injections` that are of drives; `period` is the time between two cycles [ns].
  init(_ injections: [Injection], period: Int64) {
    for injection in injections {
      let interval = injection.interval(period: period)
      for joint in injection.joints {
        if injection.kind == .missing { unpowered.append((joint, interval)) }
        if injection.kind == .torqueBias { biases.append((joint, interval, injection.intensity)) }
        if let (begin, end) = injection.actions {
          events.append(Event(time: interval.from, joint: joint, action: begin))
          if let end, interval.until != .max {
            events.append(Event(time: interval.until, joint: joint, action: end))
          }
        }
      }
    }
    // Stable, so that what happens at one instant happens in the order in which it was asked for.
    events = events.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
      .map(\.element)
  }

  /// The next event up to an instant [ns]; nil when none is left.
  mutating func takeEvent(until time: Int64) -> Event? {
    guard next < events.count, events[next].time <= time else { return nil }
    next += 1
    return events[next - 1]
  }

  /// Whether a joint's drive has power at an instant [ns].
  func isPowered(_ joint: Int, at time: Int64) -> Bool {
    !unpowered.contains { $0.joint == joint && $0.interval.contains(time) }
  }

  /// By how much the torque that a joint's drive measures is off at an instant [N.m].
  func torqueBias(of joint: Int, at time: Int64) -> Double {
    var torque = 0.0
    for bias in biases where bias.joint == joint && bias.interval.contains(time) { torque += bias.torque }
    return torque
  }
}

extension Injection {
  /// What is done to a drive at the fault's start, and at its end where it has one.
  fileprivate var actions: (begin: DriveInjections.Action, end: DriveInjections.Action?)? {
    switch kind {
    case .reboots: (.powerCycle, nil)
    case .missing: (.powerCycle, .powerCycle)
    case .replaced: (.replace, nil)
    case .watchdogOff: (.watchdog(halves: 0), .watchdog(halves: 2))
    case .overvoltage: (.fail(.overVoltage), nil)
    case .undervoltage: (.fail(.underVoltage), nil)
    case .overcurrent: (.fail(.overCurrent), nil)
    case .overtemperature: (.fail(.driverOverTemperature), nil)
    case .windingOvertemperature: (.fail(.motorOverTemperature), nil)
    case .overload: (.fail(.overload), nil)
    case .encoderFault: (.fail(.encoder), nil)
    case .hardwareFault: (.fail(.hardware), nil)
    default: nil
    }
  }
}
