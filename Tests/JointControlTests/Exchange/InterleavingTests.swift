import Testing

/// Every interleaving of the exchange's atomic steps, with stores at once and behind store buffers.
@Suite("Exchange, every interleaving")
struct InterleavingTests {
  private func cell(
    _ defect: ExchangeModels.CellDefect, storeBuffers: Bool
  ) -> (failure: String?, states: Int) {
    // Slots: 0 the writer's, 1 the middle, 2 the reader's; with two slots the reader starts on the middle one.
    InterleavingChecker(
      programs: [
        ExchangeModels.cellWriter(count: 4, defect: defect), ExchangeModels.cellReader(rounds: 4, count: 4),
      ], storeBuffers: storeBuffers
    ).explore(
      memory: ExchangeModels.cellMemory,
      registers: [[0, 0, 0], [defect == .twoSlots ? 1 : 2, 0, 0, 0, 0, 0]])
  }

  private func ring(
    _ defect: ExchangeModels.RingDefect, storeBuffers: Bool
  ) -> (failure: String?, states: Int) {
    InterleavingChecker(
      programs: [
        ExchangeModels.ringProducer(count: 5, defect: defect),
        ExchangeModels.ringConsumer(count: 5, defect: defect),
      ], storeBuffers: storeBuffers
    ).explore(memory: ExchangeModels.ringMemory, registers: [[0, 0], [0, 0, 0, 0]])
  }

  @Test("A cell never shows half a value, an older one after a newer, or less than the last one at the end")
  func cell() {
    for storeBuffers in [false, true] {
      let result = cell(.none, storeBuffers: storeBuffers)
      #expect(result.failure == nil)
      #expect(result.states > 500)
    }
  }

  @Test("A ring gives each frame once, whole and in order, and neither side is stuck")
  func ring() {
    for storeBuffers in [false, true] {
      let result = ring(.none, storeBuffers: storeBuffers)
      #expect(result.failure == nil)
      #expect(result.states > 200)
    }
  }

  private func records(
    _ defect: RecordRingModel.Defect, storeBuffers: Bool
  ) -> (failure: String?, states: Int) {
    InterleavingChecker(
      programs: [
        RecordRingModel.producer(count: 8, defect: defect),
        RecordRingModel.consumer(count: 8, defect: defect),
      ], storeBuffers: storeBuffers
    ).explore(
      memory: RecordRingModel.memory,
      registers: [RecordRingModel.producerRegisters, RecordRingModel.consumerRegisters])
  }

  @Test(
    "A ring of records gives each one once, whole and in order, around its end too, and neither side is stuck"
  )
  func records() {
    for storeBuffers in [false, true] {
      let result = records(.none, storeBuffers: storeBuffers)
      #expect(result.failure == nil)
      #expect(result.states > 100)
    }
  }

  @Test(
    "A ring of records with a planted bug is caught",
    arguments: [
      RecordRingModel.Defect.announcesFirst, .marksLast, .returnsFirst, .forgetsTheSkip,
    ])
  func brokenRecords(defect: RecordRingModel.Defect) {
    #expect(records(defect, storeBuffers: false).failure != nil)
  }

  @Test(
    "A cell with a planted bug is caught",
    arguments: [ExchangeModels.CellDefect.splitExchange, .twoSlots, .announcesFirst])
  func brokenCells(defect: ExchangeModels.CellDefect) {
    #expect(cell(defect, storeBuffers: false).failure != nil)
  }

  @Test(
    "A ring with a planted bug is caught",
    arguments: [ExchangeModels.RingDefect.announcesFirst, .oneTooMany, .returnsFirst])
  func brokenRings(defect: ExchangeModels.RingDefect) {
    #expect(ring(defect, storeBuffers: false).failure != nil)
  }

  @Test("A bug that only store buffers show is found behind store buffers alone")
  func storeBuffersMatter() {
    let memory = [0, 0, 0, 0]
    let registers = [[0, 0, 0], [0, 0, 0]]
    let plain = InterleavingChecker(programs: ExchangeModels.flagged(), storeBuffers: false)
    #expect(plain.explore(memory: memory, registers: registers).failure == nil)
    let buffered = InterleavingChecker(programs: ExchangeModels.flagged(), storeBuffers: true)
    #expect(buffered.explore(memory: memory, registers: registers).failure == "half a value")
  }
}
