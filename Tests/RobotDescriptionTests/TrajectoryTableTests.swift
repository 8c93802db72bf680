import Foundation
import JointControl
import Testing

@testable import RobotDescription

/// Trajectories of other tools.
@Suite("Trajectories from tables and messages")
struct TrajectoryTableTests {
  private func robot() throws -> Robot {
    // The files go when the directory does.
    let directory = try RobotDirectory()
    return try withExtendedLifetime(directory) { try RobotDescription.load(directory.path) }
  }

  private func table(_ text: String) throws -> Motion {
    try RobotDescription.table(SourceText(path: "t.csv", text: text), for: try robot())
  }

  @Test("Columns are found by their names; joints without one stay at home")
  func columns() throws {
    let robot = try robot()
    let names = robot.joints.map(\.name)
    let motion = try table("\(names[1]), time\r\n0.5,0\r\n0.6,1.5\r\n\r\n")
    #expect(motion.points.map(\.time) == [0, 1.5] && motion.points.map { $0.positions[1] } == [0.5, 0.6])
    #expect(motion.points[1].positions[0] == robot.joints[0].home && motion.points[0].velocities == nil)
    let moving = try table("t,\(names[0]),\(names[0])_velocity\n0,0.1,0\n1,0.2,0.3\n")
    #expect(moving.points[1].velocities?[0] == 0.3 && moving.points[1].velocities?[1] == 0)
  }

  @Test("What is wrong in a table is told with its line")
  func refusals() throws {
    let name = try robot().joints[0].name
    for (text, words) in [
      ("time,\(name)", "1 to"), ("time,elbw\n0,1", "no driven joint 'elbw'"),
      ("\(name)\n0", "no column 'time'"),
      ("time\n0", "no column of a joint"), ("time,\(name),\(name)\n0,1,1", "twice"),
      ("time,\(name)\n0,0\n1", "1 values for 2 columns"), ("time,\(name)\n0,x", "'x' is not a finite number"),
      ("time,\(name)\n0,nan", "'nan'"), ("time,\(name)\n1,0\n1,0", "does not come after"),
    ] {
      let error = #expect(throws: DescriptionError.self) { try table(text) }
      #expect("\(String(describing: error))".contains(words), "\(words): \(String(describing: error))")
    }
  }

  @Test("A message of ROS is read as YAML and as JSON, what it has beside the motion left aside")
  func message() throws {
    let robot = try robot()
    let name = robot.joints[0].name
    let json = """
      {"header": {"frame_id": "", "stamp": {"sec": 0, "nanosec": 0}}, "joint_names": ["\(name)"], "points": [
       {"positions": [0.1], "velocities": [0.0], "accelerations": [0.0], "effort": [], "time_from_start": {"sec": 0, "nanosec": 0}},
       {"positions": [0.2], "velocities": [0.0], "accelerations": [0.0], "effort": [], "time_from_start": {"sec": 1, "nanosec": 500000000}}]}
      """
    let source = SourceText(path: "m.json", text: json)
    let motion = try RobotDescription.loadMotion(source, for: robot, isForeign: true)
    #expect(motion.points.map(\.time) == [0, 1.5] && motion.points.map { $0.positions[0] } == [0.1, 0.2])
    #expect(throws: DescriptionError.self) { try RobotDescription.loadMotion(source, for: robot) }
  }
}
