import ArgumentParser
import ControlCycle
import Foundation
import JointControl
import RobotDescription
import Simulation

/// How many times faster than real time a robot is simulated.
struct SimulationBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulation",
    abstract: "Time the simulation of a robot below the wire, and the control loop that drives it.",
    discussion: """
      The processor time of one thread, so that other programs disturb it less: bring-up and the first tenth of a second
      are left out. What the simulation takes (buses, drives, actuators, body) is told apart from the control loop that
      runs with it. --current-rate is the rate of the motors' currents, where joints have profiles; the body steps at
      4 kHz.

      EXAMPLES
        sinew bench simulation Robots/navigator/profiles.yaml --motion wave
        sinew bench simulation Robots/navigator --for 20 --json
      """)

  @Argument(help: "Directory with a robot.yaml, or the file itself.")
  var robot: String

  @Option(help: "Motion to play: a file, or a name in the robot's motions; without, the pose is held.")
  var motion: String?

  @Option(name: .customLong("for"), help: ArgumentHelp("Simulated time.", valueName: "seconds"))
  var duration = 5.0

  @Option(help: ArgumentHelp("Steps of a motor's current a second, 4000...100000.", valueName: "hertz"))
  var currentRate = 20_000

  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  func validate() throws {
    guard duration >= 0.5 && duration <= 1000 else {
      throw ValidationError("--for takes 0.5 to 1000 seconds.")
    }
    guard (4000...100_000).contains(currentRate) else {
      throw ValidationError("--current-rate takes 4000 to 100000.")
    }
  }

  func run() throws {
    try Failure.reporting(json: json) {
      let described = try loadRobot(at: robot)
      var played: Motion?
      if let motion {
        do throws(DescriptionError) {
          played = try RobotDescription.loadMotion(
            RobotDescription.motionPath(motion, robot: robot), for: described)
        } catch { throw Failure(error) }
      }
      let times = try time(described, played)
      print(json ? json(described, times).text : text(described, times))
    }
  }

  /// Runs the loop on the simulated robot.
  private func time(_ robot: Robot, _ motion: Motion?) throws -> SimulationTimes {
    let stand = Stand()
    var simulated = SimulatedRobot(
      robot, seed: 1, stand: stand, currentStep: Int64((1e9 / Double(currentRate)).rounded()))
    do throws(BringUpError) { try BringUp.run(robot, on: &simulated) } catch { throw Failure(error) }
    let times = SimulationTimes(leavingOut: Int(100_000_000 / robot.period))
    var loop = ControlLoop(robot, on: TimedTarget(simulated, times: times))
    var source = InterruptibleSource(
      player: MotionPlayer(motion, robot: robot, runTime: duration), stand: stand)
    var recorder = NoRecorder()
    do throws(ControlFault) { try loop.run(from: &source, recording: &recorder) } catch {
      throw Failure(
        kind: "fault", location: robot.name, message: "fault stop: \(error)",
        fix: "see that sinew run goes through with this robot", code: Failure.checkFailed)
    }
    times.end()
    return times
  }

  private func json(_ robot: Robot, _ times: SimulationTimes) -> JSONValue {
    let seconds = times.simulated(period: robot.period)
    return .object([
      ("schema", "sinew.bench.simulation/1"), ("robot", .string(robot.name)),
      ("joints", .integer(Int64(robot.joints.count))),
      ("profiles", .integer(Int64(robot.joints.count { $0.actuator.physics != nil }))),
      ("buses", .integer(Int64(robot.buses.count))), ("current_rate_hz", .integer(Int64(currentRate))),
      ("simulated_s", .number(seconds)), ("cpu_s", .number(times.whole)),
      ("simulation_cpu_s", .number(times.simulation)),
      ("real_time_factor", .number(seconds / times.whole)),
      ("simulation_real_time_factor", .number(seconds / times.simulation)),
      ("frames", .integer(Int64(times.frames))),
    ])
  }

  private func text(_ robot: Robot, _ times: SimulationTimes) -> String {
    let seconds = times.simulated(period: robot.period)
    let profiles = robot.joints.count { $0.actuator.physics != nil }
    func share(_ time: Double) -> String {
      "\(RunReport.fixed(seconds / time, 1)) times real time, "
        + "\(RunReport.fixed(time * 1e6 / Double(times.cycles), 1)) us a cycle"
    }
    return "\(robot.name): \(robot.joints.count) joints, \(profiles) with profiles, "
      + "currents at \(currentRate) Hz, "
      + "\(robot.buses.count) buses, \(times.frames) frames in \(RunReport.fixed(seconds, 1)) s\n"
      + "simulation         \(share(times.simulation))\nwith control loop  \(share(times.whole))"
  }
}

/// Processor time of one thread, by what took it; outlives the loop that it is taken in.
///
/// To ask for it costs a call of the kernel, so what is the simulation's is asked in one cycle of `stride`, and the
/// call's own time taken off.
final class SimulationTimes {
  private static let stride = 16

  /// Cycles timed.
  private(set) var cycles = 0
  /// Frames that the host sent and received in them.
  private(set) var frames = 0
  /// All of the time [s].
  private(set) var whole = 0.0
  private var sampled = 0.0
  private var samples = 0
  private var left: Int
  private var begin = 0.0
  private var start: Double?
  private let clockCost: Double

  /// Times from a cycle on.
  init(leavingOut cycles: Int) {
    left = max(cycles, 1)
    let begin = Self.now
    for _ in 0..<999 { _ = Self.now }
    clockCost = (Self.now - begin) / 1000
  }

  /// Time within the simulation [s].
  var simulation: Double { samples > 0 ? sampled * Double(cycles) / Double(samples) : 0 }

  /// Simulated time of what was timed [s].
  func simulated(period: Int64) -> Double { Double(cycles) * Double(period) * 1e-9 }

  /// A part of the simulation begins.
  fileprivate func enter() { if start != nil && isSampled { begin = Self.now } }

  /// It ended, and handed over some frames.
  fileprivate func leave(frames passed: Int = 0) {
    guard start != nil else { return }
    frames += passed
    if isSampled { sampled += Self.now - begin - clockCost }
  }

  /// A cycle ended.
  fileprivate func count() {
    if left > 0 {
      left -= 1
      if left == 0 { start = Self.now }
      return
    }
    if isSampled { samples += 1 }
    cycles += 1
  }

  fileprivate func end() { if let start { whole = Self.now - start } }

  private var isSampled: Bool { cycles % Self.stride == 0 }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// A simulated robot that notes how long each thing takes that the loop asks of it.
private struct TimedTarget: Target {
  let robot: SimulatedRobot
  let times: SimulationTimes

  init(_ robot: SimulatedRobot, times: SimulationTimes) {
    self.robot = robot
    self.times = times
  }

  var now: Int64 { robot.now }
  var waitsForLoop: Bool { true }

  mutating func wait(until time: Int64) -> Int64 {
    times.enter()
    defer { times.leave() }
    return robot.wait(until: time)
  }

  mutating func receive(into frames: inout FrameBuffer) {
    let before = frames.count
    times.enter()
    robot.receive(into: &frames)
    times.leave(frames: frames.count - before)
  }

  mutating func send(_ frames: borrowing FrameBuffer) {
    times.enter()
    robot.send(frames)
    times.leave(frames: frames.count)
    times.count()
  }
}
