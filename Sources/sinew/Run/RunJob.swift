import ControlCycle
import JointControl
import Simulation

/// What a loop runs on.
enum RunPlace: ~Copyable {
  /// A simulated robot whose time waits for the loop.
  case lockstep(SimulatedRobot)
  /// A simulated robot on a host that faults are made of.
  case faulty(FaultyHost, [Injection])
  /// A simulated robot whose time does not.
  case live(SimulatedRobot)
  /// A robot on its interfaces.
  case real(RealRobot)
}

/// Where a job is: before its first leg, or behind one, with the loop as it stands.
private enum RunStage: ~Copyable {
  case place(RunPlace)
  case lockstep(ControlLoop<SimulatedRobot>)
  case faulty(ControlLoop<FaultyHost>, [Injection])
  case live(ControlLoop<LiveRobot>)
  case real(ControlLoop<RealRobot>)
}

/// What a bus carried in a run.
struct BusCarried {
  /// Part of the time that the bus carried frames; nil where nobody can tell.
  var load: Double?
  /// What went over a real interface.
  var traffic: BusTraffic?
}

/// A bus that was given up, and what for.
struct GivenUpBus: Equatable {
  var bus: Int
  var cause: FaultKind
}

/// What the loop's thread does, leg by leg: no drive is touched before the kernel granted what the loop needs.
///
/// A run has one leg, and one more after each recovery of its buses.
struct RunJob<Source: StoppableSource & ~Copyable, Gains: Law & ~Copyable>: RealtimeJob, ~Copyable {
  let robot: Robot
  private var stage: RunStage?
  /// Nil only while the loop has it.
  var source: Source?
  var recorder: RunRecorder
  /// Where gains come from; nil leaves those of the description.
  var law: Gains?
  private(set) var bringUpError: BringUpError?
  private(set) var bringUp = RunReport.BringUpOutcome()
  /// How the last leg ended, when it was in a fault stop.
  private(set) var fault: ControlFault?
  private(set) var lost = RunReport.Lost()
  /// By bus.
  private(set) var carried: [BusCarried] = []
  /// Buses that are given up after the last leg.
  private(set) var givenUp: [GivenUpBus] = []
  /// Recoveries so far.
  private(set) var recoveries: [RunReport.Recovered] = []
  /// Why the last recovery failed.
  private(set) var recoveryError: RecoveryError?
  /// Whether the loop was killed by a fault.
  private(set) var isKilled = false
  /// Where the joints were at the end of the last leg [rad]; empty before.
  private(set) var positions: [Double] = []

  /// Recoveries of one run, at most: a bus that is lost again and again is to be mended.
  static var mostRecoveries: Int { 3 }

  init(
    robot: Robot, place: consuming RunPlace, source: consuming Source, recorder: consuming RunRecorder
  ) {
    self.robot = robot
    stage = .some(.place(place))
    self.source = .some(source)
    self.recorder = recorder
  }

  mutating func run() {
    guard let stage = self.stage.take() else { return }
    switch consume stage {
    case .place(let place): begin(place)
    case .lockstep(var loop):
      loop.target.resume()
      if identifies(&loop.target) { loop = run(loop) }
      self.stage = .some(.lockstep(loop))
    case .faulty(var loop, let injections):
      if identifies(&loop.target) { loop = run(loop, injecting: injections) }
      self.stage = .some(.faulty(loop, injections))
    case .live(var loop):
      if identifies(&loop.target) { loop = run(loop) }
      self.stage = .some(.live(loop))
    case .real(var loop):
      if identifies(&loop.target) { loop = run(loop) }
      loop.target.secure()
      self.stage = .some(.real(loop))
    }
  }

  /// The first leg: every drive is brought up, then the loop runs.
  private mutating func begin(_ place: consuming RunPlace) {
    switch consume place {
    case .lockstep(let simulated):
      var buses = simulated
      guard bringsUp(&buses) else { return }
      stage = .some(.lockstep(run(ControlLoop(robot, on: simulated))))
    case .faulty(var host, let injections):
      guard bringsUp(&host) else { return }
      stage = .some(.faulty(run(ControlLoop(robot, on: host), injecting: injections), injections))
    case .live(let simulated):
      var buses = simulated
      guard bringsUp(&buses) else { return }
      stage = .some(.live(run(ControlLoop(robot, on: LiveRobot(simulated, period: robot.period)))))
    case .real(var real):
      guard bringsUp(&real) else { return real.secure() }
      let loop = run(ControlLoop(robot, on: real))
      loop.target.secure()
      stage = .some(.real(loop))
    }
  }

  private mutating func bringsUp<LoopTarget: Target & ~Copyable>(_ target: inout LoopTarget) -> Bool {
    do throws(BringUpError) {
      let start = target.now
      bringUp.identities = try BringUp.run(robot, on: &target)
      bringUp.time = target.now - start
      return true
    } catch {
      bringUpError = error
      return false
    }
  }

  /// Brings every drive up once more before a later leg: nobody knows what happened to it while a person was asked.
  private mutating func identifies<LoopTarget: Target & ~Copyable>(_ target: inout LoopTarget) -> Bool {
    do throws(RecoveryError) {
      try Recovery.identify(robot, known: bringUp.identities, on: &target)
      return true
    } catch {
      recoveryError = error
      return false
    }
  }

  private mutating func run<LoopTarget: Target & ~Copyable>(
    _ stopped: consuming ControlLoop<LoopTarget>
  ) -> ControlLoop<LoopTarget> {
    guard var source = self.source.take() else { return stopped }
    let loop = run(stopped, from: &source)
    self.source = .some(source)
    return loop
  }

  /// The loop with setpoints that go wrong; when it is killed, a second in which nobody sends anything.
  private mutating func run(
    _ stopped: consuming ControlLoop<FaultyHost>, injecting injections: [Injection]
  ) -> ControlLoop<FaultyHost> {
    guard let source = self.source.take() else { return stopped }
    var faulty = FaultySource(source, injections: injections, robot: robot)
    var loop = run(stopped, from: &faulty)
    isKilled = faulty.isKilled
    if isKilled { _ = loop.target.wait(until: loop.target.now + 1_000_000_000) }
    self.source = .some(faulty.finish())
    return loop
  }

  private mutating func run<LoopTarget: Target & ~Copyable, Setpoints: SetpointSource & ~Copyable>(
    _ stopped: consuming ControlLoop<LoopTarget>, from source: inout Setpoints
  ) -> ControlLoop<LoopTarget> {
    var loop = stopped
    fault = nil
    if var law = self.law.take() {
      do throws(ControlFault) {
        try loop.run(from: &source, applying: &law, recording: &recorder)
      } catch { fault = error }
      self.law = .some(law)
    } else {
      do throws(ControlFault) { try loop.run(from: &source, recording: &recorder) } catch { fault = error }
    }
    positions = robot.joints.indices.map { loop.control.states[$0].position }
    lost.droppedFrames = loop.droppedFrames
    lost.unknownFrames = loop.control.unknownFrames
    lost.rejectedSamples = 0
    for joint in robot.joints.indices { lost.rejectedSamples += loop.control.samples[joint].rejected }
    givenUp = []
    for bus in robot.buses.indices where loop.control.buses[bus].cause.isFault {
      givenUp.append(GivenUpBus(bus: bus, cause: loop.control.buses[bus].cause))
    }
    return loop
  }

  /// Adds up what was carried, once all legs are over.
  mutating func conclude() {
    guard let stage = self.stage.take() else { return }
    switch consume stage {
    case .place: break
    case .lockstep(let loop): note(loop.target)
    case .faulty(let loop, _): note(loop.target.robot)
    case .live(let loop): note(loop.target.robot)
    case .real(let loop):
      for bus in robot.buses.indices {
        let traffic = loop.target.traffic(ofBus: bus)
        lost.droppedFrames += Int(traffic.unsent + traffic.missing)
        carried.append(BusCarried(load: nil, traffic: traffic))
      }
    }
  }

  private mutating func note(_ simulated: SimulatedRobot) {
    lost.droppedFrames += simulated.overrun
    for bus in robot.buses.indices {
      let statistics = simulated.statistics(ofBus: bus)
      lost.droppedFrames += statistics.dropped
      carried.append(BusCarried(load: statistics.load, traffic: nil))
    }
  }
}

// MARK: Recovery

extension RunJob where Source: ~Copyable, Gains: ~Copyable {
  /// Buses that a recovery would bring back; empty where the run did not stop for a bus.
  var recoverableBuses: [Int] {
    guard let fault, recoveryError == nil, recoveries.count < Self.mostRecoveries else { return [] }
    if fault.fault.kind.isOfBus { return givenUp.map(\.bus) }
    // Every drive of a bus is silent: it is the bus, though its controller did not notice.
    guard fault.fault.kind == .sampleLost, fault.isWholeBus else { return [] }
    let silent = robot.buses.indices.filter { fault.buses.contains(robot.buses[$0].name) }
    return Array(Set(silent + givenUp.map(\.bus))).sorted()
  }

  /// Brings the lost buses back, on the calling thread, which is not that of the loop; false, with the reason kept, when
  /// that failed. The robot stands, its drives are off, and they stay so.
  mutating func recover(observe: (Recovery.Event) -> Void) -> Bool {
    guard let fault, let stage = self.stage.take() else { return false }
    let buses = recoverableBuses
    do throws(RecoveryError) {
      let report: Recovery.Report
      switch consume stage {
      case .place(let place):
        self.stage = .some(.place(place))
        return false
      case .lockstep(var loop):
        loop.target.resume()
        let answer = Self.recover(buses, robot, bringUp.identities, &loop.target, observe)
        self.stage = .some(.lockstep(loop))
        report = try answer.get()
      case .faulty(var loop, let injections):
        let answer = Self.recover(buses, robot, bringUp.identities, &loop.target, observe)
        self.stage = .some(.faulty(loop, injections))
        report = try answer.get()
      case .live(var loop):
        let answer = Self.recover(buses, robot, bringUp.identities, &loop.target, observe)
        self.stage = .some(.live(loop))
        report = try answer.get()
      case .real(var loop):
        let answer = Self.recover(buses, robot, bringUp.identities, &loop.target, observe)
        if case .failure = answer { loop.target.secure() }
        self.stage = .some(.real(loop))
        report = try answer.get()
      }
      recoveries.append(RunReport.Recovered(fault: fault, report: report))
      return true
    } catch {
      recoveryError = error
      return false
    }
  }

  private static func recover<LoopTarget: RecoverableTarget & ~Copyable>(
    _ buses: [Int], _ robot: Robot, _ known: [DeviceIdentity], _ target: inout LoopTarget,
    _ observe: (Recovery.Event) -> Void
  ) -> Result<Recovery.Report, RecoveryError> {
    do throws(RecoveryError) {
      return .success(try Recovery.run(buses, of: robot, known: known, on: &target, observe: observe))
    } catch { return .failure(error) }
  }
}
