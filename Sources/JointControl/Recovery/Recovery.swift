import ControlCycle

/// Brings the buses that a robot gave up back into use, once it stands still and its drives are off.
///
/// Each lost bus goes through the stages of `BusRecovery`, all of them side by side. Then every drive of the robot is brought
/// up again, as before the first cycle: identity, scales, mode, watchdog. A drive that is another one than before is refused:
/// cables were swapped, or somebody put in a spare. Nothing is armed here.
public enum Recovery {
  /// Time between two looks at the buses [ns].
  static let interval: Int64 = 10_000_000
  /// Times the drives are asked who they are, where one of them did not say what it said before: an answer may be lost.
  static let identifications = 3

  /// What happened on the way, for people who look on.
  public enum Event: Sendable {
    /// A bus reached a stage.
    case stage(bus: String, BusRecovery.Stage)
    /// What a bus waits for.
    case waiting(bus: String, String)
    /// The drives are brought up again.
    case identifying
  }

  /// How buses were brought back.
  public struct Report: Sendable, Equatable {
    /// One bus.
    public struct Bus: Sendable, Equatable {
      /// The robot's name for it.
      public var name: String
      /// Time each stage took [ns], in the order of stages.
      public var times: [Int64]
    }
    /// The buses that were lost.
    public var buses: [Bus] = []
    /// Time the drives took [ns].
    public var bringUpTime: Int64 = 0

    /// Nothing.
    public init() {}
  }

  /// Brings buses back.
  ///
  /// - Parameters:
  ///   - lost: numbers of the buses that were given up.
  ///   - robot: the robot; disarmed.
  ///   - known: who its drives were, by joint.
  ///   - target: its buses.
  ///   - observe: told of each event.
  /// - Returns: how long each stage took.
  /// - Throws: `RecoveryError` naming every bus that is not to be had, or every drive that is not as it was.
  public static func run<LoopTarget: RecoverableTarget & ~Copyable>(
    _ lost: [Int], of robot: Robot, known: [DeviceIdentity], on target: inout LoopTarget,
    observe: (Event) -> Void = { _ in }
  ) throws(RecoveryError) -> Report {
    var report = Report()
    var ways = lost.map { _ in BusRecovery(at: target.now) }
    for bus in lost { observe(.stage(bus: robot.buses[bus].name, .purging)) }
    while ways.contains(where: { !$0.isOver }) {
      for (index, bus) in lost.enumerated() where !ways[index].isOver {
        let before = ways[index]
        let answer = order(ways[index].stage, bus: bus, on: &target)
        ways[index].take(answer, at: target.now)
        let name = robot.buses[bus].name
        if ways[index].stage != before.stage {
          observe(.stage(bus: name, ways[index].stage))
        } else if ways[index].reason != before.reason {
          observe(.waiting(bus: name, ways[index].reason))
        }
      }
      if ways.contains(where: { !$0.isOver }) { _ = target.wait(until: target.now + interval) }
    }
    let failed = ways.indices.filter { ways[$0].stage == .failed }
    if !failed.isEmpty {
      throw RecoveryError(
        problems: failed.map { index in
          RecoveryError.Problem(
            place: "bus \(robot.buses[lost[index]].name)", message: message(of: ways[index]),
            fix: ways[index].fix)
        })
    }
    report.buses = zip(lost, ways).map { Report.Bus(name: robot.buses[$0].name, times: $1.times) }
    observe(.identifying)
    let start = target.now
    try identify(robot, known: known, on: &target)
    report.bringUpTime = target.now - start
    return report
  }

  /// Brings every drive up again and compares it with the one that was there before.
  ///
  /// - Throws: `RecoveryError` naming every drive that does not come up, or is another one.
  public static func identify<LoopTarget: Target & ~Copyable>(
    _ robot: Robot, known: [DeviceIdentity], on target: inout LoopTarget
  ) throws(RecoveryError) {
    // What arrived while nobody listened is of no interest.
    var stale = FrameBuffer(capacity: 16 * Capacity.joints)
    target.receive(into: &stale)
    var identities: [DeviceIdentity] = []
    do throws(BringUpError) {
      for _ in 0..<identifications {
        identities = try BringUp.run(robot, on: &target)
        if zip(known, identities).allSatisfy({ $1.says(as: $0) }) { break }
      }
    } catch {
      throw RecoveryError(
        problems: error.problems.map {
          RecoveryError.Problem(
            place: "joint \($0.joint), bus \($0.bus), drive \($0.id)", message: $0.message, fix: $0.fix)
        })
    }
    var strangers: [RecoveryError.Problem] = []
    for (index, joint) in robot.joints.enumerated() where known.indices.contains(index) {
      guard let difference = identities[index].difference(from: known[index]) else { continue }
      let drive = joint.configuration.drive
      strangers.append(
        RecoveryError.Problem(
          place: "joint \(joint.name), bus \(robot.buses[Int(drive.bus)].name), drive \(drive.id)",
          message: "another drive answers than before: \(difference)",
          fix: "see whether cables or adapters were swapped; for a new drive, start the run again"))
    }
    if !strangers.isEmpty { throw RecoveryError(problems: strangers) }
  }

  private static func order<LoopTarget: RecoverableTarget & ~Copyable>(
    _ stage: BusRecovery.Stage, bus: Int, on target: inout LoopTarget
  ) -> RecoveryAnswer {
    switch stage {
    case .purging: return target.purge(bus: bus)
    case .restarting: return target.restart(bus: bus)
    case .settling:
      let state = target.state(ofBus: bus)
      return state == .errorActive ? .done : .pending("it is \(state.name)")
    case .settled, .failed: return .done
    }
  }

  private static func message(of way: BusRecovery) -> String {
    let stage = way.failedStage?.rawValue ?? ""
    let reason = way.reason.isEmpty ? "it took too long" : way.reason
    return "not brought back, failed while \(stage): \(reason)"
  }
}

extension DeviceIdentity {
  /// Whether it says of itself all that another one said, whatever that is.
  fileprivate func says(as other: DeviceIdentity) -> Bool {
    (serial != nil || other.serial == nil) && (model != nil || other.model == nil)
      && (vendor != nil || other.vendor == nil) && (firmware != nil || other.firmware == nil)
  }

  /// What tells a drive from another one; nil where they may be the same. What the other did not say counts for nothing.
  func difference(from other: DeviceIdentity) -> String? {
    let words: [(String, String?, String?)] = [
      ("serial number", other.serial, serial), ("model", other.model, model),
      ("vendor", other.vendor, vendor),
      ("firmware", other.firmware, firmware),
    ]
    for (what, was, now) in words {
      if let was, was != now { return "\(what) \(now ?? "not told"), was \(was)" }
    }
    return nil
  }
}

/// Buses or drives that cannot be used again, all of them at once.
public struct RecoveryError: Error, Sendable, CustomStringConvertible {
  /// One bus or drive and what is wrong with it.
  public struct Problem: Sendable, Equatable {
    /// The bus, or the joint with its bus.
    public var place: String
    /// What is wrong.
    public var message: String
    /// What to do.
    public var fix: String
  }
  /// Every problem found.
  public var problems: [Problem]

  /// One line a problem.
  public var description: String {
    problems.map { "\($0.place): \($0.message); \($0.fix)" }.joined(separator: "\n")
  }
}
