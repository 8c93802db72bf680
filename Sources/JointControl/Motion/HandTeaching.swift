import ControlCycle

/// Joints that are led by hand for a while, the others held.
public struct HandTeaching: Sendable {
  /// Whether each joint is led, in the robot's order.
  public var joints: [Bool]
  /// For how long [s].
  public var time: Double
  /// Time between two samples that are kept [s]; nil keeps none.
  public var interval: Double?

  /// The interval where nothing is said [s].
  public static let usualInterval = 0.05
  /// Most samples that are kept.
  public static let mostSamples = 100_000

  /// Joints that are led.
  public init(_ joints: [Bool], for time: Double, every interval: Double? = nil) {
    self.joints = joints
    self.time = time
    self.interval = interval
  }

  /// Whether a joint is led.
  func leads(_ joint: Int) -> Bool { joint < joints.count && joints[joint] }

  /// Samples for which room is kept: one at the begin, one at the end.
  var capacity: Int {
    guard let interval, interval > 0, time / interval < Double(Self.mostSamples) else { return 0 }
    return Int(time / interval) + 3
  }

  /// What stands against it, for a robot.
  func objections(for robot: Robot) -> [(message: String, fix: String)] {
    var found: [(message: String, fix: String)] = []
    if !(time > 0 && time <= 1e5) {
      found.append(("teach takes \(time) s", "choose above 0, at most 100000"))
    }
    if let interval, !(interval > 0 && time / interval < Double(Self.mostSamples)) {
      found.append(
        (
          "teach would keep a sample every \(interval) s for \(time) s",
          "choose an interval above 0, for less than \(Self.mostSamples) samples"
        ))
    }
    if joints.count != robot.joints.count || !joints.contains(true) {
      found.append(("teach leads no joint of \(robot.name)", "name one that is to be led"))
    }
    for (index, joint) in robot.joints.enumerated() where leads(index) {
      guard !joint.configuration.drive.mode.takesTorque else { continue }
      found.append(
        (
          "\(joint.name) cannot be led: its drive closes a loop of its own and takes no torque",
          "leave it out, or run its drive in a mode that takes torque"
        ))
    }
    return found
  }
}

/// What was led by hand, sample by sample.
public struct TaughtMotion: Sendable {
  /// Times since the leading began [s]; the last is the end.
  public var times: [Double]
  /// Positions at these times [rad], by sample, then joint: measured of those that were led, commanded of the others.
  public var positions: [[Double]]
}

/// Room for what is led, set up once.
struct Lesson: ~Copyable {
  private let jointCount: Int
  private let capacity: Int
  private let times: UnsafeMutablePointer<Double>
  private let positions: UnsafeMutablePointer<Double>
  private let counter: UnsafeMutablePointer<Int>
  /// Time between two samples [s].
  let interval: Double

  /// Room for any one of some lessons.
  init(_ lessons: [HandTeaching], jointCount: Int) {
    self.jointCount = jointCount
    capacity = lessons.map(\.capacity).max() ?? 0
    interval = lessons.compactMap(\.interval).min() ?? .infinity
    times = .allocate(capacity: max(1, capacity))
    positions = .allocate(capacity: max(1, capacity * jointCount))
    counter = .allocate(capacity: 1)
    times.initialize(repeating: 0, count: max(1, capacity))
    positions.initialize(repeating: 0, count: max(1, capacity * jointCount))
    counter.initialize(to: 0)
  }

  deinit {
    times.deallocate()
    positions.deallocate()
    counter.deallocate()
  }

  /// What was kept; nil where nothing was.
  var motion: TaughtMotion? {
    let count = counter.pointee
    guard count > 0 else { return nil }
    return TaughtMotion(
      times: (0..<count).map { times[$0] },
      positions: (0..<count).map { row in (0..<jointCount).map { positions[row * jointCount + $0] } })
  }

  /// Forgets what was kept.
  func begin() { counter.pointee = 0 }

  /// Whether a sample is due at a time since the begin [s]; one place stays free for the last.
  func isDue(at time: Double) -> Bool {
    counter.pointee < capacity - 1 && time >= Double(counter.pointee) * interval - 1e-9
  }

  /// Keeps a sample.
  ///
  /// - Parameters:
  ///   - time: time since the begin [s].
  ///   - isLast: whether it is the last: it then takes the place of one that is hardly older.
  ///   - values: positions of the joints [rad].
  func keep(at time: Double, isLast: Bool = false, _ values: InlineArray<64, Double>) {
    guard capacity > 0 else { return }
    var row = counter.pointee
    if isLast && row > 1 && time - times[row - 1] < 0.5 * interval { row -= 1 }
    guard row < capacity, row == 0 || time > times[row - 1] else { return }
    times[row] = time
    for joint in 0..<jointCount { positions[row * jointCount + joint] = values[joint] }
    counter.pointee = row + 1
  }
}
