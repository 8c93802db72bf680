import RigidBody

extension Plant {
  /// Kinetic energy of the body, what its joints carry included, and its energy in the field of gravity [J]. What reducers,
  /// windings and the ground store is not in it.
  public var energy: Double {
    kineticEnergy(kernel, workspace, q: position, v: velocity)
      + potentialEnergy(kernel, workspace, q: position)
  }
}
