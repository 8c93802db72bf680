import ControlCycle
import TestSupport
import Testing

/// What `DriveFields` says of a field, against what comes out of a frame.
struct DriveFieldsTests {
  private static func odrive(_ family: DriveFamily) -> DriveConfiguration {
    var drive = DriveConfiguration(
      family: family, bus: 0, id: 5, masterID: 0, isFlexibleDataRate: false,
      range: DriveRange(
        position: ODrive.positionRange, velocity: 400, torque: 3.3, stiffness: .infinity, damping: .infinity))
    drive.torqueConstant = 0.083
    return drive
  }
  static let drives =
    DriveCodecTests.drives + DriveCodecTests.torqueDrives + [
      MoteusFrames.drive, CANopenTests.drive, odrive(.odrive), odrive(.odrive05),
    ]
  private static var fields: [(KeyPath<DriveFields, DriveField>, WritableKeyPath<MotorCommand, Double>)] {
    [
      (\.position, \.position), (\.velocity, \.velocity), (\.stiffness, \.stiffness), (\.damping, \.damping),
      (\.torque, \.torque),
    ]
  }

  /// A number arrives as `carried` says, changed by no more than `largestChange`, which some number reaches.
  @Test(arguments: drives) func commandsArriveAsSaid(drive: DriveConfiguration) {
    var random = SeededGenerator(seed: 81)
    let fields = DriveFields(drive)
    for (field, number) in Self.fields {
      let field = fields[keyPath: field]
      guard field.isCarried else {
        #expect(drive.mode == .torque && field.carried(1) == 0 && field.step(at: 1) == 0)
        continue
      }
      let isSigned = number != \MotorCommand.stiffness && number != \MotorCommand.damping
      var largest = 0.0
      for _ in 0..<1000 {
        var command = MotorCommand()
        let sent = Double.random(in: (isSigned ? -1 : 0)...1, using: &random) * field.fullScale
        command[keyPath: number] = sent
        let seen = DriveCodecTests.received(DriveCodec.encode(command, for: drive), drive)[keyPath: number]
        let scale = field.fullScale
        #expect(abs(seen - field.carried(sent)) <= 1e-12 * scale, "\(sent) arrives as \(seen)")
        #expect(abs(seen - sent) <= field.largestChange(at: sent) * (1 + 1e-6) + 1e-15 * scale)
        largest = max(largest, abs(seen - sent) / field.largestChange(at: sent))
      }
      #expect(largest > 0.95, "the step is said to be larger than it is")
    }
  }

  /// Neighbours that differ by a step arrive apart, and beyond full scale nothing does.
  @Test(arguments: drives) func stepsAreApart(drive: DriveConfiguration) {
    let fields = DriveFields(drive)
    for (field, number) in Self.fields {
      let field = fields[keyPath: field]
      guard field.isCarried else { continue }
      let middle = 0.37 * field.fullScale
      let steps = field.step(at: middle)
      #expect(field.carried(middle + 1.001 * steps) > field.carried(middle))
      #expect(abs(field.carried(middle + steps) - field.carried(middle) - steps) < 1.001 * steps)
      var command = MotorCommand()
      command[keyPath: number] = 3 * field.fullScale
      let seen = DriveCodecTests.received(DriveCodec.encode(command, for: drive), drive)[keyPath: number]
      #expect(
        abs(seen - field.fullScale) <= field.largestChange(at: field.fullScale) + 1e-6 * field.fullScale,
        "\(seen) of \(field.fullScale)")
    }
  }

  /// Answers of drives with fixed-point words arrive as said, too.
  @Test(arguments: DriveCodecTests.drives + [MoteusFrames.drive]) func answersArriveAsSaid(
    drive: DriveConfiguration
  ) throws {
    var random = SeededGenerator(seed: 82)
    let fields = DriveFields(drive)
    for _ in 0..<1000 {
      let shaft = DriveCodecTests.random(within: drive.range, using: &random)
      let frame =
        drive.family == .moteus
        ? MoteusFrames.feedback(shaft, from: drive) : DriveCodecTests.feedback(shaft, from: drive)
      let state = try #require(DriveCodecTests.sample(DriveCodec.decode(frame, for: drive)))
      for (seen, sent, field) in [
        (state.position, shaft.position, fields.measuredPosition),
        (state.velocity, shaft.velocity, fields.measuredVelocity),
        (state.torque, shaft.torque, fields.measuredTorque),
      ] {
        #expect(abs(seen - field.carried(sent)) <= 1e-12 * field.fullScale)
        #expect(abs(seen - sent) <= field.largestChange(at: sent) * (1 + 1e-6))
      }
    }
  }
}
