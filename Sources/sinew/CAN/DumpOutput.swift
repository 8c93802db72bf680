import CServoBus
import ControlCycle
import Foundation
import JointControl
import Recording

/// Where the frames of a dump go: lines, a table, a file.
struct DumpOutput: ~Copyable {
  private let names: [[UInt8]]
  /// Names right-aligned where they differ in length, as candump prints them.
  private let aligned: [[UInt8]]
  private let printsLines: Bool
  private var text: [UInt8] = []
  private var table: FrameTable?
  private let screen: TerminalScreen?
  private var file: CaptureWriter?
  private let path: String?
  private var statuses: [MonitorStatus]
  /// What is told when the screen is given back.
  private var heldNews: [String] = []
  private var lastShown: Int64 = 0
  /// Five times a second.
  private static let interval: Int64 = 200_000_000

  init(_ buses: [MonitoredBus], _ robot: Robot?, printsTable: Bool, file path: String?) throws {
    names = buses.map { Array($0.name.utf8) }
    let width = names.map(\.count).max() ?? 0
    aligned = names.map { [UInt8](repeating: UInt8(ascii: " "), count: width - $0.count) + $0 }
    printsLines = !printsTable && path == nil
    statuses = buses.map { _ in MonitorStatus(state: "") }
    self.path = path
    // The file first: where it cannot be made the screen is left alone.
    if let path {
      do throws(RecordingError) {
        file = try CaptureWriter(path: path, format: CaptureFormat(path: path) ?? .candump)
      } catch { throw Failure(error, code: Failure.hostFault) }
    }
    table = printsTable ? FrameTable(buses, robot) : nil
    screen = printsTable ? TerminalScreen() : nil
  }

  /// Takes a frame of a bus.
  mutating func take(_ frame: CANFrame, of bus: Int) {
    if printsLines { CandumpLine.append(frame, interface: aligned[bus], to: &text) }
    table?.take(frame, of: bus)
    if file != nil { pending.append((frame, bus)) }
  }
  /// Frames on their way to the file.
  private var pending: [(frame: CANFrame, bus: Int)] = []

  /// Takes what is new of a bus.
  mutating func note(_ news: [String], _ status: MonitorStatus, of bus: Int) {
    statuses[bus] = status
    if screen != nil { heldNews += news } else { news.forEach(printError) }
  }

  /// Shows what there is to show; false when nobody reads it any more.
  mutating func show() throws -> Bool {
    try write(pending)
    if !text.isEmpty {
      defer { text.removeAll(keepingCapacity: true) }
      do { try FileHandle.standardOutput.write(contentsOf: text) } catch { return false }
    }
    let now = servo_clock_now()
    guard now - lastShown >= Self.interval else { return true }
    lastShown = now
    if file != nil { try flush() }
    if let screen, let table {
      return screen.draw(
        table.lines(
          at: WallClock.now(), statuses, width: screen.width, height: screen.height,
          style: FrameTable.Style(screen.style)))
    }
    return true
  }

  /// Closes the file, gives the screen back and prints what it showed.
  mutating func finish() throws {
    try write(pending)
    screen?.close()
    heldNews.forEach(printError)
    if let table {
      print(
        table.lines(at: WallClock.now(), statuses, width: .max, height: .max, style: .plain).joined(
          separator: "\n"))
    }
    for (name, status) in zip(names, statuses) where status.ignored > 0 {
      printError(
        "\(String(decoding: name, as: UTF8.self)): \(status.ignored) remote, error or strange frames not shown"
      )
    }
    guard file != nil else { return }
    do throws(RecordingError) { try file?.close() } catch { throw Failure(error, code: Failure.hostFault) }
    printError("\(path ?? ""): \(file?.count ?? 0) frames")
  }

  private mutating func write(_ frames: [(frame: CANFrame, bus: Int)]) throws {
    guard file != nil, !frames.isEmpty else { return }
    defer { pending.removeAll(keepingCapacity: true) }
    do throws(RecordingError) {
      for (frame, bus) in frames { try file?.write(CapturedFrame(frame), interface: names[bus]) }
    } catch {
      screen?.close()
      throw Failure(error, code: Failure.hostFault)
    }
  }

  private mutating func flush() throws {
    do throws(RecordingError) { try file?.flush() } catch {
      screen?.close()
      throw Failure(error, code: Failure.hostFault)
    }
  }
}
