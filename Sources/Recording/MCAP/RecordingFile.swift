import Glibc

/// A recording on disk, complete or cut off anywhere; nothing in it is trusted.
public final class RecordingFile {
  struct Chunk {
    /// Where its record begins in the file.
    var offset: Int
    var startTime: UInt64
    var endTime: UInt64
    var uncompressedSize: Int
    var sum: UInt32
    var compression: String
    var records: UnsafeRawBufferPointer
    /// The message indexes that follow it, as they are in the file.
    var indexes: [UnsafeRawBufferPointer] = []
  }
  /// One message, in place; valid while the visitor runs.
  struct Message {
    var topic: String
    var sequence: UInt32
    var time: UInt64
    var data: UnsafeRawBufferPointer
  }

  /// The file.
  public let path: String
  /// Files kept inside.
  public private(set) var attachments: [RecordingAttachment] = []
  /// Named values, in the order of the file.
  public private(set) var metadata: [(name: String, values: [(String, String)])] = []
  /// Whether the file was closed with an index.
  public private(set) var isClosed = false
  /// What is wrong with the part that could be read, in the order of the file.
  public private(set) var problems: [String] = []
  /// The bytes.
  let bytes: UnsafeRawBufferPointer
  /// Bytes up to the end of the last whole record.
  private(set) var goodLength = 0
  private(set) var chunks: [Chunk] = []
  private(set) var dataEnd: (offset: Int, sum: UInt32)?
  private(set) var summary: (start: Int, footer: Int, sum: UInt32)?
  private var zstandard: Zstandard?

  /// Opens a file and reads its outline.
  public init(path: String) throws(RecordingError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw RecordingError(path: path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw RecordingError(path: path, message: "not a regular file", fix: "name a recording")
    }
    let size = Int(status.st_size)
    guard size >= 8, let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED
    else {
      throw RecordingError(path: path, message: "not an MCAP file", fix: "name a recording")
    }
    bytes = UnsafeRawBufferPointer(start: memory, count: size)
    guard bytes.prefix(8).elementsEqual(MCAP.magic) else {
      munmap(memory, size)
      throw RecordingError(path: path, message: "not an MCAP file", fix: "name a recording")
    }
    readOutline()
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

  /// A value of the metadata; nil when there is none.
  public func value(_ key: String) -> String? {
    for (_, values) in metadata {
      if let found = values.last(where: { $0.0 == key }) { return found.1 }
    }
    return nil
  }

  private func readOutline() {
    var reader = ByteReader(bytes, at: 8)
    goodLength = 8
    while reader.remaining > 0 {
      let start = reader.offset
      guard let code = reader.integer(UInt8.self), let content = reader.counted(UInt64.self) else {
        problems.append("cut off within the record at byte \(start)")
        return
      }
      guard let opcode = MCAP.Opcode(rawValue: code) else {
        // Records of kinds that are not known are skipped, as the format asks; zero is none.
        if code == 0 {
          problems.append("no record at byte \(start)")
          return
        }
        goodLength = reader.offset
        continue
      }
      guard read(opcode, ByteReader(content), at: start) else {
        problems.append("the \(opcode) at byte \(start) makes no sense")
        return
      }
      goodLength = reader.offset
      if opcode == .footer {
        isClosed = reader.take(8).map { $0.elementsEqual(MCAP.magic) } ?? false
        if !isClosed { problems.append("no magic at the end") }
        if reader.remaining > 0 { problems.append("\(reader.remaining) bytes after the end") }
        return
      }
    }
    problems.append("cut off: there is no index")
  }

  private func read(_ opcode: MCAP.Opcode, _ content: ByteReader, at start: Int) -> Bool {
    var reader = content
    switch opcode {
    case .chunk:
      guard dataEnd == nil, let chunk = Self.chunk(&reader, at: start) else { return false }
      chunks.append(chunk)
    case .messageIndex:
      guard !chunks.isEmpty else { return false }
      chunks[chunks.count - 1].indexes.append(content.bytes)
    case .attachment:
      guard reader.take(16) != nil, let name = reader.string(), let type = reader.string(),
        let data = reader.counted(UInt64.self)
      else { return false }
      let length = reader.offset
      guard let sum = reader.integer(UInt32.self) else { return false }
      if sum != 0 && CRC32.of(UnsafeRawBufferPointer(rebasing: content.bytes[..<length])) != sum {
        problems.append("attachment \(name): wrong checksum")
      } else {
        attachments.append(RecordingAttachment(name: name, mediaType: type, data: Array(data)))
      }
    case .metadata:
      guard let name = reader.string(), let values = reader.map() else { return false }
      metadata.append((name, values))
    case .dataEnd:
      guard let sum = reader.integer(UInt32.self) else { return false }
      dataEnd = (start, sum)
    case .footer:
      guard let first = reader.integer(UInt64.self), reader.integer(UInt64.self) != nil,
        let sum = reader.integer(UInt32.self), let first = Int(exactly: first), first <= start
      else { return false }
      summary = (first, start, sum)
    default: break
    }
    return true
  }

  private static func chunk(_ reader: inout ByteReader, at offset: Int) -> Chunk? {
    guard let startTime = reader.integer(UInt64.self), let endTime = reader.integer(UInt64.self),
      let size = reader.integer(UInt64.self), let sum = reader.integer(UInt32.self),
      let compression = reader.string(), let records = reader.counted(UInt64.self),
      size <= 1 << 31
    else { return nil }
    return Chunk(
      offset: offset, startTime: startTime, endTime: endTime, uncompressedSize: Int(size), sum: sum,
      compression: compression, records: records)
  }

  /// Calls `body` with the uncompressed records of a chunk; throws when they cannot be had or are damaged.
  func withRecords<Result>(
    of chunk: Chunk, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    func checked(_ records: UnsafeRawBufferPointer) throws -> Result {
      guard records.count == chunk.uncompressedSize, chunk.sum == 0 || CRC32.of(records) == chunk.sum else {
        throw RecordingError(
          path: path, message: "the chunk at byte \(chunk.offset) is damaged: wrong checksum",
          fix: "sinew log recover keeps what is whole")
      }
      return try body(records)
    }
    switch chunk.compression {
    case "": return try checked(chunk.records)
    case "zstd":
      if zstandard == nil { zstandard = Zstandard() }
      guard let zstandard else {
        throw RecordingError(
          path: path, message: "it is compressed with Zstandard, which is not installed here",
          fix: "install libzstd1")
      }
      guard let records = zstandard.decompress(chunk.records, size: chunk.uncompressedSize) else {
        throw RecordingError(
          path: path, message: "the chunk at byte \(chunk.offset) is damaged: it does not decompress",
          fix: "sinew log recover keeps what is whole")
      }
      return try records.withUnsafeBytes(checked)
    default:
      throw RecordingError(
        path: path, message: "compression '\(chunk.compression)' is not supported",
        fix: "convert it with the mcap tool (mcap compress --compression zstd)")
    }
  }

  /// Visits every message, chunk by chunk, in the order of the file.
  func forEachMessage(_ body: (Message) throws -> Void) throws {
    for chunk in chunks {
      try withRecords(of: chunk) { records in
        if try !Self.forEachMessage(in: records, { _, message in try body(message) }) {
          throw RecordingError(
            path: path, message: "the chunk at byte \(chunk.offset) holds a record that makes no sense",
            fix: "sinew log recover keeps what is whole")
        }
      }
    }
  }

  /// Visits the messages of a chunk with their offsets in it; false when a record makes no sense.
  static func forEachMessage(
    in records: UnsafeRawBufferPointer, _ body: (Int, Message) throws -> Void
  ) rethrows -> Bool {
    var topics: [UInt16: String] = [:]
    var reader = ByteReader(records)
    while reader.remaining > 0 {
      let start = reader.offset
      guard let code = reader.integer(UInt8.self), let content = reader.counted(UInt64.self) else {
        return false
      }
      var inner = ByteReader(content)
      switch MCAP.Opcode(rawValue: code) {
      case .channel:
        guard let id = inner.integer(UInt16.self), inner.integer(UInt16.self) != nil,
          let topic = inner.string()
        else { return false }
        topics[id] = topic
      case .message:
        guard let id = inner.integer(UInt16.self), let sequence = inner.integer(UInt32.self),
          let time = inner.integer(UInt64.self), inner.integer(UInt64.self) != nil,
          let data = inner.take(inner.remaining), let topic = topics[id]
        else { return false }
        try body(start, Message(topic: topic, sequence: sequence, time: time, data: data))
      default: break
      }
    }
    return true
  }
}
