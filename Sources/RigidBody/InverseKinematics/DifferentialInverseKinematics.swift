import CRealMath
import LaneMath

/// Whether a task asks for a direction that the joints hardly have.
public enum Singularity: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// All directions of the tasks are there.
  case none
  /// The least singular value is below its bound: velocities are damped.
  case near
  /// The least singular value is below a twentieth of its bound: the direction is as good as lost.
  case at
}

/// The result of `DifferentialInverseKinematics.solve`.
public struct DifferentialResult: BitwiseCopyable, Sendable {
  /// What became of the program.
  public var outcome: QuadraticProgramOutcome
  /// The worst over the frames of the program.
  public var singularity: Singularity
  /// Least singular value and volume of the worst frame, angular rows times `length`.
  public var manipulability: Manipulability
  /// Norm of what the frames miss of their velocities, weighted as in the program.
  public var residual: Double
  /// Joints that a limit holds.
  public var heldCount: Int
  /// Iterations of the program.
  public var iterations: Int
}

/// How `DifferentialInverseKinematics` weighs and limits.
public struct DifferentialSettings: BitwiseCopyable, Sendable {
  /// Weight of |v|^2 beside |J v - v*|^2, away from singularities.
  public var damping = 1e-6
  /// What is added to it where the least singular value is zero.
  public var singularDamping = 1e-2
  /// Least singular value up to which nothing is added, angular rows times `length` [m/rad].
  public var singularValueBound = 0.03
  /// Length that stands for one radian where angular and linear velocities are compared [m].
  public var length = 0.3
  /// Share of the way to a position limit that one period may take, above 0 and at most 1.
  public var limitShare = 0.5

  /// The settings as they stand above.
  @_noLocks public init() {}
}

/// Joint velocities for one cycle that move frames as asked, as far as velocity and position limits allow:
///
///     least  sum of w |J v - v*|^2 + damping |v|^2 + w |v - v_posture|^2
///     with   -velocity <= v <= velocity,  share (lower - q) / period <= v <= share (upper - q) / period
///
/// For any model and any of its joints; those that are not named stand still. Each cycle: `begin`, then the frames and the
/// posture in any order, then `solve`. The damping grows near a singularity, which is reported (Nakamura and Hanafusa, ASME J.
/// DSMC 108, 1986; Chiaverini, Siciliano and Egeland, IEEE Trans. CST 2, 1994). The limits are those of Kanoun, Lamiraux and
/// Wieber, IEEE Trans. Robotics 27, 2011; a joint beyond a position limit is led back at no more than its velocity limit.
/// Nothing allocates after `init`, and the number of steps is bounded.
public struct DifferentialInverseKinematics: ~Copyable {
  /// How to weigh and limit.
  public var settings = DifferentialSettings()
  /// The program of the cycle: its variables are the base's six if it moves, then the joints in the order named.
  public private(set) var program: BoxQuadraticProgram
  /// Most frames of a cycle.
  public let frameCapacity: Int

  private let velocityCount: Int
  private let baseCount: Int
  /// For each joint its place in q; for each variable its place in v.
  private let positions: FixedArray<Int>
  private let places: FixedArray<Int>
  private let limits: FixedArray<ChainCoordinate.Limits>
  /// A frame's Jacobian as the model gives it, and scratch for its manipulability.
  private var full: FixedArray<Double>
  private var scratch: FixedArray<Double>
  /// For each frame, weighted columns of the variables and the weighted velocity asked for: six numbers each.
  private var frames: FixedArray<Double>
  private var frameCount = 0
  private var worst = Manipulability(volume: .infinity, leastSingularValue: .infinity)

  /// A solver that moves the joints named, and the floating base if `movesBase`, without limits on its velocity. Allocates.
  ///
  /// Throws what is wrong with a joint: unknown, of several coordinates, named twice, limits that leave nothing.
  public init(
    _ model: Model, coordinates: [ChainCoordinate], movesBase: Bool = false, frameCapacity: Int = 4
  ) throws(ChainError) {
    precondition(frameCapacity > 0, "a cycle has at least one frame")
    let joints = try ChainCoordinate.places(model, coordinates)
    velocityCount = model.velocityCount
    baseCount = movesBase && model.base == .floating ? 6 : 0
    let variables = Array(0..<baseCount) + joints.map { $0.velocity }
    program = BoxQuadraticProgram(count: variables.count)
    positions = FixedArray(count: joints.count) { joints[$0].position }
    places = FixedArray(count: variables.count) { variables[$0] }
    limits = FixedArray(count: joints.count) { coordinates[$0].limits }
    full = FixedArray(count: 6 * model.velocityCount, repeating: 0)
    scratch = FixedArray(count: 48, repeating: 0)
    frames = FixedArray(count: 6 * (variables.count + 1) * frameCapacity, repeating: 0)
    self.frameCapacity = frameCapacity
  }

  /// Begins a cycle at the positions `q`: limits for velocities that hold for `period` [s], and no frames.
  @_noLocks public mutating func begin(q: UnsafePointer<Double>, period: Double) {
    let n = program.count
    let h = program.matrix.mutableElements
    for i in 0..<(n * n) { h[i] = 0 }
    for i in 0..<n { program.gradient[i] = 0 }
    frameCount = 0
    worst = Manipulability(volume: .infinity, leastSingularValue: .infinity)
    let rate = settings.limitShare / period
    for j in 0..<positions.count {
      let (limit, position) = (limits[j], q[positions[j]])
      program.lower[baseCount + j] = limit.slowed((limit.lower - position) * rate)
      program.upper[baseCount + j] = limit.slowed((limit.upper - position) * rate)
    }
  }

  /// Asks a link's frame for a velocity, along world axes: angular [rad/s], and linear of its origin [m/s].
  ///
  /// `weight` multiplies the squared error, in which an angular row counts `length` as much as a linear one. Returns how far
  /// the frame is from a singularity. `link` is 0..<linkCount; at most `frameCapacity` frames a cycle.
  @discardableResult
  @_noLocks public mutating func addFrame(
    _ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, link: Int, angular: Vector3, linear: Vector3,
    goal: PoseGoal = .pose, weight: Double = 1
  ) -> Manipulability {
    precondition(frameCount < frameCapacity, "more frames than frameCapacity")
    jacobian(m, w, q: q, link: link, into: full.mutableElements)
    let n = program.count
    let columns = frames.mutableElements + 6 * (n + 1) * frameCount
    frameCount += 1
    let (rows, root) = (goal.rows, real_sqrt(weight))
    for r in 0..<6 {
      let scale = !rows.contains(r) ? 0 : (r < 3 ? settings.length : 1)
      for i in 0..<n { columns[6 * i + r] = scale * full[r * velocityCount + places[i]] }
      let component = r < 3 ? angular : linear
      let value = r % 3 == 0 ? component.x : (r % 3 == 1 ? component.y : component.z)
      columns[6 * n + r] = scale * value
    }
    let measure = manipulability(
      columns + rows.lowerBound, rows: rows.count, columns: n, rowStride: 1, columnStride: 6,
      scratch: scratch.mutableElements)
    for i in 0..<(6 * (n + 1)) { columns[i] *= root }
    addSquares(columns)
    if measure.leastSingularValue < worst.leastSingularValue { worst = measure }
    return measure
  }

  /// Asks a joint, by its place among those named, for a velocity [rad/s or m/s].
  @_noLocks public mutating func addJoint(_ joint: Int, velocity: Double, weight: Double) {
    let i = baseCount + joint
    program.matrix[i * (program.count + 1)] += weight
    program.gradient[i] -= weight * velocity
  }

  /// Solves the program into `v`: velocityCount numbers, zero for what does not move. Where the program is `undefined`, joints
  /// within their limits stand still and the others are led back.
  @_noLocks public mutating func solve(into v: UnsafeMutablePointer<Double>) -> DifferentialResult {
    let n = program.count
    let (bound, least) = (settings.singularValueBound, worst.leastSingularValue)
    var damping = settings.damping
    var singularity = Singularity.none
    if least < bound {
      damping += settings.singularDamping * (1 - (least / bound) * (least / bound))
      singularity = least < 0.05 * bound ? .at : .near
    }
    for i in 0..<n { program.matrix[i * (n + 1)] += damping }
    let outcome = program.solve()
    for i in 0..<velocityCount { v[i] = 0 }
    for i in 0..<n { v[places[i]] = program.solution[i] }
    return DifferentialResult(
      outcome: outcome, singularity: singularity, manipulability: worst, residual: missed(),
      heldCount: program.boundCount, iterations: program.iterations)
  }
}

extension DifferentialInverseKinematics {
  /// Adds |J v - v*|^2 / 2 to the program.
  @_noLocks private mutating func addSquares(_ columns: UnsafePointer<Double>) {
    let n = program.count
    let (h, g) = (program.matrix.mutableElements, program.gradient.mutableElements)
    let wish = columns + 6 * n
    for i in 0..<n {
      let a = columns + 6 * i
      for k in 0..<(i + 1) {
        let b = columns + 6 * k
        h[i * n + k] +=
          (a[0] * b[0] + a[1] * b[1]) + (a[2] * b[2] + a[3] * b[3]) + (a[4] * b[4] + a[5] * b[5])
      }
      for r in 0..<6 { g[i] -= a[r] * wish[r] }
    }
  }

  /// Norm of what the solution misses of the frames' velocities.
  @_noLocks private func missed() -> Double {
    let n = program.count
    var squared = 0.0
    for frame in 0..<frameCount {
      let columns = frames.elements + 6 * (n + 1) * frame
      for r in 0..<6 {
        var part = columns[6 * n + r]
        for i in 0..<n { part -= columns[6 * i + r] * program.solution[i] }
        squared += part * part
      }
    }
    return real_sqrt(squared)
  }
}
