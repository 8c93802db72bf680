import Foundation
import JointControl
import Recording

/// The limits that experiments ran within, as a recording keeps them: without them no cycle can be computed again.
///
///     sinew-limits 1
///     joint NAME LOW HIGH VELOCITY TORQUE
struct RecordedLimits {
  /// Name of the attachment.
  static let name = "tune.limits"
  private static let head = "sinew-limits 1"

  /// By the joint's name.
  private let envelopes: [(joint: String, envelope: ExperimentEnvelope)]

  /// The limits of some experiments.
  init(_ experiments: [Experiment], of robot: Robot) {
    envelopes = experiments.map { (robot.joints[$0.joint].name, $0.envelope) }
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
    for (index, line) in lines.enumerated().dropFirst() {
      let words = line.split(separator: " ").map(String.init)
      let numbers = words.dropFirst(2).compactMap(Double.init)
      guard words.count == 6, words[0] == "joint", numbers.count == 4, numbers.allSatisfy(\.isFinite),
        numbers[0] <= numbers[1]
      else { throw refusal(index + 1, "is no joint with four numbers") }
      envelopes.append(
        (
          words[1],
          ExperimentEnvelope(
            positions: numbers[0]...numbers[1], travel: 0, velocity: numbers[2], torque: numbers[3],
            trackingError: 0, temperature: 0)
        ))
    }
    self.envelopes = envelopes
  }

  /// The attachment.
  var text: String {
    ([Self.head]
      + envelopes.map { joint, envelope in
        "joint \(joint) \(envelope.positions.lowerBound) \(envelope.positions.upperBound) \(envelope.velocity) "
          + "\(envelope.torque)"
      }).joined(separator: "\n") + "\n"
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

extension RunRecording {
  /// Keeps the limits that experiments run within.
  mutating func note(_ experiments: [Experiment], of robot: Robot) {
    content.attachments.append(
      RecordingAttachment(
        name: RecordedLimits.name, mediaType: "text/plain",
        data: Array(RecordedLimits(experiments, of: robot).text.utf8)))
  }
}
