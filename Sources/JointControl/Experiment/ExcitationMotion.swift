/// Excitations that are motions: speeds there and back, poses from both sides.
extension Excitation {
  /// From rest to rest at a speed, with even acceleration at either end.
  private struct Stroke {
    let from: Double
    let way: Double
    let speed: Double
    let acceleration: Double
    /// Time of speeding up [s], and of the whole [s].
    let rise: Double
    let time: Double

    init(from: Double, to: Double, speed: Double, acceleration: Double) {
      self.from = from
      way = to - from
      self.acceleration = acceleration
      // A way too short for the speed has a lower one.
      self.speed = min(speed, (way.magnitude * acceleration).squareRoot())
      rise = self.speed > 0 ? self.speed / acceleration : 0
      time = self.speed > 0 ? way.magnitude / self.speed + rise : 0
    }

    func point(at time: Double) -> ExcitationPoint {
      let side = way < 0 ? -1.0 : 1.0
      var point = ExcitationPoint()
      if time < rise {
        point.acceleration = side * acceleration
        point.velocity = side * acceleration * time
        point.offset = from + 0.5 * side * acceleration * time * time
      } else if time < self.time - rise {
        point.velocity = side * speed
        point.offset = from + side * speed * (time - 0.5 * rise)
      } else {
        let left = max(0, self.time - time)
        point.acceleration = -side * acceleration
        point.velocity = side * acceleration * left
        point.offset = from + way - 0.5 * side * acceleration * left * left
      }
      return point
    }

    func isCruising(at time: Double) -> Bool { time >= rise && time < self.time - rise }
  }

  /// Rest between two strokes [s].
  private static var strokeRest: Double { 0.1 }

  /// Half the stroke at a speed [rad]: no more than can be gone in the time that a stroke may take.
  private static func half(_ experiment: Experiment, at speed: Double) -> Double {
    min(experiment.amplitude, 0.5 * speed * strokeTime)
  }

  /// Strokes of a sweep: to one end, then speed by speed there and back.
  private static func strokes(_ experiment: Experiment, acceleration: Double) -> [(Stroke, part: Int32)] {
    var strokes: [(Stroke, part: Int32)] = []
    var place = 0.0
    func go(to goal: Double, at speed: Double, part: Int32) {
      let stroke = Stroke(from: place, to: goal, speed: speed, acceleration: acceleration)
      if stroke.time > 0 { strokes.append((stroke, part)) }
      place = goal
    }
    for (index, speed) in experiment.speeds.enumerated() {
      let half = half(experiment, at: speed)
      go(to: -half, at: max(speed, 0.1), part: -1)
      for _ in 0..<max(1, experiment.repetitions) {
        go(to: half, at: speed, part: Int32(2 * index))
        go(to: -half, at: speed, part: Int32(2 * index + 1))
      }
    }
    go(to: 0, at: 0.1, part: -1)
    return strokes
  }

  /// How long a friction sweep takes [s].
  static func sweepTime(_ experiment: Experiment, acceleration: Double) -> Double {
    strokes(experiment, acceleration: acceleration).reduce(0) { $0 + $1.0.time + strokeRest }
  }

  static func sweep(_ experiment: Experiment, acceleration: Double, _ period: Double) -> [ExcitationPoint] {
    var points: [ExcitationPoint] = []
    for (stroke, part) in strokes(experiment, acceleration: acceleration) {
      append(stroke, part: part, rest: strokeRest, restPart: -1, period, to: &points)
    }
    return points
  }

  /// Appends a motion and the rest behind it; a part begins once the speed stands.
  private static func append(
    _ stroke: Stroke, part: Int32, rest: Double, restPart: Int32, _ period: Double,
    to points: inout [ExcitationPoint]
  ) {
    guard Double(points.count) * period < longest else { return }
    for index in 0..<count(stroke.time, period) {
      let time = Double(index) * period
      var point = stroke.point(at: time)
      if stroke.isCruising(at: time) { point.part = part }
      points.append(point)
    }
    let still = count(rest, period)
    let settling = restPart >= 0 ? count(poseRest, period) : still
    for index in 0..<still {
      var point = ExcitationPoint()
      point.offset = stroke.from + stroke.way
      if index >= settling { point.part = restPart }
      points.append(point)
    }
  }

  /// Visits of poses: up through all of them, down again, back to the middle.
  private static func visits(_ experiment: Experiment, acceleration: Double) -> [(Stroke, part: Int32)] {
    let count = max(2, experiment.repetitions)
    let spacing = 2 * experiment.amplitude / Double(count)
    // Poses stand in the middle of equal shares, so that each can be reached from either side.
    let poses = (0..<count).map { -experiment.amplitude + spacing * (Double($0) + 0.5) }
    var visits: [(Stroke, part: Int32)] = []
    var place = 0.0
    func go(to goal: Double, part: Int32) {
      let stroke = Stroke(from: place, to: goal, speed: poseSpeed, acceleration: acceleration)
      if stroke.time > 0 { visits.append((stroke, part)) }
      place = goal
    }
    go(to: -experiment.amplitude, part: -1)
    for (index, pose) in poses.enumerated() { go(to: pose, part: Int32(2 * index)) }
    go(to: experiment.amplitude, part: -1)
    for (index, pose) in poses.enumerated().reversed() { go(to: pose, part: Int32(2 * index + 1)) }
    go(to: 0, part: -1)
    return visits
  }

  /// How long a visit of all poses takes [s].
  static func poseTime(_ experiment: Experiment, acceleration: Double) -> Double {
    visits(experiment, acceleration: acceleration).reduce(0) {
      $0 + $1.0.time + ($1.part < 0 ? strokeRest : poseHold)
    }
  }

  static func poses(_ experiment: Experiment, acceleration: Double, _ period: Double) -> [ExcitationPoint] {
    var points: [ExcitationPoint] = []
    for (stroke, part) in visits(experiment, acceleration: acceleration) {
      append(
        stroke, part: -1, rest: part < 0 ? strokeRest : poseHold, restPart: part, period, to: &points)
    }
    return points
  }
}
