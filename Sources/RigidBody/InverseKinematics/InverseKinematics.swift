import LaneMath

/// What became of a search for joint positions.
public enum InverseKinematicsOutcome: BitwiseCopyable, Sendable {
  /// The frame is at its target within the tolerances.
  case solved
  /// The target was not reached within the iterations; the positions are the nearest that were seen.
  case stalled
  /// As `stalled`, and where the search was nearest the chain loses a direction: mostly a target beyond its reach.
  case singular
  /// The target or the positions it began at are not finite, or the target does not turn as a rotation; nothing was changed.
  case undefined

  /// Whether the frame is at its target.
  public var isSolved: Bool {
    @_noLocks get {
      switch self {
      case .solved: true
      default: false
      }
    }
  }
}

/// The result of `InverseKinematics.solve`.
public struct InverseKinematicsResult: BitwiseCopyable, Sendable {
  /// What became of it.
  public var outcome: InverseKinematicsOutcome
  /// What is left between the frame and its target [m, rad].
  public var residual: PoseError
  /// At the positions found: rows of the goal, angular ones in rad, linear ones in m.
  public var manipulability: Manipulability
  /// Steps that were made, over all starts.
  public var iterations: Int
  /// Starts beside the first, which is where q was.
  public var restarts: Int
}

/// Which rows of the pose count.
public enum PoseGoal: BitwiseCopyable, Sendable, CaseIterable {
  /// Position and orientation.
  case pose
  /// Only the position of the frame's origin.
  case position
  /// Only the orientation.
  case orientation

  /// Its rows of the Jacobian.
  var rows: Range<Int> {
    @_noLocks get {
      switch self {
      case .pose: 0..<6
      case .position: 3..<6
      case .orientation: 0..<3
      }
    }
  }
}

/// How `InverseKinematics` searches; what it is made with suits arms and legs of a humanoid.
public struct InverseKinematicsSettings: BitwiseCopyable, Sendable {
  /// Which rows of the pose count.
  public var goal = PoseGoal.pose
  /// Distance that counts as reached [m].
  public var distanceTolerance = 1e-8
  /// Angle that counts as reached [rad].
  public var angleTolerance = 1e-8
  /// Most steps, over all starts; each is bounded, so this bounds the time.
  public var iterationLimit = 1500
  /// Most steps towards the posture once the pose is reached; zero leaves the posture alone.
  public var postureIterationLimit = 0
  /// Length that stands for one radian where angles and distances are compared [m].
  public var length = 0.3
  /// Least singular value of a chain that is not singular, angular rows times `length` [m/rad].
  public var singularValueBound = 0.01
  /// Where the random numbers of the starts begin; the same number gives the same result.
  public var seed: UInt64 = 1

  /// The settings as they stand above.
  @_noLocks public init() {}
}

/// Joint positions that bring a frame to a pose, within joint limits: for a chain of joints of any model, a limb of a humanoid
/// as well as an arm. Only the joints that are named move; what stands between them, or below them, is taken as it is.
///
/// Levenberg-Marquardt steps within the limits (`dampedStep`), the damping in proportion to the squared error (Sugihara,
/// "Solvability-unconcerned inverse kinematics by the Levenberg-Marquardt method", IEEE Trans. Robotics 27(5), 2011), so that
/// it fades where the target is reached and convergence is quadratic. The first start is q itself; where a descent stalls, the
/// next starts at random positions within the limits, from a seed: the same inputs give the same bits. Nothing allocates after
/// `init`.
public struct InverseKinematics: ~Copyable {
  /// How to search.
  public var settings = InverseKinematicsSettings()
  /// Positions that are wanted as far as the pose leaves a choice, in the order of the coordinates [rad or m]; at first the
  /// middle of the limits. Used where `settings.postureIterationLimit` is not zero.
  public var posture: FixedArray<Double>

  var chain: KinematicChain
  let s: ChainScratch
  /// The steps towards the posture.
  var program: BoxQuadraticProgram
  var pose = RigidTransform.identity
  var target = RigidTransform.identity
  var random: UInt64 = 0
  var iterations = 0
  private let arena: UnsafeMutablePointer<Double>

  /// A solver for a frame that is fixed to the link with index `link`: `linkFromFrame` is its pose there. Allocates.
  ///
  /// Throws what makes no chain: a joint that is unknown, does not move the frame, is named twice, or whose limits leave
  /// nothing.
  public init(
    _ model: Model, link: Int, linkFromFrame: RigidTransform = .identity, coordinates: [ChainCoordinate]
  ) throws(ChainError) {
    chain = try KinematicChain(
      model, link: link, linkFromFrame: linkFromFrame, coordinates: coordinates)
    let (joints, count) = (chain.joints.count, chain.count)
    let size = ChainScratch.size(joints: joints, count: count)
    arena = UnsafeMutablePointer<Double>.allocate(capacity: size)
    arena.initialize(repeating: 0, count: size)
    let sides = UnsafeMutablePointer<StepSide>.allocate(capacity: count)
    sides.initialize(repeating: .free, count: count)
    s = ChainScratch(arena, sides: sides, joints: joints, count: count)
    program = BoxQuadraticProgram(count: count)
    posture = FixedArray(count: count) { i in
      let (low, high) = (coordinates[i].lower, coordinates[i].upper)
      let isBounded = low > -.infinity && high < .infinity
      return isBounded ? 0.5 * (low + high) : (low > 0 ? low : (high < 0 ? high : 0))
    }
  }

  deinit {
    s.sides.deallocate()
    arena.deallocate()
  }

  /// Number of coordinates that it moves.
  public var coordinateCount: Int { @_noLocks get { chain.count } }

  /// Brings the frame to `target`, its pose in the world, from the positions `q` on: of these the chain's own are replaced
  /// by the solution, or by the nearest positions that were found. Positions beyond their limits are first moved into them.
  @_noLocks public mutating func solve(
    _ m: ModelKernel, _ w: Workspace, q: UnsafeMutablePointer<Double>, target: RigidTransform
  ) -> InverseKinematicsResult {
    iterations = 0
    random = settings.seed
    self.target = target
    chain.place(m, w, q: q)
    for j in 0..<chain.count { s.x[j] = limited(j, q[chain.places[j]]) }
    var least = begin()
    if !(least < .infinity) || !isRotation(target.rotation) {
      return InverseKinematicsResult(
        outcome: .undefined, residual: .undefined,
        manipulability: Manipulability(volume: .nan, leastSingularValue: .nan), iterations: 0, restarts: 0)
    }
    copy(s.x, to: s.best)
    least = descend(least)
    copy(s.x, to: s.best)
    var restarts = 0
    while !isReached && iterations < settings.iterationLimit {
      restarts += 1
      let value = descend(restart())
      if value < least || isReached {
        least = value
        copy(s.x, to: s.best)
      }
    }
    copy(s.best, to: s.x)
    _ = begin()
    let isSolved = isReached
    if isSolved && settings.postureIterationLimit > 0 { approachPosture() }
    return finish(isSolved, restarts, q)
  }

  /// The result at `s.x`, whose pose and columns are current, and the positions into `q`.
  @_noLocks private mutating func finish(
    _ isSolved: Bool, _ restarts: Int, _ q: UnsafeMutablePointer<Double>
  ) -> InverseKinematicsResult {
    for j in 0..<chain.count { q[chain.places[j]] = s.x[j] }
    let rows = settings.goal.rows
    var measure = RigidBody.manipulability(
      s.columns + rows.lowerBound, rows: rows.count, columns: chain.count, rowStride: 1, columnStride: 6,
      scratch: s.gram)
    let isSingular = measure.leastSingularValue < settings.singularValueBound
    switch settings.goal {
    case .position: break
    case .pose, .orientation:
      // Of a chain that is shorter than the goal has rows the measure has no unit, and keeps the weights.
      if chain.count >= rows.count {
        measure.volume /= settings.length * settings.length * settings.length
      }
    }
    return InverseKinematicsResult(
      outcome: isSolved ? .solved : (isSingular ? .singular : .stalled),
      residual: PoseError(from: pose, to: target), manipulability: measure, iterations: iterations,
      restarts: restarts)
  }
}

extension InverseKinematics {
  /// Whether the pose of `s.error` is within the tolerances.
  var isReached: Bool {
    @_noLocks get {
      let e = s.error
      let (angle, distance) = (settings.angleTolerance * settings.length, settings.distanceTolerance)
      return e[0] * e[0] + e[1] * e[1] + e[2] * e[2] <= angle * angle
        && e[3] * e[3] + e[4] * e[4] + e[5] * e[5] <= distance * distance
    }
  }

  /// Half the squared error at positions, whose weighted parts go into `s.trialError`.
  @_noLocks @inline(__always)
  mutating func evaluate(_ x: UnsafePointer<Double>) -> Double {
    pose = chain.pose(x, screws: s.screws)
    let error = PoseError(from: pose, to: target)
    let (angular, linear) = goalWeights
    let e = s.trialError
    (error.rotation * angular).store(at: e)
    (error.translation * linear).store(at: e + 3)
    return 0.5 * (e[0] * e[0] + e[1] * e[1] + e[2] * e[2] + e[3] * e[3] + e[4] * e[4] + e[5] * e[5])
  }

  /// Takes the positions just evaluated: their error and the columns of the Jacobian.
  @_noLocks @inline(__always)
  mutating func accept() {
    for r in 0..<6 { s.error[r] = s.trialError[r] }
    let (angular, linear) = goalWeights
    if chain.joints.count > chain.count {
      for i in 0..<(6 * chain.count) { s.columns[i] = 0 }
    }
    let joints = chain.joints.elements
    for i in 0..<chain.joints.count {
      let axis = Vector3(at: s.screws + 6 * i) * joints[i].multiplier
      let arm = pose.translation - Vector3(at: s.screws + 6 * i + 3)
      let isPrismatic = joints[i].isPrismatic
      let turn = isPrismatic ? .zero : axis * angular
      let travel = (isPrismatic ? axis : axis.cross(arm)) * linear
      let column = s.columns + 6 * joints[i].coordinate
      if chain.joints.count > chain.count {
        (Vector3(at: column) + turn).store(at: column)
        (Vector3(at: column + 3) + travel).store(at: column + 3)
      } else {
        turn.store(at: column)
        travel.store(at: column + 3)
      }
    }
  }

  /// Evaluates and takes `s.x`.
  @_noLocks mutating func begin() -> Double {
    let value = evaluate(s.x)
    accept()
    return value
  }

  /// A position within the limits.
  @_noLocks @inline(__always)
  func limited(_ j: Int, _ value: Double) -> Double {
    let (low, high) = (chain.lower[j], chain.upper[j])
    return value < low ? low : (value > high ? high : value)
  }

  @_noLocks func copy(_ from: UnsafePointer<Double>, to: UnsafeMutablePointer<Double>) {
    for j in 0..<chain.count { to[j] = from[j] }
  }

  private var goalWeights: (angular: Double, linear: Double) {
    @_noLocks @inline(__always) get {
      switch settings.goal {
      case .pose: (settings.length, 1)
      case .position: (0, 1)
      case .orientation: (settings.length, 0)
      }
    }
  }

  @_noLocks private func isRotation(_ r: Matrix3) -> Bool {
    let gram = r.transposed * r
    let error =
      (gram.columnX - Vector3(x: 1, y: 0, z: 0)).squaredLength
      + (gram.columnY - Vector3(x: 0, y: 1, z: 0)).squaredLength
      + (gram.columnZ - Vector3(x: 0, y: 0, z: 1)).squaredLength
    return error < 1e-12 && r.determinant > 0
  }
}
