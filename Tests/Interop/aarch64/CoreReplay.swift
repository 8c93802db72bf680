import CCoreHost
import ControlCycle
import RigidBody

// The core on a processor of another kind, with no operating system that Swift knows of: reads what `sinew replay
// --extract` writes, steps the core through it, and writes what `sinew replay --outputs` writes. Compiled as Embedded
// Swift, together with the files of Recording that describe both streams, by check_aarch64_replay.sh.

@main enum CoreReplay {
  /// Bytes of the longest message; a cycle with full buffers has less than half of them.
  static var capacity: Int { 1 << 18 }

  static func main() {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
    guard let configuration = readConfiguration(memory) else { return report("configuration refused", 0, 0) }
    do throws(ModelError) {
      guard let model = try configuration.model() else { return report("model too large", 0, 0) }
      replay(configuration, model, memory)
    } catch { report("model refused", 0, 0) }
  }

  static func report(
    _ text: StaticString, _ cycles: Int, _ skipped: Int, bytes: Int = 0, setup: Int = 0, allocations: Int = 0
  ) {
    text.withUTF8Buffer { text in
      guard let base = text.baseAddress else { return }
      core_host_report(
        UnsafeRawPointer(base).assumingMemoryBound(to: CChar.self), cycles, skipped, bytes, setup, allocations
      )
    }
  }

  /// The next bytes of standard input, at the start of `memory`; nil at the end.
  static func read(_ count: Int, _ memory: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard count <= memory.count, core_host_read(memory.baseAddress, count) == 1 else { return nil }
    return UnsafeRawBufferPointer(rebasing: memory[..<count])
  }

  static func readConfiguration(_ memory: UnsafeMutableRawBufferPointer) -> CycleConfiguration? {
    guard let head = read(16, memory) else { return nil }
    var reader = ByteReader(head)
    guard reader.integer(UInt64.self) == CycleConfiguration.magic,
      reader.integer(UInt32.self) == CycleConfiguration.version, let length = reader.integer(UInt32.self),
      let bytes = read(Int(length), memory)
    else { return nil }
    return CycleConfiguration(bytes)
  }

  static func replay(
    _ configuration: CycleConfiguration, _ model: Model, _ memory: UnsafeMutableRawBufferPointer
  ) {
    let data = ModelData(model)
    var control = configuration.core(model: model, data: data)
    var recorded = RecordedCycle()
    var transmit = FrameBuffer(capacity: 2 * Capacity.joints)
    var words = [UInt64](repeating: 0, count: control.carriedWordCount)
    var outputs = CycleOutputs()
    var sequence = ReplaySequence()
    var (cycles, skipped, bytes) = (0, 0, 0)
    let setup = core_host_allocations()

    outputs.writeHead(jointCount: control.jointCount)
    var isWritten = core_host_write(outputs.bytes.baseAddress, outputs.bytes.count) == 1
    bytes += outputs.bytes.count
    while isWritten, let head = read(12, memory) {
      var reader = ByteReader(head)
      guard let kind = reader.integer(UInt32.self), let number = reader.integer(UInt32.self),
        let length = reader.integer(UInt32.self), let message = read(Int(length), memory)
      else { return report("message cut off after", cycles, skipped) }
      if kind == 1 {
        guard recorded.read(message, jointCount: control.jointCount) else {
          return report("cycle refused after", cycles, skipped)
        }
        guard sequence.admits(number) else {
          skipped += 1
          continue
        }
        transmit.removeAll()
        control.step(
          recorded.cycle, received: recorded.received, setpoints: recorded.setpoints,
          request: recorded.request, into: &transmit)
        cycles += 1
        outputs.write(recorded.cycle, control, transmit)
      } else if sequence.isSynchronised {
        outputs.write(carriedAfter: recorded.cycle.number, control)
      } else {
        if take(message, &words), control.restoreCarriedState(from: words) { sequence.synchronise() }
        continue
      }
      isWritten = core_host_write(outputs.bytes.baseAddress, outputs.bytes.count) == 1
      bytes += outputs.bytes.count
    }
    report(
      isWritten ? "replayed" : "write failed after", cycles, skipped, bytes: bytes, setup: setup,
      allocations: core_host_allocations() - setup)
    withExtendedLifetime((model, data)) {}
  }

  /// The words of a carried state, in place; false when there are not as many.
  static func take(_ message: UnsafeRawBufferPointer, _ words: inout [UInt64]) -> Bool {
    var reader = ByteReader(message)
    guard reader.take(12) != nil, reader.integer(UInt32.self) == UInt32(words.count), reader.take(4) != nil
    else { return false }
    for index in words.indices {
      guard let word = reader.integer(UInt64.self) else { return false }
      words[index] = word
    }
    return reader.remaining == 0
  }
}
