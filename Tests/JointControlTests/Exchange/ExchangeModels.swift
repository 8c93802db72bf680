/// The atomic steps of `LatestValue` and `FrameRing`, and of designs that look right and are not.
///
/// A value or a frame is two words that are written and read one after the other, so that half of one shows.
/// Slot s has its words in the cells 2 s and 2 s + 1.
enum ExchangeModels {
  typealias Program = InterleavingChecker.Program
  typealias Step = InterleavingChecker.Step

  /// What may be wrong with the cell.
  enum CellDefect {
    /// Nothing: `LatestValue` as it is.
    case none
    /// Hands over by a load and a store instead of one exchange.
    case splitExchange
    /// Has two slots only, the second also the reader's.
    case twoSlots
    /// Announces the slot before it is filled.
    case announcesFirst
  }

  private static let middle = 6
  private static let finished = 7

  /// Memory of a cell at the start: three slots that hold 0, the middle one, the flag of the writer's end.
  static let cellMemory = [0, 0, 0, 0, 0, 0, 1, 0]

  /// Publishes 1...count. Registers: back, taken.
  static func cellWriter(count: Int, defect: CellDefect) -> Program {
    { thread in
      let value = thread.counter / 4 + 1
      if value > count {
        return thread.counter == 4 * count ? .exchange(cell: finished, value: 1, register: 1) : .done
      }
      if thread.counter % 4 == 0 && thread.counter > 0 { thread.registers[0] = thread.registers[1] & 3 }
      let back = thread.registers[0]
      let fill = [
        Step.store(cell: 2 * back, value: value), .store(cell: 2 * back + 1, value: value),
      ]
      // The fourth step is for the defect that needs two where one is right; it repeats what is already there.
      switch (defect, thread.counter % 4) {
      case (.splitExchange, 2): return .load(cell: middle, register: 1)
      case (.splitExchange, 3): return .store(cell: middle, value: back | 4)
      case (.announcesFirst, 0): return .exchange(cell: middle, value: back | 4, register: 1)
      case (.announcesFirst, let step) where step < 3: return fill[step - 1]
      case (.twoSlots, 3):
        thread.registers[1] = 1 - back
        return .load(cell: finished, register: 2)
      case (_, 0), (_, 1): return fill[thread.counter % 4]
      case (_, 2): return .exchange(cell: middle, value: back | 4, register: 1)
      default: return .load(cell: finished, register: 2)
      }
    }
  }

  /// Reads `rounds` times. Registers: front, taken, first word, second word, last value, whether the writer ended.
  static func cellReader(rounds: Int, count: Int) -> Program {
    { thread in
      if thread.counter >= 5 * rounds + 1 { return .done }
      if thread.counter % 5 == 0 && thread.counter > 0 {
        let (first, second, last) = (thread.registers[2], thread.registers[3], thread.registers[4])
        if first != second { return .fail("half a value: \(first) and \(second)") }
        if first < last { return .fail("\(first) after \(last)") }
        if thread.registers[5] == 1 && first != count { return .fail("\(first) after the writer ended") }
        thread.registers[4] = first
      }
      switch thread.counter % 5 {
      case 0: return .load(cell: finished, register: 5)
      case 1: return .load(cell: middle, register: 1)
      case 2:
        if thread.registers[1] & 4 != 0 {
          return .exchange(cell: middle, value: thread.registers[0], register: 1)
        }
        thread.registers[1] = thread.registers[0]
        return .load(cell: 2 * thread.registers[0], register: 2)
      case 3:
        thread.registers[0] = thread.registers[1] & 3
        return .load(cell: 2 * thread.registers[0], register: 2)
      default: return .load(cell: 2 * thread.registers[0] + 1, register: 3)
      }
    }
  }

  /// What may be wrong with the ring.
  enum RingDefect {
    /// Nothing: `FrameRing` as it is.
    case none
    /// Counts a frame as written before it is.
    case announcesFirst
    /// Writes into the last slot that is still being read.
    case oneTooMany
    /// Gives a slot back before it is read.
    case returnsFirst
  }

  static let ringSlots = 2
  private static let written = 4
  private static let read = 5

  /// Memory of an empty ring of two slots.
  static let ringMemory = [0, 0, 0, 0, 0, 0]

  /// Appends 1...count. Registers: frames written, the reader's count.
  static func ringProducer(count: Int, defect: RingDefect) -> Program {
    { thread in
      let head = thread.registers[0]
      if head == count { return .done }
      let slot = head % ringSlots
      let steps = [
        Step.store(cell: 2 * slot, value: head + 1), .store(cell: 2 * slot + 1, value: head + 1),
        .store(cell: written, value: head + 1),
      ]
      let order = defect == .announcesFirst ? [2, 0, 1] : [0, 1, 2]
      switch thread.counter {
      case 0: return .load(cell: read, register: 1)
      case 1 where head - thread.registers[1] >= ringSlots + (defect == .oneTooMany ? 1 : 0):
        // Full: look again.
        thread.counter = 0
        return .load(cell: read, register: 1)
      case 3:
        thread.counter = -1
        thread.registers[0] += 1
        return steps[order[2]]
      default: return steps[order[thread.counter - 1]]
      }
    }
  }

  /// Takes 1...count. Registers: frames read, the writer's count, first word, second word.
  static func ringConsumer(count: Int, defect: RingDefect) -> Program {
    { thread in
      let tail = thread.registers[0]
      if thread.counter == 4 {
        let (first, second) = (thread.registers[2], thread.registers[3])
        if first != tail + 1 || second != tail + 1 { return .fail("\(first), \(second) for \(tail + 1)") }
        thread.registers[0] += 1
        thread.counter = 0
        if defect != .returnsFirst { thread.counter = 5 }
      }
      if thread.counter == 5 {
        thread.counter = -1
        return .store(cell: read, value: thread.registers[0])
      }
      let next = thread.registers[0]
      if next == count { return .done }
      let slot = next % ringSlots
      switch thread.counter {
      case 0: return .load(cell: written, register: 1)
      case 1 where thread.registers[1] == next:
        thread.counter = 0
        return .load(cell: written, register: 1)
      case 1 where defect == .returnsFirst: return .store(cell: read, value: next + 1)
      case 1:
        thread.counter = 2
        return .load(cell: 2 * slot, register: 2)
      case 2: return .load(cell: 2 * slot, register: 2)
      default: return .load(cell: 2 * slot + 1, register: 3)
      }
    }
  }

  /// Two threads that keep each other out by flags: right where stores act at once, wrong behind store buffers.
  ///
  /// Registers: the other's flag, first word, second word. Cells 0 and 1 hold the value, 2 and 3 the flags.
  static func flagged() -> [Program] {
    [
      { thread in
        if thread.counter == 2 && thread.registers[0] != 0 { return .done }
        switch thread.counter {
        case 0: return .store(cell: 2, value: 1)
        case 1: return .load(cell: 3, register: 0)
        case 2: return .store(cell: 0, value: 1)
        case 3: return .store(cell: 1, value: 1)
        default: return .done
        }
      },
      { thread in
        if thread.counter == 2 && thread.registers[0] != 0 { return .done }
        switch thread.counter {
        case 0: return .store(cell: 3, value: 1)
        case 1: return .load(cell: 2, register: 0)
        case 2: return .load(cell: 0, register: 1)
        case 3: return .load(cell: 1, register: 2)
        default: return thread.registers[1] == thread.registers[2] ? .done : .fail("half a value")
        }
      },
    ]
  }
}
