import ControlCycle
import JointControl
import Tuning

/// The loop that gains make of a joint as a chirp measured it.
struct MeasuredGains {
  private let measured: MeasuredLoop

  /// Nil where the record says nothing of the loop.
  init?(_ trace: ExperimentTrace, of robot: Robot) {
    guard let measured = ExperimentAnalysis(trace, of: robot)?.measuredLoop else { return nil }
    self.measured = measured
  }

  /// The open loop of gains, and its margins where it can be trusted.
  func loop(of gains: ImpedanceGains) -> GainSearch.Measured {
    let loop = measured.loop(stiffness: gains.stiffness, damping: gains.damping)
    return (loop, LoopMargins(measured: loop, coherence: TuneResponse.leastCoherence))
  }
}

/// Gains for a joint as it was identified, until the loop as it was measured has the least margins as well: what no fit holds,
/// friction and neighbours that give way, is in the measurement.
struct GainSearch {
  /// An open loop, and its margins where it can be trusted.
  typealias Measured = (response: FrequencyResponse, margins: LoopMargins)

  /// Least phase margin of the measured loop [deg], and least gain margin [dB].
  static let leastPhaseMargin = 45.0
  static let leastGainMargin = 6.0
  /// How often gains are designed anew with more margin.
  private static let tries = 6

  let plant: JointPlant
  /// What gains have to keep by the joint's description.
  let limits: DesignLimits
  let wanted: GainDesign.Wanted
  /// The loop of gains as it was measured; nil where nothing was: what was identified alone counts then.
  let measured: ((ImpedanceGains) -> Measured)?

  /// Looks for the gains.
  ///
  /// - Returns: the gains, and the loop that they make of the joint as it was measured; it may lack margin where what is wanted says so.
  /// - Throws: `DesignRefusal` where no gains keep every limit.
  func gains() throws(DesignRefusal) -> (design: GainDesign, measured: Measured?) {
    var limits = limits
    var left = Self.tries
    while true {
      let design = try GainDesign(plant: plant, wanted: wanted, limits: limits)
      guard let loop = measured?(design.gains) else { return (design, nil) }
      let phase = loop.margins.phase.map { Self.leastPhaseMargin - $0.value * 180 / .pi } ?? 0
      let gain = loop.margins.gain.map { Self.leastGainMargin - TunedPlant.decibels($0.value) } ?? 0
      left -= 1
      guard left > 0, isFree, phase > 0 || gain > 0 else { return (design, loop) }
      // A little more than is lacking, so that a few rounds do.
      if phase > 0 { limits.phaseMargin = min(limits.phaseMargin + (phase + 1) * .pi / 180, 80 * .pi / 180) }
      if gain > 0 { limits.gainMargin *= TunedPlant.factor(gain + 0.5) }
    }
  }

  /// Whether gains may be had with more margin than was asked for.
  private var isFree: Bool {
    switch wanted {
    case .stiffest, .bandwidth(_, nil): true
    case .bandwidth, .damping: false
    }
  }
}

extension TuneResult.Joint {
  /// Notes the measured loop with new gains, beside it the loop as it is computed, and whether it has the least margins.
  mutating func note(_ measured: GainSearch.Measured?, of design: GainDesign) {
    guard let place = findings.lastIndex(where: { $0.kind == Experiment.Kind.chirp.rawValue }) else {
      return
    }
    guard let (loop, margins) = measured else {
      return check(
        nil, least: GainSearch.leastPhaseMargin, "phase", "deg", "the loop cannot be measured: all of it is")
    }
    let title = "open loop with the new gains"
    let response = TuneResponse("loop_new", title, loop, isMeasured: true, margins: margins)
    var computed = TuneResponse(
      "loop_new_computed", title, design.loop, isMeasured: false, margins: design.margins)
    let range = (response.points.first?.frequency ?? 0.1)...max(response.points.last?.frequency ?? 100, 1)
    computed.points.removeAll { !range.contains($0.frequency) }
    findings[place].responses += [response, computed]
    check(
      response.margins?.phase, least: GainSearch.leastPhaseMargin, "phase", "deg", "the gain crosses one")
    check(
      response.margins?.gain, least: GainSearch.leastGainMargin, "gain", "dB", "the phase crosses half a turn"
    )
  }

  /// Whether the gains in use are at the bound already: stiffer than those that were found, which keep more than has to be, and yet with
  /// the least margins on the joint as it was identified. Softer gains would only follow worse.
  mutating func keepsGainsInUse() -> Bool {
    guard let design, design.keepsGainsInUse else { return false }
    checks.append(
      TuneCheck(
        key: "in_use_phase_margin",
        title: "the gains in use are stiffer, and keep \(Int(GainSearch.leastPhaseMargin)) deg",
        value: design.figure(TuneDesign.phaseInUse)?.value, unit: "deg", passed: true))
    return true
  }

  /// A margin that lies beyond the frequencies that can be trusted cannot be looked at; the design's own stands.
  private mutating func check(
    _ margin: Double?, least: Double, _ word: String, _ unit: String, _ crossing: String
  ) {
    checks.append(
      TuneCheck(
        key: "measured_\(word)_margin",
        title: "\(word) margin of the measured loop, at least \(Int(least)) \(unit)", value: margin,
        unit: unit,
        note: margin == nil ? "\(crossing) outside the frequencies that can be trusted" : "",
        passed: margin.map { $0 >= least } ?? true))
  }
}

extension TuneDesign {
  /// Keys of the margins that the gains in use have on the joint as it was identified.
  static let phaseInUse = "in_use_phase_margin_deg"
  static let gainInUse = "in_use_gain_margin_db"

  /// Whether the gains in use are stiffer than those that were found and have the least margins; a loop that never crosses has.
  var keepsGainsInUse: Bool {
    before.stiffness >= after.stiffness
      && figure(Self.phaseInUse)?.value ?? .infinity >= GainSearch.leastPhaseMargin
      && figure(Self.gainInUse)?.value ?? .infinity >= GainSearch.leastGainMargin
  }

  /// A figure by its key.
  func figure(_ key: String) -> TuneFigure? { figures.first { $0.key == key } }
}
