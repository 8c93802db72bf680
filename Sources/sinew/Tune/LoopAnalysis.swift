import ControlCycle
import JointControl
import Tuning

/// The joint's frequency response, and the open loop that gains make of it.
extension ExperimentAnalysis {
  /// The plant from torque to position, and the loop of the gains in use, with margins where the coherence bears them.
  var response: Shown {
    guard let measured = measuredLoop else {
      return Shown(figures: [
        TuneFigure(
          "phase_margin_deg", "phase margin", nil, "deg", isIdentified: false,
          reason: unmeasured)
      ])
    }
    var shown = inertia
    let loop = measured.loop(stiffness: gains.stiffness, damping: gains.damping)
    let response = TuneResponse(
      "loop", "open loop with the gains in use", loop, isMeasured: true,
      margins: LoopMargins(measured: loop, coherence: TuneResponse.leastCoherence))
    shown.responses = [
      TuneResponse(
        "plant", "torque to position", measured.position, unit: "rad/N.m", isMeasured: true), response,
    ]
    shown.figures += response.marginFigures
    if let law = measured.law {
      shown.figures += [
        TuneFigure("drive_delay_s", "torque of the drive later than its position", law.positionDelay, "s"),
        TuneFigure("drive_torque_scale", "torque of the drive over the torque asked for", law.scale, ""),
      ]
    }
    return shown
  }

  /// The joint as it was measured in its loop, at the frequencies that were excited; nil where the record does not say.
  var measuredLoop: MeasuredLoop? {
    let range = 2 * Double.pi * experiment.band.lowerBound...2 * Double.pi * experiment.band.upperBound
    let drive =
      joint.isClosedOnHost
      ? nil
      : MeasuredLoop.Drive(
        stiffness: gains.stiffness, damping: gains.damping, period: TunedPlant.drivePeriod)
    switch experiment.kind {
    case .chirp: return MeasuredLoop(record, averaging: .swept(range), drive: drive)
    default:
      // Tones repeat; between them there is nothing but noise.
      var segment = 16
      while segment * 4 <= record.count && segment < 1 << 14 { segment *= 2 }
      return MeasuredLoop(record, averaging: .segments(segment, range, excitation: 0.1), drive: drive)
    }
  }

  /// Why there is no measured loop.
  private var unmeasured: String {
    if !joint.isClosedOnHost && !record.reportsTorque {
      return "the drive closes the loop, and reports no torque that goes with it"
    }
    return "too few frequencies are coherent, or the torque that is reported is not that of the gains;"
      + " excite it with more torque, or let it last longer"
  }
}

extension TuneResponse {
  /// A response of the library, for reports.
  init(
    _ key: String, _ title: String, _ response: FrequencyResponse, unit: String = "", isMeasured: Bool,
    margins: LoopMargins? = nil
  ) {
    let phases = response.continuousPhases
    self.init(
      key: key, title: title, unit: unit, isMeasured: isMeasured,
      points: CurveThinning.thinned(
        response.points.indices.map {
          let point = response.points[$0]
          return Point(
            frequency: point.frequency / (2 * .pi), gain: point.gain, phase: phases[$0] * 180 / .pi,
            coherence: point.coherence)
        }), margins: margins.map(Margins.init))
  }

  /// The margins as figures.
  var marginFigures: [TuneFigure] {
    guard let margins else { return [] }
    let missing = "not in the frequencies that can be trusted"
    return [
      TuneFigure(
        "phase_margin_deg", "phase margin", margins.phase, "deg", isIdentified: margins.phase != nil,
        reason: margins.phase == nil ? "the gain crosses one " + missing : nil, better: .higher),
      TuneFigure("crossover_hz", "crossover", margins.crossover, "Hz", isIdentified: margins.phase != nil),
      TuneFigure(
        "gain_margin_db", "gain margin", margins.gain, "dB",
        reason: margins.gain == nil ? "the phase crosses half a turn " + missing : nil, better: .higher),
      TuneFigure("sensitivity_peak", "peak of the sensitivity", margins.sensitivityPeak, "", better: .lower),
    ]
  }
}

extension TuneResponse.Margins {
  /// Margins of the library, in the units of reports.
  init(_ margins: LoopMargins) {
    self.init(
      phase: margins.phase.map { $0.value * 180 / .pi },
      crossover: margins.phase.map { $0.frequency / (2 * .pi) },
      gain: margins.gain.map { TunedPlant.decibels($0.value) },
      phaseCrossover: margins.gain.map { $0.frequency / (2 * .pi) }, delay: margins.delay,
      sensitivityPeak: margins.sensitivityPeak)
  }
}
