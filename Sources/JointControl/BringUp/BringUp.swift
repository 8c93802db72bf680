import ControlCycle

/// Brings every drive of a robot to the point where it may be armed.
///
/// Drives are switched off and cleared, their scales are read back and compared where they can be asked, the
/// command mode and the drive-side watchdog are written and read back. A robot is never armed on a promise: what
/// a family lets confirm and is not confirmed is an error, and all errors are reported together. What a family does not
/// let confirm, such as the watchdog of MIT drives, `Robot.warnings` names.
public struct BringUp: ~Copyable {
  /// Time after which an unanswered step is sent again [ns], doubled at each try: a drive on the bus answers in the next
  /// cycle, one behind an adapter or a busy gateway may take tens of milliseconds.
  public static let patience: Int64 = 4_000_000
  /// Times a step is sent before the drive counts as absent.
  public static let attempts = 5

  private struct Progress {
    var step = 0
    var retry = Retry()
    var isFinished = false
    var hasFailed = false
    var unsettled: String?
    var rhythm = Rhythm()
    var text = LongText()
  }
  private let robot: Robot
  private var progress: [Progress]
  private var problems: [BringUpError.Problem] = []
  /// What each drive calls itself, in the words of its name and versions.
  private var devices: [[String]]
  private var cycle: Int64 = 0
  private var received = FrameBuffer(capacity: 8 * Capacity.joints)
  private var transmit = FrameBuffer(capacity: 2 * Capacity.joints)

  private init(_ robot: Robot) {
    self.robot = robot
    progress = Array(repeating: Progress(), count: robot.joints.count)
    devices = Array(repeating: [], count: robot.joints.count)
  }

  /// Brings up all drives of `robot` on `target`.
  ///
  /// - Throws: `BringUpError` naming every joint that did not answer or answered something else.
  public static func run<LoopTarget: Target & ~Copyable>(
    _ robot: Robot, on target: inout LoopTarget
  ) throws(BringUpError) {
    var bringUp = BringUp(robot)
    var time = target.now + robot.period
    while bringUp.progress.contains(where: { !$0.isFinished }) {
      let woken = target.wait(until: time)
      bringUp.received.removeAll()
      target.receive(into: &bringUp.received)
      bringUp.readReplies()
      bringUp.transmit.removeAll()
      bringUp.sendRequests()
      target.send(bringUp.transmit)
      // Real time is not caught up with in a burst.
      time = max(time, target.waitsForLoop ? time : woken - robot.period) + robot.period
      bringUp.cycle += 1
    }
    if !bringUp.problems.isEmpty { throw BringUpError(problems: bringUp.problems) }
  }

  private mutating func readReplies() {
    for index in 0..<received.count {
      let frame = received[index]
      for joint in robot.joints.indices where !progress[joint].isFinished && progress[joint].retry.attempt > 0
      {
        let drive = robot.joints[joint].configuration.drive
        guard DriveCodec.answers(frame, drive) else { continue }
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
    let steps = BringUpStep.sequence(for: robot.joints[joint])
    let step = steps[progress[joint].step]
    let drive = robot.joints[joint].configuration.drive
    let reply = Self.reply(frame, of: drive)
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
    case .silence(let time, let letsGo):
      // What arrives in the first cycles after the silence was said before its end.
      let isLate = progress[joint].retry.waited > time + 2 * robot.period
      judgement = isLate ? step.judge(reply, afterSilence: time, letsGo: letsGo) : .notAnAnswer
    case .grip(let time, let torque, let letsGo):
      judgement = step.judge(reply, afterSilence: time, torque: torque, letsGo: letsGo)
    }
    switch judgement {
    case .notAnAnswer: return
    case .passed:
      let next = progress[joint].step + 1
      progress[joint] = Progress(step: next, isFinished: next == steps.count)
    case .unsettled(let message): progress[joint].unsettled = message
    // The next piece is asked for at once, and each as often as any question.
    case .unfinished: progress[joint].retry = Retry()
    case .failed(let message):
      report(joint, message, fix: step.fix)
    }
  }

  private mutating func sendRequests() {
    for joint in robot.joints.indices {
      if !progress[joint].isFinished { request(joint) }
      if progress[joint].isFinished { rest(joint) }
    }
  }

  private mutating func request(_ joint: Int) {
    let drive = robot.joints[joint].configuration.drive
    let step = BringUpStep.sequence(for: robot.joints[joint])[progress[joint].step]
    progress[joint].retry.waited += robot.period
    let retry = progress[joint].retry
    if let command = step.command(isFirst: retry.attempt == 0, waited: retry.waited) {
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
    let decision =
      step.isExchange
      ? progress[joint].retry.decide(
        patience: step.patience, attempts: Self.attempts, doubling: Self.patience) : .wait
    switch decision {
    case .wait:
      if step.isFed { transmit.append(DriveCodec.encode(MotorCommand(), for: drive)) }
      return
    case .giveUp: return giveUp(joint, step)
    case .send: break
    }
    let asked = progress[joint].text.next.map(DriveRequest.readParameter) ?? step.request
    transmit.append(DriveCodec.encode(asked, for: drive, status: step.status))
    if step.isSynchronous { transmit.append(DriveCodec.encode(DriveRequest.identify, for: drive)) }
    if step.isUnanswered { progress[joint] = Progress(step: progress[joint].step + 1) }
  }

  private mutating func giveUp(_ joint: Int, _ step: BringUpStep) {
    if let message = progress[joint].unsettled {
      report(joint, "\(message), \(Self.attempts) tries", fix: step.fix)
    } else {
      report(
        joint, "no answer to '\(step.purpose)' after \(Self.attempts) tries",
        fix: "check the drive's supply, its id and master_id, and the bus's wiring and bit rate")
    }
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
    let steps = BringUpStep.sequence(for: robot.joints[joint])
    if progress[joint].hasFailed && steps.contains(where: \.isTrial) {
      transmit.append(DriveCodec.encode(DriveRequest.disable, for: drive))
    } else if steps.last?.isFed == true {
      transmit.append(DriveCodec.encode(MotorCommand(), for: drive))
    }
  }

  private mutating func report(_ joint: Int, _ message: String, fix: String) {
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
