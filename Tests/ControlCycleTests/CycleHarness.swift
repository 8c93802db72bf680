import RigidBody

@testable import ControlCycle

/// A control cycle over three joints whose samples a test sets by hand, below the codec.
struct CycleHarness: ~Copyable {
  var control: ControlCycle
  var setpoints = SetpointBuffer()
  var transmit = FrameBuffer(capacity: 64)
  var number: Int64 = 0
  /// What the drives would report; `nil` sends nothing.
  var reports: [MotorState?]
  /// What every second torque is above the others [N.m]: no drive measures the same for ever.
  var noise = 1e-3
  /// What a second drive with the third joint's identifier reports.
  var twin: MotorState?
  /// What each bus says of itself in every cycle, and how many frames of strangers it brings.
  var conditions = [BusCondition](repeating: BusCondition(), count: 3)
  var strangers = [0, 0, 0]
  private var received = FrameBuffer(capacity: 256)
  private let model: Model
  private let data: ModelData
  static let period = 0.001
  static let limits = JointLimits(
    minPosition: -1.5, maxPosition: 1.5, velocity: 4, acceleration: 40, torque: 30)

  init(
    reactions: [StalenessPolicy.Reaction] = [.stop, .stop, .stop],
    content: ModelTorque.Content = .gravity, mode: ControlMode = .impedance,
    thresholds: SafetyThresholds = SafetyThresholds(commandTimeout: 0.05), buses: [UInt8] = [0, 0, 0],
    frameLimits: [Int32] = [], friction: (coulomb: Double, viscous: Double) = (0, 0)
  ) throws {
    let link = SpatialInertia(
      mass: 1, centreOfMass: Vector3(x: 0, y: 0, z: -0.2),
      rotational: SymmetricMatrix3(xx: 0.01, xy: 0, xz: 0, yy: 0.01, yz: 0, zz: 0.001))
    model = try Model(
      name: "chain",
      links: [LinkDescription(name: "base", inertia: nil)]
        + (0..<3).map { LinkDescription(name: "link\($0)", inertia: link) },
      joints: (0..<3).map {
        JointDescription(
          name: "joint\($0)", kind: .revolute, parent: $0 == 0 ? "base" : "link\($0 - 1)",
          child: "link\($0)",
          origin: RigidTransform(
            rotation: .identity, translation: Vector3(x: 0, y: 0, z: $0 == 0 ? 0 : -0.4)),
          axis: Vector3(x: 0, y: 1, z: 0), armature: 0.01, mimic: nil)
      }, base: .fixed)
    data = ModelData(model)
    let joints = (0..<3).map { index in
      var drive = DriveConfiguration(
        family: index == 1 ? .robstride : .damiao, bus: buses[index], id: UInt16(index + 1),
        masterID: UInt16(index + 0x11), isFlexibleDataRate: false,
        range: DriveRange(position: 12.5, velocity: 30, torque: 40, stiffness: 500, damping: 5))
      if index == 0 { drive.mode = mode }
      return JointConfiguration(
        drive: drive, transmission: Transmission(ratio: 1, sign: 1, offset: 0), limits: Self.limits,
        gains: ImpedanceGains(stiffness: 80, damping: 2),
        staleness: StalenessPolicy(reaction: reactions[index], maxAge: 5),
        coulombFriction: friction.coulomb, viscousFriction: friction.viscous, velocityIndex: index)
    }
    control = ControlCycle(
      joints: joints, dynamics: ModelTorque(content, model: model.kernel, workspace: data.workspace),
      thresholds: thresholds, frameLimits: frameLimits)
    reports = Array(repeating: MotorState(), count: 3)
  }

  /// The first number of the first joint's command, a Damiao drive in a mode of floats.
  var target: Float {
    let bytes = (0..<4).reduce(UInt32(0)) { $0 | UInt32(transmit[0].payload[$1]) << UInt32(8 * $1) }
    return Float(bitPattern: bytes)
  }

  /// One cycle, `skipped` cycles later than the next one; drives that report do so with the age of a fresh sample.
  mutating func step(
    _ request: Request = .arm, refresh: Bool = true, missed: Int64 = 0, after skipped: Int64 = 0
  ) {
    number += skipped
    let cycle = Cycle(
      number: number, time: number * 1_000_000, period: Self.period, missed: missed)
    for joint in 0..<3 {
      guard var report = reports[joint] else { continue }
      if number % 2 == 1 { report.torque += noise }
      // `decode` ages every sample by the cycles that passed before it looks at the frames.
      _ = Estimator.accept(
        report, at: cycle.time, age: 0, joint: control.joints[joint], into: &control.samples[joint],
        period: Self.period)
    }
    if let twin {
      _ = Estimator.accept(
        twin, at: cycle.time, age: 0, joint: control.joints[2], into: &control.samples[2], period: Self.period
      )
    }
    if refresh { setpoints.sequence += 1 }
    received.removeAll()
    for bus in 0..<3 {
      received.note(conditions[bus], ofBus: bus)
      for _ in 0..<strangers[bus] {
        received.append(CANFrame(id: 0x7FE, bus: UInt8(bus), isExtended: false))
      }
    }
    transmit.removeAll()
    control.step(cycle, received: received, setpoints: setpoints, request: request, into: &transmit)
    number += 1
  }

  /// Switches all drives on and lets the gains grow.
  mutating func arm() {
    for joint in 0..<3 { reports[joint]?.mode = .enabled }
    for joint in 0..<3 { setpoints.joints[joint].position = reports[joint]?.position ?? 0 }
    for _ in 0..<400 where !control.safety.state.isArmed { step() }
  }
}
