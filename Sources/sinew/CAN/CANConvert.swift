import ArgumentParser
import ControlCycle
import Foundation
import Recording

/// Bus traffic from one file format into another.
struct CANConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert bus traffic between candump, pcap and pcapng.",
    discussion: """
      IN is known by its content, OUT by its ending: .log (candump -L), .pcap or .pcapng for Wireshark, with packets of link
      type 227; - is standard input, or standard output as candump -L. Classic, CAN FD, remote and error frames pass in all
      directions. A pcap holds one interface without its name, and no direction; a candump log has microseconds.

      What makes no sense is told with its place and left out, and where a file breaks off, everything before is kept; the
      exit code is then 1.

      EXAMPLES
        sinew can convert session.log session.pcapng
        sinew can convert session.log arm.pcap --interface can2
        sinew can convert arm.pcap - --name can2 | log2asc can2
      """)

  @Argument(help: "File to read, or -.")
  var input: String

  @Argument(help: "File to write, or -.")
  var output: String

  @Option(help: ArgumentHelp("Only frames of this interface. May be repeated.", valueName: "name"))
  var interface: [String] = []

  @Option(help: ArgumentHelp("What the interface of a pcap is called.", valueName: "name"))
  var name = "can0"

  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  func validate() throws {
    if output != "-" && CaptureFormat(path: output) == nil {
      throw ValidationError("OUT is - or ends in .log, .pcap or .pcapng.")
    }
    if output == "-" && json { throw ValidationError("--json and frames cannot both go to standard output.") }
    if name.isEmpty || name.utf8.count > 63 || !name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
      throw ValidationError("--name takes a word, such as can0.")
    }
  }

  func run() throws {
    do {
      var reader: CaptureReader
      do throws(RecordingError) { reader = try CaptureReader(path: input, interface: name) } catch {
        throw Failure(error, code: Failure.badDescription)
      }
      let counts = try convert(&reader)
      tell(reader, counts)
      if reader.problemCount > 0 { throw ExitCode(Failure.checkFailed) }
    } catch let failure as Failure { throw failure.report(json: json) }
  }

  /// Frames written, by the reader's number of their interface.
  private func convert(_ reader: inout CaptureReader) throws -> [Int] {
    do throws(RecordingError) {
      var writer = try CaptureWriter(
        path: output, format: output == "-" ? .candump : CaptureFormat(path: output) ?? .candump)
      do throws(RecordingError) {
        let counts = try copy(&reader, to: &writer)
        try writer.close()
        return counts
      } catch {
        writer.discard()
        throw error
      }
    } catch { throw Failure(error, code: Failure.hostFault) }
  }

  private func copy(_ reader: inout CaptureReader, to writer: inout CaptureWriter) throws(RecordingError)
    -> [Int]
  {
    var counts: [Int] = []
    let wanted = interface.map { Array($0.utf8) }
    while let captured = reader.next() {
      let number = Int(captured.frame.bus)
      while counts.count <= number { counts.append(0) }
      guard wanted.isEmpty || wanted.contains(reader.interfaces[number]) else { continue }
      try writer.write(captured, interface: reader.interfaces[number])
      counts[number] += 1
    }
    return counts
  }

  private func tell(_ reader: borrowing CaptureReader, _ counts: [Int]) {
    for problem in reader.problems { printError("\(input): \(problem.place): \(problem.message)") }
    let untold = reader.problemCount - reader.problems.count
    if untold > 0 { printError("\(input): \(untold) more places that make no sense") }
    let names = reader.interfaces.map { String(decoding: $0, as: UTF8.self) }
    let frames = counts.reduce(0, +)
    if json {
      print(
        JSONValue.object([
          ("schema", "sinew.can.convert/1"), ("file", .string(output)), ("frames", .integer(Int64(frames))),
          ("interfaces", .object(zip(names, counts).map { ($0, .integer(Int64($1))) })),
          ("unreadable", .integer(Int64(reader.problemCount))),
          ("foreign_packets", .integer(Int64(reader.foreignPackets))),
          ("break_off_byte", reader.breakOff.map { .integer($0.offset) } ?? .null),
        ]).text)
      return
    }
    var line = "\(output): \(frames) frames of \(counts.filter { $0 > 0 }.count) interfaces"
    if reader.problemCount > 0 { line += ", \(reader.problemCount) unreadable places in \(input)" }
    if reader.foreignPackets > 0 { line += ", \(reader.foreignPackets) packets that are no CAN left out" }
    if output == "-" { printError(line) } else { print(line) }
  }
}
