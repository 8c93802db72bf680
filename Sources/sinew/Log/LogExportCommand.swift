import ArgumentParser
import Foundation
import JointControl
import Recording

/// Converts a recording for other programs.
struct LogExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a recording as a table, or its frames as bus traffic.",
    discussion: """
      --csv: one row a cycle, for spreadsheets, PlotJuggler and pandas: t [s], cycle, safety_state, then of each joint
      position, velocity, effort and setpoint.

      --frames: what the loop received and sent, for can-utils and Wireshark, to a file that ends in .log (candump -L with
      directions), .pcap (one bus: --bus) or .pcapng. A frame received has the instant it was received, one sent that of its
      cycle, on the loop's clock.

      EXAMPLES
        sinew log export wave.mcap --csv wave.csv
        sinew log export wave.mcap --csv -
        sinew log export wave.mcap --frames wave.pcapng
        sinew log export wave.mcap --frames left_arm.pcap --bus left_arm
      """)

  @Argument(help: "The recording.")
  var file: String
  @Option(help: "The CSV file to write; - for standard output.")
  var csv: String?
  @Option(help: ArgumentHelp("The .log, .pcap or .pcapng to write.", valueName: "file"))
  var frames: String?
  @Option(help: ArgumentHelp("Only frames of this bus. May be repeated.", valueName: "name"))
  var bus: [String] = []

  func validate() throws {
    if (csv == nil) == (frames == nil) {
      throw ValidationError("Give --csv FILE or --frames FILE, one of the two.")
    }
    if !bus.isEmpty && frames == nil { throw ValidationError("--bus goes with --frames.") }
    if let frames, CaptureFormat(path: frames) == nil {
      throw ValidationError("--frames takes a file whose name ends in .log, .pcap or .pcapng.")
    }
  }

  func run() throws {
    try Failure.reporting(json: false) {
      if let csv { try write(try openRecording(file), asTable: csv) }
      if let frames { try write(try RecordedRobot(file), asFrames: frames) }
    }
  }

  private func write(_ recording: RecordingFile, asTable path: String) throws {
    let output = path == "-" ? fdopen(dup(STDOUT_FILENO), "w") : fopen(path, "w")
    guard let output else {
      throw Failure(
        kind: "host", location: path, message: String(cString: strerror(errno)),
        fix: "choose a writable file",
        code: Failure.hostFault)
    }
    var isComplete = true
    try RecordingTable.write(recording) { if fputs($0, output) < 0 { isComplete = false } }
    isComplete = fclose(output) == 0 && isComplete
    if !isComplete {
      throw Failure(
        kind: "host", location: path, message: "could not be written completely", fix: "free some space",
        code: Failure.hostFault)
    }
  }

  private func write(_ recording: RecordedRobot, asFrames path: String) throws {
    let robot = recording.robot
    for name in bus where !robot.buses.contains(where: { $0.name == name }) {
      throw Failure(
        kind: "usage", location: name, message: "the robot has no bus of this name",
        fix: "its buses: \(robot.buses.map(\.name).joined(separator: ", "))", code: Failure.badDescription)
    }
    let names = robot.buses.map { bus.isEmpty || bus.contains($0.name) ? $0.interfaceWord : nil }
    var writer: CaptureWriter
    do throws(RecordingError) {
      writer = try CaptureWriter(path: path, format: CaptureFormat(path: path) ?? .candump)
    } catch { throw Failure(error, code: Failure.hostFault) }
    do throws(RecordingError) {
      try RecordingFrames.write(
        recording.file, interfaces: names.map { $0.map { Array($0.utf8) } }, to: &writer)
      try writer.close()
    } catch {
      writer.discard()
      throw Failure(error, code: error.path == path ? Failure.hostFault : Failure.checkFailed)
    }
    print("\(path): \(writer.count) frames")
  }
}

extension BusConfiguration {
  /// What the bus is called in lines of candump, as in a trace: its interface, or its own name where that is a URL.
  var interfaceWord: String { kernelInterface ?? name }
}
