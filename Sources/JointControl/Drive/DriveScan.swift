import CServoWire
public import ControlCycle

/// A drive that answered a scan.
public struct DriveSighting: Sendable, Equatable {
  /// Bus, family, identifiers; the scale is that of the description, or of nobody.
  public var drive: DriveConfiguration
  /// More answers than questions: two drives have this identifier.
  public var isDouble: Bool
}

/// Looks which drives are there, with frames that neither move nor switch on anything.
extension DriveLink where LoopTarget: ~Copyable {
  /// Looks on one bus for the drives of one family.
  ///
  /// An identifier where nobody answers is asked once more; one that is described as often as in bring-up, each time for
  /// twice as long.
  ///
  /// - Parameters:
  ///   - template: family, bus, host identifier and frame format of the probes.
  ///   - known: the bus's drives as described, whose own host identifiers and scales are used.
  ///   - ids: identifiers to ask.
  ///   - progress: called with each identifier before it is asked.
  /// - Returns: who answered, in the order of identifiers.
  public mutating func scan(
    like template: DriveConfiguration, known: [DriveConfiguration], ids: ClosedRange<UInt16>,
    progress: (UInt16) -> Void = { _ in }
  ) -> [DriveSighting] {
    switch template.family {
    case .odrive, .odrive05: return hear(like: template, known: known, ids: ids)
    case .canopen, .damiao, .mit, .moteus, .myactuator, .robstride: break
    }
    var sightings: [DriveSighting] = []
    for id in ids {
      progress(id)
      let described = known.first { $0.family == template.family && $0.id == id }
      var drive = described ?? template
      drive.id = id
      let heard = probe(&drive, attempts: described == nil ? 2 : BringUp.attempts)
      if heard.answers > 0 {
        sightings.append(DriveSighting(drive: drive, isDouble: heard.answers > heard.questions))
      }
    }
    return sightings
  }

  /// Whether a drive answers, which is asked as often as in bring-up.
  mutating func answers(_ drive: DriveConfiguration) -> Bool {
    var drive = drive
    return probe(&drive, attempts: BringUp.attempts).answers > 0
  }

  /// Asks one identifier until there is an answer, and notes what the drive answers with.
  ///
  /// The window doubles: a busy host may keep an answer longer than a bus does, and what is late still counts.
  private mutating func probe(
    _ drive: inout DriveConfiguration, attempts: Int
  ) -> (answers: Int, questions: Int) {
    let asked = drive
    var host: UInt16?
    var (answers, questions, window) = (0, 0, probeWindow)
    while answers == 0 && questions < attempts {
      send([Self.probeFrame(asked)])
      questions += 1
      listen(until: now + window) { frame in
        if let from = Self.answersProbe(frame, asked) {
          answers += 1
          host = from
        }
        return false
      }
      window *= 2
    }
    if let host { drive.masterID = host }
    return (answers, questions)
  }

  private static func probeFrame(_ drive: DriveConfiguration) -> CANFrame {
    switch drive.family {
    case .canopen: DriveCodec.encode(.readParameter(CANopen.Object.deviceType), for: drive)
    case .damiao: DriveCodec.encode(.readParameter(Damiao.Register.masterID), for: drive)
    case .mit: DriveCodec.encode(.disable, for: drive)
    case .moteus: DriveCodec.encode(.readParameter(Moteus.Parameter.mapVersion), for: drive)
    case .myactuator, .robstride: DriveCodec.encode(.identify, for: drive)
    case .odrive, .odrive05: DriveFrames.oDriveQuestion(ODRIVE_COMMAND_GET_ENCODER_ESTIMATES.rawValue, drive)
    }
  }

  /// The host identifier that an answer to a probe went to; nil in other frames.
  private static func answersProbe(_ frame: CANFrame, _ drive: DriveConfiguration) -> UInt16? {
    guard frame.bus == drive.bus else { return nil }
    switch drive.family {
    case .damiao:
      // Whatever identifier it answers with, its register reply names the drive in two bytes.
      guard !frame.isExtended, frame.length == 8, frame.id != DAMIAO_ID_REGISTERS.rawValue,
        frame.payload[2] == UInt8(DAMIAO_ACCESS_READ.rawValue),
        UInt32(frame.payload[3]) == Damiao.Register.masterID,
        UInt16(frame.payload[0]) | UInt16(frame.payload[1]) << 8 == drive.id
      else { return nil }
      return UInt16(truncatingIfNeeded: frame.id)
    case .mit:
      guard !frame.isExtended, !frame.isFlexibleDataRate, (6...8).contains(frame.length),
        frame.id != UInt32(drive.id), frame.payload[0] == UInt8(truncatingIfNeeded: drive.id)
      else { return nil }
      return UInt16(truncatingIfNeeded: frame.id)
    case .canopen, .moteus:
      guard DriveCodec.answers(frame, drive), case .parameter = DriveCodec.decode(frame, for: drive) else {
        return nil
      }
      return drive.masterID
    case .myactuator, .robstride:
      guard DriveCodec.answers(frame, drive), case .identity = DriveCodec.decode(frame, for: drive) else {
        return nil
      }
      return drive.masterID
    case .odrive, .odrive05:
      let estimates = ODRIVE_COMMAND_GET_ENCODER_ESTIMATES.rawValue
      return DriveFrames.oDriveWords(frame, estimates, drive) == nil ? nil : drive.masterID
    }
  }

  /// ODrives speak by themselves: only heartbeats are listened for, then each node is asked for its version, which 0.5 does
  /// not answer, and one that does for its address, which two drives of one node answer twice.
  ///
  /// The question for the address is never asked of a node that has not proved to be of 0.6: 0.5 would take it as an order.
  private mutating func hear(
    like template: DriveConfiguration, known: [DriveConfiguration], ids: ClosedRange<UInt16>
  ) -> [DriveSighting] {
    var heard: Set<UInt16> = []
    listen(until: now + 250_000_000) { frame in
      let address = odrive_decode_address(frame.id)
      if frame.bus == template.bus, !frame.isExtended, !frame.isFlexibleDataRate, frame.length == 8,
        UInt32(address.command) == ODRIVE_COMMAND_HEARTBEAT.rawValue, ids.contains(UInt16(address.node))
      {
        heard.insert(UInt16(address.node))
      }
      return false
    }
    return heard.sorted().map { id in
      var drive = known.first { $0.family == template.family && $0.id == id } ?? template
      drive.id = id
      let version = ODRIVE_COMMAND_GET_VERSION.rawValue
      let words = exchange([DriveFrames.oDriveQuestion(version, drive)], attempts: 2) {
        DriveFrames.oDriveWords($0, version, drive)
      }
      drive.family = words == nil ? .odrive05 : .odrive
      var addresses = 0
      if words != nil {
        send([DriveFrames.oDriveQuestion(ODRIVE_COMMAND_ADDRESS.rawValue, drive)])
        listen(until: now + probeWindow) { frame in
          if DriveFrames.oDriveAddress(frame, drive) != nil { addresses += 1 }
          return false
        }
      }
      return DriveSighting(drive: drive, isDouble: addresses > 1)
    }
  }
}
