import ControlCycle
import Glibc

/// Writes bus traffic to a file, in a format that others read.
///
/// The file grows as `PATH.part` and takes its name when it is closed; a device, a pipe or `-`, standard output, is written
/// as it is. A writer that is given up before leaves what it wrote under the first name.
public struct CaptureWriter: ~Copyable {
  /// The file.
  public let path: String
  /// How it is written.
  public let format: CaptureFormat
  /// Frames written so far.
  public private(set) var count = 0
  private let growing: String
  private let descriptor: Int32
  private var bytes = ByteWriter(capacity: 1 << 16)
  private var interfaces: [[UInt8]] = []
  private var isClosed = false

  /// Creates the file and writes its head.
  ///
  /// - Throws: `RecordingError` when it cannot be made.
  public init(path: String, format: CaptureFormat) throws(RecordingError) {
    self.path = path
    self.format = format
    var status = stat()
    let isSpecial = path == "-" || stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    growing = isSpecial ? path : path + ".part"
    descriptor =
      path == "-" ? dup(STDOUT_FILENO) : open(growing, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw RecordingError(path: path, code: errno) }
    switch format {
    case .candump: break
    case .pcap: PcapEncoding.appendHead(to: &bytes)
    case .pcapng: PcapngEncoding.appendHead(to: &bytes)
    }
  }

  deinit { if !isClosed { Glibc.close(descriptor) } }

  /// Gives the file up and removes what was written of it; nothing is written afterwards.
  public mutating func discard() {
    guard !isClosed else { return }
    isClosed = true
    Glibc.close(descriptor)
    if growing != path { unlink(growing) }
  }

  /// Appends a frame.
  ///
  /// - Parameters:
  ///   - captured: the frame; its `bus` is not looked at.
  ///   - interface: the name of its interface, as UTF-8.
  /// - Throws: `RecordingError` when the format cannot keep it, or writing fails.
  public mutating func write(_ captured: CapturedFrame, interface: [UInt8]) throws(RecordingError) {
    switch format {
    case .candump:
      CandumpLine.append(captured, interface: interface, to: &bytes.bytes)
    case .pcap:
      if interfaces.isEmpty { interfaces.append(interface) }
      guard interfaces[0] == interface else {
        throw RecordingError(
          path: path,
          message:
            "a pcap file holds one interface, and besides \(String(decoding: interfaces[0], as: UTF8.self)) "
            + "there is \(String(decoding: interface, as: UTF8.self))",
          fix: "write a .pcapng file, or choose one interface")
      }
      guard PcapEncoding.append(captured, to: &bytes) else {
        throw RecordingError(
          path: path, message: "a frame at \(captured.frame.time) ns, and a pcap file ends in the year 2106",
          fix: "write a .pcapng file")
      }
    case .pcapng:
      var number = interfaces.firstIndex(of: interface)
      if number == nil {
        number = interfaces.count
        interfaces.append(interface)
        PcapngEncoding.appendInterface(interface, to: &bytes)
      }
      PcapngEncoding.append(captured, interface: UInt32(number ?? 0), to: &bytes)
    }
    count += 1
    if bytes.count > 1 << 16 { try flush() }
  }

  /// Hands everything so far to the system.
  public mutating func flush() throws(RecordingError) {
    var start = 0
    let all = bytes.bytes
    bytes.removeAll()
    while start < all.count {
      let written = all.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress.map { $0 + start }, $0.count - start)
      }
      if written > 0 {
        start += written
      } else if errno != EINTR || written == 0 {
        throw RecordingError(path: path, code: written == 0 ? EIO : errno)
      }
    }
  }

  /// Writes what is left and gives the file its name; nothing is written afterwards.
  public mutating func close() throws(RecordingError) {
    guard !isClosed else { return }
    try flush()
    isClosed = true
    guard Glibc.close(descriptor) == 0 else { throw RecordingError(path: path, code: errno) }
    if growing != path && rename(growing, path) != 0 { throw RecordingError(path: path, code: errno) }
  }
}

/// The bytes of a libpcap file with nanoseconds; see `PcapDecoder`.
enum PcapEncoding {
  static func appendHead(to bytes: inout ByteWriter) {
    bytes.append(UInt32(0xA1B2_3C4D))
    bytes.append(UInt16(2))
    bytes.append(UInt16(4))
    bytes.append(UInt64(0))
    bytes.append(UInt32(262_144))
    bytes.append(UInt32(SocketCANPacket.linkType))
  }

  /// False where the frame's instant has no room.
  static func append(_ captured: CapturedFrame, to bytes: inout ByteWriter) -> Bool {
    let time = max(0, captured.frame.time)
    guard let seconds = UInt32(exactly: time / 1_000_000_000) else { return false }
    bytes.append(seconds)
    bytes.append(UInt32(time % 1_000_000_000))
    let place = bytes.count
    bytes.append(UInt64(0))
    let count = UInt32(SocketCANPacket.append(captured, to: &bytes))
    bytes.patch(count, at: place)
    bytes.patch(count, at: place + 4)
    return true
  }
}

/// The blocks of a pcapng file; see `PcapngDecoder`.
enum PcapngEncoding {
  static func appendHead(to bytes: inout ByteWriter) {
    appendBlock(PcapngDecoder.sectionBlock, to: &bytes) { bytes in
      bytes.append(UInt32(0x1A2B_3C4D))
      bytes.append(UInt16(1))
      bytes.append(UInt16(0))
      // How long the section is is not known yet.
      bytes.append(UInt64.max)
      appendOption(4, Array("sinew".utf8), to: &bytes)
      bytes.append(UInt32(0))
    }
  }

  static func appendInterface(_ name: [UInt8], to bytes: inout ByteWriter) {
    appendBlock(1, to: &bytes) { bytes in
      bytes.append(SocketCANPacket.linkType)
      bytes.append(UInt16(0))
      bytes.append(UInt32(0))
      appendOption(2, name, to: &bytes)
      // Time stamps in nanoseconds.
      appendOption(9, [9], to: &bytes)
      bytes.append(UInt32(0))
    }
  }

  static func append(_ captured: CapturedFrame, interface: UInt32, to bytes: inout ByteWriter) {
    let time = UInt64(max(0, captured.frame.time))
    appendBlock(6, to: &bytes) { bytes in
      bytes.append(interface)
      bytes.append(UInt32(truncatingIfNeeded: time >> 32))
      bytes.append(UInt32(truncatingIfNeeded: time))
      let place = bytes.count
      bytes.append(UInt64(0))
      let count = UInt32(SocketCANPacket.append(captured, to: &bytes))
      bytes.patch(count, at: place)
      bytes.patch(count, at: place + 4)
      bytes.align(to: 4, from: place)
      guard captured.direction != .unknown else { return }
      let direction: UInt8 = captured.direction == .received ? 1 : 2
      appendOption(2, [direction, 0, 0, 0], to: &bytes)
      bytes.append(UInt32(0))
    }
  }

  private static func appendBlock(
    _ type: UInt32, to bytes: inout ByteWriter, _ content: (inout ByteWriter) -> Void
  ) {
    let place = bytes.count
    bytes.append(type)
    bytes.append(UInt32(0))
    content(&bytes)
    bytes.align(to: 4, from: place)
    let length = UInt32(bytes.count - place + 4)
    bytes.append(length)
    bytes.patch(length, at: place + 4)
  }

  private static func appendOption(_ code: UInt16, _ value: [UInt8], to bytes: inout ByteWriter) {
    bytes.append(code)
    bytes.append(UInt16(value.count))
    let place = bytes.count
    bytes.append(value)
    bytes.align(to: 4, from: place)
  }
}
