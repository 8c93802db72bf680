import JointControl

/// The `schedule` of a robot file as written.
struct ScheduleEntry {
  /// Where it stands; nil where the file has none.
  var location: SourceLocation?
  /// Longest time of a stage [s], by its name.
  var budgets = NumberTable()
  var every: Located<Int>?
  var phase: Located<Int>?
  /// Longest time of the telemetry task [s].
  var telemetryBudget: Located<Double>?
  var telemetryLocation: SourceLocation?
  var missLimit: Located<Int>?
  var missWindow: Located<Int>?
}

extension RobotFileReader {
  /// Reads budgets, the telemetry row and the overrun rule.
  func schedule(_ root: MappingReader) -> ScheduleEntry {
    var entry = ScheduleEntry()
    guard let reader = root.mapping("schedule", keys: .schedule) else { return entry }
    entry.location = root.place(of: "schedule")
    if let budgets = reader.mapping("budgets", keys: .budgets) {
      entry.budgets = budgets.numbers(.budgets)
      for stage in Stage.allCases { checkBudget(stage.name, in: &entry.budgets) }
    }
    if let telemetry = reader.mapping("telemetry", keys: .telemetry) {
      entry.telemetryLocation = reader.place(of: "telemetry")
      entry.every = telemetry.integer(
        "every", in: 1...Schedule.longestHyperperiod, fix: "write the cycles between two runs, such as 50")
      entry.phase = telemetry.integer(
        "phase", in: 0...Schedule.longestHyperperiod, fix: "write the cycle of the first run, such as 1")
      var budget = NumberTable(values: telemetry.number("budget").map { ["budget": $0] } ?? [:])
      checkBudget("budget", in: &budget)
      entry.telemetryBudget = budget["budget"]
    }
    if let misses = reader.mapping("misses", keys: .misses) {
      entry.missLimit = misses.integer(
        "limit", in: 0...63, fix: "write how many deadlines may be missed within the window, such as 3")
      entry.missWindow = misses.integer(
        "window", in: 1...128, fix: "write the cycles over which missed deadlines count, such as 100")
    }
    return entry
  }

  private func checkBudget(_ key: String, in table: inout NumberTable) {
    guard let number = table[key] else { return }
    if number.value <= 0 || number.value > 1 {
      log.report(
        number.location, "\(key) is \(written(number.value)) s, not above 0 and up to 1",
        fix: number.value > 1
          ? "write \(written(number.value * 1e-6)), in seconds, if these are microseconds"
          : "write the longest time it takes, such as 0.0001")
      table.refuse(key)
    } else if number.value < 1e-9 {
      log.report(
        number.location, "\(key) is \(written(number.value)) s, less than a nanosecond",
        fix: "write the longest time it takes, such as 0.0001")
      table.refuse(key)
    }
  }
}

extension RobotBuilder {
  /// The proved schedule; nil, with a note, when it cannot work.
  func schedule(period: Int64) -> Schedule? {
    let entry = file.schedule
    var budgets: [Stage: Int64] = [:]
    for stage in Stage.allCases {
      if let budget = entry.budgets[stage.name], budget.value.isFinite {
        budgets[stage] = Int64((budget.value * 1e9).rounded())
      }
    }
    var telemetry = Schedule.standardTelemetry(period: period)
    if let every = entry.every {
      telemetry.every = every.value
      telemetry.phase = every.value > 1 ? 1 : 0
      telemetry.deadline = period * Int64(every.value)
    }
    if let phase = entry.phase { telemetry.phase = phase.value }
    if let budget = entry.telemetryBudget, budget.value.isFinite {
      telemetry.budget = Int64((budget.value * 1e9).rounded())
    }
    var overruns = Schedule.OverrunPolicy()
    if let limit = entry.missLimit { overruns.limit = limit.value }
    if let window = entry.missWindow { overruns.window = window.value }
    do {
      return try Schedule.loop(period: period, budgets: budgets, telemetry: telemetry, overruns: overruns)
    } catch {
      let place = entry.location ?? file.updateRate?.location ?? file.jointsLocation
      for problem in error.problems {
        let location = problem.task == Schedule.telemetry ? entry.telemetryLocation : nil
        log.report(location ?? place, problem.message, fix: problem.fix)
      }
      return nil
    }
  }
}
