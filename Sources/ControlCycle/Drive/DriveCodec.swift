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
  /// Read a parameter or register.
  case readParameter(UInt16)
  /// Write a parameter or register; the value is its 32-bit pattern.
  case writeParameter(UInt16, UInt32)
}

/// What a frame from a drive says.
public enum DriveReply: BitwiseCopyable, Sendable, Equatable {
  /// A sample of the drive.
  case feedback(MotorState)
  /// The value of a parameter, or a refusal to read it.
  case parameter(index: UInt16, value: UInt32, succeeded: Bool)
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
    case .robstride: return RobStride.encode(finite, for: drive)
    }
  }

  /// The frame that carries a request.
  @_noLocks public static func encode(_ request: DriveRequest, for drive: DriveConfiguration) -> CANFrame {
    switch drive.family {
    case .damiao: Damiao.encode(request, for: drive)
    case .robstride: RobStride.encode(request, for: drive)
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
    case .robstride: RobStride.decode(frame, for: drive)
    }
  }

  /// Whether the frame comes from the drive: right bus, format, identifier and, where needed, first byte.
  @_noLocks public static func answers(_ frame: CANFrame, _ drive: DriveConfiguration) -> Bool {
    guard frame.bus == drive.bus else { return false }
    switch drive.family {
    case .damiao: return Damiao.answers(frame, drive)
    case .robstride: return RobStride.answers(frame, drive)
    }
  }
}
