/// Frame lengths computed elsewhere.
///
/// Exact rows: can-utils at commit 95aae6b, canframelen.c in its CFL_EXACT mode; the
/// lengths include the three-bit interframe space. Phase rows: the formulas of Linux include/linux/can/length.h
/// (header 22 or 41 bits, CRC field 28 or 33, footer 9, intermission 3) in exact arithmetic.
struct ExactLength: Sendable {
  var id: UInt32
  var isExtended: Bool
  var data: [UInt8]
  var bits: Int

  static let rows: [ExactLength] = [
    ExactLength(
      id: 0x7FF, isExtended: false, data: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], bits: 126),
    ExactLength(
      id: 0x123, isExtended: false, data: [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08], bits: 119),
    ExactLength(
      id: 0x1, isExtended: false, data: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFC], bits: 125),
    ExactLength(
      id: 0x555, isExtended: false, data: [], bits: 48),
    ExactLength(
      id: 0x80, isExtended: false, data: [], bits: 51),
    ExactLength(
      id: 0x78, isExtended: false, data: [0x0F, 0x0F, 0x0F, 0x0F, 0x0F, 0x0F, 0x0F, 0x0F], bits: 115),
    ExactLength(
      id: 0x1FFFFFFF, isExtended: true, data: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], bits: 149),
    ExactLength(
      id: 0x300FD7F, isExtended: true, data: [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00], bits: 147),
    ExactLength(
      id: 0x1800001, isExtended: true, data: [0x80, 0x00, 0x80, 0x00, 0x0C, 0xCD, 0x19, 0x9A], bits: 143),
    ExactLength(
      id: 0x1200FD7F, isExtended: true, data: [0x1E, 0x70, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00], bits: 146),
    ExactLength(
      id: 0x185, isExtended: false, data: [0x27, 0x02, 0x10, 0x27, 0x00, 0x00], bits: 101),
    ExactLength(
      id: 0x205, isExtended: false, data: [0x0F, 0x00, 0x10, 0x27, 0x00, 0x00], bits: 105),
  ]
}

/// Bounds of CAN FD frames: without any stuff bit, and the worst case split at the bit rate switch.
struct FlexibleBounds: Sendable {
  var isExtended: Bool
  var bytes: Int
  var unstuffed: Int
  var worst: Int
  var worstNominal: Int

  static let rows: [FlexibleBounds] = [
    FlexibleBounds(isExtended: false, bytes: 0, unstuffed: 62, worst: 67, worstNominal: 33),
    FlexibleBounds(isExtended: false, bytes: 1, unstuffed: 70, worst: 77, worstNominal: 33),
    FlexibleBounds(isExtended: false, bytes: 2, unstuffed: 78, worst: 87, worstNominal: 33),
    FlexibleBounds(isExtended: false, bytes: 3, unstuffed: 86, worst: 97, worstNominal: 33),
    FlexibleBounds(isExtended: false, bytes: 4, unstuffed: 94, worst: 107, worstNominal: 33),
    FlexibleBounds(isExtended: false, bytes: 5, unstuffed: 102, worst: 117, worstNominal: 33),
    FlexibleBounds(isExtended: false, bytes: 6, unstuffed: 110, worst: 127, worstNominal: 33),
    FlexibleBounds(isExtended: false, bytes: 12, unstuffed: 158, worst: 187, worstNominal: 33),
    FlexibleBounds(isExtended: false, bytes: 20, unstuffed: 227, worst: 272, worstNominal: 33),
    FlexibleBounds(isExtended: false, bytes: 24, unstuffed: 259, worst: 312, worstNominal: 33),
    FlexibleBounds(isExtended: false, bytes: 32, unstuffed: 323, worst: 392, worstNominal: 33),
    FlexibleBounds(isExtended: false, bytes: 48, unstuffed: 451, worst: 552, worstNominal: 33),
    FlexibleBounds(isExtended: false, bytes: 64, unstuffed: 579, worst: 712, worstNominal: 33),
    FlexibleBounds(isExtended: true, bytes: 0, unstuffed: 81, worst: 91, worstNominal: 56),
    FlexibleBounds(isExtended: true, bytes: 2, unstuffed: 97, worst: 111, worstNominal: 56),
    FlexibleBounds(isExtended: true, bytes: 3, unstuffed: 105, worst: 121, worstNominal: 56),
    FlexibleBounds(isExtended: true, bytes: 4, unstuffed: 113, worst: 131, worstNominal: 56),
    FlexibleBounds(isExtended: true, bytes: 5, unstuffed: 121, worst: 141, worstNominal: 56),
    FlexibleBounds(isExtended: true, bytes: 6, unstuffed: 129, worst: 151, worstNominal: 56),
    FlexibleBounds(isExtended: true, bytes: 7, unstuffed: 137, worst: 161, worstNominal: 56),
    FlexibleBounds(isExtended: true, bytes: 8, unstuffed: 145, worst: 171, worstNominal: 56),
    FlexibleBounds(isExtended: true, bytes: 12, unstuffed: 177, worst: 211, worstNominal: 56),
    FlexibleBounds(isExtended: true, bytes: 20, unstuffed: 246, worst: 296, worstNominal: 56),
    FlexibleBounds(isExtended: true, bytes: 32, unstuffed: 342, worst: 416, worstNominal: 56),
    FlexibleBounds(isExtended: true, bytes: 48, unstuffed: 470, worst: 576, worstNominal: 56),
    FlexibleBounds(isExtended: true, bytes: 64, unstuffed: 598, worst: 736, worstNominal: 56),
  ]
}
