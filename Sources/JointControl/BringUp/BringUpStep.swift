public import ControlCycle

/// One question or order of the bring-up and how its answer is judged.
public struct BringUpStep: Sendable, Equatable {
  /// What an answer means.
  public enum Judgement: Sendable, Equatable {
    /// The frame answers something else.
    case notAnAnswer
    /// Go on with the next step.
    case passed
    /// Go on with the rest of what is asked for.
    case unfinished
    /// Ask again; the reason counts when no better answer comes.
    case unsettled(String)
    /// Begin with the drive's first step again; the reason counts when it was done often enough.
    case again(String)
    /// The drive must not be armed, with the reason.
    case failed(String)
  }
  /// What the step is for, for messages.
  public var purpose: String
  /// What is sent.
  public var request: DriveRequest
  /// The value a read parameter must have, as its 32-bit pattern; nil when any answer will do.
  public var expected: UInt32?
  /// Whether the parameter's pattern is a single-precision number.
  public var isFloat: Bool
  /// How a value must stand to the expected one.
  public enum Bound: Sendable, Equatable {
    /// The same.
    case equal
    /// Not above it.
    case atMost
    /// Not below it.
    case atLeast
  }
  /// What to do when the value differs.
  public var fix: String
  /// The status word that the request is encoded with.
  public var status: UInt16 = 0
  /// Whether the request is encoded with the status word of the newest sample instead.
  public var followsStatus = false
  /// Which answer the step waits for.
  public var watch = Watch.reply
  /// Times the request is sent.
  public var attempts = BringUp.attempts
  /// Time after which an unanswered request is sent again, or the step gives up [ns].
  public var patience = BringUp.patience
  /// Whether the zero command goes out in the cycles between, to drives whose watchdog runs while they are off.
  public var isFed = false
  /// Whether the step begins when every drive of the family on the bus has come to it, as one frame feeds them all.
  public var isGathering = false
  /// Whether the drive is on after the step.
  public var switchesOn = false
  /// Whether the answer tells who the drive is; it may stay away where the step is optional.
  public var isKept = false
  /// Whether an answer that is lost cannot be asked for again, so that the drive begins anew.
  public var isLostForGood = false
  /// Bits of a read parameter that count.
  public var mask = UInt32.max
  /// Whether a drive without the parameter may be armed all the same.
  public var isOptional = false
  /// Whether no drive answers, so that the next step follows at once and shows what became of it.
  public var isUnanswered = false
  /// Whether a SYNC follows the request, at which the drive acts and sends a sample.
  public var isSynchronous = false
  /// How far a single-precision value may be off, as it comes in decimal digits.
  public var tolerance: Float = 0
  /// How the value must stand to the expected one.
  public var bound = Bound.equal
  /// Whether a value that is no number, by which a drive means "none", will do.
  public var isUnsetFine = false
  /// Whether an identity is a firmware's version, which decides.
  public var checksVersion = false

  /// The steps that bring one joint's drive up, in order.
  public static func sequence(for joint: RobotJoint) -> [BringUpStep] {
    switch joint.configuration.drive.family {
    case .canopen: canopen(joint)
    case .damiao: damiao(joint)
    case .mit: mit
    case .odrive, .odrive05: oDrive(joint)
    case .moteus: moteus(joint)
    case .myactuator: myActuator(joint)
    case .robstride: robstride(joint)
    }
  }

  /// Judges a reply to this step.
  public func judge(_ reply: DriveReply) -> Judgement {
    switch (request, reply) {
    case (.readParameter(let asked), .parameter(let index, let value, let succeeded)):
      guard index == asked else { return .notAnAnswer }
      guard succeeded else { return isOptional ? .passed : .failed("refuses to read '\(purpose)'") }
      guard let expected, !matches(value, expected) else { return .passed }
      let wanted =
        switch bound {
        case .equal: "\(text(expected)) in the description"
        case .atMost: "must be \(text(expected)) or less for this joint"
        case .atLeast: "must be \(text(expected)) or more for this joint"
        }
      return .failed("\(purpose) is \(text(value)) in the drive and \(wanted)")
    case (.readParameter(let asked), .segment(let piece)):
      guard piece.index == asked else { return .notAnAnswer }
      return .failed("answers '\(purpose)' with \(piece.bytes) bytes, more than a number has")
    case (.writeParameter(let asked, _), .parameter(let index, let value, let succeeded)):
      guard index == asked else { return .notAnAnswer }
      guard succeeded || isOptional else { return .failed("refuses to write '\(purpose)'") }
      guard let expected, !matches(value, expected) else { return .passed }
      return .failed("\(purpose) is answered with \(text(value)) instead of \(text(expected))")
    case (.disable, .feedback(let state)), (.clearFault, .feedback(let state)): return judgeOff(state)
    case (.disable, .part(let state, let fields)) where fields.contains(.mode),
      (.clearFault, .part(let state, let fields)) where fields.contains(.mode):
      return judgeOff(state)
    case (.clearFault, .faultReport): return .unsettled("still in fault after '\(purpose)'")
    // A frame that would name faults and names none.
    case (.clearFault, .part(_, .temperature.union(.faults))): return .passed
    case (.enable, .part(let state, let fields)) where fields.contains(.mode): return judgeOn(state)
    case (.enable, .feedback(let state)): return judgeOn(state)
    case (.identify, .identity) where isKept && !checksVersion: return .passed
    case (.identify, .identity(let word)): return judge(version: word)
    case (.start, .part(_, let fields)) where fields.contains(.mode) || !isSynchronous: return .passed
    case (.writeParameter, .feedback): return .passed
    case (_, .malformed): return .unsettled("answers '\(purpose)' with a frame that its model does not send")
    default: return .notAnAnswer
    }
  }

  private func matches(_ value: UInt32, _ expected: UInt32) -> Bool {
    guard isFloat else { return value & mask == expected & mask }
    let (own, wanted) = (Float(bitPattern: value), Float(bitPattern: expected))
    switch bound {
    case .equal: return value == expected || abs(own - wanted) <= tolerance
    case .atMost: return isUnsetFine && own.isNaN || own <= wanted + tolerance
    case .atLeast: return isUnsetFine && own.isNaN || own >= wanted - tolerance
    }
  }

  private func judgeOn(_ state: MotorState) -> Judgement {
    switch state.mode {
    case .enabled: .passed
    case .disabled, .calibrating: .unsettled("does not switch on")
    case .fault: .unsettled("in fault after '\(purpose)'")
    }
  }

  private func judgeOff(_ state: MotorState) -> Judgement {
    switch state.mode {
    case .disabled: return .passed
    case .enabled: return .unsettled("still switched on after '\(purpose)'")
    case .calibrating: return .unsettled("calibrating")
    case .fault:
      // Switching off is done; whether the fault can be cleared is the next step's business.
      return request == .disable ? .passed : .unsettled("still in fault after '\(purpose)'")
    }
  }

  /// Whether the step is a question or order with an answer.
  var isExchange: Bool { watch == .reply || watch == .text }

  private func text(_ value: UInt32) -> String {
    isFloat ? "\(Float(bitPattern: value))" : "\(value)"
  }

  static func order(_ purpose: String, _ request: DriveRequest) -> BringUpStep {
    BringUpStep(
      purpose: purpose, request: request, expected: nil, isFloat: false,
      fix: "power-cycle the drive and see what it reports")
  }

  static func write(
    _ purpose: String, _ index: UInt32, _ value: UInt32, isFloat: Bool = false
  ) -> [BringUpStep] {
    [
      order(purpose, .writeParameter(index, value)),
      BringUpStep(
        purpose: purpose, request: .readParameter(index), expected: value, isFloat: isFloat,
        fix: "the drive did not keep it; update its firmware or replace it"),
    ]
  }

  /// Times a drive is asked who it is.
  static let identityAttempts = 2

  /// A question whose answer tells who the drive is, by register, parameter or object.
  static func identity(_ address: UInt32) -> BringUpStep {
    var step = order("identity", .readParameter(address))
    step.isKept = true
    step.isOptional = true
    step.attempts = identityAttempts
    return step
  }

  /// PMAX, VMAX and TMAX scale every frame; the manual's numbers differ between copies, so the drive is asked.
  private static func damiao(_ joint: RobotJoint) -> [BringUpStep] {
    let range = joint.configuration.drive.range
    let scales: [(String, UInt32, Double)] = [
      ("position range PMAX", Damiao.Register.positionRange, range.position),
      ("velocity range VMAX", Damiao.Register.velocityRange, range.velocity),
      ("torque range TMAX", Damiao.Register.torqueRange, range.torque),
    ]
    return [order("switch off", .disable), order("clear faults", .clearFault)]
      + [Damiao.Register.softwareVersion, Damiao.Register.serialNumber, Damiao.Register.subVersion].map(
        identity)
      + scales.map { purpose, register, value in
        BringUpStep(
          purpose: purpose, request: .readParameter(register), expected: Float(value).bitPattern,
          isFloat: true, fix: "write the register or set `range` in robot.yaml to the drive's value")
      }
      + write(
        "command mode", Damiao.Register.controlMode, Damiao.controlMode(joint.configuration.drive.mode))
      + write(
        "watchdog", Damiao.Register.timeout, Damiao.timeoutUnits(microseconds: joint.driveWatchdog_us))
      + trial(joint, fix: "update its firmware or replace it: register TIMEOUT (9) is set and not obeyed")
  }

  /// Nothing can be read or written: a drive that was left on lets go, every drive leaves its mode, and answers without an
  /// error, in the length of its firmware. A command with zero gains switches nothing on.
  private static var mit: [BringUpStep] {
    let fix = "compare model and firmware (answers of 6, 7 or 8 bytes) with the drive's, then power-cycle it"
    var release = order("let go", .disable)
    release.status = MIT.entered
    var steps = [release, order("switch off", .disable), order("clear faults", .clearFault)]
    for index in steps.indices { steps[index].fix = fix }
    return steps
  }

  /// The drive's own torque limit bounds what it does with its last command until its watchdog fires.
  private static func robstride(_ joint: RobotJoint) -> [BringUpStep] {
    let torque = Float(joint.configuration.limits.torque / joint.configuration.transmission.ratio)
    let start =
      [order("clear faults", .clearFault)]
      + write("torque limit", RobStride.Parameter.torqueLimit, torque.bitPattern, isFloat: true)
      + write("command mode", RobStride.Parameter.runMode, RobStride.operationMode)
    var serial = order("serial number", .identify)
    serial.isKept = true
    serial.isOptional = true
    serial.attempts = identityAttempts
    guard joint.configuration.drive.setsWatchdog else {
      return [cyberGear] + start + [serial]
        + trial(
          joint,
          fix: "store CAN_TIMEOUT (0x200C) with the vendor's tool, or remove watchdog, which then is none")
    }
    return start + [serial]
      + write(
        "watchdog", RobStride.Parameter.canTimeout,
        RobStride.timeoutUnits(microseconds: joint.driveWatchdog_us))
      + trial(joint, fix: "update its firmware or replace it: canTimeout (0x7028) is set and not obeyed")
  }

  /// A CyberGear alone has this parameter: a RobStride, whose watchdog would stay off, is found out here.
  private static var cyberGear: BringUpStep {
    BringUpStep(
      purpose: "turns of a CyberGear", request: .readParameter(RobStride.Parameter.rotation), expected: nil,
      isFloat: false, fix: "a RobStride is named by its own model, which has another scale and a watchdog")
  }
}
