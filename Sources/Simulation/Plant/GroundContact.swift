import CRealMath
import RigidBody

/// One point of a link against the ground.
struct GroundContact: BitwiseCopyable {
  /// The point, in its link's frame [m].
  let point: Vector3
  /// Shear of the bristle along the world's x and y [m].
  private var shear = (x: 0.0, y: 0.0)
  /// Force of the last step, along the world's axes [N].
  private(set) var force = Vector3.zero

  init(point: Vector3) { self.point = point }

  /// Force on the point over a step, from where it is and how it moves at its beginning [m, m/s, s, N].
  mutating func advance(
    _ place: Vector3, velocity: Vector3, height: Double, ground: Ground, step: Double
  ) -> Vector3 {
    let depth = height - place.z
    let normal = depth > 0 ? ground.stiffness * depth * (1 - ground.dissipation * velocity.z) : 0
    guard normal > 0 else {
      shear = (0, 0)
      force = .zero
      return force
    }
    shear.x += step * velocity.x
    shear.y += step * velocity.y
    let bound = ground.friction * normal
    // The bristle slips where its spring alone would exceed the bound.
    let spring = ground.shearStiffness * real_sqrt(shear.x * shear.x + shear.y * shear.y)
    if spring > bound {
      shear.x *= bound / spring
      shear.y *= bound / spring
    }
    var x = -ground.shearStiffness * shear.x - ground.shearDamping * velocity.x
    var y = -ground.shearStiffness * shear.y - ground.shearDamping * velocity.y
    let pull = real_sqrt(x * x + y * y)
    if pull > bound {
      x *= bound / pull
      y *= bound / pull
    }
    force = Vector3(x: x, y: y, z: normal)
    return force
  }

  /// Energy that a point has stored in ground and bristle [J].
  func storedEnergy(depth: Double, _ ground: Ground) -> Double {
    let normal = depth > 0 ? 0.5 * ground.stiffness * depth * depth : 0
    return normal + 0.5 * ground.shearStiffness * (shear.x * shear.x + shear.y * shear.y)
  }
}

/// What a gantry's rope and harness do.
struct GantryState: BitwiseCopyable {
  /// Where the hook is [m], and how fast it is lowered [m/s] until when [ns].
  private(set) var hook: Vector3
  private var rate = 0.0
  private var end: Int64 = 0
  /// Tension of the rope in the last step [N].
  private(set) var tension = 0.0
  let gantry: Gantry

  /// A gantry above a point that it is to hold with a weight on it [m, N].
  init(_ gantry: Gantry, above point: Vector3, weight: Double) {
    self.gantry = gantry
    hook = point + Vector3(x: 0, y: 0, z: gantry.length + weight / gantry.stiffness)
  }

  /// Lets the hook down by a way within a time, up where it is negative [m, ns].
  mutating func lower(by way: Double, from time: Int64, over duration: Int64) {
    rate = way / (Double(duration) * 1e-9)
    end = time + duration
  }

  /// Force on the point held [N] and moment on the base's link [N.m] over a step [ns].
  mutating func advance(
    point: Vector3, velocity: Vector3, up: Vector3, spin: Vector3, from time: Int64, step: Int64
  ) -> (force: Vector3, moment: Vector3) {
    let left = end - time < step ? end - time : step
    if left > 0 { hook.z -= rate * Double(left) * 1e-9 }
    let falls = left > 0 ? rate : 0
    let rope = hook - point
    let length = real_sqrt(rope.squaredLength)
    var force = Vector3.zero
    tension = 0
    if length > gantry.length {
      let along = rope * (1 / length)
      let grows = -along.dot(velocity) - along.z * falls
      let pull = gantry.stiffness * (length - gantry.length) + gantry.damping * grows
      tension = pull > 0 ? pull : 0
      force = along * tension
    }
    let tilt = up.cross(Vector3(x: 0, y: 0, z: 1))
    return (force, tilt * gantry.uprightStiffness + spin * -gantry.uprightDamping)
  }
}
