/// Longest time a frame can occupy a bus, whatever its identifier and payload, from start of frame to the end of the
/// three-bit interframe space.
///
/// Classic frames: Davis, Burns, Bril, Lukkien, "Controller Area Network (CAN) schedulability analysis: refuted,
/// revisited and revised" (2007), C = (g + 8s + 13 + floor((g + 8s - 1) / 4)) bits with g = 34 (11-bit identifier) or
/// 54 (29-bit). CAN FD: header, CRC and footer lengths as in Linux's include/linux/can/length.h; stuff count, CRC and
/// their fixed stuff bits are part of the CRC field. With bit rate switch the nominal part is start of frame to BRS with
/// its stuff bits, acknowledge, end of frame and interframe space; the data part is the rest of what both parts
/// together can be stuffed to.
public struct FrameTime: Sendable, Equatable {
  /// Bits at the nominal bit rate.
  public var nominalBits: Int
  /// Bits at the data bit rate.
  public var dataBits: Int
  /// Bits of the frame without any dynamic stuff bit, at whichever rate.
  public var unstuffedBits: Int

  /// The longest frame with `bytes` of payload.
  ///
  /// - Parameters:
  ///   - bytes: payload as it is on the wire, 0...8, or up to 64 in CAN FD; other numbers count as the nearest of these.
  ///   - isExtended: whether the identifier has 29 bits.
  ///   - isFlexibleDataRate: whether the frame has CAN FD format.
  ///   - hasBitRateSwitch: whether its data phase runs at the data bit rate; only in CAN FD.
  public init(
    worstCaseBytes bytes: Int, isExtended: Bool, isFlexibleDataRate: Bool, hasBitRateSwitch: Bool = true
  ) {
    guard isFlexibleDataRate else {
      let body = (isExtended ? 54 : 34) + 8 * min(max(bytes, 0), 8)
      unstuffedBits = body + 13
      nominalBits = unstuffedBits + (body - 1) / 4
      dataBits = 0
      return
    }
    let padded = FrameLength.paddedLength(min(max(bytes, 0), 64)).bytes
    let body = (isExtended ? 41 : 22) + 8 * padded
    unstuffedBits = body + (padded > 16 ? 33 : 28) + 12
    let total = unstuffedBits + (body - 1) / 4
    let arbitration = isExtended ? 36 : 17
    nominalBits = hasBitRateSwitch ? arbitration + (arbitration - 1) / 4 + 12 : total
    dataBits = total - nominalBits
  }

  /// Bits at whichever rate.
  public var bits: Int { nominalBits + dataBits }

  /// Time on a bus, rounded up [ns].
  public func nanoseconds(on bus: BusConfiguration) -> Int64 {
    nanoseconds(bitRate: bus.bitRate, dataBitRate: bus.dataBitRate ?? bus.bitRate)
  }

  /// Time at bit rates above 0 [bit/s], rounded up [ns].
  public func nanoseconds(bitRate: Int, dataBitRate: Int) -> Int64 {
    FrameLength.time(of: nominalBits, at: bitRate) + FrameLength.time(of: dataBits, at: dataBitRate)
  }
}

/// Who wins an arbitration.
public enum FramePriority {
  /// The arbitration field as a number: dominant bits are zeros, so the lower number wins.
  ///
  /// Behind the first 11 identifier bits a standard frame sends RTR and IDE dominant, an extended one SRR and
  /// IDE recessive: with the same first 11 bits the standard frame wins.
  @inlinable
  public static func key(identifier: UInt32, isExtended: Bool) -> UInt64 {
    let id = UInt64(identifier)
    if !isExtended { return (id & 0x7FF) << 20 }
    return (id >> 18 & 0x7FF) << 20 | 0b11 << 18 | id & 0x3_FFFF
  }
}
