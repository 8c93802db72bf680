/// What a host asks of a drive apart from motion.
public enum DriveRequest: BitwiseCopyable, Sendable, Equatable {
  /// Switch the power stage on.
  case enable
  /// Switch the power stage off.
  case disable
  /// Clear latched faults; leaves the power stage off.
  case clearFault
  /// Make the present position the zero.
  case setZero
  /// Answer with an identity or a feedback frame, without moving.
  case identify
  /// Take part in cyclic traffic from now on; families without such a state answer as to `identify`.
  case start
  /// Read a parameter, register or object, by the family's own address.
  case readParameter(UInt32)
  /// Write a parameter, register or object; the value is its 32-bit pattern.
  case writeParameter(UInt32, UInt32)
}

/// What a frame from a drive says.
public enum DriveReply: BitwiseCopyable, Sendable, Equatable {
  /// A sample of the drive.
  case feedback(MotorState)
  /// A part of a sample, where a family needs more than one frame for it.
  case part(MotorState, MotorFields)
  /// The value of a parameter, or a refusal to read it.
  case parameter(index: UInt32, value: UInt32, succeeded: Bool)
  /// The drive answered an identify request with its serial number.
  case identity(UInt64)
  /// The drive reports faults, without a sample.
  case faultReport(DriveFaults)
  /// The frame comes from this drive but makes no sense.
  case malformed
}

/// Commands and requests to frames, and frames to replies; the only door between motor values and bytes.
public enum DriveCodec {
  /// The frame that carries a motion command.
  ///
  /// A command that is not finite becomes the zero command: no torque. The limiter before the codec never
  /// lets one through; this is the last line.
  @_noLocks public static func encode(_ command: MotorCommand, for drive: DriveConfiguration) -> CANFrame {
    let finite = command.isFinite ? command : MotorCommand()
    switch drive.family {
    case .damiao: return Damiao.encode(finite, for: drive)
    case .moteus: return Moteus.encode(finite, for: drive)
    case .robstride: return RobStride.encode(finite, for: drive)
    }
  }

  /// The frame that carries a request; `status` is the family's own word of the newest sample, which says where the drive
  /// stands on the way to what is asked.
  @_noLocks public static func encode(
    _ request: DriveRequest, for drive: DriveConfiguration, status: UInt16 = 0
  ) -> CANFrame {
    switch drive.family {
    case .damiao: Damiao.encode(request, for: drive)
    case .moteus: Moteus.encode(request, for: drive, status: status)
    case .robstride: RobStride.encode(request, for: drive)
    }
  }

  /// Appends what goes out to all drives of a family on a bus, behind the last one's frame in cycle `cycle`.
  @_noLocks static func endGroup(
    _ drive: DriveConfiguration, cycle: Int64, into transmit: inout FrameBuffer
  ) {
    switch drive.family {
    case .damiao, .moteus, .robstride: break
    }
  }

  /// What a frame from the drive says; malformed also when it comes from another drive.
  @_noLocks public static func decode(_ frame: CANFrame, for drive: DriveConfiguration) -> DriveReply {
    answers(frame, drive) ? decodeAnswer(frame, for: drive) : .malformed
  }

  /// What a frame says that is known to come from the drive.
  @_noLocks static func decodeAnswer(_ frame: CANFrame, for drive: DriveConfiguration) -> DriveReply {
    switch drive.family {
    case .damiao: Damiao.decode(frame, for: drive)
    case .moteus: Moteus.decode(frame, for: drive)
    case .robstride: RobStride.decode(frame, for: drive)
    }
  }

  /// Whether the frame comes from the drive: right bus, format, identifier and, where needed, first byte.
  @_noLocks public static func answers(_ frame: CANFrame, _ drive: DriveConfiguration) -> Bool {
    guard frame.bus == drive.bus else { return false }
    switch drive.family {
    case .damiao: return Damiao.answers(frame, drive)
    case .moteus: return Moteus.answers(frame, drive)
    case .robstride: return RobStride.answers(frame, drive)
    }
  }
}
