import JointControl

/// The frames of a schedule that differ, and their drawing.
struct ScheduleTimeline {
  /// Frames in which the same tasks run.
  struct Pattern {
    /// The first of them.
    var first: Int
    /// How many there are in a hyperperiod.
    var count: Int
    /// Rows of the table, in the order they run.
    var tasks: [Int]
    /// Sum of their budgets [ns].
    var work: Int64
  }

  let schedule: Schedule
  /// The patterns, by their first frame.
  let patterns: [Pattern]

  init(_ schedule: Schedule) {
    self.schedule = schedule
    var patterns: [Pattern] = []
    var places: [[Int]: Int] = [:]
    for frame in 0..<schedule.analysis.hyperperiod {
      let tasks = schedule.tasks.indices.filter { schedule.tasks[$0].isDue(in: Int64(frame)) }
      if let place = places[tasks] {
        patterns[place].count += 1
      } else {
        places[tasks] = patterns.count
        patterns.append(
          Pattern(first: frame, count: 1, tasks: tasks, work: schedule.analysis.work[frame]))
      }
    }
    self.patterns = patterns
  }

  /// The timeline as a picture: a row a task, a band a pattern, to scale.
  func svg(title: String) -> String {
    let (left, width, row, gap) = (110, 800, 18, 40)
    let height = 40 + patterns.reduce(0) { $0 + $1.tasks.count * row + gap }
    func x(_ time: Int64) -> String {
      RunReport.fixed(Double(left) + Double(width) * Double(time) / Double(schedule.tick), 2)
    }
    var out = Markup.openDrawing(width: left + width + 30, height: height)
    out += Markup.text(
      10, 18,
      "\(title): frame \(microseconds(schedule.tick)) us, "
        + "\(RunReport.fixed(100 * schedule.analysis.utilisation, 1)) % budgeted")
    var top = 40
    for pattern in patterns {
      out += Markup.text(10, top + 6, pattern.heading(of: schedule))
      top += 14
      let bottom = top + pattern.tasks.count * row
      for tenth in 0...10 {
        let time = schedule.tick * Int64(tenth) / 10
        out +=
          "<line x1=\"\(x(time))\" y1=\"\(top)\" x2=\"\(x(time))\" y2=\"\(bottom)\" "
          + "stroke=\"\(tenth % 10 == 0 ? "black" : "#ddd")\"/>\n"
      }
      var start: Int64 = 0
      for (index, task) in pattern.tasks.map({ schedule.tasks[$0] }).enumerated() {
        let y = top + index * row
        out += Markup.text(left - 8, y + 13, task.name, anchor: "end")
        let length = RunReport.fixed(Double(width) * Double(task.budget) / Double(schedule.tick), 2)
        out +=
          "<rect x=\"\(x(start))\" y=\"\(y + 3)\" width=\"\(length)\" height=\"\(row - 5)\" "
          + "fill=\"\(task.every == 1 ? "#4477aa" : "#ee6677")\"><title>\(Markup.escaped(task.name)): "
          + "\(microseconds(task.budget)) us</title></rect>\n"
        start += task.budget
      }
      top = bottom + gap - 14
    }
    return out + "</svg>\n"
  }
}

extension ScheduleTimeline.Pattern {
  /// Which frames these are, and how full.
  func heading(of schedule: Schedule) -> String {
    let which = count == 1 ? "frame \(first)" : "frame \(first) and \(count - 1) more"
    return "\(which): \(microseconds(work)) of "
      + "\(microseconds(schedule.tick)) us"
  }

  /// The frame as a bar of sixty characters, a letter a task.
  func line(tick: Int64, tasks all: [Schedule.Task]) -> String {
    let columns = 60
    var bar = [Character](repeating: ".", count: columns)
    var start: Int64 = 0
    for index in tasks {
      let letter = all[index].name.first ?? "?"
      let from = Int(Int64(columns) * start / tick)
      start += all[index].budget
      let to = max(from + 1, Int(Int64(columns) * start / tick))
      for column in from..<min(to, columns) { bar[column] = letter }
    }
    let which = count == 1 ? "frame \(first)" : "frame \(first) and \(count - 1) more"
    return "|\(String(bar))| \(which), \(microseconds(tick - work)) us free"
  }
}

/// A time [ns] in microseconds with one digit after the point.
private func microseconds(_ time: Int64) -> String { RunReport.fixed(Double(time) / 1000, 1) }
