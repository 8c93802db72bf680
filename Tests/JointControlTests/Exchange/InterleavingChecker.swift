/// Explores every interleaving of the atomic steps of a few threads, with each thread's stores held back or not.
///
/// A thread is a function from its program counter and registers to one step on shared memory; the checker keeps
/// the set of all states reached, so that it ends when there is nothing new. With `storeBuffers` each thread's
/// stores wait in a queue of their own and reach memory one by one at any later time, in order, while the thread
/// sees them itself: x86's memory model (Sewell et al., x86-TSO, CACM 53(7), 2010). An exchange empties the
/// queue first.
struct InterleavingChecker {
  /// What a thread is about to do.
  enum Step {
    /// Reads a cell into a register.
    case load(cell: Int, register: Int)
    /// Writes a cell.
    case store(cell: Int, value: Int)
    /// Writes a cell and reads what was there, at once.
    case exchange(cell: Int, value: Int, register: Int)
    /// Ends with a state that must not be.
    case fail(String)
    /// Has nothing left to do.
    case done
  }

  /// One thread: its registers, of which the first is the program counter.
  struct Thread: Hashable {
    var registers: [Int]
    var counter = 0
    var buffer: [[Int]] = []
  }

  struct State: Hashable {
    var memory: [Int]
    var threads: [Thread]
  }

  /// What a thread does at a program counter; local computation may change registers and counter first.
  typealias Program = (inout Thread) -> Step

  let programs: [Program]
  let storeBuffers: Bool

  /// The first failure found, or nil when no interleaving has one, and how many states there are.
  func explore(memory: [Int], registers: [[Int]]) -> (failure: String?, states: Int) {
    let start = State(memory: memory, threads: registers.map { Thread(registers: $0) })
    var seen: Set<State> = [start]
    var open = [start]
    while let state = open.popLast() {
      var isStuck = true
      for thread in programs.indices {
        for next in successors(of: state, thread: thread) {
          isStuck = false
          switch next {
          case .failure(let failure): return (failure.reason, seen.count)
          case .success(let next): if seen.insert(next).inserted { open.append(next) }
          }
        }
      }
      if isStuck && !isFinished(state) { return ("no thread can go on", seen.count) }
    }
    return (nil, seen.count)
  }

  private func isFinished(_ state: State) -> Bool {
    programs.indices.allSatisfy { index in
      var thread = state.threads[index]
      if case .done = programs[index](&thread) { return true }
      return false
    }
  }

  struct Failure: Error {
    let reason: String
  }

  private func successors(of state: State, thread index: Int) -> [Result<State, Failure>] {
    var result: [Result<State, Failure>] = []
    if let oldest = state.threads[index].buffer.first {
      var flushed = state
      flushed.threads[index].buffer.removeFirst()
      flushed.memory[oldest[0]] = oldest[1]
      result.append(.success(flushed))
    }
    var next = state
    switch programs[index](&next.threads[index]) {
    case .load(let cell, let register):
      let own = next.threads[index].buffer.last { $0[0] == cell }
      next.threads[index].registers[register] = own?[1] ?? next.memory[cell]
    case .store(let cell, let value):
      if storeBuffers {
        next.threads[index].buffer.append([cell, value])
      } else {
        next.memory[cell] = value
      }
    case .exchange(let cell, let value, let register):
      // Waits until the thread's own stores are through; flushing is a step of its own, above.
      guard next.threads[index].buffer.isEmpty else { return result }
      next.threads[index].registers[register] = next.memory[cell]
      next.memory[cell] = value
    case .fail(let reason): return [.failure(Failure(reason: reason))]
    case .done: return result
    }
    next.threads[index].counter += 1
    result.append(.success(next))
    return result
  }
}
