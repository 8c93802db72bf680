import ControlCycle

/// A packet of the link type LINKTYPE_CAN_SOCKETCAN, https://www.tcpdump.org/linktypes/LINKTYPE_CAN_SOCKETCAN.html
///
/// Identifier with SocketCAN's flag bits, most significant byte first; length; flags of CAN FD; a reserved byte; the data
/// length code above 8 of a classic frame; data. The flag FDF says CAN FD; writers that leave it out are known by a flag of
/// CAN FD, a length above 8, or the size of the kernel's struct canfd_frame.
enum SocketCANPacket {
  /// The number of the link type.
  static var linkType: UInt16 { 227 }
  private static var extendedFlag: UInt32 { 0x8000_0000 }
  private static var remoteFlag: UInt32 { 0x4000_0000 }
  private static let head = 8

  /// Appends a frame's packet; returns its number of bytes.
  static func append(_ captured: CapturedFrame, to bytes: inout ByteWriter) -> Int {
    let frame = captured.frame
    var id = frame.id & 0x1FFF_FFFF
    if frame.isExtended { id |= extendedFlag }
    if frame.isRemote { id |= remoteFlag }
    if frame.isError { id |= CandumpLine.errorFlag }
    let flags: UInt8 =
      frame.isFlexibleDataRate ? 4 | (frame.hasBitRateSwitch ? 1 : 0) | (frame.hasErrorState ? 2 : 0) : 0
    bytes.append(id.byteSwapped)
    bytes.append(frame.length)
    bytes.append(flags)
    bytes.append(UInt8(0))
    bytes.append(captured.lengthCode)
    let count = frame.isRemote ? 0 : Int(min(frame.length, 64))
    for index in 0..<count { bytes.append(frame.payload[index]) }
    return head + count
  }

  /// A frame, or why a packet is none.
  enum Reading {
    case frame(CapturedFrame)
    case unreadable(String)
  }

  /// Reads a packet of any bytes; `time` and `bus` are left 0.
  static func read(_ packet: UnsafeRawBufferPointer) -> Reading {
    guard packet.count >= head else { return .unreadable("a packet of \(packet.count) bytes holds no frame") }
    let id = UInt32(bigEndian: packet.loadUnaligned(as: UInt32.self))
    let length = packet[4]
    let flags = packet[5]
    guard flags & ~7 == 0 else { return .unreadable("a packet with flags that are none of CAN or CAN FD") }
    var frame = CANFrame(id: id & 0x1FFF_FFFF, bus: 0, isExtended: id & extendedFlag != 0)
    frame.isError = id & CandumpLine.errorFlag != 0
    if frame.isError { frame.isExtended = false }
    frame.isFlexibleDataRate = flags != 0 || length > 8 || packet.count == head + 64
    if frame.isFlexibleDataRate {
      frame.hasBitRateSwitch = flags & 1 != 0
      frame.hasErrorState = flags & 2 != 0
    }
    frame.isRemote = id & remoteFlag != 0
    guard !(frame.isRemote || frame.isError) || !frame.isFlexibleDataRate else {
      return .unreadable("a packet of CAN FD that is a remote or an error frame")
    }
    guard !frame.isRemote || !frame.isError else { return .unreadable("an error frame that asks for data") }
    guard frame.isExtended || frame.isError || frame.id <= 0x7FF else {
      return .unreadable("an identifier that is too large for 11 bits")
    }
    frame.length = length
    guard frame.hasPossibleLength else {
      return .unreadable("a frame of \(length) bytes, which its format does not have")
    }
    if !frame.isRemote {
      guard packet.count >= head + Int(length) else {
        return .unreadable("a frame of \(length) bytes, of which \(packet.count - head) were kept")
      }
      for index in 0..<Int(length) { frame.payload[index] = packet[head + index] }
    }
    let code = packet[7]
    let hasCode = !frame.isFlexibleDataRate && length == 8 && (9...15).contains(code)
    return .frame(CapturedFrame(frame, lengthCode: hasCode ? code : 0))
  }
}
