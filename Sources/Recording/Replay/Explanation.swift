import ControlCycle
public import JointControl

/// Why a robot stopped: what its core saw, in the order it happened, found by replaying a recording.
public struct Explanation: Sendable {
  /// One link of the chain.
  public struct Event: Sendable, Equatable {
    /// The cycle.
    public var cycle: Int64
    /// Its instant [ns].
    public var time: Int64
    /// What happened, for people.
    public var text: String
  }
  /// The chain, oldest first.
  public private(set) var events: [Event] = []
  /// The fault that was latched, with its cause and remedy; nil when there was none.
  public private(set) var fault: ControlFault?
  /// Cycles looked at.
  public private(set) var cycles = 0

  /// Explains a recording of a robot.
  public init(_ file: RecordingFile, robot: Robot) throws {
    let driver = ReplayDriver(file: file, robots: [robot])
    var watch = Watch(robot: robot)
    try driver.run { event in
      if case .stepped = event {
        watch.look(at: driver.cores[0].control, request: driver.recorded.request, driver.recorded.cycle)
      }
    }
    cycles = driver.cycles
    events = watch.events.enumerated().sorted {
      ($0.element.cycle, $0.offset) < ($1.element.cycle, $1.offset)
    }
    .map(\.element)
    if let latched = watch.fault { fault = ControlFault(latched, robot: robot, history: []) }
  }

  /// What was seen so far, so that only changes make events.
  private struct Watch {
    let robot: Robot
    var events: [Event] = []
    var fault: Fault?
    var state = SafetyState.disarmed
    var isFrozen = false
    var stale = JointSet()
    var reporting = JointSet()
    var refusing = JointSet()
    var buses: [BusWatch] = []
    var isolated = JointSet()
    var isFirst = true

    init(robot: Robot) { self.robot = robot }

    mutating func look(at control: borrowing ControlCycle, request: Request, _ cycle: Cycle) {
      func note(_ text: String) { events.append(Event(cycle: cycle.number, time: cycle.time, text: text)) }
      if isFirst {
        isFirst = false
        state = control.safety.state
        note("the recording begins: \(state)")
      }
      lookAtBuses(control, cycle)
      lookAtJoints(control, cycle)
      if control.safety.isFrozen != isFrozen {
        isFrozen = control.safety.isFrozen
        if state == .armed {
          note(
            isFrozen
              ? "no fresh setpoints: the commanded motion brakes and waits" : "setpoints are fresh again")
        }
      }
      let latched = control.safety.fault
      if latched.isLatched && fault == nil {
        fault = latched
        let error = ControlFault(latched, robot: robot, history: [])
        note("fault \(error.kindName): \(error)")
      }
      if control.safety.state != state {
        note(Self.change(from: state, to: control.safety.state, request: request, isFault: latched.isLatched))
        state = control.safety.state
      }
    }

    /// What the buses said of themselves, and those that were given up.
    private mutating func lookAtBuses(_ control: borrowing ControlCycle, _ cycle: Cycle) {
      for bus in robot.buses.indices {
        let watch = control.buses[bus]
        let (before, cause) = (buses.indices.contains(bus) ? buses[bus].state : .errorActive, watch.cause)
        func note(_ text: String) {
          events.append(
            Event(cycle: cycle.number, time: cycle.time, text: "bus \(robot.buses[bus].name): \(text)"))
        }
        if watch.state != before { note(watch.state.name) }
        if cause.isFault && !(buses.indices.contains(bus) && buses[bus].cause.isFault) {
          note("given up, \(ControlFault.cause(of: cause))")
        }
      }
      buses = robot.buses.indices.map { control.buses[$0] }
      if control.safety.isolated != isolated && !control.safety.isolated.isEmpty {
        events.append(
          Event(
            cycle: cycle.number, time: cycle.time,
            text: "\(names(of: control.safety.isolated)): braking, then damping only; the others go on"))
      }
      isolated = control.safety.isolated
    }

    private mutating func lookAtJoints(_ control: borrowing ControlCycle, _ cycle: Cycle) {
      var silent: [Int64: JointSet] = [:]
      var faulty = JointSet()
      var refused = JointSet()
      for joint in 0..<control.jointCount {
        let sample = control.samples[joint]
        if control.stale.contains(joint) && !stale.contains(joint) && sample.exists {
          silent[cycle.number - Int64(sample.state.age), default: JointSet()].insert(joint)
        }
        if (!sample.faults.isEmpty || sample.mode == .fault) && !reporting.contains(joint) {
          faulty.insert(joint)
        }
        if sample.rejected > 0 && !refusing.contains(joint) { refused.insert(joint) }
      }
      for (last, joints) in silent.sorted(by: { $0.key < $1.key }) {
        let period = Int64((cycle.period * 1e9).rounded())
        let first = last + 1
        events.append(
          Event(
            cycle: first, time: cycle.time - (cycle.number - first) * period,
            text: "no more answers from \(names(of: joints))"))
        events.append(
          Event(
            cycle: cycle.number, time: cycle.time,
            text: "\(names(of: joints)): sample older than allowed (\(policy(of: joints)))"))
      }
      if !faulty.isEmpty {
        let first = (0..<control.jointCount).first { faulty.contains($0) } ?? 0
        let faults = control.samples[first].faults
        let code = faults.code == 0 ? "" : ", code 0x\(String(faults.code, radix: 16))"
        events.append(
          Event(
            cycle: cycle.number, time: cycle.time,
            text:
              "\(names(of: faulty)): the drive reports a fault (0x\(String(faults.bits, radix: 16))\(code))"))
      }
      if !refused.isEmpty {
        events.append(
          Event(
            cycle: cycle.number, time: cycle.time,
            text: "\(names(of: refused)): a sample was refused as malformed or as a jump"))
      }
      stale = control.stale
      reporting.formUnion(faulty)
      refusing.formUnion(refused)
    }

    private func policy(of joints: JointSet) -> String {
      guard let joint = robot.joints.indices.first(where: { joints.contains($0) }) else { return "" }
      let policy = robot.joints[joint].configuration.staleness
      return "\(policy.maxAge) cycles, policy \(policy.reaction)"
    }

    /// Joints by name, whole buses as such.
    private func names(of joints: JointSet) -> String {
      var parts: [String] = []
      for (bus, configuration) in robot.buses.enumerated() {
        let all = robot.joints.indices.filter { Int(robot.joints[$0].configuration.drive.bus) == bus }
        let affected = all.filter { joints.contains($0) }
        if affected.isEmpty { continue }
        let list = affected.map { robot.joints[$0].name }.joined(separator: ", ")
        parts.append(
          affected.count == all.count && all.count > 1
            ? "every drive of bus \(configuration.name) (\(list))" : "\(list) on bus \(configuration.name)")
      }
      return parts.joined(separator: "; ")
    }

    private static func change(
      from: SafetyState, to: SafetyState, request: Request, isFault: Bool
    ) -> String {
      let reason =
        switch to {
        case .arming: "asked to arm"
        case .armed: "every drive is on, gains are up"
        case .stopping: isFault ? "braking to rest because of the fault" : "asked to stop: braking to rest"
        case .fault: "at rest: damping only until disarmed"
        case .disarmed:
          [.disarm, .reset, .recover].contains(request) ? "asked to switch off" : "switched off"
        }
      return "\(from) -> \(to): \(reason)"
    }
  }
}
