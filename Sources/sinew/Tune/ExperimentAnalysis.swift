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

  /// Gains that were in use.
  var gains: ImpedanceGains { joint.configuration.gains }

  /// What the experiment shows.
  var found: Shown {
    switch experiment.kind {
    case .step: step
    case .chirp, .multisine: response
    case .friction: friction
    case .inertia: inertia
    case .relay, .breakaway, .gravity, .backlash, .delay, .torqueConstant, .stiffness: Shown()
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
        key: "step", title: "steps, as a part of what was asked for",
        x: TuneCurve.Axis(title: "time", unit: "s"), y: TuneCurve.Axis(title: "part", unit: ""),
        series: plateaus.enumerated().map { index, plateau in
          let points = TunePlots.thinned(Array(zip(plateau.times, plateau.parts)))
          return TuneCurve.Series(
            title: plateau.size > 0 ? "up \(index / 2 + 1)" : "down \(index / 2 + 1)", x: points.map(\.x),
            y: points.map(\.y))
        })
    ]
    return shown
  }

  // MARK: Motion

  /// What moves the joint, where the record has acceleration.
  var inertia: Shown {
    guard let found = identified else {
      return Shown(figures: [
        TuneFigure(
          "inertia_kgm2", "inertia", nil, "kg.m^2", isIdentified: false,
          reason: "the joint hardly moved; use a larger amplitude")
      ])
    }
    return Shown(figures: [
      figure("inertia_kgm2", "inertia", "kg.m^2", found.inertia),
      figure("viscous_nms_rad", "viscous friction", "N.m.s/rad", found.viscousFriction),
      figure("coulomb_nm", "Coulomb friction", "N.m", found.coulombFriction),
      TuneFigure("residual_nm", "not explained", found.residual, "N.m"),
    ])
  }

  private var identified: JointIdentification? {
    JointIdentification(
      positions: record.positions, torques: record.motionTorques, period: record.period)
  }

  private func figure(
    _ key: String, _ title: String, _ unit: String, _ parameter: JointIdentification.Parameter
  ) -> TuneFigure {
    let reason =
      parameter.isIdentified
      ? nil
      : parameter.inflation > JointIdentification.mostInflation
        ? "the data could as well be made by the other parameters" : "too small beside what disturbs it"
    return TuneFigure(
      key, title, parameter.value, unit, standardError: parameter.standardError,
      isIdentified: parameter.isIdentified, reason: reason)
  }

  private var friction: Shown {
    var shown = inertia
    shown.figures.removeAll { $0.key == "inertia_kgm2" }
    // Each stretch of even speed, without its beginning, where the joint still gets there.
    let means = record.runs.compactMap { run -> (speed: Double, torque: Double)? in
      let rows = (run.rows.lowerBound + run.rows.count / 3)..<run.rows.upperBound
      guard rows.count > 10 else { return nil }
      func mean(_ column: [Double]) -> Double { column[rows].reduce(0, +) / Double(rows.count) }
      return (mean(record.velocities), mean(record.motionTorques))
    }.sorted { $0.speed < $1.speed }
    shown.curves = [
      TuneCurve(
        key: "friction_map", title: "torque at even speed", x: TuneCurve.Axis(title: "speed", unit: "rad/s"),
        y: TuneCurve.Axis(title: "torque", unit: "N.m"),
        series: [TuneCurve.Series(title: "measured", x: means.map(\.speed), y: means.map(\.torque))])
    ]
    return shown
  }
}
