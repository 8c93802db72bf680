import Foundation
import Testing

@testable import sinew

/// Plots and screens as text, in every size.
@Suite("Plots in the terminal")
struct TerminalPlotTests {
  /// A step of a second-order system, and what was asked for.
  private var step: BraillePlot {
    let (ratio, rate) = (0.3, 40.0)
    let damped = rate * (1 - ratio * ratio).squareRoot()
    let times = (0...400).map { Double($0) * 1e-3 }
    let measured = times.map { time in
      1 - exp(-ratio * rate * time) * (cos(damped * time) + ratio * rate / damped * sin(damped * time))
    }
    return BraillePlot(
      title: "step of elbow, rad", unit: "s",
      curves: [
        BraillePlot.Curve(title: "measured", points: Array(zip(times, measured)), ink: .first),
        BraillePlot.Curve(
          title: "reference", points: [(0, 0), (0, 1), (0.4, 1)], ink: .second, isDotted: true),
      ])
  }

  /// An integrator with a lag and a delay.
  private var loop: BodePlot {
    let points = (0...120).map { index -> BodePlot.Point in
      let frequency = pow(10, -1 + 3 * Double(index) / 120)
      let rate = 2 * Double.pi * frequency
      let gain = 30 / (rate * (1 + pow(0.01 * rate, 2)).squareRoot())
      let phase = -90 - atan(0.01 * rate) * 180 / .pi - 0.002 * rate * 180 / .pi
      return BodePlot.Point(
        frequency: frequency, gain: gain, phase: phase, coherence: frequency > 40 ? 0.7 : 0.99)
    }
    return BodePlot(
      title: "open loop", points: points,
      margins: BodePlot.Margins(phase: (70.2, 4.6), gain: (13.1, 34), sensitivityPeak: 1.31))
  }

  private func text(
    _ columns: Int, _ rows: Int, _ draw: (inout TerminalGrid, TerminalFrame) -> Void
  ) -> [String] {
    var grid = TerminalGrid(columns: columns, rows: rows)
    draw(&grid, TerminalFrame(row: 0, column: 0, columns: columns, rows: rows))
    return grid.lines(.plain)
  }

  private func golden(_ name: String, _ lines: [String]) throws {
    let path = (#filePath as NSString).deletingLastPathComponent + "/Golden/\(name).txt"
    let text = lines.joined(separator: "\n") + "\n"
    if ProcessInfo.processInfo.environment["SINEW_WRITE_GOLDEN"] != nil {
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let expected = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text == expected, "\(name):\n\(text)")
  }

  @Test("A step, small and large, in braille and in ASCII")
  func steps() throws {
    try golden("step-64x14", text(64, 14) { step.draw(on: &$0, in: $1, glyphs: .braille) })
    try golden("step-100x30", text(100, 30) { step.draw(on: &$0, in: $1, glyphs: .braille) })
    try golden("step-64x14-ascii", text(64, 14) { step.draw(on: &$0, in: $1, glyphs: .ascii) })
  }

  @Test("A Bode plot: margins in words and as dotted lines, what is not coherent dotted")
  func bode() throws {
    try golden("bode-80x22", text(80, 22) { loop.draw(on: &$0, in: $1, glyphs: .braille) })
    try golden("bode-80x22-ascii", text(80, 22) { loop.draw(on: &$0, in: $1, glyphs: .ascii) })
  }

  @Test("No size, no empty curve and no number that is none makes a plot trap, or leave its rectangle")
  func everySize() {
    let odd = BraillePlot(
      title: "odd", unit: "s",
      curves: [
        BraillePlot.Curve(title: "none", points: [], ink: .first),
        BraillePlot.Curve(
          title: "broken", points: [(0, .nan), (.infinity, 1), (1, -.infinity), (1e300, 1e300)], ink: .first),
      ])
    for columns in 0...40 {
      for rows in 0...16 {
        for glyphs in [TerminalGlyphs.braille, .ascii] {
          var grid = TerminalGrid(columns: columns + 4, rows: rows + 4)
          let frame = TerminalFrame(row: 2, column: 2, columns: columns, rows: rows)
          step.draw(on: &grid, in: frame, glyphs: glyphs)
          odd.draw(on: &grid, in: frame, glyphs: glyphs)
          guard columns >= 12 else { continue }
          loop.draw(on: &grid, in: frame, glyphs: glyphs)
          for row in 0..<rows + 4 {
            for column in 0..<columns + 4 where grid[row, column] != " " {
              #expect((2..<columns + 2).contains(column), "\(columns)x\(rows)")
              if rows >= 4 { #expect((2..<rows + 2).contains(row), "\(columns)x\(rows)") }
            }
          }
        }
      }
    }
  }

  @Test("Every dot of a cell is the braille pattern that Unicode says")
  func patterns() {
    // Dots 1 to 8 of a cell, in Unicode's order: down the left column, down the right one, then the bottom row.
    let order: [(column: Int, row: Int)] = [
      (0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3),
    ]
    for (bit, place) in order.enumerated() {
      let dots = UInt8(1) << UInt8(place.row * 2 + place.column)
      let expected = Unicode.Scalar(UInt32(0x2800 + (1 << bit))).map { Character($0) }
      #expect(TerminalGlyphs.braille.character(dots) == expected)
    }
    #expect(TerminalGlyphs.braille.character(0) == nil && TerminalGlyphs.braille.character(255) == "\u{28FF}")
    #expect(TerminalGlyphs(environment: ["LANG": "en_US.UTF-8"]) == .braille)
    #expect(TerminalGlyphs(environment: ["LANG": "en_US.UTF-8", "LC_ALL": "C"]) == .ascii)
    #expect(TerminalGlyphs(environment: [:]) == .ascii)
  }

  @Test("Colour only where it is wanted, and never after the end of a line")
  func inks() {
    var grid = TerminalGrid(columns: 12, rows: 2)
    grid.put("good", row: 0, column: 0, ink: .good)
    grid.put("bad\u{1B}[2J", row: 0, column: 5, ink: .bad)
    grid.put("far beyond the edge", row: 1, column: 8)
    grid.put("row", row: 7, column: 0)
    #expect(grid.lines(.plain) == ["good bad?[2J", "        far "].map { $0.trimmingSuffix() })
    #expect(!grid.lines(.attributes).joined().contains("\u{1B}"))
    #expect(
      grid.lines(.color)[0] == "\u{1B}[0;32mgood\u{1B}[0m \u{1B}[0;1;31mbad?[2J\u{1B}[0m")
    grid.mark(row: 1, from: 0, ink: .chosen)
    #expect(grid.lines(.attributes)[1] == "\u{1B}[0;7m        far \u{1B}[0m")
  }

  @Test("Keys out of bytes, sequences and characters that come in parts, and what is no key")
  func keys() {
    let cases: [([UInt8], [Key])] = [
      (Array("q".utf8), [.character("q")]), (Array("\u{1B}[A\u{1B}OB".utf8), [.up, .down]),
      (Array("\u{1B}".utf8), [.escape]), (Array("\u{1B}[5~\u{1B}[6~".utf8), [.pageUp, .pageDown]),
      (Array("\u{1B}[1;5C".utf8), [.right]), (Array("é".utf8), [.character("é")]),
      (Array("\r\n\t\u{7F} ".utf8), [.enter, .enter, .tab, .backspace, .character(" ")]),
      (Array("\u{1B}[999".utf8), [.other]), ([0xFF, 0x71], [.other, .character("q")]),
      (Array("\u{1B}[200~".utf8), [.other]), (Array("\u{1B}x".utf8), [.escape, .character("x")]),
    ]
    for (bytes, expected) in cases {
      let ends = pipe(bytes)
      var reader = KeyReader()
      var found: [Key] = []
      while let key = reader.next(within: 0, from: ends), key != .closed { found.append(key) }
      #expect(found == expected, "\(bytes)")
      close(ends)
    }
    #expect(
      KeyReader.isPart([0x1B]) && KeyReader.isPart([0x1B, 0x5B, 0x31]) && KeyReader.isPart([0xE2, 0xA0]))
    #expect(
      !KeyReader.isPart([0x1B, 0x5B, 0x41]) && !KeyReader.isPart([0x71]) && !KeyReader.isPart([0x1B, 0x78]))
  }

  private func pipe(_ bytes: [UInt8]) -> Int32 {
    var ends: [Int32] = [0, 0]
    _ = Foundation.pipe(&ends)
    _ = bytes.withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
    close(ends[1])
    return ends[0]
  }
}

extension String {
  fileprivate func trimmingSuffix() -> String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
