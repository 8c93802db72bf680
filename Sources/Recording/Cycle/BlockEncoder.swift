/// Cycles of a span of time as the loop's end of the ring wrote them, one after another.
struct CycleBlock {
  var bytes = ByteWriter()
  var count = 0
  var firstNumber: Int64 = 0
  /// Instants of its first and last cycle [ns, the loop's clock].
  var firstTime: Int64 = 0
  var lastTime: Int64 = 0
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
        let head = raw.load(fromByteOffset: offset, as: RingRecord.self)
        let time = UInt64(max(0, head.cycle.time))
        startTime = min(startTime, time)
        endTime = max(endTime, time)
        let record = UnsafeRawBufferPointer(rebasing: raw[offset..<offset + Int(head.length)])
        append(head, record, time: time, to: &indexes)
        offset += Int(head.length)
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
    _ head: RingRecord, _ record: UnsafeRawBufferPointer, time: UInt64, to indexes: inout [MCAPChunk.Index]
  ) {
    let joints = Int(head.jointCount)
    let setpoints = RingRecord.size
    let states = setpoints + 32 * joints
    let bound = CycleMessage.bound(of: record)
    append(0, head, time: time, to: &indexes) { writer in
      writer.append(atMost: bound) { start in
        guard let content = record.baseAddress else { return 0 }
        return CycleMessage.write(head, content + setpoints, to: start)
      }
    }
    let message = jointState.message(
      time: time, states: UnsafeRawBufferPointer(rebasing: record[states...]))
    append(1, head, time: time, to: &indexes) { $0.append(message) }
    if head.wordCount > 0 {
      append(2, head, time: time, to: &indexes) { writer in
        writer.append(UInt32(0x0000_0100))
        writer.append(UInt64(bitPattern: head.cycle.number))
        writer.append(head.wordCount)
        writer.append(UInt32(0))
        writer.append(UnsafeRawBufferPointer(rebasing: record.suffix(8 * Int(head.wordCount))))
      }
    }
    guard head.hasTiming else { return }
    append(3, head, time: time, to: &indexes) { writer in
      writer.append(UInt32(0x0000_0100))
      for number in [head.cycle.number, head.lateness, head.busy, head.missed] {
        writer.append(UInt64(bitPattern: number))
      }
    }
  }

  /// One message record, its length filled in behind its content.
  private mutating func append(
    _ index: Int, _ head: RingRecord, time: UInt64, to indexes: inout [MCAPChunk.Index],
    content: (inout ByteWriter) -> Void
  ) {
    let start = records.count
    indexes[index].entries.append((time, UInt64(start)))
    records.append(MCAP.Opcode.message.rawValue)
    records.append(UInt64(0))
    records.append(Self.channels[index].id)
    records.append(UInt32(truncatingIfNeeded: head.index))
    records.append(time)
    records.append(time)
    content(&records)
    records.patch(UInt64(records.count - start - 9), at: start + 1)
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

  /// The message of an instant [ns]; `states` holds position, velocity and torque of one joint after another.
  mutating func message(time: UInt64, states: UnsafeRawBufferPointer) -> [UInt8] {
    template.patch(UInt32(truncatingIfNeeded: time / 1_000_000_000), at: 4)
    template.patch(UInt32(time % 1_000_000_000), at: 8)
    template.write { bytes in
      for joint in 0..<count {
        for part in 0..<3 {
          let number = states.load(fromByteOffset: 24 * joint + 8 * part, as: Double.self)
          bytes.storeBytes(of: number, toByteOffset: offsets[part] + 8 * joint, as: Double.self)
        }
      }
    }
    return template.bytes
  }
}
