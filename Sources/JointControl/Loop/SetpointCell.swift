public import ControlCycle

/// Setpoints of all joints at one instant, as another thread hands them to the loop.
public struct SetpointSet: BitwiseCopyable, Sendable {
  /// Setpoint of each joint, in the robot's order; entries beyond its joints are unused.
  public var joints: InlineArray<64, JointSetpoint>
  /// What is asked of the safety state until the next set.
  public var request: Request
  /// Whether the loop ends.
  public var isFinished: Bool
  /// Joints whose law this set says; the others keep theirs.
  public private(set) var chosen = JointSet()
  private var choices = InlineArray<64, LawChoice>(repeating: LawChoice(.impedance))

  /// Says which law a joint is to follow while this set is the newest, and from then on. A set says it again or says another, so
  /// that nothing is lost where the loop was too slow for a set.
  public mutating func choose(_ choice: LawChoice, for joint: Int) {
    precondition((0..<Capacity.joints).contains(joint), "a robot has at most 64 joints")
    choices[joint] = choice
    chosen.insert(joint)
  }

  /// The law that this set says for a joint; nil when it says none.
  public func choice(for joint: Int) -> LawChoice? { chosen.contains(joint) ? choices[joint] : nil }

  /// A set that asks for nothing but a state of the robot.
  public init(_ request: Request, isFinished: Bool = false) {
    joints = InlineArray(repeating: JointSetpoint())
    self.request = request
    self.isFinished = isFinished
  }
}

/// Takes the newest setpoints of another thread in each cycle.
///
/// The other thread publishes at its own pace; what it was too fast for is replaced. When nothing new comes, the setpoints
/// stay and their sequence does not count up, so that the cycle's command watchdog sees it.
public struct SetpointCellSource: SetpointSource, ~Copyable {
  // The cell itself: to reach it through another object would count references.
  private let cell: LatestValue<SetpointSet>
  private var directive = Directive(.disarm)

  /// A source that reads a cell; it asks for `disarm` until something is published. The only reader of the cell.
  public init(_ cell: LatestValue<SetpointSet>) { self.cell = cell }

  /// Fills in the newest setpoints.
  public mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    guard var newest = cell.takeNew() else { return directive }
    // Changed in place rather than looked at, which would copy the array for each joint.
    for joint in 0..<control.jointCount { swap(&setpoints.joints[joint], &newest.joints[joint]) }
    if !newest.chosen.isEmpty {
      for joint in 0..<control.jointCount {
        guard let choice = newest.choice(for: joint), !choice.isSame(as: control.laws[joint].choice) else {
          continue
        }
        setpoints.ask(choice, for: joint)
      }
    }
    setpoints.sequence += 1
    directive = Directive(newest.request, isFinished: newest.isFinished)
    return directive
  }
}

/// What a robot looks like after a cycle, for other threads.
public struct RobotState: BitwiseCopyable, Sendable {
  /// Number of the cycle; negative before the first.
  public var cycle: Int64 = -1
  /// Instant of the cycle [ns, the loop's clock].
  public var time: Int64 = 0
  /// Where the robot stands.
  public var safetyState = SafetyState.disarmed
  /// State of each joint, in the robot's order; entries beyond its joints are unused.
  public var joints = InlineArray<64, JointState>(repeating: JointState())
  /// Joints of which a law was asked in this cycle that is none for them.
  public var refusedLaws = JointSet()

  /// The state before the first cycle.
  public init() {}
}

/// Publishes the robot's state after each cycle.
public struct StatePublisher: CycleRecorder, ~Copyable {
  private let cell: LatestValue<RobotState>

  /// A publisher into a cell, of which it is the only writer.
  public init(_ cell: LatestValue<RobotState>) { self.cell = cell }

  /// Publishes the state after a cycle.
  public mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    var state = RobotState()
    state.cycle = record.cycle.number
    state.time = record.cycle.time
    state.safetyState = control.safety.state
    state.refusedLaws = control.refusedLaws
    for joint in 0..<control.jointCount { state.joints[joint] = control.states[joint] }
    cell.publish(state)
  }
}
