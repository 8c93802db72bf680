import JointControl
import Synchronization

/// What a run of experiments shows to a thread that looks on, and what that thread may ask of it. Nothing of it waits or allocates.
final class RunWatch: Sendable {
  /// What a run is for.
  enum Stage: BitwiseCopyable, Sendable {
    /// The robot as it is, real or simulated.
    case robot
    /// The robot, with gains that are ramped in.
    case newGains
    /// The twin, with new gains: nothing of the robot moves.
    case twin

    /// What stands behind an experiment's name.
    var text: String {
      switch self {
      case .robot: ""
      case .newGains: ", new gains"
      case .twin: ", on the twin"
      }
    }
  }

  /// How far the run is.
  let progress = LatestValue(ExperimentProgress())
  /// What the run is for.
  let stage = LatestValue(Stage.robot)
  /// Every sample, as long as somebody takes them.
  let samples = SampleRing(capacity: 1 << 14)
  private let stop = Atomic<Bool>(false)

  /// Whether the run is to end, in damping.
  var isStopRequested: Bool { stop.load(ordering: .relaxed) }

  /// Asks the run to end.
  func requestStop() { stop.store(true, ordering: .relaxed) }
}

/// Samples on their way from the loop's thread to one other; what nobody takes in time is dropped.
final class SampleRing: @unchecked Sendable {
  private let capacity: Int
  private let slots: UnsafeMutablePointer<ExperimentSample>
  private let written = Atomic<Int>(0)
  private let read = Atomic<Int>(0)

  /// A ring for so many samples.
  init(capacity: Int) {
    precondition(capacity > 0)
    self.capacity = capacity
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: ExperimentSample(), count: capacity)
  }

  deinit { slots.deallocate() }

  /// Adds a sample; on the loop's thread alone.
  func append(_ sample: ExperimentSample) {
    let count = written.load(ordering: .relaxed)
    guard count - read.load(ordering: .acquiring) < capacity else { return }
    slots[count % capacity] = sample
    written.store(count + 1, ordering: .releasing)
  }

  /// Takes all samples there are; on one other thread alone.
  func drain(into samples: inout [ExperimentSample]) {
    let first = read.load(ordering: .relaxed)
    let last = written.load(ordering: .acquiring)
    for index in first..<last { samples.append(slots[index % capacity]) }
    read.store(last, ordering: .releasing)
  }
}
