import Dispatch
import RigidBody

/// States a second when a batch of 8192 is divided between threads, each with its own `ModelData`.
func reportManyStates(_ model: Model, _ states: [State], threads: Int) {
  func report(
    _ name: String, _ call: @escaping @Sendable (Workspace, State, UnsafeMutablePointer<Double>) -> Void
  ) {
    let part = 8192 / threads
    func work(_ turns: Int) {
      DispatchQueue.concurrentPerform(iterations: threads) { thread in
        let data = ModelData(model)
        let size = 3 * model.velocityCount * model.velocityCount
        let result = UnsafeMutablePointer<Double>.allocate(capacity: size)
        for _ in 0..<turns {
          for i in 0..<part { call(data.workspace, states[(thread * part + i) % states.count], result) }
        }
        result.deallocate()
        withExtendedLifetime(data) {}
      }
    }
    var start = Clock.nanoseconds()
    work(1)
    let turns = max(1, Int(2e8 / (Clock.nanoseconds() - start)))
    start = Clock.nanoseconds()
    work(turns)
    print("rate", name, Double(turns * part * threads) * 1e9 / (Clock.nanoseconds() - start))
  }
  let m = model.kernel
  let square = m.velocityCount * m.velocityCount
  report("rnea") { inverseDynamics(m, $0, q: $1.q, v: $1.v, a: $1.a, into: $2) }
  report("aba") { forwardDynamics(m, $0, q: $1.q, v: $1.v, tau: $1.tau, into: $2) }
  report("aba_derivatives") {
    forwardDynamicsDerivatives(
      m, $0, q: $1.q, v: $1.v, tau: $1.tau, byPosition: $2, byVelocity: $2 + square,
      byForce: $2 + 2 * square)
  }
}
