public import Numerics

/// A joint as a loop in samples sees it, exactly: torque held over a period, late by whole periods and a part of one.
///
///     x[k + 1] = A x[k] + B1 u[k - d - 1] + B0 u[k - d],   delay = d T + part of T
///
/// by the matrix exponential (Åström and Wittenmark, Computer-Controlled Systems, 3rd ed. (1997), 2.3 and 3.2). Of it, position
/// and filtered velocity are measured; friction enters as viscous, which is the only part of it that is linear.
public struct SampledJoint: Sendable {
  /// What is sampled.
  public let plant: JointPlant
  private let transition: SmallMatrix
  private let early: [Double]
  private let late: [Double]
  private let wholeDelay: Int
  /// Place of the measured velocity in the state; the position's is 0.
  private let velocityPlace: Int

  /// A joint in samples; nil where the plant has an objection.
  public init?(_ plant: JointPlant) {
    guard plant.objection == nil else { return nil }
    self.plant = plant
    let (system, input) = Self.continuous(plant)
    velocityPlace = plant.velocityLag > 0 ? system.size - 1 : 1
    // Rounding must not turn a whole number of periods into almost one more.
    let whole = (plant.delay / plant.period + 1e-9).rounded(.down)
    wholeDelay = Int(whole)
    let part = min(max(plant.delay - whole * plant.period, 0), plant.period)
    transition = Self.held(system, input, over: plant.period).transition
    let rest = Self.held(system, input, over: plant.period - part)
    early = rest.input
    late = rest.transition * Self.held(system, input, over: part).input
  }

  /// The joint's equations: position, velocity, those of the load where the reducer twists, and the velocity filter's two lags.
  private static func continuous(_ plant: JointPlant) -> (system: SmallMatrix, input: [Double]) {
    let body = plant.torsion == nil ? 2 : 4
    let size = body + (plant.velocityLag > 0 ? 2 : 0)
    var system = SmallMatrix(size: size)
    var input = [Double](repeating: 0, count: size)
    system[0, 1] = 1
    if let torsion = plant.torsion {
      let ratio = torsion.antiresonance / torsion.resonance
      let rotor = plant.inertia * ratio * ratio
      let load = plant.inertia - rotor
      let spring = load * torsion.antiresonance * torsion.antiresonance
      let damper = 2 * torsion.dampingRatio * load * torsion.antiresonance
      system[2, 3] = 1
      system[1, 0] = -spring / rotor
      system[1, 1] = -(plant.viscousFriction + damper) / rotor
      system[1, 2] = spring / rotor
      system[1, 3] = damper / rotor
      system[3, 0] = spring / load
      system[3, 1] = damper / load
      system[3, 2] = -(spring + plant.gravityStiffness) / load
      system[3, 3] = -damper / load
      input[1] = 1 / rotor
    } else {
      system[1, 0] = -plant.gravityStiffness / plant.inertia
      system[1, 1] = -plant.viscousFriction / plant.inertia
      input[1] = 1 / plant.inertia
    }
    if plant.velocityLag > 0 {
      let rate = 2 / plant.velocityLag
      system[body, 1] = rate
      system[body, body] = -rate
      system[body + 1, body] = rate
      system[body + 1, body + 1] = -rate
    }
    return (system, input)
  }

  /// What a time does to the state, and what an input that is held over it adds.
  private static func held(
    _ system: SmallMatrix, _ input: [Double], over time: Double
  ) -> (transition: SmallMatrix, input: [Double]) {
    var whole = SmallMatrix(size: system.size + 1)
    for row in 0..<system.size {
      for column in 0..<system.size { whole[row, column] = system[row, column] * time }
      whole[row, system.size] = input[row] * time
    }
    let power = whole.exponential
    var transition = SmallMatrix(size: system.size)
    for row in 0..<system.size {
      for column in 0..<system.size { transition[row, column] = power[row, column] }
    }
    return (transition, (0..<system.size).map { power[$0, system.size] })
  }

  /// Measured position and velocity over torque at a frequency [rad/s]; nil at a pole.
  public func responses(at frequency: Double) -> (position: Complex<Double>, velocity: Complex<Double>)? {
    let z = Complex(length: 1, phase: frequency * plant.period)
    let shift = Complex(length: 1, phase: -frequency * plant.period)
    let delay = Complex(length: 1, phase: -frequency * plant.period * Double(wholeDelay))
    let right = zip(early, late).map { delay * (Complex($0) + shift * Complex($1)) }
    guard let state = transition.resolvent(z, right) else { return nil }
    return (state[0], state[velocityPlace])
  }

  /// Largest magnitude of a pole of the closed loop; below 1 it is stable.
  public func poleRadius(stiffness: Double, damping: Double) -> Double {
    closed(stiffness: stiffness, damping: damping).spectralRadius
  }

  /// Positions after a step of the commanded one by 1 rad, from rest, one a period.
  ///
  /// - Parameters:
  ///   - stiffness: K [N.m/rad].
  ///   - damping: D [N.m.s/rad]; the commanded velocity stays zero.
  ///   - count: number of samples, the first at the step.
  /// - Returns: positions [rad].
  public func step(stiffness: Double, damping: Double, count: Int) -> [Double] {
    let size = transition.size
    var state = [Double](repeating: 0, count: size)
    var torques = [Double](repeating: 0, count: wholeDelay + 2)
    return (0..<count).map { _ in
      let position = state[0]
      torques.insert(stiffness * (1 - position) - damping * state[velocityPlace], at: 0)
      torques.removeLast()
      let moved = transition * state
      for row in 0..<size {
        state[row] = moved[row] + early[row] * torques[wholeDelay] + late[row] * torques[wholeDelay + 1]
      }
      return position
    }
  }

  /// The loop in state and past torques, newest first.
  private func closed(stiffness: Double, damping: Double) -> SmallMatrix {
    let size = transition.size
    var loop = SmallMatrix(size: size + wholeDelay + 1)
    var feedback = [Double](repeating: 0, count: size)
    feedback[0] -= stiffness
    feedback[velocityPlace] -= damping
    for row in 0..<size {
      for column in 0..<size {
        loop[row, column] =
          transition[row, column] + (wholeDelay == 0 ? early[row] * feedback[column] : 0)
      }
      if wholeDelay > 0 { loop[row, size + wholeDelay - 1] += early[row] }
      loop[row, size + wholeDelay] += late[row]
    }
    for column in 0..<size { loop[size, column] = feedback[column] }
    for past in 1..<max(wholeDelay + 1, 1) { loop[size + past, size + past - 1] = 1 }
    return loop
  }
}
