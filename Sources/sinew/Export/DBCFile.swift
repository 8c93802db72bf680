/// A DBC file: messages of one bus, their signals and what is said about them.
///
/// The format is Vector's; cantools and SavvyCAN read what is used of it here.
struct DBCFile {
  /// One signal of a message.
  struct Signal {
    var name: String
    /// First bit: the lowest in Intel order, the highest in Motorola order, as the format counts them.
    var start: Int
    var length: Int
    var isMotorola = false
    var isSigned = false
    /// IEEE 754 single precision.
    var isFloat = false
    var scale = 1.0
    var offset = 0.0
    var unit = ""
    /// Names of raw values.
    var values: [(Int, String)] = []
    /// The message has this signal only where its selector has this value.
    var selectedBy: Int?
    /// Tells which of the selected signals a message has.
    var isSelector = false
  }
  /// One message.
  struct Message {
    var id: UInt32
    var isExtended = false
    var isFlexible = false
    var name: String
    var length: Int
    var sender: String
    var receiver: String
    var signals: [Signal]
    var comment = ""
  }
  var nodes: [String]
  var comment: String
  var messages: [Message]

  /// The file.
  var text: String {
    var out = "VERSION \"\"\n\nNS_ :\n\nBS_:\n\nBU_: \(nodes.joined(separator: " "))\n"
    for message in messages { out += "\n" + Self.text(of: message) }
    out += "\nCM_ \"\(Self.quoted(comment))\";\n"
    for message in messages where !message.comment.isEmpty {
      out += "CM_ BO_ \(message.number) \"\(Self.quoted(message.comment))\";\n"
    }
    // The tools that know CAN FD find it by this attribute.
    if messages.contains(where: \.isFlexible) {
      out += """
        BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","reserved","reserved","reserved","reserved",\
        "reserved","reserved","reserved","reserved","reserved","reserved","reserved","StandardCAN_FD","ExtendedCAN_FD";
        BA_DEF_DEF_ "VFrameFormat" "StandardCAN";

        """
      for message in messages {
        let format = (message.isFlexible ? 14 : 0) + (message.isExtended ? 1 : 0)
        if format > 0 { out += "BA_ \"VFrameFormat\" BO_ \(message.number) \(format);\n" }
      }
    }
    for message in messages {
      for signal in message.signals where !signal.values.isEmpty {
        let values = signal.values.map { "\($0.0) \"\(Self.quoted($0.1))\"" }.joined(separator: " ")
        out += "VAL_ \(message.number) \(signal.name) \(values) ;\n"
      }
    }
    for message in messages {
      for signal in message.signals where signal.isFloat {
        out += "SIG_VALTYPE_ \(message.number) \(signal.name) : 1;\n"
      }
    }
    return out
  }

  private static func text(of message: Message) -> String {
    var out = "BO_ \(message.number) \(message.name): \(message.length) \(message.sender)\n"
    for signal in message.signals {
      let selection = signal.isSelector ? " M" : signal.selectedBy.map { " m\($0)" } ?? ""
      let order = (signal.isMotorola ? "0" : "1") + (signal.isSigned || signal.isFloat ? "-" : "+")
      let (low, high) = bounds(of: signal)
      out +=
        " SG_ \(signal.name)\(selection) : \(signal.start)|\(signal.length)@\(order) "
        + "(\(number(signal.scale)),\(number(signal.offset))) [\(number(low))|\(number(high))] "
        + "\"\(quoted(signal.unit))\" \(message.receiver)\n"
    }
    return out
  }

  /// What the raw words reach; 0 and 0 for floats, which is no bound.
  private static func bounds(of signal: Signal) -> (Double, Double) {
    if signal.isFloat { return (0, 0) }
    let steps = Double(UInt64(1) << UInt64(signal.isSigned ? signal.length - 1 : signal.length))
    let low = signal.isSigned ? -steps : 0
    let ends = [low, steps - 1].map { $0 * signal.scale + signal.offset }
    return (min(ends[0], ends[1]), max(ends[0], ends[1]))
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? "\(Int64(value))" : "\(value)"
  }

  private static func quoted(_ text: String) -> String {
    text.replacing("\\", with: "/").replacing("\"", with: "'")
  }

  /// A name that the format takes: letters, digits and underscores, no digit first, up to `most` characters.
  static func name(_ text: String, most: Int = 20) -> String {
    let characters = text.unicodeScalars.map { scalar -> Character in
      scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
        ? Character(scalar) : "_"
    }
    let name = String(characters.prefix(most))
    return name.first.map { $0.isNumber } ?? true ? "J" + name.prefix(most - 1) : name
  }
}

extension DBCFile.Message {
  /// The identifier as the format writes it: bit 31 for 29 bits.
  var number: UInt32 { isExtended ? id | 1 << 31 : id }
}
