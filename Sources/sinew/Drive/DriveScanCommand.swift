import ArgumentParser
import ControlCycle
import JointControl
import RobotDescription

/// Who answers on each bus, beside who should.
struct DriveScanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "See which drives answer on each bus, and compare with the description.",
    discussion: """
      Asks each id of the families that a bus is described with, with frames that neither move nor switch on anything; MIT
      drives know no such question and are told to leave their mode, so that one which was left on lets go. An id takes
      6 ms where nobody answers, 30 ms on real buses. Frames of another family (--family) go out only where they mean
      nothing dangerous to the drives that are described.

      Exit code 1 when a described drive is missing, two drives have one id, or a drive answers to another master_id.

      EXAMPLES
        sinew drive scan Robots/navigator
        sinew drive scan Robots/navigator --bus left_arm --ids 1-16 --json
        sinew drive scan Robots/navigator --bus neck --inject "Neck_Y id 9"
      """)

  @OptionGroup var buses: DriveBuses

  @Option(help: ArgumentHelp("Only this bus.", valueName: "name"))
  var bus: String?

  @Option(
    help: ArgumentHelp(
      "Only this family: \(DriveFamily.names.joined(separator: ", ")).", valueName: "family"))
  var family: String?

  @Option(help: ArgumentHelp("Ids to ask, such as 1-127.", valueName: "first-last"))
  var ids: String?

  func run() throws {
    let (found, robot) = try buses.perform(at: { _ in "scan" }, { try task($0) })
    let scanned = try task(robot)
    let comparison = DriveComparison(robot: robot, found: found, scanned: scanned)
    print(buses.json ? comparison.json.text : comparison.table, terminator: buses.json ? "\n" : "")
    if !comparison.isAsDescribed { throw ExitCode(Failure.checkFailed) }
  }

  private func task(_ robot: Robot) throws -> DriveScanTask {
    func refuse(_ location: String, _ message: String, _ fix: String) -> Failure {
      Failure(kind: "usage", location: location, message: message, fix: fix, code: Failure.badDescription)
    }
    var only: [Int] = Array(robot.buses.indices)
    if let bus {
      guard let index = robot.buses.firstIndex(where: { $0.name == bus }) else {
        throw refuse(
          "--bus \(bus)", "this robot has no such bus",
          suggestion(for: bus, among: robot.buses.map(\.name), what: "bus"))
      }
      only = [index]
    }
    var wanted: DriveFamily?
    if let family {
      wanted = DriveFamily(name: family)
      guard wanted != nil else {
        throw refuse(
          "--family \(family)", "no such family",
          suggestion(for: family, among: DriveFamily.names, what: "family"))
      }
    }
    var range: ClosedRange<UInt16>?
    if let ids {
      let numbers = ids.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
      guard (1...2).contains(numbers.count), let first = numbers[0], let last = numbers[numbers.count - 1],
        first <= last, last <= 0x7FF
      else { throw refuse("--ids \(ids)", "not a range of ids", "write for example 1-127") }
      range = first...last
    }
    return DriveScanTask(buses: only, family: wanted, ids: range)
  }
}

/// Probes bus by bus and family by family.
struct DriveScanTask: DriveTask {
  /// A drive that was found, and what it says of itself.
  struct Found {
    var sighting: DriveSighting
    var identity: DriveIdentity
  }
  let buses: [Int]
  let family: DriveFamily?
  let ids: ClosedRange<UInt16>?
  private let progress = DriveProgress()

  init(buses: [Int], family: DriveFamily?, ids: ClosedRange<UInt16>?) {
    (self.buses, self.family, self.ids) = (buses, family, ids)
  }

  mutating func run<LoopTarget: Target & ~Copyable>(
    _ link: inout DriveLink<LoopTarget>, _ robot: Robot
  ) throws -> [Found] {
    var found: [Found] = []
    defer { progress.end() }
    for bus in buses {
      let name = robot.buses[bus].name
      let known = robot.drives(onBus: UInt8(bus))
      try link.requireQuiet(known)
      for template in try templates(known, bus, robot) {
        let allowed = DriveRules.identifiers(of: template.family)
        let standard = allowed.lowerBound...min(allowed.upperBound, 127)
        let range = (ids ?? standard).clamped(to: allowed)
        let sightings = link.scan(like: template, known: known, ids: range) { id in
          progress.show("\(name): asking \(template.family.name) \(id) of \(range.upperBound)")
        }
        for sighting in sightings {
          let identity = link.identity(of: sighting.drive)
          found.append(Found(sighting: sighting, identity: identity))
        }
      }
    }
    return found
  }

  /// One probe a family: as the bus's drives are described, or of the family that was asked for.
  private func templates(
    _ known: [DriveConfiguration], _ bus: Int, _ robot: Robot
  ) throws -> [DriveConfiguration] {
    var templates: [DriveConfiguration] = []
    for drive in known where !templates.contains(where: { $0.family == drive.family }) {
      templates.append(drive)
    }
    guard let family else { return templates }
    if let own = templates.first(where: { $0.family == family }) { return [own] }
    let isFlexible = robot.buses[bus].dataBitRate != nil
    for other in known {
      if let reason = DriveRules.disturbance(probing: family, near: other.family) {
        throw DriveError(
          .refused, "bus \(robot.buses[bus].name) has \(other.family.name) drives, and \(reason)",
          fix: "disconnect them, and scan with a description without them")
      }
    }
    guard family != .moteus || isFlexible else {
      throw DriveError(
        .refused, "bus \(robot.buses[bus].name) is classic, and moteus speaks CAN FD",
        fix: "give the bus a dbitrate")
    }
    let range = DriveModel.all(family)[0].range
    let host: UInt16 =
      switch family {
      case .canopen: 0x7F
      case .robstride: 0xFD
      case .damiao, .mit, .moteus, .myactuator, .odrive, .odrive05: 0
      }
    return [
      DriveConfiguration(
        family: family, bus: UInt8(bus), id: 1, masterID: host,
        isFlexibleDataRate: family == .moteus || family == .damiao && isFlexible, range: range)
    ]
  }
}
