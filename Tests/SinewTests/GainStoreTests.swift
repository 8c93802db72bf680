import ControlCycle
import Foundation
import JointControl
import RobotDescription
import Testing

@testable import sinew

/// The trial and the history beside a robot file.
@Suite("The store of gains")
struct GainStoreTests {
  /// A copy of the rig for the time of one test.
  private final class Folder {
    let path: String
    let yaml: String

    init() throws {
      path = FileManager.default.temporaryDirectory.appendingPathComponent("gains-\(UUID().uuidString)").path
      let rig = (#filePath as NSString).deletingLastPathComponent + "/../../Robots/rig"
      try FileManager.default.copyItem(atPath: rig, toPath: path)
      yaml = try String(contentsOfFile: path + "/robot.yaml", encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var text: String { (try? String(contentsOfFile: path + "/robot.yaml", encoding: .utf8)) ?? "" }
    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
    func gains(_ joint: String, _ choice: GainChoice = .saved) throws -> ImpedanceGains? {
      try GainStore.load(GainStore(path).text(choice)).joints.first { $0.name == joint }?.configuration.gains
    }
  }

  private func set(_ store: GainStore, _ gains: [String: (Double, Double)]) throws {
    try store.setTrial(
      gains.mapValues { ImpedanceGains(stiffness: $0.0, damping: $0.1) }, provenance: .now(by: "test"))
  }

  @Test("A trial leaves robot.yaml alone, and later sets go over earlier ones")
  func trial() throws {
    let folder = try Folder()
    let store = try GainStore(folder.path)
    try set(store, ["elbow": (250, 5), "wrist": (30, 0.5)])
    try set(store, ["elbow": (220, 4.5)])
    #expect(folder.text == folder.yaml)
    #expect(try folder.gains("elbow", .trial) == ImpedanceGains(stiffness: 220, damping: 4.5))
    #expect(try folder.gains("wrist", .trial) == ImpedanceGains(stiffness: 30, damping: 0.5))
    #expect(try folder.gains("elbow") == ImpedanceGains(stiffness: 200, damping: 4))
    #expect(try store.dropTrial(lastOnly: true) == ["elbow"])
    #expect(try folder.gains("elbow", .trial) == ImpedanceGains(stiffness: 250, damping: 5))
    #expect(try store.dropTrial() == ["elbow", "wrist"])
    #expect(try store.dropTrial() == nil)
    #expect(throws: Failure.self) { try store.text(.trial) }
  }

  @Test("What the robot would be refused with is refused before anything is written")
  func refused() throws {
    let folder = try Folder()
    let store = try GainStore(folder.path)
    let before = folder.names
    do {
      // Beyond the full scale of a DM4310's frame.
      try set(store, ["wrist": (2000, 0.5)])
      Issue.record("it was taken")
    } catch let failure as Failure {
      #expect(failure.problems.first?.location == store.trialPath && failure.code == Failure.badDescription)
    }
    #expect(folder.names == before)
  }

  @Test("Saves are taken back one after the other, to where it began")
  func reverts() throws {
    let folder = try Folder()
    let store = try GainStore(folder.path)
    try set(store, ["elbow": (250, 5)])
    _ = try store.save()
    try set(store, ["elbow": (260, 5), "wrist": (30, 0.5)])
    let second = try store.save()
    #expect(second.changes.keys.sorted() == ["elbow", "wrist"])
    #expect(
      folder.text
        == folder.yaml.replacing("200, damping: 4}", with: "260, damping: 5}")
        .replacing("40, damping: 0.7}", with: "30, damping: 0.5}"))
    #expect(try store.trial(of: GainStore.load(store.saved())) == nil)
    #expect(try store.revertSave() != nil)
    #expect(try folder.gains("elbow") == ImpedanceGains(stiffness: 250, damping: 5))
    #expect(try store.revertSave() != nil)
    #expect(folder.text == folder.yaml)
    #expect(try store.revertSave() == nil)
    let actions = try GainHistory(store.historyPath).entries.map(\.action)
    #expect(actions == [.save, .save, .revert, .revert])
  }

  @Test("A save that died between its line and the robot file is not taken back")
  func died() throws {
    let folder = try Folder()
    let store = try GainStore(folder.path)
    try set(store, ["elbow": (250, 5)])
    _ = try store.save()
    let stood = folder.text
    try set(store, ["elbow": (260, 5)])
    _ = try store.save()
    // As if the second rename had not come to pass.
    try stood.write(toFile: folder.path + "/robot.yaml", atomically: true, encoding: .utf8)
    #expect(try store.revertSave() != nil)
    #expect(folder.text == folder.yaml)
    #expect(try GainHistory(store.historyPath).entries.map(\.action) == [.save, .save, .void, .revert])
  }

  @Test("Gains that somebody wrote by hand since are not overwritten by going back")
  func handwritten() throws {
    let folder = try Folder()
    let store = try GainStore(folder.path)
    try set(store, ["elbow": (250, 5)])
    _ = try store.save()
    let edited = folder.text.replacing("250, damping: 5}", with: "240, damping: 5}")
    try edited.write(toFile: folder.path + "/robot.yaml", atomically: true, encoding: .utf8)
    #expect(throws: Failure.self) { try store.revertSave() }
    #expect(folder.text == edited)
  }

  @Test("A line of the history that was cut off is passed over, one that is something else is refused")
  func torn() throws {
    let folder = try Folder()
    let store = try GainStore(folder.path)
    try set(store, ["elbow": (250, 5)])
    _ = try store.save()
    let whole = try String(contentsOfFile: store.historyPath, encoding: .utf8)
    try (whole + "{\"schema\": \"sin").write(toFile: store.historyPath, atomically: true, encoding: .utf8)
    #expect(try store.revertSave() != nil)
    #expect(try GainHistory(store.historyPath).entries.map(\.action) == [.save, .revert])
    try (whole + "{}\n").write(toFile: store.historyPath, atomically: true, encoding: .utf8)
    do {
      _ = try GainHistory(store.historyPath)
      Issue.record("it was read")
    } catch let failure { #expect(failure.problems[0].location.hasSuffix(":2")) }
  }

  @Test("Where gains come from is kept from the trial to the history, whole")
  func provenance() throws {
    let folder = try Folder()
    let store = try GainStore(folder.path)
    var provenance = GainProvenance.now(by: "tune auto")
    provenance.target = "real"
    provenance.firmware = ["elbow": "5013"]
    provenance.logHash = "abc"
    provenance.report = "out/report.html"
    provenance.note = "new \"belt\"\n"
    try store.setTrial(["elbow": ImpedanceGains(stiffness: 250, damping: 5)], provenance: provenance)
    let trial = try #require(try store.trial(of: GainStore.load(store.saved())))
    #expect(trial.provenance(ofJoint: "elbow") == provenance)
    _ = try store.save()
    let history = try GainHistory(store.historyPath)
    let gains = try #require(try folder.gains("elbow"))
    #expect(history.provenance(ofJoint: "elbow", gains: gains) == provenance)
  }

  @Test("A trial of another robot, or a damaged one, is refused with its file")
  func damaged() throws {
    let folder = try Folder()
    let store = try GainStore(folder.path)
    try set(store, ["elbow": (250, 5)])
    let good = try String(contentsOfFile: store.trialPath, encoding: .utf8)
    for text in [
      good.replacing("\"rig\"", with: "\"other\""), String(good.dropLast(9)), "[]", "{}",
      good.replacing("elbow", with: "knee"), good.replacing(": 250", with: ": -250"),
      good.replacing("trial/1", with: "trial/2"),
    ] {
      try text.write(toFile: store.trialPath, atomically: true, encoding: .utf8)
      do {
        _ = try store.text(.trial)
        Issue.record("it was read: \(text)")
      } catch let failure {
        #expect(failure.problems[0].location == store.trialPath && failure.code == Failure.badDescription)
      }
    }
  }
}
