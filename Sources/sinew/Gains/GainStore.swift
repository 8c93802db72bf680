import ArgumentParser
import ControlCycle
import Foundation
import JointControl
import Recording
import RobotDescription

/// Which gains a robot is run with.
enum GainChoice: String, ExpressibleByArgument, CaseIterable {
  /// Those of robot.yaml.
  case saved
  /// Those of the trial, over those of robot.yaml.
  case trial
}

/// The gains of one robot file, and the trial and the history beside it.
///
/// A trial lives in a file of its own and in the loop: gains travel with the commands, and no drive's flash is written.
struct GainStore {
  /// The robot file.
  let path: String
  /// Gains that are tried.
  let trialPath: String
  /// What was saved and taken back.
  let historyPath: String

  /// The store of a robot.
  ///
  /// - Parameter robot: the robot's directory, or its robot file. `gains.trial.json` and `gains.history.jsonl` stand beside
  ///   `robot.yaml`, `NAME.gains.trial.json` beside a `NAME.yaml`.
  /// - Throws: `Failure` where there is no robot file.
  init(_ robot: String) throws(Failure) {
    path = try Self.text(robot).path
    let name = (path as NSString).lastPathComponent
    let stem = name == RobotDescription.fileName ? "" : (name as NSString).deletingPathExtension + "."
    trialPath = RobotDescription.besideRobotFile(path, "\(stem)gains.trial.json")
    historyPath = RobotDescription.besideRobotFile(path, "\(stem)gains.history.jsonl")
  }

  /// The robot file as it stands.
  func saved() throws(Failure) -> RobotFileText { try Self.text(path) }

  /// The trial; nil where there is none.
  func trial(of robot: Robot) throws(Failure) -> GainTrial? {
    guard FileManager.default.fileExists(atPath: trialPath) else { return nil }
    return try GainTrial(trialPath, of: robot)
  }

  /// The robot file with the gains chosen; nothing is written.
  ///
  /// - Throws: `Failure` for a mistake in the robot file, and where a trial is asked for and there is none or it cannot be had.
  func text(_ choice: GainChoice) throws(Failure) -> RobotFileText {
    let text = try saved()
    if choice == .saved { return text }
    guard let trial = try trial(of: Self.load(text)) else {
      throw Failure(
        kind: "gains", location: trialPath, message: "there is no trial",
        fix: "write one with sinew gains set, or leave out --gains trial", code: Failure.badDescription)
    }
    return try tried(trial.gains, over: text)
  }

  /// Adds a set to the trial, which is made where there is none. Nothing of robot.yaml changes.
  ///
  /// - Parameters:
  ///   - gains: by the joint's name [N.m/rad, N.m.s/rad].
  ///   - provenance: where they come from.
  /// - Throws: `Failure` where the robot would be refused with these gains, as when it is loaded, or the file cannot be written.
  func setTrial(_ gains: [String: ImpedanceGains], provenance: GainProvenance) throws(Failure) {
    let trial = try trial(with: gains, provenance)
    try AtomicFile.replace(trialPath, with: Array(trial.text.utf8))
  }

  /// Refuses what `setTrial` would refuse; nothing is written.
  func checkTrial(_ gains: [String: ImpedanceGains]) throws(Failure) {
    _ = try trial(with: gains, .now(by: ""))
  }

  /// The trial with one more set, of gains that the robot may have.
  private func trial(
    with gains: [String: ImpedanceGains], _ provenance: GainProvenance
  ) throws(Failure) -> GainTrial {
    let text = try saved()
    let robot = try Self.load(text)
    var trial = try trial(of: robot) ?? GainTrial(robot: robot.name, sets: [])
    trial.sets.append(GainTrial.Set(gains: gains, provenance: provenance))
    _ = try Self.load(tried(trial.gains, over: text), for: trialPath)
    return trial
  }

  /// Drops the trial, or its last set alone.
  ///
  /// - Returns: the joints whose gains were tried; nil where there is no trial.
  /// - Throws: `Failure` where the file cannot be read or written.
  func dropTrial(lastOnly: Bool = false) throws(Failure) -> [String]? {
    guard FileManager.default.fileExists(atPath: trialPath) else { return nil }
    guard lastOnly else {
      // Also one that cannot be read.
      let trial = try? trial(of: Self.load(saved()))
      try AtomicFile.remove(trialPath)
      return trial.map { $0.gains.keys.sorted() } ?? []
    }
    guard var trial = try trial(of: Self.load(saved())), let last = trial.sets.popLast() else { return nil }
    if trial.sets.isEmpty {
      try AtomicFile.remove(trialPath)
    } else {
      try AtomicFile.replace(trialPath, with: Array(trial.text.utf8))
    }
    return last.gains.keys.sorted()
  }

  /// Makes the trial the robot file: patched in place, comments and layout kept. The trial is gone afterwards.
  ///
  /// - Returns: what changed.
  /// - Throws: `Failure` where there is no trial, the robot would be refused, or a file cannot be written; robot.yaml then stands as
  ///   it was.
  func save() throws(Failure) -> GainHistory.Entry {
    let text = try saved()
    let robot = try Self.load(text)
    guard let trial = try trial(of: robot) else {
      throw Failure(
        kind: "gains", location: trialPath, message: "there is no trial to save",
        fix: "write one with sinew gains set", code: Failure.badDescription)
    }
    let patched = try tried(trial.gains, over: text)
    _ = try Self.load(patched, for: trialPath)
    var changes: [String: GainHistory.Change] = [:]
    for joint in robot.joints {
      guard let after = trial.gains[joint.name], after != joint.configuration.gains else { continue }
      changes[joint.name] = GainHistory.Change(
        before: joint.configuration.gains, after: after, provenance: trial.provenance(ofJoint: joint.name))
    }
    let entry = try write(patched, over: text, .save, changes)
    try AtomicFile.remove(trialPath)
    return entry
  }

  /// Takes the last save back: the gains before it are written into robot.yaml.
  ///
  /// - Returns: what changed; nil where no save stands.
  /// - Throws: `Failure` where somebody changed those gains since, or a file cannot be written.
  func revertSave() throws(Failure) -> GainHistory.Entry? {
    let text = try saved()
    let robot = try Self.load(text)
    var history = try GainHistory(historyPath)
    try history.settle(hash: ConfigurationHash.hex(of: text.bytes))
    guard let last = history.standing else { return nil }
    var changes: [String: GainHistory.Change] = [:]
    for (name, change) in last.changes {
      guard let now = robot.joints.first(where: { $0.name == name })?.configuration.gains, now == change.after
      else {
        throw Failure(
          kind: "gains", location: path,
          message:
            "the gains of joint '\(name)' are no longer those that were saved on \(last.provenance.when)",
          fix: "write those you want with sinew gains set", code: Failure.checkFailed)
      }
      changes[name] = GainHistory.Change(
        before: now, after: change.before,
        provenance: history.settled.last {
          $0.changes[name] != nil && $0.changes[name] != change && $0.changes[name]?.after == change.before
        }?.changes[name]?.provenance)
    }
    let patched = try tried(changes.mapValues(\.after), over: text)
    _ = try Self.load(patched, for: historyPath)
    return try write(patched, over: text, .revert, changes)
  }
}

// MARK: Texts

extension GainStore {
  private func write(
    _ patched: RobotFileText, over text: RobotFileText, _ action: GainHistory.Action,
    _ changes: [String: GainHistory.Change]
  ) throws(Failure) -> GainHistory.Entry {
    var history = try GainHistory(historyPath)
    let hash = ConfigurationHash.hex(of: text.bytes)
    try history.settle(hash: hash)
    let entry = GainHistory.Entry(
      action: action, provenance: .now(by: "gains \(action.rawValue)"), changes: changes, hashBefore: hash,
      hashAfter: ConfigurationHash.hex(of: patched.bytes))
    guard entry.hashAfter != hash else { return entry }
    try history.append(entry)
    try AtomicFile.replace(path, with: patched.bytes)
    return entry
  }

  /// A robot file with other gains.
  func tried(_ gains: [String: ImpedanceGains], over text: RobotFileText) throws(Failure) -> RobotFileText {
    do throws(DescriptionError) { return try text.setting(gains) } catch { throw Failure(error) }
  }

  /// The robot of a text. What is wrong with one that was made of others' gains is placed where those stand.
  static func load(_ text: RobotFileText, for gains: String? = nil) throws(Failure) -> Robot {
    do throws(DescriptionError) { return try text.load() } catch {
      var failure = Failure(error)
      guard let gains else { throw failure }
      for index in failure.problems.indices { failure.problems[index].location = gains }
      throw failure
    }
  }

  private static func text(_ path: String) throws(Failure) -> RobotFileText {
    do throws(DescriptionError) { return try RobotFileText(path) } catch { throw Failure(error) }
  }
}
