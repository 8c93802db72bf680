/// The atomic steps of `RecordRing` over seven words, and of rings that look right and are not.
///
/// Records are one or three words long, so that some need a marker at the end of the ring: the first word holds the length,
/// the others the record's number. Cells 0...6 are the ring, 7 counts the words written, 8 those read.
enum RecordRingModel {
  typealias Program = InterleavingChecker.Program
  typealias Step = InterleavingChecker.Step

  /// What may be wrong with the ring.
  enum Defect {
    /// Nothing: `RecordRing` as it is.
    case none
    /// Counts a record as written before it is.
    case announcesFirst
    /// Counts the words before the end as written before the marker stands there.
    case marksLast
    /// Gives a record's place back before it is read.
    case returnsFirst
    /// Forgets the words skipped at the end when it asks whether there is room.
    case forgetsTheSkip
  }

  static let capacity = 7
  static let memory = [0, 0, 0, 0, 0, 0, 0, 0, 0]
  static let producerRegisters = [0, 0, 0, 0]
  static let consumerRegisters = [0, 0, 0, 0, 0]
  private static let (written, read, marker) = (7, 8, 99)

  private static func length(_ record: Int) -> Int { record.isMultiple(of: 2) ? 1 : 3 }

  /// Appends records 0..<count. Registers: record, words written, reader's count as last seen, phase.
  static func producer(count: Int, defect: Defect) -> Program {
    { thread in
      // Waiting repeats the same state; the phase alone says where the program is.
      thread.counter = 0
      let record = thread.registers[0]
      guard record < count else { return .done }
      let length = length(record)
      let place = thread.registers[1] % capacity
      let skipped = place + length > capacity ? capacity - place : 0
      let phase = thread.registers[3]
      switch phase {
      case 0:
        let needed = thread.registers[1] + length + (defect == .forgetsTheSkip ? 0 : skipped)
        if needed - thread.registers[2] > capacity { return .load(cell: read, register: 2) }
        guard skipped > 0 else { return fill(&thread, phase: 3, length: length, defect: defect) }
        thread.registers[3] = 1
        return defect == .marksLast
          ? .store(cell: written, value: thread.registers[1] + skipped) : .store(cell: place, value: marker)
      case 1:
        thread.registers[3] = 3
        if defect == .marksLast {
          thread.registers[1] += skipped
          return .store(cell: place, value: marker)
        }
        thread.registers[1] += skipped
        return .store(cell: written, value: thread.registers[1])
      default: return fill(&thread, phase: phase, length: length, defect: defect)
      }
    }
  }

  /// Phase 3 and on: the words of a record, then the count, or the other way round.
  private static func fill(
    _ thread: inout InterleavingChecker.Thread, phase: Int, length: Int, defect: Defect
  ) -> Step {
    let step = phase - 3
    thread.registers[3] = phase + 1
    let (record, head) = (thread.registers[0], thread.registers[1])
    let announcement = defect == .announcesFirst ? 0 : length
    if step == length {
      thread.registers[0] += 1
      thread.registers[1] += length
      thread.registers[3] = 0
    }
    if step == announcement { return .store(cell: written, value: head + length) }
    let word = defect == .announcesFirst ? step - 1 : step
    return .store(cell: head % capacity + word, value: word == 0 ? length : record)
  }

  /// Takes records 0..<count. Registers: record, words read, writer's count as last seen, word just read, phase.
  static func consumer(count: Int, defect: Defect) -> Program {
    { thread in
      thread.counter = 0
      let record = thread.registers[0]
      guard record < count else { return .done }
      let (tail, word, phase) = (thread.registers[1], thread.registers[3], thread.registers[4])
      let place = tail % capacity
      let length = length(record)
      switch phase {
      case 0 where tail == thread.registers[2]: return .load(cell: written, register: 2)
      case 0:
        thread.registers[4] = 1
        return .load(cell: place, register: 3)
      case 1 where word == marker:
        thread.registers[1] = tail + capacity - place
        thread.registers[4] = 0
        return .store(cell: read, value: thread.registers[1])
      case 1:
        if word != length { return .fail("length \(word) for \(length)") }
        if length == 1 { return take(&thread, length: 1) }
        thread.registers[4] = 2
        if defect == .returnsFirst { return .store(cell: read, value: tail + length) }
        return .load(cell: place + 1, register: 3)
      case 2 where defect == .returnsFirst:
        thread.registers[4] = 3
        return .load(cell: place + 1, register: 3)
      case 2, 3:
        if word != record { return .fail("\(word) for \(record)") }
        thread.registers[4] = 4
        return .load(cell: place + 2, register: 3)
      default:
        if word != record { return .fail("\(word) for \(record)") }
        return take(&thread, length: length)
      }
    }
  }

  /// Gives the place of the record just read back.
  private static func take(_ thread: inout InterleavingChecker.Thread, length: Int) -> Step {
    thread.registers[0] += 1
    thread.registers[1] += length
    thread.registers[4] = 0
    return .store(cell: read, value: thread.registers[1])
  }
}
