import Glibc
import JointControl
import Synchronization

/// Writes blocks of cycles as chunks of MCAP files, on a thread of its own and as slowly as the disk is.
final class BlockWriter: @unchecked Sendable {
  private enum Job {
    case chunk(CycleBlock)
    case fault(cycle: Int64, blocks: [CycleBlock], lostCycles: Int)
    case end(lostCycles: Int)
  }

  /// Blocks that may wait for the disk: twenty seconds.
  static let capacity = Int(20_000_000_000 / Recorder.blockTime)

  private let robot: Robot
  private let content: RecordingContent
  private let path: String?
  private let faultPath: String?
  private let disk: [DiskFault]
  private let jobs = Mutex<[Job]>([])
  private var thread = pthread_t()

  // Of the writing thread until it ended.
  private var file: MCAPWriter?
  private var encoder: BlockEncoder
  private var isFaultWritten = false
  private var writtenCycles = 0
  private var failedCycles = 0
  private var outcome = RecordingOutcome()

  /// Opens the file of the whole recording, if there is one, and starts the thread.
  init(
    robot: Robot, content: RecordingContent, path: String?, faultPath: String?, disk: [DiskFault] = []
  ) throws(RecordingError) {
    self.robot = robot
    self.content = content
    self.path = path
    self.faultPath = faultPath
    self.disk = disk
    encoder = BlockEncoder(jointNames: robot.joints.map(\.name), zstandard: Zstandard())
    outcome.cycles = path == nil ? nil : 0
    if let path { file = try openFile(path, reason: "recording") }
    let context = Unmanaged.passRetained(self).toOpaque()
    let code = pthread_create(&thread, nil, blockWriterMain, context)
    guard code == 0 else {
      Unmanaged<BlockWriter>.fromOpaque(context).release()
      throw RecordingError(path: path ?? "recorder", code: code)
    }
  }

  /// Takes a block for the file of the whole recording; false when too many wait already.
  func append(_ block: CycleBlock) -> Bool {
    guard path != nil else { return true }
    if isStuck(block) { return false }
    return jobs.withLock { jobs in
      guard jobs.count < Self.capacity else { return false }
      jobs.append(.chunk(block))
      return true
    }
  }

  /// Whether a fault keeps the disk from taking a block.
  func isStuck(_ block: CycleBlock) -> Bool { disk.contains { $0.holds(.slow, during: block) } }

  /// Has the time around a fault written to a file of its own; only the first one counts.
  func writeFault(cycle: Int64, blocks: [CycleBlock], lostCycles: Int) {
    guard faultPath != nil && !isFaultWritten else { return }
    isFaultWritten = true
    jobs.withLock { $0.append(.fault(cycle: cycle, blocks: blocks, lostCycles: lostCycles)) }
  }

  /// Writes what is left and ends the thread; call it once.
  func close(lostCycles: Int) -> RecordingOutcome {
    jobs.withLock { $0.append(.end(lostCycles: lostCycles)) }
    pthread_join(thread, nil)
    return outcome
  }

  /// CPU time of the calling thread [ns].
  static func processorTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  fileprivate func run() {
    while true {
      switch jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
      case nil: usleep(Recorder.nap_us)
      case .chunk(let block): write(block)
      case .fault(let cycle, let blocks, let lostCycles):
        writeFaultFile(cycle: cycle, blocks: blocks, lostCycles: lostCycles)
      case .end(let lostCycles):
        closeFile(lostCycles: lostCycles)
        outcome.processorTime = Self.processorTime()
        return
      }
    }
  }

  private func write(_ block: CycleBlock) {
    guard let file, let chunk = encoder.chunk(of: block) else { return }
    if disk.contains(where: { $0.holds(.full, during: block) }) { file.fail(ENOSPC) }
    if disk.contains(where: { $0.holds(.fails, during: block) }) { file.fail(EIO) }
    if file.add(chunk) { writtenCycles += block.count } else { failedCycles += block.count }
  }

  private func openFile(_ path: String, reason: String) throws(RecordingError) -> MCAPWriter {
    let writer = try MCAPWriter(path: path, schemas: BlockEncoder.schemas, channels: BlockEncoder.channels)
    for attachment in content.attachments { writer.add(attachment) }
    writer.addMetadata(
      "sinew.recording",
      [("reason", reason), ("robot", robot.name), ("period_ns", "\(robot.period)")]
        + content.metadata.map { ($0.name, $0.value) })
    if writer.failure != 0 { throw RecordingError(path: path, code: writer.failure) }
    return writer
  }

  private func closeFile(lostCycles: Int) {
    guard let file, let path else { return }
    outcome.lostCycles = lostCycles + failedCycles
    file.addMetadata(
      "sinew.end", [("cycles", "\(writtenCycles)"), ("lost_cycles", "\(outcome.lostCycles)")])
    file.finish()
    outcome.cycles = writtenCycles
    outcome.bytes = file.position
    if file.failure != 0 {
      outcome.error = RecordingError(path: path, code: file.failure)
    } else if outcome.lostCycles > 0 {
      outcome.error = RecordingError(
        path: path, message: "the disk was too slow", fix: "choose a file on another disk")
    }
  }

  private func writeFaultFile(cycle: Int64, blocks: [CycleBlock], lostCycles: Int) {
    guard let path = faultPath?.replacing("%", with: "\(cycle)") else { return }
    do throws(RecordingError) {
      let file = try openFile(path, reason: "fault in cycle \(cycle)")
      var cycles = 0
      for block in blocks {
        if let chunk = encoder.chunk(of: block), file.add(chunk) { cycles += block.count }
      }
      file.addMetadata("sinew.end", [("cycles", "\(cycles)"), ("lost_cycles", "\(lostCycles)")])
      addCauses(to: file, path: path)
      file.finish()
      if file.failure != 0 { throw RecordingError(path: path, code: file.failure) }
      outcome.faultFile = path
    } catch {
      if outcome.error == nil { outcome.error = error }
    }
  }

  /// Adds the chain of causes, found by replaying what is in the file so far.
  private func addCauses(to file: MCAPWriter, path: String) {
    guard let written = try? RecordingFile(path: path), let found = try? Explanation(written, robot: robot)
    else {
      return
    }
    let events = found.events.enumerated().map { index, event in
      ("\(index + 1)", "cycle \(event.cycle), \(event.time) ns: \(event.text)")
    }
    file.addMetadata(
      "sinew.causes",
      [("fault", found.fault?.kindName ?? "none"), ("message", found.fault?.description ?? "")] + events)
  }
}

private func blockWriterMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  Unmanaged<BlockWriter>.fromOpaque(context).takeRetainedValue().run()
  return nil
}
