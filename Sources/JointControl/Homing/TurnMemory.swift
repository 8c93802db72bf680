internal import Glibc

/// Where a robot's joints were and what their drives' zeros meant when it was last at rest: what `saved` homing goes by, kept in
/// a small file of text that is written whole or not at all and that says itself whether it is sound.
public struct TurnMemory: Sendable, Equatable {
  /// One joint.
  public struct Entry: Sendable, Equatable {
    /// The joint's name.
    public var joint: String
    /// What is added to the position as robot.yaml has it [rad].
    public var correction: Double
    /// Where it was [rad].
    public var pose: Double

    /// An entry.
    public init(joint: String, correction: Double, pose: Double) {
      self.joint = joint
      self.correction = correction
      self.pose = pose
    }
  }
  /// The robot's name.
  public var robot: String
  /// Its joints.
  public var entries: [Entry]

  /// A memory.
  public init(robot: String, entries: [Entry]) {
    self.robot = robot
    self.entries = entries
  }

  /// The entry of a joint.
  public subscript(joint: String) -> Entry? { entries.first { $0.joint == joint } }

  /// Longest file that is read [byte].
  static let mostBytes = 65536
  private static let heading = "sinew-homing 1"

  /// The memory as text, its checksum in the last line.
  public var text: String {
    var body = "\(Self.heading)\nrobot \(robot)\n"
    for entry in entries { body += "joint \(entry.joint) \(entry.correction) \(entry.pose)\n" }
    return body + "crc32 \(Self.checksum(Array(body.utf8)))\n"
  }

  /// Reads a memory.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - path: its name, for errors.
  /// - Throws: `TurnMemoryError` naming the line that is wrong; nothing of a damaged file is used.
  public init(_ bytes: [UInt8], path: String) throws(TurnMemoryError) {
    guard bytes.count <= Self.mostBytes, bytes.last == 10 else {
      throw TurnMemoryError(path, nil, "the file is cut short or no homing file")
    }
    var lines = bytes.dropLast().split(separator: 10, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    let last = lines.removeLast()
    let body = bytes.dropLast(last.utf8.count + 1)
    guard last == "crc32 \(Self.checksum(Array(body)))" else {
      throw TurnMemoryError(path, lines.count + 1, "the checksum does not fit what stands above it")
    }
    guard lines.first == Self.heading else {
      throw TurnMemoryError(path, 1, "the first line is not '\(Self.heading)'")
    }
    guard lines.count > 1, lines[1].hasPrefix("robot ") else {
      throw TurnMemoryError(path, 2, "the line does not name the robot")
    }
    robot = String(lines[1].dropFirst(6))
    entries = []
    for (index, line) in lines.enumerated().dropFirst(2) {
      let words = line.split(separator: " ", omittingEmptySubsequences: false)
      guard words.count == 4, words[0] == "joint", let correction = Double(words[2]),
        let pose = Double(words[3]), correction.isFinite, pose.isFinite
      else { throw TurnMemoryError(path, index + 1, "the line is not 'joint NAME CORRECTION POSE'") }
      let name = String(words[1])
      guard !entries.contains(where: { $0.joint == name }) else {
        throw TurnMemoryError(path, index + 1, "joint \(name) stands there twice")
      }
      entries.append(Entry(joint: name, correction: correction, pose: pose))
    }
  }

  /// CRC-32 of ISO-HDLC (Ethernet, zlib) in eight hexadecimal digits.
  static func checksum(_ bytes: [UInt8]) -> String {
    var value: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
    let digits = String(~value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

extension TurnMemory {
  /// Reads a file.
  ///
  /// - Returns: the memory; nil where there is no such file.
  /// - Throws: `TurnMemoryError` where it cannot be read or is damaged.
  public static func load(_ path: String) throws(TurnMemoryError) -> TurnMemory? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 {
      if errno == ENOENT { return nil }
      throw TurnMemoryError(path, nil, "cannot be opened: \(reason(errno))")
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: mostBytes + 1)
    var count = 0
    while count < bytes.count {
      let got = bytes[count...].withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if got < 0 && errno == EINTR { continue }
      if got < 0 { throw TurnMemoryError(path, nil, "cannot be read: \(reason(errno))") }
      if got == 0 { break }
      count += got
    }
    return try TurnMemory(Array(bytes[..<count]), path: path)
  }

  /// Writes the file: beside it first, onto the disk, then in its place, so that a loss of power leaves the old one or the new.
  ///
  /// - Throws: `TurnMemoryError` with the reason; the old file stands then.
  public func save(_ path: String) throws(TurnMemoryError) {
    let growing = path + ".new"
    let descriptor = open(growing, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw TurnMemoryError(growing, nil, "cannot be written: \(Self.reason(errno))")
    }
    var failure: Int32 = 0
    let bytes = Array(text.utf8)
    var count = 0
    while count < bytes.count && failure == 0 {
      let put = bytes[count...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if put >= 0 { count += put } else if errno != EINTR { failure = errno }
    }
    if failure == 0 && fsync(descriptor) != 0 { failure = errno }
    if close(descriptor) != 0 && failure == 0 { failure = errno }
    if failure == 0 && rename(growing, path) != 0 { failure = errno }
    guard failure == 0 else {
      unlink(growing)
      throw TurnMemoryError(path, nil, "cannot be written: \(Self.reason(failure))")
    }
    // The name is on the disk when its directory is; some file systems know no such order.
    let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let place = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if place >= 0 {
      _ = fsync(place)
      close(place)
    }
  }

  private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// Why a file of saved turns cannot be used.
public struct TurnMemoryError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file.
  public var path: String
  /// Its line, where one is to blame.
  public var line: Int?
  /// What is wrong.
  public var message: String
  /// What to do.
  public var fix: String { "home the robot's joints by index or stop, which writes it anew" }

  init(_ path: String, _ line: Int?, _ message: String) {
    self.path = path
    self.line = line
    self.message = message
  }

  /// Where, what, and what to do.
  public var description: String {
    "\(path)\(line.map { ":\($0)" } ?? ""): \(message); \(fix)"
  }
}
