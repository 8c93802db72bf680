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
      together, and use a quarter of their limits.

      In the end the joints are let go, and gravity has them. So what the verb did is followed by --then: down, where robot.yaml
      has that pose, goes there first; hold holds for --for seconds, or until Ctrl-C, and then goes down; release lets go where
      the joints are, damped. Ctrl-C stops and lets go at once.

        movej   joints go to --to: a pose of robot.yaml by its name, or joint=rad,joint=rad. With --joints only these
                joints move, and --to may be as many numbers. Joints that are not named stay.
        movel   the frame of --link moves in straight lines through --by or --points, corners rounded by --blend; the joints
                between --from and the link move, found by inverse kinematics before anything moves. What is out of reach,
                singular or at a limit on the way is refused, with the place. --orientation says how it is turned.
        path    through the poses of --via on a smooth curve, as fast as the limits allow, written as for --to with a
                semicolon between poses.
        trajectory   follows --file: a ROS 2 JointTrajectory as YAML or JSON; a .csv with a column time [s] and columns
                named as joints [rad], JOINT_velocity [rad/s] for velocities; or an .mcap: what a recording of sinew run's
                commanded, the first JointTrajectory, or a spline through JointStates. --topic names one. With --retime only
                its way counts.
        home    every joint goes home.
        down    joints go to the pose 'down' of robot.yaml, where the body rests, and are let go there.
        play    plays the program of --file, a list of verbs with times, see Robots/program.schema.json.
        stop    begins a movej and breaks it off after --after seconds by the stop of --category.
        lock    arms and holds the pose for --for seconds.
        servoj  joints follow positions that standard input, or --file, brings line by line.
        servol  the frame of --link follows positions and orientations, as servoj, found by inverse kinematics line by line.
        speedj  joints follow velocities, each line until the next one; none takes a joint beyond a position limit.
        teach   for --for seconds the joints of --joints, all without, are led by hand, without stiffness and with walls before
                their limits; the others hold. Then they hold where they were led to, and --file has where they were every --every
                seconds, a .csv that trajectory follows. Ctrl-C ends it earlier, with what was led so far. Meanwhile no push
                is a collision. A drive that takes no torque cannot be led.

      A line of a stream is a JSON object, {"Elbow_L": -0.5, "Elbow_R": -0.5}, of servol {"position": [x, y, z], "quaternion":
      [w, x, y, z]}; or numbers in the columns that the first line names, Elbow_L,Elbow_R or x,y,z. A time, in seconds since
      the stream began, says when it counts; without, at once, or from a file and at --pace fast --every seconds after the one
      before. Between lines motions are limited as all others. A line that cannot be followed is refused with its number, the
      others are followed, and the command ends with 1. After --watchdog seconds without a line the joints stop, the stream is
      over, and the command ends with 1.

      A push from outside stops the robot where robot.yaml says collision:, or with --collision and a level: from what the drives
      measure and the model of the body and its reducers. The command then ends with 1 and says which joint was pushed.

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
        sinew move Robots/navigator trajectory --file wave.mcap --topic /arm/joint_trajectory --dry-run
        sinew move Robots/navigator home --dry-run --json
        sinew move Robots/navigator stop --to Elbow_L=-0.1 --after 0.3 --category 2 --dry-run --plot stop.svg
        sinew move Robots/navigator lock --for 2 --pace fast
        sinew move Robots/navigator movej --to ready --then hold --for 3 --pace fast
        sinew move Robots/rig movej --to shoulder=1 --collision 0.3 --pace fast
        my_planner | sinew move Robots/navigator servoj --watchdog 0.2
        sinew move Robots/navigator speedj --file velocities.csv --pace fast --json
        sinew move Robots/navigator servol --link hand_L --from clavicle_L --file circle.csv --dry-run --plot circle.svg
        sinew move Robots/rig teach --joints elbow,wrist --for 20 --file led.csv --pace real
        sinew move Robots/rig trajectory --file led.csv --retime
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

  @Option(help: "Link whose frame movel and servol move.")
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

  @Option(
    help:
      "Program of verbs to play, trajectory to follow, targets of a stream (default: standard input), or where teach writes."
  )
  var file: String?

  @Option(help: "Topic of an .mcap file that trajectory follows. (default: the first that holds a motion)")
  var topic: String?

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

  @Option(
    name: .customLong("for"),
    help: "Seconds for which teach leads, lock holds (default: 5), and --then hold (default: until Ctrl-C).")
  var duration: Double?

  @Option(help: "Seconds without a line after which a stream is over and the joints stop.")
  var watchdog = TargetStream.usualPatience

  @Option(
    help:
      "Seconds from line to line of a stream that says no times (default: 0.02), or of what teach writes (default: 0.05)."
  )
  var every: Double?

  @Option(
    help:
      "What follows: down, hold or release, see above. (default: down where there is that pose; release after lock)"
  )
  var then: MoveEnding?

  @Option(
    help:
      "Part of a joint's torque limit from which a torque from outside stops the robot; 0 for none. (default: robot.yaml's)"
  )
  var collision: Double?

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
      ("--sync", sync != .time), ("--watchdog", watchdog != TargetStream.usualPatience),
      ("--every", every != nil), ("--topic", topic != nil),
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
    if verb == .teach && (duration == nil || !(file ?? "").lowercased().hasSuffix(".csv")) {
      throw ValidationError("teach needs --for, and --file, which ends in .csv.")
    }
    if plot != nil && !dryRun { throw ValidationError("--plot goes with --dry-run.") }
    if ![1, 2].contains(category) { throw ValidationError("--category is 1 or 2.") }
    if !(after > 0 && after.isFinite) { throw ValidationError("--after is above 0.") }
    if let duration {
      if !(duration > 0 && duration <= 1e5) { throw ValidationError("--for is above 0, at most 100000.") }
      if ![.lock, .teach].contains(verb) && then != .hold {
        throw ValidationError("--for goes with teach, lock and --then hold.")
      }
    }
    if let collision, !(collision >= 0 && collision <= 1) {
      throw ValidationError("--collision is at least 0, at most 1.")
    }
    if verb == .servol && link == nil { throw ValidationError("servol needs --link.") }
    if !(watchdog > 0 && watchdog <= 3600) { throw ValidationError("--watchdog is above 0, at most 3600.") }
    if let every, !(every > 0 && every <= 100) { throw ValidationError("--every is above 0, at most 100.") }
    if place.asks && verb.isStream && file == nil {
      throw ValidationError("A real robot that follows standard input cannot ask there; add --yes.")
    }
  }

  func run() throws {
    do {
      let robot = try place.robot(at: robot)
      if verb.isStream { return try stream(robot) }
      let program = try program(for: robot)
      try check(program, for: robot)
      if dryRun { return try plan(program, of: robot) }
      try move(robot, program, keeping: verb == .teach ? TaughtFile(at: file ?? "") : nil)
    } catch let failure as Failure {
      throw failure.report(json: json)
    }
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
