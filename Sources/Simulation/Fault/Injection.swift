/// One fault: what goes wrong, with what, from when, for how long and how much.
///
/// Its text is `<target> <fault> [at t] [for d] [intensity x]`, times in seconds from the start of the simulation, and it
/// is read back to the same value. Injections compose: each has a random stream of its own, which follows from the seed and
/// from what it is, so that one does not shift what another draws.
public struct Injection: Sendable, Equatable {
  /// What a fault happens to.
  public struct Target: Sendable, Equatable {
    /// The name as it was written.
    public var name: String
    /// What it stands for in the robot.
    public var place: Place

    /// A target.
    public init(name: String, place: Place) {
      self.name = name
      self.place = place
    }
  }

  /// The parts of a robot, and what is around it.
  public enum Place: Sendable, Equatable {
    /// Buses by their indices.
    case buses([Int])
    /// Driven joints by their indices.
    case joints([Int])
    /// A link of the model.
    case link(Int)
    /// The loop's process.
    case host
    /// The host's clock.
    case clock
    /// The disk that is recorded to.
    case disk

    /// The kind of target.
    public var kind: FaultTarget {
      switch self {
      case .buses: .bus
      case .joints: .joint
      case .link: .link
      case .host: .host
      case .clock: .clock
      case .disk: .disk
      }
    }
  }

  /// What it happens to.
  public var target: Target
  /// What goes wrong.
  public var kind: Kind
  /// Instant at which it begins [ns]; the simulation begins at 0.
  public var start: Int64
  /// How long it lasts [ns]; nil to the end, and for what has no duration.
  public var duration: Int64?
  /// How much, in the unit that the catalogue gives; 0 where it has none.
  public var intensity: Double

  /// A fault; the intensity is the catalogue's standard when none is given.
  public init(
    _ kind: Kind, on target: Target, at start: Int64 = 0, for duration: Int64? = nil, intensity: Double? = nil
  ) {
    self.kind = kind
    self.target = target
    self.start = start
    self.duration = duration
    self.intensity = intensity ?? FaultCatalogue.entry(of: kind).intensity?.standard ?? 0
  }

  /// The catalogue's entry.
  public var entry: FaultEntry { FaultCatalogue.entry(of: kind) }

  /// Instant at which it ends [ns]; `Int64.max` when it does not.
  ///
  /// `period` is the time between two cycles, for faults that last one of them by themselves.
  public func end(period: Int64) -> Int64 {
    if let duration { return start.addingReportingOverflow(duration).overflow ? .max : start + duration }
    return entry.span == .cycle ? start + period : .max
  }

  /// Buses that it happens to.
  public var buses: [Int] { if case .buses(let buses) = target.place { buses } else { [] } }

  /// Joints that it happens to.
  public var joints: [Int] { if case .joints(let joints) = target.place { joints } else { [] } }

  /// The stream of random numbers of this fault at one bus or joint.
  ///
  /// It follows from the seed, the fault's name and the place: neither the order of the list
  /// nor the other faults in it matter, nor when this one begins.
  func stream(seed: UInt64, place: Int) -> RandomStream {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in kind.rawValue.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return RandomStream(seed: seed ^ hash, stream: UInt64(truncatingIfNeeded: place) &+ 0x1000)
  }
}

extension Injection: CustomStringConvertible {
  /// The text that is read back to the same value.
  public var description: String {
    var words = [target.name, kind.rawValue]
    if start != 0 { words += ["at", Self.seconds(start)] }
    if let duration { words += ["for", Self.seconds(duration)] }
    if entry.intensity != nil { words += ["intensity", Self.text(of: intensity)] }
    return words.joined(separator: " ")
  }

  /// A time in seconds, to the nanosecond.
  static func seconds(_ time: Int64) -> String {
    let billion: UInt64 = 1_000_000_000
    let (whole, part) = time.magnitude.quotientAndRemainder(dividingBy: billion)
    var text = (time < 0 ? "-" : "") + "\(whole)"
    guard part > 0 else { return text }
    var digits = String("\(billion + part)".dropFirst())
    while digits.hasSuffix("0") { digits.removeLast() }
    text += "." + digits
    return text
  }

  /// The shortest text that is read back to the same number.
  static func text(of number: Double) -> String {
    if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 { return "\(whole)" }
    return "\(number)"
  }
}
