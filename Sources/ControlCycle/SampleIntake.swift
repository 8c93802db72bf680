import LaneMath

/// From a frame to the sample of the joint it comes from.
extension ControlCycle {
  /// Takes one frame to the joint it comes from; false when there is none.
  @_noLocks mutating func take(_ frame: CANFrame, period: Double) -> Bool {
    let candidates = owners.candidates(frame)
    for place in candidates.from..<candidates.to {
      let joint = Int(owners.owners[place])
      guard DriveCodec.answers(frame, joints[joint].drive) else { continue }
      read(frame, joint: joint, period: period)
      return true
    }
    return false
  }

  /// What `DriveCodec.decode` would say, handed on family by family: a reply that all families' branches met in would go
  /// through memory, written in small pieces and read in large ones, which stops the processor for as long as decoding.
  @_noLocks private mutating func read(_ frame: CANFrame, joint: Int, period: Double) {
    switch joints[joint].drive.family {
    case .canopen: note(CANopen.decode(frame, for: joints[joint].drive), frame, joint, period)
    case .damiao: note(Damiao.decode(frame, for: joints[joint].drive), frame, joint, period)
    case .mit: note(MIT.decode(frame, for: joints[joint].drive), frame, joint, period)
    case .odrive, .odrive05: note(ODrive.decode(frame, for: joints[joint].drive), frame, joint, period)
    case .moteus: note(Moteus.decode(frame, for: joints[joint].drive), frame, joint, period)
    case .myactuator: note(MyActuator.decode(frame, for: joints[joint].drive), frame, joint, period)
    case .robstride: note(RobStride.decode(frame, for: joints[joint].drive), frame, joint, period)
    }
  }

  @_noLocks @inline(__always) private mutating func note(
    _ reply: DriveReply, _ frame: CANFrame, _ joint: Int, _ period: Double
  ) {
    switch reply {
    case .feedback(let motor): accept(motor, at: frame.time, joint: joint, period: period)
    case .part(let motor, let fields):
      samples[joint].parts.take(fields, of: motor)
      if fields.contains(.whole) {
        accept(samples[joint].parts, at: frame.time, joint: joint, period: period)
        // A position counts once: where its frame is missing next time, the sample is refused, not made of an old one.
        samples[joint].parts.position = .nan
      } else if fields.contains(.mode) {
        samples[joint].mode = motor.mode
        samples[joint].faults = motor.faults
      }
    case .faultReport(let faults): samples[joint].reportedFaults.insert(faults)
    case .malformed: samples[joint].rejected &+= 1
    case .parameter, .identity, .segment: break
    }
  }

  @_noLocks private mutating func accept(_ motor: MotorState, at time: Int64, joint: Int, period: Double) {
    _ = Estimator.accept(
      motor, at: time, age: elapsed, joint: joints[joint], into: &samples[joint], period: period)
  }
}
