public import RigidBody

/// An arm of seven joints of the size of a human's, axes z and y by turns, made in code.
public enum SevenJointArm {
  /// Names of its joints, from the base on.
  public static let joints = (0..<7).map { "joint\($0)" }
  /// Name of the link that carries the hand.
  public static let hand = "link6"
  /// Pose of the hand in that link.
  public static let linkFromHand = RigidTransform(
    rotation: .identity, translation: Vector3(x: 0, y: 0, z: 0.12))

  /// Its model, under gravity.
  public static func model() throws -> Model {
    let heights = [0.15, 0.19, 0.21, 0.19, 0.21, 0.19, 0.08]
    let masses = [3.5, 3.5, 2.7, 2.7, 1.7, 1.7, 0.8]
    let armatures = [0.1, 0.1, 0.06, 0.06, 0.03, 0.03, 0.02]
    var links = [LinkDescription(name: "base")]
    var joints: [JointDescription] = []
    for index in 0..<7 {
      let inertia = 0.004 * masses[index]
      links.append(
        LinkDescription(
          name: "link\(index)",
          inertia: SpatialInertia(
            mass: masses[index], centreOfMass: Vector3(x: 0.01, y: 0, z: 0.08),
            rotational: SymmetricMatrix3(
              xx: inertia, xy: 0, xz: 0, yy: inertia, yz: 0, zz: 0.4 * inertia))))
      joints.append(
        JointDescription(
          name: SevenJointArm.joints[index], kind: .continuous,
          parent: index == 0 ? "base" : "link\(index - 1)", child: "link\(index)",
          origin: RigidTransform(rotation: .identity, translation: Vector3(x: 0, y: 0, z: heights[index])),
          axis: index % 2 == 0 ? Vector3(x: 0, y: 0, z: 1) : Vector3(x: 0, y: 1, z: 0),
          armature: armatures[index]))
    }
    return try Model(name: "seven joints", links: links, joints: joints, base: .fixed)
  }
}
