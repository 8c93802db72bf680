internal import Glibc

/// The kernel's tree of devices, or a folder made up like it.
struct SysfsTree: Sendable {
  /// `/sys`, or the folder that stands for it.
  let root: String

  /// Longest attribute that is read; the kernel's own limit is a page.
  private static let pageSize = 4096

  init(root: String = "/sys") { self.root = root }

  /// The text of an attribute without the end of its line; nil where it is not there, not text, or longer than a page.
  func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: Self.pageSize)
    while bytes.count <= Self.pageSize {
      let count = read(descriptor, &room, room.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      bytes += room.prefix(count)
    }
    guard bytes.count <= Self.pageSize, !bytes.contains(0),
      let text = String(validating: bytes, as: UTF8.self)
    else { return nil }
    let trimmed = text.prefix { $0 != "\n" }
    return trimmed.isEmpty ? nil : String(trimmed)
  }

  /// A whole number in an attribute, decimal or with 0x.
  func number(_ path: String) -> Int? {
    guard let text = text(path) else { return nil }
    return text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
  }

  /// Names in a folder, sorted; empty where it is not there.
  func names(in path: String) -> [String] {
    guard let start = MemoryLayout<dirent>.offset(of: \.d_name), let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      // A record ends with its name, so it may be shorter than the type says.
      let name = UnsafeRawPointer(entry).advanced(by: start)
      let text = String(cString: name.assumingMemoryBound(to: CChar.self))
      if text != "." && text != ".." { names.append(text) }
    }
    return names.sorted()
  }

  /// Where a path leads to once every link is followed; nil where it leads nowhere.
  func target(of path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  /// The last name of where a path leads to, such as a device's driver or subsystem.
  func nameOfTarget(of path: String) -> String? {
    target(of: path)?.split(separator: "/").last.map(String.init)
  }

  /// A device and those it stands on, from the inside out, up to where the tree of devices begins.
  func chain(from device: String) -> [String] {
    guard let top = target(of: root + "/devices"), device.hasPrefix(top + "/") else { return [] }
    var chain: [String] = []
    var path = device[...]
    while path.utf8.count > top.utf8.count, let slash = path.lastIndex(of: "/") {
      chain.append(String(path))
      path = path[..<slash]
    }
    return chain
  }
}
