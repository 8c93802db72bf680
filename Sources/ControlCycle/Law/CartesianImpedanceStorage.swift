// Set-up: may allocate; the cycle is compiled without this file.

import LaneMath
public import RigidBody

extension CartesianImpedance {
  /// A law over a fixed-base model whose joints have one coordinate each, off; both handles must outlive it. Torque limits
  /// are zero until they are set. Gains that cannot be used leave the frame without a spring until others are set.
  public init(
    _ gains: Gains, space: consuming OperationalSpace, model: ModelKernel, workspace: Workspace
  ) {
    precondition(
      !model.isFloating && model.positionCount == model.velocityCount
        && (1...Capacity.joints).contains(model.velocityCount),
      "the law's model has a fixed base, and 1 to 64 joints of one coordinate each")
    self.gains = gains
    state = State(gains: gains.isUsable ? gains : Gains(translation: .zero, rotation: .zero))
    target = .identity
    self.model = model
    self.workspace = workspace
    let count = space.count
    self.space = space
    joints = FixedArray(count: count, repeating: Joint())
    scratch = FixedArray(count: count, repeating: 0)
    positions = FixedArray(count: model.velocityCount, repeating: 0)
    velocities = FixedArray(count: model.velocityCount, repeating: 0)
    gravityTorques = FixedArray(count: model.velocityCount, repeating: 0)
  }
}

extension CartesianImpedance.Gains {
  /// Highest natural frequency of the frame at which a sampled loop with these gains stays stable and damps.
  ///
  /// A direction of the frame is an oscillator of unit inertia with stiffness w^2 and damping d(w). The sampled loop is stable
  /// below the frequency that `GainBound` gives; half of it is asked for, as poses change.
  ///
  /// - Parameters:
  ///   - period: time between two updates [s].
  ///   - lateness: whole periods from a measurement to the torque that answers it.
  /// - Returns: the frequency [rad/s], to be compared with `State.frequency`.
  public func frequencyBound(period: Double, lateness: Int) -> Double {
    let bound = GainBound(inertia: 1, period: period, delay: lateness)
    let damping = modalDamping
    var (low, high) = (0.0, 4 / period)
    for _ in 0..<60 {
      let middle = 0.5 * (low + high)
      let square = middle * middle
      if bound.isStable(stiffness: square, damping: damping.damping(ofSquare: square)) {
        low = middle
      } else {
        high = middle
      }
    }
    return 0.5 * low
  }
}

extension CartesianLaw {
  /// A law for the driven joints that a Cartesian impedance has in its chain, not wanted yet. Nil where one is not driven.
  ///
  /// - Parameters:
  ///   - impedance: the law of the frame.
  ///   - joints: the driven joints, in the order of the cycle.
  public init?(_ impedance: consuming CartesianImpedance, joints: [JointConfiguration]) {
    var found: [Int] = []
    for place in 0..<impedance.space.count {
      let index = impedance.space.places[place]
      found += joints.indices.filter { joints[$0].velocityIndex == index }
    }
    guard found.count == impedance.space.count else { return nil }
    self.init(impedance, driven: FixedArray(count: found.count) { found[$0] })
  }
}
