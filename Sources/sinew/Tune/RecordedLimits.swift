import ControlCycle
import Foundation
import JointControl
import Recording

/// The limits that experiments ran within, and the gains that they ran with, as a recording keeps them: without them no cycle can be
/// computed again.
///
///     sinew-limits 1
///     joint NAME LOW HIGH VELOCITY TORQUE
///     gains NAME STIFFNESS DAMPING
struct RecordedLimits {
  /// Name of the attachment.
  static let name = "tune.limits"
  private static let head = "sinew-limits 1"

  /// By the joint's name.
  private let envelopes: [(joint: String, envelope: ExperimentEnvelope)]
  /// Gains that a ramp led to, by the joint's name.
  private let gains: [(joint: String, gains: ImpedanceGains)]

  /// The limits of some experiments, and the gains that a ramp led to, by index of the joint.
  init(_ experiments: [Experiment], gains: [Int: ImpedanceGains], of robot: Robot) {
    envelopes = experiments.map { (robot.joints[$0.joint].name, $0.envelope) }
    self.gains = gains.sorted { $0.key < $1.key }.map { (robot.joints[$0.key].name, $0.value) }
  }

  /// Reads an attachment.
  ///
  /// - Throws: `Failure` with the line that makes no sense.
  init(_ bytes: [UInt8], path: String) throws(Failure) {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    func refusal(_ line: Int, _ message: String) -> Failure {
      Failure(
        kind: "recording", location: "\(path):\(line)", message: message,
        fix: "use an unchanged copy of the recording", code: Failure.badDescription)
    }
    guard lines.first == Self.head else { throw refusal(1, "does not begin with '\(Self.head)'") }
    var envelopes: [(String, ExperimentEnvelope)] = []
    var gains: [(String, ImpedanceGains)] = []
    for (index, line) in lines.enumerated().dropFirst() {
      let words = line.split(separator: " ").map(String.init)
      let numbers = words.dropFirst(2).compactMap(Double.init).filter(\.isFinite)
      switch (words.first, numbers.count, words.count) {
      case ("joint", 4, 6) where numbers[0] <= numbers[1]:
        let envelope = ExperimentEnvelope(
          positions: numbers[0]...numbers[1], travel: 0, velocity: numbers[2], torque: numbers[3],
          trackingError: 0, temperature: 0)
        envelopes.append((words[1], envelope))
      case ("gains", 2, 4) where numbers[0] >= 0 && numbers[1] >= 0:
        gains.append((words[1], ImpedanceGains(stiffness: numbers[0], damping: numbers[1])))
      default: throw refusal(index + 1, "is no joint with four numbers, and no gains with two")
      }
    }
    self.envelopes = envelopes
    self.gains = gains
  }

  /// The attachment.
  var text: String {
    ([Self.head]
      + envelopes.map { joint, envelope in
        "joint \(joint) \(envelope.positions.lowerBound) \(envelope.positions.upperBound) \(envelope.velocity) "
          + "\(envelope.torque)"
      } + gains.map { "gains \($0.joint) \($0.gains.stiffness) \($0.gains.damping)" }).joined(separator: "\n")
      + "\n"
  }

  /// The robot as it was run.
  func bounded(_ robot: Robot) -> Robot {
    robot.bounded(
      by: envelopes.compactMap { name, envelope in
        robot.joints.firstIndex { $0.name == name }.map {
          Experiment(.step, joint: $0, amplitude: 0, duration: 0, envelope: envelope)
        }
      })
  }
}

extension RecordedLimits {
  /// The gains that a ramp led to, by index of the joint; empty where there was none.
  func gains(of robot: Robot) -> [Int: ImpedanceGains] {
    Dictionary(
      gains.compactMap { name, gains in
        robot.joints.firstIndex { $0.name == name }.map { ($0, gains) }
      }, uniquingKeysWith: { first, _ in first })
  }
}

extension RunRecording {
  /// Keeps the limits that experiments run within, and the gains that a ramp leads to.
  mutating func note(_ experiments: [Experiment], gains: [Int: ImpedanceGains], of robot: Robot) {
    if !gains.isEmpty { content = content.naming(law: GainRamp.self) }
    content.attachments.append(
      RecordingAttachment(
        name: RecordedLimits.name, mediaType: "text/plain",
        data: Array(RecordedLimits(experiments, gains: gains, of: robot).text.utf8)))
  }
}
