import CServoWire
import ControlCycle
import JointControl
import Testing

/// Ranges are data: every row of every table is whole, and says what the codec does.
@Suite("Tables of drive models") struct DriveModelTests {
  private static let families: [DriveFamily] = [
    .canopen, .damiao, .mit, .moteus, .myactuator, .odrive, .odrive05, .robstride,
  ]
  static let models = families.flatMap { DriveModel.all($0) }

  @Test func everyColumnIsFilled() {
    #expect(Self.models.count > 30)
    for model in Self.models {
      #expect(
        !model.source.isEmpty && !model.firmware.isEmpty && model.firmware != "not stated", "\(model.name)")
      let range = model.range
      for value in [range.position, range.velocity, range.torque] {
        #expect(value > 0 && value.isFinite, "\(model.name)")
      }
      #expect(range.stiffness > 0 && range.damping > 0 && model.builtInRatio >= 1)
      #expect(range.stiffness.isFinite != (model.family.standardMode == .torque))
      let countsCurrent =
        model.family == .odrive || model.family == .odrive05 || model.family == .myactuator
        || model.dialect.isForce
      #expect((model.torqueConstant > 0) == countsCurrent, "\(model.name)")
      #expect(DriveModel.all(model.family).filter { $0.name == model.name }.count == 1)
    }
  }

  @Test func watchdogUnitsAreTheCodecs() {
    for model in Self.models {
      let unit: WatchdogUnit
      switch model.family {
      case .canopen: unit = .steps(microseconds: CANopen.timeoutUnit)
      case .damiao: unit = .steps(microseconds: Damiao.timeoutUnit)
      case .robstride:
        unit = model.dialect.isCyberGear ? .stored : .steps(microseconds: RobStride.timeoutUnit)
      case .moteus: unit = .seconds
      case .myactuator: unit = .steps(microseconds: 1000)
      case .mit, .odrive, .odrive05: unit = .stored
      }
      #expect(model.watchdogUnit == unit, "\(model.name)")
    }
  }

  /// A value of two and two thirds steps tells the rules apart.
  @Test func roundingIsTheCodecs() {
    for model in Self.models {
      var drive = DriveConfiguration(
        family: model.family, bus: 0, id: 1, masterID: 2, isFlexibleDataRate: model.family == .moteus,
        range: model.range)
      drive.dialect = model.dialect
      switch model.rounding {
      case .dropsFraction:
        // Half a step low at zero: 32767.5 steps from the lower end.
        let frame = DriveCodec.encode(MotorCommand(), for: drive)
        let first = model.dialect.isForce ? 3 : 0
        #expect(frame.payload[first] == 0x7F && frame.payload[first + 1] == 0xFF, "\(model.name)")
        let step = 2 * model.range.position / 65535
        let next = DriveCodec.encode(MotorCommand(position: 0.4 * step), for: drive)
        let over = DriveCodec.encode(MotorCommand(position: 0.6 * step), for: drive)
        #expect(next.payload[first] == 0x7F && over.payload[first] == 0x80, "\(model.name)")
      case .nearest:
        let isMyActuator = model.family == .myactuator
        drive.torqueConstant = model.torqueConstant
        let step = isMyActuator ? model.torqueConstant / 100 : model.range.torque / 32768
        for (value, word) in [(0.4, 0), (0.6, 1), (2.4, 2), (-0.6, 0xFF)] as [(Double, UInt8)] {
          #expect(
            DriveCodec.encode(MotorCommand(torque: value * step), for: drive).payload[isMyActuator ? 4 : 6]
              == word)
        }
      case .singlePrecision:
        let pattern = Float(model.range.torque / 3).bitPattern
        let frame = DriveCodec.encode(MotorCommand(torque: model.range.torque / 3), for: drive)
        let isThere = (0..<60).contains { place in
          (0..<4).allSatisfy {
            frame.payload[place + $0] == UInt8(truncatingIfNeeded: pattern >> UInt32(8 * $0))
          }
        }
        #expect(isThere, "\(model.name)")
      }
    }
  }
}
