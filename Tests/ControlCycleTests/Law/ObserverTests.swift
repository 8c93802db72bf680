import AllocationGuard
import Foundation
import RigidBody
import TestSupport
import Testing

@testable import ControlCycle

@Suite("Laws: observers")
struct ObserverTests {
  /// A joint with viscous friction under a torque that is held, in closed form.
  private struct Joint {
    var velocity = 0.0
    let inertia: Double
    let viscous: Double

    mutating func advance(_ torque: Double, period: Double) {
      let share = exp(-viscous / inertia * period)
      velocity = velocity * share + (1 - share) * torque / viscous
    }
  }

  @Test("On the nominal joint the estimate is the disturbance behind Q")
  func isFiltered() {
    var random = SeededGenerator(seed: 4)
    var law = DisturbanceObserver(DisturbanceObserver.Gains(inertia: 0.1, bandwidth: 120))
    var rotor = Rotor(inertia: 0.1)
    var truth = SecondOrderFilter()
    _ = law.update(velocity: 0, torque: 0, limit: 100, period: 0.001)
    var disturbance = 0.0
    for sample in 0..<3000 {
      if sample % 200 == 0 { disturbance = Double.random(in: -5...5, using: &random) }
      let torque = Double.random(in: -3...3, using: &random)
      rotor.advance(torque + disturbance, period: 0.001)
      truth.advance(
        before: disturbance, now: disturbance, bandwidth: 120, damping: 0.7071067811865476, period: 0.001)
      _ = law.update(velocity: rotor.velocity, torque: torque, limit: 100, period: 0.001)
      #expect(abs(law.state.disturbance - truth.output) < 1e-9)
    }
  }

  /// Speed of a joint that is compensated a cycle late: the largest of the last second of eight [rad/s].
  private func speed(_ gains: DisturbanceObserver.Gains, inertia: Double) -> Double {
    var law = DisturbanceObserver(gains)
    var joint = Joint(velocity: 0.1, inertia: inertia, viscous: gains.viscous)
    var (torque, before, highest) = (0.0, 0.0, 0.0)
    for sample in 0..<8000 {
      let next = law.update(velocity: joint.velocity, torque: before, limit: 100, period: 0.001)
      before = torque
      joint.advance(torque + 2, period: 0.001)
      torque = next
      if sample >= 7000 { highest = max(highest, abs(joint.velocity)) }
    }
    return highest
  }

  @Test("What the small-gain test proves is stable, and far beyond it is not")
  func robustness() throws {
    var gains = DisturbanceObserver.Gains(inertia: 0.1, viscous: 0.3, bandwidth: 100)
    // Measured, computed, held over the period: a cycle and a half; the torque of the cycle before is looked at.
    let bandwidth = try #require(gains.highestBandwidth(inertias: 0.05...0.15, delay: 0.0025))
    #expect(bandwidth > 50 && bandwidth < 400, "\(bandwidth) rad/s")
    gains.bandwidth = bandwidth
    for inertia in [0.05, 0.075, 0.1, 0.15] {
      let left = speed(gains, inertia: inertia)
      #expect(left < 0.02, "\(left) rad/s left with \(inertia) kg.m^2")
    }
    // Without compensation 2 N.m on 0.3 N.m.s/rad.
    var idle = gains
    idle.share = 0
    #expect(abs(speed(idle, inertia: 0.1) - 2 / 0.3) < 0.01)
    gains.bandwidth = 3200
    #expect(!gains.robustness(inertias: 0.05...0.15, delay: 0.0025).isProved)
    #expect(speed(gains, inertia: 0.05) > 1)
    // An inertia of less than half the nominal one, without friction, is never proved.
    let frictionless = DisturbanceObserver.Gains(inertia: 0.1, bandwidth: 100)
    #expect(frictionless.highestBandwidth(inertias: 0.04...0.1, delay: 0) == nil)
  }

  /// Largest difference between residual and filtered truth, as a part of the largest external torque.
  private func momentumError(bandwidth: Double, periods: Int, from start: [Double]) -> Double {
    let model = SampleRobots.chain(joints: start.count).model
    let (plant, data) = (ModelData(model), ModelData(model))
    var observer = MomentumObserver(
      MomentumObserver.Gains(bandwidth: bandwidth), model: model.kernel, workspace: data.workspace)
    var random = SeededGenerator(seed: 11)
    let count = start.count
    var (q, v) = (start, [Double](repeating: 0.2, count: count))
    var (torque, external) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
    var (truth, worst) = ([Double](repeating: 0, count: count), 0.0)
    let share = 1 - exp(-bandwidth * 0.001)
    for sample in 0...periods {
      for joint in 0..<count {
        observer.take(joint, position: q[joint], velocity: v[joint], torque: torque[joint])
      }
      observer.update(over: 0.001)
      for joint in 0..<count { worst = max(worst, abs(observer[joint] - truth[joint])) }
      if sample % 100 == 0 { for joint in 0..<count { external[joint] = random.number(-5...5) } }
      for joint in 0..<count {
        torque[joint] = 3 * sin(0.01 * Double(sample * (joint + 1))) - 1.5 * v[joint]
        truth[joint] += share * (external[joint] - truth[joint])
      }
      let input = zip(torque, external).map { $0 + $1 }
      for _ in 0..<4 { rungeKutta(model, plant, &q, &v, input, 0.00025) }
    }
    return worst / 5
  }

  private func rungeKutta(
    _ model: Model, _ data: ModelData, _ q: inout [Double], _ v: inout [Double], _ torque: [Double],
    _ h: Double
  ) {
    func moved(_ x: [Double], _ d: [Double], _ s: Double) -> [Double] { zip(x, d).map { $0 + s * $1 } }
    func slope(_ q: [Double], _ v: [Double]) -> [Double] {
      forwardDynamics(model, data, q: q, v: v, tau: torque)
    }
    let a1 = slope(q, v)
    let v2 = moved(v, a1, h / 2)
    let a2 = slope(moved(q, v, h / 2), v2)
    let v3 = moved(v, a2, h / 2)
    let a3 = slope(moved(q, v2, h / 2), v3)
    let v4 = moved(v, a3, h)
    let a4 = slope(moved(q, v3, h), v4)
    for i in q.indices {
      q[i] += h / 6 * (v[i] + 2 * v2[i] + 2 * v3[i] + v4[i])
      v[i] += h / 6 * (a1[i] + 2 * a2[i] + 2 * a3[i] + a4[i])
    }
  }

  @Test("The residual is the external torque behind Ko / (s + Ko), within 1 %", arguments: [20.0, 100.0])
  func momentum(bandwidth: Double) {
    let error = momentumError(bandwidth: bandwidth, periods: 800, from: [0.4, -0.3, 0.5, 0.2])
    #expect(error < 0.01, "\(100 * error) %")
  }

  @Test("A hit is a collision until it is acknowledged; a touch is a contact; neither allocates")
  func reflex() {
    let model = SampleRobots.pendulum().model
    let data = ModelData(model)
    var observer = MomentumObserver(
      MomentumObserver.Gains(bandwidth: 100), model: model.kernel, workspace: data.workspace)
    observer.setThreshold(0, 4)
    // Held at rest against gravity by a motor that somebody pushes against with `external`.
    let held = gravity(model, ModelData(model), q: [0.3])[0]
    func push(_ external: Double, _ cycles: Int) {
      for _ in 0..<cycles {
        observer.take(0, position: 0.3, velocity: 0, torque: held - external)
        observer.update(over: 0.001)
      }
    }
    allocation_guard_enter()
    push(0, 100)
    let (quiet, residual) = (observer.state.reflex, observer[0])
    push(3, 100)
    let touched = observer.state.reflex
    push(6, 100)
    let hit = observer.state.reflex
    push(0, 200)
    let after = observer.state.reflex
    observer.acknowledge()
    let calls = allocation_guard_leave()
    #expect(quiet == .none && abs(residual) < 1e-9)
    #expect(touched == .contact && hit == .collision && after == .collision)
    #expect(observer.state.reflex == .none && observer.state.collided.isEmpty && calls == 0)
    // What is no number leaves the residual where it is, and the update after it finds no jump.
    push(2, 300)
    let before = observer[0]
    observer.take(0, position: .nan, velocity: 0, torque: 0)
    observer.update(over: 0.001)
    #expect(observer[0] == before && observer.state.rejected == 1)
    push(2, 50)
    #expect(abs(observer[0] - 2) < 1e-3 && observer.state.reflex == .none)
    // Another bandwidth moves nothing at once.
    let last = observer[0]
    observer.gains.bandwidth = 10
    push(2, 1)
    #expect(abs(observer[0] - last) < 1e-6)
  }
}
