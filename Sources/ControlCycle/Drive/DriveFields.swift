// Set-up: may allocate; the cycle is compiled without this file.

/// How a number travels in one field of a frame: what of it arrives, and in which steps.
public struct DriveField: Sendable, Equatable {
  private enum Form: Equatable {
    /// Not sent, or not looked at by the drive.
    case none
    /// `FixedPoint`: the fraction of a step is dropped.
    case fixed(from: Double, to: Double, bits: UInt16)
    /// A signed word of `steps` either way, to the nearest, of a number within plus or minus `limit`.
    case word(fullScale: Double, steps: Double, limit: Double)
    /// Single precision, to the nearest, in units of `unit`, within plus or minus `limit`.
    case single(unit: Double, limit: Double)
  }
  private let form: Form

  /// A field that a family does not have.
  static let none = DriveField(form: .none)

  static func fixed(from low: Double, to high: Double, bits: UInt16) -> DriveField {
    DriveField(form: .fixed(from: low, to: high, bits: bits))
  }

  static func word(fullScale: Double, steps: Double, limit: Double = .infinity) -> DriveField {
    DriveField(form: .word(fullScale: fullScale, steps: steps, limit: limit))
  }

  static func single(unit: Double = 1, limit: Double) -> DriveField {
    DriveField(form: .single(unit: unit, limit: limit))
  }

  /// Whether the drive gets, or gives, the number at all.
  public var isCarried: Bool { form != .none }

  /// Largest number that is not cut down; 0 where none is carried.
  public var fullScale: Double {
    switch form {
    case .none: 0
    case .fixed(_, let high, _): high
    case .word(let fullScale, let steps, let limit): min(fullScale * (steps - 1) / steps, limit)
    case .single(_, let limit): limit
    }
  }

  /// Distance between the numbers around `value` that can be told apart; 0 where none is carried.
  public func step(at value: Double) -> Double {
    switch form {
    case .none: 0
    case .fixed(let low, let high, let bits): (high - low) / Double((UInt32(1) << UInt32(bits)) - 1)
    case .word(let fullScale, let steps, _): fullScale / steps
    case .single(let unit, _): Double(Float(abs(value) / unit).ulp) * unit
    }
  }

  /// Most that travelling changes a number around `value`, within full scale.
  public func largestChange(at value: Double) -> Double {
    if case .fixed = form { step(at: value) } else { step(at: value) / 2 }
  }

  /// What arrives of a number; 0 where none is carried.
  public func carried(_ value: Double) -> Double {
    switch form {
    case .none: return 0
    case .fixed(let low, let high, let bits):
      let word = FixedPoint.encode(value, from: low, to: high, bits: bits)
      return FixedPoint.decode(word, from: low, to: high, bits: bits)
    case .word(let fullScale, let steps, let limit):
      let scaled = (min(max(value, -limit), limit) / fullScale * steps).rounded(.toNearestOrAwayFromZero)
      return min(max(scaled, 1 - steps), steps - 1) / steps * fullScale
    case .single(let unit, let limit):
      return Double(Float(min(max(value, -limit), limit) / unit)) * unit
    }
  }
}

/// The fields of a drive's command and of its answers, at the shaft it reports.
///
/// What a command does not carry acts all the same where the loop is closed on the host (`ControlMode.torque`): the cycle
/// makes torque of it, at the estimate, one cycle later than a drive would. In the modes of position and velocity the
/// drive's own gains act.
public struct DriveFields: Sendable, Equatable {
  /// Position commanded [rad].
  public var position = DriveField.none
  /// Velocity commanded [rad/s].
  public var velocity = DriveField.none
  /// Stiffness commanded [N.m/rad].
  public var stiffness = DriveField.none
  /// Damping commanded [N.m.s/rad].
  public var damping = DriveField.none
  /// Torque commanded [N.m].
  public var torque: DriveField
  /// Position answered [rad].
  public var measuredPosition: DriveField
  /// Velocity answered [rad/s].
  public var measuredVelocity: DriveField
  /// Torque answered [N.m].
  public var measuredTorque: DriveField

  /// The fields of a drive.
  public init(_ drive: DriveConfiguration) {
    let range = drive.range
    switch drive.family {
    case .canopen: self.init(words: range)
    case .damiao, .mit:
      self.init(range, bits: 12)
      if drive.dialect.isForce { answer(inDegreesAndAmperes: drive) }
    case .myactuator: self.init(amperesOf: drive)
    case .robstride: self.init(range, bits: 16)
    case .odrive: self.init(singles: range, torqueUnit: 1)
    case .odrive05: self.init(singles: range, torqueUnit: abs(drive.torqueConstant))
    case .moteus:
      self.init(singles: range, torqueUnit: 1)
      position = measuredPosition
      velocity = measuredVelocity
      // Gains travel as parts of the drive's own.
      stiffness = .single(unit: range.stiffness, limit: range.stiffness)
      damping = .single(unit: range.damping, limit: range.damping)
    }
    adapt(to: drive)
  }

  /// Leaves of a command what the drive's mode takes.
  private mutating func adapt(to drive: DriveConfiguration) {
    let isCANopen = drive.family == .canopen
    if drive.mode == .impedance { return }
    position = .none
    velocity = .none
    stiffness = .none
    damping = .none
    switch drive.mode {
    case .impedance, .torque: return
    case .position, .positionForce:
      position = isCANopen ? measuredPosition : .single(limit: drive.range.position)
    case .velocity: velocity = isCANopen ? measuredVelocity : .single(limit: drive.range.velocity)
    }
    // CiA 402 has a torque offset beside the target; Damiao's other modes have none.
    if !isCANopen { torque = .none }
  }

  /// Position in 16 bits, all else in `bits`.
  private init(_ range: DriveRange, bits: UInt16) {
    position = .fixed(from: -range.position, to: range.position, bits: 16)
    velocity = .fixed(from: -range.velocity, to: range.velocity, bits: bits)
    stiffness = .fixed(from: 0, to: range.stiffness, bits: bits)
    damping = .fixed(from: 0, to: range.damping, bits: bits)
    torque = .fixed(from: -range.torque, to: range.torque, bits: bits)
    measuredPosition = position
    measuredVelocity = velocity
    measuredTorque = torque
  }

  /// CubeMars V3: 0.1 degree, 10 electrical revolutions a minute, 0.01 A.
  private mutating func answer(inDegreesAndAmperes drive: DriveConfiguration) {
    measuredPosition = .word(fullScale: 32768 * CubeMars.angleStep, steps: 32768)
    measuredVelocity = .word(
      fullScale: 32768 * CubeMars.speedStep / drive.electricalRatio, steps: 32768)
    measuredTorque = .word(
      fullScale: 32768 * CubeMars.currentStep * abs(drive.torqueConstant), steps: 32768)
  }

  /// CiA 402: increments, and thousandths of the rated torque.
  private init(words range: DriveRange) {
    torque = .word(fullScale: range.torque, steps: 32768)
    measuredPosition = .word(fullScale: range.position, steps: 2_147_483_648)
    measuredVelocity = .word(fullScale: range.velocity, steps: 2_147_483_648)
    measuredTorque = torque
  }

  /// MyActuator: 0.01 A, 0.01 degree, 1 degree/s.
  private init(amperesOf drive: DriveConfiguration) {
    let full = 32768 * MyActuator.currentStep * abs(drive.torqueConstant)
    torque = .word(fullScale: full, steps: 32768, limit: drive.range.torque)
    measuredPosition = .word(fullScale: 2_147_483_648 * MyActuator.angleStep, steps: 2_147_483_648)
    measuredVelocity = .word(fullScale: 32768 * MyActuator.speedStep, steps: 32768)
    measuredTorque = .word(fullScale: full, steps: 32768)
  }

  /// Single precision in revolutions; torque answered in units of `torqueUnit`.
  private init(singles range: DriveRange, torqueUnit: Double) {
    torque = .single(limit: range.torque)
    measuredPosition = .single(unit: Moteus.revolution, limit: range.position)
    measuredVelocity = .single(unit: Moteus.revolution, limit: range.velocity)
    measuredTorque = .single(unit: torqueUnit, limit: range.torque)
  }
}
