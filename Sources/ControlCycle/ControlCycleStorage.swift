// Set-up: may allocate; the cycle is compiled without this file.

import LaneMath
public import RigidBody

extension ControlCycle {
  /// The cycle of a robot's joints.
  ///
  /// - Parameters:
  ///   - list: the joints, at most 64, in the order of setpoints and states; all drives' buses below 16.
  ///   - dynamics: what computes the model torque; it refers to a model that must outlive the cycle.
  ///   - thresholds: how the safety monitor judges.
  ///   - frameLimits: most frames a cycle may bring, by bus; 0, or nothing, where nobody counts.
  public init(
    joints list: [JointConfiguration], dynamics: consuming ModelTorque, thresholds: SafetyThresholds,
    frameLimits: [Int32] = []
  ) {
    precondition(!list.isEmpty && list.count <= Capacity.joints, "a robot has 1...64 driven joints")
    for index in 0..<list.count {
      let limits = list[index].limits
      precondition(Int(list[index].drive.bus) < Capacity.buses, "a robot has at most 16 buses")
      precondition(
        limits.acceleration > 0 && limits.velocity > 0, "velocity and acceleration limits are positive")
      precondition(
        !list[index].law.follows || list[index].drive.mode.takesTorque,
        "only a drive that takes torque can follow a law other than impedance")
      precondition((0..<Capacity.joints).contains(list[index].velocityIndex), "velocity indices are below 64")
    }
    jointCount = list.count
    busCount = (list.map { Int($0.drive.bus) }.max() ?? 0) + 1
    busJoints = FixedArray(count: Capacity.buses) { bus in
      var set = JointSet()
      for index in list.indices where Int(list[index].drive.bus) == bus { set.insert(index) }
      return set
    }
    self.frameLimits = FixedArray(count: Capacity.buses) { $0 < frameLimits.count ? frameLimits[$0] : 0 }
    buses = FixedArray(count: Capacity.buses, repeating: BusWatch())
    arrivals = FixedArray(count: Capacity.buses, repeating: 0)
    derated = JointSet()
    refusedFrames = 0
    overflowedFrames = 0
    joints = FixedArray(count: Capacity.joints) { list[$0 < list.count ? $0 : 0] }
    self.thresholds = thresholds
    owners = FrameOwners(list.map { $0.drive })
    refusedLaws = JointSet()
    laws = FixedArray(count: Capacity.joints) {
      let joint = list[$0 < list.count ? $0 : 0]
      return LawBlend(LawChoice(joint.law))
    }
    self.dynamics = dynamics
    samples = FixedArray(count: Capacity.joints, repeating: JointSample())
    states = FixedArray(count: Capacity.joints, repeating: JointState())
    motions = FixedArray(count: Capacity.joints, repeating: CommandedMotion(restingAt: 0))
    commands = FixedArray(count: Capacity.joints, repeating: JointCommand())
    setpoints = FixedArray(count: Capacity.joints, repeating: JointSetpoint())
    motionLimited = JointSet()
    torqueLimited = JointSet()
    stale = JointSet()
    safety = SafetyMonitor()
    activations = FixedArray(count: Capacity.joints, repeating: 0)
    unknownFrames = 0
  }
}

extension ModelTorque {
  /// A model torque over a fixed-base model; both handles must outlive it.
  public init(_ content: Content, model: ModelKernel, workspace: Workspace) {
    precondition(
      !model.isFloating && model.positionCount <= Capacity.joints && model.velocityCount <= Capacity.joints,
      "the cycle's model has a fixed base and at most 64 degrees of freedom")
    self.content = content
    self.model = model
    self.workspace = workspace
    position = FixedArray(count: Capacity.joints, repeating: 0)
    velocity = FixedArray(count: Capacity.joints, repeating: 0)
    acceleration = FixedArray(count: Capacity.joints, repeating: 0)
    torque = FixedArray(count: Capacity.joints, repeating: 0)
  }
}

extension SetpointBuffer {
  /// Setpoints at zero that were never refreshed.
  public init() {
    self.init(
      joints: FixedArray(count: Capacity.joints, repeating: JointSetpoint()),
      choices: FixedArray(count: Capacity.joints, repeating: LawChoice(.impedance)))
  }
}
