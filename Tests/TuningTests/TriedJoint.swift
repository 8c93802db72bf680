import Numerics
import TestSupport
import Tuning

/// A joint with every kind of friction and a weight, in a loop that is closed on the host: what an experiment on it records.
///
/// Steps of 20 us; the encoder has 14 bits, the velocity passes two lags, a torque acts late and is held.
struct TriedJoint {
  var inertia = 0.03
  var viscous = 0.12
  var coulomb = 0.4
  /// What friction has more at small speeds [N.m], and the speed at which that is gone [rad/s].
  var stribeck = 0.0
  var stribeckVelocity = 0.08
  /// Friction that each N.m of load adds.
  var loadShare = 0.0
  /// Torque of the weight at a right angle [N.m].
  var weight = 0.0
  /// From a measurement to the torque that answers it [s].
  var delay = 1.6e-3
  var velocityLag = 0.8e-3
  var quantum = 2 * Double.pi / 16384
  /// What the drive reports over what it gives.
  var reported = 1.0
  var stiffness = 8.0
  var damping = 0.6
  var start = 0.0
  /// Error of a gear's angle: amplitude at the joint [rad], turns of it in one of the joint, and the part of the inertia before it.
  var gearError = (amplitude: 0.0, turns: 0.0, rotorShare: 0.0)

  /// What is asked in a cycle: commanded position and velocity, the experiment's own torque, and the part.
  typealias Asked = (position: Double, velocity: Double, torque: Double, part: Int)

  /// Plays cycles of 1 ms.
  ///
  /// - Parameters:
  ///   - seconds: how long.
  ///   - asked: what is asked, by time.
  /// - Returns: the record.
  func record(seconds: Double, _ asked: (Double) -> Asked) -> JointRecord {
    let (fine, period) = (2e-5, 1e-3)
    let parts = Int((period / fine).rounded())
    var (position, velocity) = (start, 0.0)
    var filter = (first: 0.0, second: 0.0)
    var columns = [[Double]](repeating: [], count: 7)
    var numbers: [Int] = []
    var written: [Double] = []
    var acting = 0.0
    for cycle in 0..<Int((seconds / period).rounded()) {
      let time = Double(cycle) * period
      let wanted = asked(time)
      let seen = (position / quantum).rounded(.down) * quantum + 0.5 * quantum
      let speed = velocityLag > 0 ? filter.second : velocity
      let torque =
        stiffness * (wanted.position - seen) + damping * (wanted.velocity - speed) + wanted.torque
      let row = [time, seen, speed, acting * reported, torque, wanted.position, wanted.torque]
      for column in columns.indices { columns[column].append(row[column]) }
      numbers.append(wanted.part)
      written.append(torque)
      for part in 0..<parts {
        let instant = Double(cycle * parts + part) * fine - delay
        acting = instant < -1e-9 ? 0 : written[min(cycle, Int((instant / period + 1e-6).rounded(.down)))]
        let load = weight * Double.sin(position)
        let level =
          coulomb + stribeck * Double.exp(-(velocity / stribeckVelocity) * (velocity / stribeckVelocity))
          + loadShare * load.magnitude
        // Friction holds what it can within a step, and slides beyond.
        let (felt, swirl) = felt(at: position)
        let free = velocity + fine * (acting - load - viscous * velocity - swirl * velocity * velocity) / felt
        let held = fine * level / felt
        velocity = free.magnitude <= held ? 0 : free - (free > 0 ? held : -held)
        position += fine * velocity
        if velocityLag > 0 {
          let rate = 1 - Double.exp(-fine * 2 / velocityLag)
          filter.first += rate * (velocity - filter.first)
          filter.second += rate * (filter.first - filter.second)
        }
      }
    }
    let record = JointRecord(
      period: period, times: columns[0], positions: columns[1], velocities: columns[2], torques: columns[3],
      appliedTorques: columns[4], commandedPositions: columns[5], excitations: columns[6], parts: numbers)
    guard let record else { preconditionFailure("a played record has columns of one length") }
    return record
  }

  /// The inertia that the rotor feels through a gear whose angle errs [kg.m^2], and half its slope over the angle.
  private func felt(at position: Double) -> (inertia: Double, swirl: Double) {
    guard gearError.amplitude > 0 else { return (inertia, 0) }
    let (amplitude, turns) = (gearError.amplitude, gearError.turns)
    let load = (1 - gearError.rotorShare) * inertia
    let ratio = 1 + amplitude * turns * Double.cos(turns * position)
    let slope = -amplitude * turns * turns * Double.sin(turns * position)
    return (gearError.rotorShare * inertia + load * ratio * ratio, load * ratio * slope)
  }

  /// Torque of many sines [N.m, Hz], low frequencies first.
  static func multisine(_ amplitude: Double, _ frequencies: [Double]) -> (Double) -> Asked {
    { time in
      let torque = frequencies.enumerated().reduce(0.0) { sum, part in
        sum + Double.sin(2 * .pi * part.element * time + 1.7 * Double(part.offset * part.offset))
      }
      return (0, 0, amplitude * torque / Double(frequencies.count).squareRoot(), 0)
    }
  }

  /// Torque of either sign, drawn anew every few milliseconds.
  static func binary(_ amplitude: Double, chip: Double, seed: UInt64) -> (Double) -> Asked {
    var random = SeededGenerator(seed: seed)
    let signs = (0..<4096).map { _ in Bool.random(using: &random) ? amplitude : -amplitude }
    return { time in (0, 0, signs[Int(time / chip + 1e-6) % signs.count], 0) }
  }

  /// There and back at each speed, a way each.
  static func sweep(_ speeds: [Double], way: Double, from start: Double = 0) -> (
    seconds: Double, (Double) -> Asked
  ) {
    var legs: [(begin: Double, length: Double, from: Double, speed: Double)] = []
    var (time, place) = (0.0, start)
    for speed in speeds {
      // Quick ways are longer, so that the joint comes to its speed.
      let way = max(way, 0.8 * speed)
      for signed in [speed, -speed] {
        legs.append((time, way / speed, place, signed))
        time += way / speed
        place += signed > 0 ? way : -way
      }
    }
    let end = time
    return (
      end,
      { time in
        let number = legs.lastIndex { time >= $0.begin - 1e-9 } ?? 0
        let leg = legs[number]
        let since = min(time - leg.begin, leg.length)
        return (leg.from + leg.speed * since, leg.speed, 0, number)
      }
    )
  }
}
