import Foundation

/// A file that is there in its old form or in its new one, never in part.
enum AtomicFile {
  /// Puts bytes in place of a file, which keeps its permissions: beside it first, onto the disk, then under its name. A symbolic link
  /// stays, and what it names is replaced. A device or a pipe is written into.
  ///
  /// - Throws: `Failure` with the reason; the old file stands then, and nothing is left beside it.
  static func replace(_ path: String, with bytes: [UInt8]) throws(Failure) {
    var status = stat()
    let isThere = stat(path, &status) == 0
    if isThere && status.st_mode & S_IFMT != S_IFREG { return try fill(path, with: bytes) }
    let path = resolved(path)
    let growing = "\(path).\(getpid()).part"
    let mode = isThere ? status.st_mode & 0o7777 : 0o644
    let descriptor = open(growing, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw failure(path, errno) }
    var failed = put(bytes, into: descriptor)
    // The process's mask took bits away when the file was made.
    if failed == 0 && fchmod(descriptor, mode) != 0 { failed = errno }
    if failed == 0 && fsync(descriptor) != 0 { failed = errno }
    if close(descriptor) != 0 && failed == 0 { failed = errno }
    if failed == 0 && rename(growing, path) != 0 { failed = errno }
    guard failed == 0 else {
      unlink(growing)
      throw failure(path, failed)
    }
    keepName(of: path)
  }

  /// Writes into what is no file of its own.
  private static func fill(_ path: String, with bytes: [UInt8]) throws(Failure) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { close(descriptor) }
    let failed = put(bytes, into: descriptor)
    if failed != 0 { throw failure(path, failed) }
  }

  /// Adds one line at the end of a file. What a loss of power left of a line before is closed first.
  ///
  /// - Throws: `Failure` with the reason; the file then ends as it did.
  static func append(_ line: String, to path: String) throws(Failure) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { close(descriptor) }
    let size = lseek(descriptor, 0, SEEK_END)
    var last: UInt8 = UInt8(ascii: "\n")
    if size > 0 && pread(descriptor, &last, 1, size - 1) != 1 { throw failure(path, EIO) }
    let text = (last == UInt8(ascii: "\n") ? "" : "\n") + line + "\n"
    var failed = put(Array(text.utf8), into: descriptor)
    if failed == 0 && fsync(descriptor) != 0 { failed = errno }
    guard failed == 0 else {
      if size > 0 { _ = ftruncate(descriptor, size) } else { unlink(path) }
      throw failure(path, failed)
    }
    if size == 0 { keepName(of: path) }
  }

  /// Takes a file away; that there is none is fine.
  static func remove(_ path: String) throws(Failure) {
    guard unlink(path) == 0 || errno == ENOENT else { throw failure(path, errno) }
    keepName(of: path)
  }

  private static func put(_ bytes: [UInt8], into descriptor: Int32) -> Int32 {
    var count = 0
    while count < bytes.count {
      let written = bytes[count...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        count += written
      } else if written == 0 || errno != EINTR {
        return written == 0 ? EIO : errno
      }
    }
    return 0
  }

  private static func resolved(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return path }
    defer { free(found) }
    return String(cString: found)
  }

  /// A name is on the disk when its directory is; some file systems know no such order.
  private static func keepName(of path: String) {
    let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let place = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if place >= 0 {
      _ = fsync(place)
      close(place)
    }
  }

  private static func failure(_ path: String, _ code: Int32) -> Failure {
    Failure(
      kind: "file", location: path,
      message: "it cannot be written: \(String(cString: strerror(code))); what was there stands",
      fix: "see to the disk and its permissions", code: Failure.hostFault)
  }
}
