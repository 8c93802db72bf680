import Glibc

/// A file that is read once from its beginning, a piece at a time, in bounded memory.
struct CaptureInput: ~Copyable {
  /// Where the next byte stands in the file.
  private(set) var offset: Int64 = 0
  /// The errno that reading ended with, or 0.
  private(set) var failure: Int32 = 0
  private let descriptor: Int32
  private var buffer: [UInt8]
  private var start = 0
  private var end = 0
  private var isAtEnd: Bool
  /// Most bytes that can be looked at at once.
  static let capacity = 1 << 18

  /// Opens a file; `-` is standard input.
  init(path: String) throws(RecordingError) {
    descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw RecordingError(path: path, code: errno) }
    buffer = [UInt8](repeating: 0, count: Self.capacity)
    isAtEnd = false
  }

  /// Bytes that are there already.
  init(bytes: [UInt8]) {
    descriptor = -1
    buffer = bytes
    end = bytes.count
    isAtEnd = true
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Makes so many bytes visible, or as many as are left; returns how many can be seen.
  mutating func look(_ count: Int) -> Int {
    while end - start < count && !isAtEnd {
      if start > 0 {
        buffer.withUnsafeMutableBytes { bytes in
          guard let base = bytes.baseAddress else { return }
          memmove(base, base + start, end - start)
        }
        end -= start
        start = 0
      }
      guard end < buffer.count else { break }
      let got = buffer.withUnsafeMutableBytes { bytes in
        read(descriptor, bytes.baseAddress.map { $0 + end }, bytes.count - end)
      }
      if got > 0 {
        end += got
      } else if got == 0 {
        isAtEnd = true
      } else if errno != EINTR {
        failure = errno
        isAtEnd = true
      }
    }
    return end - start
  }

  /// The next `count` bytes, which were looked at.
  func bytes<Answer>(_ count: Int, _ body: (UnsafeRawBufferPointer) -> Answer) -> Answer {
    buffer.withUnsafeBytes {
      body(UnsafeRawBufferPointer(rebasing: $0[start..<start + min(count, end - start)]))
    }
  }

  /// Goes on behind so many bytes; false when the file ends before.
  mutating func skip(_ count: Int) -> Bool {
    var left = count
    while left > 0 {
      let step = min(look(min(left, Self.capacity)), left)
      if step == 0 { return false }
      start += step
      offset += Int64(step)
      left -= step
    }
    return true
  }

  /// The next line without its end, of which at most `most` bytes are kept, and whether it was longer; nil at the file's end.
  mutating func line(most: Int) -> (text: ArraySlice<UInt8>, isTooLong: Bool)? {
    var seen = 0
    var wanted = 256
    while true {
      let visible = look(min(wanted, most + 1))
      if visible == 0 { return nil }
      let found = bytes(visible) { raw in raw[seen...].firstIndex(of: UInt8(ascii: "\n")) }
      if let found { return (take(found, andEnd: true), false) }
      if visible < min(wanted, most + 1) { return (take(visible, andEnd: false), false) }
      if visible > most { break }
      seen = visible
      wanted *= 4
    }
    let text = take(most, andEnd: false)
    skipLine()
    return (text, true)
  }

  private mutating func take(_ count: Int, andEnd hasEnd: Bool) -> ArraySlice<UInt8> {
    var text = buffer[start..<start + count]
    if text.last == UInt8(ascii: "\r") { text.removeLast() }
    // A copy: the buffer is written into again while the line is read.
    let line = Array(text)[...]
    start += count + (hasEnd ? 1 : 0)
    offset += Int64(count + (hasEnd ? 1 : 0))
    return line
  }

  private mutating func skipLine() {
    while look(1) > 0 {
      let visible = end - start
      let found = bytes(visible) { $0.firstIndex(of: UInt8(ascii: "\n")) }
      _ = skip(found.map { $0 + 1 } ?? visible)
      if found != nil { return }
    }
  }
}
