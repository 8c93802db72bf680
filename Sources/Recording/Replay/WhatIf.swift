import ControlCycle
public import JointControl

/// What another description would have commanded, given what was recorded.
///
/// The replies of the drives stay those of the recording: the answer is what this controller would have sent at each
/// recorded state, not how the robot would have moved.
public struct WhatIf: Sendable {
  /// Largest differences of one joint's commands, joint side.
  public struct Joint: Sendable {
    /// The joint.
    public var name: String
    /// [rad].
    public var position = 0.0
    /// [rad/s].
    public var velocity = 0.0
    /// [N.m/rad].
    public var stiffness = 0.0
    /// [N.m.s/rad].
    public var damping = 0.0
    /// [N.m].
    public var torque = 0.0
    /// Cycles in which the frame to the drive differs.
    public var cycles = 0
    /// The first of these; nil when there is none.
    public var first: Int64?
  }
  /// Every joint, in the robot's order.
  public private(set) var joints: [Joint]
  /// Cycles compared.
  public private(set) var cycles = 0
  /// The cycle of the first fault with the other description; nil when there was none.
  public private(set) var faultCycle: Int64?

  /// Compares two descriptions of a robot over a recording.
  public init(_ file: RecordingFile, recorded: Robot, other: Robot) throws {
    guard recorded.joints.map(\.name) == other.joints.map(\.name) else {
      throw RecordingError(
        path: file.path, message: "the other description has other joints or another order of them",
        fix: "name a description of the same robot")
    }
    try file.refuseLaw()
    joints = recorded.joints.map { Joint(name: $0.name) }
    let driver = ReplayDriver(file: file, robots: [recorded, other])
    let (first, second) = (driver.cores[0], driver.cores[1])
    var result = joints
    var fault: Int64?
    try driver.run { event in
      guard case .stepped = event else { return }
      if fault == nil && second.control.safety.fault.isLatched { fault = second.control.safety.fault.cycle }
      let owners = recorded.frameOwners(inCycle: driver.recorded.cycle.number)
      for index in result.indices {
        let a = first.control.commands[index]
        let b = second.control.commands[index]
        result[index].position = max(result[index].position, abs(a.position - b.position))
        result[index].velocity = max(result[index].velocity, abs(a.velocity - b.velocity))
        result[index].stiffness = max(result[index].stiffness, abs(a.stiffness - b.stiffness))
        result[index].damping = max(result[index].damping, abs(a.damping - b.damping))
        result[index].torque = max(result[index].torque, abs(a.torque - b.torque))
        let drive = recorded.joints[index].configuration.drive
        guard let place = owners.firstIndex(of: index) else { continue }
        if CommandField.first(where: first.transmit[place], second.transmit[place], of: drive) != nil {
          result[index].cycles += 1
          if result[index].first == nil { result[index].first = driver.recorded.cycle.number }
        }
      }
    }
    joints = result
    cycles = driver.cycles
    faultCycle = fault
  }
}
