import ArgumentParser
import ControlCycle
import JointControl

extension MoveCommand {
  /// Refuses a program that the robot cannot make.
  func check(_ program: MoveProgram, for robot: Robot) throws(Failure) {
    let objections = program.objections(for: robot)
    guard objections.isEmpty else { throw Failure(objections, program: file ?? verb.rawValue) }
  }

  /// Prints what a program would be.
  func plan(_ program: MoveProgram, of robot: Robot, targets: TargetFeed.Outcome? = nil) throws {
    let preview = MovePreview(program, robot: robot)
    var report = MoveReport(program: program, robot: robot, preview: preview)
    report.targets = targets
    if let plot { try report.draw(to: plot) }
    print(json ? report.json.text : report.table, terminator: json ? "\n" : "")
    if let failure = report.failure { throw failure }
    if let failure = targets?.failure { throw failure }
  }

  /// Asks, runs and reports.
  func move(
    _ robot: Robot, _ program: MoveProgram, feed: TargetFeed? = nil, keeping file: TaughtFile? = nil
  ) throws {
    let homing = try place.homing(of: robot, at: self.robot)
    if place.asks {
      var asked = program
      // What comes in is not known yet; what follows it is.
      asked.steps.removeAll { if case .stream = $0.verb { true } else { false } }
      let preview = MovePreview(asked, robot: robot)
      // What the player would do from home stands for it: which joints, how far; limits hold from any pose.
      let points = preview.times.indices.map { index in
        Motion.Point(time: preview.times[index], positions: preview.positions.map { $0[index] })
      }
      try Confirmation(
        robot: robot, motion: Motion(name: program.text, points: points), runTime: nil, homing: homing
      ).ask()
    }
    let recording = try place.record.map {
      try RunRecording(
        robot: self.robot, text: place.text(of: self.robot), name: robot.name, motion: self.file, path: $0,
        faultFile: "auto",
        target: place.target,
        seed: place.seed, pace: place.pace)
    }
    var session = RunSession(
      robot: robot, motion: nil, runTime: nil, target: place.target, pace: place.pace, seed: place.seed,
      faults: [], trace: place.trace, realtime: place.realtime, recording: recording, onLoss: .stop,
      isQuiet: json)
    session.moves = program
    session.homing = homing
    var report = try session.run()
    report.moves = program
    report.movedRobot = robot
    report.targets = feed?.outcome
    report.taught = file?.keep(report.taughtMotion, of: robot)
    if !json { report.realtime.warn() }
    print(json ? report.json.text : report.table, terminator: json ? "\n" : "")
    if let failure = Failure(report.moveRecords, of: program, robot: robot) { throw failure }
    // However the run ended, what was led is lost where its file is.
    if report.taughtMotion != nil, let failure = report.taught?.failure { throw failure }
    try report.conclude(json: json)
    if let failure = report.targets?.failure ?? report.taught?.failure { throw failure }
  }

  /// Follows targets line by line.
  func stream(_ robot: Robot) throws {
    var stream = TargetStream(
      verb.rawValue, verb == .speedj ? .velocity : .position, patience: watchdog, source: .listed([]))
    // Where nothing passes between two lines by itself, or nobody is there to see it, they are so far apart.
    let isTimed = dryRun || file != nil || (place.target == .sim && place.pace == .fast)
    var frame: FrameTargets?
    if verb == .servol {
      let (link, chain) = try limb(robot)
      do throws(LinearMotionError) {
        frame = try FrameTargets(robot, link: link, chain: chain, from: robot.joints.map(\.home))
      } catch { throw refusal("servol", error.message, error.fix) }
    }
    let feed = try TargetFeed(
      path: file,
      reader: TargetLineReader(
        stream, robot: robot, speed: speed, interval: isTimed ? every ?? 0.02 : nil, frame: frame.take()),
      json: json)
    func program(_ source: TargetStream.Source) throws(Failure) -> MoveProgram {
      stream.source = source
      let program = ending(
        MoveProgram(
          name: verb.rawValue, steps: [MoveProgram.Step(.stream(stream), speed: speed)], riseTime: riseTime),
        of: robot)
      try check(program, for: robot)
      return program
    }
    if dryRun {
      let targets = feed.readAll()
      return try plan(program(.listed(targets)), of: robot, targets: feed.outcome)
    }
    let queue = TargetQueue(
      capacity: TargetFeed.room, waits: place.target == .sim && place.pace == .fast)
    let made = try program(.live(queue))
    feed.start(into: queue)
    defer { queue.abandon() }
    try move(robot, made, feed: feed)
  }
}

extension MoveProgram {
  /// What it is, in a few words.
  var text: String {
    let words = steps.map(\.verb.word)
    return words.count > 1 && words.count < 5 ? words.joined(separator: ", then ") : name
  }
}
