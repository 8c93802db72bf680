import ControlCycle
import TestSupport
import Testing

/// What a kernel lets through must be all that the cycle understands.
struct AnswerFilterTests {
  private static let range = DriveRange(position: 12.5, velocity: 30, torque: 10, stiffness: 500, damping: 5)

  private static func drives(of family: DriveFamily) -> [DriveConfiguration] {
    [(1, 0x11), (0x2A, 0x7D), (5, 0)].map { id, host in
      DriveConfiguration(
        family: family, bus: 0, id: id, masterID: host, isFlexibleDataRate: family == .moteus, range: range)
    }
  }

  private static let families: [DriveFamily] = [
    .canopen, .damiao, .mit, .moteus, .myactuator, .odrive, .odrive05, .robstride,
  ]

  /// A frame with each payload's first byte that a drive could answer with.
  private func frames(_ id: UInt32, isExtended: Bool, for drive: DriveConfiguration) -> [CANFrame] {
    [false, true].flatMap { isFlexible in
      [UInt8(truncatingIfNeeded: drive.id), 0xFF].map { first in
        var frame = CANFrame(id: id, bus: 0, isExtended: isExtended, isFlexibleDataRate: isFlexible)
        frame.length = 8
        frame.payload[0] = first
        return frame
      }
    }
  }

  @Test("Every identifier of 11 bits that a drive answers with passes its filter", arguments: families)
  func standard(family: DriveFamily) {
    for drive in Self.drives(of: family) {
      for id in UInt32(0)...0x7FF {
        for frame in frames(id, isExtended: false, for: drive) where DriveCodec.answers(frame, drive) {
          #expect(drive.answerFilter.passes(frame), "\(family) \(drive.id): \(id)")
        }
      }
    }
  }

  @Test("So does every one of 29 bits, as far as random ones tell", arguments: families)
  func extended(family: DriveFamily) {
    var random = SeededGenerator(seed: 29)
    var answers = 0
    for drive in Self.drives(of: family) {
      for _ in 0..<20_000 {
        // A random identifier is hardly ever an answer: three of its four bytes are taken from what could be one.
        var id = UInt32(truncatingIfNeeded: random.next()) & 0x1FFF_FFFF
        if Bool.random(using: &random) { id = id & ~0xFF | UInt32(drive.masterID) & 0xFF }
        if Bool.random(using: &random) { id = id & ~0xFF00 | (UInt32(drive.id) & 0xFF) << 8 }
        for frame in frames(id, isExtended: true, for: drive) where DriveCodec.answers(frame, drive) {
          answers += 1
          #expect(drive.answerFilter.passes(frame), "\(family) \(drive.id): \(id)")
        }
      }
    }
    if family == .robstride { #expect(answers > 1000) }
  }

  @Test("Drives of one family with other identifiers are kept out", arguments: families)
  func foreign(family: DriveFamily) {
    let drives = Self.drives(of: family)
    for (drive, other) in [(drives[0], drives[1]), (drives[1], drives[0])] {
      let filter = other.answerFilter
      let frame = CANFrame(id: filter.id, bus: 0, isExtended: filter.isExtended)
      #expect(filter.passes(frame) && !drive.answerFilter.passes(frame))
    }
  }
}
