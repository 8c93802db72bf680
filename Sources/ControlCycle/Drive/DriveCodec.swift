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
  /// The beginning or a piece of a value that is longer than a parameter, such as a name.
  case segment(DriveSegment)
  /// The frame comes from this drive but makes no sense.
  case malformed
}

/// A piece of a value that is longer than a parameter.
public struct DriveSegment: BitwiseCopyable, Sendable, Equatable {
  /// The parameter, where the value begins; 0 in a piece of it, which does not say.
  public var index: UInt32
  /// Up to 7 bytes, the first lowest; the value's length where it begins.
  public var bytes: UInt64
  /// Number of bytes.
  public var count: UInt8
  /// Alternates from piece to piece, first false.
  public var toggle: Bool
  /// Whether nothing follows.
  public var isLast: Bool

  /// A piece.
  @_noLocks public init(index: UInt32, bytes: UInt64, count: UInt8, toggle: Bool, isLast: Bool) {
    self.index = index
    self.bytes = bytes
    self.count = count
    self.toggle = toggle
    self.isLast = isLast
  }
}

/// Commands and requests to frames, and frames to replies; the only door between motor values and bytes.
public enum DriveCodec {
  /// The frame that carries a motion command.
  ///
  /// A command that is not finite becomes the zero command: no torque; for a drive that holds a position, where zero is a
  /// place to go to, an order to switch off. The limiter before the codec never lets one through; this is the last line.
  @_noLocks public static func encode(_ command: MotorCommand, for drive: DriveConfiguration) -> CANFrame {
    var frame = CANFrame()
    encode(command, for: drive, into: &frame)
    return frame
  }

  /// As `encode`, into a frame of which nothing stays.
  @_noLocks static func encode(
    _ command: MotorCommand, for drive: DriveConfiguration, into frame: inout CANFrame
  ) {
    if !command.isFinite && drive.mode.holdsPosition {
      frame = encode(.disable, for: drive)
      return
    }
    let finite = command.isFinite ? command : MotorCommand()
    switch drive.family {
    case .canopen: CANopen.encode(finite, for: drive, into: &frame)
    case .damiao: Damiao.encode(finite, for: drive, into: &frame)
    case .mit: MIT.encode(finite, for: drive, into: &frame)
    case .odrive, .odrive05: ODrive.encode(finite, for: drive, into: &frame)
    case .moteus: Moteus.encode(finite, for: drive, into: &frame)
    case .myactuator: MyActuator.encode(finite, for: drive, into: &frame)
    case .robstride: RobStride.encode(finite, for: drive, into: &frame)
    }
  }

  /// The frame that carries a request; `status` is the family's own word of the newest sample, which says where the drive
  /// stands on the way to what is asked. `position` is where its shaft is [rad], at which a drive that holds a position
  /// begins when it is switched on.
  @_noLocks public static func encode(
    _ request: DriveRequest, for drive: DriveConfiguration, status: UInt16 = 0, position: Double = 0
  ) -> CANFrame {
    switch drive.family {
    case .canopen: CANopen.encode(request, for: drive, status: status, position: position)
    case .damiao: Damiao.encode(request, for: drive)
    case .mit: MIT.encode(request, for: drive, status: status)
    case .odrive, .odrive05: ODrive.encode(request, for: drive)
    case .moteus: Moteus.encode(request, for: drive, status: status)
    case .myactuator: MyActuator.encode(request, for: drive, status: status)
    case .robstride: RobStride.encode(request, for: drive)
    }
  }

  /// Notes in a drive's state what a request that went out makes of the drive; only where its answers do not say that.
  @_noLocks public static func assume(
    _ request: DriveRequest, of drive: DriveConfiguration, in state: inout MotorState
  ) {
    switch drive.family {
    case .canopen, .damiao, .moteus, .myactuator, .odrive, .odrive05, .robstride: break
    case .mit: MIT.assume(request, in: &state)
    }
  }

  /// Appends what goes out to all drives of a family on a bus, behind the last one's frame in cycle `cycle`.
  @_noLocks public static func endGroup(
    _ drive: DriveConfiguration, cycle: Int64, into transmit: inout FrameBuffer
  ) {
    switch drive.family {
    case .canopen: CANopen.endGroup(drive, cycle: cycle, into: &transmit)
    case .damiao, .mit, .moteus, .myactuator, .odrive, .odrive05, .robstride: break
    }
  }

  /// Appends what a drive is asked besides its command, where it does not tell by itself, in cycle `cycle`.
  @_noLocks public static func ask(
    _ drive: DriveConfiguration, cycle: Int64, into transmit: inout FrameBuffer
  ) {
    switch drive.family {
    case .canopen, .damiao, .mit, .moteus, .odrive, .robstride: break
    case .myactuator: MyActuator.ask(drive, cycle: cycle, into: &transmit)
    case .odrive05: ODrive.ask(drive, cycle: cycle, into: &transmit)
    }
  }

  /// Torque that a drive says it aims at [N.m], in a frame that comes from it; nil in other frames.
  @_noLocks public static func torqueTarget(_ frame: CANFrame, for drive: DriveConfiguration) -> Double? {
    switch drive.family {
    case .canopen, .damiao, .mit, .moteus, .myactuator, .robstride: nil
    case .odrive, .odrive05: ODrive.torqueTarget(frame, for: drive)
    }
  }

  /// What a frame from the drive says; malformed also when it comes from another drive.
  @_noLocks public static func decode(_ frame: CANFrame, for drive: DriveConfiguration) -> DriveReply {
    answers(frame, drive) ? decodeAnswer(frame, for: drive) : .malformed
  }

  /// What a frame says that is known to come from the drive.
  @_noLocks @inline(__always) static func decodeAnswer(_ frame: CANFrame, for drive: DriveConfiguration)
    -> DriveReply
  {
    switch drive.family {
    case .canopen: CANopen.decode(frame, for: drive)
    case .damiao: Damiao.decode(frame, for: drive)
    case .mit: MIT.decode(frame, for: drive)
    case .odrive, .odrive05: ODrive.decode(frame, for: drive)
    case .moteus: Moteus.decode(frame, for: drive)
    case .myactuator: MyActuator.decode(frame, for: drive)
    case .robstride: RobStride.decode(frame, for: drive)
    }
  }

  /// Whether the frame comes from the drive: right bus, format, identifier and, where needed, first byte.
  @_noLocks @inline(__always) public static func answers(_ frame: CANFrame, _ drive: DriveConfiguration)
    -> Bool
  {
    guard frame.bus == drive.bus else { return false }
    switch drive.family {
    case .canopen: return CANopen.answers(frame, drive)
    case .damiao: return Damiao.answers(frame, drive)
    case .mit: return MIT.answers(frame, drive)
    case .odrive, .odrive05: return ODrive.answers(frame, drive)
    case .moteus: return Moteus.answers(frame, drive)
    case .myactuator: return MyActuator.answers(frame, drive)
    case .robstride: return RobStride.answers(frame, drive)
    }
  }
}
