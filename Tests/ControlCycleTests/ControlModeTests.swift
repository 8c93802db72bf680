import CServoWire
import TestSupport
import Testing

@testable import ControlCycle

/// Commands of the neutral contract on drives that close a loop with gains of their own.
struct ControlModeTests {
  static let gains = ImpedanceGains(stiffness: 60, damping: 1.5)

  private func random(_ generator: inout SeededGenerator) -> (JointCommand, JointState) {
    var command = JointCommand()
    command.position = .random(in: -2...2, using: &generator)
    command.velocity = .random(in: -3...3, using: &generator)
    command.stiffness = .random(in: 0...60, using: &generator)
    command.damping = .random(in: 0...1.5, using: &generator)
    command.torque = .random(in: -9...9, using: &generator)
    var state = JointState()
    state.position = command.position + .random(in: -0.2...0.2, using: &generator)
    state.velocity = .random(in: -3...3, using: &generator)
    return (command, state)
  }

  /// Whatever gains a command has, a velocity loop of the described damping gives the torque that was asked for.
  @Test func aVelocityDriveOfTheDescribedDampingGivesTheLaw() {
    var generator = SeededGenerator(seed: 41)
    for _ in 0..<2000 {
      let (command, state) = random(&generator)
      let sent = command.asVelocity(at: state, gains: Self.gains, limit: 1e9, isBlind: false)
      let law = command.asTorque(at: state).torque
      let given = 1.5 * (sent.velocity - state.velocity) + sent.torque
      #expect(abs(given - law) < 1e-9 && sent.stiffness == 0 && sent.damping == 0)
      let bounded = command.asVelocity(at: state, gains: Self.gains, limit: 0.5, isBlind: false)
      #expect(abs(bounded.velocity) <= 0.5)
    }
  }

  /// A position loop of the described stiffness gives the part of it that is left.
  @Test func aPositionDriveOfTheDescribedStiffnessGivesItsPart() {
    var generator = SeededGenerator(seed: 42)
    for _ in 0..<2000 {
      let (command, state) = random(&generator)
      let sent = command.asPosition(at: state, gains: Self.gains, isYielding: false, isBlind: false)
      let expected = command.stiffness * (command.position - state.position)
      #expect(abs(60 * (sent.position - state.position) - expected) < 1e-9 && sent.torque == command.torque)
    }
  }

  @Test func allOfTheStiffnessIsTheCommandedPositionToTheBit() {
    var generator = SeededGenerator(seed: 43)
    for _ in 0..<2000 {
      var (command, state) = random(&generator)
      command.stiffness = .random(in: 60...100, using: &generator)
      let all = command.asPosition(at: state, gains: Self.gains, isYielding: false, isBlind: false)
      #expect(all.position == command.position)
      state.position = .random(in: -9...9, using: &generator)
      // Nobody knows where the joint is: the brake's position, the brake's velocity, and no pull towards a guess.
      command.stiffness = .random(in: 0...60, using: &generator)
      for (isYielding, isBlind) in [(true, false), (false, true), (true, true)] {
        let own = command.asPosition(
          at: state, gains: Self.gains, isYielding: isYielding, isBlind: isBlind)
        #expect(own.position == command.position)
      }
      let running = command.asVelocity(at: state, gains: Self.gains, limit: 1e9, isBlind: true)
      #expect(running.velocity == command.velocity)
    }
  }

  static let modes: [(ControlMode, DriveFamily)] = [
    (.position, .canopen), (.velocity, .canopen), (.position, .damiao), (.velocity, .damiao),
    (.positionForce, .damiao),
  ]

  static func drive(_ mode: ControlMode, _ family: DriveFamily) -> DriveConfiguration {
    var drive = DriveConfiguration(
      family: family, bus: 1, id: 5, masterID: family == .canopen ? 0x7F : 0x15, isFlexibleDataRate: false,
      range: family == .canopen
        ? CANopen.range(encoderCounts: 65536, ratedTorque: 2)
        : DriveRange(position: 12.5, velocity: 30, torque: 10, stiffness: 500, damping: 5))
    drive.mode = mode
    drive.velocityLimit = 5
    drive.currentLimit = 0.5
    return drive
  }

  /// Zero is a place, to which a drive that holds a position must not be sent by a number that is none.
  @Test(arguments: modes) func notFiniteNeverMoves(mode: ControlMode, family: DriveFamily) {
    let drive = Self.drive(mode, family)
    let off = wire(DriveCodec.encode(DriveRequest.disable, for: drive))
    let rest = wire(DriveCodec.encode(MotorCommand(), for: drive))
    let fields: [WritableKeyPath<MotorCommand, Double>] = [
      \.position, \.velocity, \.stiffness, \.damping, \.torque,
    ]
    for field in fields {
      for value in [Double.nan, .infinity, -.infinity] {
        var command = MotorCommand(position: 1, velocity: 1, torque: 1)
        command[keyPath: field] = value
        #expect(wire(DriveCodec.encode(command, for: drive)) == (mode.holdsPosition ? off : rest))
      }
    }
    // What saturates is a number.
    let most = DriveCodec.encode(MotorCommand(position: 1e300, velocity: 1e300), for: drive)
    #expect(wire(most) != off)
    var broken = drive
    (broken.velocityLimit, broken.currentLimit) = (.nan, .nan)
    _ = DriveCodec.encode(MotorCommand(position: 1), for: broken)
  }

  /// A position drive is shown where it is on each step of the way up, or it would jump to what is in 607A.
  @Test func switchingOnShowsThePositionThatIs() throws {
    for (mode, position) in [(ControlMode.position, 1.25), (.velocity, 0), (.torque, 0)] {
      let drive = Self.drive(mode, .canopen)
      for status: UInt16 in [0x0250, 0x0231, 0x0233, 0x0237] {
        let frame = DriveCodec.encode(DriveRequest.enable, for: drive, status: status, position: 1.25)
        var words = cia402_command_pdo()
        try #require(cia402_decode_command(bytes(of: frame), frame.length, &words))
        #expect(words.target == Int32((position / (2 * .pi) * 65536).rounded()) && words.torque == 0)
      }
    }
  }

  @Test func aDriveThatLeftItsModeGivesNoSample() {
    for mode in [ControlMode.position, .velocity, .torque] {
      let drive = Self.drive(mode, .canopen)
      for shown in Int8(0)...11 {
        var frame = CANFrame(id: 0x285, bus: 1, isExtended: false)
        frame.length = 8
        withUnsafeMutablePointer(to: &frame.payload) {
          cia402_encode_detail(
            cia402_detail_pdo(velocity: 0, error_code: 0, mode: shown, error_register: 0), $0.bytes)
        }
        let isOwn = shown == CANopen.modeOfOperation(mode)
        #expect((DriveCodec.decode(frame, for: drive) != .malformed) == isOwn)
      }
    }
  }

  /// The vendor's own frames of the three modes, by the package damiao-motor.
  @Test func damiaoFramesAreThePackages() {
    func frame(_ mode: ControlMode, _ command: MotorCommand, velocity: Double = 0, current: Double = 0)
      -> CANFrame
    {
      var drive = Self.drive(mode, .damiao)
      (drive.id, drive.velocityLimit, drive.currentLimit) = (1, velocity, current)
      return DriveCodec.encode(command, for: drive)
    }
    let rows: [(CANFrame, UInt32, [UInt8])] = [
      (
        frame(.position, MotorCommand(position: 1.5), velocity: 3), 0x101,
        [0, 0, 0xC0, 0x3F, 0, 0, 0x40, 0x40]
      ),
      (frame(.velocity, MotorCommand(velocity: -2.25)), 0x201, [0, 0, 0x10, 0xC0, 0, 0, 0, 0]),
      (
        frame(.positionForce, MotorCommand(position: 0.75), velocity: 5, current: 0.5), 0x301,
        [0, 0, 0x40, 0x3F, 0xF4, 1, 0x88, 0x13]
      ),
      (
        frame(.positionForce, MotorCommand(position: 0.75), velocity: 500, current: 2), 0x301,
        [0, 0, 0x40, 0x3F, 0x10, 0x27, 0x10, 0x27]
      ),
    ]
    for (frame, id, data) in rows { #expect(frame.id == id && bytes(of: frame) == data) }
  }

  @Test func faultsKeepTheFirstCode() {
    var faults = CANopen.faults(ofCode: 0x8130)
    #expect(faults == DriveFaults(bits: DriveFaults.communicationLost.bits, code: 0x8130))
    faults.insert(CANopen.faults(ofCode: 0x2310))
    #expect(
      faults.code == 0x8130 && faults.contains(.overCurrent) && DriveFaults(word: faults.word) == faults)
    #expect(CANopen.faults(ofCode: 0).isEmpty)
  }

  /// Nobody hears the joint any more: it keeps where it brakes to, however far the guess of where it is has run.
  @Test func aPositionDriveThatIsNotHeardHoldsWhereItBrakes() throws {
    var harness = try CycleHarness(mode: .position)
    harness.reports[0]?.velocity = 0.5
    harness.arm()
    #expect(harness.control.safety.state.isArmed && harness.transmit[0].id == 0x101)
    harness.reports[0] = nil
    for _ in 0..<600 { harness.step() }
    #expect(harness.control.safety.state.isFault && harness.control.activations[0] == 0)
    #expect(harness.target == Float(harness.control.motions[0].position))
    #expect(abs(harness.control.states[0].position - harness.control.motions[0].position) > 0.005)
  }

  /// Heard, and in a fault of another joint: all of the stiffness fades, and the target stays with the joint.
  @Test func aPositionDriveYieldsAfterAFault() throws {
    var harness = try CycleHarness(mode: .position)
    harness.arm()
    harness.reports[2]?.mode = .fault
    for _ in 0..<600 {
      harness.reports[0]?.position += 0.001
      harness.reports[0]?.velocity = 1
      harness.step()
    }
    #expect(harness.control.safety.state.isFault && harness.control.activations[0] == 0)
    // Damping over stiffness, 2 to 80, times 1 rad/s behind the joint.
    #expect(abs(Double(harness.target) - (harness.control.states[0].position - 0.025)) < 1e-6)
  }

  @Test func aVelocityDriveBrakesToZeroAfterAFaultHeardOrNot() throws {
    for isHeard in [true, false] {
      var harness = try CycleHarness(mode: .velocity)
      harness.reports[0]?.position = 0.2
      harness.arm()
      #expect(harness.transmit[0].id == 0x201)
      if isHeard { harness.reports[2]?.mode = .fault } else { harness.reports[0] = nil }
      for _ in 0..<600 {
        if isHeard { harness.reports[0]?.position += 0.0001 }
        harness.step()
        #expect(abs(harness.target) <= 4)
      }
      #expect(harness.control.safety.state.isFault && harness.target == 0)
    }
  }
}
