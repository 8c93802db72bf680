import ControlCycle
import TestSupport
import Testing

@testable import JointControl

/// What a stream made of the joints, cycle by cycle, and what of it was beyond a limit.
private struct StreamTrack {
  var points: [[JointSetpoint]] = []
  var records: [MovePlayer.Record] = []
  /// Largest excess over position [rad] and over the share of velocity and acceleration limits.
  var positionExcess = -Double.infinity, velocityExcess = 0.0, accelerationExcess = 0.0
  /// Largest change of acceleration between two cycles, of what the rise time allows.
  var jerkShare = 0.0
  /// Largest difference between a step of the position and what the velocities make of it [rad].
  var seam = 0.0

  init(_ program: MoveProgram, robot: Robot, from start: [Double], speed: Double = 1) {
    var player = MovePlayer(program, robot: robot)
    player.begin(at: start)
    var setpoints = SetpointBuffer()
    let period = Double(robot.period) * 1e-9
    for cycle in 0..<100_000 {
      let isOver = player.next(at: Double(cycle) * period, into: &setpoints)
      let row = robot.joints.indices.map { setpoints.joints[$0] }
      for (index, joint) in robot.joints.enumerated() {
        let (limits, point) = (joint.configuration.limits, row[index])
        positionExcess = max(
          positionExcess, point.position - limits.maxPosition, limits.minPosition - point.position)
        velocityExcess = max(velocityExcess, abs(point.velocity) - speed * limits.velocity)
        accelerationExcess = max(accelerationExcess, abs(point.acceleration) - speed * limits.acceleration)
        if let before = points.last?[index] {
          let jerk = abs(point.acceleration - before.acceleration) / period
          jerkShare = max(jerkShare, jerk / (speed * limits.acceleration / program.riseTime))
          let step = point.position - before.position
          seam = max(seam, abs(step - 0.5 * period * (point.velocity + before.velocity)))
        }
      }
      points.append(row)
      if isOver { break }
    }
    records = player.records
  }
}

@Suite("Streams of targets, cycle by cycle")
struct MoveStreamTests {
  private let robot = SampleRobots.arm()

  private func program(
    _ quantity: TargetStream.Quantity, _ targets: [StreamedTarget], speed: Double = 1, patience: Double = 0.5,
    riseTime: Double = MoveProgram.usualRiseTime
  ) -> MoveProgram {
    let stream = TargetStream(
      quantity == .position ? "servoj" : "speedj", quantity, patience: patience, source: .listed(targets))
    return MoveProgram(
      name: "stream", steps: [MoveProgram.Step(.stream(stream), speed: speed)], riseTime: riseTime)
  }

  /// Targets at random instants within a second, of one or both joints.
  private func targets(
    _ quantity: TargetStream.Quantity, speed: Double, _ random: inout SeededGenerator
  ) -> [StreamedTarget] {
    var time = 0.0
    var found: [StreamedTarget] = []
    while time < 1 {
      let values = robot.joints.map { joint -> Double? in
        let limits = joint.configuration.limits
        if Bool.random(using: &random) && Bool.random(using: &random) { return nil }
        switch quantity {
        case .position: return Double.random(in: limits.minPosition...limits.maxPosition, using: &random)
        case .velocity: return Double.random(in: -1...1, using: &random) * speed * limits.velocity
        }
      }
      found.append(StreamedTarget(at: time, values))
      time += Double.random(in: 0.001...0.3, using: &random)
    }
    return found
  }

  @Test(
    "Random streams of positions end at the last targets, within position, velocity, acceleration and jerk limits"
  )
  func positions() {
    var random = SeededGenerator(seed: 5)
    var turned = 0
    for _ in 0..<150 {
      let targets = targets(.position, speed: 1, &random)
      let track = StreamTrack(program(.position, targets), robot: robot, from: [0.1, -0.2])
      #expect(track.records[0].outcome == .done && track.records[0].targets == targets.count)
      for joint in 0..<2 {
        let asked = targets.last { !$0.values[joint].isNaN }?.values[joint] ?? [0.1, -0.2][joint]
        let end = track.points[track.points.count - 1][joint]
        #expect(abs(end.position - asked) <= 1e-8 && end.velocity == 0)
      }
      #expect(track.positionExcess <= 1e-9 && track.velocityExcess <= 1e-9)
      #expect(track.accelerationExcess <= 1e-9 && track.jerkShare <= 1 + 1e-6 && track.seam < 1e-6)
      turned += track.points.count
    }
    #expect(turned > 150 * 900)
  }

  @Test(
    "Random streams of velocities never take a joint beyond a limit, and are followed where there is room")
  func velocities() {
    var random = SeededGenerator(seed: 6)
    var atLimits = 0
    for number in 0..<100 {
      let speed = number % 2 == 0 ? 1 : 0.3
      let targets = targets(.velocity, speed: speed, &random)
      // The stop at the end uses all of the acceleration.
      let track = StreamTrack(
        program(.velocity, targets, speed: speed, patience: 0.4), robot: robot, from: [0.1, -0.2], speed: 1)
      #expect(track.records[0].outcome == .done)
      #expect(track.positionExcess <= 1e-9 && track.velocityExcess <= 1e-9)
      #expect(track.accelerationExcess <= 1e-9 && track.jerkShare <= 1 + 1e-6 && track.seam < 1e-6)
      if track.positionExcess > -1e-3 { atLimits += 1 }
      let end = track.points[track.points.count - 1]
      #expect(end.allSatisfy { $0.velocity == 0 && $0.acceleration == 0 })
    }
    #expect(atLimits > 10, "a stream that comes to no limit shows nothing")
  }

  @Test("A velocity is reached, kept while lines come, and ends with the watchdog")
  func keepsVelocity() {
    let targets = (0..<40).map { StreamedTarget(at: 0.02 * Double($0), [-0.5, nil]) }
    let track = StreamTrack(program(.velocity, targets, patience: 0.1), robot: robot, from: [0.4, 0])
    #expect(abs(track.points[600][0].velocity + 0.5) <= 1e-9)
    #expect(abs(track.points[840][0].velocity + 0.5) <= 1e-9)
    let end = track.points[track.points.count - 1][0]
    #expect(end.velocity == 0 && track.points.count > 880 && track.points.count < 1100)
    #expect(track.records[0].outcome == .done)
  }

  @Test("Where no target comes for longer than the watchdog allows, the joints stop and what follows is done")
  func watchdog() {
    for quantity in [TargetStream.Quantity.position, .velocity] {
      var program = program(
        quantity,
        [StreamedTarget(at: 0, [0.9, nil]), StreamedTarget(at: 3, [0.2, nil])], speed: 0.1, patience: 0.2)
      program.steps.append(MoveProgram.Step(.joints([0.4, 0], .time)))
      let track = StreamTrack(program, robot: robot, from: [0.4, 0])
      #expect(track.records[0].outcome == .silent && track.records[1].outcome == .done)
      #expect(track.records[0].targets == 1 && track.records[0].end < 0.6)
      // The negative control: a watchdog that is longer than the gap.
      if case .stream(var stream) = program.steps[0].verb {
        stream.patience = 3.5
        program.steps[0].verb = .stream(stream)
      }
      let patient = StreamTrack(program, robot: robot, from: [0.4, 0])
      #expect(patient.records[0].outcome == .done && patient.records[0].targets == 2)
    }
  }

  @Test("A queue hands targets over in order, says when it is full, and is dry once it is closed and empty")
  func queue() {
    let queue = TargetQueue(capacity: 3)
    #expect(queue.memory.front == nil && !queue.memory.isDry)
    var taken = 0
    for number in 0..<10 {
      while queue.offer(StreamedTarget(at: Double(number), [0.1 * Double(number), nil])) == false {
        #expect(queue.memory.front?.pointee.time == Double(taken))
        queue.memory.removeFront()
        taken += 1
      }
    }
    queue.close()
    while let front = queue.memory.front {
      #expect(front.pointee.time == Double(taken) && !queue.memory.isDry)
      queue.memory.removeFront()
      taken += 1
    }
    #expect(taken == 10 && queue.memory.isDry)
  }

  @Test("A stream that may not be followed is refused before anything moves")
  func objections() {
    let cases: [(TargetStream.Quantity, [StreamedTarget], Double)] = [
      (.position, [StreamedTarget(at: 0, [9, nil])], 0.5),
      (.position, [StreamedTarget(at: 1, [0, nil]), StreamedTarget(at: 0.5, [0, nil])], 0.5),
      (.position, [StreamedTarget(at: .nan, [0, nil])], 0.5),
      (.velocity, [StreamedTarget(at: 0, [1000, nil])], 0.5),
      (.position, [StreamedTarget(at: 0, [0, nil])], 0), (.position, [], .nan),
    ]
    for (quantity, targets, patience) in cases {
      #expect(!program(quantity, targets, patience: patience).objections(for: robot).isEmpty)
    }
    #expect(program(.position, [StreamedTarget(at: 0, [0, nil])]).objections(for: robot).isEmpty)
  }
}
