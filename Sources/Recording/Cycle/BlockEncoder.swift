/// Cycles of a span of time as the loop's end of the ring wrote them, one after another.
struct CycleBlock {
  var bytes = ByteWriter()
  var count = 0
  var firstNumber: Int64 = 0
  var lastNumber: Int64 = 0
}

/// Turns blocks of ring records into chunks of messages.
struct BlockEncoder {
  static let schemas = [
    MCAPSchema(id: 1, name: "sinew_msgs/msg/Cycle", encoding: "ros2msg", text: MessageDefinition.cycle),
    MCAPSchema(
      id: 2, name: "sensor_msgs/msg/JointState", encoding: "ros2msg", text: MessageDefinition.jointState),
    MCAPSchema(
      id: 3, name: "sinew_msgs/msg/CarriedState", encoding: "ros2msg", text: MessageDefinition.carriedState),
    MCAPSchema(id: 4, name: "sinew_msgs/msg/Timing", encoding: "ros2msg", text: MessageDefinition.timing),
  ]
  static let channels = [
    MCAPChannel(id: 1, schema: 1, topic: Topic.cycle, messageEncoding: "cdr"),
    MCAPChannel(id: 2, schema: 2, topic: Topic.jointStates, messageEncoding: "cdr"),
    MCAPChannel(id: 3, schema: 3, topic: Topic.carriedState, messageEncoding: "cdr"),
    MCAPChannel(id: 4, schema: 4, topic: Topic.timing, messageEncoding: "cdr"),
  ]
  enum Topic {
    static let cycle = "/cycle"
    static let jointStates = "/joint_states"
    static let carriedState = "/carried_state"
    static let timing = "/timing"
  }

  private var jointState: JointStateEncoder
  private let zstandard: Zstandard?
  private var records = ByteWriter()

  /// The name MCAP has for the compression in use.
  var compression: String { zstandard == nil ? "" : "zstd" }

  init(jointNames: [String], zstandard: Zstandard?) {
    jointState = JointStateEncoder(names: jointNames)
    self.zstandard = zstandard
  }

  /// The messages of a block; nil when it holds no cycle.
  mutating func chunk(of block: CycleBlock) -> MCAPChunk? {
    guard block.count > 0 else { return nil }
    records.removeAll()
    for schema in Self.schemas { records.append(schema.record) }
    for channel in Self.channels { records.append(channel.record) }
    var indexes = Self.channels.map { MCAPChunk.Index(channel: $0.id, entries: []) }
    for index in indexes.indices { indexes[index].entries.reserveCapacity(block.count) }
    var startTime = UInt64.max
    var endTime: UInt64 = 0
    block.bytes.bytes.withUnsafeBytes { raw in
      var offset = 0
      while offset < raw.count {
        let length = Int(raw.load(fromByteOffset: offset, as: UInt32.self))
        let record = UnsafeRawBufferPointer(rebasing: raw[offset..<offset + length])
        let time = UInt64(max(0, record.load(fromByteOffset: RingRecord.time, as: Int64.self)))
        startTime = min(startTime, time)
        endTime = max(endTime, time)
        append(record, time: time, to: &indexes)
        offset += length
      }
    }
    let sum = records.bytes.withUnsafeBytes { CRC32.of($0) }
    let packed = zstandard?.compress(records.bytes)
    return MCAPChunk(
      startTime: startTime, endTime: endTime, uncompressedSize: UInt64(records.count), uncompressedSum: sum,
      compression: packed == nil ? "" : "zstd", records: packed ?? records.bytes,
      indexes: indexes.filter { !$0.entries.isEmpty })
  }

  private mutating func append(
    _ record: UnsafeRawBufferPointer, time: UInt64, to indexes: inout [MCAPChunk.Index]
  ) {
    let sequence = UInt32(truncatingIfNeeded: record.load(fromByteOffset: RingRecord.index, as: Int64.self))
    let length = Int(record.load(fromByteOffset: RingRecord.messageLength, as: UInt32.self))
    let words = Int(record.load(fromByteOffset: RingRecord.wordCount, as: UInt32.self))
    let joints = Int(record.load(fromByteOffset: RingRecord.jointCount, as: UInt32.self))
    func head(_ index: Int, _ length: Int) {
      indexes[index].entries.append((time, UInt64(records.count)))
      records.append(MCAP.Opcode.message.rawValue)
      records.append(UInt64(2 + 4 + 8 + 8 + length))
      records.append(Self.channels[index].id)
      records.append(sequence)
      records.append(time)
      records.append(time)
    }
    let message = RingRecord.message
    head(0, length)
    records.append(UnsafeRawBufferPointer(rebasing: record[message..<message + length]))
    let states = (message + length + 7) & ~7
    let encoded = jointState.message(
      time: time, values: UnsafeRawBufferPointer(rebasing: record[states..<states + 24 * joints]))
    head(1, encoded.count)
    records.append(encoded)
    if words > 0 {
      head(2, 4 + 8 + 4 + 4 + 8 * words)
      records.append(UInt32(0x0000_0100))
      records.append(UnsafeRawBufferPointer(rebasing: record[RingRecord.number..<RingRecord.number + 8]))
      records.append(UInt32(words))
      records.append(UInt32(0))
      let first = states + 24 * joints
      records.append(UnsafeRawBufferPointer(rebasing: record[first..<first + 8 * words]))
    }
    if record.load(fromByteOffset: RingRecord.hasTiming, as: UInt32.self) != 0 {
      head(3, 4 + 32)
      records.append(UInt32(0x0000_0100))
      records.append(UnsafeRawBufferPointer(rebasing: record[RingRecord.number..<RingRecord.number + 8]))
      records.append(UnsafeRawBufferPointer(rebasing: record[RingRecord.lateness..<RingRecord.lateness + 24]))
    }
  }
}

/// `sensor_msgs/msg/JointState` in CDR: everything but the numbers is the same in each message.
struct JointStateEncoder {
  private var template = ByteWriter()
  private let count: Int
  private let offsets: [Int]

  init(names: [String]) {
    count = names.count
    // Alignment in CDR counts from the end of the four bytes of encapsulation.
    template.append(UInt32(0x0000_0100))
    template.append(UInt64(0))
    template.append(UInt32(1))
    template.append([0])
    template.align(to: 4)
    template.append(UInt32(names.count))
    for name in names {
      template.align(to: 4)
      template.append(UInt32(name.utf8.count + 1))
      template.append(Array(name.utf8) + [0])
    }
    var offsets: [Int] = []
    for _ in 0..<3 {
      template.align(to: 4)
      template.append(UInt32(names.count))
      if !names.isEmpty { template.align(to: 8, from: 4) }
      offsets.append(template.count)
      template.append([UInt8](repeating: 0, count: 8 * names.count))
    }
    self.offsets = offsets
  }

  /// The message of an instant [ns]; `values` holds all positions, all velocities, all efforts.
  mutating func message(time: UInt64, values: UnsafeRawBufferPointer) -> [UInt8] {
    template.patch(UInt32(truncatingIfNeeded: time / 1_000_000_000), at: 4)
    template.patch(UInt32(time % 1_000_000_000), at: 8)
    for part in 0..<3 {
      template.patch(
        UnsafeRawBufferPointer(rebasing: values[8 * count * part..<8 * count * (part + 1)]), at: offsets[part]
      )
    }
    return template.bytes
  }
}
