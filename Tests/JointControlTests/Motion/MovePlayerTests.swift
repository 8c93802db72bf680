import ControlCycle
import TestSupport
import Testing

@testable import JointControl

/// What the player did, cycle by cycle, and what of it was beyond a limit.
private struct Track {
  var end: [JointSetpoint] = []
  var duration = 0.0
  var records: [MovePlayer.Record] = []
  /// Largest excess over position [rad], velocity [rad/s] and acceleration limits [rad/s^2], by a share of the limits.
  var positionExcess = 0.0, velocityExcess = 0.0, accelerationExcess = 0.0
  /// Largest change of acceleration between two cycles, of what the rise time allows.
  var jerkShare = 0.0

  init(_ program: MoveProgram, robot: Robot, from start: [Double], speed: Double = 1) {
    var player = MovePlayer(program, robot: robot)
    player.begin(at: start)
    var setpoints = SetpointBuffer()
    var accelerations = [Double](repeating: 0, count: start.count)
    let period = Double(robot.period) * 1e-9
    var cycle = 0
    while cycle < 200_000 {
      duration = Double(cycle) * period
      let isOver = player.next(at: duration, into: &setpoints)
      for (index, joint) in robot.joints.enumerated() {
        let (limits, point) = (joint.configuration.limits, setpoints.joints[index])
        positionExcess = max(
          positionExcess, point.position - limits.maxPosition, limits.minPosition - point.position)
        velocityExcess = max(velocityExcess, abs(point.velocity) - speed * limits.velocity)
        accelerationExcess = max(accelerationExcess, abs(point.acceleration) - speed * limits.acceleration)
        let jerk = abs(point.acceleration - accelerations[index]) / period
        jerkShare = max(jerkShare, jerk / (speed * limits.acceleration / program.riseTime))
        accelerations[index] = point.acceleration
      }
      cycle += 1
      if isOver { break }
    }
    end = robot.joints.indices.map { setpoints.joints[$0] }
    records = player.records
  }
}

@Suite("Motion verbs, cycle by cycle")
struct MovePlayerTests {
  private let robot = SampleRobots.arm()

  private func randomTargets(_ random: inout SeededGenerator) -> [Double?] {
    robot.joints.map {
      let limits = $0.configuration.limits
      return Double.random(in: limits.minPosition...limits.maxPosition, using: &random)
    }
  }

  @Test(
    "1,000 random targets, each replaced on the way at a random cycle: the last is met, no limit is passed")
  func randomTargets() {
    var random = SeededGenerator(seed: 11)
    var replaced = 0
    for number in 0..<1000 {
      let start = randomTargets(&random).map { $0 ?? 0 }
      let (first, last) = (randomTargets(&random), randomTargets(&random))
      let synchronization: JointSynchronization = [.time, .phase, .none][number % 3]
      let program = MoveProgram(
        name: "random",
        steps: [
          MoveProgram.Step(.joints(first, synchronization), speed: 1),
          MoveProgram.Step(
            .joints(last, synchronization), speed: 1,
            at: Double(Int.random(in: 1...400, using: &random)) * 0.001),
        ])
      #expect(program.objections(for: robot).isEmpty)
      let track = Track(program, robot: robot, from: start)
      if track.records[0].outcome == .replaced { replaced += 1 }
      #expect(track.records[1].outcome == .done)
      for (point, target) in zip(track.end, last) {
        #expect(abs(point.position - (target ?? 0)) <= 1e-8)
        #expect(point.velocity == 0 && point.acceleration == 0)
      }
      #expect(track.positionExcess <= 1e-12 && track.velocityExcess <= 1e-9)
      #expect(track.accelerationExcess <= 1e-9 && track.jerkShare <= 1 + 1e-6)
    }
    #expect(replaced > 500, "a target that is always reached first would show nothing")
  }

  @Test("A stop of category 2 ends for all joints at once, of category 1 for each as soon as it can")
  func stops() {
    for category in [StopCategory.one, .two] {
      let program = MoveProgram(
        name: "stop",
        steps: [
          MoveProgram.Step(.joints([1.2, -1], .time), speed: 0.5),
          MoveProgram.Step(.stop(category), at: 0.15),
        ])
      let track = Track(program, robot: robot, from: [0, 0])
      #expect(track.records[0].outcome == .replaced && track.records[1].outcome == .done)
      #expect(track.end.allSatisfy { $0.velocity == 0 && $0.acceleration == 0 })
      #expect(track.end[0].position > 0.01 && track.end[0].position < 1.1)
      #expect(track.positionExcess <= 0 && track.jerkShare <= 1 + 1e-6)
      var bare = program
      bare.steps.removeLast()
      #expect(abs(Track(bare, robot: robot, from: [0, 0]).end[0].position - 1.2) <= 1e-8)
    }
  }

  @Test("Where a new target's way would pass a position limit, the joints come to rest first")
  func comesToRestFirst() {
    let limit = robot.joints[0].configuration.limits.maxPosition
    let program = MoveProgram(
      name: "turn",
      steps: [
        MoveProgram.Step(.joints([limit, nil], .time), speed: 1),
        // As slow as this the joint could not turn before its limit.
        MoveProgram.Step(.joints([limit - 0.5, nil], .time), speed: 0.02, at: 0),
      ])
    let free = MovePreview(
      MoveProgram(name: "free", steps: [program.steps[0]]), robot: robot, from: [limit - 0.6, 0])
    var turning = program
    turning.steps[1].start = 0.7 * free.duration
    let track = Track(turning, robot: robot, from: [limit - 0.6, 0])
    #expect(track.records[1].stoppedFirst && track.records[1].outcome == .done)
    #expect(track.positionExcess <= 1e-12)
    #expect(abs(track.end[0].position - (limit - 0.5)) <= 1e-8)
    turning.steps[1].speed = 1
    #expect(!Track(turning, robot: robot, from: [limit - 0.6, 0]).records[1].stoppedFirst)
  }

  @Test("A motion is approached, played through its points and left at rest")
  func playsMotion() {
    let motion = Motion(
      name: "sway",
      points: [(0, [0.3, -0.2]), (0.8, [0.6, 0.1]), (1.6, [0.2, -0.4])].map {
        Motion.Point(time: $0.0, positions: $0.1)
      })
    let program = MoveProgram(name: "play", steps: [MoveProgram.Step(.motion(motion))])
    #expect(program.objections(for: robot).isEmpty)
    let track = Track(program, robot: robot, from: [0, 0])
    #expect(track.duration > 1.6 && track.records[0].outcome == .done)
    for (point, target) in zip(track.end, [0.2, -0.4]) { #expect(abs(point.position - target) <= 1e-12) }
    #expect(track.positionExcess <= 0 && track.velocityExcess <= 0 && track.accelerationExcess <= 0)
  }

  @Test("Locked joints refuse to move, before the run and in it")
  func lock() {
    var program = MoveProgram(
      name: "locked",
      steps: [
        MoveProgram.Step(.lock), MoveProgram.Step(.joints([0.5, nil], .time)),
        MoveProgram.Step(.unlock), MoveProgram.Step(.joints([0.7, nil], .time)),
      ])
    #expect(program.objections(for: robot).map(\.step) == [2])
    let refused = Track(program, robot: robot, from: [0.1, 0])
    #expect(refused.records[1].outcome == .refused(.locked, joint: 0))
    #expect(refused.records[3].outcome == .pending && refused.end[0].position == 0.1)
    program.steps.remove(at: 1)
    #expect(program.objections(for: robot).isEmpty)
    #expect(abs(Track(program, robot: robot, from: [0.1, 0]).end[0].position - 0.7) <= 1e-8)
  }

  @Test("What would leave a limit is refused with the joint, the limit and what to do")
  func objections() {
    let limit = robot.joints[0].configuration.limits.maxPosition
    func objections(_ verb: MoveVerb, speed: Double = 0.25) -> [MoveError] {
      MoveProgram(name: "bad", steps: [MoveProgram.Step(verb, speed: speed)]).objections(for: robot)
    }
    let beyond = objections(.joints([limit + 0.1, nil], .time))
    #expect(beyond.count == 1 && beyond[0].message.contains("shoulder") && beyond[0].fix.contains("\(limit)"))
    #expect(objections(.joints([limit, nil], .time)).isEmpty)
    #expect(objections(.joints([.nan, nil], .time)).count == 1)
    #expect(objections(.joints([0, nil], .time), speed: 0).count == 1)
    #expect(objections(.joints([0, nil], .time), speed: 1.1).count == 1)
    #expect(objections(.wait(-1)).count == 1)
    let fast = Motion(
      name: "fast",
      points: [Motion.Point(time: 0, positions: [0, 0]), Motion.Point(time: 0.05, positions: [1, 0])])
    #expect(objections(.motion(fast)).first?.message.contains("acceleration") == true)
    let moving = Motion(
      name: "moving",
      points: [
        Motion.Point(time: 0, positions: [0, 0]),
        Motion.Point(time: 2, positions: [0.5, 0], velocities: [0.1, 0]),
      ].map {
        var point = $0
        point.velocities = point.velocities ?? [0, 0]
        return point
      })
    #expect(objections(.motion(moving)).first?.message.contains("rest") == true)
  }

  @Test("The preview tells duration, peaks and limits of what is played")
  func preview() {
    let program = MoveProgram(
      name: "movej", steps: [MoveProgram.Step(.joints([1.2, nil], .time), speed: 0.5)])
    let preview = MovePreview(program, robot: robot, from: [0, 0.2])
    let limits = robot.joints[0].configuration.limits
    #expect(preview.joints[0].moves && !preview.joints[1].moves)
    #expect(abs(preview.joints[0].end - 1.2) <= 1e-8 && preview.joints[1].end == 0.2)
    #expect(preview.joints[0].acceleration <= 0.5 * limits.acceleration * (1 + 1e-12))
    #expect(
      preview.joints[0].touched.contains(.acceleration) || preview.joints[0].touched.contains(.velocity))
    #expect(preview.times.count == preview.positions[0].count && preview.records[0].outcome == .done)
  }
}
