import ControlCycle

/// How a player follows a stream of targets.
///
/// Towards positions every joint is planned anew at each target, as fast as it can, to rest there. Velocities are kept until
/// another target comes; in each cycle it is seen that every joint could still stop within its position limits from where it
/// will be, and one that could not begins to stop from where it is.
struct Streaming: BitwiseCopyable {
  /// When the newest target came, since the step's begin [s]; below zero before the first.
  var heard = -1.0
  /// Whether there was none for too long.
  var isSilent = false
  /// Whether no more targets are followed.
  var isEnding = false
  /// Whether the joints come to rest before they go to what is wanted: turning would pass a position limit.
  var isTurning = false
  /// When `last` was.
  var lastTime = 0.0
  /// Joints, a bit each, that stop whatever is wanted.
  var blocked: UInt64 = 0
}

extension MovePlayer {
  /// Whether the step under way is a stream.
  var isStream: Bool {
    switch steps[step].kind {
    case .servo, .speed: true
    default: false
    }
  }

  /// Whether a stream is under way that may bring more.
  var isStreaming: Bool { isStream && (!streaming.isEnding || streaming.isTurning) }

  /// What a stream begins with: nothing new is wanted.
  mutating func beginStream(_ prepared: Prepared, at time: Double) {
    streaming = Streaming()
    switch prepared.kind {
    case .speed:
      streaming.lastTime = time
      for joint in 0..<jointCount {
        last[joint] = state(joint, at: time)
        wanted[joint] = 0
      }
      cruise(prepared.speed)
    default: for joint in 0..<jointCount { wanted[joint] = goals[joint] }
    }
  }

  /// Takes what is due of the stream under way, if one is, and plans the motion of this cycle.
  mutating func follow(at time: Double) {
    let prepared = steps[step]
    guard isStreaming else { return }
    let elapsed = time - history[step].begin
    let isNew = !streaming.isEnding && take(streams[prepared.trajectory], at: elapsed)
    if isNew { streaming.heard = elapsed }
    switch prepared.kind {
    case .servo: servo(prepared, isNew: isNew, at: time)
    case .speed:
      if isNew {
        streaming.blocked = 0
        cruise(prepared.speed)
      }
      keepStoppable(prepared.speed, at: time)
    default: break
    }
    end(prepared, elapsed: elapsed, at: time)
  }

  /// Takes over the targets that are due; whether there was one.
  private mutating func take(_ queue: TargetMemory, at elapsed: Double) -> Bool {
    queue.wait()
    var isNew = false
    while let front = queue.front, !(front.pointee.time > elapsed) {
      for joint in 0..<jointCount where !front.pointee.values[joint].isNaN {
        wanted[joint] = front.pointee.values[joint]
      }
      queue.removeFront()
      history[step].targets += 1
      isNew = true
    }
    return isNew
  }

  /// Ends a stream that is over, or whose targets stay away.
  private mutating func end(_ prepared: Prepared, elapsed: Double, at time: Double) {
    guard !streaming.isEnding else { return }
    let isDry = streams[prepared.trajectory].isDry
    let isQuiet = streaming.heard >= 0 && elapsed - streaming.heard > prepared.wait
    var isVelocity = false
    switch prepared.kind {
    case .speed: isVelocity = true
    default: break
    }
    // What the last target asks for is done; a velocity for as long as it holds.
    if isDry && (!isVelocity || isQuiet || streaming.heard < 0) {
      streaming.isEnding = true
      if isVelocity { stop(.one, at: time) }
    } else if isQuiet && !isDry {
      streaming.isEnding = true
      streaming.isSilent = true
      streaming.isTurning = false
      stop(isVelocity ? .one : .two, at: time)
    }
  }

  /// Plans the way to what is wanted, where something new is or the joints have come to rest.
  private mutating func servo(_ prepared: Prepared, isNew: Bool, at time: Double) {
    guard streaming.isTurning ? isOver(at: time) : isNew else { return }
    streaming.isTurning = false
    takeStarts(at: time, speed: prepared.speed)
    for joint in 0..<jointCount { generator.targets[joint] = KinematicState(position: wanted[joint]) }
    switch generator.plan(.none) {
    case .planned:
      began = time
      mode = .planned
      for joint in 0..<jointCount { goals[joint] = wanted[joint] }
    case .exceedsPositionLimit:
      streaming.isTurning = true
      stop(.one, at: time)
    // The motion under way stays; the next target is another one.
    default: history[step].targets -= 1
    }
  }

  /// Plans the way to the wanted velocities from where the joints were in the cycle before.
  private mutating func cruise(_ speed: Double) {
    for joint in 0..<jointCount {
      let limit = limits[joint]
      let acceleration = limit.acceleration * speed
      generator.limits[joint] = KinematicLimits(
        velocity: limit.velocity * speed, acceleration: acceleration, jerk: acceleration / riseTime)
      generator.starts[joint] = last[joint]
      let most = limit.velocity * speed
      let isBlocked = streaming.blocked & (1 << UInt64(joint)) != 0
      generator.targets[joint] = KinematicState(
        velocity: isBlocked ? 0 : max(-most, min(most, wanted[joint])))
    }
    guard generator.planVelocity(.none).isPlanned else { return }
    began = streaming.lastTime
    mode = .cruising
    for joint in 0..<jointCount { goals[joint] = last[joint].position }
  }

  /// Stops the joints that could not stop within their limits any more from where they are to be now.
  private mutating func keepStoppable(_ speed: Double, at time: Double) {
    guard !streaming.isEnding else { return }
    // Each turn blocks one joint more at least.
    for _ in 0...jointCount {
      let escaping = escaping(speed, at: time) & ~streaming.blocked
      if escaping == 0 { break }
      streaming.blocked |= escaping
      cruise(speed)
    }
    for joint in 0..<jointCount {
      last[joint] = state(joint, at: time)
      goals[joint] = last[joint].position
    }
    streaming.lastTime = time
  }

  /// Joints, a bit each, that would stop beyond a limit, and beyond where they are already.
  private mutating func escaping(_ speed: Double, at time: Double) -> UInt64 {
    for joint in 0..<jointCount {
      let acceleration = limits[joint].acceleration * speed
      probe.limits[joint] = KinematicLimits(
        velocity: limits[joint].velocity * speed, acceleration: acceleration, jerk: acceleration / riseTime)
      probe.starts[joint] = state(joint, at: time)
    }
    guard probe.planStop(.one).isPlanned else { return ~0 }
    var escaping: UInt64 = 0
    for joint in 0..<jointCount {
      let end = probe.state(joint, at: probe.arrival(joint)).position
      let (limit, position) = (limits[joint], last[joint].position)
      if end > max(limit.maxPosition, position) + 1e-9 || end < min(limit.minPosition, position) - 1e-9 {
        escaping |= 1 << UInt64(joint)
      }
    }
    return escaping
  }
}
