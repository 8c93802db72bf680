public import RigidBody

extension Plant {
  /// Whether the base can move.
  public var isFree: Bool { kernel.isFloating }

  /// Pose of the base's link in the world [m].
  public var basePose: RigidTransform {
    forwardKinematics(kernel, workspace, q: position)
    return linkPose(kernel, workspace, link: body.model.rootLink)
  }

  /// Height of the base above the ground; above the world's origin where there is no ground [m].
  public var baseHeight: Double { basePose.translation.z - world.height }

  /// Cosine of the angle by which the base leans: 1 upright, 0 lying, -1 upside down.
  public var uprightness: Double { basePose.rotation.zz }

  /// Puts a free base somewhere, moving; nothing for one that is held.
  ///
  /// - Parameters:
  ///   - pose: where [m].
  ///   - angular: its angular velocity, along its own axes [rad/s].
  ///   - linear: the velocity of its origin, along its own axes [m/s].
  public mutating func setBase(_ pose: RigidTransform, angular: Vector3 = .zero, linear: Vector3 = .zero) {
    guard kernel.isFloating else { return }
    pose.translation.store(at: position)
    let turn = Quaternion(rotation: pose.rotation)
    position[3] = turn.w
    position[4] = turn.x
    position[5] = turn.y
    position[6] = turn.z
    angular.store(at: velocity)
    linear.store(at: velocity + 3)
  }

  /// A step of a body whose base is free. The base's velocity stands along its own axes, which turn; it is carried along
  /// the world's, so that a body that spins as it flies keeps its momentum.
  mutating func moveFreely() {
    let place = Vector3(at: position)
    let turn = Quaternion(at: position + 3).normalized.rotation
    let (spin, slide) = (Vector3(at: velocity), Vector3(at: velocity + 3))
    let change = Vector3(at: acceleration + 3) + spin.cross(slide)
    let moved = turn * (slide + change * stepSeconds)
    for index in 0..<size { velocity[index] += stepSeconds * acceleration[index] }
    integrate(kernel, q: position, v: velocity, duration: stepSeconds, into: position)
    (place + moved * stepSeconds).store(at: position)
    Quaternion(at: position + 3).rotation.transposedTimes(moved).store(at: velocity + 3)
  }

  /// Centre of mass of the whole body in the world [m].
  public var centreOfMass: Vector3 { RigidBody.centreOfMass(kernel, workspace, q: position) }

  /// Velocity of the centre of mass, along the world's axes [m/s].
  public var centreOfMassVelocity: Vector3 {
    var map = [Double](repeating: 0, count: 3 * size)
    centreOfMassJacobian(kernel, workspace, q: position, into: &map)
    let rows = (0..<3).map { row in (0..<size).reduce(0) { $0 + map[row * size + $1] * velocity[$1] } }
    return Vector3(x: rows[0], y: rows[1], z: rows[2])
  }

  /// Force of the ground on a link over the last step, along the world's axes [N]; zero for a link without contact points.
  public func groundForce(onLink name: String) -> Vector3 {
    body.model.linkIndex(of: name).map { world.groundForce(onLink: $0) } ?? .zero
  }

  /// Tension of the gantry's rope over the last step [N]; 0 without one.
  public var ropeTension: Double { world.gantry?.tension ?? 0 }

  /// Lets the hook of the gantry down by a way within a time, up where it is negative [m, ns].
  public mutating func lowerGantry(by way: Double, over duration: Int64) {
    precondition(duration > 0)
    world.lowerGantry(by: way, from: time, over: duration)
  }

  /// Takes rope and harness away.
  public mutating func letGoOfGantry() { world.letGo() }

  /// Kinetic energy of the body, what its joints carry included, its energy in the field of gravity, and what the ground
  /// has stored [J]. What reducers and windings store is not in it.
  public var energy: Double {
    kineticEnergy(kernel, workspace, q: position, v: velocity)
      + potentialEnergy(kernel, workspace, q: position) + world.storedEnergy(kernel, workspace)
  }
}
