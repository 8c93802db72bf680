public import ControlCycle

/// One joint in one of the cycles before a fault.
public struct JointSnapshot: BitwiseCopyable, Sendable {
  /// The estimated state.
  public var state: JointState
  /// What was sent.
  public var command: JointCommand
}

/// One of the cycles before a fault.
public struct CycleSnapshot: Sendable {
  /// The cycle.
  public var record: CycleRecord
  /// Every joint, in the robot's order.
  public var joints: [JointSnapshot]
}

/// The last cycles, kept in a ring that is allocated once.
struct History: ~Copyable {
  private let capacity: Int
  private var count = 0
  private let records: UnsafeMutablePointer<CycleRecord>
  private let joints: UnsafeMutablePointer<JointSnapshot>
  private var jointCount = 0

  init(capacity: Int) {
    self.capacity = capacity
    records = .allocate(capacity: capacity)
    joints = .allocate(capacity: capacity * Capacity.joints)
  }

  deinit {
    records.deallocate()
    joints.deallocate()
  }

  /// Keeps a cycle, over the oldest one when the ring is full.
  mutating func append(_ record: CycleRecord, control: borrowing ControlCycle) {
    let slot = count % capacity
    records[slot] = record
    jointCount = control.jointCount
    for joint in 0..<jointCount {
      joints[slot * Capacity.joints + joint] = JointSnapshot(
        state: control.states[joint], command: control.commands[joint])
    }
    count += 1
  }

  /// The kept cycles, oldest first.
  var snapshots: [CycleSnapshot] {
    (max(0, count - capacity)..<count).map { index in
      let slot = index % capacity
      return CycleSnapshot(
        record: records[slot],
        joints: (0..<jointCount).map { joints[slot * Capacity.joints + $0] })
    }
  }
}
