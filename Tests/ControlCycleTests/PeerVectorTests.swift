import ControlCycle
import Foundation
import Testing

/// Random commands and feedback as damiao-motor, an independent peer, encodes and decodes them.
///
/// Tests/Interop/check_peers.py made the file and checks it against the package; here the codec meets it.
struct PeerVectorTests {
  struct File: Decodable {
    var models: [Model]
  }
  struct Model: Decodable, Sendable, CustomTestStringConvertible {
    struct Command: Decodable, Sendable {
      var value: MotorCommand
      var data: String

      init(from decoder: any Decoder) throws {
        var row = try decoder.unkeyedContainer()
        value = MotorCommand(
          position: try row.decode(Double.self), velocity: try row.decode(Double.self),
          stiffness: try row.decode(Double.self), damping: try row.decode(Double.self),
          torque: try row.decode(Double.self))
        data = try row.decode(String.self)
      }
    }
    struct Feedback: Decodable, Sendable {
      var data: String
      var values: [Double]

      init(from decoder: any Decoder) throws {
        var row = try decoder.unkeyedContainer()
        data = try row.decode(String.self)
        values = try row.decode([Double].self)
      }
    }
    struct Scale: Decodable, Sendable {
      var model: String
      var position: Double
      var velocity: Double
      var torque: Double
      var stiffness: Double
      var damping: Double
    }

    var range: Scale
    var commands: [Command]
    var feedback: [Feedback]
    var testDescription: String { range.model }

    var drive: DriveConfiguration {
      DriveConfiguration(
        family: .damiao, bus: 0, id: 1, masterID: 0x11, isFlexibleDataRate: false,
        range: DriveRange(
          position: range.position, velocity: range.velocity, torque: range.torque,
          stiffness: range.stiffness, damping: range.damping))
    }
  }

  static let models: [Model] = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = root.appending(path: "Firmware-Interfaces/Vectors/damiao_random.json")
    guard let data = try? Data(contentsOf: file) else { return [] }
    return (try? JSONDecoder().decode(File.self, from: data).models) ?? []
  }()

  @Test func everyRowIsThere() {
    #expect(Self.models.count == 4)
    #expect(Self.models.allSatisfy { $0.commands.count == 64 && $0.feedback.count == 32 })
  }

  @Test(arguments: models) func commandsAreThePeersToTheBit(model: Model) throws {
    for command in model.commands {
      let expected = try WireVector.Frame(id: "0x1", extended: false, data: command.data).value
      #expect(wire(DriveCodec.encode(command.value, for: model.drive)) == wire(expected))
    }
  }

  @Test(arguments: models) func feedbackIsThePeersToTheBit(model: Model) throws {
    for feedback in model.feedback {
      let frame = try WireVector.Frame(id: "0x11", extended: false, data: feedback.data).value
      guard case .feedback(let state) = DriveCodec.decode(frame, for: model.drive) else {
        Issue.record("\(feedback.data) is no feedback")
        continue
      }
      let values = feedback.values
      #expect(Array(values[1...3]) == [state.position, state.velocity, state.torque])
      #expect(state.temperature == max(values[4], values[5]))
      let meaning = Damiao.meaning(ofStatus: UInt8(values[0]))
      #expect(state.mode == meaning.mode && state.faults == meaning.faults)
    }
  }
}
