/// Longest time a frame can occupy a bus, whatever its payload.
///
/// Classic frames: Davis, Burns, Bril, Lukkien 2007, "Controller Area Network (CAN) schedulability analysis",
/// C = (g + 8s + 13 + floor((g + 8s - 1) / 4)) bits with g = 34 (11-bit identifier) or 54 (29-bit), which counts
/// the worst stuffing and the 3-bit inter-frame space. CAN FD: header, CRC and footer lengths as in Linux's
/// include/linux/can/length.h, split at the bit rate switch.
public struct FrameTime: Sendable, Equatable {
  /// Bits at the nominal bit rate.
  public var nominalBits: Int
  /// Bits at the data bit rate.
  public var dataBits: Int

  /// The longest frame with `bytes` of payload.
  public init(worstCaseBytes bytes: Int, isExtended: Bool, isFlexibleDataRate: Bool) {
    guard isFlexibleDataRate else {
      let body = (isExtended ? 54 : 34) + 8 * bytes
      nominalBits = body + 13 + (body - 1) / 4
      dataBits = 0
      return
    }
    let body = (isExtended ? 41 : 22) + 8 * bytes
    let crc = bytes > 16 ? 33 : 28
    let total = body + (body - 1) / 4 + crc + 12
    let arbitration = isExtended ? 36 : 17
    nominalBits = arbitration + (arbitration - 1) / 4 + 12
    dataBits = total - nominalBits
  }

  /// Time on a bus, rounded up [ns].
  public func nanoseconds(on bus: BusConfiguration) -> Int64 {
    let nominal = (Int64(nominalBits) * 1_000_000_000 + Int64(bus.bitRate) - 1) / Int64(bus.bitRate)
    let rate = Int64(bus.dataBitRate ?? bus.bitRate)
    return nominal + (Int64(dataBits) * 1_000_000_000 + rate - 1) / rate
  }
}
