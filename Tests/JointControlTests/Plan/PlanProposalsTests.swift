import ControlCycle
import TestSupport
import Testing

@testable import JointControl

@Suite("Proposals of a bus plan") struct PlanProposalsTests {
  private typealias Placed = (joint: String, drive: DriveConfiguration)
  private static let range = DriveRange(position: 12.5, velocity: 30, torque: 10, stiffness: 500, damping: 5)

  private static func bus(_ name: String, dataBitRate: Int? = 5_000_000) -> BusConfiguration {
    BusConfiguration(name: name, interface: "can0", bitRate: 1_000_000, dataBitRate: dataBitRate)
  }

  /// Damiao drives numbered from 1 on each bus, so many on each.
  private static func drives(
    _ counts: [Int], family: DriveFamily = .damiao, isFlexible: Bool = true
  ) -> [Placed] {
    counts.enumerated().flatMap { bus, count in
      (0..<count).map { index in
        (
          "j\(bus)\(index)",
          DriveConfiguration(
            family: family, bus: UInt8(bus), id: UInt16(index + 1),
            masterID: family == .robstride ? 0xFD : UInt16(index + 0x11), isFlexibleDataRate: isFlexible,
            range: range)
        )
      }
    }
  }

  private static func proposals(_ drives: [Placed], on buses: [BusConfiguration]) -> (BusPlan, PlanProposals)
  {
    let plan = BusPlan(period: 1_000_000, buses: buses, drives: drives)
    return (plan, PlanProposals(plan: plan, buses: buses, drives: drives))
  }

  @Test("A bus too full gives drives away, with identifiers that are free there, and all then fits")
  func distribution() throws {
    let buses = [Self.bus("a"), Self.bus("b"), Self.bus("c", dataBitRate: nil)]
    let drives = Self.drives([11, 3, 0])
    let (plan, proposals) = Self.proposals(drives, on: buses)
    #expect(!plan.isFeasible)
    let better = try #require(proposals.distribution)
    #expect(better.isFeasible && better.fillThen < 1 && better.fillNow > 1)
    #expect(better.moves.count == 4 && better.moves.allSatisfy { $0.from == "a" && $0.to == "b" })
    // Applied as it says, no identifier is there twice, and the plan that judges the robot holds.
    var placed = drives
    for move in better.moves {
      let index = try #require(placed.firstIndex { $0.joint == move.joint })
      placed[index].drive.bus = 1
      if let id = move.id { placed[index].drive.id = UInt16(id) }
      if let master = move.masterID { placed[index].drive.masterID = UInt16(master) }
    }
    #expect(BusPlan(period: 1_000_000, buses: buses, drives: placed).isFeasible)
    for bus in 0..<2 {
      let own = placed.filter { Int($0.drive.bus) == bus }
      #expect(Set(own.map(\.drive.id) + own.map(\.drive.masterID)).count == 2 * own.count)
    }
  }

  @Test("Where nothing helps, or little, nothing is proposed")
  func noDistribution() {
    let buses = [Self.bus("a"), Self.bus("b")]
    // Nine and nine: too much wherever they are. Four and three: as even as it gets.
    #expect(Self.proposals(Self.drives([9, 9]), on: buses).1.distribution == nil)
    #expect(Self.proposals(Self.drives([4, 3]), on: buses).1.distribution == nil)
    // A bus without CAN FD takes no drive that speaks it, and a bus of another family none.
    let apart = [Self.bus("a"), Self.bus("b", dataBitRate: nil)]
    #expect(Self.proposals(Self.drives([9, 0]), on: apart).1.distribution == nil)
    let mixed = Self.drives([9, 0]) + Self.drives([0, 1], family: .robstride, isFlexible: false)
    #expect(Self.proposals(mixed, on: apart).1.distribution == nil)
  }

  @Test("The highest rate fits, the next does not")
  func highestRate() throws {
    for (counts, family, isFlexible) in [
      ([8, 3], DriveFamily.damiao, true), ([2, 1], .robstride, false), ([3, 0], .odrive, false),
      ([2, 2], .odrive05, false), ([1, 1], .myactuator, false), ([2, 1], .canopen, false),
    ] {
      let buses = [Self.bus("a"), Self.bus("b")]
      let drives = Self.drives(counts, family: family, isFlexible: isFlexible)
      let rate = try #require(Self.proposals(drives, on: buses).1.highestRate)
      let isFeasible = { (rate: Int) in
        BusPlan(period: PlanProposals.period(ofRate: rate), buses: buses, drives: drives).isFeasible
      }
      #expect(isFeasible(rate) && !isFeasible(rate + 1), "\(family)")
      #expect(rate > 400)
    }
    let drives = Self.drives([60], family: .odrive, isFlexible: false)
    #expect(Self.proposals(drives, on: [Self.bus("a")]).1.highestRate == nil)
  }

  @Test("Buses that sample early wait for the one that takes longest, and no skew is less than that one's")
  func phases() {
    let buses = [Self.bus("slow", dataBitRate: nil), Self.bus("fast")]
    let drives =
      Self.drives([2, 0], family: .robstride, isFlexible: false)
      + Self.drives([0, 2])
    let phases = Self.proposals(drives, on: buses).1.phases
    // Slow: frames of 160 us end at 180 and 340; fast: of 55.8 us at 75.8 and 131.6.
    #expect(phases.order == ["slow", "fast"] && phases.delays == [0, 104_200])
    #expect(phases.skewNow == 340_000 - 75_800 && phases.skewThen == 160_000)
  }

  @Test("Commands in the order of their identifiers where answers would get in between")
  func slotOrder() throws {
    // The first drive's answer gets in before the third command, which is less urgent; the second drive's would not.
    var drives = Self.drives([3], isFlexible: false)
    for (index, ids) in [(0x50, 0x20), (0x10, 0x62), (0x51, 0x61)].enumerated() {
      (drives[index].drive.id, drives[index].drive.masterID) = (UInt16(ids.0), UInt16(ids.1))
    }
    let order = try #require(Self.proposals(drives, on: [Self.bus("a")]).1.slotOrders.first)
    #expect(order.joints == ["j01", "j00", "j02"] && order.spread == (405_000, 270_000))
    #expect(Self.proposals(Self.drives([3]), on: [Self.bus("a")]).1.slotOrders.isEmpty)
  }

  @Test("A bus that is too full names its first message that does not fit, and what is missing")
  func complaints() {
    func bus(_ count: Int, _ family: DriveFamily, isFlexible: Bool = false) -> BusPlan.Bus {
      BusPlan(
        period: 1_000_000, buses: [Self.bus("a")],
        drives: Self.drives([count], family: family, isFlexible: isFlexible)
      ).buses[0]
    }
    #expect(bus(3, .damiao).complaint == nil)
    // 20 + 4 x 135 + 60 us for commands and the first answer, 135 for the second, its own and one that is in the way.
    let late = bus(4, .damiao)
    #expect(late.shortfall == BusPlan.Shortfall(message: 3, missing: 25_000, reason: .late))
    #expect(
      late.complaint
        == "the answer of j01 (identifier 0x12) is the first that does not fit, 25 us are missing")
    // Six take 96 % of 2 ms and are over in time, but 5 % are kept free.
    let reserve = BusPlan(
      period: 2_000_000, buses: [Self.bus("a")],
      drives: Self.drives([6], family: .robstride, isFlexible: false)
    ).buses[0]
    #expect(reserve.shortfall == BusPlan.Shortfall(message: 11, missing: 20_000, reason: .reserve))
    #expect(reserve.complaint?.contains("the answer of j05") ?? false)
    // Without a bound at all: the first frame that passes the end of the cycle.
    #expect(bus(4, .odrive).complaint?.contains("is the first that does not fit") ?? false)
  }
}
