public import ControlCycle

/// Gives joints the stiffness and damping that the owner of a command port asks for, from nothing up to those of the description.
///
/// Gains go their whole range in 0.1 s at most, so that neither a set nor a change of owner is a torque step. Where no owner is
/// followed they go back to those of the description, also while the robot is frozen or stops. A joint whose own law has less, such
/// as one that is led by hand, keeps that.
public struct PortLaw: Law, ~Copyable {
  /// Time in which gains go their whole range [s].
  static var rampTime: Double { 0.1 }
  private let figures: UnsafeMutablePointer<PortFigures>
  private var stiffness: InlineArray<64, Double>
  private var damping: InlineArray<64, Double>

  init(_ port: CommandPort, robot: Robot) {
    figures = port.shared
    stiffness = InlineArray(repeating: 0)
    damping = InlineArray(repeating: 0)
    for (index, joint) in robot.joints.enumerated() {
      stiffness[index] = joint.configuration.gains.stiffness
      damping[index] = joint.configuration.gains.damping
    }
  }

  /// Puts the gains of this cycle into the efforts.
  @_noLocks public mutating func update(
    _ cycle: Cycle, control: borrowing ControlCycle, efforts: inout JointEfforts
  ) {
    let share = cycle.period / Self.rampTime
    for joint in 0..<control.jointCount {
      let most = control.joints[joint].gains
      let isAsked = figures.pointee.hasGains
      Self.move(
        &stiffness[joint], to: isAsked ? figures.pointee.stiffness[joint] : most.stiffness,
        by: share * most.stiffness)
      Self.move(
        &damping[joint], to: isAsked ? figures.pointee.damping[joint] : most.damping,
        by: share * most.damping)
      efforts[joint].stiffness = min(efforts[joint].stiffness, stiffness[joint])
      efforts[joint].damping = min(efforts[joint].damping, damping[joint])
    }
  }

  @_noLocks private static func move(_ value: inout Double, to goal: Double, by step: Double) {
    let way = goal - value
    value = way > step ? value + step : (way < -step ? value - step : goal)
  }
}
