internal import CCommandPort
internal import Glibc

/// Another process's side of a command port: a policy, a planner, a test.
///
/// One lease; sets go out as often as the client likes, the newest counts. Not for several threads at once.
public final class PortClient {
  /// What is asked of a joint; what is nil in the first joint is in no joint of the set.
  public struct Setpoint: Sendable, Equatable {
    /// Joint position [rad].
    public var position: Double
    /// Joint velocity [rad/s].
    public var velocity: Double?
    /// Torque added to that of the law [N.m].
    public var torque: Double?
    /// Stiffness [N.m/rad] and damping [N.m.s/rad].
    public var gains: (stiffness: Double, damping: Double)?

    /// A setpoint.
    public init(
      position: Double, velocity: Double? = nil, torque: Double? = nil,
      gains: (stiffness: Double, damping: Double)? = nil
    ) {
      self.position = position
      self.velocity = velocity
      self.torque = torque
      self.gains = gains
    }

    /// Whether both ask for the same.
    public static func == (a: Setpoint, b: Setpoint) -> Bool {
      a.position == b.position && a.velocity == b.velocity && a.torque == b.torque
        && a.gains?.stiffness == b.gains?.stiffness && a.gains?.damping == b.gains?.damping
    }
  }

  /// The robot after a cycle.
  public struct State: Sendable {
    /// Number of the cycle, and its instant [ns, the loop's clock].
    public var cycle, time: Int64
    /// Who is followed.
    public var lease: UInt64
    /// What the loop does with the port.
    public var phase: PortFigures.Phase
    /// 0 disarmed, 1 arming, 2 armed, 3 stopping, 4 fault.
    public var safety: Int
    /// The set that is followed.
    public var sequence: UInt64
    /// Time since it was taken [ns].
    public var age: Int64
    /// Sets followed so far.
    public var accepted: UInt64
    /// Sets refused so far, by reason in the order of `PortFigures.Refusal`.
    public var refused: [UInt64]
    /// Positions [rad], velocities [rad/s], torques [N.m].
    public var positions, velocities, torques: [Double]
    /// The motion within the limits that was sent [rad].
    public var commandedPositions: [Double]
  }

  /// What a client wants.
  public enum Wish: Sendable {
    /// The lease, if nobody has it.
    case lease
    /// The lease, also from who has it.
    case take
    /// The state alone.
    case watch
  }

  /// Names of the joints, in the order of sets and states.
  public let joints: [String]
  /// Number of the lease; 0 for a client that watches.
  public var lease: UInt64 { client.reply.lease }
  /// Who else had the lease when this client asked: name and process.
  public var holder: (name: String, process: Int32)? {
    guard client.reply.holder_pid != 0 else { return nil }
    return (Self.text(client.reply.holder), client.reply.holder_pid)
  }
  private var client = command_port_client()
  private let path: String

  /// Connects to a port.
  ///
  /// - Parameters:
  ///   - port: name or path, as of `CommandPort`.
  ///   - name: who this is, for those who are refused because of it.
  ///   - period: time between two sets [ns]; the loop goes from one to the next in it.
  ///   - wish: whether the lease is wanted.
  /// - Throws: `PortError` with who has the lease, or why else it is not granted.
  public init(_ port: String, name: String, period: Int64, wish: Wish = .lease) throws(PortError) {
    path = PortPath.of(port)
    let wants: Int
    switch wish {
    case .lease: wants = 0
    case .take: wants = Int(COMMAND_PORT_TAKE)
    case .watch: wants = Int(COMMAND_PORT_WATCH)
    }
    let result = command_port_client_open(&client, path, name, period, UInt32(wants), 0)
    guard result == 0 else {
      let message = Self.text(client.reply.message)
      throw PortError(
        path: path, message: message.isEmpty ? String(cString: strerror(-result)) : message,
        fix: message.isEmpty ? "start sinew run with --port first" : "do what the message says")
    }
    var names: [String] = []
    guard let states = client.states else {
      throw PortError(path: path, message: "the port gave no state", fix: "report it: the host is no sinew")
    }
    for joint in 0..<min(Int(states.pointee.joint_count), 64) {
      names.append(Self.text(command_port_joint_at(states, Int32(joint)).pointee.name))
    }
    joints = names
  }

  deinit { command_port_client_close(&client) }

  /// Whether the lease still is this client's.
  public var isOwner: Bool { command_port_client_is_owner(&client) == 1 }

  /// The newest state; nil before the first cycle.
  public var state: State? {
    var copy = command_port_state()
    // Four slots: a copy is torn only where this thread was away for three cycles; then there is a newer one.
    guard let states = client.states else { return nil }
    for _ in 0..<8 where command_port_get_state(states, &copy) == 1 { return Self.state(&copy) }
    return nil
  }

  /// Sends a set: one setpoint for each joint.
  ///
  /// - Parameters:
  ///   - setpoints: in the order of `joints`.
  ///   - answers: cycle of the state it was made from; a set made from an old state is refused.
  ///   - ends: whether the run is to end.
  /// - Returns: the sequence of the set; nil for a client without a lease.
  @discardableResult public func send(
    _ setpoints: [Setpoint], answers: Int64? = nil, ends: Bool = false
  ) -> UInt64? {
    guard let memory = client.setpoints, let first = setpoints.first else { return nil }
    precondition(setpoints.count == joints.count, "one setpoint for each joint")
    var set = command_port_set()
    set.answers_cycle = answers ?? -1
    set.joint_count = UInt32(joints.count)
    var flags = ends ? Int(COMMAND_PORT_ENDS) : 0
    if first.velocity != nil { flags |= Int(COMMAND_PORT_HAS_VELOCITY) }
    if first.torque != nil { flags |= Int(COMMAND_PORT_HAS_TORQUE) }
    if first.gains != nil { flags |= Int(COMMAND_PORT_HAS_GAINS) }
    set.flags = UInt32(flags)
    for (joint, setpoint) in setpoints.enumerated() {
      command_port_setpoint_at(&set, Int32(joint)).pointee = command_port_setpoint(
        position_rad: setpoint.position, velocity_rad_s: setpoint.velocity ?? 0,
        torque_nm: setpoint.torque ?? 0, stiffness_nm_rad: setpoint.gains?.stiffness ?? 0,
        damping_nm_s_rad: setpoint.gains?.damping ?? 0)
    }
    command_port_put_set(memory, &set)
    return set.sequence
  }

  /// The memory of the lease, for tests that write nonsense into it.
  package var memory: UnsafeMutableRawBufferPointer? {
    client.setpoints.map {
      UnsafeMutableRawBufferPointer(start: $0, count: MemoryLayout<command_port_setpoints>.size)
    }
  }

  private static func state(_ copy: inout command_port_state) -> State {
    var state = State(
      cycle: copy.cycle, time: copy.time_ns, lease: copy.lease,
      phase: PortFigures.Phase(rawValue: copy.phase) ?? .closed, safety: Int(copy.safety),
      sequence: copy.set_sequence, age: copy.set_age_ns, accepted: copy.accepted, refused: [],
      positions: [], velocities: [], torques: [], commandedPositions: [])
    for reason in 0..<Int(COMMAND_PORT_REASONS) {
      state.refused.append(command_port_refused_at(&copy, Int32(reason)).pointee)
    }
    for joint in 0..<min(Int(copy.joint_count), 64) {
      let place = command_port_state_at(&copy, Int32(joint)).pointee
      state.positions.append(place.position_rad)
      state.velocities.append(place.velocity_rad_s)
      state.torques.append(place.torque_nm)
      state.commandedPositions.append(place.commanded_position_rad)
    }
    return state
  }

  /// The text in an array of characters.
  private static func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
