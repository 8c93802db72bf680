import ControlCycle
import JointControl
import TestSupport
import Testing

@testable import sinew

@Suite("Lines of targets")
struct TargetLineTests {
  private let robot = SampleRobots.arm()

  /// Targets of lines, and the numbers of those that were refused with what was said.
  private func read(
    _ lines: [String], _ quantity: TargetStream.Quantity = .position, interval: Double? = nil
  ) -> (targets: [StreamedTarget], refusals: [LineRefusal]) {
    var reader = TargetLineReader(
      TargetStream("servoj", quantity, source: .listed([])), robot: robot, speed: 0.5, interval: interval)
    var targets: [StreamedTarget] = []
    var refusals: [LineRefusal] = []
    for (index, line) in lines.enumerated() {
      do throws(LineRefusal) {
        if let target = try reader.read(line, line: index + 1) { targets.append(target) }
      } catch { refusals.append(error) }
    }
    return (targets, refusals)
  }

  @Test("Objects and columns say the same; what is not named is not asked for")
  func forms() {
    let objects = read([
      "{\"shoulder\": 0.5}", "# a remark", "", "{\"time\": 0.3, \"elbow\": -0.25, \"shoulder\": 0}",
    ])
    let columns = read(["time,shoulder, elbow", ",0.5,", "0.3,0,-0.25"])
    #expect(objects.refusals.isEmpty && columns.refusals.isEmpty)
    for targets in [objects.targets, columns.targets] {
      #expect(targets.count == 2 && targets[0].time.isNaN && targets[1].time == 0.3)
      #expect(targets[0].values[0] == 0.5 && targets[0].values[1].isNaN && targets[1].values[1] == -0.25)
    }
  }

  @Test("Lines without a time come one interval after another, or after the last that says one")
  func intervals() {
    let found = read(
      ["{\"elbow\": 0}", "{\"elbow\": 0.1}", "{\"time\": 2}", "{\"elbow\": 0}"], interval: 0.5)
    #expect(found.targets.map(\.time) == [0, 0.5, 2, 2.5])
  }

  @Test(
    "A line that cannot be followed is refused with its number and what to do, and the next ones are read",
    arguments: [
      (["{\"knee\": 1}"], "no driven joint 'knee'"), (["{\"elbow\": \"much\"}"], "finite number"),
      (["{\"elbow\": 1e400}"], "no JSON object"), (["{\"elbow\": 9}"], "outside its limits"),
      (["{"], "no JSON object"),
      (["shoulder", "x"], "finite number"), (["shoulder", "1,2"], "2 values for 1 columns"),
      (["0.5"], "before the line that names"), (["shoulder,shoulder"], "twice"),
      (["{\"elbow\": 0}", "0.1"], "no JSON object"),
      (["{\"time\": 1}", "{\"time\": 0.5}"], "after the line before"),
      (["{\"time\": -1}"], "after the line before"), (["shoulder", "nan"], "finite number"),
      (["{\"elbow\": [1]}"], "finite number"), (["[1]"], "no driven joint"),
    ])
  func refusals(lines: [String], message: String) {
    let found = read(lines + ["{\"elbow\": 0.1}"])
    #expect(found.refusals.first?.line == lines.count && found.refusals.first?.fix.isEmpty == false)
    #expect(found.refusals.first?.message.contains(message) == true, "\(found.refusals)")
  }

  @Test("A velocity beyond the share of its limit is refused")
  func velocity() {
    let limit = robot.joints[0].configuration.limits.velocity
    #expect(read(["{\"shoulder\": \(0.49 * limit)}"], .velocity).targets.count == 1)
    #expect(read(["{\"shoulder\": \(0.51 * limit)}"], .velocity).refusals.count == 1)
  }

  @Test("Options that do not go together are refused before anything is loaded")
  func options() {
    for options in [
      ["servol"], ["servoj", "--to", "ready"], ["servoj", "--watchdog", "0"],
      ["movej", "--to", "home", "--every", "1"],
      ["movej", "--to", "home", "--for", "2"], ["speedj", "--target", "real"], ["servoj", "--every", "0"],
      ["movej", "--to", "home", "--then", "sleep"],
    ] {
      #expect(throws: (any Error).self) { try MoveCommand.parse(["Robots/rig"] + options) }
    }
    #expect(throws: Never.self) {
      _ = try MoveCommand.parse(["Robots/rig", "movej", "--to", "home", "--then", "hold", "--for", "2"])
      _ = try MoveCommand.parse(["Robots/rig", "speedj", "--watchdog", "0.1"])
    }
  }
}
