import LaneMath

/// What a cycle carries over to the next one, as 64-bit words, so that a recording can start in the middle of a run.
///
/// `robotWordCount` words of the robot, then `jointWordCount` of each joint. Everything else a cycle holds is computed
/// anew by `step` before it is used.
extension ControlCycle {
  /// Words of the robot as a whole.
  public static var robotWordCount: Int { @_noLocks get { plainWordCount + 3 + Capacity.buses } }
  /// Words of the robot in recordings that know nothing of buses.
  static var plainWordCount: Int { @_noLocks get { 17 } }
  /// Words of each joint.
  public static var jointWordCount: Int { @_noLocks get { lawlessWordCount + 9 } }
  /// Words of each joint in recordings that know nothing of laws.
  static var lawlessWordCount: Int { @_noLocks get { 24 } }
  /// Words of this robot.
  public var carriedWordCount: Int {
    @_noLocks get { Self.robotWordCount + jointCount * Self.jointWordCount }
  }
  /// Writes `carriedWordCount` words.
  @_noLocks public func copyCarriedState(into words: UnsafeMutablePointer<UInt64>) {
    unsafe words[0] = UInt64(safety.state.code)
    unsafe words[1] = UInt64(safety.fault.kind.code)
    unsafe words[2] = safety.fault.joints.bits
    unsafe words[3] = UInt64(bitPattern: safety.fault.cycle)
    unsafe words[4] = UInt64(safety.fault.drive.word)
    unsafe words[5] = safety.isAtRest ? 1 : 0
    unsafe words[6] = safety.isRelaxed ? 1 : 0
    unsafe words[7] = safety.isFrozen ? 1 : 0
    unsafe words[8] = safety.isSwitchingOn ? 1 : 0
    unsafe words[9] = UInt64(bitPattern: lastCycle)
    unsafe words[10] = UInt64(bitPattern: safety.armingSince)
    unsafe words[11] = UInt64(bitPattern: safety.sequence)
    unsafe words[12] = UInt64(bitPattern: safety.sequenceSeen)
    unsafe words[13] = UInt64(bitPattern: Int64(safety.nonFinite))
    unsafe words[14] = UInt64(bitPattern: unknownFrames)
    unsafe words[15] = safety.deadlines.recent
    unsafe words[16] = safety.deadlines.older
    unsafe words[17] = safety.isolated.bits
    unsafe words[18] = UInt64(bitPattern: refusedFrames)
    unsafe words[19] = UInt64(bitPattern: overflowedFrames)
    for bus in 0..<Capacity.buses { unsafe words[20 + bus] = buses[bus].word }
    var next = unsafe words + Self.robotWordCount
    for joint in 0..<jointCount {
      let sample = samples[joint]
      unsafe next[0] = sample.state.position.bitPattern
      unsafe next[1] = sample.state.velocity.bitPattern
      unsafe next[2] = sample.state.torque.bitPattern
      unsafe next[3] = UInt64(bitPattern: Int64(sample.state.age))
      unsafe next[4] = UInt64(bitPattern: sample.time)
      unsafe next[5] =
        UInt64(sample.mode.code) | UInt64(sample.repeats) << 16
        | UInt64(UInt8(bitPattern: sample.surplus)) << 24 | UInt64(sample.answers) << 32
      unsafe next[6] = UInt64(sample.faults.word)
      unsafe next[7] = sample.temperature.bitPattern
      unsafe next[8] = UInt64(bitPattern: sample.rejected)
      unsafe next[9] = motions[joint].position.bitPattern
      unsafe next[10] = motions[joint].velocity.bitPattern
      unsafe next[11] = motions[joint].acceleration.bitPattern
      unsafe next[12] = motions[joint].meanVelocity.bitPattern
      unsafe next[13] = setpoints[joint].position.bitPattern
      unsafe next[14] = setpoints[joint].velocity.bitPattern
      unsafe next[15] = setpoints[joint].acceleration.bitPattern
      unsafe next[16] = setpoints[joint].torque.bitPattern
      unsafe next[17] = UInt64(sample.reportedFaults.word)
      unsafe next[18] = activations[joint].bitPattern
      unsafe next[19] = sample.parts.position.bitPattern
      unsafe next[20] = sample.parts.velocity.bitPattern
      unsafe next[21] = sample.parts.torque.bitPattern
      unsafe next[22] = sample.parts.temperature.bitPattern
      unsafe next[23] =
        UInt64(sample.parts.status) | UInt64(sample.parts.faults.bits) << 16
        | UInt64(sample.parts.mode.code) << 32 | UInt64(sample.parts.faults.code) << 48
      unsafe laws[joint].copy(into: next + Self.lawlessWordCount)
      unsafe next += Self.jointWordCount
    }
  }

  /// Takes over words that `copyCarriedState` wrote for a robot of as many joints, or those of a build that knew nothing
  /// of buses, which then are in use and in order.
  ///
  /// - Returns: false, with nothing taken over, when their number is another or a word holds no possible value.
  public mutating func restoreCarriedState(from words: [UInt64]) -> Bool {
    // No number of joints makes one form as long as another.
    let plain = words.count - jointCount * Self.lawlessWordCount
    let knowsLaws = plain != Self.robotWordCount && plain != Self.plainWordCount
    let size = knowsLaws ? Self.jointWordCount : Self.lawlessWordCount
    let before = words.count - jointCount * size
    guard before == Self.robotWordCount || before == Self.plainWordCount else { return false }
    let knowsBuses = before == Self.robotWordCount
    if knowsBuses {
      for bus in 0..<Capacity.buses {
        guard BusWatch(word: words[20 + bus]) != nil else { return false }
      }
    }
    guard let state = SafetyState(code: words[0]), let kind = FaultKind(code: words[1]),
      let drive = UInt32(exactly: words[4]), let nonFinite = Int32(exactly: Int64(bitPattern: words[13]))
    else { return false }
    for flag in 5...8 where words[flag] > 1 { return false }
    for joint in 0..<jointCount {
      let first = before + joint * size
      guard Int32(exactly: Int64(bitPattern: words[first + 3])) != nil,
        DriveMode(code: words[first + 5] & 0xFFFF) != nil, words[first + 5] >> 40 == 0,
        DriveMode(code: words[first + 23] >> 32 & 0xFFFF) != nil,
        words[first + 6] <= UInt64(UInt32.max), words[first + 17] <= UInt64(UInt32.max),
        !knowsLaws || LawBlend(words: words, at: first + Self.lawlessWordCount) != nil
      else { return false }
    }
    safety.state = state
    safety.fault.kind = kind
    safety.fault.joints = JointSet(bits: words[2])
    safety.fault.cycle = Int64(bitPattern: words[3])
    safety.fault.drive = DriveFaults(word: drive)
    safety.isAtRest = words[5] == 1
    safety.isRelaxed = words[6] == 1
    safety.isFrozen = words[7] == 1
    safety.isSwitchingOn = words[8] == 1
    lastCycle = Int64(bitPattern: words[9])
    safety.armingSince = Int64(bitPattern: words[10])
    safety.sequence = Int64(bitPattern: words[11])
    safety.sequenceSeen = Int64(bitPattern: words[12])
    safety.nonFinite = nonFinite
    unknownFrames = Int64(bitPattern: words[14])
    safety.deadlines = DeadlineWindow(recent: words[15], older: words[16])
    safety.isolated = JointSet(bits: knowsBuses ? words[17] : 0)
    refusedFrames = knowsBuses ? Int64(bitPattern: words[18]) : 0
    overflowedFrames = knowsBuses ? Int64(bitPattern: words[19]) : 0
    for bus in 0..<Capacity.buses {
      buses[bus] = knowsBuses ? BusWatch(word: words[20 + bus]) ?? BusWatch() : BusWatch()
    }
    for joint in 0..<jointCount {
      let first = before + joint * size
      restore(joint, at: first, from: words)
      let known = knowsLaws ? LawBlend(words: words, at: first + Self.lawlessWordCount) : nil
      laws[joint] = known ?? LawBlend(LawChoice(joints[joint].law))
    }
    return true
  }

  private mutating func restore(_ joint: Int, at first: Int, from words: [UInt64]) {
    func number(_ index: Int) -> Double { Double(bitPattern: words[first + index]) }
    samples[joint].state.position = number(0)
    samples[joint].state.velocity = number(1)
    samples[joint].state.torque = number(2)
    samples[joint].state.age = Int32(truncatingIfNeeded: words[first + 3])
    samples[joint].time = Int64(bitPattern: words[first + 4])
    samples[joint].mode = DriveMode(code: words[first + 5] & 0xFFFF) ?? .disabled
    samples[joint].repeats = UInt8(truncatingIfNeeded: words[first + 5] >> 16)
    samples[joint].surplus = Int8(truncatingIfNeeded: words[first + 5] >> 24)
    samples[joint].answers = UInt8(truncatingIfNeeded: words[first + 5] >> 32)
    samples[joint].faults = DriveFaults(word: UInt32(truncatingIfNeeded: words[first + 6]))
    samples[joint].temperature = number(7)
    samples[joint].rejected = Int64(bitPattern: words[first + 8])
    motions[joint].position = number(9)
    motions[joint].velocity = number(10)
    motions[joint].acceleration = number(11)
    motions[joint].meanVelocity = number(12)
    setpoints[joint] = JointSetpoint(
      position: number(13), velocity: number(14), acceleration: number(15), torque: number(16))
    samples[joint].reportedFaults = DriveFaults(word: UInt32(truncatingIfNeeded: words[first + 17]))
    activations[joint] = number(18)
    samples[joint].parts.position = number(19)
    samples[joint].parts.velocity = number(20)
    samples[joint].parts.torque = number(21)
    samples[joint].parts.temperature = number(22)
    let word = words[first + 23]
    samples[joint].parts.status = UInt16(truncatingIfNeeded: word)
    samples[joint].parts.faults = DriveFaults(
      bits: UInt16(truncatingIfNeeded: word >> 16), code: UInt16(truncatingIfNeeded: word >> 48))
    samples[joint].parts.mode = DriveMode(code: word >> 32 & 0xFFFF) ?? .disabled
  }
}

extension LawBlend {
  /// Writes 9 words.
  @_noLocks func copy(into words: UnsafeMutablePointer<UInt64>) {
    unsafe words[0] = UInt64(choice.law.code) | (isGuided ? 1 << 8 : 0)
    unsafe words[1] = choice.stiffness.bitPattern
    unsafe words[2] = choice.damping.bitPattern
    unsafe words[3] = shares.stiffness.bitPattern
    unsafe words[4] = shares.damping.bitPattern
    unsafe words[5] = shares.model.bitPattern
    unsafe words[6] = shares.asked.bitPattern
    unsafe words[7] = shares.lead.bitPattern
    unsafe words[8] = shares.wall.bitPattern
  }

  /// What `copy` wrote; nil where that cannot be.
  init?(words: [UInt64], at first: Int) {
    guard words[first] >> 9 == 0, let law = JointLaw(code: words[first] & 0xFF) else { return nil }
    func number(_ index: Int) -> Double { Double(bitPattern: words[first + index]) }
    choice = LawChoice(law, stiffness: number(1), damping: number(2))
    guard choice.isUsable else { return nil }
    for index in 3...8 where !isGain(number(index)) { return nil }
    shares = LawShares(
      stiffness: number(3), damping: number(4), model: number(5), asked: number(6), lead: number(7),
      wall: number(8))
    isGuided = words[first] >> 8 == 1
  }
}

extension SafetyState {
  /// The code that logs carry.
  public var code: UInt8 {
    @_noLocks get {
      switch self {
      case .disarmed: 0
      case .arming: 1
      case .armed: 2
      case .stopping: 3
      case .fault: 4
      }
    }
  }
}

extension SafetyState {
  /// The state of a code; nil when there is none.
  init?(code: UInt64) {
    switch code {
    case 0: self = .disarmed
    case 1: self = .arming
    case 2: self = .armed
    case 3: self = .stopping
    case 4: self = .fault
    default: return nil
    }
  }
}

extension Request {
  /// The code that logs carry.
  public var code: UInt8 {
    @_noLocks get {
      switch self {
      case .arm: 0
      case .stop: 1
      case .relax: 2
      case .disarm: 3
      case .reset: 4
      case .recover: 5
      }
    }
  }

  /// The request of a code; nil when there is none.
  public init?(code: UInt8) {
    switch code {
    case 0: self = .arm
    case 1: self = .stop
    case 2: self = .relax
    case 3: self = .disarm
    case 4: self = .reset
    case 5: self = .recover
    default: return nil
    }
  }
}

extension DriveMode {
  var code: UInt8 {
    @_noLocks get {
      switch self {
      case .disabled: 0
      case .enabled: 1
      case .calibrating: 2
      case .fault: 3
      }
    }
  }

  init?(code: UInt64) {
    switch code {
    case 0: self = .disabled
    case 1: self = .enabled
    case 2: self = .calibrating
    case 3: self = .fault
    default: return nil
    }
  }
}
