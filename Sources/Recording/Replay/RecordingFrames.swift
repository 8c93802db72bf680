import ControlCycle

/// The frames of a recording as bus traffic.
public enum RecordingFrames {
  /// Writes what the loop received and what it sent, cycle by cycle.
  ///
  /// - Parameters:
  ///   - file: the recording.
  ///   - interfaces: what each bus is called, as UTF-8; frames of a bus without a name are left out.
  ///   - writer: receives the frames. One received has the instant it was received, one sent that of its cycle [ns].
  /// - Throws: `RecordingError` when a cycle makes no sense, or writing fails.
  public static func write(
    _ file: RecordingFile, interfaces: [[UInt8]?], to writer: inout CaptureWriter
  ) throws(RecordingError) {
    var recorded = RecordedCycle()
    var failure: RecordingError?
    do {
      try file.forEachMessage { message in
        guard message.topic == BlockEncoder.Topic.cycle else { return }
        let count =
          message.data.count > 60
          ? Int(message.data.loadUnaligned(fromByteOffset: 4 + 52, as: UInt32.self)) : .max
        guard count <= Capacity.joints, recorded.read(message.data, jointCount: count) else {
          throw RecordingError(
            path: file.path, message: "the cycle at \(message.time) ns makes no sense", fix: "sinew log check"
          )
        }
        for index in 0..<recorded.received.count {
          try write(recorded.received[index], .received, interfaces, to: &writer)
        }
        for index in 0..<recorded.transmitted.count {
          var frame = recorded.transmitted[index]
          frame.time = recorded.cycle.time
          try write(frame, .sent, interfaces, to: &writer)
        }
      }
    } catch {
      failure =
        error as? RecordingError
        ?? RecordingError(path: file.path, message: "\(error)", fix: "sinew log check")
    }
    if let failure { throw failure }
  }

  private static func write(
    _ frame: CANFrame, _ direction: CapturedFrame.Direction, _ interfaces: [[UInt8]?],
    to writer: inout CaptureWriter
  ) throws(RecordingError) {
    guard Int(frame.bus) < interfaces.count, let name = interfaces[Int(frame.bus)] else { return }
    try writer.write(CapturedFrame(frame, direction: direction), interface: name)
  }
}
