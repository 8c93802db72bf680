import ControlCycle

/// Packets of a pcapng file, https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html
///
/// A row of blocks: type, length, content, length once more. A section begins with the order of its bytes; then come its
/// interfaces, and packets that refer to them by number. Blocks of other types are passed over.
struct PcapngDecoder {
  private struct Interface {
    var name: [UInt8]
    var isCAN: Bool
    /// Units of its time stamps in a second, and seconds to add to them.
    var unitsPerSecond: UInt64
    var offset: Int64
  }
  private var interfaces: [Interface] = []
  private var isSwapped = false
  private var hasSection = false

  static let sectionBlock: UInt32 = 0x0A0D_0D0A
  private static let interfaceBlock: UInt32 = 1
  private static let simplePacketBlock: UInt32 = 3
  private static let enhancedPacketBlock: UInt32 = 6
  private static let orderMark: UInt32 = 0x1A2B_3C4D

  mutating func next(_ input: inout CaptureInput, _ notes: inout CaptureNotes) -> CapturedFrame? {
    while true {
      let offset = input.offset
      let visible = input.look(12)
      if visible == 0 { return nil }
      guard visible >= 12, let block = head(&input, &notes, at: offset) else {
        if notes.end == nil {
          notes.note("the file ends within the head of a block", at: offset, endsFile: true)
        }
        return nil
      }
      // What has no room here is nothing a CAN interface brings.
      guard block.length <= CaptureInput.capacity else {
        if input.skip(block.length) { continue }
        notes.note("the file ends within a block", at: offset, endsFile: true)
        return nil
      }
      guard input.look(block.length) >= block.length else {
        notes.note("the file ends within a block", at: offset, endsFile: true)
        return nil
      }
      let (isClosed, found) = input.bytes(block.length) { bytes in
        (
          value(bytes.loadUnaligned(fromByteOffset: block.length - 4, as: UInt32.self)) == block.length,
          read(
            block.type, ByteReader(UnsafeRawBufferPointer(rebasing: bytes[8..<block.length - 4])), at: offset,
            &notes)
        )
      }
      guard isClosed else {
        notes.note("a block does not end with its length", at: offset, endsFile: true)
        return nil
      }
      _ = input.skip(block.length)
      if let found { return found }
    }
  }

  /// Type and length of the next block, 12 bytes of which can be seen; notes why there is none.
  private mutating func head(
    _ input: inout CaptureInput, _ notes: inout CaptureNotes, at offset: Int64
  ) -> (type: UInt32, length: Int)? {
    let words = input.bytes(12) { bytes in
      (0..<3).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) }
    }
    if words[0] == Self.sectionBlock {
      guard words[2] == Self.orderMark || words[2] == Self.orderMark.byteSwapped else {
        notes.note("a section without the mark that says the order of its bytes", at: offset, endsFile: true)
        return nil
      }
      isSwapped = words[2] != Self.orderMark
      hasSection = true
      interfaces = []
    }
    let length = Int(value(words[1]))
    guard hasSection, length >= 12, length.isMultiple(of: 4) else {
      notes.note("a block of \(length) bytes: what follows is no block", at: offset, endsFile: true)
      return nil
    }
    return (value(words[0]), length)
  }

  private func value<Value: FixedWidthInteger>(_ value: Value) -> Value {
    isSwapped ? value.byteSwapped : value
  }

  /// What is in a block; a frame where it is a packet of CAN.
  private mutating func read(
    _ type: UInt32, _ content: ByteReader, at offset: Int64, _ notes: inout CaptureNotes
  ) -> CapturedFrame? {
    switch type {
    case Self.interfaceBlock:
      readInterface(content, at: offset, &notes)
      return nil
    case Self.enhancedPacketBlock: return readPacket(content, at: offset, &notes)
    case Self.simplePacketBlock: return readSimplePacket(content, at: offset, &notes)
    default: return nil
    }
  }

  private mutating func readInterface(_ content: ByteReader, at offset: Int64, _ notes: inout CaptureNotes) {
    var content = content
    guard interfaces.count < CaptureNotes.mostInterfaces, let linkType = content.integer(UInt16.self),
      content.take(6) != nil
    else {
      notes.note("an interface that makes no sense", at: offset)
      return
    }
    var interface = Interface(
      name: Array("can\(interfaces.count)".utf8), isCAN: value(linkType) == SocketCANPacket.linkType,
      unitsPerSecond: 1_000_000, offset: 0)
    forEachOption(&content) { code, bytes in
      switch code {
      case 2: interface.name = Self.name(bytes) ?? interface.name
      case 9 where bytes.count == 1: interface.unitsPerSecond = Self.units(bytes[0]) ?? 0
      case 14 where bytes.count == 8: interface.offset = value(bytes.loadUnaligned(as: Int64.self))
      default: break
      }
    }
    if interface.unitsPerSecond == 0 {
      notes.note("an interface whose unit of time is too small", at: offset)
      interface.unitsPerSecond = 1_000_000
    }
    interfaces.append(interface)
  }

  /// Calls `body` with each option's code and value.
  private func forEachOption(_ content: inout ByteReader, _ body: (UInt16, UnsafeRawBufferPointer) -> Void) {
    while let code = content.integer(UInt16.self), value(code) != 0, let count = content.integer(UInt16.self),
      let bytes = content.take(Int(value(count))), content.take((4 - bytes.count % 4) % 4) != nil
    {
      body(value(code), bytes)
    }
  }

  private func readPacket(
    _ content: ByteReader, at offset: Int64, _ notes: inout CaptureNotes
  ) -> CapturedFrame? {
    var content = content
    guard let number = content.integer(UInt32.self), let high = content.integer(UInt32.self),
      let low = content.integer(UInt32.self), let kept = content.integer(UInt32.self),
      content.integer(UInt32.self) != nil, let packet = content.take(Int(value(kept))),
      content.take((4 - packet.count % 4) % 4) != nil, Int(value(number)) < interfaces.count
    else {
      notes.note("a packet that makes no sense", at: offset)
      return nil
    }
    let interface = interfaces[Int(value(number))]
    guard var captured = frame(packet, of: interface, at: offset, &notes) else { return nil }
    captured.frame.time = Self.time(UInt64(value(high)) << 32 | UInt64(value(low)), of: interface)
    forEachOption(&content) { code, bytes in
      guard code == 2, bytes.count == 4 else { return }
      switch value(bytes.loadUnaligned(as: UInt32.self)) & 3 {
      case 1: captured.direction = .received
      case 2: captured.direction = .sent
      default: break
      }
    }
    return captured
  }

  /// A packet without a time, of the section's first interface.
  private func readSimplePacket(
    _ content: ByteReader, at offset: Int64, _ notes: inout CaptureNotes
  ) -> CapturedFrame? {
    var content = content
    guard let interface = interfaces.first, let length = content.integer(UInt32.self) else {
      notes.note("a packet that makes no sense", at: offset)
      return nil
    }
    let packet = content.take(min(Int(value(length)), content.remaining))
    return packet.flatMap { frame($0, of: interface, at: offset, &notes) }
  }

  private func frame(
    _ packet: UnsafeRawBufferPointer, of interface: Interface, at offset: Int64, _ notes: inout CaptureNotes
  ) -> CapturedFrame? {
    guard interface.isCAN else {
      notes.foreign += 1
      return nil
    }
    switch SocketCANPacket.read(packet) {
    case .unreadable(let reason):
      notes.note(reason, at: offset)
      return nil
    case .frame(var captured):
      guard let number = notes.number(of: interface.name) else {
        notes.note("a packet of one interface more than \(CaptureNotes.mostInterfaces)", at: offset)
        return nil
      }
      captured.frame.bus = number
      return captured
    }
  }

  /// Up to the first zero; nil where it could not stand as a word in a line.
  private static func name(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    let name = bytes.prefix { $0 != 0 }
    let isWord = !name.isEmpty && name.count <= 63 && name.allSatisfy { (0x21...0x7E).contains($0) }
    return isWord ? Array(name) : nil
  }

  /// Units in a second: a power of ten, or of two with the uppermost bit; nil where it does not fit.
  private static func units(_ code: UInt8) -> UInt64? {
    let exponent = Int(code & 0x7F)
    guard code & 0x80 == 0 else { return exponent < 63 ? 1 << UInt64(exponent) : nil }
    guard exponent <= 18 else { return nil }
    return (0..<exponent).reduce(UInt64(1)) { power, _ in power * 10 }
  }

  /// The instant [ns]; what does not fit is as far as it goes.
  private static func time(_ stamp: UInt64, of interface: Interface) -> Int64 {
    let (seconds, rest) = stamp.quotientAndRemainder(dividingBy: interface.unitsPerSecond)
    let product = rest.multipliedFullWidth(by: 1_000_000_000)
    let part = interface.unitsPerSecond.dividingFullWidth(product).quotient
    let (whole, isTooLate) = Int64(clamping: seconds).addingReportingOverflow(interface.offset)
    guard !isTooLate else { return interface.offset < 0 ? .min : .max }
    let (scaled, overflows) = whole.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflows else { return whole < 0 ? .min : .max }
    let (time, spills) = scaled.addingReportingOverflow(Int64(part))
    return spills ? .max : time
  }
}
