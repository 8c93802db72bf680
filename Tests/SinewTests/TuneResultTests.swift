import Foundation
import Testing

@testable import sinew

/// Results of sinew tune: written and read back, drawn, compared.
@Suite struct TuneResultTests {
  private static func sample() -> TuneResult {
    var result = TuneResult(task: "auto", robot: "rig", target: "sim", seed: 7, build: "test")
    result.recordings = [TuneResult.Recording(file: "run.mcap", hash: "00ff")]
    var joint = TuneResult.Joint(name: "elbow", drive: "DM4340 \"5\" <x>")
    joint.parameters = [
      TuneFigure("coulomb_nm", "Coulomb friction", 0.4, "N.m", standardError: 0.01),
      TuneFigure("inertia_kgm2", "inertia", 0.1, "kg.m^2", isIdentified: false, reason: "moved too little"),
    ]
    joint.design = TuneDesign(
      wanted: "5 Hz", before: TuneDesign.Gains(stiffness: 200, damping: 4),
      after: TuneDesign.Gains(stiffness: 260.5, damping: 5.25),
      figures: [TuneFigure("phase_margin_deg", "phase margin", 60, "deg", better: .higher)], bound: "noise")
    joint.checks = [
      TuneCheck(key: "twin", title: "settles", value: 0.2, unit: "s", note: "at most 1 s", passed: true)
    ]
    joint.findings = [finding(.before, peak: 1.3), finding(.after, peak: 1.1)]
    joint.outcome = .applied
    result.joints = [joint]
    return result
  }

  private static func finding(_ stage: TuneFinding.Stage, peak: Double) -> TuneFinding {
    var finding = TuneFinding(kind: "step", stage: stage)
    finding.settings = [TuneFigure("amplitude_rad", "amplitude", 0.05, "rad")]
    finding.figures = [TuneFigure("overshoot_percent", "overshoot", 100 * (peak - 1), "%", better: .lower)]
    finding.curves = [
      TuneCurve(
        key: "position", title: "position", x: TuneCurve.Axis(title: "time", unit: "s"),
        y: TuneCurve.Axis(title: "position", unit: "rad"),
        series: [
          TuneCurve.Series(title: "measured", x: [0, 0.1, 0.2], y: [0, peak, 1]),
          TuneCurve.Series(title: "asked for", x: [0, 0.2], y: [1, 1], isReference: true),
        ])
    ]
    finding.responses = [
      TuneResponse(
        key: "loop", title: "open loop", unit: "", isMeasured: true,
        points: [
          TuneResponse.Point(frequency: 1, gain: 4, phase: -120, coherence: 0.99),
          TuneResponse.Point(frequency: 2, gain: 1.5, phase: -125, coherence: 0.5),
          TuneResponse.Point(frequency: 4, gain: 0.5, phase: -140, coherence: 0.98),
        ],
        margins: TuneResponse.Margins(
          phase: 50, crossover: 2.6, gain: nil, phaseCrossover: nil, delay: 0.05, sensitivityPeak: 1.4))
    ]
    return finding
  }

  private static func inFolder(_ work: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/tune-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try work(folder)
  }

  @Test func whatWasWrittenReadsBack() throws {
    try Self.inFolder { folder in
      let result = Self.sample()
      try TuneFiles(folder).write(result)
      #expect(try TuneResult.load(folder) == result)
      #expect(try TuneResult.load(folder + "/result.json") == result)
      #expect(result.json.text.hasPrefix("{\"schema\": \"sinew.tune/1\""))
    }
  }

  @Test(
    "A directory or a disk that cannot take it is refused with what the system says, and a device is written into"
  )
  func disk() throws {
    try Self.inFolder { folder in
      func message(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? Failure)?.problems.first?.message }
        return nil
      }
      #expect(message { _ = try TuneFiles("/dev/full") }?.contains("File exists") == true)
      #expect(message { _ = try TuneFiles("/dev/full/out") }?.contains("Not a directory") == true)
      #expect(message { try TuneFiles.write("text", to: "/dev/full") }?.contains("No space left") == true)
      #expect(
        message { try TuneFiles.write("text", to: folder + "/no/where") }?.contains("No such file") == true)
      #expect(message { try TuneFiles.write("text", to: "/dev/null") } == nil)
      #expect(FileManager.default.isWritableFile(atPath: "/dev/null"))
      var status = stat()
      #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }
  }

  @Test func whatIsDamagedIsRefusedWithItsPlace() throws {
    try Self.inFolder { folder in
      let files = try TuneFiles(folder)
      let text = Self.sample().json.text
      for (from, to, place) in [
        ("sinew.tune/1", "sinew.tune/2", "schema"), ("\"stage\": \"after\"", "\"stage\": \"never\"", "stage"),
        ("\"stiffness_nm_rad\": 200.0", "\"stiffness\": 200.0", "design.before"),
        ("\"gain\": [4.0,", "\"gain\": [", "loop.gain"),
        ("\"identified\": true", "\"identified\": 1", "identified"),
        ("\"outcome\": \"applied\"", "\"outcome\": 3", "outcome"),
      ] {
        #expect(text.contains(from))
        try TuneFiles.write(text.replacingOccurrences(of: from, with: to), to: files.path("result.json"))
        let failure = #expect(throws: Failure.self) { try TuneResult.load(folder) }
        #expect(failure?.code == 2)
        #expect(failure?.problems.first?.location.hasSuffix(place) == true, "\(String(describing: failure))")
      }
      // No prefix of the document may trap, and none but the whole reads.
      for length in stride(from: 0, to: text.utf8.count - 1, by: 97) {
        try TuneFiles.write(String(text.prefix(length)), to: files.path("result.json"))
        #expect(throws: Failure.self) { try TuneResult.load(folder) }
      }
    }
  }

  @Test func thePageShowsMarginsBeforeAndAfter() {
    let html = TunePage(result: Self.sample()).html
    for words in [
      "phase margin 50°", "low coherence", "Before and after", "overshoot", "not identified",
      "moved too little",
      "&lt;x&gt;", "gains: {stiffness: 260.5, damping: 5.25}", "00ff",
    ] { #expect(html.contains(words), "\(words)") }
    #expect(!html.contains("<x>") && !html.contains("<script"))
  }

  @Test("The page says first how it went, and of what failed why and what to do")
  func verdictFirst() throws {
    func order(_ html: String, _ words: [String]) -> Bool {
      var rest = html[...]
      for word in words {
        guard let place = rest.range(of: word) else { return false }
        rest = rest[place.upperBound...]
      }
      return true
    }
    var result = Self.sample()
    let good = TunePage(result: result).html
    #expect(
      order(good, ["<h1>rig: tuning</h1>", "class=\"good\"", "Passed. 1 joint: 1 applied.", "<table>"]))
    #expect(!good.contains("class=\"bad\"><strong>") && good.contains("sinew gains revert"))
    var other = TuneResult.Joint(name: "wrist", outcome: .refused)
    other.checks = [
      TuneCheck(
        key: "identified", title: "what gains need is identified", value: nil, unit: "",
        note: "the joint hardly moved; use a larger amplitude", passed: false)
    ]
    result.joints.append(other)
    let bad = TunePage(result: result).html
    #expect(
      order(
        bad,
        [
          "class=\"bad\"", "Not passed: 1 of 2 joints: 1 applied, 1 refused.", "<table>",
          "wrist: what gains need is identified: the joint hardly moved; use a larger amplitude",
          "What to do next",
        ]))
    // Numbers of both steps stand side by side.
    let changes = result.joints[0].changes
    #expect(changes.first { $0.key == "overshoot_percent" }?.text == "30 → 10")
    #expect(changes.first { $0.key == "stiffness" }?.before == result.joints[0].design?.before.stiffness)
    #expect(other.changes.isEmpty)
  }

  @Test func doubtfulStretchesCoverEveryPointThatIsNotTrusted() {
    var state: UInt64 = 88_172_645_463_325_252
    for _ in 0..<500 {
      var response = TuneResponse(key: "l", title: "l", unit: "", isMeasured: true, points: [])
      for index in 0..<20 {
        state = state &* 6_364_136_223_846_793_005 &+ 1
        response.points.append(
          TuneResponse.Point(
            frequency: Double(index + 1), gain: 1, phase: 0, coherence: state >> 62 == 0 ? 0.5 : 0.99))
      }
      let spans = TunePlots.doubtful(response)
      for point in response.points {
        let isShaded = spans.contains { $0.from <= point.frequency && point.frequency <= $0.to }
        #expect(isShaded == (point.coherence < TuneResponse.leastCoherence))
      }
    }
  }

  // MARK: Comparison

  private static func verdict(_ change: (inout TuneResult) -> Void) -> [TuneComparison.Verdict] {
    var other = sample()
    change(&other)
    return TuneComparison(sample(), other).rows.map(\.verdict).filter { $0 != .same }
  }

  @Test func theSameIsTheSame() {
    #expect(Self.verdict { _ in } == [])
  }

  @Test func worseIsWorseOnlyInItsDirectionAndBeyondChance() {
    #expect(Self.verdict { $0.joints[0].findings[1].figures[0].value = 12 } == [.worse])
    #expect(Self.verdict { $0.joints[0].findings[1].figures[0].value = 8 } == [.better])
    #expect(Self.verdict { $0.joints[0].findings[1].figures[0].value = 10.3 } == [])
    #expect(Self.verdict { $0.joints[0].design?.figures[0].value = 50 } == [.worse])
    #expect(Self.verdict { $0.joints[0].design?.figures[0].value = 70 } == [.better])
    #expect(Self.verdict { $0.joints[0].parameters[0].value = 0.43 } == [])
    #expect(Self.verdict { $0.joints[0].parameters[0].value = 0.6 } == [.changed])
    #expect(Self.verdict { $0.joints[0].parameters[0].isIdentified = false } == [.worse])
    #expect(Self.verdict { $0.joints[0].parameters[1].isIdentified = true } == [.better])
    #expect(Self.verdict { $0.joints[0].checks[0].passed = false } == [.worse, .worse])
    #expect(Self.verdict { $0.joints = [] } == [.worse])
    #expect(Self.verdict { $0.joints[0].outcome = .rolledBack } == [.worse])
    #expect(Self.verdict { $0.joints[0].outcome = .designed } == [.changed])
  }
}
