internal import Numerics

/// How much torque shakes a joint that its own impedance holds, once something is known of it.
public struct ExcitationSize: Sendable, Equatable {
  /// Inertia [kg.m^2].
  public var inertia: Double
  /// Coulomb friction [N.m].
  public var coulombFriction: Double
  /// Stiffness that holds it [N.m/rad].
  public var stiffness: Double
  /// Damping that holds it [N.m.s/rad].
  public var damping: Double
  /// Farthest that it may swing to either side [rad].
  public var way: Double
  /// Highest speed [rad/s].
  public var speed: Double
  /// Highest torque of the motor [N.m].
  public var motorTorque: Double
  /// Highest torque of the excitation, which the impedance answers in part [N.m].
  public var excitationTorque: Double

  /// A size by all its numbers.
  public init(
    inertia: Double, coulombFriction: Double, stiffness: Double, damping: Double, way: Double,
    speed: Double = .infinity, motorTorque: Double, excitationTorque: Double
  ) {
    self.inertia = inertia
    self.coulombFriction = coulombFriction
    self.stiffness = stiffness
    self.damping = damping
    self.way = way
    self.speed = speed
    self.motorTorque = motorTorque
    self.excitationTorque = excitationTorque
  }

  /// Amplitude of a sine that swings the joint as far as it may, over a band [Hz]: the least of all frequencies [N.m].
  ///
  /// Friction counts with its first harmonic, 4 / pi of it, against the velocity.
  public func amplitude(in band: ClosedRange<Double>) -> Double {
    let friction = 4 / .pi * coulombFriction
    let frequencies = FrequencyResponse.logarithmic(
      from: band.lowerBound, to: max(band.upperBound, 1.001 * band.lowerBound), count: 60)
    let least = frequencies.reduce(Double.infinity) { least, hertz in
      let rate = 2 * Double.pi * hertz
      // The motor gives what inertia and friction take.
      let left = max(0, motorTorque * motorTorque - friction * friction).squareRoot()
      let swing = min(way, speed / rate, left / (inertia * rate * rate))
      let elastic = (stiffness - inertia * rate * rate) * swing
      let against = damping * rate * swing + friction
      return min(least, (elastic * elastic + against * against).squareRoot())
    }
    return min(least, excitationTorque)
  }
}
