// Set-up: may allocate; the cycle is compiled without this file.

import LaneMath
public import RigidBody

extension MomentumObserver {
  /// An observer over a fixed-base model whose joints have one coordinate each; both handles must outlive it.
  public init(_ gains: Gains, model: ModelKernel, workspace: Workspace) {
    precondition(
      !model.isFloating && model.positionCount == model.velocityCount
        && (1...Capacity.joints).contains(model.velocityCount),
      "the observer's model has a fixed base, and 1 to 64 joints of one coordinate each")
    self.gains = gains
    state = State(gains: gains.isUsable ? gains : Gains(bandwidth: 1))
    self.model = model
    self.workspace = workspace
    let count = model.velocityCount
    joints = FixedArray(count: count, repeating: Joint())
    positions = FixedArray(count: count, repeating: 0)
    velocities = FixedArray(count: count, repeating: 0)
    gravityTorques = FixedArray(count: count, repeating: 0)
    coriolis = FixedArray(count: count * count, repeating: 0)
  }
}
