// The loop on simulated drives under RealtimeSanitizer: everything between two waits is real time but the simulator
// itself, which stands where a robot's buses would.
//
//   RealtimeRun             2000 cycles; exits 0 when nothing in them allocated, locked or blocked
//   RealtimeRun VIOLATION   the same with one violation in cycle 1000, which the sanitizer must end
//
// The functions `violation_*` are also roots for the audit of this binary.

import ControlCycle
import Glibc
import JointControl
import Simulation

@_silgen_name("__rtsan_realtime_enter") func realtimeEnter()
@_silgen_name("__rtsan_realtime_exit") func realtimeExit()

/// The simulator, left out of the real-time part.
struct GuardedTarget: Target, ~Copyable {
  let robot: SimulatedRobot
  let cycles: Int
  private(set) var count = 0
  private var isRealtime = false

  init(_ robot: SimulatedRobot, cycles: Int) {
    self.robot = robot
    self.cycles = cycles
  }

  mutating func wait(until time: Int64) -> Int64 {
    leave()
    return robot.wait(until: time)
  }

  mutating func receive(into frames: inout FrameBuffer) {
    robot.receive(into: &frames)
    enter()
  }

  mutating func send(_ frames: borrowing FrameBuffer) {
    leave()
    robot.send(frames)
    count += 1
    // The last turn ends outside, as the run is over then.
    if count < cycles { enter() }
  }

  var now: Int64 { mutating get { robot.now } }
  var waitsForLoop: Bool { true }

  private mutating func enter() {
    isRealtime = true
    realtimeEnter()
  }

  private mutating func leave() {
    if isRealtime { realtimeExit() }
    isRealtime = false
  }
}

/// A player that commits one violation and ends after a number of cycles.
struct GuardedSource: SetpointSource, ~Copyable {
  var player: MotionPlayer
  let violation: (@convention(c) (Int64) -> Int64)?
  let cycles: Int64
  private(set) var armedCycles: Int64 = 0

  init(player: consuming MotionPlayer, violation: (@convention(c) (Int64) -> Int64)?, cycles: Int64) {
    self.player = player
    self.violation = violation
    self.cycles = cycles
  }

  mutating func next(
    _ cycle: Cycle, control: borrowing ControlCycle, into setpoints: inout SetpointBuffer
  ) -> Directive {
    if case .armed = control.safety.state { armedCycles += 1 }
    if cycle.number == 1000, let violation { _ = violation(cycle.number) }
    var directive = player.next(cycle, control: control, into: &setpoints)
    directive.isFinished = cycle.number == cycles - 1
    return directive
  }
}

@_cdecl("violation_none") func nothing(_ number: Int64) -> Int64 { number &* number }

@_cdecl("violation_allocation") func allocation(_ number: Int64) -> Int64 {
  var log = [number]
  log.append(number)
  return log[Int(number) % log.count]
}

nonisolated(unsafe) var mutex = pthread_mutex_t()

@_cdecl("violation_lock") func lock(_ number: Int64) -> Int64 {
  pthread_mutex_lock(&mutex)
  return Int64(pthread_mutex_unlock(&mutex))
}

class Filter {
  func update(_ number: Int64) -> Int64 { number }
}

final class LoggingFilter: Filter {
  override func update(_ number: Int64) -> Int64 { [number, number].reduce(0, &+) }
}

nonisolated(unsafe) var filter: Filter = LoggingFilter()

@_cdecl("violation_override") func override(_ number: Int64) -> Int64 { filter.update(number) }

@_cdecl("violation_print") func printLine(_ number: Int64) -> Int64 {
  print("cycle", number)
  return number
}

struct OutOfRange: Error {}

@inline(never) func check(_ number: Int64) throws(OutOfRange) -> Int64 {
  if number > 0 { throw OutOfRange() }
  return number
}

@_cdecl("violation_throw") func throwing(_ number: Int64) -> Int64 { (try? check(number)) ?? 0 }

@_cdecl("violation_blocking") func blocking(_ number: Int64) -> Int64 { Int64(usleep(1)) }

@main struct RealtimeRun {
  static func main() throws {
    let violations: [String: @convention(c) (Int64) -> Int64] = [
      "none": nothing, "allocation": allocation, "lock": lock, "override": override, "print": printLine,
      "throw": throwing, "blocking": blocking,
    ]
    let cycles = 2000
    let robot = SampleRobots.chain(joints: 24)
    var bench = SimulatedRobot(robot, seed: 1)
    try BringUp.run(robot, on: &bench)
    var source = GuardedSource(
      player: MotionPlayer(nil, robot: robot, runTime: nil),
      violation: CommandLine.arguments.count > 1 ? violations[CommandLine.arguments[1]] : nil,
      cycles: Int64(cycles))
    var statistics = RunStatistics()
    var loop = ControlLoop(robot, on: GuardedTarget(bench, cycles: cycles))
    try loop.run(from: &source, recording: &statistics)
    print("\(statistics.cycles) cycles, \(source.armedCycles) armed, no violation seen")
  }
}
