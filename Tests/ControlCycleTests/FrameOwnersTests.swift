import TestSupport
import Testing

@testable import ControlCycle

/// The table that tells where a frame comes from, against the search through all joints that it stands in for.
struct FrameOwnersTests {
  static let families: [DriveFamily] = [
    .canopen, .damiao, .mit, .moteus, .myactuator, .odrive, .odrive05, .robstride,
  ]

  /// Drives at random: few buses and few numbers, so that many get in each other's way.
  private static func drives(using random: inout SeededGenerator) -> [DriveConfiguration] {
    let most: UInt16 = Bool.random(using: &random) ? 6 : 127
    return (0..<Int.random(in: 1...64, using: &random)).map { _ in
      let family = families.randomElement(using: &random) ?? .mit
      var drive = DriveConfiguration(
        family: family, bus: .random(in: 0...3, using: &random), id: .random(in: 0...most, using: &random),
        masterID: .random(in: 0...most, using: &random),
        isFlexibleDataRate: family == .moteus || family == .damiao && Bool.random(using: &random),
        range: DriveRange(position: 12, velocity: 12, torque: 12, stiffness: 12, damping: 1))
      if family == .robstride && Bool.random(using: &random) { drive.dialect = .cyberGear }
      return drive
    }
  }

  /// A frame that one of the drives may have sent, or nearly so.
  private static func frame(_ drives: [DriveConfiguration], using random: inout SeededGenerator) -> CANFrame {
    let drive = drives[.random(in: 0..<drives.count, using: &random)]
    let own = DriveCodec.answerIdentifiers(of: drive).randomElement(using: &random)
    var frame = CANFrame(
      id: own?.value ?? 0, bus: drive.bus, isExtended: own?.isExtended ?? false,
      isFlexibleDataRate: drive.isFlexibleDataRate)
    if drive.family == .robstride {
      let types: [UInt32] = [0, 2, 17, 21, 24, 3]
      let type: UInt32 = types[Int.random(in: 0..<types.count, using: &random)]
      let status = UInt32.random(in: 0...0xFF, using: &random)
      frame.id |= type << 24 | status << 16
    }
    switch Int.random(in: 0..<6, using: &random) {
    case 0: frame.id ^= UInt32(1) << UInt32.random(in: 0..<29, using: &random)
    case 1: frame.isExtended.toggle()
    case 2: frame.bus = .random(in: 0...255, using: &random)
    default: break
    }
    let lengths: [UInt8] = [0, 6, 7, 8, 24]
    frame.length = lengths[Int.random(in: 0..<lengths.count, using: &random)]
    frame.payload[0] =
      Bool.random(using: &random) ? UInt8(truncatingIfNeeded: drive.id) : .random(in: 0...255, using: &random)
    return frame
  }

  @Test func theTableFindsWhatASearchFinds() {
    var random = SeededGenerator(seed: 61)
    var found = 0
    for _ in 0..<200 {
      let drives = Self.drives(using: &random)
      let owners = FrameOwners(drives)
      for _ in 0..<500 {
        let frame = Self.frame(drives, using: &random)
        let expected = drives.firstIndex { DriveCodec.answers(frame, $0) }
        let range = owners.candidates(frame)
        var own: Int?
        for place in range.from..<range.to where own == nil {
          let joint = Int(owners.owners[place])
          if DriveCodec.answers(frame, drives[joint]) { own = joint }
        }
        #expect(own == expected)
        if own != nil { found += 1 }
      }
    }
    #expect(found > 10_000, "most frames must come from somewhere, or nothing was compared")
  }

  /// 64 drives of the family with the most identifiers stay within what is looked through for a frame.
  @Test(arguments: families) func fewShareASlot(family: DriveFamily) {
    let drives = (0..<64).map { index -> DriveConfiguration in
      let id = UInt16(index % 8 + 1)
      return DriveConfiguration(
        family: family, bus: UInt8(index / 8), id: id, masterID: id + 0x10, isFlexibleDataRate: false,
        range: DriveRange(position: 12, velocity: 12, torque: 12, stiffness: 12, damping: 1))
    }
    let owners = FrameOwners(drives)
    var longest = 0
    for slot in 0..<FrameOwners.slotCount {
      longest = max(longest, Int(owners.starts[slot + 1]) - Int(owners.starts[slot]))
    }
    #expect(longest >= 1 && longest <= 16, "\(longest) drives share a slot")
  }
}
