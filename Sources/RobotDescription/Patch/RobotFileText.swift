public import ControlCycle
public import JointControl
import Yams

/// A robot file as its text, into which gains are written in place: comments, layout and line ends stay, byte for byte.
///
/// Where a joint has its own gains, the numbers are replaced. Where it takes them from `defaults`, it gets gains of its own. What was
/// written is read back and compared before anybody sees it; a text that cannot be changed so is refused.
public struct RobotFileText: Sendable {
  /// Path of the robot file.
  public let path: String
  /// The whole file.
  public let bytes: [UInt8]

  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Reads a robot file; nothing of it is checked yet but that it is text.
  ///
  /// - Parameter robot: the robot's directory, or its robot file.
  /// - Throws: what keeps it from being read.
  public init(_ robot: String) throws(DescriptionError) {
    let path = try RobotDescription.robotFile(robot)
    try self.init(
      path: path,
      bytes: SourceText.contents(of: path, what: "robot file", limit: YAMLDocument.sizeLimit))
  }

  /// A text that did not come from a file.
  ///
  /// - Parameters:
  ///   - path: what mistakes are placed in, and what other files are looked for beside.
  ///   - bytes: the text.
  /// - Throws: where it is no text.
  public init(path: String, bytes: [UInt8]) throws(DescriptionError) {
    self.path = path
    self.bytes = bytes
    _ = try SourceText(path: path, bytes: bytes, what: "robot file")
  }

  /// The robot that the text describes.
  ///
  /// - Returns: the robot.
  /// - Throws: every mistake found.
  public func load() throws(DescriptionError) -> Robot { try RobotDescription.load(source()) }

  /// Whether joints have a number of their own, by joint; what is not there comes from `defaults`.
  ///
  /// - Returns: by the joint's name, whether stiffness and damping stand at the joint.
  /// - Throws: where the text is no robot file.
  public func ownGains() throws(DescriptionError) -> [String: (stiffness: Bool, damping: Bool)] {
    let file = try RobotFileReader(
      document: YAMLDocument(source(), log: DiagnosticLog()), log: DiagnosticLog()
    )
    .read()
    var own: [String: (stiffness: Bool, damping: Bool)] = [:]
    for joint in file.joints {
      let table = joint.settings.gains
      own[joint.name.value] = (table["stiffness"] != nil, table["damping"] != nil)
    }
    return own
  }

  /// This text with other gains.
  ///
  /// - Parameter gains: by the joint's name [N.m/rad, N.m.s/rad]. A number that stands there already keeps its form.
  /// - Returns: the text, read back and compared.
  /// - Throws: where a joint is not there, a gain is no finite number of at least 0, or the text is written in a way that is not
  ///   changed in place, with its place.
  public func setting(_ gains: [String: ImpedanceGains]) throws(DescriptionError) -> RobotFileText {
    var patch = try GainPatch(source())
    for name in gains.keys.sorted() {
      guard let wanted = gains[name] else { continue }
      try patch.set(wanted, ofJoint: name)
    }
    let lead = bytes.starts(with: Self.byteOrderMark) ? Self.byteOrderMark : []
    let changed = try RobotFileText(path: path, bytes: lead + patch.result())
    try patch.verify(changed.source(), gains)
    return changed
  }

  /// What another text has in place of lines of this one, as pairs of blocks of lines.
  ///
  /// - Parameter other: a text with other gains.
  /// - Returns: by place, the line's number in this text from 1, lines that go and lines that come.
  public func difference(
    to other: RobotFileText
  ) -> [(line: Int, removed: [String], added: [String])] {
    let (old, new) = (Self.lines(bytes), Self.lines(other.bytes))
    var blocks: [(line: Int, removed: [String], added: [String])] = []
    for change in Self.changes(from: old, to: new) {
      blocks.append((change.old.lowerBound + 1, Array(old[change.old]), Array(new[change.new])))
    }
    return blocks
  }

  func source() throws(DescriptionError) -> SourceText {
    try SourceText(path: path, bytes: bytes, what: "robot file")
  }
}

// MARK: Lines

extension RobotFileText {
  private static func lines(_ bytes: [UInt8]) -> [String] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self)
    }
  }

  /// Ranges of lines that differ. Lines are replaced one by one or inserted, never taken away.
  private static func changes(
    from old: [String], to new: [String]
  ) -> [(old: Range<Int>, new: Range<Int>)] {
    var changes: [(old: Range<Int>, new: Range<Int>)] = []
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
      if left < old.count, right < new.count, old[left] == new[right] {
        left += 1
        right += 1
        continue
      }
      let (fromLeft, fromRight) = (left, right)
      let inserted = right < new.count && new.count - right > old.count - left
      if inserted, left >= old.count || new[(right + 1)...].first == old[left] {
        right += 1
      } else {
        left = min(left + 1, old.count)
        right = min(right + 1, new.count)
      }
      if let last = changes.last, last.old.upperBound == fromLeft, last.new.upperBound == fromRight {
        changes[changes.count - 1] = (last.old.lowerBound..<left, last.new.lowerBound..<right)
      } else {
        changes.append((fromLeft..<left, fromRight..<right))
      }
    }
    return changes
  }
}
