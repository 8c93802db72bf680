/// Every checksum and index of a recording, verified.
public struct RecordingCheck: Sendable {
  /// What is wrong; empty when nothing is.
  public private(set) var problems: [String] = []
  /// Chunks whose messages are whole.
  public private(set) var goodChunks = 0
  /// Messages by topic, in the order of first appearance.
  public private(set) var messages: [(topic: String, count: Int)] = []
  /// Instants of the first and last message [ns]; nil when there is none.
  public private(set) var span: (first: UInt64, last: UInt64)?

  /// Checks a file.
  public init(_ file: RecordingFile) {
    problems = file.problems
    var counts: [String: Int] = [:]
    var topics: [String] = []
    for chunk in file.chunks {
      do {
        try file.withRecords(of: chunk) { records in
          var offsets: Set<UInt64> = []
          let isWhole = RecordingFile.forEachMessage(in: records) { offset, message in
            offsets.insert(UInt64(offset))
            if counts[message.topic] == nil { topics.append(message.topic) }
            counts[message.topic, default: 0] += 1
            if message.time < chunk.startTime || message.time > chunk.endTime {
              problems.append("chunk at byte \(chunk.offset): a message lies outside the chunk's times")
            }
          }
          if !isWhole { problems.append("chunk at byte \(chunk.offset): a record makes no sense") }
          checkIndexes(of: chunk, offsets)
        }
        goodChunks += 1
        span = (min(span?.first ?? .max, chunk.startTime), max(span?.last ?? 0, chunk.endTime))
      } catch {
        problems.append((error as? RecordingError)?.message ?? "\(error)")
      }
    }
    messages = topics.map { ($0, counts[$0] ?? 0) }
    checkSums(file)
  }

  private mutating func checkIndexes(of chunk: RecordingFile.Chunk, _ offsets: Set<UInt64>) {
    var indexed = 0
    for index in chunk.indexes {
      var reader = ByteReader(index)
      guard reader.integer(UInt16.self) != nil, let size = reader.integer(UInt32.self), size % 16 == 0,
        reader.remaining == Int(size)
      else {
        problems.append("chunk at byte \(chunk.offset): a message index makes no sense")
        return
      }
      while let time = reader.integer(UInt64.self), let offset = reader.integer(UInt64.self) {
        indexed += 1
        if !offsets.contains(offset) || time < chunk.startTime || time > chunk.endTime {
          problems.append("chunk at byte \(chunk.offset): the message index points nowhere")
          return
        }
      }
    }
    if indexed != offsets.count {
      problems.append("chunk at byte \(chunk.offset): \(indexed) of \(offsets.count) messages are indexed")
    }
  }

  private mutating func checkSums(_ file: RecordingFile) {
    if let (offset, sum) = file.dataEnd, sum != 0,
      CRC32.of(UnsafeRawBufferPointer(rebasing: file.bytes[..<offset])) != sum
    {
      problems.append("wrong checksum of the data section")
    }
    if let (start, footer, sum) = file.summary, sum != 0, start > 0 {
      // From the summary's start to the footer's checksum: its opcode, its length and two offsets.
      let end = min(file.bytes.count, footer + 9 + 16)
      if start > end || CRC32.of(UnsafeRawBufferPointer(rebasing: file.bytes[start..<end])) != sum {
        problems.append("wrong checksum of the index")
      }
    }
  }
}

/// A cut-off or damaged recording made whole again.
public struct RecordingRecovery: Sendable {
  /// Chunks taken over.
  public private(set) var chunks = 0
  /// Chunks that were damaged and left out.
  public private(set) var lostChunks = 0
  /// Bytes at the end of the damaged file that belong to no whole record.
  public private(set) var lostBytes = 0

  /// Writes what is whole in `file` to a new recording at `path`.
  public init(_ file: RecordingFile, to path: String) throws(RecordingError) {
    let writer = try MCAPWriter(path: path, schemas: BlockEncoder.schemas, channels: BlockEncoder.channels)
    for attachment in file.attachments { writer.add(attachment) }
    for (name, values) in file.metadata { writer.addMetadata(name, values) }
    for chunk in file.chunks {
      if let copy = Self.copy(of: chunk, in: file), writer.add(copy) { chunks += 1 } else { lostChunks += 1 }
    }
    lostBytes = file.bytes.count - file.goodLength
    writer.addMetadata(
      "sinew.recovered",
      [
        ("from", file.path), ("chunks", "\(chunks)"), ("lost_chunks", "\(lostChunks)"),
        ("lost_bytes", "\(lostBytes)"),
      ])
    writer.finish()
    if writer.failure != 0 { throw RecordingError(path: path, code: writer.failure) }
  }

  /// The chunk with indexes made anew; nil when it is damaged.
  private static func copy(of chunk: RecordingFile.Chunk, in file: RecordingFile) -> MCAPChunk? {
    try? file.withRecords(of: chunk) { records -> MCAPChunk? in
      var indexes: [String: [(time: UInt64, offset: UInt64)]] = [:]
      let isWhole = RecordingFile.forEachMessage(in: records) { offset, message in
        indexes[message.topic, default: []].append((message.time, UInt64(offset)))
      }
      guard isWhole else { return nil }
      return MCAPChunk(
        startTime: chunk.startTime, endTime: chunk.endTime, uncompressedSize: UInt64(chunk.uncompressedSize),
        uncompressedSum: CRC32.of(records), compression: chunk.compression, records: Array(chunk.records),
        indexes: BlockEncoder.channels.compactMap { channel in
          indexes[channel.topic].map { MCAPChunk.Index(channel: channel.id, entries: $0) }
        })
    }
  }
}
