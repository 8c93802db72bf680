/// What `sinew tune` found, decided and did: one value behind the table, result.json and report.html.
struct TuneResult: Equatable {
  /// Of result.json.
  static let schema = "sinew.tune/1"

  /// Name of an experiment, or `auto` or `all`.
  var task: String
  /// Name of the robot.
  var robot: String
  /// `sim` or `real`.
  var target: String
  /// Of the simulation; nil on a real robot.
  var seed: UInt64?
  /// What built the program.
  var build: String
  /// In the order of the runs.
  var recordings: [Recording] = []
  /// In the order in which they were asked for.
  var joints: [Joint] = []

  /// A recording of one run of the loop.
  struct Recording: Equatable {
    /// File name within the directory of the result.
    var file: String
    /// SHA-256 of its bytes.
    var hash: String
  }

  /// What came of one joint.
  struct Joint: Equatable {
    /// Name.
    var name: String
    /// Who its drive says it is; empty where it says nothing.
    var drive = ""
    /// Experiment by experiment.
    var findings: [TuneFinding] = []
    /// The joint as it was identified.
    var parameters: [TuneFigure] = []
    /// Gains, where any were looked for.
    var design: TuneDesign?
    /// What was looked at before gains were let through.
    var checks: [TuneCheck] = []
    /// How it ended.
    var outcome = Outcome.measured
  }

  /// How it ended with a joint.
  enum Outcome: String, CaseIterable {
    /// Measured, nothing designed.
    case measured
    /// The gains in use are stiffer than those that were found, and keep the least margins: they stay.
    case kept
    /// Gains that the twin passed with; they were not asked to be applied.
    case designed
    /// Gains that are in use, on trial.
    case applied
    /// Gains were in use, a check failed, and those of before are in use again.
    case rolledBack = "rolled_back"
    /// No gains: an experiment ended early, the joint was not identified, or a check on the twin failed.
    case refused
  }

  /// Whether every experiment came to its end and no check failed.
  var passed: Bool { joints.allSatisfy(\.passed) }
}

extension TuneResult.Joint {
  /// Whether every experiment came to its end and no check failed.
  var passed: Bool {
    outcome != .refused && outcome != .rolledBack && findings.allSatisfy { $0.abort == nil }
      && checks.allSatisfy(\.passed)
  }

  /// What keeps it from having passed, with what to do where that is known; nil where it passed.
  var reason: String? {
    if let finding = findings.first(where: { $0.abort != nil }), let abort = finding.abort {
      return "\(finding.kind)\(finding.stage.suffix) ended early: \(abort.text); \(abort.fix)"
    }
    if let check = checks.first(where: { !$0.passed }) {
      let seen = check.value.map { "seen \(Markup.number($0, digits: 4)) \(check.unit)" } ?? "not so"
      return "\(check.title): \(check.note.isEmpty ? seen : check.note)"
    }
    return passed ? nil : "not all was measured"
  }

  /// A parameter by its key.
  func parameter(_ key: String) -> TuneFigure? { parameters.first { $0.key == key } }
}

extension TuneResult {
  /// Puts a joint in the place of the one of its name.
  mutating func replace(_ joint: Joint) {
    if let place = joints.firstIndex(where: { $0.name == joint.name }) {
      joints[place] = joint
    } else {
      joints.append(joint)
    }
  }
}

extension TuneResult.Joint {
  /// Takes an experiment, in the place of the same one from before.
  mutating func keep(_ finding: TuneFinding) {
    if let place = findings.firstIndex(where: { $0.kind == finding.kind && $0.stage == finding.stage }) {
      findings[place] = finding
    } else {
      findings.append(finding)
    }
  }
}

/// A number with what is known of its truth.
struct TuneFigure: Equatable {
  /// Which way a change of it is good news.
  enum Better: String {
    case lower
    case higher
  }

  /// Name for machines, the unit last.
  var key: String
  /// Name for people.
  var title: String
  /// The number; nil where there is none.
  var value: Double?
  /// Its unit; empty for a bare number.
  var unit: String
  /// Standard error of the number, in its unit; nil where it has none.
  var standardError: Double?
  /// Whether the data say what it is.
  var isIdentified = true
  /// Why they do not, or what one has to know to read it.
  var reason: String?
  /// Which way a change of it is good news; nil where it is neither.
  var better: Better?

  init(
    _ key: String, _ title: String, _ value: Double?, _ unit: String, standardError: Double? = nil,
    isIdentified: Bool = true, reason: String? = nil, better: Better? = nil
  ) {
    self.key = key
    self.title = title
    self.value = value.flatMap { $0.isFinite ? $0 : nil }
    self.unit = unit
    self.standardError = standardError.flatMap { $0.isFinite ? $0 : nil }
    self.isIdentified = isIdentified
    self.reason = reason
    self.better = better
  }

  /// The number for people.
  var text: String {
    value.map { unit == "%" ? Markup.measured($0, digits: 4) : Markup.number($0, digits: 4) } ?? "-"
  }

  /// How sure it is, for people.
  var certainty: String {
    if !isIdentified { return "not identified" }
    return standardError.map { "± \(Markup.number($0, digits: 2))" } ?? ""
  }
}

/// One experiment on one joint: how it was run, and what it shows.
struct TuneFinding: Equatable {
  /// What it was run for.
  enum Stage: String, CaseIterable {
    /// To measure.
    case measure
    /// On the twin, with new gains.
    case twin
    /// With the gains of before.
    case before
    /// With new gains.
    case after
  }

  /// Why it ended early.
  struct Abort: Equatable {
    /// In a word, for machines.
    var kind: String
    /// In words, with the number.
    var text: String
  }

  /// Name of the experiment.
  var kind: String
  /// What it was run for.
  var stage = Stage.measure
  /// With which numbers, and how far and hard the joint went.
  var settings: [TuneFigure] = []
  /// Why it ended early; nil where it did not.
  var abort: Abort?
  /// What it shows.
  var figures: [TuneFigure] = []
  /// Lines for people.
  var curves: [TuneCurve] = []
  /// Frequency responses, with margins where they are of a loop.
  var responses: [TuneResponse] = []

  /// A figure by its key.
  func figure(_ key: String) -> TuneFigure? { figures.first { $0.key == key } }
}

/// Lines over one axis.
struct TuneCurve: Equatable {
  /// One axis.
  struct Axis: Equatable {
    var title: String
    var unit: String
  }

  /// One line.
  struct Series: Equatable {
    var title: String
    var x: [Double]
    var y: [Double]
    /// A wish or a model rather than what was measured.
    var isReference = false
  }

  /// Name for machines.
  var key: String
  var title: String
  var x: Axis
  var y: Axis
  var series: [Series]
}

extension TuneCurve.Series {
  /// The line's points, or its beginning up to a place on its axis, which may lie between two of them.
  func points(upTo end: Double?) -> [(x: Double, y: Double)] {
    let points = zip(x, y).map { (x: $0, y: $1) }
    guard let end, let next = points.firstIndex(where: { $0.x > end }), next > 0 else { return points }
    let (one, other) = (points[next - 1], points[next])
    let last = one.y + (other.y - one.y) * (end - one.x) / (other.x - one.x)
    return points[..<next] + [(end, last)]
  }
}

/// A frequency response by points.
struct TuneResponse: Equatable {
  /// One point.
  struct Point: Equatable {
    /// [Hz]
    var frequency: Double
    /// As a factor.
    var gain: Double
    /// [deg], without jumps.
    var phase: Double
    /// Part of the output's power that the input explains, 0 to 1.
    var coherence: Double
  }

  /// Name for machines.
  var key: String
  var title: String
  /// Unit of the gain; empty for a bare number, which is drawn in decibels.
  var unit: String
  /// Whether it was measured rather than computed.
  var isMeasured: Bool
  var points: [Point]
  /// Of an open loop.
  var margins: Margins?

  /// How far a loop is from instability.
  struct Margins: Equatable {
    /// [deg]; nil where the gain never crosses one.
    var phase: Double?
    /// Where it does [Hz].
    var crossover: Double?
    /// [dB]; nil where the phase never crosses half a turn.
    var gain: Double?
    /// Where it does [Hz].
    var phaseCrossover: Double?
    /// Delay that would use up the phase [s].
    var delay: Double?
    /// Highest magnitude of the sensitivity.
    var sensitivityPeak: Double
  }

  /// Coherence below which a point is not trusted.
  static let leastCoherence = 0.95
}

/// Gains for a joint, and why these.
struct TuneDesign: Equatable {
  /// Gains of a joint's impedance.
  struct Gains: Equatable {
    /// [N.m/rad]
    var stiffness: Double
    /// [N.m.s/rad]
    var damping: Double
  }

  /// What was asked for, in words.
  var wanted: String
  /// Gains in use before.
  var before: Gains
  /// Gains that were found.
  var after: Gains
  /// What is expected of them.
  var figures: [TuneFigure]
  /// What bounds them, in words; empty where the wish does.
  var bound: String
}

/// Something that was looked at, and has to hold.
struct TuneCheck: Equatable {
  /// Name for machines.
  var key: String
  /// What has to hold, in words.
  var title: String
  var value: Double?
  /// Unit of the value; empty for none.
  var unit: String
  /// What was seen, or why it could not be.
  var note = ""
  var passed: Bool
}
