import ControlCycle

/// How long joints move from an instant on, and how far, while the robot is held.
///
/// It looks from the instant on until the robot is damped or off: by then every joint is to stand.
struct StopWatch {
  private struct Joint: BitwiseCopyable {
    var start = 0.0
    var distance = 0.0
    /// The last instant at which the joint was fast [s].
    var fastAt = -Double.infinity
    var isFast = false
  }
  private var joints: [Joint]
  private let speed: Double
  /// Whether the instant was reached.
  private(set) var hasBegun = false
  /// The first and the last instant at which the robot was seen braking [s].
  private(set) var stopping: (first: Double, last: Double)?
  private var isOver = false

  init(jointCount: Int, speed: Double) {
    joints = Array(repeating: Joint(), count: jointCount)
    self.speed = speed
  }

  mutating func take(
    _ signals: CycleSignals, control: borrowing ControlCycle, joints wanted: JointSet, after: Double
  ) {
    guard !isOver, signals.time >= after - 1e-9 else { return }
    guard control.safety.state.isHeld && !control.safety.isRelaxed else {
      isOver = hasBegun
      return
    }
    if control.safety.state == .stopping { stopping = (stopping?.first ?? signals.time, signals.time) }
    for joint in joints.indices where wanted.contains(joint) {
      let position = signals.value(.position, joint: joint)
      if !hasBegun { joints[joint].start = position }
      joints[joint].distance = max(joints[joint].distance, (position - joints[joint].start).magnitude)
      joints[joint].isFast = !(signals.value(.velocity, joint: joint).magnitude <= speed)
      if joints[joint].isFast { joints[joint].fastAt = signals.time }
    }
    hasBegun = true
  }

  /// The joint that was fast longest, until when, and whether it had slowed when the stop was over.
  func slowest(among wanted: JointSet) -> (joint: Int, time: Double, isOver: Bool) {
    let joint =
      joints.indices.filter { wanted.contains($0) }.max { joints[$0].fastAt < joints[$1].fastAt } ?? 0
    return (joint, joints[joint].fastAt, !joints[joint].isFast)
  }

  /// The joint that went farthest, and how far [rad].
  func farthest(among wanted: JointSet) -> (joint: Int, distance: Double) {
    let joint =
      joints.indices.filter { wanted.contains($0) }.max { joints[$0].distance < joints[$1].distance } ?? 0
    return (joint, joints[joint].distance)
  }
}
