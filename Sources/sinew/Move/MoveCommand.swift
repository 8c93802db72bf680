import ArgumentParser
import ControlCycle
import Foundation
import JointControl
import RobotDescription

/// One motion verb on a simulated or a real robot.
struct MoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "move",
    abstract: "Move a robot by a verb: to joint positions, home, down, through a motion, to a stop.",
    discussion: """
      Arms the robot, makes the motion, damps and lets go, as sinew run does, in simulation or for real. Motions are limited
      in velocity, acceleration and jerk and planned in the cycle in which they begin. Unless said otherwise all joints arrive
      together, and use a quarter of their limits. At the end the joints are let go, damped: what gravity moves then sinks, and
      beyond a limit that is a fault. End with down where that matters.

        movej   joints go to --to: a pose of robot.yaml by its name, or joint=rad,joint=rad. With --joints only these
                joints move, and --to may be as many numbers. Joints that are not named stay.
        movel   the frame of --link moves in straight lines through --by or --points, corners rounded by --blend; the joints
                between --from and the link move, found by inverse kinematics before anything moves. What is out of reach,
                singular or at a limit on the way is refused, with the place. --orientation says how it is turned.
        path    through the poses of --via on a smooth curve, as fast as the limits allow, written as for --to with a
                semicolon between poses.
        trajectory   follows --file: a ROS 2 JointTrajectory as YAML or JSON, or a .csv with a column time [s] and columns
                named as joints [rad], JOINT_velocity [rad/s] for velocities. With --retime only its way counts.
        home    every joint goes home.
        down    joints go to the pose 'down' of robot.yaml, where the body rests, and are let go there.
        play    plays the program of --file, a list of verbs with times, see Robots/program.schema.json.
        stop    begins a movej and breaks it off after --after seconds by the stop of --category.
        lock    arms and holds the pose for --for seconds.

      A target outside a joint's limits is refused before anything moves. Where a new target comes on the way, and turning
      to it would pass a position limit, the joints come to rest first and go from there.

      --dry-run moves nothing: it prints how long the motion takes, its peaks and the limits that it comes up to.

      EXAMPLES
        sinew move Robots/navigator movej --to Elbow_L=-0.8,Elbow_R=-0.8 --pace fast
        sinew move Robots/navigator movej --joints Elbow_L,Elbow_R --to -0.8,-0.8 --speed 0.5 --dry-run
        sinew move Robots/navigator movel --link hand_L --from clavicle_L --by 0,0,0.1 --dry-run
        sinew move Robots/navigator movel --link hand_L --from clavicle_L --by 0,0,0.05 --orientation free --dry-run
        sinew move Robots/navigator path --via "ready;Elbow_L=-0.5;home" --speed 0.5 --dry-run
        sinew move Robots/navigator trajectory --file reach.csv --dry-run
        sinew move Robots/navigator home --dry-run --json
        sinew move Robots/navigator stop --to Elbow_L=-0.1 --after 0.3 --category 2 --dry-run --plot stop.svg
        sinew move Robots/navigator lock --for 2 --pace fast
        sinew move my_robot down --target real
      """)

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Argument(help: "What is done.")
  var verb: MoveVerbName

  @Option(
    parsing: .unconditional,
    help: "Where joints go: a pose's name, joint=rad,joint=rad, or with --joints numbers [rad].")
  var to: String?

  @Option(help: "The joints that move, separated by commas.")
  var joints: String?

  @Option(help: "Poses of path, as for --to, separated by semicolons.")
  var via: String?

  @Option(help: "Link whose frame movel moves.")
  var link: String?

  @Option(help: "The joints beyond this link move. (default: all from the root)")
  var from: String?

  @Option(
    parsing: .unconditional,
    help: "Points of movel, x,y,z;x,y,z, each from the one before, along world axes [m].")
  var by: String?

  @Option(parsing: .unconditional, help: "Points of movel in the world, x,y,z;x,y,z [m].")
  var points: String?

  @Option(help: "Distance from a corner of movel at which it begins to be rounded [m].")
  var blend = 0.0

  @Option(
    parsing: .unconditional,
    help:
      "Orientation of movel's frame: hold, free, or at the end w,x,y,z or roll,pitch,yaw [rad] in the world.")
  var orientation = "hold"

  @Flag(help: "Keep the way of a trajectory and time it anew, as fast as the limits allow.")
  var retime = false

  @Option(help: "Highest velocity of movel's frame [m/s].")
  var velocity = 0.25

  @Option(help: "Program of verbs to play, or trajectory to follow.")
  var file: String?

  @Option(help: "Share of the velocity and acceleration limits that is used, above 0, at most 1.")
  var speed = MoveProgram.Step.usualSpeed

  @Option(help: "Time in which acceleration may rise to what is used of its limit [s]; bounds the jerk.")
  var riseTime = MoveProgram.usualRiseTime

  @Option(
    help: "time: all joints arrive together. phase: on a straight line too. none: each as soon as it can.")
  var sync: MoveSynchronization = .time

  @Option(help: "Seconds after which stop breaks the motion off.")
  var after = 0.5

  @Option(help: "1: every joint stops as fast as it can. 2: all come to rest together, near their way.")
  var category = 2

  @Option(name: .customLong("for"), help: "Seconds for which lock holds.")
  var duration = 5.0

  @Flag(help: "Plan only: print duration, peaks and limits.")
  var dryRun = false

  @Option(help: "With --dry-run, draw the motion to an SVG file.")
  var plot: String?

  @OptionGroup
  var place: TargetOptions

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  func validate() throws {
    let given: [(String, Bool)] = [
      ("--via", via != nil), ("--link", link != nil), ("--from", from != nil), ("--by", by != nil),
      ("--points", points != nil), ("--blend", blend != 0), ("--orientation", orientation != "hold"),
      ("--retime", retime),
      ("--velocity", velocity != 0.25),
      ("--to", to != nil), ("--joints", joints != nil), ("--file", file != nil),
      ("--sync", sync != .time),
    ]
    if let (option, _) = given.first(where: { $0.1 && !verb.options.contains($0.0) }) {
      throw ValidationError("\(option) does not go with \(verb.rawValue).")
    }
    if [.movej, .stop].contains(verb) && to == nil { throw ValidationError("\(verb.rawValue) needs --to.") }
    if verb == .path && via == nil { throw ValidationError("path needs --via.") }
    if verb == .movel && (link == nil || (by == nil) == (points == nil)) {
      throw ValidationError("movel needs --link, and one of --by and --points.")
    }
    if !(blend >= 0 && blend.isFinite) { throw ValidationError("--blend is at least 0.") }
    if !(velocity > 0 && velocity <= 100) { throw ValidationError("--velocity is above 0, at most 100.") }
    if !(speed > 0 && speed <= 1) { throw ValidationError("--speed is above 0, at most 1.") }
    if !(riseTime > 0 && riseTime <= 10) { throw ValidationError("--rise-time is above 0, at most 10.") }
    if [.play, .trajectory].contains(verb) && file == nil {
      throw ValidationError("\(verb.rawValue) needs --file.")
    }
    if plot != nil && !dryRun { throw ValidationError("--plot goes with --dry-run.") }
    if ![1, 2].contains(category) { throw ValidationError("--category is 1 or 2.") }
    if !(after > 0 && after.isFinite) { throw ValidationError("--after is above 0.") }
    if !(duration > 0 && duration.isFinite) { throw ValidationError("--for is above 0.") }
  }

  func run() throws {
    do {
      let robot = try loadRobot(at: robot)
      let program = try program(for: robot)
      let objections = program.objections(for: robot)
      guard objections.isEmpty else { throw Failure(objections, program: file ?? verb.rawValue) }
      if dryRun {
        let preview = MovePreview(program, robot: robot)
        let report = MoveReport(program: program, robot: robot, preview: preview)
        if let plot { try report.draw(to: plot) }
        print(json ? report.json.text : report.table, terminator: json ? "\n" : "")
        if let failure = report.failure { throw failure }
        return
      }
      try move(robot, program)
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
  }

  private func move(_ robot: Robot, _ program: MoveProgram) throws {
    let homing = try place.homing(of: robot, at: self.robot)
    if place.asks {
      let preview = MovePreview(program, robot: robot)
      // What the player would do from home stands for it: which joints, how far; limits hold from any pose.
      let points = preview.times.indices.map { index in
        Motion.Point(time: preview.times[index], positions: preview.positions.map { $0[index] })
      }
      try Confirmation(
        robot: robot, motion: Motion(name: program.name, points: points), runTime: nil, homing: homing
      ).ask()
    }
    let recording = try place.record.map {
      try RunRecording(
        robot: self.robot, name: robot.name, motion: file, path: $0, faultFile: "auto", target: place.target,
        seed: place.seed, pace: place.pace)
    }
    var session = RunSession(
      robot: robot, motion: nil, runTime: nil, target: place.target, pace: place.pace, seed: place.seed,
      faults: [], trace: place.trace, realtime: place.realtime, recording: recording, onLoss: .stop,
      isQuiet: json)
    session.moves = program
    session.homing = homing
    let report = try session.run()
    if !json { report.realtime.warn() }
    print(json ? report.json.text : report.table, terminator: json ? "\n" : "")
    if let failure = Failure(report.moveRecords, of: program, robot: robot) { throw failure }
    try report.conclude(json: json)
  }
}

/// How joints wait for each other, as an option.
enum MoveSynchronization: String, ExpressibleByArgument, CaseIterable {
  case time, phase, none

  /// What the generator is asked for.
  var value: JointSynchronization {
    switch self {
    case .time: .time
    case .phase: .phase
    case .none: JointSynchronization.none
    }
  }
}
