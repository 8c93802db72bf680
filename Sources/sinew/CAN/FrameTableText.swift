import ControlCycle
import Foundation
import JointControl
import Recording

extension FrameTable {
  /// How changed bytes stand out.
  enum Style {
    case plain
    case underline
    case color

    /// What suits a screen.
    init(_ style: TerminalGrid.Style) {
      switch style {
      case .plain: self = .plain
      case .attributes: self = .underline
      case .color: self = .color
      }
    }
  }

  /// The table as lines, a line a bus and a line an identifier.
  ///
  /// - Parameters:
  ///   - now: the time of day [ns].
  ///   - statuses: how each bus does.
  ///   - width: columns there are; lines are cut there.
  ///   - height: rows there are; what has no room is counted in the last one.
  ///   - style: how changed bytes stand out.
  /// - Returns: the lines, without their ends.
  func lines(at now: Int64, _ statuses: [MonitorStatus], width: Int, height: Int, style: Style) -> [String] {
    var lines = busLines(at: now, statuses)
    // Buses must not crowd out the frames.
    if lines.count > max(2, height / 2) {
      let shown = max(1, height / 2 - 1)
      lines = lines[..<shown] + ["... \(lines.count - shown) more buses"]
    }
    lines.append("")
    lines = lines.map { Self.cut($0, to: width) }
    let sorted = rows.sorted { ($0.key.bus, $0.key.kind, $0.key.id) < ($1.key.bus, $1.key.kind, $1.key.id) }
    let room = max(1, height == .max ? .max : height - lines.count - 1)
    let isWhole = sorted.count <= room && unlisted == 0
    let shown = isWhole ? sorted.count : min(sorted.count, max(0, room - 1))
    lines += rowLines(Array(sorted[..<shown]), at: now, width: width, style: style)
    if !isWhole { lines.append(Self.cut(remainder(sorted.count - shown), to: width)) }
    return height == .max ? lines : Array(lines.prefix(height))
  }

  private func remainder(_ hidden: Int) -> String {
    var parts: [String] = []
    if hidden > 0 { parts.append("... \(hidden) more identifiers, in a taller terminal") }
    if unlisted > 0 { parts.append("\(unlisted) frames of more identifiers than a table has room for") }
    return parts.joined(separator: "; ")
  }

  /// A line a bus: bit rates, load, frames, state.
  private func busLines(at now: Int64, _ statuses: [MonitorStatus]) -> [String] {
    var table = TextTable(["bus", "bit/s", "load", "frames/s", "frames", "lost", "ignored", "state"])
    for (index, bus) in buses.enumerated() {
      let (load, rate) = loads[index].last(before: now)
      let data = bus.configuration.dataBitRate.map { "/\($0)" } ?? ""
      table.append([
        bus.name, "\(bus.configuration.bitRate)\(data)", "\(Int((load * 100).rounded())) %", "\(rate)",
        "\(counts[index])", "\(statuses[index].missing)", "\(statuses[index].ignored)", statuses[index].state,
      ])
    }
    return table.text.split(separator: "\n").map(String.init)
  }

  private func rowLines(_ rows: [(key: Key, value: Row)], at now: Int64, width: Int, style: Style) -> [String]
  {
    let hasRobot = buses.contains { $0.robotBus != nil }
    var header = ["bus", "id", "format"]
    if hasRobot { header += ["joint", "family", ""] }
    header += ["count", "Hz", "age", "bytes"]
    let columns = header.count
    var cells = [header]
    for (key, row) in rows {
      var line = [buses[key.bus].name, Self.id(row, key), Self.format(row.frame)]
      if hasRobot {
        line += [
          row.label?.joint ?? "", row.label?.family ?? "",
          row.label.map { $0.isAnswer ? "answer" : "command" } ?? "",
        ]
      }
      line += [
        "\(row.count)", Self.rate(row.rate(at: now)), Self.age(now - row.frame.time), "\(row.frame.length)",
      ]
      cells.append(line)
    }
    let widths = (0..<columns).map { column in cells.map { $0[column].count }.max() ?? 0 }
    let numbers = columns - 4
    let meanings = rows.map { meaning($0.value, of: $0.key.bus) }
    // Two blanks before the data; nothing where nobody says anything.
    let longest = meanings.map(\.count).max() ?? 0
    let meaningWidth = longest == 0 ? 0 : max(longest, 10) + 2
    var lines: [String] = []
    for (index, line) in cells.enumerated() {
      let text = line.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column < numbers ? cell + padding : padding + cell
      }.joined(separator: "  ")
      let row = index == 0 ? nil : rows[index - 1].value
      let meaning = index == 0 ? (longest == 0 ? "" : "drive side") : meanings[index - 1]
      let padding = String(repeating: " ", count: max(0, meaningWidth - meaning.count))
      lines.append(Self.line(text + "  " + meaning + padding, row, now, width, style))
    }
    return lines
  }

  /// A row's line with its data behind, cut at the width; escape sequences take none.
  private static func line(
    _ head: String, _ row: Row?, _ now: Int64, _ width: Int, _ style: Style
  ) -> String {
    var out = head
    guard let row else { return trimmed(cut(out + "data", to: width)) }
    var used = out.count
    out = cut(out, to: width)
    guard !row.frame.isRemote else { return trimmed(out) }
    for index in 0..<Int(min(row.frame.length, 64)) {
      let isLast = index + 1 == Int(row.frame.length)
      // Room for what says that there is more.
      if width != .max && used + (isLast ? 2 : 4) > width {
        if used < width { out += "+" }
        break
      }
      let byte = String(format: "%02X", row.frame.payload[index])
      switch (row.hasChanged(index, at: now), style) {
      case (true, .color): out += "\u{1B}[1;33m\(byte)\u{1B}[0m"
      case (true, .underline): out += "\u{1B}[4m\(byte)\u{1B}[0m"
      default: out += byte
      }
      used += 2
      if !isLast {
        out += " "
        used += 1
      }
    }
    return trimmed(out)
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  private static func cut(_ line: String, to width: Int) -> String {
    line.count > width ? String(line.prefix(max(0, width))) : line
  }

  /// The identifier as candump writes it, with x where digits carry values.
  private static func id(_ row: Row, _ key: Key) -> String {
    let isLong = row.frame.isExtended || row.frame.isError
    let id = row.frame.isError ? row.frame.id | 0x2000_0000 : row.frame.id
    let digits = String(id, radix: 16, uppercase: true)
    var text = Array(String(repeating: "0", count: max(0, (isLong ? 8 : 3) - digits.count)) + digits)
    if isLong, let mask = row.label?.mask {
      for index in text.indices where mask >> UInt32(4 * (text.count - 1 - index)) & 0xF == 0 {
        text[index] = "x"
      }
    }
    return String(text)
  }

  private static func format(_ frame: CANFrame) -> String {
    if frame.isError { return "error" }
    if frame.isRemote { return "remote" }
    if frame.isFlexibleDataRate { return frame.hasBitRateSwitch ? "fd brs" : "fd" }
    return "classic"
  }

  private static func rate(_ rate: Double) -> String {
    rate == 0 ? "" : rate >= 99.95 ? String(format: "%.0f", rate) : String(format: "%.1f", rate)
  }

  private static func age(_ nanoseconds: Int64) -> String {
    let milliseconds = max(0, nanoseconds) / 1_000_000
    if milliseconds < 1000 { return "\(milliseconds) ms" }
    return milliseconds < 100_000
      ? String(format: "%.1f s", Double(milliseconds) / 1000) : "\(milliseconds / 60_000) min"
  }
}
