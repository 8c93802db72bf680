/// Words of the MCAP container, version 0 (mcap.dev/spec).
enum MCAP {
  static let magic: [UInt8] = [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A]

  enum Opcode: UInt8 {
    case header = 0x01
    case footer = 0x02
    case schema = 0x03
    case channel = 0x04
    case message = 0x05
    case chunk = 0x06
    case messageIndex = 0x07
    case chunkIndex = 0x08
    case attachment = 0x09
    case attachmentIndex = 0x0A
    case statistics = 0x0B
    case metadata = 0x0C
    case metadataIndex = 0x0D
    case summaryOffset = 0x0E
    case dataEnd = 0x0F
  }
}

/// The type of a topic's messages.
struct MCAPSchema: Equatable {
  var id: UInt16
  var name: String
  var encoding: String
  var text: String

  var record: [UInt8] {
    var content = ByteWriter()
    content.append(id)
    content.append(name)
    content.append(encoding)
    content.append(text)
    return MCAPRecord.framed(.schema, content.bytes)
  }
}

/// A topic.
struct MCAPChannel: Equatable {
  var id: UInt16
  var schema: UInt16
  var topic: String
  var messageEncoding: String

  var record: [UInt8] {
    var content = ByteWriter()
    content.append(id)
    content.append(schema)
    content.append(topic)
    content.append(messageEncoding)
    content.append([(String, String)]())
    return MCAPRecord.framed(.channel, content.bytes)
  }
}

/// A file kept inside a recording.
public struct RecordingAttachment: Sendable, Equatable {
  /// Name, such as robot.yaml.
  public var name: String
  /// Media type, such as application/yaml.
  public var mediaType: String
  /// The file's bytes.
  public var data: [UInt8]

  /// An attachment.
  public init(name: String, mediaType: String, data: [UInt8]) {
    self.name = name
    self.mediaType = mediaType
    self.data = data
  }
}

enum MCAPRecord {
  /// A record: operation code, length, content.
  static func framed(_ opcode: MCAP.Opcode, _ content: [UInt8]) -> [UInt8] {
    var record = ByteWriter()
    record.append(opcode.rawValue)
    record.append(UInt64(content.count))
    record.append(content)
    return record.bytes
  }
}

/// Messages of a span of time, ready to be written.
struct MCAPChunk {
  struct Index {
    var channel: UInt16
    var entries: [(time: UInt64, offset: UInt64)]
  }
  var startTime: UInt64
  var endTime: UInt64
  var uncompressedSize: UInt64
  var uncompressedSum: UInt32
  var compression: String
  var records: [UInt8]
  var indexes: [Index]
}
