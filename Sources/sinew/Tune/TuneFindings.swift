import ControlCycle
import JointControl
import Tuning

extension TuneFinding {
  /// What an experiment showed.
  ///
  /// - Parameters:
  ///   - trace: the experiment as it was run.
  ///   - robot: the robot as described.
  ///   - stage: what it was run for.
  init(_ trace: ExperimentTrace, of robot: Robot, stage: Stage = .measure) {
    let joint = robot.joints[trace.experiment.joint]
    self.init(kind: trace.experiment.kind.rawValue, stage: stage)
    settings = Self.settings(trace, joint)
    abort = trace.abort.map(Abort.init)
    guard let analysis = ExperimentAnalysis(trace, of: robot) else { return }
    curves = Self.motion(analysis.record)
    guard abort == nil else { return }
    let shown = analysis.found
    figures = shown.figures
    curves = shown.curves + curves
    responses = shown.responses
  }

  /// With which numbers it was run, and how far and hard the joint went.
  private static func settings(_ trace: ExperimentTrace, _ joint: RobotJoint) -> [TuneFigure] {
    let experiment = trace.experiment
    var settings = experiment.identity
    let samples = trace.samples
    guard let first = samples.first, let last = samples.last else { return settings }
    let peak = samples.map(\.measuredTorque.magnitude).max() ?? 0
    settings += [
      TuneFigure("time_s", "took", last.time + trace.period, "s"),
      TuneFigure("peak_torque_nm", "peak torque", peak, "N.m"),
      TuneFigure(
        "peak_torque_share_percent", "of the limit", 100 * peak / joint.configuration.limits.torque, "%"),
      TuneFigure(
        "travel_rad", "travel",
        samples.map { ($0.measuredPosition - first.measuredPosition).magnitude }.max() ?? 0, "rad"),
      TuneFigure(
        "peak_speed_rad_s", "peak speed", samples.map(\.measuredVelocity.magnitude).max() ?? 0, "rad/s"),
    ]
    return settings
  }

  /// Position and torque over time.
  private static func motion(_ record: JointRecord) -> [TuneCurve] {
    func line(_ title: String, _ values: [Double], isReference: Bool = false) -> TuneCurve.Series {
      let points = CurveThinning.thinned(Array(zip(record.times, values)))
      return TuneCurve.Series(
        title: title, x: points.map(\.x), y: points.map(\.y), isReference: isReference)
    }
    let time = TuneCurve.Axis(title: "time", unit: "s")
    return [
      TuneCurve(
        key: "position", title: "position", x: time, y: TuneCurve.Axis(title: "position", unit: "rad"),
        series: [
          line("measured", record.positions), line("commanded", record.commandedPositions, isReference: true),
        ]),
      TuneCurve(
        key: "torque", title: "torque", x: time, y: TuneCurve.Axis(title: "torque", unit: "N.m"),
        series: [
          line("measured", record.torques), line("commanded", record.appliedTorques, isReference: true),
        ]),
    ]
  }
}

extension Experiment {
  /// The numbers that make it this experiment and no other.
  var identity: [TuneFigure] {
    let isWay = [.step, .friction, .gravity, .torqueConstant].contains(kind)
    var figures = [
      isWay
        ? TuneFigure("amplitude_rad", "amplitude", amplitude, "rad")
        : TuneFigure("amplitude_nm", "amplitude", amplitude, "N.m"),
      TuneFigure("duration_s", "for", duration, "s"),
      TuneFigure("repetitions", "repetitions", Double(repetitions), ""),
    ]
    if [.chirp, .multisine, .inertia, .delay].contains(kind) {
      figures += [
        TuneFigure("lowest_hz", "from", band.lowerBound, "Hz"),
        TuneFigure("highest_hz", "to", band.upperBound, "Hz"),
      ]
    }
    return figures
  }

  /// Whether a finding is of this experiment, all of it.
  func isDone(by finding: TuneFinding) -> Bool {
    finding.kind == kind.rawValue && finding.stage == .measure && finding.abort == nil
      && identity.allSatisfy { mine in
        finding.settings.contains { $0.key == mine.key && $0.value == mine.value }
      }
  }
}

extension ExperimentTrace {
  /// The trace as columns; nil where it is empty, or something is not finite.
  var record: JointRecord? {
    guard !samples.isEmpty else { return nil }
    return JointRecord(
      period: period, times: samples.map(\.time), positions: samples.map(\.measuredPosition),
      velocities: samples.map(\.measuredVelocity), torques: samples.map(\.measuredTorque),
      appliedTorques: samples.map(\.appliedTorque), commandedPositions: samples.map(\.position),
      excitations: samples.map(\.excitation), parts: samples.map { Int($0.part) })
  }

  /// The same with what acted on the joint where that differs from what is reported or asked for: in even motion, on a loop that the drive
  /// closes, the torque over a cycle and not at its end; on the host's loop the torque with the position carried forward.
  func record(of joint: RobotJoint) -> JointRecord? {
    guard var record else { return nil }
    if joint.isClosedOnHost {
      record.appliedTorques = samples.map { $0.hostTorque(period: period) }
      record.carriedTime = measurementAge
    } else if experiment.kind == .friction {
      record.torques = heldTorques
    }
    return record
  }
}

extension TuneFinding.Abort {
  /// In a word and in words.
  init(_ abort: ExperimentAbort) {
    func number(_ value: Double) -> String { Markup.number(value, digits: 4) }
    switch abort {
    case .position(let at): self.init(kind: "position", text: "left the envelope at \(number(at)) rad")
    case .velocity(let at): self.init(kind: "velocity", text: "faster than the envelope, \(number(at)) rad/s")
    case .torque(let at): self.init(kind: "torque", text: "more torque than the envelope, \(number(at)) N.m")
    case .trackingError(let at):
      self.init(kind: "tracking_error", text: "\(number(at)) rad away from what was commanded")
    case .temperature(let at): self.init(kind: "temperature", text: "too hot, \(number(at)) degree Celsius")
    case .released: self.init(kind: "released", text: "the key was let go")
    case .stopped: self.init(kind: "stopped", text: "stopped by a person or a signal")
    case .fault(let kind): self.init(kind: "fault", text: "fault stop: \(ControlFault.cause(of: kind))")
    case .inconclusive:
      self.init(kind: "inconclusive", text: "nothing that could be evaluated was seen in the time")
    }
  }
}

extension TuneFinding.Abort {
  /// What to do about it.
  var fix: String {
    switch kind {
    case "position": "begin farther from the joint's limits, or allow more with --travel or --share"
    case "velocity", "torque": "excite it less with --amplitude, or allow more with --share"
    case "tracking_error": "see whether something holds the joint, or excite it less with --amplitude"
    case "temperature": "let the drive cool"
    case "released", "stopped": "begin again; --resume leaves out what is done"
    case "fault": "see what stopped the robot; the drives are off"
    default: "use a larger --amplitude, or let it last longer with --for"
    }
  }
}
