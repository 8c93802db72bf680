import Glibc

/// Writes an indexed MCAP file, chunk by chunk; what is complete on disk can be recovered after a crash.
///
/// A write that fails ends the file: it is cut back to its last whole record and closed with an index, as far as the
/// disk still allows. Nothing is written after that; `failure` says why.
final class MCAPWriter {
  /// The system's error number of the first write that failed; 0 while all is well.
  private(set) var failure: Int32 = 0
  /// Bytes written so far.
  private(set) var position: UInt64 = 0

  private let descriptor: Int32
  private let schemas: [MCAPSchema]
  private let channels: [MCAPChannel]
  private var sum = CRC32()
  private var chunkIndexes: [[UInt8]] = []
  private var attachmentIndexes: [[UInt8]] = []
  private var metadataIndexes: [[UInt8]] = []
  private var counts: [UInt16: UInt64] = [:]
  private var startTime = UInt64.max
  private var endTime: UInt64 = 0

  /// Creates the file, over an older one of that name, and writes its head.
  init(path: String, schemas: [MCAPSchema], channels: [MCAPChannel]) throws(RecordingError) {
    self.schemas = schemas
    self.channels = channels
    // A limit on file sizes or a reader that went away is an error of a write, not the end of a robot's controller.
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw RecordingError(path: path, code: errno) }
    var head = ByteWriter()
    head.append("")
    head.append("sinew")
    write(MCAP.magic)
    write(MCAPRecord.framed(.header, head.bytes))
  }

  deinit { close(descriptor) }

  /// Adds a file.
  func add(_ attachment: RecordingAttachment) {
    var content = ByteWriter()
    content.append(UInt64(0))
    content.append(UInt64(0))
    content.append(attachment.name)
    content.append(attachment.mediaType)
    content.append(UInt64(attachment.data.count))
    content.append(attachment.data)
    content.append(content.bytes.withUnsafeBytes { CRC32.of($0) })
    let record = MCAPRecord.framed(.attachment, content.bytes)
    var index = ByteWriter()
    index.append(position)
    index.append(UInt64(record.count))
    index.append(UInt64(0))
    index.append(UInt64(0))
    index.append(UInt64(attachment.data.count))
    index.append(attachment.name)
    index.append(attachment.mediaType)
    if write(record) { attachmentIndexes.append(index.bytes) }
  }

  /// Adds named values.
  func addMetadata(_ name: String, _ values: [(String, String)]) {
    var content = ByteWriter()
    content.append(name)
    content.append(values)
    let record = MCAPRecord.framed(.metadata, content.bytes)
    var index = ByteWriter()
    index.append(position)
    index.append(UInt64(record.count))
    index.append(name)
    if write(record) { metadataIndexes.append(index.bytes) }
  }

  /// Adds messages; false when they could not be written.
  func add(_ chunk: MCAPChunk) -> Bool {
    var content = ByteWriter(capacity: chunk.records.count + 64 * 1024)
    content.append(MCAP.Opcode.chunk.rawValue)
    content.append(UInt64(8 + 8 + 8 + 4 + 4 + chunk.compression.utf8.count + 8 + chunk.records.count))
    content.append(chunk.startTime)
    content.append(chunk.endTime)
    content.append(chunk.uncompressedSize)
    content.append(chunk.uncompressedSum)
    content.append(chunk.compression)
    content.append(UInt64(chunk.records.count))
    content.append(chunk.records)
    let length = content.count
    var offsets = ByteWriter()
    for index in chunk.indexes {
      offsets.append(index.channel)
      offsets.append(position + UInt64(content.count))
      content.append(Self.record(of: index))
    }
    let start = position
    guard write(content.bytes) else { return false }
    var index = ByteWriter()
    index.append(chunk.startTime)
    index.append(chunk.endTime)
    index.append(start)
    index.append(UInt64(length))
    index.append(UInt32(offsets.count))
    index.append(offsets.bytes)
    index.append(UInt64(content.count - length))
    index.append(chunk.compression)
    index.append(UInt64(chunk.records.count))
    index.append(chunk.uncompressedSize)
    chunkIndexes.append(index.bytes)
    startTime = min(startTime, chunk.startTime)
    endTime = max(endTime, chunk.endTime)
    for index in chunk.indexes { counts[index.channel, default: 0] += UInt64(index.entries.count) }
    return true
  }

  private static func record(of index: MCAPChunk.Index) -> [UInt8] {
    var content = ByteWriter()
    content.append(index.channel)
    content.append(UInt32(16 * index.entries.count))
    for entry in index.entries {
      content.append(entry.time)
      content.append(entry.offset)
    }
    return MCAPRecord.framed(.messageIndex, content.bytes)
  }

  /// Writes the index and syncs; call it once.
  func finish() {
    let before = failure
    failure = 0
    var end = ByteWriter()
    end.append(sum.value)
    write(MCAPRecord.framed(.dataEnd, end.bytes))
    write(summary())
    write(MCAP.magic)
    if failure == 0 && fsync(descriptor) != 0 && errno != EINVAL && errno != EROFS { failure = errno }
    if before != 0 { failure = before }
  }

  private func summary() -> [UInt8] {
    let start = position
    var out = ByteWriter()
    var offsets = ByteWriter()
    func group(_ opcode: MCAP.Opcode, _ records: [[UInt8]]) {
      guard !records.isEmpty else { return }
      let groupStart = start + UInt64(out.count)
      for record in records { out.append(record) }
      var content = ByteWriter()
      content.append(opcode.rawValue)
      content.append(groupStart)
      content.append(start + UInt64(out.count) - groupStart)
      offsets.append(MCAPRecord.framed(.summaryOffset, content.bytes))
    }
    group(.schema, schemas.map(\.record))
    group(.channel, channels.map(\.record))
    group(.statistics, [MCAPRecord.framed(.statistics, statistics())])
    group(.chunkIndex, chunkIndexes.map { MCAPRecord.framed(.chunkIndex, $0) })
    group(.attachmentIndex, attachmentIndexes.map { MCAPRecord.framed(.attachmentIndex, $0) })
    group(.metadataIndex, metadataIndexes.map { MCAPRecord.framed(.metadataIndex, $0) })
    let offsetStart = start + UInt64(out.count)
    out.append(offsets.bytes)
    out.append(MCAP.Opcode.footer.rawValue)
    out.append(UInt64(20))
    out.append(start)
    out.append(offsetStart)
    out.append(out.bytes.withUnsafeBytes { CRC32.of($0) })
    return out.bytes
  }

  private func statistics() -> [UInt8] {
    var content = ByteWriter()
    content.append(counts.values.reduce(0, +))
    content.append(UInt16(schemas.count))
    content.append(UInt32(channels.count))
    content.append(UInt32(attachmentIndexes.count))
    content.append(UInt32(metadataIndexes.count))
    content.append(UInt32(chunkIndexes.count))
    content.append(startTime == .max ? 0 : startTime)
    content.append(endTime)
    content.append(UInt32(10 * counts.count))
    for channel in counts.keys.sorted() {
      content.append(channel)
      content.append(counts[channel] ?? 0)
    }
    return content.bytes
  }

  /// Fails from here on, as a write does that comes back with an error; the first one is kept.
  func fail(_ code: Int32) { if failure == 0 { failure = code } }

  /// Writes whole records; a failure cuts the file back to where it was and is kept.
  @discardableResult
  private func write(_ bytes: [UInt8]) -> Bool {
    guard failure == 0 else { return false }
    var start = 0
    while start < bytes.count {
      let written = bytes.withUnsafeBytes { raw in
        Glibc.write(descriptor, raw.baseAddress.map { $0 + start }, raw.count - start)
      }
      if written > 0 {
        start += written
      } else if errno != EINTR {
        failure = written == 0 ? EIO : errno
        if ftruncate(descriptor, off_t(position)) == 0 { lseek(descriptor, off_t(position), SEEK_SET) }
        return false
      }
    }
    position += UInt64(bytes.count)
    bytes.withUnsafeBytes { sum.update($0) }
    return true
  }
}

/// A recording that could not be made, is incomplete, or cannot be read.
public struct RecordingError: Error, Sendable, CustomStringConvertible {
  /// The file.
  public var path: String
  /// What happened.
  public var message: String
  /// What to do.
  public var fix: String

  init(path: String, message: String, fix: String) {
    self.path = path
    self.message = message
    self.fix = fix
  }

  init(path: String, code: Int32) {
    self.path = path
    message = String(cString: strerror(code))
    fix =
      switch code {
      case ENOSPC, EDQUOT: "free some space or choose another disk"
      case EFBIG: "raise the limit on file sizes (ulimit -f)"
      case ENOENT: "check the path"
      default: "choose a file on another disk"
      }
  }

  /// The file, what happened and what to do.
  public var description: String { "\(path): \(message); \(fix)" }
}
