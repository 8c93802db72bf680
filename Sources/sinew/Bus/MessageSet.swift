import Foundation
import JointControl

/// The messages of one bus from a file, each from a node that sends its most urgent frame first.
struct MessageSet {
  /// A message as the file has it.
  struct Message {
    var id: UInt32
    var isExtended: Bool
    var bytes: Int
    var frame: FrameTime
    var timing: PeriodicMessage
  }
  /// Where it was read.
  let path: String
  /// Nominal bit rate [bit/s].
  var bitRate = 1_000_000
  /// Bit rate of the data phase of CAN FD [bit/s]; nil without CAN FD.
  var dataBitRate: Int?
  var messages: [Message] = []

  /// Most messages of a set.
  static let mostMessages = 2048

  /// Reads a set; what is wrong is refused with its place in the document.
  static func load(_ path: String) throws(Failure) -> MessageSet {
    let document = try JSONNode.load(path, kind: "message_set", help: "sinew bus plan --help")
    return try MessageSetReader(path: path).set(document)
  }

  /// The responses of the messages, in their order.
  var responses: [ResponseTimes] {
    ResponseTimes.all(of: messages.map(\.timing), bitTime: FrameLength.time(of: 1, at: bitRate))
  }
}

/// Walks the document of a set.
private struct MessageSetReader {
  let path: String

  func set(_ document: JSONNode) throws(Failure) -> MessageSet {
    let members = try object(document, "", keys: ["bitrate", "data_bitrate", "messages"])
    var set = MessageSet(path: path)
    guard let rate = members["bitrate"] else { throw wrong("", "there is no 'bitrate'") }
    set.bitRate = try integer(rate, "bitrate", in: 1_000...20_000_000)
    if let rate = members["data_bitrate"] {
      set.dataBitRate = try integer(rate, "data_bitrate", in: 1_000...20_000_000)
    }
    guard case .array(let nodes)? = members["messages"] else {
      throw wrong("messages", "a list of messages is expected")
    }
    guard (1...MessageSet.mostMessages).contains(nodes.count) else {
      throw wrong("messages", "it has \(nodes.count) messages, not from 1 to \(MessageSet.mostMessages)")
    }
    var names: [String: Int] = [:]
    var priorities: [UInt64: Int] = [:]
    for (index, node) in nodes.enumerated() {
      let place = "messages[\(index)]"
      let message = try message(node, place, in: set)
      if let other = names.updateValue(index, forKey: message.timing.name) {
        throw wrong(place + ".name", "'\(message.timing.name)' is the name of messages[\(other)] already")
      }
      if let other = priorities.updateValue(index, forKey: message.timing.priority) {
        throw wrong(place + ".id", "identifier \(message.id) belongs to messages[\(other)] already")
      }
      set.messages.append(message)
    }
    return set
  }

  private func message(_ node: JSONNode, _ at: String, in set: MessageSet) throws(Failure)
    -> MessageSet.Message
  {
    let members = try object(
      node, at,
      keys: ["name", "id", "extended", "bytes", "fd", "brs", "period_us", "deadline_us", "jitter_us"])
    guard case .string(let name)? = members["name"], !name.isEmpty else {
      throw wrong(at + ".name", "a name is expected")
    }
    let isExtended = try boolean(members["extended"], at + ".extended", without: false)
    let isFlexible = try boolean(members["fd"], at + ".fd", without: false)
    let switchesRate = try boolean(members["brs"], at + ".brs", without: set.dataBitRate != nil)
    if isFlexible && switchesRate && set.dataBitRate == nil {
      throw wrong(at + ".brs", "a bit rate switch needs the set's 'data_bitrate'")
    }
    let id = try integer(
      members["id"], at + ".id", in: 0...(isExtended ? 0x1FFF_FFFF : 0x7FF))
    let bytes = try integer(members["bytes"], at + ".bytes", in: 0...(isFlexible ? 64 : 8))
    let frame = FrameTime(
      worstCaseBytes: bytes, isExtended: isExtended, isFlexibleDataRate: isFlexible,
      hasBitRateSwitch: switchesRate)
    let period = try time(members["period_us"], at + ".period_us", from: 1, rounding: .down)
    let deadline =
      members["deadline_us"] == nil
      ? period : try time(members["deadline_us"], at + ".deadline_us", from: 1, rounding: .down)
    let jitter =
      members["jitter_us"] == nil
      ? 0 : try time(members["jitter_us"], at + ".jitter_us", from: 0, rounding: .up)
    return MessageSet.Message(
      id: UInt32(id), isExtended: isExtended, bytes: bytes, frame: frame,
      timing: PeriodicMessage(
        name: name, priority: FramePriority.key(identifier: UInt32(id), isExtended: isExtended),
        length: frame.nanoseconds(bitRate: set.bitRate, dataBitRate: set.dataBitRate ?? set.bitRate),
        period: period, deadline: deadline, jitter: jitter))
  }

  /// A time in microseconds, in ns; what is not whole is rounded to the safe side.
  private func time(
    _ node: JSONNode?, _ at: String, from least: Double, rounding: FloatingPointRoundingRule
  ) throws(Failure) -> Int64 {
    guard case .number(let value)? = node else { throw wrong(at, "a time in microseconds is expected") }
    guard value >= least && value <= 1e9 else {
      throw wrong(at, "\(value) us is not from \(least) us to 1000 s")
    }
    let nearest = (value * 1000).rounded()
    // A decimal fraction of a microsecond is not exact in binary.
    return Int64(abs(value * 1000 - nearest) < 1e-3 ? nearest : (value * 1000).rounded(rounding))
  }

  private func integer(_ node: JSONNode?, _ at: String, in range: ClosedRange<Int>) throws(Failure) -> Int {
    guard case .number(let value)? = node, let whole = Int(exactly: value), range.contains(whole) else {
      throw wrong(at, "a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
    }
    return whole
  }

  private func boolean(_ node: JSONNode?, _ at: String, without: Bool) throws(Failure) -> Bool {
    guard let node else { return without }
    guard case .boolean(let value) = node else { throw wrong(at, "true or false is expected") }
    return value
  }

  private func object(_ node: JSONNode, _ at: String, keys: Set<String>) throws(Failure) -> [String: JSONNode]
  {
    guard case .object(let members) = node else { throw wrong(at, "an object is expected") }
    if let unknown = members.keys.sorted().first(where: { !keys.contains($0) }) {
      throw wrong(at, "there is no key '\(unknown)'; known are \(keys.sorted().joined(separator: ", "))")
    }
    return members
  }

  private func wrong(_ at: String, _ message: String) -> Failure {
    Failure(
      kind: "message_set", location: at.isEmpty ? path : "\(path): \(at)", message: message,
      fix: "see sinew bus plan --help for the format", code: Failure.badDescription)
  }
}
