import ControlCycle
import JointControl

/// The picture of a session: the joints, and of the chosen one what was found last.
struct DeskView {
  /// What of the chosen joint is shown.
  enum Page: Int, CaseIterable {
    case step, bode, figures, checks

    var title: String {
      switch self {
      case .step: "step"
      case .bode: "Bode"
      case .figures: "identified"
      case .checks: "checks"
      }
    }
  }

  let desk: TuneDesk
  let page: Page
  let glyphs: TerminalGlyphs

  static let keys = "s scan  e step  t tune  a apply  r revert  S save  TAB page  q quit"

  /// Draws it: the list to the left where there is room, above otherwise.
  func draw(on grid: inout TerminalGrid) {
    let place = desk.place.target == .sim ? "simulated, seed \(desk.place.seed)" : "REAL"
    grid.put("sinew tune session  \(desk.saved.name)  \(place)", row: 0, column: 0, ink: .strong)
    let words = TerminalGrid.wrapped(desk.message, to: grid.columns)
    let below = words.count + 1
    for (index, line) in words.enumerated() {
      grid.put(line, row: grid.rows - below + index, column: 0, ink: .warning)
    }
    grid.put(Self.keys, row: grid.rows - 1, column: 0, ink: .chosen)

    let rows = grid.rows - 1 - below
    if grid.columns >= 140 {
      let width = 66
      list(on: &grid, TerminalFrame(row: 1, column: 0, columns: width, rows: rows))
      panel(
        on: &grid, TerminalFrame(row: 1, column: width + 2, columns: grid.columns - width - 2, rows: rows))
    } else {
      let height = min(desk.saved.joints.count + 1, max(rows / 3, 2))
      list(on: &grid, TerminalFrame(row: 1, column: 0, columns: grid.columns, rows: height))
      panel(
        on: &grid,
        TerminalFrame(row: 1 + height, column: 0, columns: grid.columns, rows: max(rows - height, 0)))
    }
  }

  /// The joints around the chosen one, with the gains in use.
  private func list(on grid: inout TerminalGrid, _ frame: TerminalFrame) {
    var table = TextTable(["  joint", "N.m/rad", "N.m.s/rad", "trial", "", "drive"])
    for (index, joint) in desk.saved.joints.enumerated() {
      let gains = joint.configuration.gains
      let tried = desk.trial?.gains[joint.name]
      table.append([
        "\(index == desk.selected ? String(glyphs.pointer) : " ") \(joint.name)",
        Markup.number(gains.stiffness, digits: 5), Markup.number(gains.damping, digits: 4),
        tried.map { "\(Markup.number($0.stiffness, digits: 5)), \(Markup.number($0.damping, digits: 4))" }
          ?? "-",
        desk.marks[index].rawValue,
        desk.identities.map { $0[index].isEmpty ? "there" : $0[index] } ?? joint.driveModel.name,
      ])
    }
    let lines = table.text.split(separator: "\n").map { String($0.prefix(frame.columns)) }
    let room = max(frame.rows - 1, 0)
    let first = min(max(desk.selected - room / 2, 0), max(lines.count - 1 - room, 0))
    if let head = lines.first { grid.put(head, row: frame.row, column: frame.column, ink: .faint) }
    for offset in 0..<min(room, lines.count - 1) {
      let isChosen = first + offset == desk.selected
      grid.put(
        lines[1 + first + offset], row: frame.row + 1 + offset, column: frame.column,
        ink: isChosen ? .strong : .plain)
    }
  }

  /// What is known of the chosen joint.
  private func panel(on grid: inout TerminalGrid, _ frame: TerminalFrame) {
    guard frame.rows > 2 else { return }
    var column = frame.column
    for page in Page.allCases {
      let title = " \(page.title) "
      grid.put(title, row: frame.row, column: column, ink: page == self.page ? .chosen : .faint)
      // Without colour or attributes the chosen one still shows.
      if page == self.page { grid.put("[\(page.title)]", row: frame.row, column: column, ink: .chosen) }
      column += title.count + 1
    }
    grid.put(desk.joint.name, row: frame.row, endingAt: frame.column + frame.columns, ink: .strong)
    let inner = TerminalFrame(
      row: frame.row + 1, column: frame.column, columns: frame.columns, rows: frame.rows - 1)
    switch page {
    case .step: step(on: &grid, inner)
    case .bode: bode(on: &grid, inner)
    case .figures: figures(on: &grid, inner)
    case .checks: checks(on: &grid, inner)
    }
  }

  private func nothing(_ text: String, on grid: inout TerminalGrid, _ frame: TerminalFrame) {
    grid.put(text, row: frame.row + frame.rows / 2, column: frame.column + 2, ink: .faint)
  }

  /// The newest step, and the one before it dotted, where there are two.
  private func step(on grid: inout TerminalGrid, _ frame: TerminalFrame) {
    let steps = (desk.known?.findings ?? []).filter { $0.kind == "step" && $0.stage != .twin }
    guard let last = steps.last, let curve = last.curves.first else {
      return nothing("no step yet: e makes one", on: &grid, frame)
    }
    var shown = curve
    shown.series = Array(curve.series.prefix(1))
    for index in shown.series.indices {
      shown.series[index].title = last.stage == .after ? "new gains" : "measured"
    }
    if last.stage == .after, var old = steps.dropLast().last?.curves.first?.series.first {
      old.title = "before"
      old.isReference = true
      shown.series.append(old)
    }
    let settled = steps.compactMap { $0.figure("settling_time_s")?.value }.max()
    BraillePlot(shown, upTo: settled.map { 5 * $0 }).draw(
      on: &grid,
      in: TerminalFrame(row: frame.row, column: frame.column, columns: frame.columns, rows: frame.rows - 1),
      glyphs: glyphs)
    let words = ["rise_time_s", "settling_time_s", "overshoot_percent"].compactMap { key -> String? in
      guard let figure = last.figure(key), let value = figure.value else { return nil }
      return "\(figure.title) \(Markup.measured(value, digits: 3)) \(figure.unit)"
    }
    grid.put(
      String(words.joined(separator: ", ").prefix(frame.columns)), row: frame.row + frame.rows - 1,
      column: frame.column)
  }

  /// The open loop with the new gains, or else with those in use.
  private func bode(on grid: inout TerminalGrid, _ frame: TerminalFrame) {
    let responses = (desk.known?.findings ?? []).flatMap(\.responses)
    guard
      let response = responses.last(where: { $0.key == "loop_new" })
        ?? responses.last(where: { $0.key == "loop" })
    else { return nothing("no frequency response yet: t measures one", on: &grid, frame) }
    BodePlot(response).draw(on: &grid, in: frame, glyphs: glyphs)
  }

  private func figures(on grid: inout TerminalGrid, _ frame: TerminalFrame) {
    guard let known = desk.known, !known.parameters.isEmpty else {
      return nothing("nothing identified yet: t does it", on: &grid, frame)
    }
    var table = TextTable(["", "value", "unit", "", ""])
    for figure in known.parameters + (known.design?.figures ?? []) {
      table.append([figure.title, figure.text, figure.unit, figure.certainty, figure.reason ?? ""])
    }
    lines(table.text, on: &grid, frame)
  }

  private func checks(on grid: inout TerminalGrid, _ frame: TerminalFrame) {
    guard let checks = desk.known?.checks, !checks.isEmpty else {
      return nothing("nothing checked yet: t and a do", on: &grid, frame)
    }
    var table = TextTable(["check", "seen", ""])
    for check in checks {
      let seen = check.value.map { "\(Markup.measured($0, digits: 4)) \(check.unit)" }
      table.append([check.title, seen ?? "", check.passed ? "passed" : "FAILED"])
    }
    lines(table.text, on: &grid, frame)
  }

  private func lines(_ text: String, on grid: inout TerminalGrid, _ frame: TerminalFrame) {
    for (index, line) in text.split(separator: "\n").prefix(frame.rows).enumerated() {
      grid.put(String(line.prefix(frame.columns)), row: frame.row + index, column: frame.column)
    }
  }
}

extension BodePlot {
  /// A frequency response of a result.
  init(_ response: TuneResponse) {
    self.init(
      title: response.title,
      points: response.points.map {
        Point(frequency: $0.frequency, gain: $0.gain, phase: $0.phase, coherence: $0.coherence)
      }, leastCoherence: response.isMeasured ? TuneResponse.leastCoherence : 0)
    guard let found = response.margins else { return }
    margins.sensitivityPeak = found.sensitivityPeak
    if let phase = found.phase, let at = found.crossover { margins.phase = (phase, at) }
    if let gain = found.gain, let at = found.phaseCrossover { margins.gain = (gain, at) }
  }
}
