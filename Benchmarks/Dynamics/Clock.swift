import Foundation

/// Times calls as `peers/benchmark.hpp` does for the peers.
struct Clock {
  /// Timed batches with warm caches.
  var batches: Int
  /// Timed calls with cold caches; 0 for none.
  var coldCalls: Int
  /// What is walked through before such a call: `near` of it to empty the core's own caches, all of it to empty the last.
  var ballast: [UInt8]
  var near: Int

  /// Prints the median time of a call with warm caches, with empty ones of the core, and with empty ones altogether.
  func report(_ name: String, _ states: [State], _ call: (State) -> Void) {
    print("hot", name, warm(states, call))
    if coldCalls == 0 { return }
    print("cool", name, cold(states, near, call))
    print("cold", name, cold(states, ballast.count, call))
  }

  private func warm(_ states: [State], _ call: (State) -> Void) -> Double {
    let start = Clock.nanoseconds()
    var calls = 0.0
    while Clock.nanoseconds() - start < 3e6 {
      for state in states { call(state) }
      calls += Double(states.count)
    }
    let turns = max(1, Int(1e6 / ((Clock.nanoseconds() - start) / calls * Double(states.count))))
    let times = (0..<batches).map { _ in
      let start = Clock.nanoseconds()
      for _ in 0..<turns { for state in states { call(state) } }
      return (Clock.nanoseconds() - start) / Double(turns * states.count)
    }
    return times.sorted()[times.count / 2]
  }

  private func cold(_ states: [State], _ size: Int, _ call: (State) -> Void) -> Double {
    var sum = 0
    let times = (0..<coldCalls).map { i in
      for j in stride(from: 0, to: size, by: 64) { sum &+= Int(ballast[j]) }
      let start = Clock.nanoseconds()
      call(states[i % states.count])
      return Clock.nanoseconds() - start
    }
    precondition(sum == coldCalls * (size / 64), "the ballast holds ones")
    return times.sorted()[times.count / 2]
  }

  /// The monotonic clock.
  static func nanoseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }
}
