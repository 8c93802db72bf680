public import ControlCycle

/// Exact length of one CAN frame on the wire, from its real identifier and payload.
///
/// Counted from start of frame to the end of the three-bit interframe space, with every stuff bit. Layouts:
/// Bosch, CAN Specification 2.0 (1991) and CAN with Flexible Data-Rate 1.0 (2012), with the stuff count of
/// ISO 11898-1:2015.
public struct FrameLength: BitwiseCopyable, Sendable, Equatable {
  /// Bits at the nominal bit rate, interframe space included.
  public var nominalBits: Int
  /// Bits at the data bit rate: ESI to CRC delimiter of a frame with bit rate switch, else 0.
  public var dataBits: Int

  /// Bits of the interframe space, at the nominal bit rate.
  public static var interframeSpace: Int { @_noLocks get { 3 } }
  /// Acknowledge slot, its delimiter and end of frame.
  static var footer: Int { @_noLocks get { 9 } }

  /// The length of a frame.
  ///
  /// A CAN FD payload length that no data length code stands for is sent padded to the next one that does.
  public init(of frame: CANFrame) {
    let tables = WireTables.shared
    self = withUnsafePointer(to: frame) { FrameLength(of: $0, tables: tables) }
  }

  /// As `init(of:)`, with the tables at hand, as to reach them for the first time takes a lock, and the frame in its place.
  @_noLocks init(of frame: UnsafePointer<CANFrame>, tables: WireTables) {
    let (id, isExtended) = (frame.pointee.id, frame.pointee.isExtended)
    let (length, isFlexible) = (Int(frame.pointee.length), frame.pointee.isFlexibleDataRate)
    let switchesRate = frame.pointee.hasBitRateSwitch
    self = withUnsafePointer(to: frame.pointee.payload) { payload in
      isFlexible
        ? FrameLength.flexible(id, isExtended, payload.bytes, length, switchesRate, tables)
        : FrameLength.classic(id, isExtended, payload.bytes, min(length, 8), tables)
    }
  }

  @_noLocks private init(nominalBits: Int, dataBits: Int) {
    self.nominalBits = nominalBits
    self.dataBits = dataBits
  }

  /// All bits, at whichever rate.
  public var bits: Int { nominalBits + dataBits }

  /// Time from start of frame until the bus is idle again [ns], rounded up.
  public func duration(bitRate: Int, dataBitRate: Int) -> Int64 {
    FrameLength.time(of: nominalBits, at: bitRate) + FrameLength.time(of: dataBits, at: dataBitRate)
  }

  /// Time of some bits at a rate [bit/s], in ns, rounded up.
  public static func time(of bits: Int, at bitRate: Int) -> Int64 {
    (Int64(bits) * 1_000_000_000 + Int64(bitRate) - 1) / Int64(bitRate)
  }

  /// Payload bytes on the wire of a CAN FD frame: the next length that has a data length code.
  @_noLocks public static func paddedLength(_ length: Int) -> (bytes: Int, code: UInt32) {
    switch length {
    case ...8: (length, UInt32(length))
    case ...12: (12, 9)
    case ...16: (16, 10)
    case ...20: (20, 11)
    case ...24: (24, 12)
    case ...32: (32, 13)
    case ...48: (48, 14)
    default: (64, 15)
    }
  }

  /// SOF, identifier, RTR, IDE, r0, DLC, data and CRC-15 are stuffed; CRC delimiter and footer are not.
  @_noLocks private static func classic(
    _ id: UInt32, _ isExtended: Bool, _ payload: UnsafePointer<UInt8>, _ length: Int, _ tables: WireTables
  ) -> FrameLength {
    var stream = BitStream(tables)
    if isExtended {
      // SOF 0, 11 bits, SRR 1, IDE 1, 18 bits, RTR 0, r1 0, r0 0, DLC: 39 bits in two pieces.
      stream.append((id >> 18 & 0x7FF) << 2 | 0b11, count: 14)
      stream.append((id & 0x3_FFFF) << 7 | UInt32(length), count: 25)
    } else {
      // SOF 0, 11 bits, RTR 0, IDE 0, r0 0, DLC.
      stream.append((id & 0x7FF) << 7 | UInt32(length), count: 19)
    }
    for index in 0..<length { stream.appendByte(payload[index]) }
    stream.append(stream.crc, count: 15)
    let delimiter = 1
    return FrameLength(
      nominalBits: stream.bits + stream.stuffBits + delimiter + footer + interframeSpace, dataBits: 0)
  }

  /// SOF to data are stuffed as in classic CAN. From the stuff count on, stuff bits stand at fixed places, so
  /// that neither stuff count nor CRC-17/21 changes the length: their values need not be computed.
  @_noLocks private static func flexible(
    _ id: UInt32, _ isExtended: Bool, _ payload: UnsafePointer<UInt8>, _ used: Int, _ switchesRate: Bool,
    _ tables: WireTables
  ) -> FrameLength {
    let (length, code) = paddedLength(used)
    let rateSwitch: UInt32 = switchesRate ? 1 : 0
    var stream = BitStream(tables)
    if isExtended {
      // SOF 0, 11 bits, SRR 1, IDE 1, then 18 bits, RRS 0, FDF 1, res 0, BRS.
      stream.append((id >> 18 & 0x7FF) << 2 | 0b11, count: 14)
      stream.append((id & 0x3_FFFF) << 4 | 0b0100 | rateSwitch, count: 22)
    } else {
      // SOF 0, 11 bits, RRS 0, IDE 0, FDF 1, res 0, BRS.
      stream.append((id & 0x7FF) << 5 | 0b00100 | rateSwitch, count: 17)
    }
    let arbitration = stream.bits + stream.stuffBits
    stream.append(code, count: 5)  // ESI 0, DLC
    for index in 0..<min(length, used) { stream.appendByte(payload[index]) }
    for _ in min(length, used)..<length { stream.appendByte(0) }
    // A stuff bit due after the last data bit gives way to the first fixed one.
    let dynamic = stream.bits + stream.stuffBits - (stream.endsInStuffBit ? 1 : 0)
    // Stuff count 4 and CRC 17 or 21, a fixed stuff bit ahead and after every fourth bit, CRC delimiter.
    let check = length <= 16 ? 4 + 17 + 6 + 1 : 4 + 21 + 7 + 1
    let tail = footer + interframeSpace
    if switchesRate {
      return FrameLength(nominalBits: arbitration + tail, dataBits: dynamic - arbitration + check)
    }
    return FrameLength(nominalBits: dynamic + check + tail, dataBits: 0)
  }
}

/// Bits as a transmitter sends them: counts stuff bits and carries the classic CRC along.
private struct BitStream {
  var bits = 0
  var stuffBits = 0
  var crc: UInt32 = 0
  /// Whether the last bit appended drew a stuff bit.
  var endsInStuffBit = false
  /// The last bit x 4, and how many like it in a row less one; before the start a single one.
  private var state = 4
  private let tables: WireTables

  @_noLocks init(_ tables: WireTables) { self.tables = tables }

  /// The first bits of a value's lowest `count` are those that do not fill a byte.
  @_noLocks @inline(__always) mutating func append(_ value: UInt32, count: Int) {
    let part = count & 7
    var left = count - part
    if part > 0 { appendPart(value >> UInt32(left) & (1 << UInt32(part) - 1), count: part) }
    while left > 0 {
      left -= 8
      appendByte(UInt8(truncatingIfNeeded: value >> UInt32(left)))
    }
  }

  /// Up to eight bits: those tables have a row for each number of them.
  @_noLocks @inline(__always) private mutating func appendPart(_ value: UInt32, count: Int) {
    bits += count
    let shift = UInt32(count)
    crc = (crc << shift & 0x7FFF) ^ tables.crc[Int(crc >> (15 - shift) ^ value)]
    take(tables.parts[(count << 3 | state) << 7 | Int(value)])
  }

  @_noLocks @inline(__always) mutating func appendByte(_ byte: UInt8) {
    bits += 8
    crc = (crc << 8 & 0x7FFF) ^ tables.crc[Int(crc >> 7 & 0xFF ^ UInt32(byte))]
    take(tables.stuffing[state << 8 | Int(byte)])
  }

  @_noLocks @inline(__always) private mutating func take(_ row: UInt8) {
    stuffBits += Int(row >> 4)
    endsInStuffBit = row & 8 != 0
    state = Int(row & 7)
  }
}

/// A byte, or a part of one, at a time of the CRC-15 and of the stuffing rule, so that a debug build keeps up with a full bus.
struct WireTables: @unchecked Sendable {
  /// CRC of each byte.
  let crc: UnsafeMutablePointer<UInt32>
  /// By state (last bit x 4 + run - 1) and byte: stuff bits x 16 + ends in stuff bit x 8 + next state.
  let stuffing: UnsafeMutablePointer<UInt8>
  /// As `stuffing`, by number of bits up to 7, state and value of the bits.
  let parts: UnsafeMutablePointer<UInt8>

  /// Made once, never changed, never freed.
  static let shared = WireTables()

  @_noLocks static func crc(_ crc: UInt32, _ bit: UInt32) -> UInt32 {
    let shifted = crc << 1 & 0x7FFF
    return bit ^ (crc >> 14 & 1) == 1 ? shifted ^ 0x4599 : shifted
  }

  private init() {
    crc = .allocate(capacity: 256)
    stuffing = .allocate(capacity: 8 * 256)
    for byte in 0..<256 {
      var value: UInt32 = 0
      for bit in (0..<8).reversed() { value = WireTables.crc(value, UInt32(byte >> bit & 1)) }
      (crc + byte).initialize(to: value)
      for state in 0..<8 {
        (stuffing + (state << 8 | byte)).initialize(to: WireTables.row(state, byte, count: 8))
      }
    }
    parts = .allocate(capacity: 8 * 8 * 128)
    parts.initialize(repeating: 0, count: 8 * 8 * 128)
    for count in 1..<8 {
      for state in 0..<8 {
        for value in 0..<(1 << count) {
          parts[(count << 3 | state) << 7 | value] = WireTables.row(state, value, count: count)
        }
      }
    }
  }

  private static func row(_ state: Int, _ value: Int, count: Int) -> UInt8 {
    var last = state >> 2
    var run = state & 3 + 1
    var stuffed = 0
    var endsInStuffBit = 0
    for index in (0..<count).reversed() {
      let bit = value >> index & 1
      run = bit == last ? run + 1 : 1
      last = bit
      endsInStuffBit = run == 5 ? 1 : 0
      if run == 5 {
        stuffed += 1
        last = 1 - bit
        run = 1
      }
    }
    return UInt8(stuffed << 4 | endsInStuffBit << 3 | last << 2 | (run - 1))
  }
}
