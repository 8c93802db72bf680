import LaneMath

/// A joint between the chain's root and its frame, as the solver sees it.
struct ChainJoint: BitwiseCopyable {
  /// Pose of the joint's frame in the body of the chain's joint before it, or in the world for the first. Set anew for each
  /// solution, as joints in between may have moved.
  var placement = RigidTransform.identity
  /// Index of its body.
  var body = 0
  /// Place of its coordinate in the chain, and position = multiplier x coordinate + offset.
  var coordinate = 0
  var multiplier = 1.0
  var offset = 0.0
  var isPrismatic = false
}

/// The joints that move a frame, from the root on, and their limits.
struct KinematicChain: ~Copyable {
  /// Joints in the order in which they stand between root and frame.
  var joints: FixedArray<ChainJoint>
  /// Pose of the frame in the body of the last joint.
  var bodyFromFrame = RigidTransform.identity
  /// For each coordinate, its place in q and its limits.
  let places: FixedArray<Int>
  let lower: FixedArray<Double>
  let upper: FixedArray<Double>
  /// Number of coordinates.
  let count: Int
  /// The link that carries the frame.
  let link: Int
  /// Pose of the frame in that link.
  let linkFromFrame: RigidTransform

  /// The chain of some coordinates that end in a link. Allocates.
  init(
    _ model: Model, link: Int, linkFromFrame: RigidTransform, coordinates: [ChainCoordinate]
  ) throws(ChainError) {
    let m = model.kernel
    guard link >= 0 && link < m.linkCount else { throw .noSuchLink(link) }
    let places = try ChainCoordinate.places(model, coordinates).map { $0.position }
    var joints: [ChainJoint] = []
    var body = Int(m.links[link].body)
    while body > 0 {
      let constants = m.bodies[body]
      if let coordinate = places.firstIndex(of: Int(constants.positionIndex)) {
        joints.append(
          ChainJoint(
            body: body, coordinate: coordinate, multiplier: constants.multiplier, offset: constants.offset,
            isPrismatic: constants.isPrismatic))
      }
      body = Int(constants.parent)
    }
    for i in coordinates.indices where !joints.contains(where: { $0.coordinate == i }) {
      throw .movesNothing(joint: coordinates[i].joint, link: model.linkNames[link])
    }
    joints.reverse()
    self.joints = FixedArray(count: joints.count) { joints[$0] }
    self.places = FixedArray(count: places.count) { places[$0] }
    lower = FixedArray(count: places.count) { coordinates[$0].lower }
    upper = FixedArray(count: places.count) { coordinates[$0].upper }
    count = places.count
    self.link = link
    self.linkFromFrame = linkFromFrame
  }

  /// Takes the poses of what the chain does not move from `q`.
  @_noLocks mutating func place(_ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>) {
    forwardKinematics(m, w, q: q)
    let joints = joints.mutableElements
    var before = RigidTransform.identity
    for i in 0..<self.joints.count {
      let body = joints[i].body
      let parent = Int(m.bodies[body].parent)
      let worldFromParent = RigidTransform(
        rotation: w.bodies[parent].rotation,
        translation: w.basePosition.pointee + w.bodies[parent].position)
      let parentFromJoint = RigidTransform(
        rotation: m.bodies[body].rotation, translation: m.bodies[body].translation)
      joints[i].placement = before.inverse * (worldFromParent * parentFromJoint)
      before = RigidTransform(
        rotation: w.bodies[body].rotation, translation: w.basePosition.pointee + w.bodies[body].position)
    }
    bodyFromFrame = before.inverse * (linkPose(m, w, link: link) * linkFromFrame)
  }

  /// Pose of the frame in the world at the coordinates `x`, after `place`; the joints' axes and their origins into `screws`,
  /// six numbers a joint.
  @_noLocks @inline(__always)
  func pose(_ x: UnsafePointer<Double>, screws: UnsafeMutablePointer<Double>) -> RigidTransform {
    let joints = joints.elements
    var rotation = Matrix3.identity
    var position = Vector3.zero
    for i in 0..<self.joints.count {
      let placement = joints[i].placement
      position = position + rotation * placement.translation
      rotation = rotation * placement.rotation
      let value = joints[i].multiplier * x[joints[i].coordinate] + joints[i].offset
      let axis = rotation.columnZ
      axis.store(at: screws + 6 * i)
      position.store(at: screws + 6 * i + 3)
      if joints[i].isPrismatic {
        position = position + axis * value
      } else {
        let turn = SineCosine(of: value)
        let (a, b) = (rotation.columnX, rotation.columnY)
        rotation = Matrix3(
          columns: a * turn.cosine + b * turn.sine, b * turn.cosine - a * turn.sine, axis)
      }
    }
    return RigidTransform(rotation: rotation, translation: position) * bodyFromFrame
  }
}
