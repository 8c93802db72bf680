import ControlCycle

/// Brings every drive of a robot to the point where it may be armed.
///
/// Drives are switched off and cleared, their scales are read back and compared where they can be asked, the
/// command mode and the drive-side watchdog are written and read back. A robot is never armed on a promise: what
/// cannot be confirmed is an error, and all errors are reported together.
public struct BringUp: ~Copyable {
  /// Time after which an unanswered step is sent again [ns].
  static let patience: Int64 = 4_000_000
  /// Times a step is sent before the drive counts as absent.
  static let attempts = 5

  private struct Progress {
    var step = 0
    var attempt = 0
    var waited: Int64 = 0
    var isFinished = false
    var unsettled: String?
  }
  private let robot: Robot
  private var progress: [Progress]
  private var problems: [BringUpError.Problem] = []
  private var received = FrameBuffer(capacity: 8 * Capacity.joints)
  private var transmit = FrameBuffer(capacity: 2 * Capacity.joints)

  private init(_ robot: Robot) {
    self.robot = robot
    progress = Array(repeating: Progress(), count: robot.joints.count)
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
      _ = target.wait(until: time)
      bringUp.received.removeAll()
      target.receive(into: &bringUp.received)
      bringUp.readReplies()
      bringUp.transmit.removeAll()
      bringUp.sendRequests()
      target.send(bringUp.transmit)
      time += robot.period
    }
    if !bringUp.problems.isEmpty { throw BringUpError(problems: bringUp.problems) }
  }

  private mutating func readReplies() {
    for index in 0..<received.count {
      let frame = received[index]
      for joint in robot.joints.indices where !progress[joint].isFinished && progress[joint].attempt > 0 {
        let drive = robot.joints[joint].configuration.drive
        guard DriveCodec.answers(frame, drive) else { continue }
        take(DriveCodec.decode(frame, for: drive), joint: joint)
        break
      }
    }
  }

  private mutating func take(_ reply: DriveReply, joint: Int) {
    let steps = BringUpStep.sequence(for: robot.joints[joint])
    let step = steps[progress[joint].step]
    switch step.judge(reply) {
    case .notAnAnswer: return
    case .passed:
      let next = progress[joint].step + 1
      progress[joint] = Progress(step: next, isFinished: next == steps.count)
    case .unsettled(let message): progress[joint].unsettled = message
    case .failed(let message):
      report(joint, message, fix: step.fix)
    }
  }

  private mutating func sendRequests() {
    for joint in robot.joints.indices where !progress[joint].isFinished {
      progress[joint].waited += robot.period
      guard progress[joint].attempt == 0 || progress[joint].waited > Self.patience else { continue }
      let step = BringUpStep.sequence(for: robot.joints[joint])[progress[joint].step]
      guard progress[joint].attempt < Self.attempts else {
        if let message = progress[joint].unsettled {
          report(joint, "\(message), \(Self.attempts) tries", fix: step.fix)
        } else {
          report(
            joint, "no answer to '\(step.purpose)' after \(Self.attempts) tries",
            fix: "check the drive's supply, its id and master_id, and the bus's wiring and bit rate")
        }
        continue
      }
      progress[joint].attempt += 1
      progress[joint].waited = 0
      let drive = robot.joints[joint].configuration.drive
      transmit.append(DriveCodec.encode(step.request, for: drive))
      if step.isSynchronous { transmit.append(DriveCodec.encode(DriveRequest.identify, for: drive)) }
      if step.isUnanswered { progress[joint] = Progress(step: progress[joint].step + 1) }
    }
  }

  private mutating func report(_ joint: Int, _ message: String, fix: String) {
    let drive = robot.joints[joint].configuration.drive
    problems.append(
      BringUpError.Problem(
        joint: robot.joints[joint].name, bus: robot.buses[Int(drive.bus)].name, id: drive.id,
        message: message, fix: fix))
    progress[joint].isFinished = true
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
  }
  /// Every problem found.
  public var problems: [Problem]

  /// One line a problem.
  public var description: String {
    problems.map { "joint \($0.joint), bus \($0.bus), drive \($0.id): \($0.message); \($0.fix)" }
      .joined(separator: "\n")
  }
}
