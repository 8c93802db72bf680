import ControlCycle
import JointControl
import RigidBody
import Simulation

/// A control cycle armed over simulated firmware, without buses: what it decodes and encodes in one cycle is at hand.
struct ArmedDrives: ~Copyable {
  var control: ControlCycle
  let joints: [JointConfiguration]
  /// What the drives answered in the last cycle.
  var received = FrameBuffer(capacity: 8 * Capacity.joints)
  var transmit = FrameBuffer(capacity: 4 * Capacity.joints)
  /// The last cycle.
  private(set) var cycle = Cycle(number: 0, time: 0, period: 0.001)
  private var drives: [DriveFirmware]
  private var setpoints = SetpointBuffer()
  private let model: Model
  private let data: ModelData

  /// Arms the joints, at rest and without model torque; nil when a drive does not let itself be armed.
  init?(_ list: [JointConfiguration]) throws {
    joints = list
    drives = list.map { DriveFirmware($0.drive, storedWatchdog_us: 100_000) }
    model = try Model(
      name: "one", links: [LinkDescription(name: "base", inertia: nil)], joints: [], base: .fixed)
    data = ModelData(model)
    control = ControlCycle(
      joints: list, dynamics: ModelTorque(.none, model: model.kernel, workspace: data.workspace),
      thresholds: SafetyThresholds(commandTimeout: 0.05))
    for joint in list.indices { prepare(joint) }
    for _ in 0..<1000 {
      turn()
      // A cycle with a sample of every drive and nothing that comes more seldom.
      if control.safety.state == .armed && received.count == Self.frameCount(list) {
        return
      }
    }
    return nil
  }

  /// Frames of one cycle from all drives.
  static func frameCount(_ joints: [JointConfiguration]) -> Int {
    joints.reduce(0) { $0 + ($1.drive.family == .canopen ? 2 : 1) }
  }

  /// What bring-up would have set.
  private mutating func prepare(_ joint: Int) {
    let drive = joints[joint].drive
    switch drive.family {
    case .canopen:
      take(DriveCodec.encode(.writeParameter(CANopen.Object.mode, 10), for: drive))
      take(DriveCodec.encode(.start, for: drive))
    case .odrive, .odrive05: take(DriveCodec.encode(.start, for: drive))
    case .damiao, .mit, .moteus, .myactuator, .robstride: break
    }
  }

  private mutating func turn() {
    cycle = Cycle(number: cycle.number + 1, time: cycle.time + 1_000_000, period: 0.001)
    if control.safety.state == .armed { setpoints.sequence += 1 }
    var law = NoLaw()
    control.sense(cycle, received: received, setpoints: setpoints, request: .arm)
    control.command(cycle, law: &law)
    transmit.removeAll()
    control.encode(into: &transmit)
    received.removeAll()
    for index in 0..<transmit.count { take(transmit[index]) }
    for joint in drives.indices { talk(joint) }
  }

  private mutating func take(_ frame: CANFrame) {
    for joint in drives.indices
    where joints[joint].drive.bus == frame.bus && drives[joint].accepts(frame) {
      if let answer = drives[joint].receive(frame, at: cycle.time + 300_000, measuring: shaft(joint)) {
        keep(answer, of: joint)
      }
    }
  }

  private mutating func talk(_ joint: Int) {
    while drives[joint].isTalkative,
      let frame = drives[joint].transmit(at: cycle.time + 300_000, measuring: shaft(joint))
    { keep(frame, of: joint) }
  }

  private mutating func keep(_ frame: CANFrame, of joint: Int) {
    var frame = frame
    frame.bus = joints[joint].drive.bus
    frame.time = cycle.time + 400_000
    received.append(frame)
  }

  /// A joint in the middle of its range, at rest but for what its encoder makes of that.
  private func shaft(_ joint: Int) -> ShaftMeasurement {
    let (limits, transmission) = (joints[joint].limits, joints[joint].transmission)
    let middle = (limits.minPosition + limits.maxPosition) / 2
    return ShaftMeasurement(
      position: transmission.sign * transmission.ratio * (middle - transmission.offset), velocity: 0.125,
      torque: 0.05, temperature: 25)
  }
}

extension ArmedDrives {
  /// 34 joints with drives of one model, eight a bus; nil when the family has no such model.
  static func joints(_ family: DriveFamily, model name: String, isFlexible: Bool = false)
    -> [JointConfiguration]?
  {
    guard let model = DriveModel.named(name, family: family) else { return nil }
    return (0..<34).map { index in
      let id = UInt16(index % 8 + 1)
      let isOwn = family == .damiao || family == .mit
      var drive = DriveConfiguration(
        family: family, bus: UInt8(index / 8), id: id,
        masterID: isOwn ? id + 0x10 : family == .robstride ? 0xFD : family == .canopen ? 0x7F : 0,
        isFlexibleDataRate: isFlexible, range: model.range)
      drive.dialect = model.dialect
      drive.torqueConstant = model.torqueConstant
      drive.watchdog_us = 20_000
      drive.endsGroup = index % 8 == 7 || index == 33
      return JointConfiguration(
        drive: drive, transmission: Transmission(ratio: 1, sign: index % 2 == 0 ? 1 : -1, offset: 0.1),
        limits: JointLimits(minPosition: -3, maxPosition: 3, velocity: 8, acceleration: 80, torque: 1),
        gains: ImpedanceGains(stiffness: 0.4, damping: 0.007),
        staleness: StalenessPolicy(reaction: .stop, maxAge: 5), coulombFriction: 0, viscousFriction: 0,
        velocityIndex: index)
    }
  }
}
