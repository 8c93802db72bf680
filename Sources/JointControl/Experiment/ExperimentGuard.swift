public import ControlCycle

/// Sees whether a joint is still within an experiment's envelope. Once a cycle on the loop's thread: no allocation, no lock.
struct ExperimentGuard: Sendable {
  let envelope: ExperimentEnvelope
  let joint: Int

  init(_ experiment: Experiment) {
    envelope = experiment.envelope
    joint = experiment.joint
  }

  /// What ends the experiment; nil while all is well.
  ///
  /// - Parameters:
  ///   - control: the core after the cycle before.
  ///   - start: where the experiment began [rad]; nil before it did.
  /// - Returns: the first that is found.
  func verdict(_ control: borrowing ControlCycle, start: Double?) -> ExperimentAbort? {
    if control.safety.isolated.contains(joint) { return .fault(.busLost) }
    // Excitation is not sent blind.
    if control.stale.contains(joint) { return .fault(.sampleLost) }
    let state = control.samples[joint].state
    if !envelope.positions.contains(state.position) { return .position(state.position) }
    if let start, (state.position - start).magnitude > envelope.travel { return .position(state.position) }
    if state.velocity.magnitude > envelope.velocity { return .velocity(state.velocity) }
    if state.torque.magnitude > envelope.torque { return .torque(state.torque) }
    // What the core cut down to the limit is not the experiment any more that was asked for.
    if start != nil && control.torqueLimited.contains(joint) { return .torque(state.torque) }
    let error = control.motions[joint].position - state.position
    if start != nil && error.magnitude > envelope.trackingError { return .trackingError(error) }
    let temperature = control.samples[joint].temperature
    if temperature > envelope.temperature { return .temperature(temperature) }
    return nil
  }
}

extension Robot {
  /// The robot while its joints are in experiments: limits of position, velocity and torque no wider than the envelopes, so that
  /// the core and drives that have a limit of their own keep them too. Bring up and run this one.
  ///
  /// - Parameter experiments: what is going to be done; several of one joint share the widest of their envelopes.
  /// - Returns: the robot to bring up and to run.
  public func bounded(by experiments: [Experiment]) -> Robot {
    var joints = joints
    for index in joints.indices {
      let envelopes = experiments.filter { $0.joint == index }.map(\.envelope)
      guard !envelopes.isEmpty else { continue }
      var configuration = joints[index].configuration
      let (low, high) = (
        envelopes.map(\.positions.lowerBound).min() ?? 0, envelopes.map(\.positions.upperBound).max() ?? 0
      )
      configuration.limits.minPosition = max(configuration.limits.minPosition, low)
      configuration.limits.maxPosition = min(configuration.limits.maxPosition, high)
      configuration.limits.velocity = min(
        configuration.limits.velocity, envelopes.map(\.velocity).max() ?? 0)
      configuration.limits.torque = min(configuration.limits.torque, envelopes.map(\.torque).max() ?? 0)
      joints[index] = joints[index].replacing(configuration)
    }
    return with(joints: joints, feedforward: feedforward)
  }

  /// The robot with other gains of some joints.
  ///
  /// - Parameter gains: by index of the joint.
  /// - Returns: the robot with those gains in its description.
  public func with(gains: [Int: ImpedanceGains]) -> Robot {
    let changed = joints.enumerated().map { index, joint in
      guard let wanted = gains[index] else { return joint }
      var configuration = joint.configuration
      configuration.gains = wanted
      return joint.replacing(configuration)
    }
    return with(joints: changed, feedforward: feedforward)
  }
}
