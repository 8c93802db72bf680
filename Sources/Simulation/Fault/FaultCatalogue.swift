/// The part of the robot in which a fault is made.
public enum FaultLayer: String, CaseIterable, Sendable {
  case wire, drive, motor, encoder, reducer, body, supply, host, clock, disk
}

/// What a fault can happen to.
public enum FaultTarget: String, CaseIterable, Sendable {
  /// A bus by its name; `all` is every bus.
  case bus
  /// A joint by its name, all joints of a bus by the bus's name; `all` is every joint.
  case joint
  /// A link by its name.
  case link
  /// The loop's process.
  case host
  /// The host's clock.
  case clock
  /// The disk that is recorded to.
  case disk
}

/// How long a fault lasts.
public enum FaultSpan: String, Sendable {
  /// From its start for its duration; to the end without one.
  case lasting
  /// One control cycle unless a duration is given.
  case cycle
  /// It happens at its start and has no duration.
  case moment
  /// It is there from power-up on and never ends.
  case powerUp = "power-up"
}

extension Set<FaultLayer> {
  /// What a simulated robot is made of, without the host on its buses.
  public static var robot: Set<FaultLayer> { [.wire, .drive, .motor, .encoder, .reducer, .body, .supply] }
  /// The robot, and the process that runs it.
  public static var run: Set<FaultLayer> { robot.union([.host, .clock, .disk]) }
}

/// What the intensity of a fault means.
public struct FaultIntensity: Sendable, Equatable {
  /// The quantity, such as `probability`.
  public var meaning: String
  /// Its unit; empty for a plain number.
  public var unit: String
  /// What holds when none is given.
  public var standard: Double
  /// What is allowed.
  public var bounds: ClosedRange<Double>

  /// An intensity.
  public init(_ meaning: String, _ unit: String = "", standard: Double, in bounds: ClosedRange<Double>) {
    self.meaning = meaning
    self.unit = unit
    self.standard = standard
    self.bounds = bounds
  }

  static func probability(_ standard: Double = 0.1) -> FaultIntensity {
    FaultIntensity("probability", standard: standard, in: 0...1)
  }
  static func time(_ meaning: String = "time", _ standard: Double) -> FaultIntensity {
    FaultIntensity(meaning, "s", standard: standard, in: 0...1)
  }
}

/// One row of the catalogue: a fault, where it is made, what to, and what it does.
public struct FaultEntry: Sendable {
  /// The fault.
  public var kind: Injection.Kind
  /// Where it is made.
  public var layer: FaultLayer
  /// What it can happen to.
  public var targets: [FaultTarget]
  /// What its intensity means; nil when it has none.
  public var intensity: FaultIntensity?
  /// How long it lasts.
  public var span: FaultSpan
  /// Numbers of the fault table that it produces, alone or with others.
  public var numbers: [Int]
  /// What it does, in one sentence without a full stop.
  public var effect: String

  /// The word of the grammar.
  public var name: String { kind.rawValue }

  init(
    _ kind: Injection.Kind, _ layer: FaultLayer, _ targets: [FaultTarget], _ intensity: FaultIntensity? = nil,
    _ span: FaultSpan = .lasting, numbers: [Int], _ effect: String
  ) {
    self.kind = kind
    self.layer = layer
    self.targets = targets
    self.intensity = intensity
    self.span = span
    self.numbers = numbers
    self.effect = effect
  }
}

/// Every fault that can be injected: the one table behind grammar, help, errors and Documentation/Faults.md.
public enum FaultCatalogue {
  /// All entries, layer by layer.
  public static let entries: [FaultEntry] = wire + drives + physics + outside

  /// The entry of a fault.
  public static func entry(of kind: Injection.Kind) -> FaultEntry {
    guard let entry = byKind[kind] else { preconditionFailure("\(kind.rawValue) is not in the catalogue") }
    return entry
  }

  /// The names of the faults that can happen to a kind of target.
  public static func names(for target: FaultTarget) -> [String] {
    entries.filter { $0.targets.contains(target) }.map(\.name)
  }

  private static let byKind = Dictionary(
    entries.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })

  /// The faults of some layers for `--help`: a paragraph a kind of target, in lines of up to 78 characters.
  public static func help(_ layers: Set<FaultLayer>) -> String {
    FaultTarget.allCases.compactMap { target -> String? in
      let entries = entries.filter { $0.targets.contains(target) && layers.contains($0.layer) }
      let words = entries.map { entry -> String in
        guard let intensity = entry.intensity else { return entry.name }
        return "\(entry.name) (\(intensity.unit.isEmpty ? intensity.meaning : intensity.unit))"
      }
      return words.isEmpty ? nil : wrapped("\(target.rawValue):", words)
    }.joined(separator: "\n")
  }

  private static func wrapped(_ head: String, _ words: [String]) -> String {
    var lines = [head]
    for (place, word) in words.enumerated() {
      let text = word + (place + 1 < words.count ? "," : "")
      let line = lines[lines.count - 1]
      if line.count + 1 + text.count > 78 {
        lines.append("  " + text)
      } else {
        lines[lines.count - 1] = line + " " + text
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The catalogue as the table of Documentation/Faults.md.
  public static var markdown: String {
    var lines = [
      "| fault | layer | target | intensity | lasts | what it does | numbers |",
      "|---|---|---|---|---|---|---|",
    ]
    for entry in entries {
      let intensity = entry.intensity.map { value -> String in
        let unit = value.unit.isEmpty ? "" : " [\(value.unit)]"
        let (low, high) = (
          Injection.text(of: value.bounds.lowerBound), Injection.text(of: value.bounds.upperBound)
        )
        return "\(value.meaning)\(unit), \(Injection.text(of: value.standard)), \(low) to \(high)"
      }
      let cells = [
        "`\(entry.name)`", entry.layer.rawValue, entry.targets.map(\.rawValue).joined(separator: ", "),
        intensity ?? "", entry.span.rawValue, entry.effect,
        entry.numbers.map(number).joined(separator: " "),
      ]
      lines.append("| " + cells.joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What no injection produces, as the second table of Documentation/Faults.md.
  public static var notProducedMarkdown: String {
    "| number | why not |\n|---|---|\n"
      + notProduced.map { "| \(number($0.number)) | \($0.reason) |\n" }.joined()
  }

  static func number(_ number: Int) -> String { number < 10 ? "F0\(number)" : "F\(number)" }
}
