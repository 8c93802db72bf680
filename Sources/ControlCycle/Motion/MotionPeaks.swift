import LaneMath

/// The lowest and highest values of a joint's motion, from its start to its arrival.
public struct MotionPeaks: BitwiseCopyable, Sendable, Equatable {
  /// Lowest and highest position [rad].
  public internal(set) var minPosition, maxPosition: Double
  /// Lowest and highest velocity [rad/s].
  public internal(set) var minVelocity, maxVelocity: Double
  /// Lowest and highest acceleration [rad/s^2].
  public internal(set) var minAcceleration, maxAcceleration: Double
  /// Highest jerk of either sign [rad/s^3].
  public internal(set) var jerk = 0.0

  @_noLocks init(_ state: KinematicState) {
    (minPosition, maxPosition) = (state.position, state.position)
    (minVelocity, maxVelocity) = (state.velocity, state.velocity)
    (minAcceleration, maxAcceleration) = (state.acceleration, state.acceleration)
  }

  @_noLocks mutating func include(_ state: KinematicState) {
    minPosition = smaller(minPosition, state.position)
    maxPosition = larger(maxPosition, state.position)
    minVelocity = smaller(minVelocity, state.velocity)
    maxVelocity = larger(maxVelocity, state.velocity)
    minAcceleration = smaller(minAcceleration, state.acceleration)
    maxAcceleration = larger(maxAcceleration, state.acceleration)
  }
}

extension TrajectoryGenerator {
  /// The peaks of a joint's motion in the trajectory in force, from `time` [s] on.
  @_noLocks public func peaks(_ joint: Int, from time: Double = 0) -> MotionPeaks {
    segments.peaks(joint, from: time)
  }
}

extension MotionSegments {
  /// The peaks of a joint's motion in force, from a time on.
  @_noLocks func peaks(_ joint: Int, from time: Double) -> MotionPeaks {
    let slot = current &* jointCount &+ joint
    let base = slot &* Self.capacity
    var peaks = MotionPeaks(state(joint, at: time))
    var index = 0
    while index &+ 1 < counts[slot] {
      let piece = pieces[base &+ index]
      let next = pieces[base &+ index &+ 1]
      index &+= 1
      if next.start <= time { continue }
      let length = next.start - piece.start
      if piece.start >= time { peaks.include(piece.state) }
      peaks.include(piece.state.advanced(by: length, jerk: piece.jerk))
      peaks.include(next.state)
      peaks.jerk = larger(peaks.jerk, magnitude(piece.jerk))
      let turns = piece.turns
      let level = piece.jerk == 0 ? -1 : -piece.state.acceleration / piece.jerk
      let begin = larger(time - piece.start, 0)
      if turns.0 > begin && turns.0 < length {
        peaks.include(piece.state.advanced(by: turns.0, jerk: piece.jerk))
      }
      if turns.1 > begin && turns.1 < length {
        peaks.include(piece.state.advanced(by: turns.1, jerk: piece.jerk))
      }
      if level > begin && level < length { peaks.include(piece.state.advanced(by: level, jerk: piece.jerk)) }
    }
    return peaks
  }
}
