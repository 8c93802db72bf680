import ControlCycle
import JointControl

/// The picture while experiments run: where the joint is and what torque it takes, the newest seconds of it.
struct ScopeView {
  let robot: Robot
  /// What is done, for the title.
  let title: String
  /// Whether the space bar has to be held.
  let asksForKey: Bool
  let glyphs: TerminalGlyphs

  /// Time that is shown [s].
  static let span = 4.0

  /// Draws it.
  func draw(
    on grid: inout TerminalGrid, _ progress: ExperimentProgress, _ stage: RunWatch.Stage,
    _ samples: [ExperimentSample]
  ) {
    grid.put(title, row: 0, column: 0, ink: .strong)
    grid.put(status(progress, stage), row: 1, column: 0)
    bar(on: &grid, progress.share, row: 2)
    let rows = grid.rows - 5
    let newest = window(samples)
    let frame = TerminalFrame(row: 3, column: 0, columns: grid.columns, rows: (rows + 1) / 2)
    position(newest).draw(on: &grid, in: frame, glyphs: glyphs)
    torque(newest).draw(
      on: &grid,
      in: TerminalFrame(
        row: 3 + frame.rows, column: 0, columns: grid.columns, rows: rows - frame.rows), glyphs: glyphs)
    let keys = asksForKey ? "hold SPACE to go on    x stops" : "x stops: damping, then drives off"
    grid.put(keys, row: grid.rows - 1, column: 0, ink: .chosen)
  }

  /// Of the experiment under way the newest samples, as far back as is shown.
  private func window(_ samples: [ExperimentSample]) -> [ExperimentSample] {
    guard let last = samples.last else { return [] }
    var first = samples.count - 1
    while first > 0, samples[first - 1].time <= samples[first].time,
      last.time - samples[first - 1].time <= Self.span
    { first -= 1 }
    return Array(samples[first...])
  }

  /// What is under way, by what the run itself says: one key may start several runs, each with experiments of its own.
  func status(_ progress: ExperimentProgress, _ stage: RunWatch.Stage) -> String {
    guard progress.experimentCount > 0, robot.joints.indices.contains(progress.joint) else {
      return "bring-up"
    }
    let count = progress.experimentCount
    let place = count > 1 ? ", \(progress.experiment + 1) of \(count)" : ""
    let name = robot.joints[progress.joint].name
    return "\(name): \(progress.kind.rawValue)\(place)\(stage.text), \(progress.phase)"
  }

  private func bar(on grid: inout TerminalGrid, _ share: Double, row: Int) {
    let width = max(grid.columns - 6, 0)
    let full = Int(Double(width) * min(max(share, 0), 1))
    for column in 0..<width {
      grid.put(
        column < full ? glyphs.full : glyphs.empty, row: row, column: column,
        ink: column < full ? .good : .faint)
    }
    grid.put("\(Int(100 * share)) %", row: row, endingAt: grid.columns)
  }

  private func position(_ samples: [ExperimentSample]) -> BraillePlot {
    BraillePlot(
      title: "position, rad", unit: "s",
      curves: [
        BraillePlot.Curve(
          title: "measured", points: samples.map { ($0.time, $0.measuredPosition) }, ink: .first),
        BraillePlot.Curve(
          title: "commanded", points: samples.map { ($0.time, $0.position) }, ink: .second, isDotted: true),
      ])
  }

  private func torque(_ samples: [ExperimentSample]) -> BraillePlot {
    BraillePlot(
      title: "torque, N.m", unit: "s",
      curves: [
        BraillePlot.Curve(
          title: "measured", points: samples.map { ($0.time, $0.measuredTorque) }, ink: .third)
      ])
  }
}
