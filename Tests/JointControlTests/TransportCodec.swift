import CServoBus
import Foundation

/// A transport's codec, and what it found in some bytes.
enum Codec: String, CaseIterable, Sendable {
  case multicast = "udp_multicast"
  case slcan
  case cannelloni

  struct Found {
    var kind: Int
    var frame: Frame
  }

  func encode(_ frames: [Frame], sequence: UInt8) -> [UInt8] {
    var bytes: [UInt8] = []
    var count: UInt16 = 0
    for frame in frames {
      var raw = frame.raw
      var room = [UInt8](repeating: 0xEE, count: 512)
      let length =
        switch self {
        case .multicast: servo_multicast_encode(&raw, &room)
        case .slcan: servo_slcan_encode(&raw, &room)
        case .cannelloni: servo_cannelloni_encode(&raw, &room)
        }
      bytes += room[..<length]
      count += length > 0 ? 1 : 0
    }
    guard self == .cannelloni else { return bytes }
    var head = [UInt8](repeating: 0, count: SERVO_CANNELLONI_HEAD)
    servo_cannelloni_encode_head(&head, sequence, count)
    return head + bytes
  }

  func decode(_ bytes: [UInt8]) -> [Found] {
    var frame = servo_frame()
    var found: [Found] = []
    func note(_ kind: Int) { found.append(Found(kind: kind, frame: Frame(frame))) }
    switch self {
    case .multicast: note(Int(servo_multicast_decode(bytes, bytes.count, &frame)))
    case .slcan:
      var reader = servo_slcan_reader()
      for byte in bytes {
        let kind = Int(servo_slcan_take(&reader, byte, &frame))
        if kind != SERVO_FOUND_NOTHING { note(kind) }
      }
    case .cannelloni:
      bytes.withUnsafeBufferPointer { bytes in
        guard let start = bytes.baseAddress else { return note(SERVO_FOUND_FOREIGN) }
        var reader = servo_cannelloni_reader(bytes: start, left: 0, frames: 0, sequence: 0)
        let begun = Int(servo_cannelloni_begin(&reader, start, bytes.count))
        guard begun == SERVO_FOUND_FRAME else { return note(begun) }
        while true {
          let kind = Int(servo_cannelloni_next(&reader, &frame))
          if kind == SERVO_FOUND_NOTHING { return }
          note(kind)
        }
      }
    }
    return found
  }
}

/// A frame that can be compared.
struct Frame: Equatable, Sendable {
  var id: UInt32
  var extended, fd, brs: Bool
  var data: [UInt8]

  static let lengths = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64]

  init(id: UInt32, extended: Bool, fd: Bool, brs: Bool, hex: String) {
    self.id = id
    self.extended = extended
    self.fd = fd
    self.brs = brs
    data = Bytes.of(hex) ?? []
  }

  init(_ raw: servo_frame) {
    self.init(
      id: raw.id, extended: raw.flags & 1 != 0, fd: raw.flags & 2 != 0, brs: raw.flags & 4 != 0, hex: "")
    data = withUnsafeBytes(of: raw.data) { Array($0.prefix(Int(raw.length))) }
  }

  var raw: servo_frame {
    var raw = servo_frame()
    raw.id = id
    raw.flags = (extended ? 1 : 0) | (fd ? 2 : 0) | (brs ? 4 : 0)
    raw.length = UInt8(data.count)
    withUnsafeMutableBytes(of: &raw.data) { $0.copyBytes(from: data) }
    return raw
  }

  /// As it arrives: CAN FD has no length of 9.
  var padded: Frame {
    var frame = self
    if fd, let length = Self.lengths.first(where: { $0 >= data.count }) {
      frame.data += [UInt8](repeating: 0, count: length - data.count)
    }
    return frame
  }

  var isPossible: Bool {
    id <= (extended ? 0x1FFF_FFFF : 0x7FF) && (fd ? Self.lengths.contains(data.count) : data.count <= 8)
      && (fd || !brs)
  }

  static func random(using generator: inout some RandomNumberGenerator) -> Frame {
    let isExtended = Bool.random(using: &generator)
    let isFlexible = Bool.random(using: &generator)
    var frame = Frame(
      id: .random(in: 0...(isExtended ? 0x1FFF_FFFF : 0x7FF), using: &generator), extended: isExtended,
      fd: isFlexible, brs: isFlexible && Bool.random(using: &generator), hex: "")
    frame.data = (0..<Int.random(in: 0...(isFlexible ? 64 : 8), using: &generator)).map { _ in
      .random(in: 0...255, using: &generator)
    }
    return frame
  }
}

enum Bytes {
  /// The bytes that hexadecimal digits stand for.
  static func of(_ hex: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = hex[...]
    while !rest.isEmpty {
      guard rest.count >= 2, let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    return bytes
  }
}
