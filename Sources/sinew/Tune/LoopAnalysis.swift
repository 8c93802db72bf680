import ControlCycle
import JointControl
import Tuning

/// The joint's frequency response, and the open loop that gains make of it.
extension ExperimentAnalysis {
  /// The plant from torque to position by Welch's method, and the loop of the gains in use, with margins where the coherence bears them.
  var response: Shown {
    guard let plant = plantResponse else {
      return Shown(figures: [
        TuneFigure(
          "phase_margin_deg", "phase margin", nil, "deg", isIdentified: false,
          reason: "the record is too short for a frequency response; let it last longer")
      ])
    }
    let loop = loop(of: gains, plant)
    var shown = inertia
    let response = TuneResponse(
      "loop", "open loop with the gains in use", loop, isMeasured: true,
      margins: LoopMargins(of: loop.trusted(TuneResponse.leastCoherence)))
    shown.responses = [
      TuneResponse("plant", "torque to position", plant, unit: "rad/N.m", isMeasured: true), response,
    ]
    shown.figures += response.marginFigures
    return shown
  }

  /// Torque to position at the frequencies that were excited, as the quotient of what the excitation does to either: in a closed
  /// loop the torque answers the position's noise too.
  var plantResponse: FrequencyResponse? {
    var segment = 16
    while segment * 4 <= record.count && segment < 1 << 14 { segment *= 2 }
    let range = 2 * Double.pi * experiment.band.lowerBound...2 * Double.pi * experiment.band.upperBound
    func response(to output: [Double]) -> FrequencyResponse? {
      FrequencyResponse.measured(
        input: record.excitations, output: output, period: record.period, segment: segment, range: range,
        // Between the tones of a multisine there is nothing but noise.
        excitation: experiment.kind == .multisine ? 0.1 : 1e-4)
    }
    let torques = joint.isClosedOnHost ? record.appliedTorques : record.motionTorques
    guard let position = response(to: record.positions), let torque = response(to: torques) else {
      return nil
    }
    return position.divided(by: torque)
  }

  /// The open loop that gains make of the joint as it was measured. On the host's loop the measured velocity is looked at with all that is
  /// in it; a drive's velocity between two frames nobody sees, so that there it is the position's, with the filter of one.
  func loop(of gains: ImpedanceGains, _ plant: FrequencyResponse) -> FrequencyResponse {
    if joint.isClosedOnHost, let measured = MeasuredLoop(record) {
      return measured.loop(stiffness: gains.stiffness, damping: gains.damping)
    }
    return plant.positionLoop(
      stiffness: gains.stiffness, damping: gains.damping, velocityLag: TunedPlant.velocityLag,
      delay: Self.lackingDelay(of: joint))
  }

  /// What of the loop's delay the response lacks [s]: on the host's loop nothing, as the torque that was written is looked at; where
  /// the drive closes it, the torque that it reports is of the position's instant, and a period of the drive's own and half of one, for
  /// which it holds a torque, are what is left.
  static func lackingDelay(of joint: RobotJoint) -> Double {
    joint.isClosedOnHost ? 0 : 1.5 * TunedPlant.drivePeriod
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
