/// How trials came out, all together.
public struct TrialTally {
  private var ends: [String: Int] = [:]
  private var mishaps: [String: Int] = [:]
  private var armed = 0
  private var total = 0
  private var ratios = [0.0, 0.0, 0.0, 0.0]

  /// No trial yet.
  public init() {}

  /// Takes a trial in.
  public mutating func count(_ trial: ExperimentTrial, _ verdict: TrialVerdict) {
    total += 1
    armed += verdict.wasArmed ? 1 : 0
    mishaps[trial.mishap.rawValue, default: 0] += 1
    let end = verdict.abort.map { "\($0)".split(separator: "(").first.map(String.init) ?? "" } ?? "no abort"
    ends[end, default: 0] += 1
    for place in ratios.indices { ratios[place] = max(ratios[place], verdict.ratios[place]) }
  }

  /// Whether trials of every mishap were seen, and every way to end.
  public var isBroad: Bool {
    mishaps.count == ExperimentTrial.Mishap.allCases.count
      && ["no abort", "position", "fault", "released", "stopped"].allSatisfy { (ends[$0] ?? 0) > 0 }
  }

  /// In some lines.
  public var text: String {
    let names = ["commanded torque", "true torque", "true speed", "true travel"]
    let nearest = zip(names, ratios).map { "\($0) \(($1 * 1000).rounded() / 1000)" }
    let counts = ends.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return "\(total) trials, \(armed) armed; ended by: \(counts.joined(separator: ", "))\n"
      + "nearest to what is allowed, as a part of it: \(nearest.joined(separator: ", "))"
  }
}
