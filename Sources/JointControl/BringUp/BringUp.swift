import ControlCycle

/// Brings every drive of a robot to the point where it may be armed.
///
/// Drives are switched off and cleared, their scales are read back and compared where they can be asked, the
/// command mode and the drive-side watchdog are written and read back. Then each that says whether it is on is tried: on
/// at zero torque, fed, and left in silence, in which it must let go by itself (`WatchdogTrial`). A robot is never armed
/// on a promise: what a family lets confirm and is not confirmed is an error, and all errors are reported together. What
/// a family does not let confirm, such as the watchdog of MIT drives, `Robot.warnings` names.
public struct BringUp: ~Copyable {
  /// Time after which an unanswered step is sent again [ns], doubled at each try: a drive on the bus answers in the next
  /// cycle, one behind an adapter or a busy gateway may take tens of milliseconds.
  public static let patience: Int64 = 4_000_000
  /// Times a step is sent before the drive counts as absent.
  public static let attempts = 5
  /// Times a drive is tried from its first step on, where a trial showed nothing, such as on a bus that loses frames.
  static let trials = 8
  /// Cycles in which failed drives are told to switch off before bring-up gives up.
  static let farewells = 3

  let robot: Robot
  /// The steps of each joint's drive, in order.
  let steps: [[BringUpStep]]
  var progress: [BringUpProgress]
  private var problems: [BringUpError.Problem] = []
  /// What each drive calls itself, in the words of its name and versions.
  private var devices: [[String]]
  private var cycle: Int64 = 0
  /// The target's instant in this turn [ns].
  var now: Int64 = 0
  /// Instant at which a frame last fed all drives of a bus [ns].
  var beats: [Int64]
  private var received = FrameBuffer(capacity: ReceiveRoom.loop)
  var transmit = FrameBuffer(capacity: 4 * Capacity.joints)

  private init(_ robot: Robot) {
    self.robot = robot
    steps = robot.joints.map(BringUpStep.sequence)
    progress = Array(repeating: BringUpProgress(), count: robot.joints.count)
    beats = Array(repeating: 0, count: robot.buses.count)
    devices = Array(repeating: [], count: robot.joints.count)
  }

  /// Brings up all drives of `robot` on `target`.
  ///
  /// - Returns: who each joint's drive says it is, in the order of joints.
  /// - Throws: `BringUpError` naming every joint that did not answer or answered something else.
  @discardableResult
  public static func run<LoopTarget: Target & ~Copyable>(
    _ robot: Robot, on target: inout LoopTarget
  ) throws(BringUpError) -> [DeviceIdentity] {
    var bringUp = BringUp(robot)
    var time = target.now + robot.period
    var farewells = 0
    while true {
      let woken = target.wait(until: time)
      bringUp.now = target.now
      bringUp.received.removeAll()
      target.receive(into: &bringUp.received)
      bringUp.readReplies()
      bringUp.transmit.removeAll()
      bringUp.sendRequests()
      target.send(bringUp.transmit)
      // Real time is not caught up with in a burst.
      time = max(time, target.waitsForLoop ? time : woken - robot.period) + robot.period
      bringUp.cycle += 1
      guard bringUp.progress.allSatisfy(\.isFinished) else { continue }
      if bringUp.problems.isEmpty || farewells == Self.farewells { break }
      farewells += 1
    }
    if !bringUp.problems.isEmpty { throw BringUpError(problems: bringUp.problems) }
    return robot.joints.indices.map {
      DeviceIdentity(robot.joints[$0].configuration.drive.family, bringUp.progress[$0].answers)
    }
  }

  private mutating func readReplies() {
    for index in 0..<received.count {
      let frame = received[index]
      for joint in robot.joints.indices where !progress[joint].isFinished && progress[joint].retry.attempt > 0
      {
        guard DriveCodec.answers(frame, robot.joints[joint].configuration.drive) else { continue }
        take(frame, joint: joint)
        break
      }
    }
  }

  /// What a frame says; a drive that does not say whether it is on counts as off, as nothing else is asked of it here.
  private static func reply(_ frame: CANFrame, of drive: DriveConfiguration) -> DriveReply {
    let reply = DriveCodec.decode(frame, for: drive)
    guard !drive.family.reportsMode, case .part(let state, let fields) = reply, fields.contains(.whole) else {
      return reply
    }
    return .feedback(state)
  }

  private mutating func take(_ frame: CANFrame, joint: Int) {
    let step = steps[joint][progress[joint].step]
    let drive = robot.joints[joint].configuration.drive
    let reply = Self.reply(frame, of: drive)
    progress[joint].note(reply, keeps: step.isKept)
    let judgement: BringUpStep.Judgement
    switch step.watch {
    case .reply: judgement = step.judge(reply)
    case .text:
      judgement = progress[joint].text.take(reply, for: step)
      if judgement == .passed { devices[joint].append(progress[joint].text.text) }
    case .rhythm(let fields, let distances):
      judgement = step.judge(&progress[joint].rhythm, frame.time, reply, fields, distances)
    case .target(let torque):
      judgement = step.judge(target: DriveCodec.torqueTarget(frame, for: drive), asked: torque)
    case .silence(let trial):
      // What arrives in the turn of the look, or with a late heartbeat in the next, was said before the silence's end.
      guard let looked = progress[joint].lookedAt, now > looked + trial.delay * robot.period else {
        // What was fed at the latest by then: a late frame must not make a silence look longer than the drive's.
        if trial.letsGo && trial.isRepeated && progress[joint].lookedAt == nil {
          progress[joint].heardAt = now
        }
        return
      }
      judgement = trial.judge(
        reply, of: drive, after: looked - max(progress[joint].fedAt, progress[joint].heardAt))
    case .grip(let time, let torque, let letsGo):
      judgement = step.judge(reply, afterSilence: time, torque: torque, letsGo: letsGo)
    }
    switch judgement {
    case .notAnAnswer: return
    case .passed: progress[joint].advance(of: steps[joint].count)
    case .unsettled(let message): progress[joint].unsettled = message
    // The next piece is asked for at once, and each as often as any question.
    case .unfinished: progress[joint].retry = Retry()
    case .again(let message): tryAgain(joint, message)
    case .failed(let message): report(joint, message, fix: step.fix)
    }
  }

  private mutating func sendRequests() {
    for joint in robot.joints.indices {
      if !progress[joint].isFinished { request(joint) }
      if progress[joint].isFinished { rest(joint) }
    }
    endGroups()
  }

  private mutating func request(_ joint: Int) {
    let drive = robot.joints[joint].configuration.drive
    let step = steps[joint][progress[joint].step]
    if step.isGathering, progress[joint].retry.attempt == 0, !isGathered(joint) { return }
    if case .silence(let trial) = step.watch { return observe(joint, trial) }
    progress[joint].retry.waited += robot.period
    if let command = step.command {
      progress[joint].retry.begin()
      if progress[joint].retry.waited > step.deadline {
        report(joint, progress[joint].unsettled ?? step.silent, fix: step.fix)
      } else {
        transmit.append(DriveCodec.encode(command, for: drive))
        DriveCodec.ask(drive, cycle: cycle, into: &transmit)
      }
      return
    }
    if case .grip = step.watch { return hold(joint, step) }
    // Steps with a time or a count of their own know how long their drive may take.
    let isPlain = step.patience == Self.patience && step.attempts == Self.attempts
    let decision =
      step.isExchange
      ? progress[joint].retry.decide(
        patience: step.patience, attempts: step.attempts, doubling: isPlain ? Self.patience : 0) : .wait
    switch decision {
    case .wait:
      if step.isFed && !drive.family.isFedByHeartbeat { feed(joint) }
      return
    case .giveUp: return giveUp(joint, step)
    case .send: break
    }
    let asked = progress[joint].text.next.map(DriveRequest.readParameter) ?? step.request
    let status = step.followsStatus ? progress[joint].status : step.status
    transmit.append(DriveCodec.encode(asked, for: drive, status: status))
    if step.isUnanswered { progress[joint].advance(of: steps[joint].count) }
  }

  /// A drive that did not answer at all, or never as it must.
  private mutating func giveUp(_ joint: Int, _ step: BringUpStep) {
    if step.isKept && step.isOptional && progress[joint].unsettled == nil {
      return progress[joint].advance(of: steps[joint].count)
    }
    if let message = progress[joint].unsettled {
      report(joint, "\(message), \(step.attempts) tries", fix: step.fix)
    } else {
      let message = "no answer to '\(step.purpose)' after \(step.attempts) tries"
      if step.isLostForGood && progress[joint].trial + 1 < Self.trials { return tryAgain(joint, message) }
      report(
        joint, message,
        fix: "check the drive's supply, its id and master_id, and the bus's wiring and bit rate")
    }
  }

  /// Begins a drive's steps anew, unless that was done often enough; with those that one heartbeat feeds along with it,
  /// since what they do in a silence that goes on shows no more how long they bear.
  mutating func tryAgain(_ joint: Int, _ message: String) {
    let step = steps[joint][progress[joint].step]
    progress[joint].trial += 1
    guard progress[joint].trial < Self.trials else {
      return report(joint, "\(message), \(Self.trials) trials", fix: step.fix)
    }
    restart(joint)
    let drive = robot.joints[joint].configuration.drive
    for other in robot.joints.indices where drive.family.isFedByHeartbeat && !progress[other].isFinished {
      let neighbour = robot.joints[other].configuration.drive
      if neighbour.bus == drive.bus && neighbour.family == drive.family { restart(other) }
    }
  }

  private mutating func restart(_ joint: Int) {
    progress[joint].restart()
    devices[joint] = []
  }

  /// The zero command to a drive, and what it has to be asked besides.
  mutating func feed(_ joint: Int) {
    let drive = robot.joints[joint].configuration.drive
    transmit.append(DriveCodec.encode(MotorCommand(), for: drive))
    DriveCodec.ask(drive, cycle: cycle, into: &transmit)
  }

  /// Sends what a step that holds a torque through a silence has for this cycle.
  private mutating func hold(_ joint: Int, _ step: BringUpStep) {
    let drive = robot.joints[joint].configuration.drive
    let isFirst = progress[joint].retry.attempt == 0
    progress[joint].retry.begin()
    let waited = progress[joint].retry.waited
    if waited > step.deadline {
      report(joint, progress[joint].unsettled ?? step.silent, fix: step.fix)
    } else if let frame = step.holding(isFirst: isFirst, waited: waited, period: robot.period, drive) {
      transmit.append(frame)
    }
  }

  /// What a drive that is through is sent while others are not: an order to be off where it failed, for it may have been
  /// switched on to be tried; the zero command where its watchdog runs while it is off.
  private mutating func rest(_ joint: Int) {
    let drive = robot.joints[joint].configuration.drive
    if progress[joint].hasFailed {
      guard steps[joint].contains(where: { $0.switchesOn || $0.isTrial }) else { return }
      transmit.append(DriveCodec.encode(BringUpStep.release(drive.family), for: drive))
    } else if steps[joint].last?.isFed == true {
      transmit.append(DriveCodec.encode(MotorCommand(), for: drive))
    }
  }

  mutating func report(_ joint: Int, _ message: String, fix: String) {
    let drive = robot.joints[joint].configuration.drive
    problems.append(
      BringUpError.Problem(
        joint: robot.joints[joint].name, bus: robot.buses[Int(drive.bus)].name, id: drive.id,
        message: message, fix: fix, device: devices[joint].filter { !$0.isEmpty }.joined(separator: ", ")))
    progress[joint].isFinished = true
    progress[joint].hasFailed = true
  }
}

/// Drives that may not be armed, all of them at once.
public struct BringUpError: Error, Sendable, CustomStringConvertible {
  /// One drive and what is wrong with it.
  public struct Problem: Sendable, Equatable {
    /// The joint it drives.
    public var joint: String
    /// The bus it is on.
    public var bus: String
    /// Its identifier.
    public var id: UInt16
    /// What is wrong.
    public var message: String
    /// What to do.
    public var fix: String
    /// Name and versions that the drive gives itself; empty where it gives none.
    public var device = ""
  }
  /// Every problem found.
  public var problems: [Problem]

  /// One line a problem.
  public var description: String {
    problems.map { problem in
      let device = problem.device.isEmpty ? "" : " (\(problem.device))"
      return "joint \(problem.joint), bus \(problem.bus), drive \(problem.id)\(device): \(problem.message); "
        + problem.fix
    }.joined(separator: "\n")
  }
}
