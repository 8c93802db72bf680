import CServoWire
import ControlCycle
import Foundation
import JointControl
import TestSupport
import Testing

@testable import Simulation

/// One test for each hazard of the protocol pages, on every frame of random runs; see Firmware-Interfaces/Hazards.md.
@Suite("Hazards") struct HazardTests {
  private typealias Rule = (HostFrames) -> [String]

  /// What a rule finds in all runs, and that it finds something in forged frames.
  private func check(_ rule: Rule, forged: [(HostFrames) -> CANFrame?], isRunning: Bool = true) {
    for run in HostFrames.all {
      #expect(rule(run).isEmpty, "\(run.name): \(rule(run).prefix(3))")
      for forge in forged {
        guard let frame = forge(run) else { continue }
        var bad = run
        bad.forge(frame, at: run.frames.last?.turn ?? 0, isRunning: isRunning)
        #expect(!rule(bad).isEmpty, "\(run.name): a forged frame is not noticed")
      }
    }
  }

  private func encode(_ request: DriveRequest) -> (HostFrames) -> CANFrame? {
    { DriveCodec.encode(request, for: $0.robot.joints[0].configuration.drive) }
  }

  /// A request's frame where the family makes one of its own of it, and not a question or an exit instead.
  private func encode(_ request: DriveRequest, of families: [DriveFamily]) -> (HostFrames) -> CANFrame? {
    { run in
      let drive = run.robot.joints[0].configuration.drive
      return families.contains(drive.family) ? DriveCodec.encode(request, for: drive) : nil
    }
  }

  private static let all: [DriveFamily] = [.canopen, .damiao, .mit, .moteus, .odrive, .odrive05, .robstride]

  @Test func theRunsAreWorthLookingAt() {
    #expect(HostFrames.all.count == 10)
    for run in HostFrames.all {
      #expect(run.frames.count > 5000 && run.armedCycles > 500, "\(run.name): \(run.armedCycles)")
      let enables = run.frames.filter { $0.isRunning && $0.sayings.contains(.enable) }
      #expect(enables.count >= 3)
    }
  }

  @Test func nothingIsReadOrWrittenWhileTheLoopRuns() {
    let allowed: Set<Saying> = [.command, .enable, .disable, .ask, .synchronise, .heartbeat]
    let rule: Rule = { run in
      run.frames.filter { $0.isRunning && !allowed.isSuperset(of: $0.sayings) }.map {
        "\($0.sayings) in turn \($0.turn)"
      }
    }
    check(
      rule,
      forged: [
        encode(.readParameter(0x6041_00_10), of: [.canopen]), encode(.readParameter(9), of: [.damiao]),
        encode(.readParameter(0x7028), of: [.robstride]), encode(.writeParameter(0x101, 0), of: [.moteus]),
        encode(.readParameter(0x101), of: [.moteus]), encode(.readParameter(9), of: [.odrive]),
        encode(.clearFault, of: Self.all.filter { $0 != .mit && $0 != .moteus }),
        encode(.setZero, of: Self.all.filter { $0 != .canopen }),
        encode(.writeParameter(9, 400), of: [.damiao]),
      ])
  }

  /// Registers, parameters and objects that bring-up may write, whole and in all families.
  private static func mayWrite(_ family: DriveFamily) -> Set<UInt32> {
    switch family {
    case .canopen:
      let mappings = [0x1600, 0x1A00, 0x1A01].flatMap { index in (0...4).map { UInt32(index << 8 | $0) } }
      let records = [0x1400, 0x1800, 0x1801].flatMap { [UInt32($0 << 8 | 1), UInt32($0 << 8 | 2)] }
      return Set(mappings + records + [0x6040_00, 0x6007_00, 0x6060_00, 0x6072_00, 0x1016_01])
    case .damiao: return [9, 10]
    case .mit: return []
    case .moteus: return [0x027]
    case .myactuator: return [0xB3]
    case .odrive, .odrive05: return [0x0B]
    case .robstride: return [0x7005, 0x700B, 0x7028]
    }
  }

  private static func writes(_ run: HostFrames) -> [String] {
    run.frames.flatMap { entry -> [String] in
      let joint = run.robot.joints.first { $0.configuration.drive.bus == entry.frame.bus }
      guard let family = joint?.configuration.drive.family else { return [] }
      return entry.sayings.compactMap { saying -> String? in
        guard case .write(let address, let value) = saying else { return nil }
        // Homing is a mode of some drives and sets zero in others.
        let isMode = family != .canopen || address != 0x6060_00 || (8...10).contains(value)
        return mayWrite(family).contains(address) && isMode ? nil : "\(saying)"
      }
    }
  }

  @Test func bringUpWritesWhatThePagesNameAndNothingElse() {
    check(
      Self.writes,
      forged: [
        encode(.writeParameter(8, 5), of: [.damiao]),
        encode(.writeParameter(Damiao.Register.bitRate, 9), of: [.damiao]),
        encode(.writeParameter(0x7029, 1), of: [.robstride]),
        encode(.writeParameter(CANopen.Object.address(0x6099, 1), 1), of: [.canopen]),
        encode(.writeParameter(CANopen.Object.mode, 6), of: [.canopen]),
        encode(.writeParameter(CANopen.Object.address(0x1010, 1), 0x6576_6173), of: [.canopen]),
        encode(.writeParameter(0x071, 0), of: [.moteus]), encode(.writeParameter(0x154, 0), of: [.moteus]),
      ], isRunning: false)
  }

  /// Saving, erasing, restarting, other identifiers, rates and protocols: no frame of ours is one that no page expects.
  @Test func nothingIsStoredAndNoDriveIsRenamed() {
    let rule: Rule = { run in
      run.frames.flatMap(\.sayings).compactMap { if case .unknown(let text) = $0 { text } else { nil } }
    }
    check(rule, forged: [Self.stored], isRunning: false)
  }

  private static func stored(_ run: HostFrames) -> CANFrame? {
    let drive = run.robot.joints[0].configuration.drive
    var frame = DriveCodec.encode(DriveRequest.disable, for: drive)
    switch drive.family {
    case .canopen: frame.id = 0x7E5
    case .damiao:
      frame.id = 0x7FF
      frame.payload[2] = 0xAA
    case .mit: frame.isExtended = true
    case .moteus:
      // Register 071, clock trim, as int8.
      (frame.length, frame.payload[0], frame.payload[1], frame.payload[2]) = (3, 0x40, 1, 5)
    case .myactuator: frame.payload[0] = 0x79
    case .odrive, .odrive05: frame.id = UInt32(drive.id) << 5 | 0x16
    case .robstride: frame.id = frame.id & 0xFF_FFFF | 22 << 24
    }
    return frame
  }

  @Test func zeroIsNeverSet() {
    let rule: Rule = { run in run.frames.filter { $0.sayings.contains(.setZero) }.map { "turn \($0.turn)" } }
    check(rule, forged: [encode(.setZero, of: [.damiao, .mit, .odrive, .odrive05, .robstride])])
    // moteus and CANopen would need a register or homing, which no run writes: see the tests above.
  }

  @Test func noCommandIsAnAction() {
    var generator = SeededGenerator(seed: 3)
    for drive in FirmwareBench.all where drive.family == .damiao || drive.family == .mit {
      let range = drive.range
      for _ in 0..<20_000 {
        func near(_ full: Double) -> Double { full * .random(in: 0.9999...1.0005, using: &generator) }
        let torque = range.torque * .random(in: 0.995...1.0005, using: &generator)
        let command = MotorCommand(
          position: near(range.position), velocity: near(range.velocity), stiffness: near(range.stiffness),
          damping: near(range.damping), torque: torque)
        #expect(Saying.all(in: DriveCodec.encode(command, for: drive), to: drive) == [.command])
      }
      let full = MotorCommand(position: 1e9, velocity: 1e9, stiffness: 1e9, damping: 1e9, torque: 1e9)
      #expect(Saying.all(in: DriveCodec.encode(full, for: drive), to: drive) == [.command])
    }
  }

  @Test func faultsAreClearedByBringUpAlone() {
    let rule: Rule = { run in
      run.frames.filter { $0.isRunning && $0.sayings.contains(.clear) }.map { "turn \($0.turn)" }
    }
    check(rule, forged: [encode(.clearFault, of: [.canopen, .damiao, .odrive, .odrive05, .robstride])])
    // Stopping a moteus clears its fault: in fault it is asked instead.
    let drive = SampleRobots.moteusArm().joints[0].configuration.drive
    let inFault = UInt16(MOTEUS_MODE_FAULT.rawValue) << 8 | 34
    #expect(Saying.all(in: DriveCodec.encode(DriveRequest.disable, for: drive), to: drive).contains(.disable))
    let asked = Saying.all(
      in: DriveCodec.encode(DriveRequest.disable, for: drive, status: inFault), to: drive)
    #expect(!asked.contains(.disable) && asked.contains(.ask))
  }

  /// An ODrive keeps its input torque, and acts on it at the next enabling; asked again, one of 0.5 begins anew.
  @Test func anODriveIsEnabledFromZeroTorqueAndNotAgain() {
    let rule: Rule = { run in
      run.robot.joints.flatMap { joint -> [String] in
        let drive = joint.configuration.drive
        guard drive.family == .odrive || drive.family == .odrive05 else { return [] }
        var found: [String] = []
        var torque: UInt32?
        var enabled: Int?
        for (index, saying) in run.sayings(to: drive) {
          let entry = run.frames[index]
          switch saying {
          case .command: torque = Saying.word(entry.frame, at: 0)
          case .disable: enabled = nil
          case .enable:
            if torque != 0 { found.append("torque word \(torque ?? 1) before turn \(entry.turn)") }
            if let enabled, entry.isRunning, entry.turn - enabled < 256 {
              found.append("again in turn \(entry.turn)")
            }
            enabled = entry.isRunning ? entry.turn : nil
          default: break
          }
        }
        return found
      }
    }
    check(rule, forged: [encode(.enable, of: [.odrive, .odrive05])])
  }

  /// Any frame feeds the watchdog of ODrive 0.5, so a question may not go on where commands have stopped.
  @Test func anODriveIsAskedOnlyInATurnThatCommandsIt() {
    let rule: Rule = { run in
      let isOwn = run.robot.joints[0].configuration.drive.family == .odrive05
      let commanded = Set(
        run.frames.filter { !Set($0.sayings).isDisjoint(with: [.command, .enable, .disable]) }
          .map { [$0.turn, Int($0.frame.id >> 5)] })
      return run.frames.filter {
        isOwn && $0.sayings == [.ask] && !commanded.contains([$0.turn, Int($0.frame.id >> 5)])
      }.map { "turn \($0.turn)" }
    }
    for run in HostFrames.all {
      #expect(rule(run).isEmpty, "\(run.name): \(rule(run).prefix(3))")
      var bad = run
      if let frame = encode(.identify, of: [.odrive05])(run) {
        bad.forge(frame, at: 1 << 40, isRunning: true)
        #expect(!rule(bad).isEmpty)
      }
    }
  }

  /// Nothing in the profile watches commands: a host must not beat its heart without them.
  @Test func aHeartbeatFollowsTheCommandsOfItsTurn() {
    let rule: Rule = { run in
      guard run.robot.joints[0].configuration.drive.family == .canopen else { return [] }
      var commanded: [Int: Set<UInt32>] = [:]
      var found: [String] = []
      for entry in run.frames where entry.isRunning {
        if (0x201...0x27F).contains(entry.frame.id) {
          commanded[entry.turn, default: []].insert(entry.frame.id)
        }
        if entry.sayings == [.heartbeat], commanded[entry.turn]?.count != run.robot.joints.count {
          found.append("turn \(entry.turn)")
        }
      }
      return found
    }
    for run in HostFrames.all {
      #expect(rule(run).isEmpty, "\(run.name): \(rule(run).prefix(3))")
      guard run.name == "CANopen" else { continue }
      var beat = CANFrame(id: 0x77F, bus: 0, isExtended: false)
      beat.length = 1
      var bad = run
      bad.forge(beat, at: 1 << 40, isRunning: true)
      #expect(!rule(bad).isEmpty)
    }
  }

  /// RobStride's and Damiao's CANopen firmwares mean something else by modes and objects.
  @Test func aForeignVendorIsFoundOutBeforeAnythingIsWritten() throws {
    let steps = BringUpStep.sequence(for: SampleRobots.canopenArm().joints[0])
    let asked = try #require(steps.firstIndex { $0.request == .readParameter(CANopen.Object.deviceType) })
    for step in steps[..<asked] {
      let isHarmless: Bool
      switch step.request {
      case .writeParameter(CANopen.Object.networkCommand, _), .writeParameter(CANopen.Object.controlword, 0):
        isHarmless = true
      // Name and versions, so that a complaint says which device it is about.
      case .readParameter: isHarmless = true
      default: isHarmless = false
      }
      #expect(isHarmless, "\(step.purpose)")
    }
    #expect(steps[asked].expected == 402 && !steps[asked].isOptional)
  }

  /// Firmware of AK drives acts on its last command when it next enters its mode.
  @Test func anMITDriveLetsGoBeforeItLeavesItsMode() {
    let rule: Rule = { run in
      run.robot.joints.flatMap { joint -> [String] in
        let drive = joint.configuration.drive
        guard drive.family == .mit else { return [] }
        let zero = DriveCodec.encode(MotorCommand(), for: drive)
        var found: [String] = []
        var last: CANFrame?
        for (index, saying) in run.sayings(to: drive) {
          let frame = run.frames[index].frame
          if saying == .command { last = frame }
          if saying == .disable, let last, (0..<8).contains(where: { last.payload[$0] != zero.payload[$0] }) {
            found.append("turn \(run.frames[index].turn)")
          }
        }
        return found
      }
    }
    for run in HostFrames.all {
      // One that says it is in fault is off by itself, and is not commanded once more.
      if case .error = run.robot.joints[0].configuration.drive.dialect { continue }
      #expect(rule(run).isEmpty, "\(run.name): \(rule(run).prefix(3))")
      guard let frame = encode(.disable, of: [.mit])(run) else { continue }
      var bad = run
      let drive = run.robot.joints[0].configuration.drive
      bad.forge(DriveCodec.encode(MotorCommand(torque: 1), for: drive), at: 1 << 40, isRunning: true)
      bad.forge(frame, at: 1 << 41, isRunning: true)
      #expect(!rule(bad).isEmpty)
    }
  }

  @Test func aRobStrideIsStoppedBeforeItsModeIsWritten() {
    let rule: Rule = { run in
      run.robot.joints.flatMap { joint -> [String] in
        let drive = joint.configuration.drive
        guard drive.family == .robstride else { return [] }
        var isStopped = false
        var found: [String] = []
        for (index, saying) in run.sayings(to: drive) {
          switch saying {
          case .disable, .clear: isStopped = true
          case .enable: isStopped = false
          case .write(0x7005, _): if !isStopped { found.append("turn \(run.frames[index].turn)") }
          default: break
          }
        }
        return found
      }
    }
    check(rule, forged: [])
    var bad = HostFrames(name: "forged", robot: SampleRobots.arm())
    let drive = bad.robot.joints[1].configuration.drive
    bad.forge(DriveCodec.encode(.enable, for: drive), at: 1, isRunning: false)
    bad.forge(DriveCodec.encode(.writeParameter(0x7005, 0), for: drive), at: 2, isRunning: false)
    #expect(!rule(bad).isEmpty)
  }

  /// 0 is nobody's own identifier, and as delivered.
  @Test func aDamiaoIsNotMadeNobodys() {
    for drive in [FirmwareBench.damiao, FirmwareBench.flexibleDamiao] {
      for register in [Damiao.Register.masterID, Damiao.Register.driveID] {
        let zero = DriveCodec.encode(.writeParameter(register, 0), for: drive)
        #expect(Saying.all(in: zero, to: drive) == [.ask])
        let own = DriveCodec.encode(.writeParameter(register, 0x15), for: drive)
        #expect(Saying.all(in: own, to: drive) == [.write(register, 0x15)])
      }
    }
  }

  /// Each row of the table names tests that exist.
  @Test func theTableNamesTests() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let tests = root.appendingPathComponent("Tests")
    var sources = ""
    let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)
    while let file = files?.nextObject() as? URL {
      if file.pathExtension == "swift" { sources += try String(contentsOf: file, encoding: .utf8) }
    }
    let table = try String(
      contentsOf: root.appendingPathComponent("Firmware-Interfaces/Hazards.md"), encoding: .utf8)
    let rows = table.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
    #expect(rows.count > 30)
    for row in rows {
      let last = row.split(separator: "|").last ?? ""
      let names = last.split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }.map {
        String($0.element)
      }
      for name in names where !name.hasSuffix(".py") {
        let parts = name.split(separator: ".")
        for part in parts {
          #expect(sources.contains("func \(part)(") || sources.contains("struct \(part) "), "\(name)")
        }
      }
      #expect(!names.isEmpty || last.contains("the type"), "\(row)")
    }
  }

  /// A watchdog of 0 or no number would be the drive's own, or none; see `Saying.moteus`, which looks at each command.
  @Test func everyMoteusCommandCarriesItsWatchdog() throws {
    let drive = SampleRobots.moteusArm().joints[0].configuration.drive
    var unwatched = drive
    unwatched.watchdog_us = 0
    let sound = Saying.all(in: DriveCodec.encode(MotorCommand(torque: 1), for: drive), to: drive)
    let bad = Saying.all(in: DriveCodec.encode(MotorCommand(torque: 1), for: unwatched), to: drive)
    #expect(sound.contains(.command) && !sound.contains { if case .unknown = $0 { true } else { false } })
    #expect(bad.contains { if case .unknown = $0 { true } else { false } })
    let run = try #require(HostFrames.all.first { $0.name == "moteus" })
    #expect(run.frames.filter { $0.sayings.contains(.command) }.count > 3000)
  }
}
