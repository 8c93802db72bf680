public import ControlCycle

/// What a run looked like cycle by cycle, for plots.
public struct ScenarioTrace: Sendable {
  /// Instant of each cycle since the sound robot is armed [s].
  public private(set) var times: [Double] = []
  /// Safety state in each cycle.
  public private(set) var states: [SafetyState] = []
  /// Setpoints in use [rad], cycle by cycle, joint by joint.
  public private(set) var setpoints: [Double] = []
  /// Commanded positions [rad], cycle by cycle, joint by joint.
  public private(set) var commanded: [Double] = []
  /// Sampled positions [rad], cycle by cycle, joint by joint.
  public private(set) var sampled: [Double] = []
  /// Number of joints.
  public let jointCount: Int
  private var values: [[Double]]

  init(jointCount: Int) {
    self.jointCount = jointCount
    values = Array(repeating: [], count: Quantity.allCases.count)
  }

  /// A quantity over time, of a joint where it is one of joints; NaN where a cycle has no sample.
  public func series(_ quantity: Quantity, joint: Int = 0) -> [Double] {
    quantity.isOfJoint ? of(joint, in: values[quantity.index]) : values[quantity.index]
  }

  /// The numbers of one joint among those of all, such as `commanded`.
  public func of(_ joint: Int, in all: [Double]) -> [Double] {
    stride(from: joint, to: all.count, by: jointCount).map { all[$0] }
  }

  mutating func take(_ signals: CycleSignals, control: borrowing ControlCycle) {
    times.append(signals.time)
    states.append(control.safety.state)
    for quantity in Quantity.allCases where !quantity.isOfJoint {
      values[quantity.index].append(signals.value(quantity, joint: 0))
    }
    for joint in 0..<jointCount {
      setpoints.append(control.setpoints[joint].position)
      commanded.append(control.motions[joint].position)
      sampled.append(control.samples[joint].exists ? control.samples[joint].state.position : .nan)
      for quantity in Quantity.allCases where quantity.isOfJoint {
        values[quantity.index].append(signals.value(quantity, joint: joint))
      }
    }
  }
}
