/// What a drive is asked to do until the next frame, at the shaft it reports.
///
/// The drive applies torque = stiffness (position - measured) + damping (velocity - measured) + torque,
/// the law that the mini-cheetah family of drives runs in firmware.
public struct MotorCommand: BitwiseCopyable, Sendable, Equatable {
  /// Position [rad].
  public var position: Double
  /// Velocity [rad/s].
  public var velocity: Double
  /// Stiffness [N.m/rad].
  public var stiffness: Double
  /// Damping [N.m.s/rad].
  public var damping: Double
  /// Feed-forward torque [N.m].
  public var torque: Double

  /// A command; what is not given is zero.
  @_noLocks public init(
    position: Double = 0, velocity: Double = 0, stiffness: Double = 0, damping: Double = 0,
    torque: Double = 0
  ) {
    self.position = position
    self.velocity = velocity
    self.stiffness = stiffness
    self.damping = damping
    self.torque = torque
  }
}

/// Whether a drive's power stage is on.
public enum DriveMode: BitwiseCopyable, Sendable {
  /// Power stage off, no fault.
  case disabled
  /// Power stage on, obeying commands.
  case enabled
  /// Calibrating; not to be commanded.
  case calibrating
  /// Power stage off because of a fault.
  case fault

  /// Whether the power stage is on and obeys commands.
  var isEnabled: Bool {
    @_noLocks get { if case .enabled = self { true } else { false } }
  }
  /// Whether the power stage is off because of a fault.
  var isFault: Bool {
    @_noLocks get { if case .fault = self { true } else { false } }
  }
}

/// What is wrong with a drive, the same words for every family.
public struct DriveFaults: BitwiseCopyable, Sendable, Equatable {
  /// One bit a fault; see the static members.
  public var bits: UInt16
  /// The family's own code, such as that of CiA 402's object 603F; 0 where it has none or is not told.
  public var code: UInt16
  /// The set with the given bits; empty when none are given.
  @_noLocks public init(bits: UInt16 = 0, code: UInt16 = 0) {
    self.bits = bits
    self.code = code
  }
  /// Bits and code in one word.
  var word: UInt32 { @_noLocks get { UInt32(bits) | UInt32(code) << 16 } }
  /// The set of a word.
  @_noLocks init(word: UInt32) {
    self.init(bits: UInt16(truncatingIfNeeded: word), code: UInt16(truncatingIfNeeded: word >> 16))
  }
  /// Whether nothing is wrong.
  public var isEmpty: Bool { @_noLocks get { bits == 0 } }
  /// Whether every fault of `other` is present.
  @_noLocks public func contains(_ other: DriveFaults) -> Bool { bits & other.bits == other.bits }
  /// Adds the faults of `other`; its code only where there is none yet, as the first cause is the one to look for.
  @_noLocks public mutating func insert(_ other: DriveFaults) {
    bits |= other.bits
    if code == 0 { code = other.code }
  }

  /// Supply voltage too high.
  public static var overVoltage: DriveFaults { @_noLocks get { DriveFaults(bits: 1 << 0) } }
  /// Supply voltage too low.
  public static var underVoltage: DriveFaults { @_noLocks get { DriveFaults(bits: 1 << 1) } }
  /// Phase current too high.
  public static var overCurrent: DriveFaults { @_noLocks get { DriveFaults(bits: 1 << 2) } }
  /// Power stage too hot.
  public static var driverOverTemperature: DriveFaults { @_noLocks get { DriveFaults(bits: 1 << 3) } }
  /// Winding too hot.
  public static var motorOverTemperature: DriveFaults { @_noLocks get { DriveFaults(bits: 1 << 4) } }
  /// No command within the drive's watchdog time.
  public static var communicationLost: DriveFaults { @_noLocks get { DriveFaults(bits: 1 << 5) } }
  /// Overload or stall.
  public static var overload: DriveFaults { @_noLocks get { DriveFaults(bits: 1 << 6) } }
  /// Encoder failed.
  public static var encoder: DriveFaults { @_noLocks get { DriveFaults(bits: 1 << 7) } }
  /// Never calibrated.
  public static var uncalibrated: DriveFaults { @_noLocks get { DriveFaults(bits: 1 << 8) } }
  /// Power stage or electronics failed.
  public static var hardware: DriveFaults { @_noLocks get { DriveFaults(bits: 1 << 9) } }
  /// A code that the family's page does not name.
  public static var unknown: DriveFaults { @_noLocks get { DriveFaults(bits: 1 << 15) } }
}

/// One sample of a drive, at the shaft it reports.
public struct MotorState: BitwiseCopyable, Sendable, Equatable {
  /// Position [rad].
  public var position: Double
  /// Velocity [rad/s].
  public var velocity: Double
  /// Torque [N.m].
  public var torque: Double
  /// Hottest temperature the drive reports [degree Celsius].
  public var temperature: Double
  /// Whether the power stage is on.
  public var mode: DriveMode
  /// What is wrong.
  public var faults: DriveFaults
  /// The family's own status word, such as a CiA 402 statusword; 0 where it has none.
  public var status: UInt16

  /// A drive at rest, disabled.
  @_noLocks public init() {
    position = 0
    velocity = 0
    torque = 0
    temperature = 0
    mode = .disabled
    faults = DriveFaults()
    status = 0
  }

  /// Takes over some fields of another sample.
  @_noLocks @inline(__always) mutating func take(_ fields: MotorFields, of other: MotorState) {
    if fields.contains(.position) { position = other.position }
    if fields.contains(.velocity) { velocity = other.velocity }
    if fields.contains(.torque) { torque = other.torque }
    if fields.contains(.temperature) { temperature = other.temperature }
    if fields.contains(.mode) {
      mode = other.mode
      faults = other.faults
      status = other.status
    }
    if fields.contains(.faults) && mode.isFault && !other.faults.isEmpty { faults = other.faults }
  }
}

/// Which fields of a sample a frame carries, and whether the sample is whole with it.
public struct MotorFields: BitwiseCopyable, Sendable, Equatable {
  /// One bit a field; see the static members.
  public var bits: UInt8
  /// The fields with the given bits.
  @_noLocks public init(bits: UInt8) { self.bits = bits }
  /// Whether every field of `other` is present.
  @_noLocks public func contains(_ other: MotorFields) -> Bool { bits & other.bits == other.bits }
  /// These fields and those of another set.
  @_noLocks public func union(_ other: MotorFields) -> MotorFields { MotorFields(bits: bits | other.bits) }

  /// Position.
  public static var position: MotorFields { @_noLocks get { MotorFields(bits: 1) } }
  /// Velocity.
  public static var velocity: MotorFields { @_noLocks get { MotorFields(bits: 2) } }
  /// Torque.
  public static var torque: MotorFields { @_noLocks get { MotorFields(bits: 4) } }
  /// Temperature.
  public static var temperature: MotorFields { @_noLocks get { MotorFields(bits: 8) } }
  /// Mode, faults and status word.
  public static var mode: MotorFields { @_noLocks get { MotorFields(bits: 16) } }
  /// Why there is a fault, where another frame says that there is one.
  public static var faults: MotorFields { @_noLocks get { MotorFields(bits: 32) } }
  /// With this frame the sample is whole: what came before and this belong to one instant.
  public static var whole: MotorFields { @_noLocks get { MotorFields(bits: 128) } }
}
