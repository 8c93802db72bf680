import ControlCycle
import Glibc
public import JointControl
import Synchronization

/// What goes into a recording beside its cycles.
public struct RecordingContent: Sendable {
  /// Files: the robot's description, its URDF, the motion.
  public var attachments: [RecordingAttachment]
  /// Values such as the seed and the build.
  public var metadata: [(name: String, value: String)]

  /// The content of a recording.
  public init(attachments: [RecordingAttachment], metadata: [(name: String, value: String)]) {
    self.attachments = attachments
    self.metadata = metadata
  }
}

/// What became of a recording.
public struct RecordingOutcome: Sendable {
  /// Cycles in the recording's file; nil when none was asked for.
  public var cycles: Int?
  /// Cycles that are not in the file: the disk was full or too slow.
  public var lostCycles = 0
  /// Bytes of the file.
  public var bytes: UInt64 = 0
  /// Why the file is incomplete; nil while all is well.
  public var error: RecordingError?
  /// The file that holds the time around a fault; nil when there was no fault.
  public var faultFile: String?
  /// CPU time of the recorder's thread [ns].
  public var processorTime: Int64 = 0
}

/// Records every cycle of a loop: the last seconds always, in memory; all of it when a file is asked for.
///
/// The loop's thread encodes cycles into a ring (`CycleEncoder`); a thread of the recorder's own gathers them in blocks
/// of half a second, keeps the last `memory` of them, and writes each as a chunk of an MCAP file. When a fault was
/// latched, the blocks in memory become a file of their own, one second after it or when the run ends.
public final class Recorder: @unchecked Sendable {
  /// Time kept in memory [ns]; at least this much reaches the file of a fault.
  public static let memory: Int64 = 10_000_000_000
  /// Time of one block [ns]: what a killed process loses at most, together with the reader's nap.
  static let blockTime: Int64 = 500_000_000
  private static let nap_us: UInt32 = 5_000

  private let robot: Robot
  private let content: RecordingContent
  private let path: String?
  private let faultPath: String?
  private let waitsWhenFull: Bool
  private let ring: CycleRing
  private let blockCycles: Int64
  /// Bytes a block needs when every drive answers once a cycle, and some more.
  private let blockBytes: Int
  private var writer: MCAPWriter?
  private var encoder: BlockEncoder
  private var thread = pthread_t()
  private let isClosing = Atomic<Bool>(false)

  // Of the recorder's thread until it ended.
  private var block = CycleBlock()
  private var blockNumber: Int64 = -1
  private var kept: [CycleBlock] = []
  private var spare: [CycleBlock] = []
  private var faultCycle: Int64?
  private var isFaultWritten = false
  private var writtenCycles = 0
  private var outcome = RecordingOutcome()

  /// A recorder of a robot's loop.
  ///
  /// - Parameters:
  ///   - robot: the robot.
  ///   - content: what the files hold beside cycles.
  ///   - path: the file of the whole recording; nil for the last seconds only.
  ///   - faultPath: the file for the time around a fault, `%` standing for the cycle's number; nil for none.
  ///   - waitsWhenFull: whether the loop waits for the disk, as a simulation without a clock may; else it drops.
  /// - Throws: `RecordingError` when the file cannot be made.
  public init(
    robot: Robot, content: RecordingContent, path: String?, faultPath: String?, waitsWhenFull: Bool
  ) throws(RecordingError) {
    self.robot = robot
    self.content = content
    self.path = path
    self.faultPath = faultPath
    self.waitsWhenFull = waitsWhenFull
    blockCycles = max(1, Self.blockTime / robot.period)
    let nominal = 256 + robot.joints.count * (32 + 24 + 2 * 32)
    blockBytes = nominal * Int(blockCycles) * 9 / 8
    ring = CycleRing(minimumCapacity: max(1 << 20, nominal * Int(2_000_000_000 / robot.period)))
    encoder = BlockEncoder(jointNames: robot.joints.map(\.name), zstandard: Zstandard())
    outcome.cycles = path == nil ? nil : 0
    if let path { writer = try openFile(path, reason: "recording") }
    let context = Unmanaged.passRetained(self).toOpaque()
    let code = pthread_create(&thread, nil, recorderMain, context)
    guard code == 0 else {
      Unmanaged<Recorder>.fromOpaque(context).release()
      throw RecordingError(path: path ?? "recorder", code: code)
    }
  }

  /// The loop's end; make one, and use it on one thread.
  public func makeEncoder() -> CycleEncoder {
    CycleEncoder(ring: ring, blockCycles: blockCycles, waitsWhenFull: waitsWhenFull)
  }

  /// Writes what is left and ends the recorder; call it once, after the loop ended.
  public func close() -> RecordingOutcome {
    isClosing.store(true, ordering: .releasing)
    pthread_join(thread, nil)
    return outcome
  }

  fileprivate func run() {
    while true {
      let isLast = isClosing.load(ordering: .acquiring)
      while let record = ring.front() {
        take(record)
        ring.removeFront(record.count)
      }
      if isLast { break }
      usleep(Self.nap_us)
    }
    finishBlock()
    writeFault()
    closeFile()
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    outcome.processorTime = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  private func take(_ record: UnsafeRawBufferPointer) {
    let number = record.load(fromByteOffset: RingRecord.number, as: Int64.self)
    if number / blockCycles != blockNumber {
      finishBlock()
      blockNumber = number / blockCycles
      block.firstNumber = number
      // One second after the fault at the earliest, so that the file shows how the robot came to rest.
      if let faultCycle, number - faultCycle >= 2 * blockCycles { writeFault() }
    }
    block.bytes.append(record)
    block.count += 1
    block.lastNumber = number
    let kind = record.load(fromByteOffset: RingRecord.faultKind, as: UInt32.self)
    if kind != 0 && faultCycle == nil { faultCycle = number }
    if kind == 0 { faultCycle = nil }
  }

  private func finishBlock() {
    guard block.count > 0 else { return }
    if let writer, let chunk = encoder.chunk(of: block) {
      if writer.add(chunk) { writtenCycles += block.count } else { outcome.lostCycles += block.count }
    }
    kept.append(block)
    // One block more than asked for, because the newest may have just begun.
    while Int64(kept.count - 2) * blockCycles * robot.period > Self.memory {
      var old = kept.removeFirst()
      old.bytes.removeAll()
      spare.append(old)
    }
    block = spare.popLast() ?? CycleBlock(bytes: ByteWriter(capacity: blockBytes))
    block.count = 0
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

  private func closeFile() {
    guard let writer, let path else { return }
    outcome.lostCycles += ring.dropCount
    writer.addMetadata(
      "sinew.end", [("cycles", "\(writtenCycles)"), ("lost_cycles", "\(outcome.lostCycles)")])
    writer.finish()
    outcome.cycles = writtenCycles
    outcome.bytes = writer.position
    if writer.failure != 0 {
      outcome.error = RecordingError(path: path, code: writer.failure)
    } else if outcome.lostCycles > 0 {
      outcome.error = RecordingError(
        path: path, message: "the disk was too slow", fix: "choose a file on another disk")
    }
  }

  private func writeFault() {
    guard let faultPath, let faultCycle, !isFaultWritten else { return }
    isFaultWritten = true
    let path = faultPath.replacing("%", with: "\(faultCycle)")
    do throws(RecordingError) {
      let file = try openFile(path, reason: "fault in cycle \(faultCycle)")
      var cycles = 0
      for block in kept {
        if let chunk = encoder.chunk(of: block), file.add(chunk) { cycles += block.count }
      }
      file.addMetadata("sinew.end", [("cycles", "\(cycles)"), ("lost_cycles", "\(ring.dropCount)")])
      addCauses(to: file, path: path)
      file.finish()
      if file.failure != 0 { throw RecordingError(path: path, code: file.failure) }
      outcome.faultFile = path
    } catch {
      if outcome.error == nil { outcome.error = error }
    }
  }
}

extension Recorder {
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

private func recorderMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  Unmanaged<Recorder>.fromOpaque(context).takeRetainedValue().run()
  return nil
}
