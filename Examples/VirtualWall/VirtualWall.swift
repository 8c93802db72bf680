public import ControlCycle

/// A law of one's own: every joint of a set feels a soft wall some way before its position limits.
///
/// Inside the wall a spring and a damper push the joint back, on top of what the built-in law asks for. The wall acts
/// on the measured position, so it is also there when a hand moves the joint.
public struct VirtualWall: Law {
  /// Joints that have the wall.
  public var joints: JointSet
  /// Distance from the limits at which the wall begins [rad].
  public var width: Double
  /// Stiffness of the wall [N.m/rad].
  public var stiffness: Double
  /// Damping inside the wall [N.m.s/rad].
  public var damping: Double
  /// Cycles in which the wall pushed any joint.
  public private(set) var contacts: Int64

  /// A wall.
  public init(joints: JointSet, width: Double, stiffness: Double, damping: Double) {
    self.joints = joints
    self.width = width
    self.stiffness = stiffness
    self.damping = damping
    contacts = 0
  }

  /// Pushes the joints that are in the wall.
  ///
  /// Step one: `@_noLocks`. The compiler now refuses an allocation, a lock, a reference count, an existential, or a call
  /// into code it cannot see, here and in everything called from here.
  @_noLocks public mutating func update(
    _ cycle: Cycle, control: borrowing ControlCycle, efforts: inout JointEfforts
  ) {
    var isTouched = false
    for joint in 0..<control.jointCount where joints.contains(joint) {
      let limits = control.joints[joint].limits
      let state = control.states[joint]
      let low = limits.minPosition + width - state.position
      let high = state.position - (limits.maxPosition - width)
      if low > 0 {
        efforts[joint].torque += stiffness * low - damping * state.velocity
        isTouched = true
      } else if high > 0 {
        efforts[joint].torque -= stiffness * high + damping * state.velocity
        isTouched = true
      }
    }
    if isTouched { contacts &+= 1 }
  }
}

// Step two: an annotated function that runs a cycle with the law, at its own type. It is never called; compiling it
// checks the generic code in between, and that step one was not forgotten.
@_noLocks func checked(
  _ law: inout VirtualWall, _ control: inout ControlCycle, _ cycle: Cycle, _ received: borrowing FrameBuffer,
  _ setpoints: borrowing SetpointBuffer, _ transmit: inout FrameBuffer
) {
  control.step(
    cycle, received: received, setpoints: setpoints, request: .arm, law: &law, into: &transmit)
}
