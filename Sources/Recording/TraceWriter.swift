import ControlCycle
import Glibc
public import JointControl
import Synchronization

/// Writes every frame of all buses to a candump -L file, off the loop's thread.
///
/// What is in the ring is written every 20 ms, so that a killed process loses far less than the last second. The
/// file grows as `PATH.part` and takes its name when it is closed; an older trace stays until then (a device or a pipe
/// is written as it is). A write that
/// fails (disk full) stops the trace, never the loop, and is reported by `close`.
public final class TraceWriter: @unchecked Sendable {
  /// Frames on their way from the loop; the loop appends, the writer's thread reads.
  public let ring = FrameRing(minimumCapacity: 1 << 14)
  /// Lines written so far.
  public var lineCount: Int { lines.load(ordering: .relaxed) }

  private let path: String
  private let growing: String
  private let interfaces: [[UInt8]]
  private let descriptor: Int32
  private var thread = pthread_t()
  private let isClosing = Atomic<Bool>(false)
  private let lines = Atomic<Int>(0)
  private let failure = Atomic<Int32>(0)
  private static let flushInterval_us: UInt32 = 20_000

  /// Creates the growing file and starts the writer's thread.
  public init(path: String, robot: Robot) throws(TraceError) {
    self.path = path
    interfaces = robot.buses.map { bus in
      // A line's second word is a name; what is reached by a URL goes by the robot's own.
      if case .kernel(let name)? = try? BusInterface(bus.interface) { return Array(name.utf8) }
      return Array(bus.name.utf8)
    }
    var status = stat()
    let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    growing = isSpecial ? path : path + ".part"
    descriptor = open(growing, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw TraceError(path: path, code: errno, lostFrames: 0) }
    let context = Unmanaged.passRetained(self).toOpaque()
    let code = pthread_create(&thread, nil, traceWriterMain, context)
    guard code == 0 else {
      Unmanaged<TraceWriter>.fromOpaque(context).release()
      Glibc.close(descriptor)
      throw TraceError(path: path, code: code, lostFrames: 0)
    }
  }

  /// Writes what is left, syncs and closes the file; call it once, after the loop ended.
  ///
  /// - Throws: `TraceError` when a write failed or frames were dropped on the way.
  public func close() throws(TraceError) {
    isClosing.store(true, ordering: .releasing)
    pthread_join(thread, nil)
    if failure.load(ordering: .relaxed) == 0 && fsync(descriptor) != 0 && errno != EINVAL && errno != EROFS {
      failure.store(errno, ordering: .relaxed)
    }
    Glibc.close(descriptor)
    if failure.load(ordering: .relaxed) == 0 && growing != path && rename(growing, path) != 0 {
      failure.store(errno, ordering: .relaxed)
    }
    let code = failure.load(ordering: .relaxed)
    if code != 0 || ring.dropCount > 0 {
      throw TraceError(path: path, code: code, lostFrames: ring.dropCount)
    }
  }

  fileprivate func run() {
    var text: [UInt8] = []
    text.reserveCapacity(1 << 16)
    while true {
      let isLast = isClosing.load(ordering: .acquiring)
      var count = 0
      while let frame = ring.next() {
        if failure.load(ordering: .relaxed) != 0 {
          ring.countDrop()
          continue
        }
        CandumpLine.append(frame, interface: interface(of: frame), to: &text)
        count += 1
        if text.count > 1 << 15 { flush(&text) }
      }
      flush(&text)
      lines.wrappingAdd(count, ordering: .relaxed)
      if isLast { return }
      usleep(Self.flushInterval_us)
    }
  }

  private func interface(of frame: CANFrame) -> [UInt8] {
    Int(frame.bus) < interfaces.count ? interfaces[Int(frame.bus)] : [UInt8(ascii: "?")]
  }

  private func flush(_ text: inout [UInt8]) {
    var start = 0
    while start < text.count && failure.load(ordering: .relaxed) == 0 {
      let written = text.withUnsafeBytes { bytes in
        write(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start)
      }
      if written > 0 {
        start += written
      } else if errno != EINTR {
        failure.store(written == 0 ? EIO : errno, ordering: .relaxed)
      }
    }
    text.removeAll(keepingCapacity: true)
  }
}

/// A trace that is incomplete or could not be made.
public struct TraceError: Error, Sendable, CustomStringConvertible {
  /// The file.
  public var path: String
  /// The system's error number; 0 when only frames were dropped.
  public var code: Int32
  /// Frames that are missing from the file.
  public var lostFrames: Int

  /// What happened.
  public var cause: String {
    let reason = code == 0 ? "the disk was too slow" : String(cString: strerror(code))
    return lostFrames == 0 ? "trace: \(reason)" : "trace: \(reason), \(lostFrames) frames lost"
  }
  /// What to do.
  public var fix: String {
    switch code {
    case 0: "write to a faster disk"
    case ENOSPC, EDQUOT: "free some space"
    case ENOENT, ENOTDIR, EISDIR, EACCES, EROFS, EPERM:
      "choose a file in a folder that exists and may be written"
    default: "choose a file on another disk"
    }
  }
  /// File, cause and remedy in one line.
  public var description: String { "\(path): \(cause); \(fix)" }
}

private func traceWriterMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  Unmanaged<TraceWriter>.fromOpaque(context).takeRetainedValue().run()
  return nil
}
