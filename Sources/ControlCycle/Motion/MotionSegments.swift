import LaneMath

/// A piece of a joint's motion with one jerk.
struct MotionSegment: BitwiseCopyable {
  /// When it begins [s].
  var start = 0.0
  /// State at its beginning.
  var state = KinematicState()
  /// Its jerk [rad/s^3].
  var jerk = 0.0

  @_noLocks init() {}
}

/// Motions of all joints as pieces of constant jerk: two sets, the one in force and the one being planned.
struct MotionSegments: ~Copyable {
  /// Most pieces a joint needs: two back inside the limits, thirteen to the target, one from there on.
  static var capacity: Int { @_noLocks get { 16 } }

  var pieces: FixedArray<MotionSegment>
  var counts: FixedArray<Int>
  let jointCount: Int
  /// The set in force, 0 or 1.
  var current = 0

  /// Takes over the memory; see `init(jointCount:)`.
  init(pieces: consuming FixedArray<MotionSegment>, counts: consuming FixedArray<Int>, jointCount: Int) {
    self.pieces = pieces
    self.counts = counts
    self.jointCount = jointCount
  }

  /// Where the next piece of a joint's motion goes, and from which state it starts.
  struct Cursor: BitwiseCopyable {
    var slot: Int
    var time = 0.0
    var state: KinematicState

    @_noLocks init(slot: Int, state: KinematicState) {
      self.slot = slot
      self.state = state
    }
  }

  /// Begins the planned motion of a joint.
  @_noLocks mutating func begin(_ joint: Int, at state: KinematicState) -> Cursor {
    let slot = (1 &- current) &* jointCount &+ joint
    counts[slot] = 0
    return Cursor(slot: slot, state: state)
  }

  /// Adds a piece, nothing where it takes no time.
  @_noLocks mutating func append(_ cursor: inout Cursor, time: Double, jerk: Double) {
    guard time > 0 else { return }
    put(cursor, jerk: jerk)
    cursor.state = cursor.state.advanced(by: time, jerk: jerk)
    cursor.time += time
  }

  /// Adds a piece with an acceleration that begins at once.
  @_noLocks mutating func append(_ cursor: inout Cursor, time: Double, acceleration: Double) {
    cursor.state.acceleration = acceleration
    append(&cursor, time: time, jerk: 0)
  }

  /// Ends the planned motion of a joint in a state at a time; it goes on from there with constant acceleration.
  @_noLocks mutating func finish(_ cursor: inout Cursor, at time: Double, in state: KinematicState) {
    cursor.time = time
    cursor.state = state
    put(cursor, jerk: 0)
  }

  /// State of a joint at a time, in the set in force.
  @_noLocks func state(_ joint: Int, at time: Double) -> KinematicState {
    let slot = current &* jointCount &+ joint
    let base = slot &* Self.capacity
    var index = 0
    let last = counts[slot] &- 1
    while index < last && time >= pieces[base &+ index &+ 1].start { index &+= 1 }
    let piece = pieces[base &+ index]
    return piece.state.advanced(by: larger(time - piece.start, 0), jerk: piece.jerk)
  }

  /// Lowest and highest position of the planned motion of a joint up to its end.
  @_noLocks func range(_ joint: Int) -> (low: Double, high: Double) {
    let slot = (1 &- current) &* jointCount &+ joint
    let base = slot &* Self.capacity
    var low = pieces[base].state.position
    var high = low
    var index = 0
    while index &+ 1 < counts[slot] {
      let piece = pieces[base &+ index]
      let next = pieces[base &+ index &+ 1]
      low = smaller(low, next.state.position)
      high = larger(high, next.state.position)
      let length = next.start - piece.start
      let turns = piece.turns
      if turns.0 > 0 && turns.0 < length {
        let position = piece.state.advanced(by: turns.0, jerk: piece.jerk).position
        low = smaller(low, position)
        high = larger(high, position)
      }
      if turns.1 > 0 && turns.1 < length {
        let position = piece.state.advanced(by: turns.1, jerk: piece.jerk).position
        low = smaller(low, position)
        high = larger(high, position)
      }
      index &+= 1
    }
    return (low, high)
  }

  @_noLocks private mutating func put(_ cursor: Cursor, jerk: Double) {
    let index = counts[cursor.slot]
    guard index < Self.capacity else { return }
    var piece = MotionSegment()
    piece.start = cursor.time
    piece.state = cursor.state
    piece.jerk = jerk
    pieces[cursor.slot &* Self.capacity &+ index] = piece
    counts[cursor.slot] = index &+ 1
  }
}
