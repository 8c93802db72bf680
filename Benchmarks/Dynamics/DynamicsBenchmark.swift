// Times the kernels of RigidBody: dynamics-benchmark TREE BATCHES [WIDTH] [cold] [QUANTITY]
//
// Prints `QUANTITY NANOSECONDS` a line, the median of the batches; 64 random states are cycled through. WIDTH 0 lets the
// model choose. `cold` walks through 6 MB before every call. `run.py` runs this in turns with Pinocchio.

import Foundation
import RigidBody

/// The xorshift generator that both benchmarks draw their states from (Marsaglia 2003).
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

/// One random state.
struct State {
  let q, v, a, tau: UnsafeMutablePointer<Double>

  init(_ model: Model, _ random: inout Xorshift) {
    q = random.reals(model.positionCount, 2)
    v = random.reals(model.velocityCount, 2)
    a = random.reals(model.velocityCount, 5)
    tau = random.reals(model.velocityCount, 20)
  }
}

func nanoseconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// Median time of a call [ns].
func measure(_ states: [State], batches: Int, cold: Bool, _ call: (State) -> Void) -> Double {
  var times: [Double] = []
  if cold {
    var ballast = [UInt8](repeating: 1, count: 6 << 20)
    for i in 0..<400 {
      for j in stride(from: 0, to: ballast.count, by: 64) { ballast[j] &+= UInt8(truncatingIfNeeded: i) }
      let start = nanoseconds()
      call(states[i % states.count])
      times.append(nanoseconds() - start)
    }
    return times.sorted()[times.count / 2]
  }
  let start = nanoseconds()
  var calls = 0.0
  while nanoseconds() - start < 5e6 {
    for state in states { call(state) }
    calls += Double(states.count)
  }
  let turns = max(1, Int(1e6 / ((nanoseconds() - start) / calls * Double(states.count))))
  for _ in 0..<batches {
    let start = nanoseconds()
    for _ in 0..<turns { for state in states { call(state) } }
    times.append((nanoseconds() - start) / Double(turns * states.count))
  }
  return times.sorted()[times.count / 2]
}

@main enum DynamicsBenchmark {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3, let batches = Int(arguments[2]) else {
      print("usage: dynamics-benchmark TREE BATCHES [WIDTH] [cold] [QUANTITY]")
      exit(2)
    }
    let width = arguments.count > 3 ? Int(arguments[3]).flatMap(LaneWidth.init(rawValue:)) : nil
    let model = try TreeFile.load(arguments[1], laneWidth: width)
    let data = ModelData(model)
    let (m, w) = (model.kernel, data.workspace)
    var random = Xorshift()
    let states = (0..<64).map { _ in State(model, &random) }
    let order = model.velocityCount
    let result = UnsafeMutablePointer<Double>.allocate(capacity: 3 * order * order + 64)
    let cold = arguments.contains("cold")
    print("width \(model.laneWidth.rawValue)")

    let only = arguments.dropFirst(4).first { $0 != "cold" }
    func report(_ name: String, _ call: (State) -> Void) {
      if let only, only != name { return }
      print(name, measure(states, batches: batches, cold: cold, call))
    }
    report("rnea") { inverseDynamics(m, w, q: $0.q, v: $0.v, a: $0.a, into: result) }
    report("gravity") { gravity(m, w, q: $0.q, into: result) }
    report("crba") { _ = massMatrix(m, w, q: $0.q) }
    report("aba") { forwardDynamics(m, w, q: $0.q, v: $0.v, tau: $0.tau, into: result) }
    report("fk") { forwardKinematics(m, w, q: $0.q) }
    report("jacobian") { jointScrews(m, w, q: $0.q, into: result) }
    report("com") { result[0] = centreOfMass(m, w, q: $0.q).x }
    let (second, third) = (result + order * order, result + 2 * order * order)
    report("rnea_derivatives") { _ = inverseDynamicsDerivatives(m, w, q: $0.q, v: $0.v, a: $0.a) }
    report("aba_derivatives") {
      forwardDynamicsDerivatives(
        m, w, q: $0.q, v: $0.v, tau: $0.tau, byPosition: result, byVelocity: second, byForce: third)
    }
    withExtendedLifetime((model, data)) {}
  }
}
