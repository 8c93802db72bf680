import ControlCycle
import RigidBody

/// All that makes a core of a robot: joints, thresholds and the tree that its dynamics are compiled from, as flat bytes.
///
/// Knows nothing of files, buses or hosts, so that a program without an operating system can rebuild the core:
/// `Tests/Interop/aarch64` compiles this file as Embedded Swift.
struct CycleConfiguration {
  /// The first bytes of a stream that begins with a configuration: "SINEWCOR".
  static var magic: UInt64 { 0x524F_4357_454E_4953 }
  /// Number of the layout.
  static var version: UInt32 { 5 }

  var content = ModelTorque.Content.none
  var thresholds = SafetyThresholds(commandTimeout: 0)
  var joints: [JointConfiguration] = []
  /// Most frames a cycle may bring, by bus.
  var frameLimits: [Int32] = []
  var links: [LinkDescription] = []
  var modelJoints: [JointDescription] = []
  var base = Base.fixed
  var gravity = Vector3.zero

  /// Reads a configuration; nil when the bytes make no sense.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var reader = FieldReader(bytes)
    code(&reader)
    guard reader.isValid && reader.isAtEnd && isUsable else { return nil }
  }

  init() {}

  /// The configuration in flat bytes.
  var bytes: [UInt8] {
    var copy = self
    var writer = FieldWriter()
    copy.code(&writer)
    return writer.bytes.bytes
  }

  /// The model, compiled again; nil when it has more coordinates than a core takes.
  func model() throws(ModelError) -> Model? {
    let model = try Model(
      name: "", links: links, joints: modelJoints, base: base, gravity: gravity,
      requiresPhysicalInertia: false)
    return model.velocityCount <= Capacity.joints ? model : nil
  }

  /// The core, with its dynamics computed in `data`; both must outlive it.
  func core(model: Model, data: ModelData) -> ControlCycle {
    ControlCycle(
      joints: joints, dynamics: ModelTorque(content, model: model.kernel, workspace: data.workspace),
      thresholds: thresholds, frameLimits: frameLimits)
  }

  /// Whether the core takes it: what `ControlCycle` and `ModelTorque` require of whoever makes one.
  private var isUsable: Bool {
    guard !joints.isEmpty && joints.count <= Capacity.joints, base == .fixed else { return false }
    for joint in joints {
      guard Int(joint.drive.bus) < Capacity.buses, joint.limits.acceleration > 0, joint.limits.velocity > 0,
        (0..<Capacity.joints).contains(joint.velocityIndex),
        !joint.law.follows || joint.drive.mode.takesTorque
      else { return false }
    }
    return true
  }
}

extension CycleConfiguration {
  private mutating func code<Coder: FieldCoder>(_ coder: inout Coder) {
    code(content: &coder)
    code(thresholds: &coder)
    coder.code(&frameLimits, blank: 0, limit: Capacity.buses) { $1.code(integer: &$0) }
    coder.code(&joints, blank: .blank, limit: Capacity.joints) { Self.code(&$0, &$1) }
    Self.code(&gravity, &coder)
    var isFloating = base == .floating
    coder.code(flag: &isFloating)
    base = isFloating ? .floating : .fixed
    coder.code(&links, blank: LinkDescription(name: ""), limit: 4096) { Self.code(&$0, &$1) }
    let joint = JointDescription(name: "", kind: .fixed, parent: "", child: "")
    coder.code(&modelJoints, blank: joint, limit: 4096) { Self.code(&$0, &$1) }
  }

  private mutating func code<Coder: FieldCoder>(content coder: inout Coder) {
    var code: UInt64 =
      switch content {
      case .none: 0
      case .gravity: 1
      case .inverseDynamics: 2
      }
    coder.code(&code)
    switch code {
    case 0: content = .none
    case 1: content = .gravity
    case 2: content = .inverseDynamics
    default: coder.isValid = false
    }
  }

  private mutating func code<Coder: FieldCoder>(thresholds coder: inout Coder) {
    coder.code(&thresholds.rampTime)
    coder.code(&thresholds.releaseTime)
    coder.code(&thresholds.armingTimeout)
    coder.code(&thresholds.commandTimeout)
    coder.code(&thresholds.positionMargin)
    coder.code(&thresholds.overspeedFactor)
    coder.code(integer: &thresholds.nonFiniteLimit)
    coder.code(integer: &thresholds.missLimit)
    coder.code(integer: &thresholds.missWindow)
    coder.code(integer: &thresholds.gapLimit)
    coder.code(&thresholds.slowFactor)
    coder.code(integer: &thresholds.refusalLimit)
    coder.code(integer: &thresholds.overloadLimit)
    coder.code(integer: &thresholds.silenceLimit)
    coder.code(&thresholds.passiveTime)
    coder.code(&thresholds.passiveFactor)
    coder.code(flag: &thresholds.isolatesBuses)
  }

  private static func code<Coder: FieldCoder>(_ joint: inout JointConfiguration, _ coder: inout Coder) {
    var family = joint.drive.family.storedCode
    coder.code(&family)
    if let known = DriveFamily.allCases.first(where: { $0.storedCode == family }) {
      joint.drive.family = known
    } else {
      coder.isValid = false
    }
    coder.code(integer: &joint.drive.bus)
    coder.code(integer: &joint.drive.id)
    coder.code(integer: &joint.drive.masterID)
    coder.code(flag: &joint.drive.isFlexibleDataRate)
    coder.code(flag: &joint.drive.endsGroup)
    var dialect = joint.drive.dialect.storedCode
    coder.code(&dialect)
    if let known = DriveDialect(storedCode: dialect) {
      joint.drive.dialect = known
    } else {
      coder.isValid = false
    }
    var mode = joint.drive.mode.storedCode
    coder.code(&mode)
    if let known = ControlMode.allCases.first(where: { $0.storedCode == mode }) {
      joint.drive.mode = known
    } else {
      coder.isValid = false
    }
    coder.code(&joint.drive.velocityLimit)
    coder.code(&joint.drive.currentLimit)
    coder.code(&joint.drive.torqueConstant)
    // Recordings of other drives lack it.
    if joint.drive.dialect.isForce { coder.code(&joint.drive.electricalRatio) }
    coder.code(integer: &joint.drive.watchdog_us)
    coder.code(&joint.drive.range.position)
    coder.code(&joint.drive.range.velocity)
    coder.code(&joint.drive.range.torque)
    coder.code(&joint.drive.range.stiffness)
    coder.code(&joint.drive.range.damping)
    coder.code(&joint.transmission.ratio)
    coder.code(&joint.transmission.sign)
    coder.code(&joint.transmission.offset)
    coder.code(&joint.limits.minPosition)
    coder.code(&joint.limits.maxPosition)
    coder.code(&joint.limits.velocity)
    coder.code(&joint.limits.acceleration)
    coder.code(&joint.limits.torque)
    coder.code(&joint.gains.stiffness)
    coder.code(&joint.gains.damping)
    var reaction: UInt64 =
      switch joint.staleness.reaction {
      case .extrapolate: 0
      case .hold: 1
      case .damp: 2
      case .stop: 3
      }
    coder.code(&reaction)
    switch reaction {
    case 0: joint.staleness.reaction = .extrapolate
    case 1: joint.staleness.reaction = .hold
    case 2: joint.staleness.reaction = .damp
    case 3: joint.staleness.reaction = .stop
    default: coder.isValid = false
    }
    coder.code(integer: &joint.staleness.maxAge)
    coder.code(&joint.coulombFriction)
    coder.code(&joint.viscousFriction)
    coder.code(integer: &joint.velocityIndex)
    var law = UInt64(joint.law.code)
    coder.code(&law)
    if let known = JointLaw(code: law) { joint.law = known } else { coder.isValid = false }
  }

  private static func code<Coder: FieldCoder>(_ link: inout LinkDescription, _ coder: inout Coder) {
    coder.code(&link.name)
    var hasInertia = link.inertia != nil
    coder.code(flag: &hasInertia)
    guard hasInertia else { return }
    var inertia = link.inertia ?? SpatialInertia(mass: 0, centreOfMass: .zero, rotational: .zero)
    coder.code(&inertia.mass)
    code(&inertia.centreOfMass, &coder)
    coder.code(&inertia.rotational.xx)
    coder.code(&inertia.rotational.xy)
    coder.code(&inertia.rotational.yy)
    coder.code(&inertia.rotational.xz)
    coder.code(&inertia.rotational.yz)
    coder.code(&inertia.rotational.zz)
    link.inertia = inertia
  }

  private static func code<Coder: FieldCoder>(_ joint: inout JointDescription, _ coder: inout Coder) {
    coder.code(&joint.name)
    var kind = joint.kind.rawValue
    coder.code(&kind)
    if let known = JointKind(rawValue: kind) { joint.kind = known } else { coder.isValid = false }
    coder.code(&joint.parent)
    coder.code(&joint.child)
    let rotation = joint.origin.rotation
    var (x, y, z) = (rotation.columnX, rotation.columnY, rotation.columnZ)
    code(&x, &coder)
    code(&y, &coder)
    code(&z, &coder)
    joint.origin.rotation = Matrix3(columns: x, y, z)
    code(&joint.origin.translation, &coder)
    code(&joint.axis, &coder)
    coder.code(&joint.armature)
    var isMimic = joint.mimic != nil
    coder.code(flag: &isMimic)
    guard isMimic else { return }
    var mimic = joint.mimic ?? Mimic(joint: "")
    coder.code(&mimic.joint)
    coder.code(&mimic.multiplier)
    coder.code(&mimic.offset)
    joint.mimic = mimic
  }

  private static func code<Coder: FieldCoder>(_ vector: inout Vector3, _ coder: inout Coder) {
    coder.code(&vector.x)
    coder.code(&vector.y)
    coder.code(&vector.z)
  }
}

extension JointConfiguration {
  /// A joint whose fields are still to be read.
  fileprivate static var blank: JointConfiguration {
    JointConfiguration(
      drive: DriveConfiguration(
        family: .damiao, bus: 0, id: 0, masterID: 0, isFlexibleDataRate: false,
        range: DriveRange(position: 0, velocity: 0, torque: 0, stiffness: 0, damping: 0)),
      transmission: Transmission(ratio: 1, sign: 1, offset: 0),
      limits: JointLimits(minPosition: 0, maxPosition: 0, velocity: 0, acceleration: 0, torque: 0),
      gains: ImpedanceGains(stiffness: 0, damping: 0),
      staleness: StalenessPolicy(reaction: .extrapolate, maxAge: 0), coulombFriction: 0, viscousFriction: 0,
      velocityIndex: 0)
  }
}

extension DriveFamily {
  /// The family's number in stored configurations; never another family's.
  fileprivate var storedCode: UInt64 {
    switch self {
    case .damiao: 0
    case .robstride: 1
    case .canopen: 2
    case .mit: 3
    case .odrive: 4
    case .odrive05: 5
    case .moteus: 6
    case .myactuator: 7
    }
  }
}

extension ControlMode {
  /// The mode's number in stored configurations.
  fileprivate var storedCode: UInt64 {
    switch self {
    case .impedance: 0
    case .torque: 1
    case .position: 2
    case .velocity: 3
    case .positionForce: 4
    }
  }
}

extension DriveDialect {
  /// The dialect's number in stored configurations.
  fileprivate var storedCode: UInt64 {
    switch self {
    case .standard: 0
    case .voltage: 1
    case .error: 2
    case .cyberGear: 3
    case .force: 4
    }
  }

  fileprivate init?(storedCode: UInt64) {
    switch storedCode {
    case 0: self = .standard
    case 1: self = .voltage
    case 2: self = .error
    case 3: self = .cyberGear
    case 4: self = .force
    default: return nil
    }
  }
}
