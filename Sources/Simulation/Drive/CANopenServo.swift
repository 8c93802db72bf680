import CServoWire
import ControlCycle

/// Targets and gains of a simulated CANopen drive, and the loop that it closes in its mode: a proportional position loop
/// around a proportional velocity loop. No integral: what the sources leave open is in canopen.md.
struct CANopenServo: BitwiseCopyable, Sendable {
  /// 6060.
  private(set) var mode: Int8 = 0
  /// 607A [increments].
  private(set) var position: Int32 = 0
  /// The target before this one [increments].
  private var before: Int32 = 0
  /// 60FF [increments/s].
  private(set) var velocity: Int32 = 0
  /// 6071 [1/1000 of the rated torque].
  private(set) var torque: Int16 = 0
  /// 60B2 [1/1000 of the rated torque].
  private(set) var offset: Int16 = 0
  /// 6072 [1/1000 of the rated torque].
  var maxTorque: UInt16 = 1000
  /// 2000:1, gain of the position loop [1/1000 s^-1].
  var positionGain: UInt32 = 40_000
  /// 2000:2, gain of the velocity loop [uN.m.s/rad].
  var velocityGain: UInt32 = 30_000
  /// 2000:3, part of the difference of two targets that is taken for their velocity [1/1000].
  var feedforward: UInt32 = 0
  /// 60C2, period of the targets: value x 10^exponent s.
  var periodValue: UInt8 = 1
  var periodExponent: Int8 = -3
  /// 6065 [increments]; all bits set is off.
  var window = UInt32.max
  /// 6066 [ms].
  var windowTime: UInt16 = 0
  /// The next target is the first since operation was enabled.
  private var isFirst = true

  /// Nothing is left of what was asked, but 607A, which stands as it was written.
  mutating func stop() {
    (velocity, torque, offset) = (0, 0, 0)
    isFirst = true
  }

  /// Takes a mode; false when the drive has none such.
  mutating func set(mode: Int8) -> Bool {
    let cyclic = Int8(CIA402_MODE_CYCLIC_POSITION.rawValue)...Int8(CIA402_MODE_CYCLIC_TORQUE.rawValue)
    guard mode == 0 || cyclic.contains(mode) else { return false }
    self.mode = mode
    stop()
    return true
  }

  /// Takes a target; false when the object is none.
  ///
  /// Before operation is enabled nothing is kept that it would begin with, but the position, which the host loads.
  mutating func take(_ value: UInt32, object: UInt16, isEnabled: Bool) -> Bool {
    let word = Int16(truncatingIfNeeded: Int32(bitPattern: value))
    switch object {
    case 0x607A:
      before = isEnabled && !isFirst ? position : Int32(bitPattern: value)
      position = Int32(bitPattern: value)
      if isEnabled { isFirst = false }
    case 0x60FF: if isEnabled { velocity = Int32(bitPattern: value) }
    case 0x6071: if isEnabled { torque = word }
    case 0x60B2: if isEnabled { offset = word }
    default: return false
    }
    return true
  }

  /// Whether the measured position [increments] is further from its target than 6065 allows.
  func isOutside(_ measured: Int32) -> Bool {
    guard Int32(mode) == Int32(CIA402_MODE_CYCLIC_POSITION.rawValue), window != .max else { return false }
    return Int64(window) < (Int64(position) - Int64(measured)).magnitude
  }

  /// Torque that the mode's loop asks for, within 6072 [N.m].
  ///
  /// - Parameters:
  ///   - shaft: what the drive's sensors see.
  ///   - step: angle of one increment [rad].
  ///   - unit: torque of one word [N.m].
  /// - Returns: the torque [N.m]; 0 in no mode.
  func torque(at shaft: ShaftMeasurement, step: Double, unit: Double) -> Double {
    let gain = Double(velocityGain) / 1_000_000
    let words: Double
    switch UInt32(bitPattern: Int32(mode)) {
    case CIA402_MODE_CYCLIC_TORQUE.rawValue: words = Double(torque)
    case CIA402_MODE_CYCLIC_VELOCITY.rawValue:
      words = gain * (Double(velocity) * step - shaft.velocity) / unit
    case CIA402_MODE_CYCLIC_POSITION.rawValue:
      let error = Double(position) * step - shaft.position
      let rate = (Double(position) - Double(before)) * step / seconds * Double(feedforward) / 1000
      words = gain * (Double(positionGain) / 1000 * error + rate - shaft.velocity) / unit
    default: return 0
    }
    let asked = words + Double(offset)
    guard asked.isFinite else { return 0 }
    return max(-Double(maxTorque), min(Double(maxTorque), asked)) * unit
  }

  private var seconds: Double {
    var time = Double(max(1, periodValue))
    for _ in 0..<min(9, abs(Int(periodExponent))) { time *= periodExponent < 0 ? 0.1 : 10 }
    return time
  }
}
