import CRealMath
import LaneMath

/// How a chain of joints moves a frame, as dynamics: the frame's inertia, damping that suits it, and what moves the joints
/// without moving the frame. All other joints count as held.
///
///     A = J M^-1 J^T,   Lambda = A^-1,   N^T = 1 - J^T Lambda J M^-1
///
/// M is the part of the mass matrix that belongs to the chain. A torque N^T t does not accelerate the frame (the dynamically
/// consistent projection: Khatib, IEEE J. Robotics and Automation 3(1), 1987, 43-53). Where the frame loses a direction, A is
/// damped (Nakamura and Hanafusa, ASME J. DSMC 108, 1986), and that is reported.
///
/// Inside, angular rows are multiplied by `length`, so that all six have the unit of a velocity in m/s: a wrench there is
/// (moment / length, force). Each cycle: `update`, then the others. Nothing allocates after `init`.
public struct OperationalSpace: ~Copyable {
  /// Length that stands for one radian where angular and linear velocities are compared [m].
  public let length: Double
  /// Least singular value of J, angular rows times `length`, up to which A is as it is [m/rad].
  public var singularValueBound = 0.02
  /// Number of joints.
  public let count: Int
  /// Pose of the frame in the world. Writer: `update`.
  public private(set) var pose = RigidTransform.identity
  /// Angular velocity of the frame along world axes [rad/s]. Writer: `update`.
  public private(set) var angularVelocity = Vector3.zero
  /// Velocity of the frame's origin along world axes [m/s]. Writer: `update`.
  public private(set) var linearVelocity = Vector3.zero
  /// How far the frame is from losing a direction. Writer: `update`.
  public private(set) var manipulability = Manipulability(volume: 0, leastSingularValue: 0)
  /// Whether it has. Writer: `update`.
  public private(set) var singularity = Singularity.at
  /// Lowest and highest natural frequency of the frame on its stiffness [rad/s]. Writer: `setDamping`.
  public private(set) var frequencies: (lowest: Double, highest: Double) = (0, 0)

  /// Index of each joint in v, which is that in q.
  public let places: FixedArray<Int>
  private let link: Int
  private let linkFromFrame: RigidTransform
  private let velocityCount: Int
  private var full: FixedArray<Double>
  private var scratch: FixedArray<Double>
  /// J, 6 x count.
  private var jacobian: FixedArray<Double>
  /// M, count x count, and its Cholesky factor.
  private var mass: FixedArray<Double>
  private var massFactor: FixedArray<Double>
  /// M^-1 J^T, a row of six a joint, and the diagonal of M^-1.
  private var responses: FixedArray<Double>
  private var mobilities: FixedArray<Double>
  /// Cholesky factor G of A; D, 6 x 6; room for two matrices.
  private var factor: FixedArray<Double>
  private var damping: FixedArray<Double>
  private var modes: FixedArray<Double>
  private var vectors: FixedArray<Double>
  /// One number a joint.
  private var column: FixedArray<Double>

  /// The space of a link's frame and the joints that move it. Allocates.
  ///
  /// - Parameters:
  ///   - model: a fixed base, and joints of one coordinate each.
  ///   - link: index of the link that carries the frame.
  ///   - linkFromFrame: pose of the frame in the link.
  ///   - joints: names of the joints, at most sixteen, in the order of torques.
  ///   - length: length that stands for one radian [m].
  /// - Throws: what is wrong with a joint: unknown, of several coordinates, named twice, does not move the link.
  public init(
    _ model: Model, link: Int, linkFromFrame: RigidTransform = .identity, joints: [String],
    length: Double = 0.3
  ) throws(ChainError) {
    precondition(length > 0 && length < .infinity, "a length is a number above zero")
    precondition(
      model.base == .fixed && model.positionCount == model.velocityCount,
      "the model has a fixed base and joints of one coordinate each")
    guard joints.count <= 16 else { throw .jointCount(joints.count) }
    let coordinates = joints.map { ChainCoordinate(joint: $0) }
    let list = try ChainCoordinate.places(model, coordinates).map { $0.velocity }
    // For what it refuses: joints that do not move the link.
    _ = try KinematicChain(model, link: link, linkFromFrame: linkFromFrame, coordinates: coordinates)
    count = list.count
    places = FixedArray(count: list.count) { list[$0] }
    self.length = length
    self.link = link
    self.linkFromFrame = linkFromFrame
    velocityCount = model.velocityCount
    full = FixedArray(count: 6 * model.velocityCount, repeating: 0)
    scratch = FixedArray(count: 48, repeating: 0)
    jacobian = FixedArray(count: 6 * list.count, repeating: 0)
    mass = FixedArray(count: list.count * list.count, repeating: 0)
    massFactor = FixedArray(count: list.count * list.count, repeating: 0)
    responses = FixedArray(count: 6 * list.count, repeating: 0)
    mobilities = FixedArray(count: list.count, repeating: 0)
    factor = FixedArray(count: 36, repeating: 0)
    damping = FixedArray(count: 36, repeating: 0)
    modes = FixedArray(count: 36, repeating: 0)
    vectors = FixedArray(count: 36, repeating: 0)
    column = FixedArray(count: list.count, repeating: 0)
  }

  /// Takes pose, Jacobian and inertia at `q` and `v`, all numbers of the model.
  @_noLocks public mutating func update(
    _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>
  ) {
    let whole = massMatrix(m, w, q: q)
    for i in 0..<count {
      for k in 0..<count { mass[i * count + k] = whole[places[i] * velocityCount + places[k]] }
    }
    RigidBody.jacobian(m, w, q: q, link: link, into: full.mutableElements)
    let worldFromLink = linkPose(m, w, link: link)
    pose = worldFromLink * linkFromFrame
    takeVelocities(v, arm: pose.translation - worldFromLink.translation)
    manipulability = RigidBody.manipulability(
      jacobian.elements, rows: 6, columns: count, rowStride: count, columnStride: 1,
      scratch: scratch.mutableElements)
    factorMass()
    factorMobility()
  }
}

extension OperationalSpace {
  /// The chain's columns of the Jacobian at the frame's origin, `arm` beyond the link's, and the frame's velocity.
  @_noLocks private mutating func takeVelocities(_ v: UnsafePointer<Double>, arm: Vector3) {
    angularVelocity = .zero
    linearVelocity = .zero
    for j in 0..<velocityCount {
      let (axis, slide) = frameColumn(j, arm: arm)
      angularVelocity += axis * v[j]
      linearVelocity += slide * v[j]
    }
    for i in 0..<count {
      let (axis, slide) = frameColumn(places[i], arm: arm)
      jacobian[i] = length * axis.x
      jacobian[count + i] = length * axis.y
      jacobian[2 * count + i] = length * axis.z
      jacobian[3 * count + i] = slide.x
      jacobian[4 * count + i] = slide.y
      jacobian[5 * count + i] = slide.z
    }
  }

  /// A column of the link's Jacobian, carried on by `arm`.
  @_noLocks private func frameColumn(_ j: Int, arm: Vector3) -> (axis: Vector3, slide: Vector3) {
    let n = velocityCount
    let axis = Vector3(x: full[j], y: full[n + j], z: full[2 * n + j])
    let slide = Vector3(x: full[3 * n + j], y: full[4 * n + j], z: full[5 * n + j])
    return (axis, slide + axis.cross(arm))
  }

  /// M's factor, M^-1 J^T and the diagonal of M^-1.
  @_noLocks private mutating func factorMass() {
    var trace = 0.0
    for i in 0..<(count * count) { massFactor[i] = mass[i] }
    for i in 0..<count { trace += mass[i * count + i] }
    _ = factorCholesky(massFactor.mutableElements, order: count, least: 1e-12 * trace + 1e-300)
    let x = column.mutableElements
    for r in 0..<6 {
      for i in 0..<count { x[i] = jacobian[r * count + i] }
      solveCholesky(massFactor.elements, x, order: count)
      for i in 0..<count { responses[6 * i + r] = x[i] }
    }
    for k in 0..<count {
      for i in 0..<count { x[i] = i == k ? 1 : 0 }
      solveCholesky(massFactor.elements, x, order: count)
      mobilities[k] = x[k]
    }
  }

  /// A, damped where the frame is about to lose a direction, and its factor.
  @_noLocks private mutating func factorMobility() {
    var trace = 0.0
    for r in 0..<6 {
      for s in 0..<(r + 1) {
        var sum = 0.0
        for i in 0..<count { sum += jacobian[r * count + i] * responses[6 * i + s] }
        factor[6 * r + s] = sum
      }
      trace += factor[7 * r]
    }
    let (least, bound) = (manipulability.leastSingularValue, singularValueBound)
    singularity = least >= bound ? .none : (least >= 0.05 * bound ? .near : .at)
    let share = least < bound ? 1 - (least / bound) * (least / bound) : 0
    // At most a thousandth of the mean mobility: what a direction that is left has, it keeps.
    let added = share * 1e-3 * trace / 6
    for r in 0..<6 { factor[7 * r] += added }
    _ = factorCholesky(factor.mutableElements, order: 6, least: 1e-12 * trace + 1e-300)
  }
}

extension OperationalSpace {
  /// Sets a damping D that suits a stiffness K in every pose.
  ///
  ///     Lambda = Q Q^T,   K = Q diag(w^2) Q^T,   D = Q diag(d) Q^T
  ///
  /// In the coordinates Q^T x the frame falls apart into six oscillators of unit inertia, and each gets the damping that its
  /// frequency w asks for (double diagonalisation: Albu-Schäffer, Ott, Frese, Hirzinger, ICRA 2003, 3704-3709; the
  /// generalised eigenproblem by Cholesky: Golub and Van Loan, 8.7.2). With A = G G^T, Q is G^-T U, where U diagonalises
  /// G^T K G.
  ///
  /// - Parameters:
  ///   - translation: K of translations along `axes` [N/m].
  ///   - rotation: K of rotations about them [N.m/rad].
  ///   - axes: the axes, in the world.
  ///   - law: what damping a frequency gets.
  @_noLocks public mutating func setDamping(
    translation: Vector3, rotation: Vector3, axes: Matrix3, _ law: ModalDamping
  ) {
    setStiffness(translation: translation, rotation: rotation, axes: axes)
    // K G into the vectors' room, then G^T K G.
    for r in 0..<6 {
      for c in 0..<6 {
        var sum = 0.0
        for k in c..<6 { sum += modes[6 * r + k] * factor[6 * k + c] }
        vectors[6 * r + c] = sum
      }
    }
    for r in 0..<6 {
      for c in 0..<(r + 1) {
        var sum = 0.0
        for k in r..<6 { sum += factor[6 * k + r] * vectors[6 * k + c] }
        modes[6 * r + c] = sum
        modes[6 * c + r] = sum
      }
    }
    diagonalise(modes.mutableElements, vectors: vectors.mutableElements, order: 6)
    var (lowest, highest) = (Double.infinity, 0.0)
    for i in 0..<6 {
      let square = modes[7 * i] > 0 ? modes[7 * i] : 0
      if square < lowest { lowest = square }
      if square > highest { highest = square }
    }
    frequencies = (real_sqrt(lowest), real_sqrt(highest))
    assembleDamping(law)
  }

  /// K along world axes into the modes' room, angular rows and columns divided by the length.
  @_noLocks private mutating func setStiffness(translation: Vector3, rotation: Vector3, axes: Matrix3) {
    let scale = 1 / (length * length)
    for i in 0..<36 { modes[i] = 0 }
    for k in 0..<3 {
      let axis = k == 0 ? axes.columnX : (k == 1 ? axes.columnY : axes.columnZ)
      let turning = scale * (k == 0 ? rotation.x : (k == 1 ? rotation.y : rotation.z))
      let sliding = k == 0 ? translation.x : (k == 1 ? translation.y : translation.z)
      for r in 0..<3 {
        for c in 0..<3 {
          let share = component(axis, r) * component(axis, c)
          modes[6 * r + c] += turning * share
          modes[6 * (r + 3) + c + 3] += sliding * share
        }
      }
    }
  }

  /// A component by its number.
  @_noLocks private func component(_ vector: Vector3, _ index: Int) -> Double {
    index == 0 ? vector.x : (index == 1 ? vector.y : vector.z)
  }

  /// D = Q diag(d) Q^T.
  @_noLocks private mutating func assembleDamping(_ law: ModalDamping) {
    let x = scratch.mutableElements
    for i in 0..<36 { damping[i] = 0 }
    for mode in 0..<6 {
      let square = modes[7 * mode]
      let share = law.damping(ofSquare: square > 0 ? square : 0)
      for r in 0..<6 { x[r] = vectors[6 * r + mode] }
      solveUpper(factor.elements, x, order: 6)
      for r in 0..<6 {
        for c in 0..<6 { damping[6 * r + c] += share * x[r] * x[c] }
      }
    }
  }

  /// One of the six oscillators, after `setDamping`: its natural frequency [rad/s], and how the frame turns [rad] and moves
  /// [m] along world axes in it; the modal coordinate is one there.
  @_noLocks public mutating func mode(_ index: Int) -> (frequency: Double, turn: Vector3, slide: Vector3) {
    let x = scratch.mutableElements
    let square = modes[7 * index]
    for r in 0..<6 {
      var sum = 0.0
      for k in 0..<(r + 1) { sum += factor[6 * r + k] * vectors[6 * k + index] }
      x[r] = sum
    }
    return (real_sqrt(square > 0 ? square : 0), Vector3(at: x) * (1 / length), Vector3(at: x + 3))
  }

  /// The wrench that damps the frame's velocity, moment and force along world axes [N.m, N]; after `setDamping`.
  @_noLocks public mutating func dampingWrench() -> (moment: Vector3, force: Vector3) {
    let x = scratch.mutableElements
    (angularVelocity * length).store(at: x)
    linearVelocity.store(at: x + 3)
    for r in 0..<6 {
      var sum = 0.0
      for c in 0..<6 { sum -= damping[6 * r + c] * x[c] }
      x[6 + r] = sum
    }
    return (Vector3(at: x + 6) * length, Vector3(at: x + 9))
  }

  /// Joint torques J^T of a wrench on the frame, along world axes, into `torques`: `count` numbers [N.m, N].
  @_noLocks public func torques(
    moment: Vector3, force: Vector3, into torques: UnsafeMutablePointer<Double>
  ) {
    let turn = moment * (1 / length)
    for i in 0..<count {
      var sum = jacobian[i] * turn.x + jacobian[count + i] * turn.y
      sum += jacobian[2 * count + i] * turn.z + jacobian[3 * count + i] * force.x
      torques[i] = sum + jacobian[4 * count + i] * force.y + jacobian[5 * count + i] * force.z
    }
  }

  /// Mean square of the natural frequencies that a stiffness of one [N.m/rad] at every joint gives the motions that leave
  /// the frame where it is [rad2/s2]; zero where there are none. With one such motion it is exact.
  @_noLocks public mutating func nullSquare() -> Double {
    let x = scratch.mutableElements
    var sum = 0.0
    for i in 0..<count {
      for r in 0..<6 { x[r] = responses[6 * i + r] }
      solveLower(factor.elements, x, order: 6)
      var taken = 0.0
      for r in 0..<6 { taken += x[r] * x[r] }
      let left = mobilities[i] - taken
      sum += left > 0 ? left : 0
    }
    return count > 6 ? sum / Double(count - 6) : 0
  }

  /// What a torque leaves that the frame does not feel: t becomes N^T t in place, `count` numbers.
  @_noLocks public mutating func projectTorque(_ t: UnsafeMutablePointer<Double>) {
    let x = scratch.mutableElements
    for r in 0..<6 {
      var sum = 0.0
      for i in 0..<count { sum += responses[6 * i + r] * t[i] }
      x[r] = sum
    }
    subtractFrame(x, from: t)
  }

  /// Momentum of the motions that leave the frame where it is, M N v, of the velocities in `v`, in place. The matrix M N is
  /// symmetric and has no negative eigenvalue, so that its multiples damp.
  @_noLocks public mutating func projectMomentum(_ v: UnsafeMutablePointer<Double>) {
    let x = scratch.mutableElements
    for r in 0..<6 {
      var sum = 0.0
      for i in 0..<count { sum += jacobian[r * count + i] * v[i] }
      x[r] = sum
    }
    for i in 0..<count {
      var sum = 0.0
      for k in 0..<count { sum += mass[i * count + k] * v[k] }
      column[i] = sum
    }
    for i in 0..<count { v[i] = column[i] }
    subtractFrame(x, from: v)
  }

  /// t - J^T A^-1 x into `t`.
  @_noLocks private mutating func subtractFrame(
    _ x: UnsafeMutablePointer<Double>, from t: UnsafeMutablePointer<Double>
  ) {
    solveCholesky(factor.elements, x, order: 6)
    for i in 0..<count {
      for r in 0..<6 { t[i] -= jacobian[r * count + i] * x[r] }
    }
  }
}
