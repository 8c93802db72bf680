import ControlCycle

/// One drive where it stands: the firmware of its family, looked at and changed in place.
///
/// A `DriveFirmware` is as large as the tables of the largest family. To take its case out and put it back copies all of that,
/// which was a quarter of a simulation's time; what happens with every frame and in every step of the body is therefore done
/// here on the family's own type. What is rare goes through `firmware`.
struct DriveSlot: ~Copyable {
  private enum Family: BitwiseCopyable {
    case canopen
    case cubemars
    case damiao
    case mit
    case moteus
    case myactuator
    case odrive
    case robstride
  }
  private let family: Family
  private let memory: UnsafeMutableRawPointer

  /// A drive.
  init(_ firmware: DriveFirmware) {
    func store<Part: BitwiseCopyable>(_ part: Part) -> UnsafeMutableRawPointer {
      let memory = UnsafeMutablePointer<Part>.allocate(capacity: 1)
      memory.initialize(to: part)
      return UnsafeMutableRawPointer(memory)
    }
    switch firmware {
    case .canopen(let part): (family, memory) = (.canopen, store(part))
    case .cubemars(let part): (family, memory) = (.cubemars, store(part))
    case .damiao(let part): (family, memory) = (.damiao, store(part))
    case .mit(let part): (family, memory) = (.mit, store(part))
    case .moteus(let part): (family, memory) = (.moteus, store(part))
    case .myactuator(let part): (family, memory) = (.myactuator, store(part))
    case .odrive(let part): (family, memory) = (.odrive, store(part))
    case .robstride(let part): (family, memory) = (.robstride, store(part))
    }
  }

  deinit { memory.deallocate() }

  private func at<Part: BitwiseCopyable>(_: Part.Type) -> UnsafeMutablePointer<Part> {
    memory.assumingMemoryBound(to: Part.self)
  }

  /// The drive as a value; one that is set must be of the same family.
  var firmware: DriveFirmware {
    get {
      switch family {
      case .canopen: .canopen(at(CANopenFirmware.self).pointee)
      case .cubemars: .cubemars(at(CubeMarsFirmware.self).pointee)
      case .damiao: .damiao(at(DamiaoFirmware.self).pointee)
      case .mit: .mit(at(MITFirmware.self).pointee)
      case .moteus: .moteus(at(MoteusFirmware.self).pointee)
      case .myactuator: .myactuator(at(MyActuatorFirmware.self).pointee)
      case .odrive: .odrive(at(ODriveFirmware.self).pointee)
      case .robstride: .robstride(at(RobStrideFirmware.self).pointee)
      }
    }
    set {
      switch (family, newValue) {
      case (.canopen, .canopen(let part)): at(CANopenFirmware.self).pointee = part
      case (.cubemars, .cubemars(let part)): at(CubeMarsFirmware.self).pointee = part
      case (.damiao, .damiao(let part)): at(DamiaoFirmware.self).pointee = part
      case (.mit, .mit(let part)): at(MITFirmware.self).pointee = part
      case (.moteus, .moteus(let part)): at(MoteusFirmware.self).pointee = part
      case (.myactuator, .myactuator(let part)): at(MyActuatorFirmware.self).pointee = part
      case (.odrive, .odrive(let part)): at(ODriveFirmware.self).pointee = part
      case (.robstride, .robstride(let part)): at(RobStrideFirmware.self).pointee = part
      default: preconditionFailure("a drive keeps its family")
      }
    }
  }

  /// Whether the drive's acceptance filter lets a frame through.
  func accepts(_ frame: CANFrame) -> Bool {
    switch family {
    case .canopen: at(CANopenFirmware.self).pointee.accepts(frame)
    case .cubemars: at(CubeMarsFirmware.self).pointee.accepts(frame)
    case .damiao: at(DamiaoFirmware.self).pointee.accepts(frame)
    case .mit: at(MITFirmware.self).pointee.accepts(frame)
    case .moteus: at(MoteusFirmware.self).pointee.accepts(frame)
    case .myactuator: at(MyActuatorFirmware.self).pointee.accepts(frame)
    case .odrive: at(ODriveFirmware.self).pointee.accepts(frame)
    case .robstride: at(RobStrideFirmware.self).pointee.accepts(frame)
    }
  }

  /// Takes a frame from the bus at an instant [ns]; the reply, if any, is ready after the response latency.
  mutating func receive(_ frame: CANFrame, at time: Int64, measuring shaft: ShaftMeasurement) -> CANFrame? {
    switch family {
    case .canopen: at(CANopenFirmware.self).pointee.receive(frame, at: time, measuring: shaft)
    case .cubemars: at(CubeMarsFirmware.self).pointee.receive(frame, at: time, measuring: shaft)
    case .damiao: at(DamiaoFirmware.self).pointee.receive(frame, at: time, measuring: shaft)
    case .mit: at(MITFirmware.self).pointee.receive(frame, at: time, measuring: shaft)
    case .moteus: at(MoteusFirmware.self).pointee.receive(frame, at: time, measuring: shaft)
    case .myactuator: at(MyActuatorFirmware.self).pointee.receive(frame, at: time, measuring: shaft)
    case .odrive: at(ODriveFirmware.self).pointee.receive(frame, at: time, measuring: shaft)
    case .robstride: at(RobStrideFirmware.self).pointee.receive(frame, at: time, measuring: shaft)
    }
  }

  /// Lets time pass up to an instant [ns]: the watchdog lets go exactly when its time is over.
  mutating func tick(at time: Int64) {
    switch family {
    case .canopen: at(CANopenFirmware.self).pointee.tick(at: time)
    case .cubemars: at(CubeMarsFirmware.self).pointee.tick(at: time)
    case .damiao: at(DamiaoFirmware.self).pointee.tick(at: time)
    case .mit: at(MITFirmware.self).pointee.tick(at: time)
    case .moteus: at(MoteusFirmware.self).pointee.tick(at: time)
    case .myactuator: at(MyActuatorFirmware.self).pointee.tick(at: time)
    case .odrive: at(ODriveFirmware.self).pointee.tick(at: time)
    case .robstride: at(RobStrideFirmware.self).pointee.tick(at: time)
    }
  }

  /// Torque the law asks of the motor [N.m], at the shaft and within the drive's range; 0 when off.
  func torque(at shaft: ShaftMeasurement) -> Double {
    switch family {
    case .canopen: at(CANopenFirmware.self).pointee.torque(at: shaft)
    case .cubemars: at(CubeMarsFirmware.self).pointee.torque(at: shaft)
    case .damiao: at(DamiaoFirmware.self).pointee.torque(at: shaft)
    case .mit: at(MITFirmware.self).pointee.torque(at: shaft)
    case .moteus: at(MoteusFirmware.self).pointee.torque(at: shaft)
    case .myactuator: at(MyActuatorFirmware.self).pointee.torque(at: shaft)
    case .odrive: at(ODriveFirmware.self).pointee.torque(at: shaft)
    case .robstride: at(RobStrideFirmware.self).pointee.torque(at: shaft)
    }
  }

  /// Whether the drive sends more than one reply to a frame, or frames of its own accord.
  var isTalkative: Bool {
    switch family {
    case .canopen, .odrive: true
    case .cubemars, .damiao, .mit, .moteus, .myactuator, .robstride: false
    }
  }

  /// The next frame a talkative drive has ready at an instant [ns]; nil when there is none (left).
  mutating func transmit(at time: Int64, measuring shaft: ShaftMeasurement) -> CANFrame? {
    switch family {
    case .canopen: at(CANopenFirmware.self).pointee.transmit(at: time, measuring: shaft)
    case .odrive: at(ODriveFirmware.self).pointee.transmit(at: time, measuring: shaft)
    case .cubemars, .damiao, .mit, .moteus, .myactuator, .robstride: nil
    }
  }

  /// Whether the power stage is on.
  var mode: DriveMode {
    switch family {
    case .canopen: at(CANopenFirmware.self).pointee.mode
    case .cubemars: at(CubeMarsFirmware.self).pointee.mode
    case .damiao: at(DamiaoFirmware.self).pointee.mode
    case .mit: at(MITFirmware.self).pointee.mode
    case .moteus: at(MoteusFirmware.self).pointee.mode
    case .myactuator: at(MyActuatorFirmware.self).pointee.mode
    case .odrive: at(ODriveFirmware.self).pointee.mode
    case .robstride: at(RobStrideFirmware.self).pointee.mode
    }
  }

  /// Whether the drive does what it was last told: `DriveFirmware.isObeying`.
  var isObeying: Bool {
    switch family {
    case .mit: at(MITFirmware.self).pointee.isObeying
    case .canopen, .cubemars, .damiao, .moteus, .myactuator, .odrive, .robstride:
      switch mode {
      case .enabled: true
      default: false
      }
    }
  }
}
