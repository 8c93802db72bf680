internal import CServoBus

/// What udev says of an interface, or what happened to it.
struct UdevRecord: Sendable, Equatable {
  var name: String
  var index: Int32
  /// Whether it is CAN; nil where the interface is gone and cannot be asked.
  var isCAN: Bool?
  var action: String
  var path: String?
  var serial: String?
  var vendor: String?
  var product: String?

  init(
    name: String, index: Int32, isCAN: Bool? = true, action: String = "", path: String? = nil,
    serial: String? = nil, vendor: String? = nil, product: String? = nil
  ) {
    self.name = name
    self.index = index
    self.isCAN = isCAN
    self.action = action
    self.path = path
    self.serial = serial
    self.vendor = vendor
    self.product = product
  }

  init(_ told: servo_udev_device) {
    self.init(
      name: Self.text(told.name) ?? "", index: told.index, isCAN: told.type < 0 ? nil : told.type == 280,
      action: Self.text(told.action) ?? "", path: Self.text(told.path), serial: Self.text(told.serial),
      vendor: Self.text(told.vendor).map(Self.spaced), product: Self.text(told.product).map(Self.spaced))
  }

  /// A serial number as udev spells it (usb_id of systemd): blanks around it dropped, inner ones and what is not plain made
  /// an underscore; nil for one that it ignores, with a comma or what is not ASCII in it.
  static func spelling(_ serial: String) -> String? {
    guard serial.utf8.allSatisfy({ $0 >= 0x20 && $0 <= 0x7F && $0 != UInt8(ascii: ",") }) else { return nil }
    let words = serial.split(separator: " ").joined(separator: "_")
    let plain = words.map { character in
      character.isASCII && (character.isLetter || character.isNumber || "#+-.:=@_".contains(character))
        ? character : "_"
    }
    return plain.isEmpty ? nil : String(plain)
  }

  /// udev writes the adapter's own names with underscores for blanks.
  private static func spaced(_ text: String) -> String {
    text.contains(" ") ? text : String(text.map { $0 == "_" ? " " : $0 })
  }

  /// The text in an array of characters; nil where it is empty or not text.
  private static func text<Characters>(_ characters: Characters) -> String? {
    withUnsafeBytes(of: characters) { bytes in
      let text = String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      return text?.isEmpty ?? true ? nil : text
    }
  }
}
