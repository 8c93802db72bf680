import Foundation

/// The text of one file, checked to be a regular file of bearable size in UTF-8.
struct SourceText {
  let path: String
  let bytes: [UInt8]
  let text: String

  /// The whole file as a place.
  var location: SourceLocation { SourceLocation(file: path) }

  /// Text that did not come from a file; `path` is what errors name.
  init(path: String, text: String) {
    self.path = path
    self.text = text
    bytes = Array(text.utf8)
  }

  /// Checks `bytes` as the contents of `path`; `what` is what errors call the file.
  init(path: String, bytes: [UInt8], what: String) throws(DescriptionError) {
    var bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    self.path = path
    let file = SourceLocation(file: path)
    guard bytes.contains(where: { $0 > 0x20 }) else {
      throw DescriptionError(file, "the \(what) is empty", fix: "write it, or name another file")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw DescriptionError(
        Self.firstInvalid(in: bytes, file: path), "the \(what) is not UTF-8 text",
        fix: "save it as UTF-8, for example with iconv -t UTF-8")
    }
    if let zero = bytes.firstIndex(of: 0) {
      throw DescriptionError(
        Self.place(of: zero, in: bytes, file: path), "the \(what) holds a zero byte, so it is not text",
        fix: "save it as UTF-8 text")
    }
    self.bytes = bytes
    self.text = text
  }

  /// Reads a file of at most `limit` bytes.
  static func read(_ path: String, what: String, limit: Int) throws(DescriptionError) -> SourceText {
    try SourceText(path: path, bytes: contents(of: path, what: what, limit: limit), what: what)
  }

  /// The bytes of a regular file of at most `limit`.
  static func contents(of path: String, what: String, limit: Int) throws(DescriptionError) -> [UInt8] {
    let file = SourceLocation(file: path)
    var status = stat()
    guard stat(path, &status) == 0 else {
      let reason = errno == ENOENT || errno == ENOTDIR ? "does not exist" : String(cString: strerror(errno))
      throw DescriptionError(file, "the \(what) cannot be read: \(reason)", fix: "check the path")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DescriptionError(file, "the \(what) is not a regular file", fix: "name a text file")
    }
    guard Int(status.st_size) <= limit else {
      throw DescriptionError(
        file, "the \(what) has \(status.st_size) bytes, more than the limit of \(limit)",
        fix: "name the right file; a description is far smaller")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw DescriptionError(file, "the \(what) cannot be read", fix: "check its permissions")
    }
    return Array(data)
  }

  /// Line and column of a byte.
  static func place(of offset: Int, in bytes: [UInt8], file: String) -> SourceLocation {
    var location = SourceLocation(file: file, line: 1, column: 1)
    for byte in bytes.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        location.line += 1
        location.column = 1
      } else if byte & 0xC0 != 0x80 {
        location.column += 1
      }
    }
    return location
  }

  private static func firstInvalid(in bytes: [UInt8], file: String) -> SourceLocation {
    var iterator = bytes.makeIterator()
    var parser = Unicode.UTF8.ForwardParser()
    var offset = 0
    while case .valid(let scalar) = parser.parseScalar(from: &iterator) { offset += scalar.count }
    return place(of: offset, in: bytes, file: file)
  }
}

/// A number as a person would write it: no trailing zeros, six significant digits.
func written(_ value: Double) -> String {
  let text = String(format: "%.6g", value)
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// A path relative to the folder of the file `base`; absolute paths stay.
func path(_ relative: String, besideFile base: String) -> String {
  if relative.hasPrefix("/") { return relative }
  guard let slash = base.lastIndex(of: "/") else { return relative }
  return String(base[...slash]) + relative
}

/// Whether there is a file or directory at `path`.
func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

/// Whether there is a directory at `path`.
func isDirectory(_ path: String) -> Bool {
  var isDirectory: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
}

/// Names of the files and folders in the directory at `path`; none where it cannot be read.
func directoryContents(_ path: String) -> [String] {
  (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
}
