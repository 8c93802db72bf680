import ControlCycle

/// Looks for a better distribution of drives over the buses of a robot: the fullest bus gives away, or swaps, as long as that
/// makes it less full.
///
/// A drive goes only where drives of its own family and frame format are, or to an empty bus that can carry it; what families
/// bear beside each other is the description's knowledge. An identifier that is taken there is replaced by the lowest free one.
struct DriveDistribution {
  typealias Placed = (joint: String, drive: DriveConfiguration)
  let buses: [BusConfiguration]
  let drives: [Placed]
  let period: Int64

  /// Part of the limit by which the fullest bus must become less full for a working robot to be cabled anew.
  static let worthwhile = 0.05

  /// Moves that help; nil where none does.
  func proposal() -> PlanProposals.Distribution? {
    var placed = drives
    var fills = buses.indices.map { fill(of: $0, placed) }
    guard let before = fills.max(), buses.count > 1 else { return nil }
    for _ in 0..<4 * max(drives.count, 1) {
      guard let fullest = fills.indices.max(by: { fills[$0] < fills[$1] }),
        let better = bestChange(of: fullest, placed, fills: fills)
      else { break }
      placed = better
      fills = buses.indices.map { fill(of: $0, placed) }
    }
    let after = fills.max() ?? before
    guard before > 1 ? after < before : before - after >= Self.worthwhile else { return nil }
    let moves = zip(drives, placed).compactMap { old, new -> PlanProposals.Move? in
      guard old.drive.bus != new.drive.bus else { return nil }
      return PlanProposals.Move(
        joint: old.joint, from: buses[Int(old.drive.bus)].name, to: buses[Int(new.drive.bus)].name,
        id: old.drive.id == new.drive.id ? nil : Int(new.drive.id),
        masterID: old.drive.masterID == new.drive.masterID ? nil : Int(new.drive.masterID))
    }
    let plan = BusPlan(period: period, buses: buses, drives: placed)
    return PlanProposals.Distribution(
      moves: moves, fillNow: before, fillThen: after, isFeasible: plan.isFeasible)
  }

  /// How full a bus is, 1 being what a plan may use.
  private func fill(of bus: Int, _ placed: [Placed]) -> Double {
    let plan = BusPlan.Bus(buses[bus], period: period, drives: placed.filter { Int($0.drive.bus) == bus })
    return max(plan.utilisation / BusPlan.utilisationLimit, Double(plan.completion) / Double(period))
  }

  /// The move away from the fullest bus, or else the swap, that leaves the fuller of the two buses least full; nil where none
  /// makes the fullest less full.
  private func bestChange(of fullest: Int, _ placed: [Placed], fills: [Double]) -> [Placed]? {
    var best: (fill: Double, placed: [Placed])?
    func consider(_ changed: [Placed]?, _ other: Int) {
      guard let changed else { return }
      let fill = max(self.fill(of: fullest, changed), self.fill(of: other, changed))
      if fill < (best?.fill ?? fills[fullest] - 1e-9) { best = (fill, changed) }
    }
    let own = placed.indices.filter { Int(placed[$0].drive.bus) == fullest }
    for bus in buses.indices where bus != fullest && fills[bus] < fills[fullest] {
      for index in own { consider(moved(index, to: bus, placed), bus) }
    }
    if let best { return best.placed }
    for bus in buses.indices where bus != fullest && fills[bus] < fills[fullest] {
      for index in own {
        for other in placed.indices where Int(placed[other].drive.bus) == bus {
          guard let one = moved(index, to: bus, placed) else { continue }
          consider(moved(other, to: fullest, one), bus)
        }
      }
    }
    return best?.placed
  }

  /// The drives with one of them on another bus; nil where it cannot be there.
  private func moved(_ index: Int, to bus: Int, _ placed: [Placed]) -> [Placed]? {
    var placed = placed
    let drive = placed[index].drive
    let there = placed.filter { Int($0.drive.bus) == bus }.map(\.drive)
    let fits = there.allSatisfy {
      $0.family == drive.family && $0.isFlexibleDataRate == drive.isFlexibleDataRate
        && $0.dialect == drive.dialect
    }
    guard fits, !drive.isFlexibleDataRate || buses[bus].dataBitRate != nil,
      let numbered = numbered(drive, beside: there)
    else { return nil }
    placed[index].drive = numbered
    placed[index].drive.bus = UInt8(bus)
    return placed
  }

  /// The drive with identifiers that are free beside others of its family; its own where they are.
  private func numbered(_ drive: DriveConfiguration, beside others: [DriveConfiguration])
    -> DriveConfiguration?
  {
    let hasOwnMaster = drive.family == .damiao
    let isFree = { (id: UInt16, master: UInt16) in
      others.allSatisfy {
        $0.id != id && $0.id != master && $0.masterID != id
          && (!hasOwnMaster || $0.masterID != master && $0.id != master & 0xFF && $0.masterID & 0xFF != id)
      }
    }
    if isFree(drive.id, drive.masterID) { return drive }
    // Four bits of a Damiao answer say whose it is; a MyActuator has 32 identifiers, an ODrive 64.
    let highest: UInt16 =
      switch drive.family {
      case .damiao: 15
      case .myactuator: 32
      case .odrive, .odrive05: 63
      case .canopen, .mit, .moteus, .robstride: 126
      }
    for id in 1...highest {
      let master = hasOwnMaster ? id + 0x10 : drive.masterID
      guard id != master, isFree(id, master) else { continue }
      var numbered = drive
      numbered.id = id
      numbered.masterID = master
      return numbered
    }
    return nil
  }
}
