import CServoBus
import ControlCycle
import Foundation
import JointControl
import Recording
import Simulation
import Synchronization

/// One run from bring-up to report.
struct RunSession {
  /// With the zeros that homing found, once it has.
  private(set) var robot: Robot
  let motion: Motion?
  let runTime: Double?
  let target: RunTarget
  let pace: Pacing
  let seed: UInt64
  let faults: [Injection]
  let trace: String?
  let realtime: RealtimeOptions
  private(set) var recording: RunRecording?
  let onLoss: OnLoss
  /// Whether what happens on the way is kept for the report: then standard error is for failures alone.
  let isQuiet: Bool
  /// Where another process hands in setpoints; nil plays the motion.
  var port: RunPort?
  /// Verbs that are played in place of a motion.
  var moves: MoveProgram?
  /// What finds out where joints are before anything else; nil where robot.yaml says it.
  var homing: HomingProcedure?
  /// The robot that is simulated, where it is not as described.
  var plant: Robot?

  private func player(recovers: Bool = false) -> MotionPlayer {
    if let moves { return MotionPlayer(moves, robot: robot, runTime: runTime, recovers: recovers) }
    return MotionPlayer(motion, robot: robot, runTime: runTime, recovers: recovers)
  }

  func run() throws -> RunReport {
    _ = servo_signal_catch()
    let writer = try openTrace()
    let stand = Stand()
    var place = try openPlace(writer, stand: stand)
    guard let homing else { return try run(on: place, tracing: writer, stand: stand).report }
    let found: HomingReport
    do {
      found = try place.home(homing, seed: seed, stand: stand)
      try homing.forget()
    } catch {
      try? writer?.close()
      throw error
    }
    var session = self
    session.zero(found)
    let (report, positions) = try session.run(on: place, tracing: writer, stand: stand)
    try homing.keep(found, leftAt: positions)
    return report
  }

  /// Takes the zeros that homing found.
  mutating func zero(_ found: HomingReport) {
    robot = robot.zeroed(found.corrections)
    recording?.note(found)
  }

  /// Runs; also where the joints were last [rad].
  private func run(
    on place: consuming RunPlace, tracing writer: TraceWriter?, stand: Stand
  ) throws -> (report: RunReport, positions: [Double]) {
    let port = try port?.open(for: robot)
    let recorder = try openRecorder()
    let watched = target == .real ? AdapterNotices(robot, prints: !isQuiet) : nil

    let progress = Progress(duration: runTime ?? motion?.points.last?.time)
    var job = RunJob<InterruptibleSource, PortLaw>(
      robot: robot, place: place,
      source: InterruptibleSource(
        player: player(), stand: stand,
        holdsAfterFault: onLoss == .recover, port: port?.makeSource(waits: target == .sim && pace == .fast)),
      recorder: RunRecorder(
        robot.schedule, progress: progress, encoder: recorder?.makeEncoder(), port: port?.makePublisher()))
    if let port, self.port?.takesGains == true { job.law = .some(port.makeLaw()) }
    let granted: RealtimeReport
    do {
      granted = try runLegs(&job, progress: progress, stand: stand)
      if let error = job.bringUpError { throw Failure(error) }
    } catch {
      _ = watched?.stop()
      try? writer?.close()
      _ = recorder?.close()
      throw (error as? RealtimeError).map(Failure.init) ?? error
    }

    job.conclude()
    let outcome = recorder?.close()
    var traceError: TraceError?
    do throws(TraceError) { try writer?.close() } catch { traceError = error }
    let caught = servo_signal_caught()
    var report = RunReport(
      robot: robot, motion: moves?.name ?? motion?.name, target: target, seed: seed, pace: pace,
      statistics: job.recorder.statistics, carried: job.carried, plan: BusPlan(robot: robot),
      occupancy: robot.buses.indices.map { job.recorder.occupancy.load(ofBus: $0, in: robot) },
      fault: job.fault, signal: caught == 0 ? nil : caught, realtime: granted,
      traceError: traceError, lost: job.lost, bringUp: job.bringUp, recording: outcome,
      recordingPath: recording?.path, givenUp: job.givenUp, recoveries: job.recoveries,
      recoveryError: job.recoveryError)
    report.hotplug = watched?.stop()
    report.moveRecords = job.source?.player.moveRecords ?? []
    report.taughtMotion = job.source?.player.taught
    report.isKilled = job.isKilled
    report.collision = job.source?.player.collision.map { RunReport.CollisionText($0, robot: robot) }
    report.port = port?.figures
    return (report, job.positions)
  }

  /// The run, and after each loss of a bus that is mended, and that a person says is over, the run anew.
  private func runLegs(
    _ job: inout RunJob<InterruptibleSource, PortLaw>, progress: Progress, stand: Stand
  ) throws -> RealtimeReport {
    var granted = try runLeg(&job, progress: progress)
    while onLoss == .recover && servo_signal_caught() == 0, let fault = job.fault,
      !job.recoverableBuses.isEmpty
    {
      printError("fault stop: \(fault)")
      guard job.recover(observe: { printError($0.text) }), ArmQuestion.ask() else { break }
      job.source = InterruptibleSource(
        player: player(recovers: true), stand: stand,
        holdsAfterFault: true)
      granted = try runLeg(&job, progress: progress)
    }
    return granted
  }

  /// One leg of a run, on the loop's thread, with a line of progress on a terminal.
  func runLeg<Source: StoppableSource & ~Copyable, Gains: Law & ~Copyable>(
    _ job: inout RunJob<Source, Gains>, progress: Progress
  ) throws -> RealtimeReport {
    let display = ProgressDisplay(progress)
    defer { display.stop() }
    // Against no clock there is no deadline, and nothing to ask the kernel for.
    let policy = target == .sim && pace == .fast ? .off : realtime.policy(for: target)
    return try RealtimeThread.run(&job, policy: policy, settings: realtime.settings(period: robot.period))
  }

  /// The robot; a real one's interfaces are opened.
  func openPlace(_ writer: TraceWriter?, stand: Stand) throws -> RunPlace {
    switch target {
    case .sim:
      let simulated = SimulatedRobot(
        plant ?? robot, seed: seed, injections: faults, pace: pace == .fast ? .fast : .real,
        spinTail: realtime.spinTail_ns, stand: stand)
      if let writer { simulated.tap = Self.tap(into: writer.ring, waitsWhenFull: pace == .fast) }
      if faults.contains(where: { [.host, .clock].contains($0.entry.layer) }) {
        let host = FaultyHost(simulated, injections: faults, period: robot.period, seed: seed)
        return .faulty(host, faults)
      }
      return pace == .live ? .live(simulated) : .lockstep(simulated)
    case .real:
      do throws(BusErrors) {
        return .real(try RealRobot(robot, spinTail: realtime.spinTail_ns, trace: writer?.ring))
      } catch {
        try? writer?.close()
        throw Failure(error)
      }
    }
  }

  /// What the simulator does with each frame: hand it to the trace's thread. As fast as the machine can, it waits
  /// for the disk; against the clock, a frame that does not fit is dropped and counted.
  private static func tap(into ring: FrameRing, waitsWhenFull: Bool) -> (CANFrame) -> Void {
    { frame in
      while !ring.append(frame) {
        guard waitsWhenFull else { return ring.countDrop() }
        sched_yield()
      }
    }
  }

  /// What records the run; nil where nothing is to be.
  func openRecorder() throws -> Recorder? {
    guard let recording else { return nil }
    do throws(RecordingError) {
      return try Recorder(
        robot: robot, content: recording.content, path: recording.path, faultPath: recording.faultPath,
        waitsWhenFull: pace == .fast, disk: faults.compactMap(\.diskFault))
    } catch { throw Failure(error, code: Failure.hostFault) }
  }

  /// What writes the frames of all buses down; nil where nothing is to be.
  func openTrace() throws -> TraceWriter? {
    guard let trace else { return nil }
    do throws(TraceError) { return try TraceWriter(path: trace, robot: robot) } catch { throw Failure(error) }
  }
}

/// A motion player that ends in a controlled stop when a termination signal was caught.
struct InterruptibleSource: StoppableSource, ~Copyable {
  var player: MotionPlayer
  var isStopRequested: Bool {
    get { player.isStopRequested }
    set { player.isStopRequested = newValue }
  }
  /// What is let go as soon as every drive is on.
  let stand: Stand
  /// Whether the body is taken hold of when it has come to rest after a fault, as its drives are to be off for a while.
  var holdsAfterFault = false
  /// What takes the place of the motion; nil plays it.
  var port: PortSource?

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if servo_signal_caught() != 0 { player.isStopRequested = true }
    if control.safety.state == .armed { stand.letGo() }
    if holdsAfterFault && control.safety.state == .fault { stand.hold() }
    let directive = player.next(cycle, control: control, into: &setpoints)
    if port == nil { return directive }
    // The player arms and ends the run; in between, the pose it would hold gives way to the port.
    if player.phase != .playing {
      port?.pause()
    } else if port?.fill(cycle, control: control, into: &setpoints) == true {
      player.isStopRequested = true
    }
    return directive
  }
}

/// Statistics of a run, and in the schedule's telemetry cycles the numbers its progress display shows.
struct RunRecorder: CycleRecorder, ~Copyable {
  private(set) var statistics: RunStatistics
  /// What the loop's frames took on the buses.
  private(set) var occupancy = BusOccupancy()
  // The cell itself: to reach it through another object would count references.
  private let figures: LatestValue<Progress.Figures>
  private let telemetry: Schedule.Task?
  private var times = LiveTimes()
  private var encoder: CycleEncoder?
  private var port: PortPublisher?

  init(
    _ schedule: Schedule, progress: Progress, encoder: consuming CycleEncoder?,
    port: consuming PortPublisher? = nil
  ) {
    self.encoder = encoder
    self.port = port
    statistics = RunStatistics(schedule)
    telemetry = schedule.row(Schedule.telemetry).map { schedule.tasks[$0] }
    figures = progress.figures
  }

  mutating func record(
    _ record: borrowing CycleRecord, received: borrowing FrameBuffer, setpoints: borrowing SetpointBuffer,
    transmitted: borrowing FrameBuffer, control: borrowing ControlCycle
  ) {
    // First: whoever makes setpoints of it has the more time.
    port?.publish(record.cycle, control: control)
    statistics.record(
      record, received: received, setpoints: setpoints, transmitted: transmitted, control: control)
    occupancy.add(record.cycle, received: received, transmitted: transmitted)
    encoder?.record(
      record, received: received, setpoints: setpoints, transmitted: transmitted, control: control)
    guard let telemetry, telemetry.isDue(in: record.cycle.number) else { return }
    statistics.refresh(&times)
    figures.publish(
      Progress.Figures(
        armedTime: Double(statistics.armedCycles) * record.cycle.period, missed: statistics.missed,
        times: times))
  }
}

/// What the loop's thread tells the display's thread.
final class Progress: Sendable {
  struct Figures: BitwiseCopyable, Sendable {
    /// [s]
    var armedTime: Double
    /// Deadlines missed.
    var missed: Int64
    /// How long cycles and their stages take.
    var times: LiveTimes
  }
  let figures = LatestValue(Figures(armedTime: 0, missed: 0, times: LiveTimes()))
  let isStopped = Atomic<Bool>(false)
  /// Expected armed time [s]; nil when it is not known.
  let duration: Double?

  init(duration: Double?) { self.duration = duration }
}

/// One line on a terminal's stderr, twenty times a second at most, from a thread of its own.
struct ProgressDisplay {
  private let progress: Progress
  private let thread: Thread?

  init(_ progress: Progress) {
    self.progress = progress
    progress.isStopped.store(false, ordering: .releasing)
    // Where a whole screen shows how it goes, a line would only tear it.
    guard isatty(STDERR_FILENO) == 1, !TerminalScreen.isTaken else {
      thread = nil
      return
    }
    thread = Thread {
      while !progress.isStopped.load(ordering: .acquiring) {
        let figures = progress.figures.latest
        let whole = progress.duration.map { " of \(RunReport.fixed($0, 1)) s" } ?? " s"
        let missed = figures.missed == 0 ? "" : ", \(figures.missed) deadlines missed"
        let busy = [figures.times.busy.median, figures.times.busy.p99, figures.times.busy.max]
          .map { RunReport.fixed(Double($0) / 1000, 0) }.joined(separator: "/")
        FileHandle.standardError.write(
          Data(
            "\r\u{1B}[Krunning: \(RunReport.fixed(figures.armedTime, 1))\(whole), cycle \(busy) us\(missed)"
              .utf8))
        usleep(100_000)
      }
    }
    thread?.start()
  }

  /// Ends the display and clears its line.
  func stop() {
    progress.isStopped.store(true, ordering: .releasing)
    guard let thread else { return }
    while !thread.isFinished { usleep(1000) }
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }
}
