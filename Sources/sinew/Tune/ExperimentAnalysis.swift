import ControlCycle
import Foundation
import JointControl
import Tuning

/// From the columns of one experiment to figures, curves and responses: each kind by what the library `Tuning` makes of it.
struct ExperimentAnalysis {
  /// What is shown.
  struct Shown {
    var figures: [TuneFigure] = []
    var curves: [TuneCurve] = []
    var responses: [TuneResponse] = []
  }

  let record: JointRecord
  let experiment: Experiment
  let joint: RobotJoint
  let robot: Robot

  /// An analysis of a trace; nil where it holds nothing.
  init?(_ trace: ExperimentTrace, of robot: Robot) {
    joint = robot.joints[trace.experiment.joint]
    guard let record = trace.record(of: joint) else { return nil }
    self.record = record
    experiment = trace.experiment
    self.robot = robot
  }

  /// Gains that were in use.
  var gains: ImpedanceGains { joint.configuration.gains }

  /// What the experiment shows.
  var found: Shown {
    switch experiment.kind {
    case .step: step
    case .chirp, .multisine: response
    case .friction: friction
    case .inertia: inertia
    case .delay: delay
    case .relay: relay
    case .breakaway: breakaway
    case .gravity: gravity
    case .backlash: backlash
    case .torqueConstant: torqueConstant
    case .stiffness: stiffness
    }
  }

  // MARK: Step

  private struct Plateau {
    var metrics: StepMetrics
    var size: Double
    var end: Double
    var times: [Double]
    var parts: [Double]
  }

  /// Steps up and down; each from where the joint stood to where it came to rest, as what is asked for differs from that by friction.
  private var plateaus: [Plateau] {
    record.runs.compactMap { run in
      let rows = run.rows
      guard rows.count > 20 else { return nil }
      let asked = run.part % 2 == 0 ? experiment.amplitude : -experiment.amplitude
      let rest = record.positions[(rows.upperBound - rows.count / 10)..<rows.upperBound]
      let end = rest.reduce(0, +) / Double(rest.count)
      let start = record.positions[rows.lowerBound]
      guard (end - start).magnitude > 0.2 * asked.magnitude else { return nil }
      let (times, values) = (Array(record.times[rows]), Array(record.positions[rows]))
      return StepMetrics(times: times, values: values, from: start, to: end).map {
        Plateau(
          metrics: $0, size: asked, end: end - start, times: times.map { $0 - times[0] },
          parts: values.map { ($0 - start) / asked })
      }
    }
  }

  private var step: Shown {
    let plateaus = plateaus
    guard !plateaus.isEmpty else {
      return Shown(figures: [
        TuneFigure(
          "rise_time_s", "rise 10 to 90 %", nil, "s", isIdentified: false,
          reason: "the joint went less than a fifth of the step: friction holds it; use a larger amplitude")
      ])
    }
    func mean(_ value: (Plateau) -> Double?) -> (Double?, Double?) {
      let values = plateaus.compactMap(value)
      guard values.count == plateaus.count else { return (nil, nil) }
      let mean = values.reduce(0, +) / Double(values.count)
      guard values.count > 1 else { return (mean, nil) }
      let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
      return (mean, (square / Double(values.count)).squareRoot())
    }
    func figure(_ key: String, _ title: String, _ unit: String, _ value: (Plateau) -> Double?) -> TuneFigure {
      let (value, error) = mean(value)
      return TuneFigure(key, title, value, unit, standardError: error, better: .lower)
    }
    var shown = Shown()
    shown.figures = [
      figure("rise_time_s", "rise 10 to 90 %", "s", \.metrics.riseTime),
      figure("settling_time_s", "settling to 2 %", "s", \.metrics.settlingTime),
      figure("overshoot_percent", "overshoot", "%", \.metrics.overshoot),
      figure("steady_error_rad", "left at the end", "rad") { ($0.size - $0.end).magnitude },
      figure("iae_rads", "integral of the error", "rad.s", \.metrics.integralOfAbsoluteError),
    ]
    shown.curves = [
      TuneCurve(
        key: "step", title: "steps, part of what was asked for",
        x: TuneCurve.Axis(title: "time", unit: "s"), y: TuneCurve.Axis(title: "part", unit: ""),
        series: plateaus.enumerated().map { index, plateau in
          let points = CurveThinning.thinned(Array(zip(plateau.times, plateau.parts)))
          return TuneCurve.Series(
            title: plateau.size > 0 ? "up \(index / 2 + 1)" : "down \(index / 2 + 1)", x: points.map(\.x),
            y: points.map(\.y))
        })
    ]
    return shown
  }
}

extension ExperimentAnalysis {
  /// Nothing but a figure that is not identified, and why.
  static func nothing(_ key: String, _ title: String, _ unit: String, because reason: String) -> Shown {
    Shown(figures: [TuneFigure(key, title, nil, unit, isIdentified: false, reason: reason)])
  }

  /// Lines over one axis.
  static func curve(
    _ key: String, _ title: String, _ x: (String, String), _ y: (String, String), _ series: [TuneCurve.Series]
  ) -> TuneCurve {
    TuneCurve(
      key: key, title: title, x: TuneCurve.Axis(title: x.0, unit: x.1),
      y: TuneCurve.Axis(title: y.0, unit: y.1),
      series: series)
  }

  /// Measured position over torque, for what comes and goes slowly.
  var torqueOverPosition: TuneCurve {
    let points = stride(from: 0, to: record.count, by: max(1, record.count / (2 * CurveThinning.columns)))
    let torques = record.motionTorques
    return Self.curve(
      "hysteresis", "torque over position", ("position", "rad"), ("torque", "N.m"),
      [
        TuneCurve.Series(
          title: "measured", x: points.map { record.positions[$0] }, y: points.map { torques[$0] })
      ])
  }
}

extension TuneFigure {
  /// An estimate of the library.
  init(_ key: String, _ title: String, _ unit: String, _ estimate: Estimate) {
    self.init(
      key, title, estimate.value, unit, standardError: estimate.standardError,
      isIdentified: estimate.isIdentified, reason: estimate.reason)
  }
}
