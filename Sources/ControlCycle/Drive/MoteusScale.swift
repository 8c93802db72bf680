import CServoWire

/// What a moteus register holds, and with it the size of one step of its integer forms.
public enum MoteusQuantity: BitwiseCopyable, Sendable {
  /// Revolutions.
  case position
  /// Revolutions per second.
  case velocity
  /// Revolutions per second squared.
  case acceleration
  /// Newton metres.
  case torque
  /// Amperes.
  case current
  /// Volts.
  case voltage
  /// Watts.
  case power
  /// Degrees Celsius.
  case temperature
  /// Seconds.
  case time
  /// A part of the drive's own gain.
  case scale
  /// A count or a code, which travels as it is.
  case code

  /// One step of an integer form; the vendor's table of mappings.
  @_noLocks public func step(_ resolution: UInt8) -> Double {
    switch self {
    case .position: Self.of(resolution, 0.01, 0.0001, 0.00001)
    case .velocity: Self.of(resolution, 0.1, 0.00025, 0.00001)
    case .acceleration: Self.of(resolution, 0.05, 0.001, 0.00001)
    case .torque: Self.of(resolution, 0.5, 0.01, 0.001)
    case .current: Self.of(resolution, 1, 0.1, 0.001)
    case .voltage: Self.of(resolution, 0.5, 0.1, 0.001)
    case .power: Self.of(resolution, 10, 0.05, 0.0001)
    case .temperature: Self.of(resolution, 1, 0.1, 0.001)
    case .time: Self.of(resolution, 0.01, 0.001, 0.000001)
    case .scale: Self.of(resolution, 1 / 127, 1 / 32767, 1 / 2_147_483_647)
    case .code: 1
    }
  }

  @_noLocks private static func of(
    _ resolution: UInt8, _ int8: Double, _ int16: Double, _ int32: Double
  ) -> Double {
    switch UInt32(resolution) {
    case MOTEUS_RESOLUTION_INT8.rawValue: int8
    case MOTEUS_RESOLUTION_INT16.rawValue: int16
    default: int32
    }
  }

  /// The value of a register in any of the four resolutions; not a number where the drive has none to give.
  @_noLocks public func value(_ pattern: UInt32, _ resolution: UInt8) -> Double {
    if moteus_is_unset(moteus_field(value: pattern, resolution: resolution)) { return .nan }
    if Moteus.isFloat(resolution) { return Double(Float(bitPattern: pattern)) }
    return Double(Int32(bitPattern: pattern)) * step(resolution)
  }

  /// The pattern of a value: integers drop the fraction towards zero, and saturate one above the smallest, which means
  /// "not set", as does not a number.
  @_noLocks public func pattern(_ value: Double, _ resolution: UInt8) -> UInt32 {
    if Moteus.isFloat(resolution) { return Float(value).bitPattern }
    guard !value.isNaN else { return moteus_unset(resolution) }
    let bits = Int32(moteus_size(resolution)) * 8
    let most = Double((Int64(1) << Int64(bits - 1)) - 1)
    // A step that is no power of two makes a whole number of steps a little less than one.
    let steps = value / step(resolution) * (1 + 1e-12)
    let whole = steps >= most ? most : steps <= -most ? -most : steps
    return UInt32(bitPattern: Int32(whole))
  }
}
