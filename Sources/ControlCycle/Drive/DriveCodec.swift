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
  /// The frame comes from this drive but makes no sense.
  case malformed
}
