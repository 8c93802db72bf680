import TestSupport
import Testing
import Tuning

@Suite("What held joints and reversals say") struct FlankTests {
  /// Torque there and back on a twisting joint with play, seen by steps of 20 urad.
  private static func twisting(
    stiffness: Double, play: Double, friction: Double, follows: Bool = true
  ) -> JointRecord? {
    let count = 16000
    let torques = (0..<count).map { 10 * Double.sin(2 * .pi * Double($0) / 8000) }
    let step = 2e-5
    let positions = torques.indices.map { index -> Double in
      guard follows else { return 0.1 * Double.sin(Double(index) * 0.0031) }
      let slope = Double.cos(2 * .pi * Double(index) / 8000)
      // Friction takes its part of the torque, against the motion.
      let net = torques[index] - friction * (slope > 0 ? 1 : -1)
      let flank = net > 0 ? 0.5 * play : net < 0 ? -0.5 * play : 0
      return ((flank + net / stiffness) / step).rounded() * step
    }
    let zeros = [Double](repeating: 0, count: count)
    return JointRecord(
      period: 1e-3, times: (0..<count).map { Double($0) * 1e-3 }, positions: positions, velocities: zeros,
      torques: torques, appliedTorques: torques, commandedPositions: zeros, excitations: torques,
      parts: [Int](repeating: 0, count: count))
  }

  @Test("Stiffness within 2 %, lost motion and hysteresis of a held joint")
  func stiffness() throws {
    let record = try #require(Self.twisting(stiffness: 4000, play: 1e-3, friction: 0.4))
    let found = try #require(StiffnessResult(record, step: 2e-5))
    #expect(found.stiffness.isIdentified && (found.stiffness.value / 4000 - 1).magnitude < 0.02, "\(found)")
    #expect((found.lostMotion.value - 1e-3).magnitude < 3e-5, "\(found.lostMotion)")
    #expect((found.hysteresis.value - 2 * 0.4 / 4000).magnitude < 3e-5, "\(found.hysteresis)")
  }

  @Test("A joint that is not held, or is too stiff for its encoder, is said so")
  func notHeld() throws {
    let loose = try #require(Self.twisting(stiffness: 4000, play: 0, friction: 0, follows: false))
    let found = try #require(StiffnessResult(loose, step: 2e-5))
    #expect(!found.stiffness.isIdentified && found.stiffness.reason?.contains("held") == true)
    let stiff = try #require(Self.twisting(stiffness: 1e7, play: 0, friction: 0))
    if let none = StiffnessResult(stiff, step: 2e-5) { #expect(!none.stiffness.isIdentified) }
  }

  /// A rotor with play before its load, pushed to and fro.
  private static func rattling(play: Double, seed: UInt64) -> JointRecord? {
    var random = SeededGenerator(seed: seed)
    let (rotor, load, fine) = (0.004, 0.03, 1e-5)
    var state = (angle: 0.0, speed: 0.0, load: 0.0, loadSpeed: 0.0)
    var columns = [[Double]](repeating: [], count: 3)
    var parts: [Int] = []
    for cycle in 0..<6000 {
      let number = cycle / 300
      let torque = number % 2 == 0 ? 0.12 : -0.12
      columns[0].append((state.angle / 2e-5).rounded() * 2e-5)
      columns[1].append(state.speed + Double.random(in: -1e-3...1e-3, using: &random))
      columns[2].append(torque)
      parts.append(number)
      for _ in 0..<100 {
        let gap = state.angle - state.load
        let pressed = gap > 0.5 * play ? gap - 0.5 * play : gap < -0.5 * play ? gap + 0.5 * play : 0
        let flank = pressed == 0 ? 0 : 20000 * pressed + 8 * (state.speed - state.loadSpeed)
        // Both slide with friction; the load's is high, so that it stands soon.
        func slid(_ speed: Double, _ force: Double, _ inertia: Double, _ friction: Double) -> Double {
          let free = speed + fine * force / inertia
          let held = fine * friction / inertia
          return free.magnitude <= held ? 0 : free - (free > 0 ? held : -held)
        }
        state.speed = slid(state.speed, torque - flank, rotor, 0.04)
        state.loadSpeed = slid(state.loadSpeed, flank, load, 0.2)
        state.angle += fine * state.speed
        state.load += fine * state.loadSpeed
      }
    }
    let zeros = [Double](repeating: 0, count: parts.count)
    return JointRecord(
      period: 1e-3, times: parts.indices.map { Double($0) * 1e-3 }, positions: columns[0],
      velocities: columns[1], torques: columns[2], appliedTorques: columns[2], commandedPositions: zeros,
      excitations: columns[2], parts: parts)
  }

  @Test(
    "Play is the way from turning to meeting the load; without play no load is met",
    arguments: [1e-3, 4e-3, 8e-3])
  func backlash(play: Double) throws {
    let record = try #require(Self.rattling(play: play, seed: 7))
    let found = try #require(BacklashResult(record, step: 2e-5))
    #expect(found.backlash.isIdentified && (found.backlash.value / play - 1).magnitude < 0.1, "\(found)")
    let tight = try #require(Self.rattling(play: 0, seed: 7))
    let none = try #require(BacklashResult(tight, step: 2e-5))
    #expect(!none.backlash.isIdentified || none.backlash.value < 2e-4, "\(none)")
  }
}
