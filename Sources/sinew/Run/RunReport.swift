import ControlCycle
import Foundation
import JointControl
import Recording

/// What a run did, as a table for people and as JSON for machines.
struct RunReport {
  /// What came before the first cycle.
  struct BringUpOutcome {
    /// Time it took [ns].
    var time: Int64 = 0
    /// Who the drives say they are, by joint.
    var identities: [DeviceIdentity] = []
  }
  struct Joint {
    var name: String
    var identity: DeviceIdentity?
    var figures: RunStatistics.Joint
    var limits: JointLimits
    /// Armed samples outside a limit: position beyond its bounds, speed above the velocity limit.
    var violatesLimit: Bool
  }
  struct Bus {
    var name: String
    /// Part of the time that the bus carried frames; nil where nobody can tell.
    var load: Double?
    var worstCase: Double
    /// Part of the time that the loop's frames took, counted bit by bit.
    var occupancy: Double
    /// Armed cycles, summed over the drives, in which the answer to the last command had not come.
    var lateAnswers: Int64
    /// What went over a real interface.
    var traffic: BusTraffic?
    /// What it said of itself, cycle by cycle.
    var figures: RunStatistics.Bus
    /// Why it is given up at the end; nil while it is in use.
    var givenUp: FaultKind?
  }
  let robot: String
  let motion: String?
  let target: RunTarget
  let seed: UInt64
  let pace: Pacing
  let joints: [Joint]
  let buses: [Bus]
  let cycles: Int64
  let armedTime: Double
  let busy: Percentiles
  /// Between the oldest and the newest sample of one cycle.
  let skew: Percentiles
  let stages: [StageFigures]
  let missed: Int64
  let skipped: Int64
  let fault: ControlFault?
  let signal: Int32?
  let traceError: TraceError?
  let lost: Lost
  /// Joints of buses that were given up while the others went on.
  let isolated: [String]
  let recoveries: [Recovered]
  let recoveryError: RecoveryError?
  let bringUpTime: Int64
  /// Whether the loop was killed by an injected fault.
  var isKilled = false
  /// What came through the command port; nil without one.
  var port: PortFigures?
  /// What became of the verbs, when there were any.
  var moveRecords: [MovePlayer.Record] = []
  /// The collision that ended the run, if one did.
  var collision: CollisionText?
  /// The verbs themselves.
  var moves: MoveProgram?
  /// The robot that made them.
  var movedRobot: Robot?
  /// What came of the lines of a stream; nil without one.
  var targets: TargetFeed.Outcome?
  /// What was led by hand; nil where nothing was kept.
  var taughtMotion: TaughtMotion?
  /// What became of its file; nil without one.
  var taught: TaughtFile.Outcome?

  /// What went missing on the way, whole run and all buses.
  struct Lost {
    /// Frames for which a queue had no room.
    var droppedFrames = 0
    /// Frames that came from no drive of the robot.
    var unknownFrames: Int64 = 0
    /// Samples refused as malformed or as a jump no joint can make.
    var rejectedSamples: Int64 = 0
  }
  let realtime: RealtimeReport
  let recording: RecordingOutcome?
  let recordingPath: String?
  /// What happened to the adapters of a real robot.
  var hotplug: HotplugThread.Outcome?

  /// What a stage took, and what it may take.
  struct StageFigures {
    var stage: Stage
    var times: Percentiles
    var budget: Int64
    /// Cycles in which it took longer.
    var overBudget: Int64
  }

  /// Median, tails and maximum of a duration [ns].
  struct Percentiles {
    var p50, p99, p999, max: Int64

    init(_ histogram: borrowing LatencyHistogram) {
      p50 = histogram.percentile(0.5)
      p99 = histogram.percentile(0.99)
      p999 = histogram.percentile(0.999)
      max = histogram.max
    }

    /// The figures for machines.
    func members(prefix: String) -> [(String, JSONValue)] {
      [
        ("\(prefix)p50_ns", .integer(p50)), ("\(prefix)p99_ns", .integer(p99)),
        ("\(prefix)p99_9_ns", .integer(p999)), ("\(prefix)max_ns", .integer(max)),
      ]
    }
  }

  init(
    robot: Robot, motion: String?, target: RunTarget, seed: UInt64, pace: Pacing,
    statistics: borrowing RunStatistics, carried: [BusCarried], plan: BusPlan, occupancy: [Double],
    fault: ControlFault?,
    signal: Int32?,
    realtime: RealtimeReport, traceError: TraceError?, lost: Lost, bringUp: BringUpOutcome,
    recording: RecordingOutcome? = nil, recordingPath: String? = nil, givenUp: [GivenUpBus] = [],
    recoveries: [Recovered] = [], recoveryError: RecoveryError? = nil
  ) {
    self.realtime = realtime
    self.recording = recording
    self.recordingPath = recordingPath
    self.recoveries = recoveries
    self.recoveryError = recoveryError
    let lostBuses = givenUp.map(\.bus)
    isolated =
      fault != nil
      ? [] : robot.joints.filter { lostBuses.contains(Int($0.configuration.drive.bus)) }.map(\.name)
    self.traceError = traceError
    self.lost = lost
    bringUpTime = bringUp.time
    self.robot = robot.name
    self.motion = motion
    self.target = target
    self.seed = seed
    self.pace = pace
    self.fault = fault
    self.signal = signal
    var list: [Joint] = []
    for (index, joint) in robot.joints.enumerated() {
      let figures = statistics.joints[index]
      let limits = joint.configuration.limits
      // One encoder or frame quantum beyond a limit is a measurement on it.
      let range = joint.configuration.drive.range
      let ratio = joint.configuration.transmission.ratio
      let quantum = 2 * range.position / 65535 / ratio
      let speedQuantum = 2 * range.velocity / 4095 / ratio
      let isOutside =
        figures.count > 0
        && (figures.minPosition < limits.minPosition - quantum
          || figures.maxPosition > limits.maxPosition + quantum
          || figures.peakVelocity > limits.velocity + speedQuantum
          || figures.peakTorque > limits.torque * 1.01)
      list.append(
        Joint(
          name: joint.name,
          identity: bringUp.identities.indices.contains(index) ? bringUp.identities[index] : nil,
          figures: figures, limits: limits, violatesLimit: isOutside))
    }
    joints = list
    var late = Array(repeating: Int64(0), count: robot.buses.count)
    for (index, joint) in robot.joints.enumerated() {
      late[Int(joint.configuration.drive.bus)] += statistics.joints[index].late
    }
    let causes = Dictionary(givenUp.map { ($0.bus, $0.cause) }, uniquingKeysWith: { first, _ in first })
    buses = robot.buses.indices.map {
      Bus(
        name: robot.buses[$0].name, load: carried[$0].load, worstCase: plan.buses[$0].utilisation,
        occupancy: occupancy[$0], lateAnswers: late[$0], traffic: carried[$0].traffic,
        figures: statistics.buses[$0], givenUp: causes[$0])
    }
    cycles = statistics.cycles
    armedTime = Double(statistics.armedCycles) * Double(robot.period) * 1e-9
    busy = Percentiles(statistics.busy)
    skew = Percentiles(statistics.skew)
    var figures: [StageFigures] = []
    for stage in Stage.allCases {
      let index = stage.rawValue
      figures.append(
        StageFigures(
          stage: stage, times: Percentiles(statistics.stages[index]), budget: statistics.budgets[index],
          overBudget: statistics.overBudget[index]))
    }
    stages = figures
    missed = statistics.missed
    skipped = statistics.skipped
  }

  var outcome: String {
    if fault != nil || recoveryError != nil { return "fault" }
    if isKilled { return "killed" }
    if collision != nil { return "collision" }
    if signal != nil { return "interrupted" }
    return isolated.isEmpty ? "completed" : "limb_lost"
  }

  /// A number with a fixed count of digits after the point.
  static func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

  /// The report for people.
  var table: String {
    var out =
      "\(robot): \(motion ?? "hold"), \(outcome), \(Self.fixed(armedTime, 3)) s armed, "
      + (target == .sim ? "seed \(seed)\n\n" : "real\n\n")
    var perJoint = TextTable([
      "joint", "rms rad", "peak rad", "torque N.m", "of limit", "saturated", "limited", "oldest", "late",
    ])
    for joint in joints {
      let figures = joint.figures
      perJoint.append([
        joint.name, Self.fixed(figures.rms, 5), Self.fixed(figures.peak, 5),
        Self.fixed(figures.peakTorque, 2),
        Self.fixed(100 * figures.peakTorque / joint.limits.torque, 0) + " %",
        "\(figures.saturated)", "\(figures.limited)" + (joint.violatesLimit ? " !" : ""),
        "\(figures.worstAge)", "\(figures.late)",
      ])
    }
    out += perJoint.text + "\n"
    out += busTable + "\n"
    var times = TextTable(["time us", "p50", "p99", "p99.9", "max", "budget", "over"])
    func cells(_ figures: Percentiles) -> [String] {
      [figures.p50, figures.p99, figures.p999, figures.max].map { Self.fixed(Double($0) / 1000, 1) }
    }
    for stage in stages {
      times.append(
        [stage.stage.name] + cells(stage.times)
          + [Self.fixed(Double(stage.budget) / 1000, 1), "\(stage.overBudget)"])
    }
    times.append(["receive...send"] + cells(busy) + ["", ""])
    out += times.text + "\n"
    if pace != .fast { out += "real time: \(realtime.summary)\n" }
    let worst = joints.map(\.figures.rms).max() ?? 0
    out +=
      "worst tracking \(Self.fixed(worst, 5)) rad rms, deadline misses \(missed) of \(cycles) cycles,"
      + " oldest sample \(joints.map(\.figures.worstAge).max() ?? 0) cycles\n"
    out +=
      "samples of one cycle are \(Self.fixed(Double(skew.p50) / 1000, 1)) us apart, at most"
      + " \(Self.fixed(Double(skew.max) / 1000, 1)) us\n"
    if let recording, let cycles = recording.cycles {
      out +=
        "recorded \(cycles) cycles to \(recordingPath ?? ""), \(recording.lostCycles) lost,"
        + " \(Self.fixed(Double(recording.bytes) * 1e-6, 1)) MB\n"
    }
    if let port { out += port.text }
    out += moveText
    if joints.contains(where: \.violatesLimit) { out += "! measured outside a limit\n" }
    if skipped > 0 { out += "\(skipped) cycles skipped\n" }
    out += busRemarks
    let late = buses.filter { $0.lateAnswers > 0 }.map { "\($0.name) \($0.lateAnswers)" }
    if !late.isEmpty { out += "answers late or lost: \(late.joined(separator: ", "))\n" }
    if lost.droppedFrames > 0 { out += "\(lost.droppedFrames) frames dropped for want of room\n" }
    if lost.unknownFrames > 0 { out += "\(lost.unknownFrames) frames from no drive of this robot\n" }
    if lost.rejectedSamples > 0 { out += "\(lost.rejectedSamples) samples refused\n" }
    return out
  }

  private var busTable: String {
    var header = ["bus", "loop's frames", "plan, at worst", "below plan", ""]
    if target == .sim { header.insert("load", at: 1) }
    var table = TextTable(header)
    let percent = { (part: Double) in Self.fixed(100 * part, 1) + " %" }
    for bus in buses {
      var row = [
        bus.name, percent(bus.occupancy), percent(bus.worstCase), percent(bus.worstCase - bus.occupancy),
        bus.occupancy > bus.worstCase ? "MORE THAN PLANNED" : "",
      ]
      if target == .sim { row.insert(percent(bus.load ?? 0), at: 1) }
      table.append(row)
    }
    if target == .sim { return table.text }
    return BusTraffic.table(buses.map { ($0.name, $0.traffic ?? BusTraffic()) }) + "\n" + table.text
  }
}
