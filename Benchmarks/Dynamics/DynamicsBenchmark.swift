// Times the kernels of RigidBody; `run.py` runs this in turns with the peers.
//
//     dynamics-benchmark TREE BATCHES COLD_CALLS NEAR_MB FAR_MB [WIDTH [QUANTITY]]
//     dynamics-benchmark TREE threads COUNT
//
// The first prints `hot QUANTITY NANOSECONDS` and, where COLD_CALLS is not 0, `cool ...` and `cold ...` a line, and
// `check QUANTITY NUMBER`, the sum of squares of a result at the first state, which run.py compares with the peers'. 64
// random states are cycled through; WIDTH 0 lets the model choose. The second prints states a second on COUNT threads.

import Foundation
import RigidBody

/// The xorshift generator that all benchmarks draw their states from (Marsaglia 2003).
struct Xorshift {
  var state: UInt64 = 88_172_645_463_325_252

  mutating func reals(_ count: Int, _ bound: Double) -> UnsafeMutablePointer<Double> {
    let memory = UnsafeMutablePointer<Double>.allocate(capacity: max(count, 1))
    for i in 0..<count {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      memory[i] = bound * (2 * Double(state >> 11) / 9007199254740992.0 - 1)
    }
    return memory
  }
}

/// One random state; lives as long as the program.
struct State: @unchecked Sendable {
  let q, v, a, tau: UnsafePointer<Double>

  init(_ model: Model, _ random: inout Xorshift) {
    q = UnsafePointer(random.reals(model.positionCount, 2))
    v = UnsafePointer(random.reals(model.velocityCount, 2))
    a = UnsafePointer(random.reals(model.velocityCount, 5))
    tau = UnsafePointer(random.reals(model.velocityCount, 20))
  }
}

/// Prints the sum of squares.
func check(_ name: String, _ values: UnsafePointer<Double>, _ count: Int) {
  print("check", name, (0..<count).reduce(0) { $0 + values[$1] * values[$1] })
}

@main struct DynamicsBenchmark {
  let model: Model
  let data: ModelData
  let states: [State]
  let result: UnsafeMutablePointer<Double>

  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 4 else {
      print("usage: dynamics-benchmark TREE BATCHES COLD_CALLS NEAR_MB FAR_MB [WIDTH [QUANTITY]]")
      print("       dynamics-benchmark TREE threads COUNT")
      exit(2)
    }
    let width = arguments.count > 6 ? Int(arguments[6]).flatMap(LaneWidth.init(rawValue:)) : nil
    let benchmark = DynamicsBenchmark(try TreeFile.load(arguments[1], laneWidth: width))
    if arguments[2] == "threads" {
      reportManyStates(benchmark.model, benchmark.states, threads: Int(arguments[3]) ?? 1)
      return
    }
    func megabytes(_ i: Int) -> Int { (arguments.count > i ? Int(arguments[i]) ?? 0 : 0) << 20 }
    let clock = Clock(
      batches: Int(arguments[2]) ?? 5, coldCalls: Int(arguments[3]) ?? 0,
      ballast: [UInt8](repeating: 1, count: max(megabytes(4), megabytes(5))), near: megabytes(4))
    print("width", "lanes", benchmark.model.laneWidth.rawValue)
    benchmark.checkAll()
    benchmark.timeAll(clock, only: arguments.count > 7 ? arguments[7] : nil)
  }

  init(_ model: Model) {
    self.model = model
    data = ModelData(model)
    var random = Xorshift()
    states = (0..<64).map { _ in State(model, &random) }
    result = .allocate(capacity: 3 * model.velocityCount * model.velocityCount + 64)
  }

  func checkAll() {
    let (m, w, s, n) = (model.kernel, data.workspace, states[0], model.velocityCount)
    inverseDynamics(m, w, q: s.q, v: s.v, a: s.a, into: result)
    check("rnea", result, n)
    gravity(m, w, q: s.q, into: result)
    check("gravity", result, n)
    check("crba", massMatrix(m, w, q: s.q), n * n)
    forwardDynamics(m, w, q: s.q, v: s.v, tau: s.tau, into: result)
    check("aba", result, n)
    jointScrews(m, w, q: s.q, into: result)
    check("jacobian", result, 6 * n)
    let com = centreOfMass(m, w, q: s.q)
    check("com", [com.x, com.y, com.z], 3)
    check("rnea_derivatives", inverseDynamicsDerivatives(m, w, q: s.q, v: s.v, a: s.a).byPosition, n * n)
    forwardDynamicsDerivatives(
      m, w, q: s.q, v: s.v, tau: s.tau, byPosition: result, byVelocity: result + n * n,
      byForce: result + 2 * n * n)
    check("aba_derivatives", result, n * n)
  }

  func timeAll(_ clock: Clock, only: String?) {
    let (m, w, result, size) = (
      model.kernel, data.workspace, result, model.velocityCount * model.velocityCount
    )
    func time(_ name: String, _ call: (State) -> Void) {
      if only == nil || only == name { clock.report(name, states, call) }
    }
    time("rnea") { inverseDynamics(m, w, q: $0.q, v: $0.v, a: $0.a, into: result) }
    time("gravity") { gravity(m, w, q: $0.q, into: result) }
    time("crba") { _ = massMatrixLower(m, w, q: $0.q) }
    time("crba_full") { _ = massMatrix(m, w, q: $0.q) }
    time("aba") { forwardDynamics(m, w, q: $0.q, v: $0.v, tau: $0.tau, into: result) }
    time("fk") { forwardKinematics(m, w, q: $0.q) }
    time("jacobian") { jointScrews(m, w, q: $0.q, into: result) }
    time("com") { result[0] = centreOfMass(m, w, q: $0.q).x }
    time("rnea_derivatives") { _ = inverseDynamicsDerivatives(m, w, q: $0.q, v: $0.v, a: $0.a) }
    time("aba_derivatives") {
      forwardDynamicsDerivatives(
        m, w, q: $0.q, v: $0.v, tau: $0.tau, byPosition: result, byVelocity: result + size,
        byForce: result + 2 * size)
    }
    withExtendedLifetime((model, data)) {}
  }
}
