import ControlCycle

/// A recording as comma-separated values: one row a cycle, `t` in seconds first.
public struct RecordingTable {
  /// Writes the table, piece by piece, to `sink`.
  ///
  /// Columns of a joint: `NAME/position`, `NAME/velocity`, `NAME/effort` as estimated, `NAME/setpoint` [rad, rad/s, N.m].
  public static func write(_ file: RecordingFile, to sink: (String) throws -> Void) throws {
    var recorded = RecordedCycle()
    var hasHeader = false
    var cycle: (number: Int64, time: Int64, state: UInt8, setpoints: [Double])?
    try file.forEachMessage { message in
      if message.topic == BlockEncoder.Topic.cycle {
        guard message.data.count > 60 else { return }
        let count = Int(message.data.loadUnaligned(fromByteOffset: 4 + 52, as: UInt32.self))
        guard count <= Capacity.joints, recorded.read(message.data, jointCount: count) else {
          throw RecordingError(
            path: file.path, message: "the cycle at \(message.time) ns makes no sense", fix: "sinew log check"
          )
        }
        cycle = (
          recorded.cycle.number, recorded.cycle.time, recorded.safetyState,
          (0..<count).map { recorded.setpoints.joints[$0].position }
        )
      } else if message.topic == BlockEncoder.Topic.jointStates, let row = cycle,
        let values = JointStateValues(message.data), values.names.count == row.setpoints.count
      {
        if !hasHeader {
          hasHeader = true
          let columns = ["position", "velocity", "effort", "setpoint"]
          try sink(
            (["t", "cycle", "safety_state"] + values.names.flatMap { name in columns.map { "\(name)/\($0)" } })
              .joined(separator: ",") + "\n")
        }
        var text = "\(Double(row.time) * 1e-9),\(row.number),\(row.state)"
        for joint in values.names.indices {
          text +=
            ",\(values.position[joint]),\(values.velocity[joint]),\(values.effort[joint]),\(row.setpoints[joint])"
        }
        try sink(text + "\n")
        cycle = nil
      }
    }
  }
}
