import JointControl
import RobotDescription
import Testing

@Suite struct MotionTests {
  @Test func pointsAreInTheOrderOfTheRobotsJoints() throws {
    let directory = try RobotDirectory()
    let robot = try RobotDescription.load(directory.path)
    let motion = try RobotDescription.loadMotion(try directory.write(GoodRobot.motion, "m.yaml"), for: robot)
    #expect(motion.name == "step")
    #expect(
      motion.points == [
        Motion.Point(time: 0, positions: [0, 0.3, 0]),
        Motion.Point(time: 1.5, positions: [-0.5, 1.0, 0], velocities: [0.2, 0.1, 0]),
        Motion.Point(time: 2, positions: [0.5, 0.5, 0], velocities: [0, 0, 0], accelerations: [0, 0, 0]),
      ])
  }

  @Test func aBareNameStandsBesideTheRobot() throws {
    let directory = try RobotDirectory()
    let wanted = directory.path + "/motions/wave.yaml"
    for robot in [directory.path, directory.path + "/", directory.path + "/robot.yaml"] {
      #expect(RobotDescription.motionPath("wave", robot: robot) == wanted)
      #expect(RobotDescription.motionPath("other/wave", robot: robot) == "other/wave")
      #expect(RobotDescription.motionPath("wave.yaml", robot: robot) == "wave.yaml")
    }
  }

  @Test(arguments: broken)
  func brokenMotionsAreRefusedInTheRightLine(_ broken: BrokenCase) throws {
    let text = try #require(
      GoodRobot.motion.editing(broken.old, to: broken.new), "the edit does not apply once")
    let directory = try RobotDirectory()
    let robot = try RobotDescription.load(directory.path)
    let file = try directory.write(text, "motion.yaml")
    let error = try #require(throws: DescriptionError.self) {
      try RobotDescription.loadMotion(file, for: robot)
    }
    try broken.check(error.diagnostics, file: "motion.yaml", text: text)
  }

  static let broken = [
    BrokenCase(
      "an unknown joint", "[knee, hip]", "[nkee, hip]", message: "no driven joint 'nkee'", fix: "knee"),
    BrokenCase("a joint named twice", "[knee, hip]", "[knee, knee]", message: "named twice", fix: "remove"),
    BrokenCase(
      "a locked joint", "[knee, hip]", "[knee, toe_spread]", message: "no driven joint 'toe_spread'",
      fix: "use"),
    BrokenCase("a value too few", "[0.3, 0.0]", "[0.3]", message: "1 values for 2 joints", fix: "one value"),
    BrokenCase(
      "a speed too many", "velocities: [0.1, 0.2]", "velocities: [0.1, 0.2, 0]", message: "3 values",
      fix: "one value"),
    BrokenCase(
      "time that stands still", "time_from_start: 2", "time_from_start: 1.5",
      message: "1.5 s does not come after",
      fix: "increase"),
    BrokenCase(
      "time before the start", "time_from_start: 0.0", "time_from_start: -1", message: "-1 s", fix: "start"),
    BrokenCase(
      "a time of NaN", "time_from_start: 2", "time_from_start: .nan", message: "finite", fix: "number"),
    BrokenCase(
      "too many nanoseconds", "nanosec: 500000000", "nanosec: 1500000000", message: "nanosec", fix: "below"),
    BrokenCase(
      "a position outside its limits", "positions: [1.0, -0.5]", "positions: [2.15, -0.5]",
      message: "2.15", "'knee'", "0.05 to 2.1", fix: "inside"),
    BrokenCase(
      "a position in degrees", "positions: [1.0, -0.5]", "positions: [1.0, -30]", message: "-30", "'hip'",
      fix: "-0.523599"),
    BrokenCase(
      "a position of infinity", "positions: [1.0, -0.5]", "positions: [1.0, .inf]", message: "finite",
      fix: "number"),
    BrokenCase(
      "a speed beyond its limit", "velocities: [0.1, 0.2]", "velocities: [0.1, 9]", message: "velocity 9",
      "limit of 8", fix: "longer"),
    BrokenCase(
      "accelerations without velocities", "    velocities: [0, 0]\n", "", line: "accelerations:",
      message: "no velocities", fix: "add velocities"),
    BrokenCase(
      "a mistyped key", "motion: step", "motoin: step", message: "'motoin'", fix: "motion"),
    BrokenCase(
      "a mistyped key of a point", "    accelerations:", "    accelleration:", message: "'accelleration'",
      fix: "accelerations"),
  ]

  @Test func aMotionNeedsAPoint() throws {
    let directory = try RobotDirectory()
    let robot = try RobotDescription.load(directory.path)
    for points in ["points: []", "points: {}", "points:"] {
      let text = "motion: none\njoint_names: [hip]\n\(points)\n"
      let file = try directory.write(text, "motion.yaml")
      let error = try #require(throws: DescriptionError.self) {
        try RobotDescription.loadMotion(file, for: robot)
      }
      #expect(error.diagnostics.map(\.location.line) == [3])
      #expect(error.diagnostics.first?.message.contains("at least one point") == true)
    }
  }

  @Test func aMissingMotionIsRefused() throws {
    let directory = try RobotDirectory()
    let robot = try RobotDescription.load(directory.path)
    let path = RobotDescription.motionPath("wave", robot: directory.path)
    let error = try #require(throws: DescriptionError.self) {
      try RobotDescription.loadMotion(path, for: robot)
    }
    #expect(error.diagnostics.first?.message.contains("does not exist") == true)
  }
}
