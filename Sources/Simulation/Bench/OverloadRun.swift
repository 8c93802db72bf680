import JointControl

/// A motor that makes one torque from ambient temperature on, until its hottest phase is at a temperature.
struct OverloadRun {
  /// Longest step [s].
  static let longestStep = 0.05

  private let actuator: ActuatorModel
  private let thermal: ThermalModel
  private let current: Double
  /// Time of one step [s].
  let step: Double

  /// A run with a torque; nil for an actuator whose heat is not described.
  ///
  /// - Parameters:
  ///   - actuator: the actuator.
  ///   - torque: torque at the joint, friction that does not depend on load left out [N.m].
  ///   - isTurning: whether the rotor turns, so that over a turn the excess of a phase is nothing.
  init?(_ actuator: ActuatorModel, torque: Double, isTurning: Bool) {
    guard var thermal = actuator.thermal else { return nil }
    // Steps here are longer than a turn.
    if isTurning { (thermal.coil, thermal.tooth) = (.none, .none) }
    self.actuator = actuator
    self.thermal = thermal
    let motor = actuator.motor
    current = actuator.current(outputTorque: torque)
    let coldPower = motor.powerFactor * motor.resistance(at: thermal.ambient) * current * current
    let capacities = isTurning ? [thermal.windingCapacity] : [thermal.windingCapacity, thermal.coil.capacity]
    // A five-hundredth of the time in which the fastest part alone would be at the trip.
    let fast = (thermal.trip - thermal.ambient) * (capacities.min() ?? 1) / coldPower
    step = min(Self.longestStep, max(fast / 500, 1e-4))
  }

  /// Times at which temperatures are reached, which rise [degree Celsius, s]; infinite for one that is not, within a million
  /// steps.
  func times(to temperatures: [Double]) -> [Double] {
    let motor = actuator.motor
    var heat = WindingHeat(thermal, polePairs: motor.polePairs, step: step)
    var times: [Double] = []
    var before = thermal.ambient
    for count in 0..<1_000_000 {
      let power = motor.powerFactor * motor.resistance(at: heat.temperature) * current * current
      heat.advance(power: power, angle: 0)
      while times.count < temperatures.count, heat.hottest >= temperatures[times.count] {
        let part = (temperatures[times.count] - before) / (heat.hottest - before)
        times.append((Double(count) + part) * step)
      }
      if times.count == temperatures.count { return times }
      before = heat.hottest
    }
    return times + Array(repeating: .infinity, count: temperatures.count - times.count)
  }

  /// Torque at the joint under the drive's derating, for as long as that is, at times that grow by a part [s, N.m].
  ///
  /// - Parameters:
  ///   - continuous: the drive's current limit at the trip, as a part of the peak.
  ///   - duration: how long [s].
  /// - Returns: times and torques.
  func derated(continuous: Double, for duration: Double) -> [(x: Double, y: Double)] {
    let motor = actuator.motor
    var heat = WindingHeat(thermal, polePairs: motor.polePairs, step: step)
    var trace: [(x: Double, y: Double)] = []
    var next = 10 * step
    var time = 0.0
    while time < duration {
      let limit = motor.peakCurrent * thermal.currentShare(at: heat.hottest, continuous: continuous)
      let carried = min(current, limit)
      heat.advance(
        power: motor.powerFactor * motor.resistance(at: heat.temperature) * carried * carried, angle: 0)
      time += step
      if time >= next {
        trace.append((time, actuator.outputTorque(current: carried)))
        next = time * 1.04
      }
    }
    return trace
  }
}
