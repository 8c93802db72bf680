internal import ControlCycle

/// Finds out where a robot's joints are, before anything may rely on it.
///
/// In this order: bring-up with the torque bounds of the plans, so that drives which have a limit of their own obey it too; reading
/// with every drive off; saved turns and their plausibility; then, where a joint has to move or to be weighed, arming, one search
/// after the other, weighing at rest, damping, off. Nothing is switched on where a saved turn is not plausible.
public enum Homing {
  /// What is to be done besides the plans.
  public struct Options: Sendable, Equatable {
    /// Whether the robot is armed at rest to compare its weight with the model, where nothing else arms it.
    public var weighs: Bool
    /// Whether only what can be told with drives off is done.
    public var onlyReads: Bool

    /// Options; by default all of it.
    public init(weighs: Bool = true, onlyReads: Bool = false) {
      self.weighs = weighs
      self.onlyReads = onlyReads
    }
  }

  /// Homes joints.
  ///
  /// - Parameters:
  ///   - robot: the robot as described.
  ///   - plans: a plan for each joint that is to be homed, in the order of joints.
  ///   - memory: what was saved; needed for plans of saved turns.
  ///   - options: what is to be done besides.
  ///   - target: its buses.
  ///   - marks: what tells the marks of index searches.
  ///   - carries: called on the loop's thread with whether the drives carry the body, where that changes: who holds it may let
  ///     go, or is to take hold.
  /// - Returns: what was found.
  /// - Throws: `HomingError` with every joint that has no zero; the drives are off then.
  public static func run<LoopTarget: Target & ~Copyable, Marks: HomingMarks & ~Copyable>(
    _ robot: Robot, plans: [HomingPlan?], memory: TurnMemory?, options: Options = Options(),
    on target: inout LoopTarget, marks: consuming Marks, carries: @escaping (Bool) -> Void = { _ in }
  ) throws(HomingError) -> HomingReport {
    if let memory, memory.robot != robot.name {
      throw .memory("is of the robot '\(memory.robot)', not of '\(robot.name)'")
    }
    try check(robot, plans)
    let unsaved = robot.joints.indices.filter {
      plans[$0]?.method == .saved && memory?[robot.joints[$0].name] == nil
    }
    if !unsaved.isEmpty { throw .joints(unsaved.map { HomingError.Problem(robot, $0, .notSaved) }) }
    let searching = robot.searching(plans)
    do throws(BringUpError) { try BringUp.run(searching, on: &target) } catch { throw .bringUp(error) }
    var report = HomingReport(robot, plans)
    // First with every drive off.
    var reader = HomingSource(searching, plans: plans.map { _ in nil }, marks: NoMarks(), onlyReads: true)
    try loop(searching, from: &reader, on: &target)
    let unread = robot.joints.indices.filter { plans[$0] != nil && !reader.isRead[$0] }
    if !unread.isEmpty {
      throw .joints(unread.map { HomingError.Problem(robot, $0, .unread) })
    }
    try report.take(readings: reader.readings, robot, memory)
    if options.onlyReads || (!options.weighs && report.allAreSaved) { return report }

    let known = robot.zeroed(report.corrections).searching(plans)
    do throws(BringUpError) { try BringUp.run(known, on: &target) } catch { throw .bringUp(error) }
    var source = AnnouncingSource(HomingSource(known, plans: plans, marks: marks), carries: carries)
    try loop(known, from: &source, on: &target)
    try report.take(source.source, robot)
    return report
  }

  private static func loop<LoopTarget: Target & ~Copyable, Source: SetpointSource & ~Copyable>(
    _ robot: Robot, from source: inout Source, on target: inout LoopTarget
  ) throws(HomingError) {
    var loop = ControlLoop(robot, on: target)
    var recorder = NoRecorder()
    var fault: ControlFault?
    do throws(ControlFault) { try loop.run(from: &source, recording: &recorder) } catch { fault = error }
    target = loop.close()
    if let fault { throw .fault(fault) }
  }

  /// Refuses plans that cannot come out well, before anything is sent.
  ///
  /// - Parameters:
  ///   - robot: the robot as described.
  ///   - plans: by joint.
  /// - Throws: `HomingError` with every joint whose plan cannot.
  public static func check(_ robot: Robot, _ plans: [HomingPlan?]) throws(HomingError) {
    precondition(plans.count == robot.joints.count)
    var problems: [HomingError.Problem] = []
    for (index, plan) in plans.enumerated() {
      guard let plan else { continue }
      if let reason = HomingError.Reason(of: plan, joint: index, robot) {
        problems.append(HomingError.Problem(robot, index, reason))
      }
    }
    if !problems.isEmpty { throw .joints(problems) }
  }
}

/// Tells whether the drives carry the body, to who holds it else.
private struct AnnouncingSource<Source: SetpointSource & ~Copyable>: SetpointSource, ~Copyable {
  var source: Source
  private let carries: (Bool) -> Void
  private var isCarried = false

  init(_ source: consuming Source, carries: @escaping (Bool) -> Void) {
    self.source = source
    self.carries = carries
  }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if isCarried != (control.safety.state == .armed) {
      isCarried.toggle()
      carries(isCarried)
    }
    return source.next(cycle, control: control, into: &setpoints)
  }
}

private struct NoRecorder: CycleRecorder {
  mutating func record(
    _: borrowing CycleRecord, received _: borrowing FrameBuffer, setpoints _: borrowing SetpointBuffer,
    transmitted _: borrowing FrameBuffer, control _: borrowing ControlCycle
  ) {}
}
