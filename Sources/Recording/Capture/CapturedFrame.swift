public import ControlCycle

/// A frame as files of bus traffic keep it: of data, remote, or what a controller had to tell.
public struct CapturedFrame: BitwiseCopyable, Sendable {
  /// The frame; `time` is what the file says [ns], `bus` the number of the interface among the reader's `interfaces`.
  public var frame: CANFrame
  /// Which way it went, where the file says so.
  public var direction: Direction
  /// The data length code of a classic frame of 8 bytes where it is 9...15 (ISO 11898-1 allows them), else 0.
  public var lengthCode: UInt8

  /// Which way a frame went, seen from the host.
  public enum Direction: UInt8, BitwiseCopyable, Sendable {
    case unknown
    case received
    case sent
  }

  /// A frame of which nothing more is known.
  public init(_ frame: CANFrame, direction: Direction = .unknown, lengthCode: UInt8 = 0) {
    self.frame = frame
    self.direction = direction
    self.lengthCode = lengthCode
  }
}

/// How a file keeps bus traffic.
public enum CaptureFormat: String, Sendable, CaseIterable {
  /// The text of `candump -L`.
  case candump = "log"
  /// Packets of one interface, as libpcap keeps them.
  case pcap
  /// Packets with the names of their interfaces and their direction.
  case pcapng

  /// The format that goes with a file's name; nil where its ending is none of .log, .pcap and .pcapng.
  public init?(path: String) {
    guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return nil }
    self.init(rawValue: path[path.index(after: dot)...].lowercased())
  }
}

/// What a reader met that is no frame.
public struct CaptureProblem: Sendable, Equatable {
  /// Where it begins in the file [bytes].
  public var offset: Int64
  /// Its line, in a file of text.
  public var line: Int?
  /// What is wrong.
  public var message: String
  /// Whether nothing can be read behind it.
  public var endsFile: Bool

  /// The place as people look for it.
  public var place: String { line.map { "line \($0)" } ?? "byte \(offset)" }
}

/// What the decoders of all formats note on the way.
struct CaptureNotes {
  private(set) var interfaces: [[UInt8]] = []
  private(set) var problems: [CaptureProblem] = []
  private(set) var problemCount = 0
  private(set) var end: CaptureProblem?
  /// Packets of interfaces that are no CAN.
  var foreign = 0
  static let mostInterfaces = 256
  private static let mostProblems = 20

  mutating func note(_ message: String, at offset: Int64, line: Int? = nil, endsFile: Bool = false) {
    problemCount += 1
    let problem = CaptureProblem(offset: offset, line: line, message: message, endsFile: endsFile)
    if endsFile { end = problem }
    if problems.count < Self.mostProblems { problems.append(problem) }
  }

  /// The number of an interface of this name, entered where it is new; nil when there are too many.
  mutating func number(of name: some Collection<UInt8>) -> UInt8? {
    // Most frames come from the few interfaces that were seen first.
    if let index = interfaces.firstIndex(where: { $0.elementsEqual(name) }) { return UInt8(index) }
    guard interfaces.count < Self.mostInterfaces else { return nil }
    interfaces.append(Array(name))
    return UInt8(interfaces.count - 1)
  }
}
