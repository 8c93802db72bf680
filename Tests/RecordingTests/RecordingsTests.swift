import Foundation
import JointControl
import RobotDescription
import Testing

@testable import Recording

@Suite("Recordings kept as tests")
struct RecordingsTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Recordings")

  private static var paths: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".mcap") }.sorted().map { folder.appending(path: $0).path }
  }

  /// The robot of a recording, from the two files inside.
  private func robot(of file: RecordingFile) throws -> Robot {
    let description = try #require(file.attachments.first { $0.name == RobotDescription.fileName })
    let model = try #require(file.attachments.first { $0.mediaType == "application/xml" })
    return try RobotDescription.load(robotFile: description.data, urdf: model.data, from: file.path)
  }

  @Test("There are some") func some() { #expect(!Self.paths.isEmpty) }

  @Test("Each replays to the recorded bytes", arguments: paths)
  func replays(path: String) throws {
    let file = try RecordingFile(path: path)
    #expect(RecordingCheck(file).problems.isEmpty)
    let replay = try Replay(file, robot: try robot(of: file))
    #expect(replay.first == nil && replay.cycles > 0, "\(String(describing: replay.first))")
  }

  @Test("The one with overruns holds them as inputs: without them the replay parts from it")
  func overruns() throws {
    let file = try RecordingFile(path: Self.folder.appending(path: "leg-overruns.mcap").path)
    let driver = ReplayDriver(file: file, robots: [try robot(of: file)])
    var (missed, slowed) = (Int64(0), 0)
    try driver.run { event in
      guard case .stepped = event else { return }
      missed += driver.recorded.cycle.missed
      if driver.cores[0].control.safety.isSlowed { slowed += 1 }
    }
    #expect(missed == 18 && slowed > 100)
    let explanation = try Explanation(file, robot: try robot(of: file))
    #expect(explanation.fault?.kindName == "deadline_missed")
  }

  @Test("What is no description inside a recording is refused with its place")
  func badDescription() throws {
    let file = try RecordingFile(path: Self.folder.appending(path: "leg-overruns.mcap").path)
    let urdf = try #require(file.attachments.first { $0.mediaType == "application/xml" }).data
    for bytes in [[], Array("joints".utf8), [0xFF, 0xFE], urdf] {
      #expect {
        _ = try RobotDescription.load(robotFile: bytes, urdf: urdf, from: "a.mcap")
      } throws: { "\($0)".contains("a.mcap/robot.yaml") }
    }
  }
}
