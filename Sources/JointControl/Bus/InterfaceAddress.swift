/// `scheme://host:port?name=value&...`, the host in brackets where it contains colons.
struct InterfaceAddress {
  /// nil where it is empty.
  let host: String?
  private let portText: Substring?
  private(set) var options: [String: String] = [:]
  private let text: String

  init(_ text: String) throws(BusInterfaceError) {
    self.text = text
    let refuse = { (reason: String) in
      BusInterfaceError("'\(text.prefix(60))' \(reason)", fix: "write \(BusInterface.forms)")
    }
    guard text.utf8.count <= 200, !text.contains(where: { $0.isWhitespace || !$0.isASCII }) else {
      throw refuse("is no address of at most 200 characters without blanks")
    }
    guard let slashes = text.firstRange(of: "://") else { throw refuse("has no // behind its first word") }
    let parts = text[slashes.upperBound...].split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let place = parts[0]
    if place.hasPrefix("[") {
      guard let end = place.firstIndex(of: "]") else { throw refuse("has no ] behind its address") }
      host = String(place[place.index(after: place.startIndex)..<end])
      let rest = place[place.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { throw refuse("has something behind its address") }
      portText = rest.isEmpty ? nil : rest.dropFirst()
    } else {
      let colon = place.firstIndex(of: ":")
      let name = place[..<(colon ?? place.endIndex)]
      host = name.isEmpty ? nil : String(name)
      portText = colon.map { place[place.index(after: $0)...] }
    }
    guard parts.count == 2 else { return }
    for option in parts[1].split(separator: "&", omittingEmptySubsequences: false) {
      let words = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard words.count == 2, !words[0].isEmpty, options[String(words[0])] == nil else {
        throw refuse("has '\(option)' behind the question mark")
      }
      options[String(words[0])] = String(words[1])
    }
  }

  /// The port, or a default where none is written; nil as default asks for one.
  func port(orElse usual: UInt16?, fix: String) throws(BusInterfaceError) -> UInt16 {
    if portText == nil, let usual { return usual }
    guard let portText, let port = UInt16(portText), port > 0 else {
      throw BusInterfaceError("'\(text.prefix(60))' has no port of 1...65535", fix: fix)
    }
    return port
  }

  /// Refuses options of other names.
  func allow(_ names: [String], fix: String) throws(BusInterfaceError) {
    for name in options.keys.sorted() where !names.contains(name) {
      throw BusInterfaceError("'\(name)' is no option of '\(text.prefix(60))'", fix: fix)
    }
  }
}
