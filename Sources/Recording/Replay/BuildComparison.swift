import ControlCycle
public import JointControl

/// What two builds of the core make of one recording, compared byte by byte: this one, and another whose outputs are read
/// as they come (`CycleOutputs`). Nothing in them is trusted.
public struct BuildComparison: Sendable {
  /// Largest differences of each joint's commands, in the robot's order.
  public private(set) var joints: [WhatIf.Joint]
  /// Cycles that were run.
  public private(set) var cycles = 0
  /// Cycles of which something differs.
  public private(set) var differingCycles = 0
  /// Carried states that were left out, because the other build carries other words than this one.
  public private(set) var foreignStates = 0
  /// Bytes compared.
  public private(set) var bytes = 0
  /// The first difference: `recorded` is this build's value, `replayed` the other's; nil when every byte is the same.
  public private(set) var first: ReplayDifference?

  /// Compares this build with another; `read` fills a buffer with the other's next bytes, false at their end.
  ///
  /// - Throws: `RecordingError` when the recording cannot be replayed, and `IncomparableOutputs` when what is read is no
  ///   outputs of the same cycles.
  public init(
    _ file: RecordingFile, robot: Robot, reading read: (UnsafeMutableRawBufferPointer) throws -> Bool
  ) throws {
    try file.refuseLaw()
    let driver = ReplayDriver(file: file, robots: [robot])
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: CycleOutputs.capacity, alignment: 8)
    defer { memory.deallocate() }
    joints = robot.joints.map { WhatIf.Joint(name: $0.name) }
    var comparison = self
    var (isHead, lastDiffering) = (true, Int64?.none)
    try driver.run(outputs: { own in
      comparison.bytes += own.count
      if isHead {
        isHead = false
        return try Self.checkHead(own, memory, read)
      }
      let other = try Self.record(memory, read)
      if own.elementsEqual(other) { return }
      if OutputPair.areForeignStates(own, other) {
        comparison.foreignStates += 1
        return
      }
      let cycle = driver.recorded.cycle
      if lastDiffering != cycle.number { comparison.differingCycles += 1 }
      lastDiffering = cycle.number
      let pair = OutputPair(own: own, other: other, jointCount: robot.joints.count)
      guard let difference = pair.difference(robot: robot, at: cycle) else {
        throw IncomparableOutputs(message: "the record of cycle \(cycle.number) makes no sense")
      }
      if comparison.first == nil { comparison.first = difference }
      pair.widen(&comparison.joints, at: cycle)
    })
    comparison.cycles = driver.cycles
    if try read(UnsafeMutableRawBufferPointer(rebasing: memory[..<1])) {
      throw IncomparableOutputs(message: "it put out more than the recording's \(driver.cycles) cycles")
    }
    self = comparison
  }

  private static func checkHead(
    _ own: UnsafeRawBufferPointer, _ memory: UnsafeMutableRawBufferPointer,
    _ read: (UnsafeMutableRawBufferPointer) throws -> Bool
  ) throws {
    let other = UnsafeMutableRawBufferPointer(rebasing: memory[..<CycleOutputs.headSize])
    guard try read(other), other.load(as: UInt64.self) == CycleOutputs.magic else {
      throw IncomparableOutputs(message: "it put out nothing that a core puts out")
    }
    let (version, count) = (
      other.load(fromByteOffset: 8, as: UInt32.self), other.load(fromByteOffset: 12, as: UInt32.self)
    )
    guard version == CycleOutputs.version else {
      throw IncomparableOutputs(
        message: "it writes outputs of version \(version), this build version \(CycleOutputs.version)")
    }
    guard own.elementsEqual(other) else {
      throw IncomparableOutputs(message: "it drives \(count) joints of this recording's robot")
    }
  }

  private static func record(
    _ memory: UnsafeMutableRawBufferPointer, _ read: (UnsafeMutableRawBufferPointer) throws -> Bool
  ) throws -> UnsafeRawBufferPointer {
    let headSize = CycleOutputs.recordHeadSize
    guard try read(UnsafeMutableRawBufferPointer(rebasing: memory[..<headSize])) else {
      throw IncomparableOutputs(message: "it ended before the recording did")
    }
    let length = Int(memory.load(as: UInt32.self))
    guard length >= headSize && length <= memory.count,
      try read(UnsafeMutableRawBufferPointer(rebasing: memory[headSize..<length]))
    else { throw IncomparableOutputs(message: "a record of \(length) bytes is cut off or makes no sense") }
    return UnsafeRawBufferPointer(rebasing: memory[..<length])
  }
}

/// Outputs of another build that cannot be compared.
public struct IncomparableOutputs: Error, Sendable, Equatable {
  /// What is wrong with them.
  public var message: String

  /// Outputs with something wrong.
  public init(message: String) { self.message = message }
}

/// One record of two builds that is not the same.
private struct OutputPair {
  let own: UnsafeRawBufferPointer
  let other: UnsafeRawBufferPointer
  let jointCount: Int

  /// Whether both are carried states after one cycle, of builds that carry another number of words.
  static func areForeignStates(_ own: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    own.count != other.count && other.count % 8 == 0 && own[4] == 2
      && own[4..<CycleOutputs.recordHeadSize].elementsEqual(other[4..<CycleOutputs.recordHeadSize])
  }

  private static let commandNames = ["position", "velocity", "stiffness", "damping", "torque"]

  /// Where they first part, in the order of the stages; nil when the other is no such record.
  func difference(robot: Robot, at cycle: Cycle) -> ReplayDifference? {
    func difference(_ stage: String, _ joint: Int?, _ field: String, _ a: String, _ b: String)
      -> ReplayDifference
    {
      ReplayDifference(
        cycle: cycle.number, time: cycle.time, stage: stage, joint: joint.map { robot.joints[$0].name },
        field: field, recorded: a, replayed: b)
    }
    if number(own, 8) != number(other, 8) {
      return difference("sequence", nil, "cycle", "\(number(own, 8))", "\(number(other, 8))")
    }
    guard own[4..<8].elementsEqual(other[4..<8]) else { return nil }
    if own.load(fromByteOffset: 4, as: UInt32.self) == 2 { return carried(difference) }
    guard isWhole(other) else { return nil }
    for joint in 0..<jointCount {
      for (index, name) in ["position", "velocity", "torque"].enumerated() {
        let (a, b) = (value(own, joint, index), value(other, joint, index))
        if a.bitPattern != b.bitPattern { return difference("estimate", joint, name, "\(a)", "\(b)") }
      }
    }
    for (name, place) in [("instant", 16), ("fault joints", 24)]
    where number(own, place) != number(other, place) {
      return difference("inspect", nil, name, "\(number(own, place))", "\(number(other, place))")
    }
    for (name, place) in [("safety state", 32), ("fault kind", 33)] where own[place] != other[place] {
      return difference("inspect", nil, name, "\(own[place])", "\(other[place])")
    }
    for joint in 0..<jointCount {
      for (index, name) in Self.commandNames.enumerated() {
        let (a, b) = (value(own, joint, 3 + index), value(other, joint, 3 + index))
        if a.bitPattern != b.bitPattern { return difference("command", joint, name, "\(a)", "\(b)") }
      }
    }
    let (frames, others) = (frames(own), frames(other))
    let owners = robot.frameOwners(inCycle: cycle.number)
    for (place, (a, b)) in zip(frames, others).enumerated() where place < owners.count {
      guard let joint = owners[place] else { continue }
      let drive = robot.joints[joint].configuration.drive
      if let field = CommandField.first(where: a, b, of: drive) {
        return difference("encode", joint, field.name, field.first, field.second)
      }
    }
    // What is left is of no field: such bytes no core puts out.
    guard frames.count != others.count else { return nil }
    return difference("encode", nil, "number of frames", "\(frames.count)", "\(others.count)")
  }

  /// Takes the differences of the commands into account.
  func widen(_ joints: inout [WhatIf.Joint], at cycle: Cycle) {
    guard own.load(fromByteOffset: 4, as: UInt32.self) == 1, isWhole(other) else { return }
    let (frames, others) = (frames(own), frames(other))
    for joint in 0..<jointCount {
      func distance(_ index: Int) -> Double {
        abs(value(own, joint, 3 + index) - value(other, joint, 3 + index))
      }
      joints[joint].position = max(joints[joint].position, distance(0))
      joints[joint].velocity = max(joints[joint].velocity, distance(1))
      joints[joint].stiffness = max(joints[joint].stiffness, distance(2))
      joints[joint].damping = max(joints[joint].damping, distance(3))
      joints[joint].torque = max(joints[joint].torque, distance(4))
      let isSame =
        joint < frames.count && joint < others.count && CANFrame.areSame(frames[joint], others[joint])
      if isSame { continue }
      joints[joint].cycles += 1
      if joints[joint].first == nil { joints[joint].first = cycle.number }
    }
  }

  private func carried(
    _ difference: (String, Int?, String, String, String) -> ReplayDifference
  ) -> ReplayDifference? {
    guard own.count == other.count else { return nil }
    let first = CycleOutputs.recordHeadSize
    for index in 0..<(own.count - first) / 8 {
      let (a, b) = (number(own, first + 8 * index), number(other, first + 8 * index))
      if a == b { continue }
      let (inJoints, size) = (index - ControlCycle.robotWordCount, ControlCycle.jointWordCount)
      return difference(
        "carry", inJoints < 0 ? nil : inJoints / size,
        inJoints < 0 ? ControlCycle.robotWordNames[index] : ControlCycle.jointWordNames[inJoints % size],
        String(UInt64(bitPattern: a), radix: 16), String(UInt64(bitPattern: b), radix: 16))
    }
    return nil
  }

  private func number(_ record: UnsafeRawBufferPointer, _ place: Int) -> Int64 {
    record.loadUnaligned(fromByteOffset: place, as: Int64.self)
  }

  private func value(_ record: UnsafeRawBufferPointer, _ joint: Int, _ index: Int) -> Double {
    record.loadUnaligned(
      fromByteOffset: CycleOutputs.cycleHeadSize + joint * CycleOutputs.jointSize + 8 * index, as: Double.self
    )
  }

  /// Whether a record of a cycle holds its joints, and frames up to its end.
  private func isWhole(_ record: UnsafeRawBufferPointer) -> Bool {
    let first = CycleOutputs.cycleHeadSize + jointCount * CycleOutputs.jointSize
    guard record.count >= first else { return false }
    let count = Int(record.loadUnaligned(fromByteOffset: 36, as: UInt32.self))
    return count <= 2 * Capacity.joints && frames(record).count == count
  }

  /// Frames of a record, as many as it holds whole.
  private func frames(_ record: UnsafeRawBufferPointer) -> [CANFrame] {
    var frames: [CANFrame] = []
    var next = CycleOutputs.cycleHeadSize + jointCount * CycleOutputs.jointSize
    while next + CycleOutputs.frameHeadSize <= record.count {
      let length = Int(record[next + 6])
      let padded = (length + 7) & ~7
      guard length <= 64, next + CycleOutputs.frameHeadSize + padded <= record.count else { break }
      let flags = record[next + 5]
      var frame = CANFrame(
        id: record.loadUnaligned(fromByteOffset: next, as: UInt32.self), bus: record[next + 4],
        isExtended: flags & 1 != 0, isFlexibleDataRate: flags & 2 != 0)
      frame.hasBitRateSwitch = flags & 4 != 0
      frame.length = UInt8(length)
      for index in 0..<length { frame.payload[index] = record[next + CycleOutputs.frameHeadSize + index] }
      frames.append(frame)
      next += CycleOutputs.frameHeadSize + padded
    }
    return next == record.count ? frames : []
  }
}
