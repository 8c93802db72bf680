import Foundation
import JointControl
public import RigidBody

// All conversions between URDF's numbers and RigidBody's values stand in this file.

/// URDF's `<origin>`: a translation [m] and fixed-axis roll, pitch, yaw [rad].
struct OriginElement {
  var xyz: [Double] = [0, 0, 0]
  var rpy: [Double] = [0, 0, 0]
}

/// URDF's `<inertia>`: moments and products about the centre of mass, axes of the inertial frame [kg.m^2].
struct InertiaMoments: Equatable {
  var xx = 0.0
  var xy = 0.0
  var xz = 0.0
  var yy = 0.0
  var yz = 0.0
  var zz = 0.0
}

extension URDF {
  /// The tree as a model for dynamics.
  ///
  /// - Parameters:
  ///   - base: whether the root link is fixed in the world or floats.
  ///   - lockedJoints: joints to treat as fixed, with their positions [rad or m]; joints that mimic one of them
  ///     are fixed too.
  ///   - armatures: reflected rotor inertia of joints [kg.m^2].
  ///   - requiresPhysicalInertia: whether to refuse inertias that no body has and joints that move no mass.
  ///     Published files hold both; a robot that is to be driven may not.
  /// - Returns: the model, its joints in its own order.
  /// - Throws: joints that do not exist, or what the model refuses.
  public func model(
    base: Base, lockedJoints: [String: Double] = [:], armatures: [String: Double] = [:],
    requiresPhysicalInertia: Bool = false
  ) throws(DescriptionError) -> Model {
    let names = joints.map(\.name)
    for name in (Array(lockedJoints.keys) + Array(armatures.keys)).sorted() where !names.contains(name) {
      throw DescriptionError(
        SourceLocation(file: path), "there is no joint '\(name)'",
        fix: suggestion(for: name, among: names, what: "joint"))
    }
    let descriptions = joints.map { joint in
      description(of: joint, lockedJoints: lockedJoints, armature: armatures[joint.name] ?? 0)
    }
    do {
      return try Model(
        name: name, links: links, joints: descriptions, base: base,
        requiresPhysicalInertia: requiresPhysicalInertia)
    } catch {
      let problems = Model.problems(
        links: links, joints: descriptions, base: base, requiresPhysicalInertia: requiresPhysicalInertia)
      throw DescriptionError(problems.map(diagnostic(of:)))
    }
  }

  private func diagnostic(of problem: ModelError) -> Diagnostic {
    let file = SourceLocation(file: path)
    switch problem.subject {
    case .link(let name):
      return Diagnostic(
        location: linkLocations[name] ?? file, message: "link '\(name)': \(problem.message)", fix: problem.fix
      )
    case .joint(let name):
      return Diagnostic(
        location: joint(name)?.location ?? file, message: "joint '\(name)': \(problem.message)",
        fix: problem.fix)
    case .model:
      return Diagnostic(location: file, message: problem.message, fix: problem.fix)
    }
  }

  private func description(
    of joint: URDFJoint, lockedJoints: [String: Double], armature: Double
  ) -> JointDescription {
    guard let position = lockedPosition(of: joint, lockedJoints: lockedJoints, depth: 0) else {
      return JointDescription(
        name: joint.name, kind: joint.kind, parent: joint.parent, child: joint.child, origin: joint.origin,
        axis: joint.axis, armature: armature, mimic: joint.mimic)
    }
    return JointDescription(
      name: joint.name, kind: .fixed, parent: joint.parent, child: joint.child,
      origin: joint.origin(at: position), axis: joint.axis, armature: 0, mimic: nil)
  }

  /// Where a joint is locked, by itself or because it follows a locked one; nil when it moves.
  private func lockedPosition(of joint: URDFJoint, lockedJoints: [String: Double], depth: Int) -> Double? {
    if let position = lockedJoints[joint.name] { return position }
    guard depth < joints.count, let mimic = joint.mimic, let driver = self.joint(mimic.joint) else {
      return nil
    }
    return lockedPosition(of: driver, lockedJoints: lockedJoints, depth: depth + 1).map {
      mimic.multiplier * $0 + mimic.offset
    }
  }
}

extension URDFJoint {
  /// Pose of the child link in the parent link's frame at a position [rad or m].
  func origin(at position: Double) -> RigidTransform {
    switch kind {
    case .fixed, .planar, .floating: return origin
    case .prismatic:
      let shift = product(
        origin.rotation, Vector3(x: axis.x * position, y: axis.y * position, z: axis.z * position))
      let from = origin.translation
      return RigidTransform(
        rotation: origin.rotation,
        translation: Vector3(x: from.x + shift.x, y: from.y + shift.y, z: from.z + shift.z))
    case .revolute, .continuous:
      return RigidTransform(
        rotation: product(origin.rotation, rotation(about: axis, by: position)),
        translation: origin.translation)
    }
  }
}

/// The rotation matrix Rz(yaw) Ry(pitch) Rx(roll) and the translation of an `<origin>`.
func transform(_ origin: OriginElement) -> RigidTransform {
  let (sr, cr) = (sin(origin.rpy[0]), cos(origin.rpy[0]))
  let (sp, cp) = (sin(origin.rpy[1]), cos(origin.rpy[1]))
  let (sy, cy) = (sin(origin.rpy[2]), cos(origin.rpy[2]))
  let rotation = Matrix3(
    xx: cy * cp, xy: cy * sp * sr - sy * cr, xz: cy * sp * cr + sy * sr,
    yx: sy * cp, yy: sy * sp * sr + cy * cr, yz: sy * sp * cr - cy * sr,
    zx: -sp, zy: cp * sr, zz: cp * cr)
  return RigidTransform(
    rotation: rotation, translation: Vector3(x: origin.xyz[0], y: origin.xyz[1], z: origin.xyz[2]))
}

/// Mass, centre of mass and inertia about it, turned from the inertial frame to the link's axes (R I R^T).
func spatialInertia(mass: Double, pose: OriginElement, moments: InertiaMoments) -> SpatialInertia {
  let frame = transform(pose)
  let r = frame.rotation
  let inertia = Matrix3(
    xx: moments.xx, xy: moments.xy, xz: moments.xz, yx: moments.xy, yy: moments.yy, yz: moments.yz,
    zx: moments.xz, zy: moments.yz, zz: moments.zz)
  let transposed = Matrix3(
    xx: r.xx, xy: r.yx, xz: r.zx, yx: r.xy, yy: r.yy, yz: r.zy, zx: r.xz, zy: r.yz, zz: r.zz)
  let turned = product(product(r, inertia), transposed)
  return SpatialInertia(
    mass: mass, centreOfMass: frame.translation,
    rotational: SymmetricMatrix3(
      xx: turned.xx, xy: turned.xy, xz: turned.xz, yy: turned.yy, yz: turned.yz, zz: turned.zz))
}

/// The vector of length one in the same direction; nil for a vector of length zero.
func unitVector(_ v: [Double]) -> Vector3? {
  let length = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).squareRoot()
  guard length > 1e-9 && length.isFinite else { return nil }
  return Vector3(x: v[0] / length, y: v[1] / length, z: v[2] / length)
}

/// Rotation about a unit axis by an angle [rad] (Rodrigues).
func rotation(about axis: Vector3, by angle: Double) -> Matrix3 {
  let (s, c) = (sin(angle), cos(angle))
  let (x, y, z, t) = (axis.x, axis.y, axis.z, 1 - c)
  return Matrix3(
    xx: t * x * x + c, xy: t * x * y - s * z, xz: t * x * z + s * y,
    yx: t * x * y + s * z, yy: t * y * y + c, yz: t * y * z - s * x,
    zx: t * x * z - s * y, zy: t * y * z + s * x, zz: t * z * z + c)
}

private func product(_ a: Matrix3, _ b: Matrix3) -> Matrix3 {
  Matrix3(
    xx: a.xx * b.xx + a.xy * b.yx + a.xz * b.zx, xy: a.xx * b.xy + a.xy * b.yy + a.xz * b.zy,
    xz: a.xx * b.xz + a.xy * b.yz + a.xz * b.zz, yx: a.yx * b.xx + a.yy * b.yx + a.yz * b.zx,
    yy: a.yx * b.xy + a.yy * b.yy + a.yz * b.zy, yz: a.yx * b.xz + a.yy * b.yz + a.yz * b.zz,
    zx: a.zx * b.xx + a.zy * b.yx + a.zz * b.zx, zy: a.zx * b.xy + a.zy * b.yy + a.zz * b.zy,
    zz: a.zx * b.xz + a.zy * b.yz + a.zz * b.zz)
}

private func product(_ m: Matrix3, _ v: Vector3) -> Vector3 {
  Vector3(
    x: m.xx * v.x + m.xy * v.y + m.xz * v.z, y: m.yx * v.x + m.yy * v.y + m.yz * v.z,
    z: m.zx * v.x + m.zy * v.y + m.zz * v.z)
}
