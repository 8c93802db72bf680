import CRealMath

/// What becomes of a request to time a path.
public enum PathVerdict: BitwiseCopyable, Sendable {
  /// The path is timed.
  case timed
  /// A number is not finite, or positions along the path do not increase.
  case notFinite
  /// A row does not hold at rest: no speed along the path would make it hold.
  case impossibleAtRest
  /// The path cannot be passed: a speed bound of zero, or limits that differ too much in size.
  case blocked
}

/// How fast a path may be followed: time-optimal path parameterisation by reachability analysis (Pham and Pham, "A New Approach
/// to Time-Optimal Path Parameterization Based on Reachability Analysis", IEEE Trans. Robotics 34(3), 2018), from rest to rest.
///
/// The path is known at grid points by its position s along it. Unknown are the square x of the speed ds/dt at each of them, and the
/// acceleration u of s between two, so that x rises by 2 u ds. What a robot can do is linear in both: each row at a grid
/// point says `low <= along * u + square * x <= high`. One pass backwards finds at each point the highest x from which the end can still be
/// reached; one pass forwards takes the highest acceleration that stays below. A row must hold at both ends of the piece before
/// it (the paper's interpolation scheme, section V.A).
///
/// As every row holds at rest, x = 0 can always be controlled, and the highest x of a point is the root of one concave function of x: the
/// room between the rows' upper and lower bounds of u. Newton's method from the right finds it in as many steps as lines change,
/// mostly three; so a path that can be followed at all is always timed, and in bounded time. Nothing allocates after `init`.
public struct PathTiming: ~Copyable {
  /// A bound that is linear in the acceleration u along the path and the square x of its speed.
  public struct Row: BitwiseCopyable, Sendable {
    /// Factor of u, and of x.
    public var along, square: Double
    /// Lowest value, not above zero, and highest one, not below it.
    public var low, high: Double

    /// A bound.
    @_noLocks public init(along: Double, square: Double, low: Double, high: Double) {
      self.along = along
      self.square = square
      self.low = low
      self.high = high
    }
  }

  /// Most grid points, and most rows at each.
  public let pointCapacity, rowCapacity: Int
  /// Grid points and rows of the path.
  public private(set) var pointCount = 0
  /// Rows at each grid point.
  public private(set) var rowCount = 0
  /// Time from the first point to the last [s].
  public private(set) var duration = 0.0
  /// The point that a refusal is about.
  public private(set) var decidingPoint = 0
  private let rows: UnsafeMutablePointer<Row>
  /// By point: position, highest x that is allowed, that can be controlled, the one that is taken, time, and u behind it.
  private let positions, bounds, controllable, squares, times, accelerations: UnsafeMutablePointer<Double>

  /// Memory for paths of up to `pointCapacity` grid points, at least 2, with up to `rowCapacity` rows each.
  public init(pointCapacity: Int, rowCapacity: Int) {
    precondition(pointCapacity >= 2 && rowCapacity >= 1, "a path has two points and a row")
    self.pointCapacity = pointCapacity
    self.rowCapacity = rowCapacity
    rows = .allocate(capacity: pointCapacity * rowCapacity)
    rows.initialize(
      repeating: Row(along: 0, square: 0, low: 0, high: 0), count: pointCapacity * rowCapacity)
    positions = .allocate(capacity: 6 * pointCapacity)
    positions.initialize(repeating: 0, count: 6 * pointCapacity)
    bounds = positions + pointCapacity
    controllable = bounds + pointCapacity
    squares = controllable + pointCapacity
    times = squares + pointCapacity
    accelerations = times + pointCapacity
  }

  deinit {
    rows.deallocate()
    positions.deallocate()
  }

  /// Begins a path anew.
  @_noLocks public mutating func begin(points: Int, rows: Int) {
    precondition(points >= 2 && points <= pointCapacity && rows >= 1 && rows <= rowCapacity)
    pointCount = points
    rowCount = rows
    duration = 0
  }

  /// Sets where a point lies along the path, and the highest square of the speed there.
  @_noLocks public mutating func set(_ point: Int, position: Double, bound: Double) {
    precondition(point >= 0 && point < pointCount)
    positions[point] = position
    bounds[point] = bound
  }

  /// Sets a row at a point.
  @_noLocks public mutating func set(_ point: Int, row: Int, to value: Row) {
    precondition(point >= 0 && point < pointCount && row >= 0 && row < rowCount)
    rows[point &* rowCapacity &+ row] = value
  }

  /// Lowers the highest square of the speed at a point.
  @_noLocks public mutating func lower(_ point: Int, to bound: Double) {
    precondition(point >= 0 && point < pointCount)
    if bound < bounds[point] { bounds[point] = bound }
  }

  /// Where a point lies along the path.
  @_noLocks public func position(_ point: Int) -> Double { positions[point] }
  /// Square of the speed at a point.
  @_noLocks public func square(_ point: Int) -> Double { squares[point] }
  /// Highest square of the speed at a point from which the end can be reached.
  @_noLocks public func controllable(_ point: Int) -> Double { controllable[point] }
  /// Acceleration between a point and the next.
  @_noLocks public func acceleration(after point: Int) -> Double { accelerations[point] }
  /// When a point is passed [s].
  @_noLocks public func time(_ point: Int) -> Double { times[point] }
}

extension PathTiming {
  /// Finds the fastest way along the path, from rest to rest.
  @_noLocks public mutating func solve() -> PathVerdict {
    switch check() {
    case .timed: break
    case let problem: return problem
    }
    let last = pointCount &- 1
    controllable[last] = 0
    var point = last &- 1
    while point >= 0 {
      let next = controllable[point &+ 1]
      controllable[point] = worthwhile(point, to: widest(point, next: next), next: next)
      point &-= 1
    }
    return advance()
  }

  /// The pass forwards.
  @_noLocks private mutating func advance() -> PathVerdict {
    squares[0] = 0
    times[0] = 0
    var point = 0
    while point < pointCount &- 1 {
      let (x, step) = (squares[point], positions[point &+ 1] - positions[point])
      let room = room(point, square: x, next: controllable[point &+ 1])
      let wanted = x + 2 * step * (room.high > room.low ? room.high : room.low)
      let most = controllable[point &+ 1]
      let next = wanted < most ? (wanted > 0 ? wanted : 0) : most
      squares[point &+ 1] = next
      accelerations[point] = (next - x) / (2 * step)
      let time = 2 * step / (real_sqrt(x) + real_sqrt(next))
      guard time.isFinite else {
        decidingPoint = point
        return .blocked
      }
      times[point &+ 1] = times[point] + time
      point &+= 1
    }
    duration = times[point]
    return .timed
  }

  @_noLocks private mutating func check() -> PathVerdict {
    var point = 0
    while point < pointCount {
      decidingPoint = point
      if !positions[point].isFinite || bounds[point].isNaN || bounds[point] < 0 { return .notFinite }
      if point > 0 && !(positions[point] > positions[point &- 1]) { return .notFinite }
      var row = 0
      while row < rowCount {
        let bound = rows[point &* rowCapacity &+ row]
        if !bound.along.isFinite || !bound.square.isFinite || bound.low.isNaN || bound.high.isNaN {
          return .notFinite
        }
        if bound.low > 0 || bound.high < 0 { return .impossibleAtRest }
        row &+= 1
      }
      point &+= 1
    }
    return .timed
  }

  /// Bounds of u, and how they change with x.
  private struct Room: BitwiseCopyable {
    var low = -Double.infinity, high = Double.infinity
    var lowSlope = 0.0, highSlope = 0.0
    /// Highest x of rows in which u does not occur.
    var square = Double.infinity

    /// Narrows the room by a row at a square x.
    @_noLocks @inline(__always)
    mutating func take(_ along: Double, _ factor: Double, _ low: Double, _ high: Double, _ x: Double) {
      // What is less than rounding of the other term does not bound u.
      if along <= 1e-14 && along >= -1e-14 {
        let bound = factor > 0 ? high / factor : (factor < 0 ? low / factor : .infinity)
        if bound < square { square = bound }
        return
      }
      let slope = -factor / along
      let (first, second) = (low / along + slope * x, high / along + slope * x)
      let (least, most) = along > 0 ? (first, second) : (second, first)
      if most < self.high {
        self.high = most
        highSlope = slope
      }
      if least > self.low {
        self.low = least
        lowSlope = slope
      }
    }
  }

  /// The room for u between a point and the next at a square x, where the next one may be at most `next`.
  @_noLocks private func room(_ point: Int, square x: Double, next: Double) -> Room {
    let twice = 2 * (positions[point &+ 1] - positions[point])
    var room = Room()
    room.take(twice, 1, 0, next, x)
    let (here, there) = (rows + point &* rowCapacity, rows + (point &+ 1) &* rowCapacity)
    var row = 0
    while row < rowCount {
      let (a, b) = (here[row], there[row])
      room.take(a.along, a.square, a.low, a.high, x)
      room.take(b.along + twice * b.square, b.square, b.low, b.high, x)
      row &+= 1
    }
    return room
  }

  /// The highest x of a point that leaves room for u.
  @_noLocks private func widest(_ point: Int, next: Double) -> Double {
    var x = bounds[point]
    // Infinite where no coordinate moves there: what the next point allows and the lowest deceleration then bound it below.
    if !(x < 1e12) { x = 1e12 }
    let still = room(point, square: 0, next: next).square
    if still < x { x = still > 0 ? still : 0 }
    // The function is concave and not below zero at rest, so no step of Newton's passes its root; where rounding keeps a step from getting
    // nearer, a part that doubles each turn is taken off.
    var (turns, part, large) = (0, 1e-15, x)
    while turns < 96 {
      turns &+= 1
      let room = room(point, square: x, next: next)
      let width = room.high - room.low
      let low = room.low < 0 ? -room.low : room.low
      let high = room.high < 0 ? -room.high : room.high
      if width >= -1e-13 * (low + high) {
        if large <= 1e3 * x { return x }
        // A step over many powers of ten keeps few digits: once more, from nearby.
        large = 2 * x
        x = large
        continue
      }
      let slope = room.highSlope - room.lowSlope
      let nearer = slope < 0 ? x - width / slope : x
      let least = x * (1 - (part < 1 ? part : 1))
      x = nearer < least ? (nearer > 0 ? nearer : 0) : least
      part *= 2
    }
    return x
  }

  /// The highest x up to `most` that does not pay for its speed with the speed at the next point.
  ///
  /// Near places where a coordinate that limits the acceleration does not move (zero inertia points) the highest x that can be
  /// controlled may leave no choice but to come nearly to rest at the next point, and the fastest way forwards would chatter. What can be
  /// reached there, y, is a concave function of x; where y falls, a higher x counts as worth it while d(sqrt x) + d(sqrt y) / 2 is not
  /// below zero. Found by bisection. The half is chosen by trial: on random curves timings are up to 5 % shorter than without all this,
  /// none is longer by more than 0.1 % (`compare_toppra.py`).
  @_noLocks private func worthwhile(_ point: Int, to most: Double, next: Double) -> Double {
    let twice = 2 * (positions[point &+ 1] - positions[point])
    if most <= 0 || isWorthwhile(point, most, twice, next) { return most }
    var (low, high) = (0.0, most)
    var turns = 0
    while turns < 50 && high - low > 1e-9 * high {
      turns &+= 1
      let x = 0.5 * (low + high)
      if isWorthwhile(point, x, twice, next) { low = x } else { high = x }
    }
    return low > 0 ? low : high
  }

  @_noLocks private func isWorthwhile(_ point: Int, _ x: Double, _ twice: Double, _ next: Double) -> Bool {
    let room = room(point, square: x, next: next)
    let slope = 1 + twice * room.highSlope
    if slope >= -1e-12 { return true }
    let reached = x + twice * room.high
    return reached > 0 && slope >= -2 * real_sqrt(reached / x)
  }
}
