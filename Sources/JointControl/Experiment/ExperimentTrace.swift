/// What was asked of a joint in one cycle, and what its drive answered, joint side.
public struct ExperimentSample: BitwiseCopyable, Sendable, Equatable {
  /// Since the experiment's excitation began [s]; of the cycle that sent the command.
  public var time: Double
  /// Commanded position [rad].
  public var position: Double
  /// Commanded velocity [rad/s].
  public var velocity: Double
  /// Stiffness that was sent [N.m/rad].
  public var stiffness: Double
  /// Damping that was sent [N.m.s/rad].
  public var damping: Double
  /// Feed-forward torque that was sent, all of it [N.m].
  public var torque: Double
  /// The part of it that is the experiment's own [N.m].
  public var excitation: Double
  /// Measured position, of the newest sample that the cycle had before it sent the command [rad].
  public var measuredPosition: Double
  /// Measured velocity [rad/s].
  public var measuredVelocity: Double
  /// Torque that the drive reports [N.m].
  public var measuredTorque: Double
  /// [degree Celsius]
  public var temperature: Double
  /// Age of the measurement when the command was sent [cycles].
  public var age: Double
  /// Which part of the experiment it is: a pose, a speed, a direction; counts from 0, -1 between parts.
  public var part: Int32

  /// Nothing yet.
  public init() {
    time = 0
    position = 0
    velocity = 0
    stiffness = 0
    damping = 0
    torque = 0
    excitation = 0
    measuredPosition = 0
    measuredVelocity = 0
    measuredTorque = 0
    temperature = 0
    age = 0
    part = -1
  }

  /// Torque of the impedance and the feed-forward together, at the measurement, as the drive would compute it [N.m].
  public var appliedTorque: Double {
    stiffness * (position - measuredPosition) + damping * (velocity - measuredVelocity) + torque
  }

  /// The same as the host computes it where it closes the loop: with the position carried forward to the command's instant [N.m].
  ///
  /// - Parameter period: time between cycles [s].
  /// - Returns: the torque that was sent.
  public func hostTorque(period: Double) -> Double {
    appliedTorque - stiffness * age * period * measuredVelocity
  }
}

/// One experiment as it was run: every cycle from its beginning to its end.
public struct ExperimentTrace: Sendable, Equatable {
  /// What was run.
  public var experiment: Experiment
  /// Time between samples [s].
  public var period: Double
  /// One a cycle.
  public var samples: [ExperimentSample]
  /// Why it ended early; nil where it did not.
  public var abort: ExperimentAbort?

  /// A trace.
  public init(
    experiment: Experiment, period: Double, samples: [ExperimentSample] = [], abort: ExperimentAbort? = nil
  ) {
    self.experiment = experiment
    self.period = period
    self.samples = samples
    self.abort = abort
  }
}

extension ExperimentTrace {
  /// Mean age of the measurements when their commands were sent, over which the host carries a position forward [s]; 0 without any.
  public var measurementAge: Double {
    let ages = samples.map(\.age).filter(\.isFinite)
    return ages.isEmpty ? 0 : ages.reduce(0, +) / Double(ages.count) * period
  }

  /// Mean torque over the cycle before each measurement, of a drive that closes its loop by itself [N.m]: from the command that it held
  /// and the positions at both ends.
  ///
  /// What such a drive reports is the torque of an instant, at the end of a ramp: while a command stands still the joint goes on, so
  /// that its stiffness asks for K v T less at the end of a cycle T than at its beginning. A sweep of speeds that took this for friction
  /// would find K T / 2 too little of the viscous part. Only where motion is even: elsewhere the drive's filter of velocity comes in.
  public var heldTorques: [Double] {
    samples.indices.map { index in
      // The measurement of a sample is as old as it says when its command is sent: one cycle, mostly.
      let age = max(1, Int(samples[index].age.isFinite ? min(samples[index].age + 0.5, 20) : 1))
      guard index > age else { return samples[index].measuredTorque }
      let (held, before, now) = (samples[index - age - 1], samples[index - 1], samples[index])
      let middle = (before.measuredPosition + now.measuredPosition) / 2
      let velocity = (now.measuredPosition - before.measuredPosition) / period
      return held.stiffness * (held.position - middle) + held.damping * (held.velocity - velocity)
        + held.torque
    }
  }
}
