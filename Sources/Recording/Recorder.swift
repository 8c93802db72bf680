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
  /// CPU time of the recorder's threads [ns].
  public var processorTime: Int64 = 0
}

/// Records every cycle of a loop: the last seconds always, in memory; all of it when a file is asked for.
///
/// The loop's thread copies cycles into a ring (`CycleEncoder`). One thread of the recorder's own gathers them in blocks of
/// half a second and keeps the last `memory` of them; it never waits for a disk. Another makes chunks of the blocks and
/// writes them (`BlockWriter`). When a fault was latched, the blocks in memory become a file of their own, one second
/// after it or when the run ends.
public final class Recorder: @unchecked Sendable {
  /// Time kept in memory [ns]; at least this much reaches the file of a fault.
  public static let memory: Int64 = 10_000_000_000
  /// Time of one block [ns]: what a killed process loses at most, together with the naps of both threads.
  static let blockTime: Int64 = 500_000_000
  static let nap_us: UInt32 = 5_000

  private let robot: Robot
  private let ring: RecordRing
  private let blockCycles: Int64
  /// Bytes a block needs when every drive answers once a cycle, and some more.
  private let blockBytes: Int
  private let waitsWhenFull: Bool
  private let writer: BlockWriter
  private var thread = pthread_t()
  private let isClosing = Atomic<Bool>(false)

  // Of the gathering thread until it ended.
  private var block = CycleBlock()
  private var blockNumber: Int64 = -1
  private var kept: [CycleBlock] = []
  private var spare: [CycleBlock] = []
  private var faultCycle: Int64?
  private var lostCycles = 0
  private var processorTime: Int64 = 0

  /// A recorder of a robot's loop.
  ///
  /// - Parameters:
  ///   - robot: the robot.
  ///   - content: what the files hold beside cycles.
  ///   - path: the file of the whole recording; nil for the last seconds only.
  ///   - faultPath: the file for the time around a fault, `%` standing for the cycle's number; nil for none.
  ///   - waitsWhenFull: whether the loop waits for the disk, as a simulation without a clock may; else it drops.
  ///   - disk: what goes wrong with the disk of the whole recording, in tests and simulated runs.
  /// - Throws: `RecordingError` when the file cannot be made.
  public init(
    robot: Robot, content: RecordingContent, path: String?, faultPath: String?, waitsWhenFull: Bool,
    disk: [DiskFault] = []
  ) throws(RecordingError) {
    self.robot = robot
    self.waitsWhenFull = waitsWhenFull
    blockCycles = max(1, Self.blockTime / robot.period)
    let nominal = 256 + robot.joints.count * (32 + 24 + 2 * RingRecord.shortFrame)
    blockBytes = nominal * Int(blockCycles) * 9 / 8
    // A tenth of a second at least, and no more than needed: a ring that fits the cache is written at its speed.
    ring = RecordRing(minimumCapacity: max(1 << 20, nominal * Int(100_000_000 / robot.period)))
    writer = try BlockWriter(robot: robot, content: content, path: path, faultPath: faultPath, disk: disk)
    let context = Unmanaged.passRetained(self).toOpaque()
    let code = pthread_create(&thread, nil, recorderMain, context)
    guard code == 0 else {
      Unmanaged<Recorder>.fromOpaque(context).release()
      _ = writer.close(lostCycles: 0)
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
    var outcome = writer.close(lostCycles: lostCycles + ring.dropCount)
    outcome.processorTime += processorTime
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
    processorTime = BlockWriter.processorTime()
  }

  private func take(_ record: UnsafeRawBufferPointer) {
    let head = record.load(as: RingRecord.self)
    let number = head.cycle.number
    if number / blockCycles != blockNumber {
      finishBlock()
      blockNumber = number / blockCycles
      block.firstNumber = number
      block.firstTime = head.cycle.time
      // One second after the fault at the earliest, so that the file shows how the robot came to rest.
      if let faultCycle, number - faultCycle >= 2 * blockCycles { writeFault() }
    }
    block.bytes.append(record)
    block.count += 1
    block.lastNumber = number
    block.lastTime = head.cycle.time
    // A person says that the fault is mended: what led to it is kept all the same.
    if head.request == Request.recover.code { writeFault() }
    if head.faultKind == 0 { faultCycle = nil } else if faultCycle == nil { faultCycle = number }
  }

  private func finishBlock() {
    guard block.count > 0 else { return }
    // Without a clock there is time to wait for the disk; against one, a block the disk is too slow for is lost.
    while !writer.append(block) {
      guard waitsWhenFull && !writer.isStuck(block) else {
        lostCycles += block.count
        break
      }
      usleep(Self.nap_us)
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

  private func writeFault() {
    guard let faultCycle else { return }
    writer.writeFault(cycle: faultCycle, blocks: kept, lostCycles: lostCycles + ring.dropCount)
  }
}

private func recorderMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  Unmanaged<Recorder>.fromOpaque(context).takeRetainedValue().run()
  return nil
}
